"""Sample answers of the API, one evening of the shipped campaign: for the gallery, for tests and for pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bot import cards
from bot.cards.model import Card
from bot.cards.samples_controls import control_cards
from bot.cards.samples_states import state_cards
from bot.cards.samples_world import world_cards

Json = dict[str, Any]
_RAW = (Path(__file__).parent / "samples.json").read_text(encoding="utf-8")


def answers() -> Json:
    """The API's answers and events by name, fresh each time."""
    return json.loads(_RAW)


_A = answers()
SESSION, DEADLINE = _A["view"]["id"], _A["view"]["turn"]["deadline"]
LEGAL, OPENED, RESOLVED, NARRATED, FOUGHT = (
    _A[k] for k in ("legal", "opened", "resolved", "narrated", "fought")
)
CHARACTER, HEROES, RECAP, ENDED = (_A[k] for k in ("character", "heroes", "recap", "ended"))
OPENING, TURN_1 = OPENED["turn_id"], RESOLVED["turn_id"]
PIM = RESOLVED["deeds"][1]["character_id"]

LINK: Json = {
    "id": "01KB0000000000000000000L01", "expires_at": DEADLINE, "stays": "other", "needs_password": False,
    "you": {"name": "Mei", "providers": ["discord"]}, "other": {"name": "Ann", "providers": ["email"]},
    "confirmed": {"you": False, "other": True}, "clashes": [],
    "comes": {"characters": [{"name": "Aldo Fisk", "level": 3}], "gold": 120, "sessions": 2,
              "notes": ["You will have 4 characters. All stay playable; new ones are refused above 3."]},
}  # fmt: skip

# A d20 with advantage and something that exploded; and two rows of a repeated roll.
ROLL: Json = {
    "expression": "2d20kh1+2d6e6[fire]", "total": 33, "natural": 20, "detail": "",
    "tree": {"type": "chain", "total": 33, "parts": [
        {"sign": "", "node": {"type": "dice", "total": 20, "text": "2d20kh1", "sides": 20, "natural": 20,
                              "dice": [{"face": 20}, {"face": 7, "dropped": True}]}},
        {"sign": "+", "node": {"type": "dice", "total": 13, "text": "2d6e6", "sides": 6, "label": "fire",
                               "dice": [{"face": 6, "marks": ["burst"]}, {"face": 4, "was": [1]},
                                        {"face": 3, "marks": ["extra"]}]}},
    ]},
}  # fmt: skip
ROLLS: Json = {
    "expression": "1d4+1 x2", "total": 7, "natural": None, "detail": "",
    "tree": {"type": "repeat", "total": 7, "rows": [
        {"type": "chain", "total": face + 1, "parts": [
            {"sign": "", "node": {"type": "dice", "total": face, "text": "1d4", "sides": 4, "dice": [{"face": face}]}},
            {"sign": "+", "node": {"type": "number", "total": 1}}]} for face in (3, 2)]},
}  # fmt: skip


def view(**more: Any) -> Json:
    """The session view in the second beat, with some of it changed."""
    return answers()["view"] | more


def fight() -> Json:
    """The same table in a fight."""
    return view(**answers()["fight"])


def all_cards() -> dict[str, Card]:
    """Every card in at least one state, by a name that says which."""
    lobby = view(status="lobby", turn=None, scene=None)
    over = view(
        status="completed",
        turn=None,
        ending={"key": "struck_off", "name": "Struck Off"},
        seed="9ac2…",
        seed_hash="5f1c…",
    )
    answer = {"events": [], "waiting_for": [PIM], "session": view(), "state": "open"}
    at_once = {
        "events": RESOLVED["deeds"][0]["events"],
        "waiting_for": [],
        "session": view(),
        "state": "resolved",
    }
    thread = "1300000000000000001"
    return {
        "lobby": cards.lobby(lobby),
        "lobby, begun": cards.lobby(view(), thread),
        "lobby, over": cards.lobby(over, thread),
        "choosing a hero": cards.hero_choice(
            "coc:play:1:hero", HEROES, [CHARACTER | {"seated_in": None}], "Choose a hero."
        ),
        "a seat already": cards.seated(view(), "Nell Tarrow", thread),
        "before the opening": cards.prelude(SESSION, OPENING, view()),
        "opening": cards.narration(SESSION, OPENED, None, title="The Low-Water Ledger"),
        "outcome": cards.outcome(SESSION, RESOLVED),
        "outcome, beat still open": cards.outcome(
            SESSION, RESOLVED | {"deeds": RESOLVED["deeds"][:1]}, still_open=True
        ),
        "narration": cards.narration(SESSION, NARRATED, RESOLVED),
        "outcome of a fight": cards.outcome(SESSION, FOUGHT),
        "a turn taken back": cards.withdrawn(SESSION, TURN_1, "Everyone agreed to undo it."),
        "table": cards.table(view()),
        "table in a fight": cards.table(fight()),
        "table, resting": cards.table(view(status="timeout")),
        "noted": cards.noted(answer, "I wedge the hidden door open"),
        "noted, resolved at once": cards.noted(at_once, "Search the shelves for what is hidden"),
        "refusal": cards.refusal("It is Pim Cardew’s turn.", SESSION, 5, LEGAL),
        "what can I do": cards.chooser(SESSION, 2, LEGAL),
        "attack": cards.chooser(SESSION, 5, LEGAL, ("ability",)),
        "how it was decided": cards.why(RESOLVED),
        "sheet": cards.sheet(CHARACTER),
        "party": cards.party(fight()),
        "recap": cards.recap(RECAP),
        "dice": cards.roll(
            {"expression": "2d6+3", "total": 11, "detail": "(5, 3) + 3"}, "Nell Tarrow", DEADLINE
        ),
        "dice, natural 20": cards.roll(ROLL, "Nell Tarrow", DEADLINE),
        "dice, repeated": cards.roll(ROLLS, "Pim Cardew", DEADLINE),
        "table talk": cards.chat(
            {"name": "Mei", "character_name": "Aldo Fisk", "text": "brb, tea", "source": "web"}, DEADLINE
        ),
        "a line": cards.said("🙋 Aldo Fisk joins the party (Mei).", DEADLINE),
        "ending": cards.ending(over, ENDED),
        "confirmation": cards.confirm_end(view()),
        "a code to link": cards.link_code({"code": "7KQ2-M0XV", "expires_in": 600}),
        "asked to link": cards.link_request(LINK),
        "linked": cards.linked("Ann"),
        "no seat left": cards.offer_to_sponsor(
            SESSION, PIM, "The sponsor's tier, Free, is for a story of one's own."
        ),
        "into the browser": cards.browser_link(
            {"url": "https://play.example.org/enter?token=abc", "expires_in": 600, "name": "Mei"}
        ),
        **world_cards(SESSION, fight()),
        **control_cards(SESSION, RESOLVED, DEADLINE),
        **state_cards(view(), fight(), CHARACTER),
        "notice": cards.notice("The game server rests", "Nothing was lost; try again in a minute.", bad=True),
    }
