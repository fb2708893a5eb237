"""The order of turns: a hero's command, then everybody until a hero is to act again or the fight is over."""

from __future__ import annotations

from api.content.definitions import Outcome
from api.rules import conditions, dying, fighters
from api.rules import events as ev
from api.rules.combatants import Encounter
from api.rules.commands import ClearIntent, Command, LockIntent
from api.rules.encounters import actions, choices, ending, intents, tactics
from api.rules.encounters.aftermath import settle_blows
from api.rules.errors import NoFight
from api.rules.resolution import Resolution

LAST_ROUND = 30  # then the fight breaks off: an encounter always ends


def take_combat_turn(res: Resolution, command: Command) -> Outcome | None:
    """Resolve one hero's turn and the creatures' answers. Returns the outcome when the fight is over.

    Locking or clearing an intent is done at any time and takes no turn. Raises RuleError.
    """
    renew(res)
    encounter = _encounter(res)
    actor = choices.fighter_of(res.state, command.actor)
    if isinstance(command, LockIntent | ClearIntent):
        intents.change(res, command)
        return None
    refusal = choices.why_wait(encounter, actor, res.content) or actions.why_not(
        res.state, command, res.content
    )
    if refusal is not None:
        raise refusal
    return _act(res, command) or _go_on(res)


def renew(res: Resolution) -> None:
    """Bring a fight that an older rules version saved up to date, by an event."""
    encounter = _encounter(res)
    if fighters.is_old(encounter):
        fresh = fighters.renewed(res.state, res.content).encounter
        assert fresh is not None
        res.emit(ev.FightersRenewed(tuple(c.to_json() for c in fresh.combatants.values())))


def _act(res: Resolution, command: Command) -> Outcome | None:
    """One combatant's turn from its command to its end."""
    mark = len(res.events)
    over = actions.perform(res, command)
    return over if res.state.encounter is None else _close_turn(res, command.actor, mark)


def _close_turn(res: Resolution, actor_id: str, mark: int) -> Outcome | None:
    """What the blows set off, whether the fight is decided, then the end of the turn, which may decide it too."""
    if settle_blows(res, mark):
        over = ending.finish_if_decided(res)
        if res.state.encounter is None:
            return over
    mark = len(res.events)
    actor = _encounter(res).combatants[actor_id]
    if actor.conditions:
        conditions.tick(res, actor_id, "end")
    res.emit(ev.CombatTurnEnded(actor.id, actor.name))
    if actor.conditions:
        conditions.end_of_turn(res, actor_id)
        if settle_blows(res, mark):
            return ending.finish_if_decided(res)
    return None


def _go_on(res: Resolution) -> Outcome | None:
    return None if res.state.encounter is None else run_until_hero(res, _encounter(res).index + 1)


def run_until_hero(res: Resolution, index: int) -> Outcome | None:
    """Go through the order from `index` until a hero can act; returns the outcome when the fight ends first."""
    while True:
        encounter = _encounter(res)
        if index >= len(encounter.order):
            index = 0
            if encounter.round >= LAST_ROUND:
                definition = res.content.encounters[encounter.key]
                return ending.end_encounter(res, "flight" if definition.flight else "defeat")
            res.emit(ev.RoundStarted(encounter.round + 1))
            encounter = _encounter(res)
        actor = encounter.combatants[encounter.order[index]]
        if actor.gone or (actor.down and not dying.is_dying(actor)):
            index += 1
            continue
        waits, over = _turn(res, actor.id, index)
        if waits or res.state.encounter is None:
            return over
        index = _encounter(res).index + 1


def _turn(res: Resolution, actor_id: str, index: int) -> tuple[bool, Outcome | None]:
    """Begin somebody's turn and, unless it waits for a hero's command (then true comes back), play it to its end."""
    actor = _encounter(res).combatants[actor_id]
    res.emit(ev.CombatTurnStarted(actor.id, actor.name, index))
    if actor.down:
        dying.check(res, actor_id)
        if not _encounter(res).combatants[actor_id].standing:
            return False, None
    elif actor.conditions:
        mark = len(res.events)
        conditions.tick(res, actor_id, "start")
        if settle_blows(res, mark):
            over = ending.finish_if_decided(res)
            if res.state.encounter is None:
                return False, over
        actor = _encounter(res).combatants[actor_id]
        if actor.down:
            return False, None  # the wound that bled on took its turn
        if conditions.cannot_act(actor, res):
            res.emit(ev.TurnPassed(actor.id, actor.name, "stunned"))
            return False, _close_turn(res, actor_id, len(res.events))
    if not actor.is_hero:
        mark = len(res.events)
        tactics.act(res, actor)
        return False, _close_turn(res, actor_id, mark)
    command = intents.take(res, actor_id)
    return (True, None) if command is None else (False, _act(res, command))


def _encounter(res: Resolution) -> Encounter:
    if res.state.encounter is None:
        raise NoFight("There is no fight.")
    return res.state.encounter
