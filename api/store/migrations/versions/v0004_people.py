"""What looking after people needs: the audit trail, bans, links and merges of accounts, departures, stored files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# Written out, not read from `api.store.schema`: a step must do tomorrow what it did today.
COLLECTIONS: dict[str, tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]] = {
    "audit": (
        ("user_id", "what", "at", "expires_at"), (("at",), ("user_id", "at"), ("what", "at"), ("expires_at",)),
    ),
    "bans": ((), ()),
    "link_requests": (("giver", "taker", "expires_at"), (("giver",), ("taker",), ("expires_at",))),
    "merges": (("due_at",), (("due_at",),)),
    "departures": (("due_at",), (("due_at",),)),
    "assets": (("owner", "expires_at"), (("owner",), ("expires_at",))),
}  # fmt: skip


def upgrade() -> None:
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    key = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
    for name, (fields, indexes) in COLLECTIONS.items():
        op.create_table(
            name,
            sa.Column("id", key, primary_key=True),
            sa.Column("revision", sa.Integer, nullable=False),
            sa.Column("body", sa.Text, nullable=False),
            *(sa.Column(field, text) for field in fields),
        )
        for index in indexes:
            op.create_index(f"ix_{name}_{'_'.join(index)}", name, list(index))
