"""The entry to the rules: `resolve` one hero's command, or close a beat in which many heroes acted together.

Both are pure: state, commands and dice in, events and the next state out. See `docs/rules.md`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.content.catalogue import Content
from api.content.definitions import Outcome
from api.rules import events as ev
from api.rules import scenes
from api.rules.commands import Command, Improvise, Pass, RefuseClaim, Rest, Talk, UseAffordance, UseItem
from api.rules.dice import Dice
from api.rules.encounters import take_combat_turn
from api.rules.errors import IllegalAction, RuleError
from api.rules.resolution import Resolution
from api.rules.state import START_CLOCK, Hero, PlayState


@dataclass(frozen=True, slots=True)
class Resolved:
    """`deeds` are each command's own events, in the order of the commands; `sequence` are their indices in the order
    in which they were resolved; `closing` is what then happened to the whole party.
    """

    state: PlayState
    deeds: tuple[tuple[ev.Event, ...], ...]
    closing: tuple[ev.Event, ...]
    sequence: tuple[int, ...] = (0,)
    minutes: int = 0  # how long the longest deed took; heroes of one beat act side by side

    @property
    def events(self) -> tuple[ev.Event, ...]:
        """All events as they happened: folding them over the state before gives `state`."""
        return tuple(e for i in self.sequence for e in self.deeds[i]) + self.closing


def begin(content: Content, campaign: str, heroes: Mapping[str, Hero]) -> PlayState:
    """The state as the story opens: everyone in the campaign's first scene."""
    start = content.campaigns[campaign].start
    return PlayState(campaign, start, (start,), frozenset(), {}, (), START_CLOCK, 0, heroes)


def waits_for_party(command: Command, state: PlayState, content: Content) -> bool:
    """Whether a structured command may move everyone, so that in a beat it is decided when all have spoken."""
    if state.encounter is not None or not isinstance(command, UseAffordance):
        return False
    scene = content.scenes[state.scene]
    return any(a.key == command.affordance and scenes.moves_party(a) for a in scene.affordances)


def check_legal(command: Command, state: PlayState, content: Content) -> None:
    """Raise the RuleError that resolving would raise now, without rolling anything."""
    if state.ending is not None:
        raise IllegalAction("The story is over.")
    if state.encounter is None and isinstance(command, UseAffordance):
        hero = state.hero(command.actor)
        reason = scenes.why_not(
            state, hero, scenes.affordance_of(content.scenes[state.scene], command.affordance)
        )
        if reason is not None:
            raise IllegalAction(reason)
        return
    resolve(state, command, _FixedDice(), content)


class _FixedDice:
    """For trying a command out; its result is thrown away."""

    def roll(self, sides: int) -> int:
        return (sides + 1) // 2


def resolve(state: PlayState, command: Command, dice: Dice, content: Content) -> Resolved:
    """One command alone: a turn of an encounter, or an action in `ordered` and `free` mode. Raises RuleError."""
    return resolve_together(state, [command], dice, content, tolerant=False)


def resolve_one_deed(state: PlayState, command: Command, dice: Dice, content: Content) -> Resolved:
    """A command that moves nobody, resolved ahead of the rest of its beat. Raises RuleError."""
    res = Resolution(state, dice, content)
    _perform(res, command)
    return Resolved(res.state, (tuple(res.events),), (), minutes=res.minutes)


def resolve_together(
    state: PlayState,
    commands: Sequence[Command],
    dice: Dice,
    content: Content,
    *,
    tolerant: bool,
    spent: int = 0,
) -> Resolved:
    """A beat: everyone's deed in the order stated, then the one move that most heroes wanted.

    Deeds that move the party are votes; the most wanted wins, a tie goes to who spoke first, and at least half of the
    heroes at the table must want it: nobody is led away by one impatient friend. Those who wanted the same go along,
    the others are outvoted. The clock moves by the longest deed, counting the `spent` minutes of deeds of the same
    beat that were resolved ahead. An illegal command raises RuleError, unless `tolerant`: then what is impossible, or
    became so meanwhile (another hero took the only torch), is told as such and spoils nobody else's deed.
    """
    if state.ending is not None:
        raise IllegalAction("The story is over.")
    if state.encounter is not None:
        res = Resolution(state, dice, content)
        outcome = _combat_turn(res, commands[0], tolerant)
        ends = [i for i, e in enumerate(res.events) if isinstance(e, ev.EncounterEnded)]
        split = ends[0] if ends else len(res.events)
        res.advance_clock(res.minutes)
        if outcome is not None:
            scenes.move_party(res, outcome, commands[0].actor)
        return Resolved(
            res.state, (tuple(res.events[:split]),), tuple(res.events[split:]), minutes=res.minutes
        )
    return _resolve_beat(state, commands, dice, content, tolerant, spent)


def _combat_turn(res: Resolution, command: Command, tolerant: bool) -> Outcome | None:
    try:
        return take_combat_turn(res, command)
    except RuleError as refusal:
        if not tolerant or res.events:
            raise
        return take_combat_turn(res, RefuseClaim(command.actor, refusal.message))


