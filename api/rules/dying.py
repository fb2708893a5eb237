"""The fallen: death checks, what strikes those who lie, who steadies them (`docs/rules.md`, Encounters)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.rules import events as ev
from api.rules.combatants import Combatant

if TYPE_CHECKING:
    from api.rules.resolution import Resolution

ENOUGH = 3  # successes make stable, failures dead
DEATH_CHECK = 10


def is_dying(combatant: Combatant) -> bool:
    """Whether a death check is due at the own turn."""
    return combatant.is_hero and combatant.down and not combatant.dead and not combatant.stable


def check(res: Resolution, hero_id: str) -> None:
    """A fallen hero's d20 at the own turn: 10 or more is a success, a natural 20 rises with 1 HP, a natural 1 fails
    twice.
    """
    hero = _combatant(res, hero_id)
    successes, failures = hero.dying
    roll = res.dice.roll(20)
    if roll == 20:
        res.emit(ev.DeathChecked(hero.id, hero.name, roll, successes, failures, "rises"))
        res.emit(ev.Recovered(hero.id, hero.name, 1))
        return
    if roll >= DEATH_CHECK:
        successes += 1
    else:
        failures += 2 if roll == 1 else 1
    _count(res, hero, roll, successes, failures)


def struck(res: Resolution, target_id: str) -> None:
    """Harm to a hero who is down already counts as a failed check, and whoever lay stable lies in danger again."""
    target = _combatant(res, target_id)
    if target.is_hero and not target.dead:
        successes, failures = target.dying
        _count(res, target, 0, successes, failures + 1)


def _count(res: Resolution, hero: Combatant, roll: int, successes: int, failures: int) -> None:
    successes, failures = min(successes, ENOUGH), min(failures, ENOUGH)
    if failures >= ENOUGH:
        res.emit(ev.DeathChecked(hero.id, hero.name, roll, successes, failures, "dead"))
        res.emit(ev.Died(hero.id, hero.name))
    elif successes >= ENOUGH:
        res.emit(ev.DeathChecked(hero.id, hero.name, roll, successes, failures, "stable"))
        res.emit(ev.Stabilised(hero.id, hero.name, "", ""))
    else:
        worked = roll >= DEATH_CHECK
        res.emit(
            ev.DeathChecked(hero.id, hero.name, roll, successes, failures, "success" if worked else "failure")
        )


def _combatant(res: Resolution, combatant_id: str) -> Combatant:
    assert res.state.encounter is not None
    return res.state.encounter.get(combatant_id)
