"""What must hold whatever happens, checked step by step."""

from __future__ import annotations

import json
import random
from typing import Any

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import engine
from api.rules import events as ev
from api.rules.apply import apply, fold
from api.rules.checks import BANDS
from api.rules.combatants import Encounter
from api.rules.dice import KeyedDice
from api.rules.encounters import LAST_ROUND
from api.rules.encounters.ending import MOST_WOUNDS
from api.rules.errors import RuleError
from api.rules.events import event_from_json
from api.rules.figures import effective_stats, item_key
from api.rules.items import BAG_PLACES, places_taken
from api.rules.legal import legal_actions, sheet_options, suggested_actions
from api.rules.people import LEAST, MEMORIES, MOST
from api.rules.progress import MAX_LEVEL, level_for
from api.rules.replay import snapshot_of, state_of
from api.rules.sheet import is_sheet_command, resolve_sheet
from api.rules.state import Hero, PlayState
from tests.rules.proving.choices import always_legal, anything, canonical, changes, commands_for, listed
from tests.rules.proving.walk import Step


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def reread(state: PlayState) -> PlayState:
    """The state written as JSON and read again."""
    return state_of(through_json(snapshot_of(state)))


def survives_json(step: Step) -> None:
    assert reread(step.after) == step.after
    for command in step.commands:
        assert cmd.command_from_json(through_json(command.to_json())) == command
    for event in step.events:
        assert event_from_json(through_json(event.to_json())) == event


def folds(step: Step, content: Content) -> None:
    """Events alone lead to the state, and every amount in them is what the state gained or lost."""
    assert fold(step.before, step.events) == step.after
    state = step.before
    for event in step.events:
        after = apply(state, event)
        _amounts_are_true(event, state, after, content)
        state = after


def _amounts_are_true(event: ev.Event, before: PlayState, after: PlayState, content: Content) -> None:
    match event:
        case ev.DamageDealt():
            lost = _points(before, event.target)["hp"] - _points(after, event.target)["hp"]
            assert lost == event.amount == sum(n for _, n in event.parts) >= 0, event
            assert event.hp_after == _points(after, event.target)["hp"], event
            _absorbed(event, before, after, content)
        case ev.CombatTurnStarted():
            assert before.encounter is not None
            actor = before.encounter.get(event.actor)
            assert not actor.gone and not actor.dead and (actor.standing or actor.is_hero), (
                "a turn for nobody"
            )
        case ev.Healed():
            gained = _points(after, event.target)["hp"] - _points(before, event.target)["hp"]
            assert gained == event.amount == sum(n for _, n in event.parts) > 0, event
        case ev.ManaChanged():
            assert _points(after, event.actor)["mp"] - _points(before, event.actor)["mp"] == event.amount != 0
        case ev.GoldChanged():
            assert after.hero(event.actor).gold - before.hero(event.actor).gold == event.amount != 0, event
        case ev.XpGained():
            assert after.hero(event.actor).xp - before.hero(event.actor).xp == event.amount > 0, event
        case ev.LevelGained():
            assert after.hero(event.actor).level == before.hero(event.actor).level + 1, event
        case ev.ClockAdvanced():
            assert after.clock - before.clock == event.minutes > 0, event
        case ev.CheckRolled():
            assert (
                event.total == event.kept + event.modifier and event.margin == event.total - BANDS[event.band]
            )


def _absorbed(event: ev.DamageDealt, before: PlayState, after: PlayState, content: Content) -> None:
    """Shields lose what they took, and the receipt shows it: without them so much more would have been lost."""
    taken = sum(n for _, n in event.absorbed)
    if before.encounter is None or after.encounter is None:
        assert not taken
        return
    shields = [
        sum(c.shield_left for c in s.encounter.combatants[event.target].conditions.values())
        for s in (before, after) if s.encounter is not None
    ]  # fmt: skip
    assert shields[0] - shields[1] == taken, event
    for key, amount in event.absorbed:
        assert amount > 0 and (content.conditions[key].name, -amount) in event.parts, event


