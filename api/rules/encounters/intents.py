"""Locked intents: a hero decides before the own turn, and when it comes the deed is done in the same resolution."""

from __future__ import annotations

from typing import Any

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import events as ev
from api.rules import fighters
from api.rules.combatants import Encounter
from api.rules.commands import Command, command_from_json
from api.rules.encounters import actions, choices
from api.rules.errors import BadValue, NoFight, NothingLocked, NotLockable, RuleError
from api.rules.items import name_of
from api.rules.resolution import Resolution
from api.rules.state import PlayState

LOCKABLE = (
    cmd.Attack, cmd.UseAbility, cmd.UseItem, cmd.Defend, cmd.MoveRow, cmd.Help, cmd.Flee, cmd.Parley, cmd.Surrender,
    cmd.Pass,
)  # fmt: skip


def lock_intent(state: PlayState, command: Command, content: Content) -> cmd.LockIntent:
    """The command that locks `command` for its actor's next turn. Raises the RuleError that locking would meet now."""
    if state.encounter is None:
        raise NoFight("There is no fight.")
    current = fighters.renewed(state, content) if fighters.is_old(state.encounter) else state
    refusal = why_not(current, command, content)
    if refusal is not None:
        raise refusal
    return cmd.LockIntent(command.actor, command.to_json())


def clear_intent(state: PlayState, hero_id: str) -> cmd.ClearIntent:
    """The command that takes a locked intent back. Raises NoFight, NothingLocked."""
    if state.encounter is None:
        raise NoFight("There is no fight.")
    if hero_id not in state.encounter.intents:
        raise NothingLocked("Nothing is locked.")
    return cmd.ClearIntent(hero_id)


def why_not(state: PlayState, command: Command, content: Content) -> RuleError | None:
    """Why it cannot be locked: it would be illegal as things stand, or it is the hero's turn already."""
    encounter = state.encounter
    assert encounter is not None
    actor = choices.fighter_of(state, command.actor)
    if not actor.is_hero:
        return NotLockable(f"{actor.name} follows plans of its own.")
    if not isinstance(command, LOCKABLE):
        return NotLockable("Only what a button means can be locked; say the rest when the turn comes.")
    down = choices.why_down(actor)
    if down is not None:
        return down
    if encounter.actor.id == actor.id:
        return NotLockable(f"It is {actor.name}'s turn: act at once.")
    return actions.why_not(state, command, content)


def change(res: Resolution, command: cmd.LockIntent | cmd.ClearIntent) -> None:
    """Lock or take back. Raises RuleError."""
    encounter = _encounter(res)
    hero = encounter.get(command.actor)
    if isinstance(command, cmd.ClearIntent):
        clear_intent(res.state, hero.id)
        res.emit(ev.IntentCleared(hero.id, hero.name, "withdrawn"))
        return
    wish = _read(command.action, hero.id)
    refusal = why_not(res.state, wish, res.content)
    if refusal is not None:
        raise refusal
    res.emit(ev.IntentLocked(hero.id, hero.name, wish.to_json(), label_of(res.state, wish, res.content)))


def take(res: Resolution, hero_id: str) -> Command | None:
    """The command to perform now that the turn has come; None when nothing is locked or it has become illegal."""
    encounter = _encounter(res)
    raw = encounter.intents.get(hero_id)
    if raw is None:
        return None
    hero = encounter.get(hero_id)
    try:
        command = _read(raw, hero_id)
        refusal = actions.why_not(res.state, command, res.content)
    except RuleError as error:
        refusal = error
    if refusal is not None:
        res.emit(ev.IntentCleared(hero.id, hero.name, "dropped", refusal.message))
        return None
    res.emit(ev.IntentCleared(hero.id, hero.name, "taken"))
    return command


def label_of(state: PlayState, command: Command, content: Content) -> str:
    """The intent in words: what, and at whom."""
    encounter = state.encounter
    assert encounter is not None
    raw = command.to_json()
    target = encounter.combatants.get(str(raw.get("target", "")))
    match command:
        case cmd.UseAbility(ability=key):
            what = content.abilities[key].name
            target = target if content.abilities[key].target in ("enemy", "ally") else None
        case cmd.UseItem(item=carried, actor=actor):
            what = f"Use {name_of(content, carried, state.hero(actor).rolled)}"
        case cmd.MoveRow(row=row):
            what = f"Step into the {row} row"
        case cmd.Pass():
            what = "Hold back"
        case _:
            what = type(command).__name__
    return f"{what}: {target.name}" if target is not None else what


def intent_label(state: PlayState, hero_id: str, content: Content) -> str:
    """What this hero has locked, in words; empty when nothing is."""
    raw = state.encounter.intents.get(hero_id) if state.encounter else None
    return label_of(state, _read(raw, hero_id), content) if raw is not None else ""


def _read(raw: Any, hero_id: str) -> Command:
    try:
        wish = command_from_json(dict(raw))
    except (cmd.UnknownCommand, TypeError, ValueError) as error:
        raise BadValue("That is no command that can be locked.") from error
    if wish.actor != hero_id:
        raise NotLockable("A hero locks only the own turn.")
    return wish


def _encounter(res: Resolution) -> Encounter:
    if res.state.encounter is None:
        raise NoFight("There is no fight.")
    return res.state.encounter
