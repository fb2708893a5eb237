"""The collections of the first release, one table each, with their indexed fields as columns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Written out, not read from `api.store.schema`: a step must do tomorrow what it did today.
COLLECTIONS: dict[str, tuple[dict[str, str], tuple[tuple[str, ...], ...]]] = {
    "accounts": ({}, ()),
    "links": ({"user_id": "text"}, (("user_id",),)),
    "logins": ({"user_id": "text", "expires_at": "text"}, (("user_id",), ("expires_at",))),
    "characters": ({"user_id": "text", "created_at": "text"}, (("user_id", "created_at"),)),
    "game_sessions": (
        {"status": "text", "deadline": "text", "last_activity": "text"},
        (("status", "deadline"), ("status", "last_activity")),
    ),
    "seats": (
        {"session_id": "text", "user_id": "text", "character_id": "text", "joined_at": "text"},
        (("user_id", "joined_at"), ("session_id",), ("character_id",)),
    ),
    "turns": (
        {"session_id": "text", "number": "integer", "state": "text", "due_at": "text"},
        (("session_id", "number"), ("session_id", "state", "number"), ("state", "due_at")),
    ),
    "feed": ({"session_id": "text", "seq": "integer"}, (("session_id", "seq"),)),
    "surfaces": (
        {"session_id": "text", "kind": "text", "place": "text", "channel": "text", "over_at": "text"},
        (("session_id",), ("kind", "over_at"), ("place",), ("channel",)),
    ),
    "idempotency": ({"created_at": "text"}, (("created_at",),)),
    "leases": ({}, ()),
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
            *(sa.Column(field, text if kind == "text" else sa.BigInteger) for field, kind in fields.items()),
        )
        for index in indexes:
            op.create_index(f"ix_{name}_{'_'.join(index)}", name, list(index))
