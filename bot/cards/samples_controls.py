"""Sample cards of how players steer the telling, for the gallery and for tests."""

from __future__ import annotations

from typing import Any

from bot import cards
from bot.cards.model import Card

Json = dict[str, Any]
TOPICS = [
    {"key": f"topic_{n}", "name": name, "summary": f"Whatever has to do with {name}."}
    for n, name in enumerate(
        ("Blood and gore", "Snakes", "Drowning and deep water", "Tight spaces and burial")
    )
]
VIEW: Json = {
    "lines": [{"topic": "topic_0", "name": "Blood and gore"}, {"topic": "wet wool", "name": "wet wool"}],
    "veils": [{"topic": "topic_2", "name": "Drowning and deep water"}],
    "topics": TOPICS,
}
SLIP = "0123456789abcdef"


def control_cards(session: str, resolved: Json, at: str) -> dict[str, Card]:
    """By a name that says which."""
    turn = str(resolved["turn_id"])
    events = resolved["deeds"][0]["events"]
    receipts: Json = {
        "turn_id": turn, "turn_number": resolved["turn_number"], "kind": "beat", "untold": events[1:],
        "sentences": [
            {"number": 1, "text": "Nell Tarrow goes along the shelves with one hand.", "events": events[:1]},
            {"number": 2, "text": "Odile holds the lamp a little higher.", "events": []},
        ],
    }  # fmt: skip
    gone = {
        "type": "narration_withdrawn",
        "turn_id": turn,
        "turn_number": 1,
        "kind": "beat",
        "reason": "x_card",
    }
    answer = {"turn_ids": [turn], "topic": None, "slip": None}
    noted = {"turn_id": turn, "text": "Odile is a woman.", "can_retell": True, "left": 3}
    return {
        "why, sentence by sentence": cards.sentences(receipts, session),
        "why, one sentence": cards.sentences(receipts, session, 2),
        "told again": cards.told_again({"left": 2}),
        "told again for the last time": cards.told_again({"left": 0}),
        "put right": cards.noted_correction(noted, session),
        "a friend puts it right": cards.corrected(
            {"character_name": "Nell Tarrow", "text": "Odile is a woman.", "turn_number": 1}, at
        ),
        "a passage taken back": cards.taken_back(session, gone, resolved),
        "an opening taken back": cards.taken_back(session, gone | {"kind": "opening"}, None),
        "the X-card is played": cards.x_played(answer, session, TOPICS),
        "the X-card with a topic": cards.x_played(answer | {"topic": "gore"}, session, [], SLIP),
        "lines and veils": cards.boundaries(VIEW, session, SLIP),
        "lines have changed": cards.lines_changed(VIEW, at),
        "not now": cards.not_now("The card was played often in the last minutes."),
    }
