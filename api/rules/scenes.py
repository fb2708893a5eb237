"""What heroes do outside encounters: a scene's affordances, talk, help, improvisation, what is carried."""

from __future__ import annotations

from api.content.catalogue import Content
from api.content.definitions import AffordanceDef, Outcome, PersonDef, SceneDef
from api.rules import checks, damage, people
from api.rules import events as ev
from api.rules.commands import Help, Improvise, RefuseClaim, Talk, UseAffordance, UseItem
from api.rules.dice import roll_amount
from api.rules.errors import DoneAlready, NotHere, RuleError, TurnedAway, UnknownTarget, Wasted
from api.rules.items import carried_consumable
from api.rules.requirements import Lack, lacking
from api.rules.resolution import Resolution
from api.rules.state import Hero, PlayState

IMPROVISED_MINUTES = 5
AGAINST_A_PERSON = 10  # a person has no scores: the modifier is the band's difficulty less this


def affordance_of(scene: SceneDef, key: str) -> AffordanceDef:
    """Raises NotHere."""
    for affordance in scene.affordances:
        if affordance.key == key:
            return affordance
    raise NotHere(f"'{key}' is nothing that can be done here.")


def why_not(state: PlayState, hero: Hero, affordance: AffordanceDef, content: Content) -> Lack | None:
    """The reason why this hero cannot do it now; None when it is open."""
    key = f"{state.scene}.{affordance.key}"
    if affordance.once and key in state.used:
        done = Lack("That is done already.", False)
    elif affordance.group and any(f"{key}@{each}" in state.used for each in state.heroes):
        done = Lack("The party has tried that together and failed; there may be another way.", False)
    elif f"{key}@{hero.id}" in state.used:
        done = Lack(f"{hero.name} has tried that here and failed; somebody else may, or another way.", False)
    else:
        return lacking(affordance.requires, state, hero, content)
    closed = lacking(affordance.requires, state, hero, content)
    return Lack(done.reason, closed is not None and closed.secret, done=True)


def offered(state: PlayState, hero: Hero, content: Content) -> list[AffordanceDef]:
    """The scene's affordances that this hero may use now, in the author's order."""
    scene = content.scenes[state.scene]
    return [a for a in scene.affordances if why_not(state, hero, a, content) is None]


def moves_party(affordance: AffordanceDef) -> bool:
    """Whether using it can move everyone, so that in a beat it waits for the others' say."""
    return affordance.success.moves or (affordance.failure is not None and affordance.failure.moves)


def use_affordance(res: Resolution, command: UseAffordance) -> Outcome:
    """Do it and return the outcome that came true; moving the party is left to `moves.move_party`."""
    hero = res.state.hero(command.actor)
    affordance = affordance_of(res.content.scenes[res.state.scene], command.affordance)
    closed = why_not(res.state, hero, affordance, res.content)
    if closed is not None:
        raise closed.refusal
    degree = _attempt(res, hero, affordance)
    outcome = affordance.success
    if degree not in checks.WORKED:
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


def _attempt(res: Resolution, hero: Hero, affordance: AffordanceDef) -> str:
    """The degree: success without a roll, else by a check of one's own, the party's, or against somebody."""
    stat = affordance.stat
    if stat is None:
        return "success"
    if affordance.group:
        return checks.group_check(res, list(res.state.heroes.values()), stat, affordance.band).degree
    helper = helper_of(res.state, hero)
    if affordance.contest is not None:
        rival = affordance.contest
        return checks.contest(res, hero, stat, rival.name, rival.modifier, helper=helper).degree
    return checks.check(res, hero, stat, affordance.band, helper=helper).degree


def helper_of(state: PlayState, hero: Hero) -> Hero | None:
    """Who helps this hero with the next check; None when nobody at the table does."""
    return state.heroes.get(state.helped.get(hero.id, ""))


def why_no_help(state: PlayState, hero: Hero, target: str) -> RuleError | None:
    """The refusal that helping that one now would meet; None when it is possible."""
    if target == hero.id:
        return UnknownTarget("Help is for somebody else.")
    if target in state.helped:
        return DoneAlready(f"{state.hero(target).name} has help already.")
    return None


def help_friend(res: Resolution, command: Help) -> None:
    """The friend's next check has advantage. Raises DoneAlready, UnknownTarget."""
    hero, target = res.state.hero(command.actor), res.state.hero(command.target)
    refusal = why_no_help(res.state, hero, target.id)
    if refusal is not None:
        raise refusal
    res.emit(ev.Helped(hero.id, hero.name, target.id, target.name))
    res.pass_time(IMPROVISED_MINUTES)


