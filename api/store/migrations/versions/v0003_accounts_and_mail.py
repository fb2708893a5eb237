"""What accounts with e-mail need: one-time tokens, known devices, throttles, and the outbox for mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# Written out, not read from `api.store.schema`: a step must do tomorrow what it did today.
COLLECTIONS: dict[str, tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]] = {
    "one_time_tokens": (("user_id", "expires_at"), (("user_id",), ("expires_at",))),
    "devices": (("user_id", "expires_at"), (("user_id",), ("expires_at",))),
    "throttles": (("expires_at",), (("expires_at",),)),
    "mail_outbox": (("state", "due_at"), (("state", "due_at"),)),
}


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
