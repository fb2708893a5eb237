"""Why: each sentence of a passage with the events behind it, ready for any client to draw."""

from __future__ import annotations

from api.errors import GameRefusal, NotFound
from api.services.deps import Actor, Deps
from api.services.retelling import LATEST
from api.services.table import Json, Table, events_of


def read_receipts(deps: Deps, actor: Actor, session_id: str, turn_id: str) -> Json:
    """The sentences of a turn's passage, each with its events in full, and the events that no sentence tells.

    `turn_id` may be `last`. Raises NotFound, GameRefusal nothing_told.
    """
    table = Table.load(deps, session_id)
    table.require_member(actor)
    last = table.body["last_narration"]
    if turn_id == LATEST and last is None:
        raise GameRefusal("nothing_told", "Nothing has been told yet.")
    turn = table.turn(last["turn_id"] if turn_id == LATEST else turn_id)
    turn = table.turn(turn["narrated_with"]) if turn["narrated_with"] else turn
    by_id = _events_of(table, turn)
    sentences = [
        {"number": number, "text": s["text"], "events": [by_id[i] for i in s["events"] if i in by_id]}
        for number, s in enumerate(turn.get("sentences") or [], 1)
    ]
    told = {i for s in turn.get("sentences") or [] for i in s["events"]}
    return {
        "turn_id": turn["id"], "turn_number": turn["number"], "kind": turn["kind"],
        "narrator": turn["narrator"], "sentences": sentences,
        "untold": [event for i, event in by_id.items() if i not in told],
        "retold": turn.get("asked_again", 0),
    }  # fmt: skip


def _events_of(table: Table, turn: Json) -> dict[str, Json]:
    """All events that the passage could tell, by the ids that its sentences name."""
    found: dict[str, Json] = {}
    for each in turn.get("told_turns") or [turn["id"]]:
        try:
            one = table.turn(each)
        except NotFound:
            continue  # retention has cleared it away
        found |= {f"{one['number']}.{place}": event for place, event in enumerate(events_of(one))}
    return found
