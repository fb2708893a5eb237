"""A small invented world for tests of the storyteller, and requests to tell in it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from api.content.catalogue import Content
from api.content.definitions import KINDS, Definition
from api.content.loader import load_content
from api.llm.port import CastMember, Deed, NarrationRequest, PastNote
from api.llm.storyteller import Storyteller
from api.llm.storyteller.demo import as_passage
from api.rules import events as ev
from api.rules.commands import Command

RAW: dict[str, dict[str, dict[str, Any]]] = {
    "classes": {"warden": {"name": "Warden", "summary": "Stands.", "role": "defender", "stats": {}, "hp": 12,
                           "mp": 4, "evade": 11, "abilities": ["cleave"]}},
    "origins": {"miller": {"name": "Miller", "summary": "Flour.", "want": "to buy back the mill",
                           "hook": "The mill wheel turns in every dream that {name} has."}},
    "abilities": {
        "cleave": {"name": "Cleave", "summary": "A blow.", "target": "enemy", "stat": "strength",
                   "uses_weapon": True, "effect": {"damage": "1d6"}, "verb": "brings the axe round on"},
        "mend": {"name": "Mend", "summary": "Heals.", "target": "ally", "stat": "wisdom",
                 "effect": {"heal": "1d6"}, "verb": "ties a clean bandage round"},
    },
    "items": {
        "apple": {"name": "apple", "summary": "Red.", "kind": "treasure"},
        "draught": {"name": "mending draught", "summary": "Warm.", "kind": "consumable", "use": {"heal": "1d4"}},
    },
    "heroes": {},
    "creatures": {
        "gnawer": {"name": "Gnawer", "summary": "A thing of teeth.", "hp": 10, "evade": 10, "xp": 5,
                   "stats": {}, "attacks": [{"name": "bite", "verb": "shuts its jaws on", "damage": "1d4",
                                             "damage_type": "piercing", "to_hit": 2}],
                   "down": ["{target} rolls over {actor}'s boots and lies flat."], "plural": "Gnawers"},
        "old_king": {"name": "The Old King", "summary": "He waits.", "hp": 40, "evade": 12, "xp": 50,
                     "stats": {}, "boss": True, "plural": "Old Kings",
                     "attacks": [{"name": "sceptre", "verb": "lays his sceptre across", "damage": "1d8",
                                  "damage_type": "bludgeoning", "to_hit": 4}],
                     "down": ["The crown of {target} rings on the stones."]},
    },
    "encounters": {"cellar": {
        "name": "Cellar", "intro": ["The sacks begin to move."], "groups": [{"creature": "gnawer", "count": 2}],
        "stakes": "They want the grain and everyone near it.",
        "victory": {"tell": ["The last sack sags, and {actor} sits on it."]},
        "defeat": {"tell": ["Flour fills the air, then the dark."]},
        "flight": {"tell": ["The cellar door slams behind the last heel."]},
    }},
    "scenes": {
        "mill": {
            "name": "The Mill", "place": "the mill above the weir",
            "opening": ["The mill has not turned since Tuesday.", "Somebody is sweeping upstairs."],
            "details": [f"Detail number {w} lies under flour." for w in
                        ("one", "of rope", "of sacks", "of cats", "of stone", "of oak", "of dust", "of cord")],
            "threat": "The weir is giving way.",
            "pressure": ["A plank leaves the weir.", "Water climbs the wheel by a spoke.",
                         "The floor hums.", "A second plank follows the first one."],
            "prompts": ["Up the ladder or out to the weir?", "Who goes first?", "What is worth saving here?"],
            "people": [{"key": "bess", "name": "Bess Hart", "role": "miller", "wants": "sleep", "fears": "rats",
                        "voice": "dry", "pronouns": "she",
                        "lines": ["Mind the third step.", "It was turning on Monday.", "Ask the cat."]}],
            "affordances": [
                {"key": "sweep", "label": "Look behind the hopper", "kind": "search", "words": ["look"],
                 "doing": "leans behind the hopper", "stat": "wisdom",
                 "success": {"tell": ["{actor} draws out a tin, and {they} opens it.",
                                      "Behind it {actor} finds a tin with a lid."], "give": ["apple"]},
                 "failure": {"tell": ["There is only flour behind it."]}},
                {"key": "leave", "label": "Leave by the weir", "kind": "move", "words": ["leave"],
                 "doing": "opens the small door to the weir", "once": False,
                 "success": {"tell": ["The small door lets the noise in."], "goto": "weir"}},
                {"key": "cellar", "label": "Open the cellar", "kind": "force", "words": ["cellar"],
                 "doing": "throws the cellar door open", "once": False,
                 "success": {"tell": ["The cellar door falls back on its hinges."], "encounter": "cellar"}},
                {"key": "climb", "label": "Climb the ladder", "kind": "move", "words": ["climb"],
                 "doing": "sets a foot on the ladder", "once": False,
                 "success": {"tell": ["The ladder complains and holds."]}},
            ],
        },
    },
    "campaigns": {"flour": {
        "name": "Flour", "summary": "A mill.", "quest": "Set the mill going.",
        "opening": ["The village has no bread.", "Everyone looks uphill."], "start": "mill", "scenes": ["mill"],
        "endings": {"bread": {"name": "Bread", "text": ["The wheel turns.", "By noon there is bread."],
                              "remembers": [{"flag": "fed_cat", "text": "The cat remembers {who}."}]}},
        "callbacks": [{"flag": "fed_cat", "text": "A cat follows {who} along the wall, as it has since the fish."}],
    }},
}  # fmt: skip
RAW["scenes"]["weir"] = {**RAW["scenes"]["mill"], "name": "The Weir", "place": "the weir in the dusk",
                         "opening": ["The weir is louder than the talk.", "Half of it is already gone."],
                         "threat": "One more plank and the valley goes."}  # fmt: skip


def world() -> Content:
    """The small world; its conditions are the shipped ones, which the rules need."""
    kinds: dict[str, dict[str, Definition]] = {
        kind: {key: KINDS[kind].model_validate(raw) for key, raw in found.items()}
        for kind, found in RAW.items()
    }
    kinds["conditions"] = dict(_shipped().conditions)
    return Content.from_definitions(kinds)


@lru_cache
def _shipped() -> Content:
    return load_content(Path(__file__).resolve().parents[2] / "data")


def member(name: str = "Mara", pronouns: str = "she", *, hp: int = 12, key: str = "") -> CastMember:
    return CastMember(
        key or name.lower(), name, pronouns, "Warden", "miller", "to buy back the mill", hp, 12, hp == 0
    )


def request(
    *deeds: Deed,
    closing: Sequence[ev.Event] = (),
    party: Sequence[CastMember] = (),
    kind: str = "beat",
    **more: Any,
) -> NarrationRequest:
    people = tuple(party) or tuple(d.actor for d in deeds) or (member(),)
    given: dict[str, Any] = {
        "scene": "mill",
        "turn_number": 5,
        "turn_ids": ("t5",),
        "history": (),
        "words": 120,
    }
    given |= {"words": 40, "in_encounter": True, "next_actor": people[0].name} if kind == "combat" else {}
    given |= {"campaign": "flour"}
    return NarrationRequest(
        session_id="s", kind=kind, party=people, deeds=tuple(deeds),
        closing_events=tuple(closing), **(given | more),
    )  # fmt: skip


def deed(actor: CastMember, *events: ev.Event, command: Command | None = None, text: str = "") -> Deed:
    return Deed(actor, text, command, events)


def note(flag: str, who: CastMember, turn: int = 1) -> PastNote:
    return PastNote(flag, who.id, who.name, turn)


STORYTELLER = Storyteller(world())


def tell(asked: NarrationRequest) -> str:
    return as_passage(STORYTELLER.compose(asked))
