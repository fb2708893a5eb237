"""The canned API's answers to retry, correct, why, lines and veils, and the X-card."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.bot.canned_stage import Refusal, Session, Stage, ulid

Json = dict[str, Any]
TOPICS = [
    {"key": "gore", "name": "Blood and gore", "summary": "Open wounds."},
    {"key": "snakes", "name": "Snakes", "summary": "Vipers and serpents."},
]


def controls(stage: Stage, call: Any, session: Session, rest: list[str]) -> tuple[int, Any] | None:
    """The answer to one call; None for what is not of this kind."""

    def push(event: Json) -> None:
        asyncio.get_running_loop().create_task(stage.feed(session, event))

    match (call.method, *rest):
        case ("POST", "turns", turn, "retry"):
            if session.retries >= 3:
                raise Refusal(409, "no_retries_left", "This passage was told again 3 times.")
            session.retries += 1
            return 202, {"status": "queued", "turn_id": turn, "turn_number": 1, "left": 3 - session.retries}
        case ("POST", "turns", turn, "correction"):
            push({"type": "narration_corrected", "turn_id": turn, "turn_number": 1, "text": call.body["text"],
                  "sentence": call.body.get("sentence"), "character_name": "Mara"})  # fmt: skip
            return 201, {"status": "noted", "turn_id": ulid(1, "T"), "turn_number": 1, "text": call.body["text"],
                         "can_retell": True, "left": 3}  # fmt: skip
        case ("GET", "turns", _, "receipts"):
            events = session.turns[0]["events"] if session.turns else []
            return 200, {
                "turn_id": ulid(1, "T"), "turn_number": 1, "kind": "beat", "narrator": "storyteller", "retold": 0,
                "sentences": [
                    {"number": 1, "text": "Mara finds an oar.", "events": events},
                    {"number": 2, "text": "The sea is grey.", "events": []},
                ],
                "untold": [],
            }  # fmt: skip
        case ("GET", "safety"):
            return 200, _view(session)
        case ("PUT", "safety"):
            session.slips[call.body["slip"]] = (call.body["lines"], call.body["veils"])
            push({"type": "safety_changed", **{k: _view(session)[k] for k in ("lines", "veils")}})
            return 200, _view(session) | {"slip": call.body["slip"]}
        case ("POST", "safety", "x"):
            turn = call.body["turn_id"] or ulid(1, "T")
            push({"type": "narration_withdrawn", "turn_id": turn, "turn_ids": [turn], "turn_number": 1,
                  "kind": "beat", "reason": "x_card"})  # fmt: skip
            topic = call.body["topic"] or None
            return 202, {"status": "withdrawn", "turn_ids": [turn], "topic": topic,
                         "slip": "slip-of-chance" if topic else None}  # fmt: skip
    return None


def _view(session: Session) -> Json:
    def shown(place: int) -> list[Json]:
        return [{"topic": t, "name": t} for slip in session.slips.values() for t in slip[place]]

    return {"lines": shown(0), "veils": shown(1), "topics": TOPICS}
