"""How a session ends: seats are freed, the seed is revealed, and the summary of it stays."""

from __future__ import annotations

from api.llm.storyteller.pauses import cliffhanger
from api.services.table import Table
from api.store.port import Update


def finish(table: Table, *, reason: str) -> None:
    """Complete the session within the table's own commit. `reason` is ending, host or empty."""
    body = table.body
    turn = table.open_turn()
    if turn is not None and turn["state"] in ("open", "accepted"):
        # What was stated and never resolved is taken back in so many words; an untouched turn just closes.
        if turn["entries"]:
            table.emit(
                "turn_withdrawn", turn_id=turn["id"], reason="The story ended before this was decided."
            )
        turn["state"] = "withdrawn"
        turn["due_at"] = None
    body["status"] = "completed"
    body["deadline"] = None
    body["open_turn_id"] = None
    body["current_turn"] = None
    body["over_at"] = table.deps.clock.iso()
    free_seats(table, [s["character_id"] for s in body["party"]])
    key = body["world"]["ending"] if body["world"] else None
    endings = table.deps.content.campaigns[body["campaign"]].endings
    name = endings[key].name if key else ""
    table.emit("session_ended", ending=key, ending_name=name, reason=reason, cliffhanger=pause_line(table))


def pause_line(table: Table) -> str:
    """What is told where a story stops in the middle; empty before its beginning and after its end."""
    if not table.body["world"] or not table.body["party"]:
        return ""
    return cliffhanger(table.deps.content, table.state(), table.id)


def free_seats(table: Table, character_ids: list[str]) -> None:
    """Release the claims on these characters, on top of whatever else the commit writes to them."""
    for character_id in character_ids:
        document = table.character(character_id)
        document.body["seated_in"] = None
        table.replace_character(Update("characters", character_id, document.revision, document.body))