def let_help_lapse(res: Resolution, hero_id: str) -> None:
    """Help is for a hero's next deed: what that deed did not use is over."""
    if hero_id in res.state.helped:
        res.emit(ev.HelpLapsed(hero_id, res.state.hero(hero_id).name))


def will_talk(state: PlayState, content: Content) -> tuple[PersonDef, ...]:
    """Everybody here who lets the party speak to them."""
    return tuple(p for p in people.people_here(state, content) if people.lines_open(state, content, p) > 0)


def talk(res: Resolution, command: Talk) -> None:
    """A line that was not yet heard. Raises UnknownTarget for who is not here, TurnedAway."""
    hero = res.state.hero(command.actor)
    if not command.person:
        res.emit(ev.Spoke(hero.id, hero.name, "", "", -1))
        res.pass_time(1)
        return
    here = people.people_here(res.state, res.content)
    person = next((p for p in here if p.key == command.person), None)
    if person is None:
        names = ", ".join(p.name for p in here) or "nobody"
        raise UnknownTarget(f"Nobody called '{command.person}' is here; here is {names}.")
    npc = person.key in people.npcs_here(res.state, res.content)
    count = people.lines_open(res.state, res.content, person)
    if count == 0:
        raise TurnedAway(f"{person.name} turns away and will not speak with the party.")
    scene, used = res.state.scene, res.state.used
    fresh = [i for i in range(count) if people.heard_key(scene, person.key, i, npc=npc) not in used]
    line = fresh[res.pick(len(fresh))] if fresh else -1
    res.emit(ev.Spoke(hero.id, hero.name, person.key, person.name, line, npc))
    if npc and people.met_key(scene, person.key) not in used:
        people.change_disposition(res, person.key, 1, "talk")
    res.pass_time(IMPROVISED_MINUTES)


def improvise(res: Resolution, command: Improvise) -> None:
    """Try what no affordance says, with a roll where the ruling asks for one. Raises BadValue, UnknownTarget."""
    hero = res.state.hero(command.actor)
    refusal = checks.why_not(command.stat, command.band)
    if refusal is not None:
        raise refusal
    degree = "none" if command.stat is None else _tried(res, hero, command, command.stat)
    res.emit(ev.Improvised(hero.id, hero.name, command.kind, degree))
    res.pass_time(IMPROVISED_MINUTES)


def _tried(res: Resolution, hero: Hero, command: Improvise, stat: str) -> str:
    """The degree of a try of one's own: against somebody here, everyone's, or against a difficulty."""
    if command.group:
        return checks.group_check(res, list(res.state.heroes.values()), stat, command.band).degree
    helper = helper_of(res.state, hero)
    if command.rival:
        here = people.people_here(res.state, res.content)
        rival = next((p for p in here if p.key == command.rival), None)
        if rival is None:
            raise UnknownTarget(f"Nobody called '{command.rival}' is here to be tried against.")
        modifier = checks.BANDS[command.band] - AGAINST_A_PERSON
        return checks.contest(res, hero, stat, rival.name, modifier, helper=helper).degree
    return checks.check(res, hero, stat, command.band, helper=helper).degree


def refuse_claim(res: Resolution, command: RefuseClaim) -> None:
    hero = res.state.hero(command.actor)
    res.emit(ev.ClaimRefused(hero.id, hero.name, command.reason))


def use_item(res: Resolution, command: UseItem) -> None:
    """Drink or read a consumable outside an encounter. Raises NotCarried, NotUsable, UnknownTarget, Wasted."""
    hero = res.state.hero(command.actor)
    item = carried_consumable(res.content, hero, command.item)
    target = res.state.hero(command.target or hero.id) if item.target == "ally" else hero
    effect = item.use
    assert effect is not None
    heals = effect.heal is not None and target.hp < target.hp_max
    restores = effect.restore_mp is not None and target.mp < target.mp_max
    if not (heals or restores):
        raise Wasted(f"{item.name} would be wasted on {target.name} now.")
    res.emit(ev.ItemLost(hero.id, hero.name, command.item, item.name, 1, "used"))
    res.emit(ev.AbilityUsed(hero.id, hero.name, target.id, target.name, item.name, command.item, True))
    if effect.heal is not None and heals:
        damage.heal_outside(res, hero.id, target.id, effect.heal)
    if effect.restore_mp is not None and restores:
        amount = min(roll_amount(effect.restore_mp, res.dice), target.mp_max - target.mp)
        res.emit(ev.ManaChanged(target.id, target.name, amount, target.mp + amount))
    res.pass_time(1)
