"""A small world of things to wear, learn, find and buy, for tests of sheets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from api.content.catalogue import Content
from api.content.definitions import (
    AbilityDef,
    AffixDef,
    ClassDef,
    FactionDef,
    ItemDef,
    ItemSetDef,
    LocationDef,
    LootTableDef,
    OriginDef,
    ShopDef,
    SkillDef,
)
from api.rules import commands as cmd
from api.rules import engine
from api.rules.apply import fold
from api.rules.resolution import Resolution
from api.rules.sheet import SheetResolved, resolve_sheet
from api.rules.state import Hero, PlayState, RolledItem
from tests.fakes.dice import LoadedDice, ScriptedDice

SCORES = ("strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma")


def item(kind: str, **values: Any) -> ItemDef:
    name = values.pop("name", values.get("slot") or kind)
    return ItemDef.model_validate(
        {"name": f"the {name}", "summary": "x.", "kind": kind, "value": 10, **values}
    )


def weapon(**values: Any) -> ItemDef:
    return item("weapon", **{"damage": "1d6", **values})


def skill(**values: Any) -> SkillDef:
    plain = {"name": "Skill", "summary": "x.", "character_class": "smith", "branch": "Anvil"}
    return SkillDef.model_validate({**plain, **values})


def affix(kind: str, slots: list[str], **values: Any) -> AffixDef:
    pattern = "fine {item}" if kind == "prefix" else "{item} of luck"
    plain = {"name": kind, "kind": kind, "slots": slots, "pattern": pattern, "bonuses": {"hit": 1}}
    return AffixDef.model_validate({**plain, **values})


def table(*lines: dict[str, Any], **values: Any) -> LootTableDef:
    return LootTableDef.model_validate({"name": "Hoard", "lines": lines, **values})


SHOP = {
    "name": "The Forge", "summary": "x.", "keeper": "Old Tam", "greeting": ["Well?"], "faction": "guild",
    "buys_percent": 50,
    "stock": [{"item": "sword"}, {"item": "potion", "percent": 120}, {"item": "crown", "min_reputation": 50}],
}  # fmt: skip


def forge(content: Content, **kinds: dict[str, Any]) -> Content:
    """The starter content with the smith's class, things, skills, a shop in the yard and what a test adds by kind."""
    smith = ClassDef.model_validate(
        {
            "name": "Smith", "summary": "x.", "role": "striker", "stats": {"strength": 14, "constitution": 13},
            "hp": 10, "hp_per_level": 5, "mp": 4, "mp_per_level": 2, "evade": 10, "abilities": ["hammer"],
            "growth": ["strength", "dexterity"], "row": "back",
        }
    )  # fmt: skip
    origin = OriginDef.model_validate(
        {"name": "Village", "summary": "x.", "want": "x", "hook": "x.", "bonus": {"dexterity": 2}}
    )
    blow = AbilityDef.model_validate(
        {"name": "Blow", "summary": "x.", "target": "enemy", "stat": "strength", "verb": "hits",
         "effect": {"damage": "1d6"}}
    )  # fmt: skip
    own: dict[str, dict[str, Any]] = {
        "classes": {"smith": smith},
        "origins": {"village": origin},
        "abilities": {"hammer": blow, "spin": blow, "ember": blow},
        "items": {
            "sword": weapon(name="sword", damage="1d8", value=40),
            "knife": weapon(name="knife", damage="1d4", value=7),
            "maul": weapon(name="maul", damage="2d6", two_handed=True, needs={"strength": 13}),
            "crown": item("armour", slot="head", value=200, min_level=5, bonuses={"magic": 2}),
            "cap": item("armour", slot="head", name="cap", bonuses={"defence": 1}, value=3),
            "mail": item("armour", name="mail", bonuses={"defence": 3, "hp": 4}, item_set="suit"),
            "boots": item("armour", slot="feet", bonuses={"evade": 1}, item_set="suit"),
            "shield": item("armour", slot="offhand", name="shield", bonuses={"block": 3}),
            "ring": item(
                "trinket",
                slot="ring",
                bonuses={"strength": 2},
                abilities=["ember"],
                affinities={"fire": "resist"},
            ),
            "wand": weapon(name="wand", classes=["lampwright"]),
            "potion": item("consumable", name="potion", use={"heal": "1d6"}, stack=5),
            "gem": item("treasure", value=33, stack=3),
            "pebble": item("treasure", name="pebble", value=0),
            "gate_key": item("key", value=5),
        },
        "item_sets": {
            "suit": ItemSetDef.model_validate(
                {"name": "Suit", "summary": "x.", "steps": [{"pieces": 2, "bonuses": {"resistance": 2}}]}
            )
        },
        "skills": {
            "forge_fire": skill(name="Forge Fire", bonuses={"magic": 1}),
            "hot_iron": skill(name="Hot Iron", requires=["forge_fire"], min_level=3, abilities=["spin"]),
            "steel": skill(name="Steel", cost=3, bonuses={"hp": 5}),
            "lamp": skill(name="Lamp", character_class="lampwright", bonuses={"mp": 1}),
        },
        "affixes": {
            "fine": affix("prefix", ["weapon", "head"], value_percent=150),
            "keen": affix(
                "prefix", ["weapon"], pattern="keen {item}", bonuses={"crit": 1}, value_percent=200
            ),
            "lucky": affix("suffix", ["weapon", "ring"], bonuses={"evade": 1}, affinities={"frost": "weak"}),
            "late": affix("suffix", ["weapon"], levels=[10, 20], pattern="{item} of late"),
        },
        "factions": {"guild": FactionDef(name="Guild", summary="x.")},
        "shops": {"forge": ShopDef.model_validate(SHOP)},
        "locations": {
            "yard": LocationDef.model_validate(
                {
                    "name": "Yard",
                    "summary": "x.",
                    "region": "town",
                    "scene": "drowned_library",
                    "shops": ["forge"],
                }
            )
        },
    }
    for kind, more in kinds.items():
        own[kind] = {**own.get(kind, {}), **more}
    merged = {kind: {**getattr(content, kind), **found} for kind, found in own.items()}
    return replace(content, **merged | {"affixes": own["affixes"]})


