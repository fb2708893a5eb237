"""How a sensible party fights: heals who is badly hurt, uses what hurts most, finishes the weakest foe. For balance."""

from __future__ import annotations

from collections.abc import Iterable

from api.content.catalogue import Content
from api.content.definitions import AbilityDef, Effect
from api.rules import commands as cmd
from api.rules import engine
from api.rules.dice import KeyedDice
from api.rules.encounters import start_encounter
from api.rules.items import average
from api.rules.legal import LegalAction, legal_actions
from api.rules.progress import raised_to, trained
from api.rules.resolution import Resolution
from api.rules.state import Hero, PlayState
from api.services.characters import NewCharacter, new_hero

BADLY_HURT, MOST_TURNS = 0.45, 400


def ready_made(content: Content, keys: Iterable[str], level: int = 1) -> dict[str, Hero]:
    """Ready-made heroes at a level, with their skill points spent."""
    heroes = (new_hero(content, f"h{i}", NewCharacter(hero=key)) for i, key in enumerate(keys))
    return {hero.id: trained(raised_to(hero, level, content), content) for hero in heroes}


def fought(content: Content, campaign: str, heroes: dict[str, Hero], encounter: str, seed: str) -> PlayState:
    """The state after the fight, or as it stands after a great many turns."""
    state = engine.begin(content, campaign, heroes)
    res = Resolution(state, KeyedDice(seed, 0), content)
    start_encounter(res, encounter)
    state = res.state
    for turn in range(1, MOST_TURNS):
        if state.encounter is None:
            break
        state = engine.resolve_together(
            state, [choice(state, state.encounter.actor.id, content)], KeyedDice(seed, turn), content,
            tolerant=True,
        ).state  # fmt: skip
    return state


def choice(state: PlayState, who: str, content: Content) -> cmd.Command:
    """What a sensible player does in this turn of a fight."""
    encounter = state.encounter
    assert encounter is not None
    open_now = [a for a in legal_actions(state, who, content) if a.enabled]
    people = encounter.combatants
    hurt = {
        c.id for c in people.values()
        if c.side == people[who].side and c.hp <= c.hp_max * BADLY_HURT and not c.dead
    }  # fmt: skip
    for action in sorted(open_now, key=lambda a: -_healing(a, content)):
        targets = [t.id for t in action.targets if t.id in hurt and t.id in state.heroes]
        if _healing(action, content) > 0 and targets:
            target = min(targets, key=lambda t: (people[t].standing, people[t].hp))
            return _command(action, who, target)
    foes = [c.id for c in people.values() if c.side != people[who].side and c.standing]
    best: tuple[float, str, LegalAction, str] | None = None
    for action in open_now:
        worth = _worth(action, len(foes), content)
        targets = [t.id for t in action.targets if t.id in foes] or [who]
        target = min(targets, key=lambda t: people[t].hp)
        if worth > 0 and (best is None or worth > best[0]):
            best = (worth, action.id, action, target)
    return cmd.Defend(who) if best is None else _command(best[2], who, best[3])


def _command(action: LegalAction, who: str, target: str) -> cmd.Command:
    if action.kind == "item":
        return cmd.UseItem(who, action.id, target)
    return cmd.Attack(who, target) if action.kind == "attack" else cmd.UseAbility(who, action.id, target)


def _effect(action: LegalAction, content: Content) -> Effect | None:
    if action.kind == "ability":
        return content.abilities[action.id].effect
    return content.items[action.id.split("~")[0]].use if action.kind == "item" else None


def _healing(action: LegalAction, content: Content) -> float:
    effect = _effect(action, content)
    if effect is None:
        return 0
    return (average(effect.heal) if effect.heal else 0) + effect.revive / 3


def _worth(action: LegalAction, foes: int, content: Content) -> float:
    """Roughly the HP that it takes from the other side, conditions and company included."""
    if action.kind == "attack":
        return 6
    if action.kind == "item":
        effect = _effect(action, content)
        return average(effect.damage) if effect is not None and effect.damage else 0
    if action.kind != "ability":
        return 0
    return _ability_worth(content.abilities[action.id], foes)


def _ability_worth(one: AbilityDef, foes: int) -> float:
    if one.effect.summon is not None:
        return 12
    if one.target not in ("enemy", "all_enemies"):
        return 0
    hits = one.hits * ((average(one.effect.damage) if one.effect.damage else 0) + 3)
    hits += one.hits * 3.5 if one.uses_weapon else 0
    return (hits + 3 * len(one.effect.afflicts)) * (foes if one.target == "all_enemies" else 1)
