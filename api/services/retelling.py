"""Telling a passage again: asked for by the players, told by the worker like any other, the old text replaced."""

from __future__ import annotations

import structlog

from api.clock import seconds_until
from api.errors import GameRefusal
from api.services.deps import Actor, Deps, retrying
from api.services.idempotency import IdempotencyKey
from api.services.remembering import withdrawn
from api.services.table import Json, Table
from api.store.port import Document, Query, Update

log = structlog.get_logger()

MOST_RETRIES = 3  # times that players may ask for one passage again
LATEST = "last"  # instead of a turn's id: whatever was told last


def retry_narration(deps: Deps, actor: Actor, session_id: str, turn_id: str, key: IdempotencyKey) -> Json:
    """Ask for other words for the last passage; dice and events stay. The old text stands until the new one is there.

    A passage that is being told again already is not asked for twice. Raises NotFound, Forbidden, and GameRefusal:
    nothing_told, story_moved_on, no_retries_left.
    """

    def attempt() -> Json:
        earlier = key.earlier(deps)
        if earlier is not None:
            return earlier
        table = Table.load(deps, session_id)
        table.require(actor, "session.retell")
        turn = the_last_told(table, turn_id)
        if is_told_again(turn):
            return _answer(turn)
        if turn.get("retries", 0) >= MOST_RETRIES:
            raise GameRefusal(
                "no_retries_left",
                f"This passage was told again {MOST_RETRIES} times; play on, or correct what is wrong in it.",
            )
        turn["retries"] = turn.get("retries", 0) + 1
        table.add(*withdrawn(deps, table.id, [turn["number"]]))  # what it told is remembered no more
        tell_again(table, turn, "retry")
        table.body["last_narration"]["retelling"] = True
        table.emit(
            "retelling_began",
            turn_id=turn["id"],
            turn_number=turn["number"],
            reason="retry",
            left=retries_left(turn),
        )
        result = _answer(turn)
        table.add(*key.changes(deps, result))
        table.commit(tell=turn)
        return result

    return retrying(attempt)


def _answer(turn: Json) -> Json:
    return {
        "status": "queued", "turn_id": turn["id"], "turn_number": turn["number"], "left": retries_left(turn),
    }  # fmt: skip


def retries_left(turn: Json) -> int:
    asked: int = turn.get("retries", 0)
    return max(0, MOST_RETRIES - asked)


def the_last_told(table: Table, turn_id: str) -> Json:
    """The turn whose passage was told last, when that is the one meant.

    Raises NotFound; GameRefusal nothing_told before the opening, story_moved_on when another passage was told since or
    is being told now: it leans on this one, so this one can no longer change.
    """
    last = table.body["last_narration"]
    if last is None:
        raise GameRefusal("nothing_told", "Nothing has been told yet.")
    turn = table.turn(last["turn_id"] if turn_id == LATEST else turn_id)
    if turn["id"] == last["turn_id"] and is_told_again(turn):
        return turn
    if turn["id"] != last["turn_id"] or untold(table.deps, table.id):
        raise GameRefusal(
            "story_moved_on", "The story has moved on; only the last passage can be told again.",
            current_turn=table.body["turn_number"], last_told=last["turn_id"],
        )  # fmt: skip
    return turn


def untold(deps: Deps, session_id: str) -> list[Document]:
    """The oldest turns of a session whose passage is still to come."""
    waiting = Query("turns", {"session_id": session_id, "state": "resolved"}, order_by="number", limit=10)
    return list(deps.store.query(waiting).items)


def is_told_again(turn: Json) -> bool:
    """Whether the turn was told before and waits to be told in other words."""
    return turn["state"] == "resolved" and bool(turn.get("retelling"))


def tell_again(table: Table, turn: Json, why: str, *, plain: int = 0) -> None:
    """Put a turn back among those that wait to be told; whoever is telling it now can no longer commit.

    `plain` is how little of it may be told: 0 like any passage, 1 the bare facts, 2 nothing but that the story goes on.
    """
    turn["state"] = "resolved"
    turn["retelling"] = {"why": why, "plain": plain}
    turn["asked_again"] = turn.get("asked_again", 0) + 1
    turn["attempt"] += 1
    turn["due_at"] = table.deps.clock.iso(after=table.deps.settings.narration_lease_seconds)


def take_the_pen(table: Table) -> bool:
    """End the lease of whoever is telling this session, in the commit of `table`; False when nobody is."""
    lease = table.deps.store.get("leases", f"narration.{table.id}")
    if lease is None:
        return False
    if seconds_until(lease.body["until"], table.deps.clock.now()) > 0:
        table.add(Update("leases", lease.id, lease.revision, {"until": table.deps.clock.iso()}))
    return True


def together(deps: Deps, turn: Document) -> list[Document]:
    """The turns that one passage told, the given one last: it is told again as it was told."""
    ids = turn.body.get("told_turns") or [turn.id]
    found = deps.store.get_many("turns", [i for i in ids if i != turn.id])
    return [*(found[i] for i in ids if i in found), turn]


def settle(table: Table, turn: Json, turn_ids: tuple[str, ...]) -> Json:
    """Note on a turn whose passage is committed now where it stands; take the passage that it replaces out of the feed.

    Returns what the feed's event says of a retelling, nothing for a passage that is new.
    """
    again = turn.pop("retelling", None)
    scrub(table, turn, "retold")
    turn["told_turns"] = list(turn_ids)
    turn["told_at_seq"] = table.body["seq"] + 1
    return {"retold": turn.get("asked_again", 0), "reason": again["why"]} if again else {}


def scrub(table: Table, turn: Json, reason: str) -> None:
    """Take the turn's passage out of the feed row that brought it, so that nobody reads it there any more."""
    seq = turn.pop("told_at_seq", None)
    row = table.deps.store.get("feed", f"{table.id}.{seq}") if seq else _row_that_told(table, turn)
    if row is None:
        return
    kept = [_withdrawn(e, reason) if _tells(e, turn["id"]) else e for e in row.body["events"]]
    table.add(Update("feed", row.id, row.revision, {**row.body, "events": kept}))


def _row_that_told(table: Table, turn: Json) -> Document | None:
    """The row of a passage that an older version told, which did not note where it stands."""
    if not turn["dm_response"]:
        return None
    latest = Query("feed", {"session_id": table.id}, order_by="seq", descending=True, limit=200)
    rows = table.deps.store.query(latest).items
    return next((r for r in rows if any(_tells(e, turn["id"]) for e in r.body["events"])), None)


def _tells(event: Json, turn_id: str) -> bool:
    return event["type"] in ("turn_narrated", "turn_renarrated") and event["turn_id"] == turn_id


def _withdrawn(event: Json, reason: str) -> Json:
    same = {k: event[k] for k in ("turn_id", "turn_ids", "turn_number", "kind")}
    return {"type": "narration_withdrawn", **same, "reason": reason}
