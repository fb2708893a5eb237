"""Origin hooks: what an origin makes a hero want is answered by the scenes that content names for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.content.definitions import HookDue
from api.rules import events as ev
from api.rules.apply.story import hook_key
from api.rules.requirements import meets
from api.rules.state import Hero

if TYPE_CHECKING:
    from api.rules.resolution import Resolution


def come_due(res: Resolution) -> None:
    """At the end of a beat that left the party where it was: the first hook that is due, each hero's once.

    One at a time, so that each gets the table's attention.
    """
    if any(isinstance(e, ev.SceneEntered | ev.EncounterStarted | ev.EncounterEnded) for e in res.events):
        return
    for hero in res.state.heroes.values():
        hook = _due(res, hero)
        if hook is not None:
            tell = res.pick(len(hook.tell))
            res.emit(ev.HookCameDue(hero.id, hero.name, hero.origin, res.state.scene, tell))
            return


def _due(res: Resolution, hero: Hero) -> HookDue | None:
    if hero.hp <= 0 or hook_key(hero.origin, hero.id) in res.state.used:
        return None
    hooks = res.content.scenes[res.state.scene].hooks
    return next(
        (h for h in hooks if h.origin == hero.origin and meets(h.requires, res.state, hero, res.content)),
        None,
    )