def _points(state: PlayState, who: str) -> dict[str, int]:
    """HP and MP where they live now."""
    if state.encounter is not None and who in state.encounter.combatants:
        fighter = state.encounter.combatants[who]
        return {"hp": fighter.hp, "mp": fighter.mp}
    return {"hp": state.hero(who).hp, "mp": state.hero(who).mp}


def within_bounds(step: Step, content: Content) -> None:
    """Never below 0 or over a cap."""
    state = step.after
    assert state.clock >= step.before.clock
    for hero in state.heroes.values():
        sound_sheet(hero, state, content)
    assert all(n > 0 for n in state.cache.values())
    assert set(state.cached_rolls) <= set(state.cache)
    finds = [carried for hero in state.heroes.values() for carried in hero.rolled] + list(state.cached_rolls)
    assert len(finds) == len(set(finds)), "a find is in two places"
    for person in state.npcs.values():
        assert LEAST <= person.disposition <= MOST and len(person.memories) <= MEMORIES
    assert all(LEAST <= opinion <= MOST for opinion in state.reputation.values())
    assert all(n > 0 for n in state.tally.values())
    for key, quest in state.quests.items():
        assert 0 <= quest.stage < len(content.quests[key].stages)
        assert quest.status in ("active", "done", "failed")
    for key, stages in state.regions.items():
        assert 0 <= stages <= len(content.regions[key].stages)
    assert set(state.helped) <= set(state.heroes) >= set(state.helped.values())
    if state.encounter is not None:
        sound_fight(state.encounter, content)


def sound_sheet(hero: Hero, state: PlayState, content: Content) -> None:
    figures = effective_stats(hero, content)
    for name, value in figures.values.items():
        assert value == sum(line.amount for line in figures.lines(name)), (
            f"the receipt of {name} does not add up"
        )
    assert (hero.hp_max, hero.mp_max, hero.evade) == tuple(figures.values[n] for n in ("hp", "mp", "evade"))
    assert 0 <= hero.mp <= hero.mp_max and 0 <= hero.hp <= hero.hp_max
    assert hero.hp >= 1 or state.encounter is not None
    assert hero.gold >= 0 and hero.skill_points >= 0 and 0 <= hero.wounds <= MOST_WOUNDS
    assert 1 <= hero.level <= MAX_LEVEL
    if state.encounter is None:
        assert hero.level >= level_for(hero.xp), "a level is owed"
    assert all(n > 0 for n in hero.inventory.values())
    assert places_taken(hero, content) <= BAG_PLACES
    assert set(hero.rolled) <= set(hero.inventory)
    assert all(hero.inventory[carried] == 1 for carried in hero.rolled), "a find is one of its kind"
    worn = list(hero.equipment.values())
    assert len(worn) == len(set(worn)) and all(hero.inventory.get(carried) for carried in worn)
    assert all(content.items[item_key(c)].worn_in == slot for slot, c in hero.equipment.items())
    assert len(set(hero.skills)) == len(hero.skills) and len(set(hero.abilities)) == len(hero.abilities)


def sound_fight(encounter: Encounter, content: Content) -> None:
    assert 1 <= encounter.round <= LAST_ROUND
    assert encounter.actor.is_hero and encounter.actor.standing
    assert sorted(encounter.order) == sorted(encounter.combatants)
    for side in ("party", "foes"):
        assert encounter.standing(side)
    assert set(encounter.intents) | {*encounter.yielding, *encounter.talked} <= set(encounter.combatants)
    for one in encounter.combatants.values():
        assert 0 <= one.hp <= one.hp_max and 0 <= one.mp <= one.mp_max
        for key, active in one.conditions.items():
            known = content.conditions[key]
            assert active.rounds > 0 and 1 <= active.stacks <= known.max_stacks
            assert 0 <= active.shield_left <= known.shield * active.stacks
        assert not (one.down and one.conditions)
        assert all(n > 0 for n in one.cooldowns.values()) and all(n >= 0 for n in one.threat.values())
        assert one.row in ("front", "back")
        successes, failures = one.dying
        assert 0 <= successes < 3 and 0 <= failures <= 3 and (failures < 3 or one.dead)
        assert not one.dead or one.hp == 0


