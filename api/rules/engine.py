"""The entry to the rules: `resolve` one hero's command, or close a beat in which many heroes acted together.

Both are pure: state, commands and dice in, events and the next state out. See `docs/rules.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from api.content.catalogue import Content
from api.content.definitions import Outcome
from api.rules import downtime, hooks, moves, quests, rest, scenes, travel, world
from api.rules import events as ev
from api.rules.commands import (
    Command,
    Downtime,
    Help,
    Improvise,
    Pass,
    RefuseClaim,
    Rest,
    Talk,
    Travel,
    UseAffordance,
    UseItem,
)
from api.rules.dice import Dice
from api.rules.encounters import renew, take_combat_turn
from api.rules.errors import BadValue, IllegalAction, NoFight, RuleError, StoryOver
from api.rules.progress import raised_to
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
    """The state as the story opens: everyone in the campaign's first scene, and where it lies on the map.

    Heroes below the campaign's level are raised to it.
    """
    story = content.campaigns[campaign]
    heroes = {key: raised_to(hero, story.level, content) for key, hero in heroes.items()}
    tally = {f"visit.{story.location}": 1} if story.location else {}
    return PlayState(
        campaign, story.start, (story.start,), frozenset(), {}, (), START_CLOCK, 0, heroes,
        location=story.location, tally=tally,
    )  # fmt: skip


def waits_for_party(command: Command, state: PlayState, content: Content) -> bool:
    """Whether a structured command may move everyone, so that in a beat it is decided when all have spoken."""
    if state.encounter is not None:
        return False
    match command:
        case Travel() | Rest(kind="long"):
            return True
        case UseAffordance():
            scene = content.scenes[state.scene]
            return any(a.key == command.affordance and scenes.moves_party(a) for a in scene.affordances)
    return False


def check_legal(command: Command, state: PlayState, content: Content) -> None:
    """Raise the RuleError that resolving would raise now, without rolling anything."""
    if state.ending is not None:
        raise StoryOver("The story is over.")
    refusal: RuleError | None = None
    match command if state.encounter is None else None:
        case UseAffordance(actor=actor, affordance=key):
            affordance = scenes.affordance_of(content.scenes[state.scene], key)
            closed = scenes.why_not(state, state.hero(actor), affordance, content)
            refusal = closed.refusal if closed else None
        case Travel(actor=actor, to=to):
            refusal = travel.why_not_travel(state, state.hero(actor), to, content)
        case Rest(actor=actor, kind="long"):
            refusal = rest.why_not_long(state, state.hero(actor), content)
        case _:
            resolve(state, command, _FixedDice(), content)
    if refusal is not None:
        raise refusal


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
    quests.advance(res, command.actor)
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
    """A beat: help first, everyone's deed in the order stated, then the one move that most heroes wanted.

    Deeds that move the party are votes; the most wanted wins, a tie goes to who spoke first, and at least half of the
    heroes at the table must want it: nobody is led away by one impatient friend. Those who wanted the same go along,
    the others are outvoted. The clock moves by the longest deed, counting the `spent` minutes of deeds of the same
    beat that were resolved ahead. An illegal command raises RuleError, unless `tolerant`: then what is impossible, or
    became so meanwhile (another hero took the only torch), is told as such and spoils nobody else's deed.
    """
    if state.ending is not None:
        raise StoryOver("The story is over.")
    if state.encounter is not None:
        res = Resolution(state, dice, content)
        outcome = _combat_turn(res, commands[0], tolerant)
        ends = [i for i, e in enumerate(res.events) if isinstance(e, ev.EncounterEnded)]
        split = ends[0] if ends else len(res.events)
        world.advance_clock(res, res.minutes)
        if res.state.encounter is None:
            quests.advance(res, commands[0].actor)
            moves.after_fight(res, outcome, commands[0].actor)
            _settle(res, commands[0].actor)
        return Resolved(
            res.state, (tuple(res.events[:split]),), tuple(res.events[split:]), minutes=res.minutes
        )
    return _resolve_beat(state, commands, dice, content, tolerant, spent)


def _combat_turn(res: Resolution, command: Command, tolerant: bool) -> Outcome | None:
    renew(res)
    mark = len(res.events)
    try:
        return take_combat_turn(res, command)
    except RuleError as refusal:
        if not tolerant or len(res.events) > mark:
            raise
        return take_combat_turn(res, RefuseClaim(command.actor, refusal.message))


def _settle(res: Resolution, hero_id: str) -> None:
    """What follows from where the party now stands; an ended story is left as it ended."""
    if res.state.ending is None and res.state.encounter is None:
        quests.advance(res, hero_id)
    if res.state.ending is None and res.state.encounter is None:
        hooks.come_due(res)


def _resolve_beat(
    state: PlayState, commands: Sequence[Command], dice: Dice, content: Content, tolerant: bool, spent: int
) -> Resolved:
    deeds: list[tuple[ev.Event, ...]] = [() for _ in commands]
    movers = [i for i, c in enumerate(commands) if waits_for_party(c, state, content)]
    # Help comes first, or it would come too late for a friend who spoke sooner.
    still = [i for i in range(len(commands)) if i not in movers]
    still.sort(key=lambda i: not isinstance(commands[i], Help))
    for i in still:
        state, deeds[i], minutes = _deed(state, commands[i], dice, content, tolerant)
        spent = max(spent, minutes)
    speaker = commands[0].actor if commands else next(iter(state.heroes), "")
    res = Resolution(state, dice, content)
    if not movers:
        world.advance_clock(res, spent)
        _settle(res, speaker)
        return Resolved(res.state, tuple(deeds), tuple(res.events), tuple(still), spent)
    chosen = _most_wanted([commands[i] for i in movers])
    leader, *others = [i for i in movers if _wish(commands[i]) == chosen]
    sequence = (*still, leader, *(i for i in movers if i != leader))
    if _leads_away(commands[leader], state, content) and 2 * (1 + len(others)) < len(state.heroes):
        for i in movers:
            deeds[i] = (_passed(state, commands[i].actor, "alone"),)
        world.advance_clock(res, spent)
        _settle(res, speaker)
        return Resolved(res.state, tuple(deeds), tuple(res.events), sequence, spent)
    move = _lead(res, commands[leader], tolerant)
    deeds[leader] = tuple(res.events)
    told = len(res.events)
    spent = max(spent, res.minutes)
    world.advance_clock(res, spent)
    quests.advance(res, commands[leader].actor)
    if move is not None:
        if len(movers) > 1:
            _tell_choice(res, commands, movers, chosen)
        move()
        _settle(res, commands[leader].actor)
    for i in others:
        deeds[i] = (_follow(state, commands[i].actor),)
    for i in movers:
        if _wish(commands[i]) != chosen:
            deeds[i] = (_passed(state, commands[i].actor, "outvoted"),)
    return Resolved(res.state, tuple(deeds), tuple(res.events[told:]), sequence, spent)


def _leads_away(command: Command, state: PlayState, content: Content) -> bool:
    """Whether success itself moves the party. What only goes wrong for everybody is one hero's own risk."""
    if isinstance(command, UseAffordance):
        return scenes.affordance_of(content.scenes[state.scene], command.affordance).success.moves
    return True  # a journey and a night are everybody's


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
        _refuse(res, command, refusal)
    return res.state, tuple(res.events), res.minutes


