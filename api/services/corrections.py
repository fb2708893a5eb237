"""What players say was told wrongly: kept for the narrators as data, never as a fact that changes state."""

from __future__ import annotations

from api.errors import GameRefusal, Invalid
from api.services.deps import Actor, Deps, retrying
from api.services.idempotency import IdempotencyKey
from api.services.moderating import audience_of, moderated
from api.services.retelling import LATEST, retries_left, untold
from api.services.table import Json, Table
from api.services.texts import clean_text

MOST_CORRECTIONS = 20  # of one session; the oldest makes room
CORRECTION_LIMIT = 200  # characters


def correct_narration(
    deps: Deps,
    actor: Actor,
    session_id: str,
    turn_id: str,
    text: str,
    sentence: int | None,
    key: IdempotencyKey,
) -> Json:
    """Note what was told wrongly in a passage, for all that is told from now on; the answer says whether it can be told
    again at once. `sentence` counts from 1. Raises NotFound, Invalid, Forbidden, GameRefusal nothing_told or
    unwelcome, Unavailable.
    """
    cleaned = clean_text(text, "text", limit=CORRECTION_LIMIT)

    def attempt() -> Json:
        earlier = key.earlier(deps)
        if earlier is not None:
            return earlier
        table = Table.load(deps, session_id)
        table.require(actor, "session.correct")
        seat = table.seat_of_user(actor.user_id)
        assert seat is not None
        turn = _told_turn(table, turn_id)
        _check_sentence(turn, sentence)
        said = moderated(deps.moderator, cleaned, "memory", audience_of(table.body))
        remember_correction(table, said, turn, seat["character_name"])
        last = (table.body["last_narration"] or {}).get("turn_id") == turn["id"]
        left = retries_left(turn)
        result = {
            "status": "noted", "turn_id": turn["id"], "turn_number": turn["number"], "text": said,
            "can_retell": last and left > 0 and not untold(deps, session_id), "left": left,
        }  # fmt: skip
        table.emit(
            "narration_corrected", turn_id=turn["id"], turn_number=turn["number"], text=said,
            sentence=sentence, character_name=seat["character_name"],
        )  # fmt: skip
        table.add(*key.changes(deps, result))
        table.commit()
        return result

    return retrying(attempt)


def _told_turn(table: Table, turn_id: str) -> Json:
    """The turn whose passage is meant; one that was told with another is that other's passage."""
    last = table.body["last_narration"]
    if turn_id == LATEST and last is None:
        raise GameRefusal("nothing_told", "Nothing has been told yet.")
    turn = table.turn(last["turn_id"] if turn_id == LATEST else turn_id)
    turn = table.turn(turn["narrated_with"]) if turn["narrated_with"] else turn
    if not turn["dm_response"]:
        raise GameRefusal("nothing_told", "Nothing of that turn is told; there is nothing to correct.")
    return turn


def _check_sentence(turn: Json, sentence: int | None) -> None:
    many = len(turn.get("sentences") or [])
    if sentence is not None and not 1 <= sentence <= max(1, many):
        raise Invalid("sentence", f"must be from 1 to {max(1, many)}, as the passage has so many")


def remember_correction(table: Table, text: str, turn: Json, by: str) -> None:
    """Keep a correction with the session, to be committed with it. What the passage said is not kept: it was wrong."""
    kept = list(table.body.get("corrections") or [])
    kept = [c for c in kept if c["text"] != text]
    one = {"turn_id": turn["id"], "turn_number": turn["number"], "text": text, "by": by}
    table.body["corrections"] = [*kept, one][-MOST_CORRECTIONS:]


def corrections_of(table: Table) -> tuple[str, ...]:
    """All that was corrected, the oldest first, as narrators are told of it."""
    return tuple(c["text"] for c in table.body.get("corrections") or [])