def somebody_can_act(state: PlayState, content: Content) -> None:
    """A living combatant whose turn it is, and outside fights every hero, has something legal to do."""
    if state.ending is not None:
        assert all(legal_actions(state, who, content) == [] for who in state.heroes)
        return
    waiting = [state.encounter.actor.id] if state.encounter is not None else list(state.heroes)
    for who in waiting:
        assert any(a.enabled for a in legal_actions(state, who, content)), f"{who} can do nothing"
    assert len(suggested_actions(state, content)) <= 3


def refusal_of(command: cmd.Command, state: PlayState, content: Content) -> RuleError | None:
    """What the rules say to this command now; None when they would do it."""
    try:
        if is_sheet_command(command):
            resolve_sheet(state, command, KeyedDice("try", 0), content)
        else:
            engine.check_legal(command, state, content)
    except RuleError as refusal:
        assert type(refusal).code and len(refusal.message) > 3, refusal
        return refusal
    return None


# Outside fights these are one line for everybody whom they could reach, and its reason is not that of a single one.
SUMMED_UP = ("item", "help", "talk")


def lists_are_true(state: PlayState, who: str, content: Content) -> set[str]:
    """What is listed as possible is accepted; what is listed as impossible is refused, for the reason beside it.

    Returns the codes of the refusals met.
    """
    codes: set[str] = set()
    for action in legal_actions(state, who, content):
        for command in commands_for(action, who):
            refusal = refusal_of(command, state, content)
            assert (refusal is None) == action.enabled, (command, refusal)
            if refusal is not None:
                codes.add(refusal.code)
                alone = state.encounter is not None or action.kind not in SUMMED_UP
                assert action.reason and (not alone or refusal.message == action.reason), (
                    command,
                    refusal,
                    action,
                )
            locked = cmd.LockIntent(who, command.to_json())
            if state.encounter is not None:
                assert (refusal_of(locked, state, content) is None) == action.lockable, (locked, action)
        for one in action.blocked if action.enabled else ():
            aimed = [c for c in commands_for(action, who) if hasattr(c, "target")][:1]
            for command in aimed:
                raw = {**command.to_json(), "target": one.id}
                refusal = refusal_of(cmd.command_from_json(raw), state, content)
                assert refusal is not None and one.reason in refusal.message, (raw, refusal)
                codes.add(refusal.code)
    for option in sheet_options(state, who, content):
        for command in changes(option, each_number=False) if option.enabled else _first(option):
            refusal = refusal_of(command, state, content)
            assert (refusal is None) == option.enabled, (command, refusal, option)
            if refusal is not None and state.encounter is None:
                assert option.reason, option
    return codes


def _first(option: Any) -> list[cmd.Command]:
    return [cmd.command_from_json(option.command)]


def nothing_else_is_legal(
    state: PlayState, who: str, content: Content, chance: random.Random, tries: int
) -> set[str]:
    """Commands at random are legal exactly when a list names them. Returns the codes of the refusals met."""
    possible = listed(state, who, content)
    codes: set[str] = set()
    for _ in range(tries):
        command = anything(state, content, who, chance)
        expected = always_legal(command, state)
        if expected is None:
            expected = canonical(command, state, content) in possible
            if not expected and isinstance(command, cmd.GiveItem) and command.quantity > 1:
                continue  # the list names what every friend has room for, and this one may have more
        refusal = refusal_of(command, state, content)
        assert (refusal is None) == expected, (
            f"{command} is {'' if expected else 'not '}listed, but: {refusal}"
        )
        if refusal is not None:
            codes.add(refusal.code)
    return codes
