"""Snapshots of a session's state, from which its log is played again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    key = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
    op.create_table(
        "snapshots",
        sa.Column("id", key, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("session_id", text),
        sa.Column("number", sa.BigInteger),
    )
    op.create_index("ix_snapshots_session_id_number", "snapshots", ["session_id", "number"])
