"""What heroes do outside encounters: a scene's affordances, talk, improvisation, rest, and how the party moves on."""

from __future__ import annotations

from api.content.catalogue import Content
from api.content.definitions import AffordanceDef, Outcome, Requirement, SceneDef
from api.rules import events as ev
from api.rules.commands import Improvise, RefuseClaim, Rest, Talk, UseAffordance, UseItem
from api.rules.dice import roll_amount
from api.rules.encounters import start_encounter
from api.rules.errors import IllegalAction
from api.rules.items import carried_consumable
from api.rules.resolution import Resolution
from api.rules.state import Hero, PlayState

WORKED = ("critical", "success", "partial")
IMPROVISED_MINUTES = 5
REST_MINUTES = 60


def affordance_of(scene: SceneDef, key: str) -> AffordanceDef:
    """Raises IllegalAction."""
    for affordance in scene.affordances:
        if affordance.key == key:
            return affordance
    raise IllegalAction(f"'{key}' is nothing that can be done here")


def why_not(state: PlayState, hero: Hero, affordance: AffordanceDef) -> str | None:
    """The reason why this hero cannot do it now, as a sentence; None when it is open."""
    key = f"{state.scene}.{affordance.key}"
    if affordance.once and key in state.used:
        return "That is done already."
    if f"{key}@{hero.id}" in state.used:
        return f"{hero.name} has tried that here and failed; somebody else may, or another way."
    return None if meets(affordance.requires, state, hero) else "The moment for that has not come."


def meets(requires: Requirement, state: PlayState, hero: Hero) -> bool:
    return (
        all(flag in state.notes for flag in requires.flags)
        and not any(flag in state.notes for flag in requires.without)
        and (requires.item is None or hero.inventory.get(requires.item, 0) > 0)
    )


def offered(state: PlayState, hero: Hero, content: Content) -> list[AffordanceDef]:
    """The scene's affordances that this hero may use now, in the author's order."""
    scene = content.scenes[state.scene]
    return [a for a in scene.affordances if why_not(state, hero, a) is None]


def moves_party(affordance: AffordanceDef) -> bool:
    """Whether using it can move everyone, so that in a beat it waits for the others' say."""
    return affordance.success.moves or (affordance.failure is not None and affordance.failure.moves)


def use_affordance(res: Resolution, command: UseAffordance) -> Outcome:
    """Do it and return the outcome that came true; moving the party is left to `move_party`."""
    hero = res.state.hero(command.actor)
    affordance = affordance_of(res.content.scenes[res.state.scene], command.affordance)
    reason = why_not(res.state, hero, affordance)
    if reason is not None:
        raise IllegalAction(reason)
    degree = "success" if affordance.stat is None else res.check(hero, affordance.stat, affordance.band)
    outcome = affordance.success
    if degree not in WORKED:
        assert affordance.failure is not None
        outcome = affordance.failure
    tell = res.pick(len(outcome.tell))
    res.emit(
        ev.AffordanceUsed(hero.id, hero.name, res.state.scene, affordance.key, affordance.label, degree, tell)
    )
    res.grant(outcome, hero.id)
    if degree == "partial":
        res.pass_time(outcome.minutes + 10)  # success at a cost: it takes far longer
    return outcome


def move_party(res: Resolution, outcome: Outcome, leader: str) -> None:
    """Go where an outcome leads: another scene, a fight or the end."""
    if outcome.goto is not None:
        enter_scene(res, outcome.goto)
    elif outcome.encounter is not None:
        at_once = start_encounter(res, outcome.encounter)
        if at_once is not None:  # creatures that won initiative ended it
            move_party(res, at_once, leader)
    elif outcome.ending is not None:
        ending = res.content.campaigns[res.state.campaign].endings[outcome.ending]
        res.emit(ev.CampaignEnded(res.state.campaign, outcome.ending, ending.name))


def enter_scene(res: Resolution, key: str) -> None:
    scene = res.content.scenes[key]
    res.emit(ev.SceneEntered(key, scene.name, scene.place, key not in res.state.visited))


def talk(res: Resolution, command: Talk) -> None:
    """A line that was not yet heard; raises IllegalAction for someone who is not here."""
    hero = res.state.hero(command.actor)
    if not command.person:
        res.emit(ev.Spoke(hero.id, hero.name, "", "", -1))
        res.pass_time(1)
        return
    person = next((p for p in res.content.scenes[res.state.scene].people if p.key == command.person), None)
    if person is None:
        raise IllegalAction(f"nobody called '{command.person}' is here")
    fresh = [
        i
        for i in range(len(person.lines))
        if f"{res.state.scene}.talk.{person.key}.{i}" not in res.state.used
    ]
    line = fresh[res.pick(len(fresh))] if fresh else -1
    res.emit(ev.Spoke(hero.id, hero.name, person.key, person.name, line))
    res.pass_time(IMPROVISED_MINUTES)


def improvise(res: Resolution, command: Improvise) -> None:
    hero = res.state.hero(command.actor)
    degree = "none" if command.stat is None else res.check(hero, command.stat, command.band)
    res.emit(ev.Improvised(hero.id, hero.name, command.kind, degree))
    res.pass_time(IMPROVISED_MINUTES)


def refuse_claim(res: Resolution, command: RefuseClaim) -> None:
    hero = res.state.hero(command.actor)
    res.emit(ev.ClaimRefused(hero.id, hero.name, command.reason))


def may_rest(state: PlayState, hero: Hero) -> str | None:
    if f"{state.scene}.rest@{hero.id}" in state.used:
        return f"{hero.name} has rested here already."
    if hero.hp == hero.hp_max and hero.mp == hero.mp_max:
        return f"{hero.name} is fresh and needs no rest."
    return None


def rest(res: Resolution, command: Rest) -> None:
    """Half of what is missing returns, at least 1 (`docs/rules.md`, Rest)."""
    hero = res.state.hero(command.actor)
    reason = may_rest(res.state, hero)
    if reason is not None:
        raise IllegalAction(reason)
    hp = hero.hp + (hero.hp_max - hero.hp + 1) // 2
    mp = hero.mp + (hero.mp_max - hero.mp + 1) // 2
    res.emit(ev.Rested(hero.id, hero.name, hp, mp))
    res.pass_time(REST_MINUTES)


def use_item(res: Resolution, command: UseItem) -> None:
    """Drink or read a consumable outside an encounter. Raises NotCarried, IllegalAction, UnknownTarget."""
    hero = res.state.hero(command.actor)
    item = carried_consumable(res.content, hero, command.item)
    target = res.state.hero(command.target or hero.id) if item.target == "ally" else hero
    effect = item.use
    assert effect is not None
    heals = effect.heal is not None and target.hp < target.hp_max
    restores = effect.restore_mp is not None and target.mp < target.mp_max
    if not (heals or restores):
        raise IllegalAction(f"{item.name} would be wasted on {target.name} now.")
    res.emit(ev.ItemLost(hero.id, hero.name, command.item, item.name, 1, "used"))
    res.emit(ev.AbilityUsed(hero.id, hero.name, target.id, target.name, item.name, command.item, True))
    if effect.heal is not None and heals:
        amount = min(roll_amount(effect.heal, res.dice), target.hp_max - target.hp)
        res.emit(ev.Healed(hero.id, hero.name, target.id, target.name, amount, target.hp + amount))
    if effect.restore_mp is not None and restores:
        amount = min(roll_amount(effect.restore_mp, res.dice), target.mp_max - target.mp)
        res.emit(ev.ManaChanged(target.id, target.name, amount, target.mp + amount))
    res.pass_time(1)
