"""What calls of models cost: days of use with their reservations, the ledger, and what was told of things once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# Written out, not read from `api.store.schema`: a step must do tomorrow what it did today.
COLLECTIONS: dict[str, tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]] = {
    "usage": (("user_id", "day", "due_at"), (("user_id", "day"), ("day",), ("due_at",))),
    "lore": ((), ()),
    "costs": (("user_id", "session_id", "day"), (("user_id", "day"), ("session_id", "day"), ("day",))),
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
