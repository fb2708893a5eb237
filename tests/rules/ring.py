"""A ring for two or more: combatants of a test's own, no turns, and dice that fall as the test says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from api.content.catalogue import Content
from api.content.definitions import AbilityDef, AppliedCondition, ConditionDef, CreatureDef, ItemDef
from api.rules import events as ev
from api.rules.combatants import ActiveCondition, Combatant, Encounter
from api.rules.resolution import Resolution
from api.rules.state import Hero, PlayState, evolve
from tests.fakes.dice import ScriptedDice

SCORES = ("strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma")
FIGURES: Mapping[str, int] = {
    **dict.fromkeys(SCORES, 10), "attack": 0, "magic": 0, "defence": 0, "resistance": 0, "speed": 0, "hit": 0,
    "evade": 10, "crit": 1, "block": 0,
}  # fmt: skip
BLADE: dict[str, Any] = {
    "name": "Blade", "verb": "cuts", "damage": "1d6", "damage_type": "slashing", "to_hit": 3,
}  # fmt: skip


def sheet(name: str, **values: Any) -> Hero:
    """A first-level hero: ten in every score but those given."""
    scores = {s: values.pop(s, 10) for s in SCORES}
    plain: dict[str, Any] = {
        "id": name, "name": name.title(), "pronouns": "she", "character_class": "vanguard",
        "origin": "noble_exile", "level": 1, "xp": 0, "stats": scores, "hp": 30, "hp_max": 30, "mp": 9,
        "mp_max": 9, "evade": 10, "gold": 0, "abilities": (), "inventory": {},
    }  # fmt: skip
    return Hero(**{**plain, **values})


def fighter(name: str, side: str = "foes", **values: Any) -> Combatant:
    """30 of 30 HP, 9 of 9 MP, ten in every score, evade 10, crit 1, nothing else; `figures` change single ones."""
    figures = {**FIGURES, **values.pop("figures", {})}
    plain: dict[str, Any] = {
        "id": name, "name": name.title(), "is_hero": side == "party", "key": name if side == "party" else "dummy",
        "hp": 30, "hp_max": 30, "mp": 9, "mp_max": 9, "figures": figures, "side": side,
    }  # fmt: skip
    return Combatant(**{**plain, **values})


def ability(target: str, effect: dict[str, Any], **values: Any) -> AbilityDef:
    plain = {"name": "Ability", "summary": "x.", "stat": "strength", "verb": "does", "target": target}
    return AbilityDef.model_validate({**plain, "effect": effect, **values})


def condition(**values: Any) -> ConditionDef:
    plain = {
        "name": "Thing", "summary": "x.", "kind": "harmful", "adjective": "odd",
        "gained": ["Here."], "ended": ["Gone."],
    }  # fmt: skip
    return ConditionDef.model_validate({**plain, **values})


def put(key: str, rounds: int = 2, **values: Any) -> AppliedCondition:
    return AppliedCondition.model_validate({"key": key, "rounds": rounds, **values})


def with_things(
    content: Content,
    *,
    conditions: Mapping[str, ConditionDef] | None = None,
    creature: Mapping[str, Any] | None = None,
    items: Mapping[str, ItemDef] | None = None,
) -> Content:
    """The starter content with a test's own conditions and items, and with the creature `dummy`."""
    dummy = {
        "name": "Dummy", "summary": "x.", "stats": {}, "hp": 30, "evade": 10, "xp": 1, "attacks": [BLADE],
        "down": ["{target} falls."], **(creature or {}),
    }  # fmt: skip
    return replace(
        content,
        conditions={**content.conditions, **(conditions or {})},
        creatures={**content.creatures, "dummy": CreatureDef.model_validate(dummy)},
        items={**content.items, **(items or {})},
    )


def ring(content: Content, *fighters: Combatant, faces: tuple[int, ...] = (), heroes: Any = ()) -> Resolution:
    """A resolution in the middle of a fight between these; members of the party get a sheet unless `heroes` has it."""
    sheets = {h.id: h for h in heroes}
    for one in fighters:
        if one.is_hero:
            sheets.setdefault(one.id, sheet(one.id))
    order = tuple(one.id for one in fighters)
    encounter = Encounter("inkhounds", "Ring", 1, order, 0, {one.id: one for one in fighters})
    state = outside(content, *sheets.values())
    return Resolution(evolve(state, encounter=encounter), ScriptedDice(*faces), content)


def outside(content: Content, *heroes: Hero) -> PlayState:
    """Heroes in a scene, with no fight."""
    return PlayState(
        campaign="low_water_ledger", scene="drowned_library", visited=("drowned_library",), used=frozenset(),
        notes={}, clues=(), clock=1080, turn_number=1, heroes={h.id: h for h in heroes},
    )  # fmt: skip


def now(res: Resolution, who: str) -> Combatant:
    assert res.state.encounter is not None
    return res.state.encounter.combatants[who]


def bearing(res: Resolution, who: str, **conditions: ActiveCondition | int) -> None:
    """Lay conditions on somebody, oldest first; a number is its rounds."""
    active = {k: ActiveCondition(c) if isinstance(c, int) else c for k, c in conditions.items()}
    res.state = res.state.with_combatant(evolve(now(res, who), conditions=active))


def of(res: Resolution, kind: type[Any]) -> list[Any]:
    return [e for e in res.events if isinstance(e, kind)]


def spent(res: Resolution) -> bool:
    """Whether every die of the script has fallen, and every event reads back from JSON as it was."""
    assert isinstance(res.dice, ScriptedDice)
    assert all(ev.event_from_json(e.to_json()) == e for e in res.events)
    return res.dice.unused == []