def smith(name: str = "ann", **values: Any) -> Hero:
    """A smith of level 1 from the village with 12 HP, 4 MP and nothing carried, as `new_hero` would make one."""
    scores = dict.fromkeys(SCORES, 10) | {"strength": 14, "dexterity": 12, "constitution": 13}
    plain: dict[str, Any] = {
        "id": name, "name": name.title(), "pronouns": "she", "character_class": "smith", "origin": "village",
        "level": 1, "xp": 0, "stats": scores, "hp": 11, "hp_max": 11, "mp": 4, "mp_max": 4, "evade": 11,
        "gold": 0, "abilities": ("hammer",), "inventory": {}, "row": "back",
    }  # fmt: skip
    return Hero(**{**plain, **values})


def rolled(key: str, *affixes: str, rarity: str = "uncommon", name: str = "Found") -> RolledItem:
    return RolledItem(key, rarity, affixes, name)


def at_table(content: Content, *heroes: Hero) -> PlayState:
    """A party in the smithy's yard, where the shop is."""
    state = engine.begin(content, "low_water_ledger", {h.id: h for h in heroes})
    return replace(state, location="yard")


def resolution(
    content: Content, *heroes: Hero, faces: tuple[int, ...] = (), share: float | None = None
) -> Resolution:
    """A resolution at that table, with scripted dice or dice that all show the same share of their faces."""
    dice = LoadedDice(share) if share is not None else ScriptedDice(*faces)
    return Resolution(at_table(content, *heroes), dice, content)


def do(world: Content, state: PlayState, command: cmd.Command) -> SheetResolved:
    """One change of a sheet, whose events fold to the same state."""
    done = resolve_sheet(state, command, ScriptedDice(), world)
    assert fold(state, done.events) == done.state
    return done
