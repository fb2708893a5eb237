"""Standing orders: what a hero does when time is up, from the tactics on the sheet."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from api.content.catalogue import Content
from api.content.definitions import Tactic
from api.rules import commands as cmd
from api.rules import fighters
from api.rules.encounters import plans
from api.rules.state import Hero, PlayState


def standing_order(state: PlayState, hero: Hero, content: Content) -> cmd.Command:
    """The legal command that the hero's orders name now; without orders, or when none applies, the hero defends.

    Orders roll no dice: a line's `chance` counts as certain, and `random` is the first by initiative.
    """
    assert state.encounter is not None
    if fighters.is_old(state.encounter):
        state = fighters.renewed(state, content)
    encounter = state.encounter
    assert encounter is not None
    actor = encounter.get(hero.id)
    lines = tuple(lines_of(hero))
    choice = plans.choose(lines, encounter, actor, hero, content, lambda sides: 1) if lines else None
    return _command(hero.id, choice) if choice is not None else cmd.Defend(hero.id)


def lines_of(hero: Hero) -> Iterator[Tactic]:
    """The orders that can be read; a line that an older or newer version wrote otherwise is left out."""
    for raw in hero.orders:
        try:
            yield Tactic.model_validate(raw)
        except ValidationError:
            continue


def _command(hero_id: str, choice: plans.Choice) -> cmd.Command:
    match choice.kind:
        case "attack":
            return cmd.Attack(hero_id, choice.target)
        case "ability":
            return cmd.UseAbility(hero_id, choice.key, choice.target)
        case "item":
            return cmd.UseItem(hero_id, choice.key, choice.target)
        case "row":
            return cmd.MoveRow(hero_id, choice.key)
        case "flee":
            return cmd.Flee(hero_id)
        case "pass":
            return cmd.Pass(hero_id)
    return cmd.Defend(hero_id)
