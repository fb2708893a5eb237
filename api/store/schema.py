"""Every collection and its indexed fields, declared in one place for all backends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

SCHEMA_VERSION = "0006"  # the newest step in api/store/migrations/versions

FieldType = Literal["text", "integer"]


@dataclass(frozen=True, slots=True)
class Collection:
    """`fields` are copied out of the body into typed columns so that they can be queried; `indexes` name them.

    A field that a body lacks is null: it matches no bound and sorts first.
    """

    name: str
    fields: dict[str, FieldType]
    indexes: tuple[tuple[str, ...], ...] = field(default=())


_ALL = (
    Collection("accounts", {}),
    Collection("links", {"user_id": "text"}, (("user_id",),)),
    Collection("logins", {"user_id": "text", "expires_at": "text"}, (("user_id",), ("expires_at",))),
    Collection("characters", {"user_id": "text", "created_at": "text"}, (("user_id", "created_at"),)),
    Collection(
        "game_sessions",
        {"status": "text", "deadline": "text", "last_activity": "text"},
        (("status", "deadline"), ("status", "last_activity")),
    ),
    Collection(
        "seats",
        {"session_id": "text", "user_id": "text", "character_id": "text", "joined_at": "text"},
        (("user_id", "joined_at"), ("session_id",), ("character_id",)),
    ),
    Collection(
        "turns",
        {"session_id": "text", "number": "integer", "state": "text", "due_at": "text"},
        (("session_id", "number"), ("session_id", "state", "number"), ("state", "due_at")),
    ),
    Collection("snapshots", {"session_id": "text", "number": "integer"}, (("session_id", "number"),)),
    Collection("feed", {"session_id": "text", "seq": "integer"}, (("session_id", "seq"),)),
    # What a story is remembered by: facts, the rows of words that lead to them, summaries, and how far all that is.
    Collection("facts", {"session_id": "text", "state": "text", "number": "integer"},
               (("session_id", "state", "number"), ("session_id", "number"))),
    Collection("fact_rows", {"session_id": "text"}, (("session_id",),)),
    Collection("summaries", {"session_id": "text", "number": "integer"}, (("session_id", "number"),)),
    Collection("memory_heads", {}),
    Collection("surfaces", dict.fromkeys(("session_id", "kind", "place", "channel", "over_at"), "text"),
               (("session_id",), ("kind", "over_at"), ("place",), ("channel",))),
    Collection("idempotency", {"created_at": "text"}, (("created_at",),)),
    Collection("leases", {}),
    Collection("one_time_tokens", dict.fromkeys(("user_id", "expires_at"), "text"),
               (("user_id",), ("expires_at",))),
    Collection("devices", dict.fromkeys(("user_id", "expires_at"), "text"), (("user_id",), ("expires_at",))),
    Collection("throttles", {"expires_at": "text"}, (("expires_at",),)),
    Collection("mail_outbox", {"state": "text", "due_at": "text"}, (("state", "due_at"),)),
    Collection("audit", dict.fromkeys(("user_id", "what", "at", "expires_at"), "text"),
               (("at",), ("user_id", "at"), ("what", "at"), ("expires_at",))),
    Collection("bans", {}),
    Collection("link_requests", dict.fromkeys(("giver", "taker", "expires_at"), "text"),
               (("giver",), ("taker",), ("expires_at",))),
    Collection("merges", {"due_at": "text"}, (("due_at",),)),
    Collection("departures", {"due_at": "text"}, (("due_at",),)),
    Collection("assets", dict.fromkeys(("owner", "expires_at"), "text"), (("owner",), ("expires_at",))),
    Collection("usage", dict.fromkeys(("user_id", "day", "due_at"), "text"),
               (("user_id", "day"), ("day",), ("due_at",))),
    Collection("lore", {}),
    Collection("costs", dict.fromkeys(("user_id", "session_id", "day"), "text"),
               (("user_id", "day"), ("session_id", "day"), ("day",))),
)  # fmt: skip

COLLECTIONS: dict[str, Collection] = {c.name: c for c in _ALL}