def _refuse(res: Resolution, command: Command, refusal: RuleError) -> None:
    hero = res.state.hero(command.actor)
    res.emit(ev.ClaimRefused(hero.id, hero.name, refusal.message))


def _lead(res: Resolution, command: Command, tolerant: bool) -> Callable[[], None] | None:
    """Do the deed that moves the party; returns the move itself, which follows once the clock has gone on."""
    try:
        move = _begin_move(res, command)
    except RuleError as refusal:
        if not tolerant:
            raise
        _refuse(res, command, refusal)
        return None
    scenes.let_help_lapse(res, command.actor)
    return move


def _begin_move(res: Resolution, command: Command) -> Callable[[], None] | None:
    match command:
        case UseAffordance():
            outcome = scenes.use_affordance(res, command)
            return (lambda: moves.move_party(res, outcome, command.actor)) if outcome.moves else None
        case Travel():
            way = travel.set_out(res, command)
            return lambda: travel.on_the_road(res, way, command.actor)
        case Rest():
            day = rest.lie_down(res, command)
            return lambda: rest.wake(res, day)
    raise IllegalAction("That moves nobody.")


def _perform(res: Resolution, command: Command) -> None:
    """One hero's deed that moves nobody; help that it did not use is over."""
    _do(res, command)
    scenes.let_help_lapse(res, command.actor)


def _do(res: Resolution, command: Command) -> None:
    match command:
        case UseAffordance():
            scenes.use_affordance(res, command)
        case Talk():
            scenes.talk(res, command)
        case Improvise():
            scenes.improvise(res, command)
        case RefuseClaim():
            scenes.refuse_claim(res, command)
        case Rest(kind="short"):
            rest.rest_short(res, command)
        case Rest():
            raise BadValue(f"A rest is short or long, not '{command.kind}'.")
        case Downtime():
            downtime.spend(res, command, scenes.helper_of(res.state, res.state.hero(command.actor)))
        case Help():
            scenes.help_friend(res, command)
        case UseItem():
            scenes.use_item(res, command)
        case Pass():
            hero = res.state.hero(command.actor)
            res.emit(ev.TurnPassed(hero.id, hero.name, command.reason))
        case _:
            raise NoFight("That belongs in a fight, and there is none.")


def _wish(command: Command) -> tuple[str, str]:
    """What a vote is for: a kind of move and its key."""
    match command:
        case UseAffordance():
            return "affordance", command.affordance
        case Travel():
            return "travel", command.to
    return "rest", "long"


def _most_wanted(commands: Sequence[Command]) -> tuple[str, str]:
    wishes = [_wish(c) for c in commands]
    return max(dict.fromkeys(wishes), key=lambda w: (wishes.count(w), -wishes.index(w)))


def _tell_choice(
    res: Resolution, commands: Sequence[Command], movers: Sequence[int], chosen: tuple[str, str]
) -> None:
    kind, key = chosen
    if kind == "affordance":
        label = scenes.affordance_of(res.content.scenes[res.state.scene], key).label
    elif kind == "travel":
        label = travel.way_to(res.state, key, res.content).label
    else:
        label = rest.NIGHT_LABEL
    votes = tuple(commands[i].actor for i in movers if _wish(commands[i]) == chosen)
    against = tuple(commands[i].actor for i in movers if _wish(commands[i]) != chosen)
    res.emit(ev.ChoiceMade(key, label, votes, against))


def _passed(state: PlayState, hero_id: str, reason: str) -> ev.Event:
    hero = state.hero(hero_id)
    return ev.TurnPassed(hero.id, hero.name, reason)


def _follow(state: PlayState, hero_id: str) -> ev.Event:
    hero = state.hero(hero_id)
    return ev.Improvised(hero.id, hero.name, "follow", "none")
