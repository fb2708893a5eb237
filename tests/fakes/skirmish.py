"""Small fights of a test's own, in which every die can be written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from api.content.catalogue import Content
from api.content.definitions import AbilityDef, CreatureDef, EncounterDef, ItemDef
from api.rules import commands as cmd
from api.rules import engine
from api.rules import events as ev
from api.rules.combatants import Combatant, Encounter, evolve
from api.rules.dice import Dice
from api.rules.encounters import start_encounter
from api.rules.resolution import Resolution
from api.rules.state import Hero, PlayState
from tests.fakes.dice import ScriptedDice

E = TypeVar("E", bound=ev.Event)
BITE = {"name": "Bite", "verb": "bites", "damage": "1d4", "damage_type": "piercing", "to_hit": 2}
RAT: dict[str, Any] = {
    "name": "Rat", "summary": "A rat.", "stats": {}, "hp": 6, "evade": 10, "xp": 10, "attacks": [BITE],
    "down": ["{target} falls."],
}  # fmt: skip
OVER: dict[str, Any] = {"tell": ["It is over."]}
SCORES = ("strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma")
MISS = (1, 1, 2)  # a creature's turn: the target drawn, the attack drawn, a roll that misses


def hero(name: str, **values: Any) -> Hero:
    """A hero of level 1 with nothing special: all scores 10, 10 of 12 HP, evade 12, bare hands."""
    plain: dict[str, Any] = {
        "id": name, "name": name.title(), "pronouns": "she", "character_class": "vanguard",
        "origin": "noble_exile", "level": 1, "xp": 0, "stats": dict.fromkeys(SCORES, 10), "hp": 10, "hp_max": 12,
        "mp": 5, "mp_max": 5, "evade": 12, "gold": 0, "abilities": (), "inventory": {},
    }  # fmt: skip
    return Hero(**{**plain, **values})


def ability(**values: Any) -> dict[str, Any]:
    """An ability of strength that one foe feels."""
    plain = {"name": "Jab", "summary": "x.", "target": "enemy", "stat": "strength", "verb": "jabs"}
    return {**plain, "effect": {"damage": "1d6"}, **values}


class Skirmish:
    """Content with one fight, `fight`, against rats (two, or as `groups` say), and abilities, items, creatures."""

    def __init__(
        self,
        content: Content,
        *,
        abilities: Mapping[str, Mapping[str, Any]] | None = None,
        items: Mapping[str, Mapping[str, Any]] | None = None,
        creatures: Mapping[str, Mapping[str, Any]] | None = None,
        groups: list[dict[str, Any]] | None = None,
        rat: Mapping[str, Any] | None = None,
        **encounter: Any,
    ) -> None:
        plain = {
            "name": "Rats", "intro": ["Rats."], "stakes": "The cheese.",
            "groups": groups or [{"creature": "rat", "count": 2}], "victory": OVER, "defeat": OVER, "flight": OVER,
        }  # fmt: skip
        beasts = {"rat": {**RAT, **(rat or {})}, **{k: {**RAT, **c} for k, c in (creatures or {}).items()}}
        things = {"name": "Thing", "summary": "x.", "kind": "consumable"}
        self.content = replace(
            content,
            abilities={
                **content.abilities, **{k: AbilityDef.model_validate(a) for k, a in (abilities or {}).items()}
            },
            items={
                **content.items, **{k: ItemDef.model_validate({**things, **i}) for k, i in (items or {}).items()}
            },
            creatures={**content.creatures, **{k: CreatureDef.model_validate(c) for k, c in beasts.items()}},
            encounters={**content.encounters, "fight": EncounterDef.model_validate({**plain, **encounter})},
        )  # fmt: skip

    def before(self, *heroes: Hero) -> PlayState:
        return engine.begin(self.content, "low_water_ledger", {h.id: h for h in heroes})

    def start(self, *heroes: Hero, foes: int = 2, more: tuple[int, ...] = ()) -> PlayState:
        """The heroes first, in the order given, then `foes` creatures; `more` are dice before the first turn."""
        rolls = [20 - i for i in range(len(heroes))] + [foes - i for i in range(foes)]
        dice = ScriptedDice(*rolls, *more)
        res = Resolution(self.before(*heroes), dice, self.content)
        start_encounter(res, "fight")
        assert dice.unused == []
        return res.state

    def act(self, state: PlayState, command: cmd.Command, *faces: int) -> engine.Resolved:
        """Resolve with exactly these dice."""
        dice = ScriptedDice(*faces)
        done = engine.resolve(state, command, dice, self.content)
        assert dice.unused == [], f"the script has faces left: {dice.unused}"
        return done

    def loaded(self, state: PlayState, command: cmd.Command, dice: Dice) -> engine.Resolved:
        return engine.resolve(state, command, dice, self.content)


def of(done: engine.Resolved, kind: type[E]) -> list[E]:
    return [e for e in done.events if isinstance(e, kind)]


def fought(state: PlayState) -> Encounter:
    assert state.encounter is not None
    return state.encounter


def one(state: PlayState, who: str) -> Combatant:
    return fought(state).get(who)


def changed(state: PlayState, who: str, **values: Any) -> PlayState:
    """The state with somebody as a test needs them."""
    return state.with_combatant(evolve(one(state, who), **values))
