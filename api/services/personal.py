"""Where something of a person is kept, and what becomes of it: the one list that merging, exporting and leaving walk.

Every collection stands here, also those that hold nothing of anybody: a test compares the list with the schema, so
that a new collection cannot be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from api.store.port import Document

# How the rows of one account are found: by an indexed field, by the document's id, through the sessions in which it
# sits; or there is nothing of anybody in them.
Reached = Literal["field", "id", "sessions", "nothing"]


@dataclass(frozen=True, slots=True)
class Kept:
    """`merge`: `move` changes the field, `drop` deletes, `own` is done by hand in `linking`, `stay` leaves it.

    `leave`: `delete`, `own` is done by hand in `departures`, `stay` leaves it, for the reason in `why`.
    `export` says whether the account's export has it; else `why` says why not.
    """

    reached: Reached
    fields: tuple[str, ...] = ()
    merge: Literal["move", "drop", "own", "stay"] = "stay"
    leave: Literal["delete", "own", "stay"] = "stay"
    export: bool = False
    why: str = ""


def _nothing(why: str) -> Kept:
    return Kept("nothing", why=why)


KEPT: dict[str, Kept] = {
    "accounts": Kept("id", merge="own", leave="own", export=True),
    "links": Kept("field", ("user_id",), merge="own", leave="delete", export=True),
    "logins": Kept("field", ("user_id",), merge="drop", leave="delete", export=True),
    "devices": Kept("field", ("user_id",), merge="drop", leave="delete", why="tokens alone, nothing to read"),
    "one_time_tokens": Kept("field", ("user_id",), merge="drop", leave="delete", why="tokens alone, nothing to read"),
    "link_requests": Kept("field", ("giver", "taker"), merge="drop", leave="delete", why="gone within the hour"),
    "characters": Kept("field", ("user_id",), merge="move", leave="own", export=True),
    "seats": Kept("field", ("user_id",), merge="own", leave="own", export=True),
    "assets": Kept("field", ("owner",), merge="move", leave="own", export=True),
    "audit": Kept("field", ("user_id",), leave="stay", export=True,
                  why="names accounts by id alone, and what was done to one must stay provable"),
    "departures": Kept("id", leave="own", export=True),
    "merges": Kept("id", leave="stay", why="names accounts by id alone, for ten minutes"),
    "game_sessions": Kept("sessions", merge="own", leave="own", export=True),
    "turns": Kept("sessions", leave="own", export=True),
    "feed": Kept("sessions", leave="own", export=True),
    "snapshots": Kept("sessions", leave="own", why="states of heroes, which the export has as characters"),
    "surfaces": Kept("sessions", leave="own", why="where the bot shows a table: ids of channels"),
    "facts": Kept("sessions", leave="own", export=True),
    "fact_rows": Kept("sessions", leave="own", why="which words lead to which memory; the memories are there"),
    "summaries": Kept("sessions", leave="own", why="passages in fewer words, which the export has in full"),
    "memory_heads": Kept("sessions", leave="own", why="counts, and the last summary"),
    "usage": Kept("field", ("user_id",), leave="delete", why="counts of calls by day, kept for weeks; costs has them"),
    "costs": Kept("field", ("user_id",), merge="move", leave="stay", export=True,
                  why="names accounts by id alone, and what was paid for must stay in the books"),
    "lore": _nothing("what is told of things, the same for everybody"),
    "idempotency": _nothing("answers by the hash of who asked, gone after a day"),
    "leases": _nothing("who does something right now, by session"),
    "throttles": _nothing("counted tries by hash, gone after hours"),
    "mail_outbox": Kept("nothing", leave="own", why="letters until a server takes them, a week at most"),
    "bans": _nothing("by a provider's id, so that it holds when somebody comes back; an operator's word"),
}  # fmt: skip


def ids_of(account: Document | None, user_id: str) -> frozenset[str]:
    """The ids under which somebody stands in what was told: their own, and those of accounts that went up in it."""
    return frozenset({user_id, *(account.body.get("merged", ()) if account is not None else ())})


MERGED_BY_FIELD: tuple[tuple[str, str, str], ...] = tuple(
    (name, field, kept.merge)
    for name, kept in KEPT.items()
    if kept.merge in ("move", "drop")
    for field in kept.fields
)
