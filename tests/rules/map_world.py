"""A small world with a map, all of it made here: an inn, a ford, a chapel and a cell, on a marsh with a clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from api.content.catalogue import Content
from api.content.definitions import (
    AffordanceDef,
    CampaignDef,
    CreatureDef,
    DowntimeDef,
    EncounterDef,
    EncounterTableDef,
    FactionDef,
    ItemDef,
    LocationDef,
    NpcDef,
    QuestDef,
    RegionDef,
    SceneDef,
    ShopDef,
)
from api.rules import engine
from api.rules.state import Hero, PlayState
from tests.rules.play import Scripted

TELL = ["It is so."]
STATS = ("strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma")


def thing(key: str, **values: Any) -> dict[str, Any]:
    """Something to do; `success` brings nothing unless said otherwise."""
    values["success"] = {"tell": TELL, **values.get("success", {})}
    if "stat" in values:
        values["failure"] = {"tell": TELL, **values.get("failure", {})}
    plain = {
        "label": f"Do {key}",
        "kind": "use",
        "words": [*key.split("_"), f"{key} now".replace("_", " ")],
        "doing": "does it",
    }
    return {"key": key, **plain, **values}


def way(to: str, minutes: int, **values: Any) -> dict[str, Any]:
    return {"to": to, "minutes": minutes, "label": f"Walk to {to}", "tell": TELL, **values}


SCENES: dict[str, list[dict[str, Any]]] = {
    "inn": [
        thing("notice", success={"quest": "ogres", "minutes": 10}),
        thing("mend_dyke", success={"flags": ["dyke_mended"], "reputation": {"wardens": 30}, "minutes": 30}),
        thing("insult", once=False, success={"disposition": {"brynn": -60}, "reputation": {"wardens": -60}}),
        thing("toast", once=False, success={"disposition": {"brynn": 40}, "remember": {"brynn": "A toast."}}),
        thing("find_key", success={"flags": ["key_found"]}),
        thing("arrested", once=False, success={"goto": "cell"}),
    ],
    "ford": [
        thing("wade", stat="strength", group=True, once=False, success={"flags": ["waded"]}),
        thing("wrestle", stat="strength", contest={"name": "The Eel", "modifier": 2}, once=False),
        thing("dig", success={"give": ["trophy"], "gold": 7}),
        thing("bet", requires={"reputation": {"wardens": 20}}, success={"gold": 10}),
        thing("secret", requires={"quest_done": "ogres"}, once=False),
    ],
    "chapel": [
        thing("pray", requires={"time": "night"}, once=False),
        thing("swear", requires={"disposition": {"brynn": 30}}, once=False),
        thing("vault", requires={"level": 3}, once=False),
        thing("hymn", requires={"classes": ["lampwright"]}, once=False),
        thing("finale", requires={"quest_done": "ogres"}, success={"ending": "home"}),
    ],
    "cell": [
        thing("walk_free", once=False, success={"goto": "inn"}),
        thing("wait", once=False),
        thing("count", once=False),
    ],
}
LOCATIONS: dict[str, dict[str, Any]] = {
    "inn": {
        "rest": "long", "rest_price": 5, "shops": ["store"], "downtime": ["chop", "carve"],
        "ways": [
            way("ford", 120, dangers="road", danger_percent=50),
            way("chapel", 30, requires={"flags": ["key_found"]}),
        ],
    },
    "ford": {"ways": [way("inn", 120), way("chapel", 60, requires={"time": "day"})]},
    "chapel": {"rest": "none", "ways": [way("inn", 30)]},
}  # fmt: skip
ROAD = [
    {"encounter": "duel", "weight": 30, "levels": [1, 4]},
    {"tell": "A heron looks the party over.", "weight": 70},
    {"encounter": "duel", "weight": 50, "levels": [5, 20]},
    {"encounter": "duel", "weight": 500, "requires": {"flags": ["deep_flood"]}},
]
QUESTS: dict[str, dict[str, Any]] = {
    "ogres": {
        "name": "Ogres", "summary": "Too many ogres.", "giver": "Brynn", "fails_with": ["deep_flood"],
        "stages": [
            {"key": "look", "objective": "Look at the ford.", "goals": [{"kind": "visit", "key": "ford"}],
             "tell": TELL},
            {"key": "beat", "objective": "Beat two ogres.",
             "goals": [{"kind": "defeat", "key": "ogre", "count": 2}],
             "reward": {"tell": TELL, "gold": 20, "xp": 10, "minutes": 90}},
            {"key": "show", "objective": "Show a trophy to Brynn.",
             "goals": [{"kind": "item", "key": "trophy"}, {"kind": "talk", "key": "brynn"}],
             "reward": {"tell": TELL, "take": ["trophy"], "reputation": {"wardens": 10},
                        "flags": ["ogres_gone"], "quest": "thanks"}},
        ],
    },
    "thanks": {
        "name": "Thanks", "summary": "Somebody says thanks.", "giver": "Brynn",
        "stages": [{"key": "hear", "objective": "Hear it.", "goals": [{"kind": "flag", "key": "ogres_gone"}]}],
    },
    "vigil": {
        "name": "Vigil", "summary": "A night in the chapel.", "giver": "Nobody",
        "starts": {"flags": ["key_found"]},
        "stages": [{"key": "keep", "objective": "Pray.", "goals": [{"kind": "visit", "key": "chapel"}]}],
    },
}  # fmt: skip


def map_content(content: Content) -> Content:
    """The starter content with the campaign `marches` and its map in it."""
    base = content.scenes["drowned_library"].model_dump(exclude={"clues", "visitors", "hooks"})
    scenes = {
        key: SceneDef.model_validate(
            {**base, "name": key.title(), "place": f"the {key}", "people": [], "affordances": things,
             "npcs": ["brynn"] if key in ("inn", "ford") else []}
        )
        for key, things in SCENES.items()
    }  # fmt: skip
    person = content.scenes["drowned_library"].people[0].model_dump()
    lines = ["One.", "Two.", "Three.", "Four."]
    brynn = {**person, "key": "brynn", "name": "Brynn", "lines": lines, "faction": "wardens"}
    ogre = {
        "name": "Ogre", "summary": "x.", "stats": {}, "hp": 3, "evade": 10, "xp": 7, "down": ["{target} falls."],
        "attacks": [{"name": "Bite", "verb": "bites", "damage": "1d4", "damage_type": "piercing", "to_hit": 3}],
    }  # fmt: skip
    duel = {
        "name": "Duel", "intro": TELL, "stakes": "The road.", "groups": [{"creature": "ogre", "count": 1}],
        "victory": {"tell": TELL}, "defeat": {"tell": TELL, "goto": "cell"}, "flight": {"tell": TELL},
    }  # fmt: skip
    ending = {"name": "Home", "text": ["One.", "Two."]}
    campaign = {
        "name": "Marches", "summary": "x.", "quest": "x.", "opening": ["One.", "Two."], "start": "inn",
        "scenes": list(SCENES), "endings": {"home": ending}, "location": "inn", "quests": list(QUESTS),
    }  # fmt: skip
    chop = {
        "name": "Chop wood", "summary": "x.", "doing": "chops wood", "success": {"tell": TELL, "gold": 6},
    }  # fmt: skip
    carve = {
        "name": "Carve", "summary": "x.", "doing": "carves", "stat": "dexterity", "cost": 4, "minutes": 240,
        "success": {"tell": TELL, "give": ["trophy"]}, "failure": {"tell": TELL, "hurt": "1d4"},
    }  # fmt: skip
    region = {
        "name": "The Marsh", "summary": "x.",
        "stages": [
            {"hours": 12, "tell": TELL, "flags": ["flood"], "without": ["dyke_mended"]},
            {"hours": 60, "tell": TELL, "flags": ["deep_flood"], "without": ["dyke_mended"]},
        ],
    }  # fmt: skip
    store = {
        "name": "Store", "summary": "x.", "keeper": "Ada", "greeting": TELL, "stock": [{"item": "trophy"}],
    }  # fmt: skip
    return replace(
        content,
        scenes={**content.scenes, **scenes},
        npcs={"brynn": NpcDef.model_validate(brynn)},
        factions={"wardens": FactionDef(name="Wardens", summary="x.")},
        regions={"marsh": RegionDef.model_validate(region)},
        locations={
            key: LocationDef.model_validate(
                {"name": key.title(), "summary": "x.", "region": "marsh", "scene": key, **one}
            )
            for key, one in LOCATIONS.items()
        },
        encounter_tables={"road": EncounterTableDef.model_validate({"name": "Road", "lines": ROAD})},
        quests={key: QuestDef.model_validate(one) for key, one in QUESTS.items()},
        downtime={"chop": DowntimeDef.model_validate(chop), "carve": DowntimeDef.model_validate(carve)},
        shops={"store": ShopDef.model_validate(store)},
        items={**content.items, "trophy": ItemDef(name="Trophy", summary="x.", kind="treasure", value=1)},
        creatures={**content.creatures, "ogre": CreatureDef.model_validate(ogre)},
        encounters={**content.encounters, "duel": EncounterDef.model_validate(duel)},
        campaigns={**content.campaigns, "marches": CampaignDef.model_validate(campaign)},
    )


def walker(name: str, **values: Any) -> Hero:
    """Ten in every score but those given, 20 of 20 HP, nothing carried."""
    plain: dict[str, Any] = {
        "id": name, "name": name.title(), "pronouns": "she", "character_class": "vanguard",
        "origin": "noble_exile", "level": 1, "xp": 0, "stats": {s: values.pop(s, 10) for s in STATS}, "hp": 20,
        "hp_max": 20, "mp": 9, "mp_max": 9, "evade": 12, "gold": 0, "abilities": (), "inventory": {},
    }  # fmt: skip
    return Hero(**{**plain, **values})


class Marches(Scripted):
    """The campaign being played, with dice that a test writes down."""

    def __init__(self, content: Content) -> None:
        self.content = map_content(content)

    def changed(self, kind: str, key: str, **values: Any) -> Marches:
        """The same world with one definition changed."""
        other = Marches.__new__(Marches)
        known: Mapping[str, Any] = getattr(self.content, kind)
        new = type(known[key]).model_validate({**known[key].model_dump(), **values})
        other.content = replace(self.content, **{kind: {**known, key: new}})
        return other

    def begin(self, *heroes: Hero) -> PlayState:
        return engine.begin(self.content, "marches", {h.id: h for h in heroes})


def kinds(done: engine.Resolved) -> list[str]:
    return [type(e).__name__ for e in done.events]


def with_affordance(world: Marches, scene: str, *things: dict[str, Any]) -> Marches:
    """The same world with more to do in a scene."""
    known = world.content.scenes[scene]
    more = tuple(AffordanceDef.model_validate(one) for one in things)
    other = Marches.__new__(Marches)
    changed = known.model_copy(update={"affordances": (*known.affordances, *more)})
    other.content = replace(world.content, scenes={**world.content.scenes, scene: changed})
    return other
