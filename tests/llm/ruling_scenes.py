"""A scene and a fight to rule on, made by hand: everything that a ruling can mean is open in one of them."""

from __future__ import annotations

from typing import Any

from api.llm.port import CastMember, RulingRequest
from api.rules.legal import LegalAction, Target

ANN = CastMember("ann", "Ann", "she", "Vanguard", "noble_exile", "to go home", 10, 10)
BOB = CastMember("bob", "Bob", "he", "Lampwright", "noble_exile", "to go home", 10, 10)

IN_SCENE = (
    LegalAction("affordance", "search_the_shelves", "Search the shelves for what is hidden"),
    LegalAction("affordance", "question_odile", "Ask Odile who else wanted the bond"),
    LegalAction("talk", "talk", "Talk", (Target("odile", "Odile Marrash"),)),
    LegalAction("help", "help", "Help a friend", (Target("bob", "Bob"),)),
    LegalAction("item", "red_cordial", "Use Red Cordial (1)", (Target("ann", "Ann"), Target("bob", "Bob"))),
    LegalAction("travel", "saltern", "Along the dyke", (Target("saltern", "The Old Saltern"),)),
    LegalAction("rest", "rest", "Rest for an hour"),
    LegalAction("rest", "long", "Stay the night"),
    LegalAction("downtime", "mend_nets", "Mend nets"),
    LegalAction("pass", "pass", "Wait and watch"),
)
IN_FIGHT = (
    LegalAction("attack", "attack", "Attack with Harbour Sword", (Target("cur.1", "Cur 1"), Target("cur.2", "Cur 2"))),
    LegalAction("ability", "measured_cut", "Measured Cut", (Target("cur.1", "Cur 1"), Target("cur.2", "Cur 2"))),
    LegalAction("ability", "hold_the_line", "Hold the Line", (Target("ann", "Ann"),)),
    LegalAction("item", "red_cordial", "Use Red Cordial (1)", (Target("ann", "Ann"), Target("bob", "Bob"))),
    LegalAction("defend", "defend", "Defend"),
    LegalAction("row", "back", "Step into the back row"),
    LegalAction("help", "help", "Help a friend", (Target("bob", "Bob"),)),
    LegalAction("flee", "flee", "Flee with the party"),
    LegalAction("parley", "parley", "Talk them out of it"),
    LegalAction("surrender", "surrender", "Surrender"),
    LegalAction("pass", "pass", "Hold back"),
)  # fmt: skip


def scene_request(text: str = "I look around", **values: Any) -> RulingRequest:
    plain: dict[str, Any] = {
        "session_id": "s",
        "turn_id": "t",
        "actor": ANN,
        "text": text,
        "campaign": "low_water_ledger",
        "scene": "drowned_library",
        "offered": ("search_the_shelves", "question_odile"),
        "carried": ("red_cordial", "harbour_sword"),
        "abilities": (),
        "in_encounter": False,
        "allies": {"ann": "Ann", "bob": "Bob"},
        "people": {"odile": "Odile Marrash"},
        "legal": IN_SCENE,
        "tier": "BASIC",
    }
    return RulingRequest(**{**plain, **values})


def fight_request(text: str = "I do something", **values: Any) -> RulingRequest:
    plain: dict[str, Any] = {
        "offered": (),
        "abilities": ("measured_cut", "hold_the_line"),
        "in_encounter": True,
        "people": {},
        "foes": {"cur.1": "Cur 1", "cur.2": "Cur 2"},
        "legal": IN_FIGHT,
    }
    return scene_request(text, **{**plain, **values})