def _resolve_beat(
    state: PlayState, commands: Sequence[Command], dice: Dice, content: Content, tolerant: bool, spent: int
) -> Resolved:
    deeds: list[tuple[ev.Event, ...]] = [() for _ in commands]
    movers = [i for i, c in enumerate(commands) if waits_for_party(c, state, content)]
    still = [i for i in range(len(commands)) if i not in movers]
    for i in still:
        state, deeds[i], minutes = _deed(state, commands[i], dice, content, tolerant)
        spent = max(spent, minutes)
    if not movers:
        res = Resolution(state, dice, content)
        res.advance_clock(spent)
        return Resolved(res.state, tuple(deeds), tuple(res.events), tuple(still), spent)
    chosen = _most_wanted([commands[i] for i in movers])
    leader, *others = [i for i in movers if _wish(commands[i]) == chosen]
    sequence = (*still, leader, *(i for i in movers if i != leader))
    res = Resolution(state, dice, content)
    if _leads_away(commands[leader], state, content) and 2 * (1 + len(others)) < len(state.heroes):
        for i in movers:
            deeds[i] = (_passed(state, commands[i].actor, "alone"),)
        res.advance_clock(spent)
        return Resolved(res.state, tuple(deeds), tuple(res.events), sequence, spent)
    outcome = _use_affordance(res, commands[leader], tolerant)
    deeds[leader] = tuple(res.events)
    told = len(res.events)
    spent = max(spent, res.minutes)
    res.advance_clock(spent)
    if outcome is not None and outcome.moves:
        if len(movers) > 1:
            _tell_choice(res, commands, movers, chosen)
        scenes.move_party(res, outcome, commands[leader].actor)
    for i in others:
        deeds[i] = (_follow(state, commands[i].actor),)
    for i in movers:
        if _wish(commands[i]) != chosen:
            deeds[i] = (_passed(state, commands[i].actor, "outvoted"),)
    return Resolved(res.state, tuple(deeds), tuple(res.events[told:]), sequence, spent)


def _leads_away(command: Command, state: PlayState, content: Content) -> bool:
    """Whether success itself moves the party. What only goes wrong for everybody is one hero's own risk."""
    return scenes.affordance_of(content.scenes[state.scene], _wish(command)).success.moves


def _deed(
    state: PlayState, command: Command, dice: Dice, content: Content, tolerant: bool
) -> tuple[PlayState, tuple[ev.Event, ...], int]:
    res = Resolution(state, dice, content)
    try:
        _perform(res, command)
    except RuleError as refusal:
        if not tolerant:
            raise
        res = Resolution(state, dice, content)
        hero = state.hero(command.actor)
        res.emit(ev.ClaimRefused(hero.id, hero.name, refusal.message))
    return res.state, tuple(res.events), res.minutes


def _use_affordance(res: Resolution, command: Command, tolerant: bool) -> Outcome | None:
    assert isinstance(command, UseAffordance)
    try:
        return scenes.use_affordance(res, command)
    except RuleError as refusal:
        if not tolerant:
            raise
        hero = res.state.hero(command.actor)
        res.emit(ev.ClaimRefused(hero.id, hero.name, refusal.message))
        return None


def _perform(res: Resolution, command: Command) -> None:
    match command:
        case UseAffordance():
            scenes.use_affordance(res, command)
        case Talk():
            scenes.talk(res, command)
        case Improvise():
            scenes.improvise(res, command)
        case RefuseClaim():
            scenes.refuse_claim(res, command)
        case Rest():
            scenes.rest(res, command)
        case UseItem():
            scenes.use_item(res, command)
        case Pass():
            hero = res.state.hero(command.actor)
            res.emit(ev.TurnPassed(hero.id, hero.name, command.reason))
        case _:
            raise IllegalAction("That belongs in a fight, and there is none.")


def _wish(command: Command) -> str:
    assert isinstance(command, UseAffordance)
    return command.affordance


def _most_wanted(commands: Sequence[Command]) -> str:
    wishes = [_wish(c) for c in commands]
    return max(dict.fromkeys(wishes), key=lambda w: (wishes.count(w), -wishes.index(w)))


def _tell_choice(res: Resolution, commands: Sequence[Command], movers: Sequence[int], chosen: str) -> None:
    label = scenes.affordance_of(res.content.scenes[res.state.scene], chosen).label
    votes = tuple(commands[i].actor for i in movers if _wish(commands[i]) == chosen)
    against = tuple(commands[i].actor for i in movers if _wish(commands[i]) != chosen)
    res.emit(ev.ChoiceMade(chosen, label, votes, against))


def _passed(state: PlayState, hero_id: str, reason: str) -> ev.Event:
    hero = state.hero(hero_id)
    return ev.TurnPassed(hero.id, hero.name, reason)


def _follow(state: PlayState, hero_id: str) -> ev.Event:
    hero = state.hero(hero_id)
    return ev.Improvised(hero.id, hero.name, "follow", "none")
