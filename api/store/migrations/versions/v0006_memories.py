"""What a story is remembered by: facts, the rows of words that lead to them, summaries, and how far all that is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

# Written out, not read from `api.store.schema`: a step must do tomorrow what it did today.
Fields = dict[str, str]
COLLECTIONS: dict[str, tuple[Fields, tuple[tuple[str, ...], ...]]] = {
    "facts": (
        {"session_id": "text", "state": "text", "number": "integer"},
        (("session_id", "state", "number"), ("session_id", "number")),
    ),
    "fact_rows": ({"session_id": "text"}, (("session_id",),)),
    "summaries": ({"session_id": "text", "number": "integer"}, (("session_id", "number"),)),
    "memory_heads": ({}, ()),
}


def upgrade() -> None:
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    key = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
    for name, (fields, indexes) in COLLECTIONS.items():
        columns = [
            sa.Column(field, text if kind == "text" else sa.BigInteger) for field, kind in fields.items()
        ]
        op.create_table(
            name,
            sa.Column("id", key, primary_key=True),
            sa.Column("revision", sa.Integer, nullable=False),
            sa.Column("body", sa.Text, nullable=False),
            *columns,
        )
        for index in indexes:
            op.create_index(f"ix_{name}_{'_'.join(index)}", name, list(index))
