"""What a combatant may choose, whom it may reach with it, and why not: pure questions that change nothing."""

from __future__ import annotations

from collections.abc import Sequence

from api.content.catalogue import Content
from api.content.definitions import AbilityDef, Effect, ItemDef
from api.rules import battlefield, bearing
from api.rules.combatants import Combatant, Encounter
from api.rules.errors import (
    BadValue,
    DoneAlready,
    HeroDown,
    InFight,
    NoFlight,
    NoMana,
    NoParley,
    NoTurn,
    NotUsable,
    NotYourTurn,
    OnCooldown,
    OutOfReach,
    Rooted,
    RuleError,
    Silenced,
    Taunted,
    UnknownTarget,
    WrongRow,
)
from api.rules.fighters import creature_of
from api.rules.items import item_of, weapon_of
from api.rules.state import Hero, PlayState

ROWS = ("front", "back")


def fighter_of(state: PlayState, who: str) -> Combatant:
    """Whoever acts in the fight. Raises InFight for a hero who came while the others fight, UnknownTarget."""
    assert state.encounter is not None
    late = state.heroes.get(who) if who not in state.encounter.combatants else None
    if late is not None:
        raise InFight(f"{late.name} came while the others fight, and acts when that is over.")
    return state.encounter.get(who)


def why_down(actor: Combatant) -> HeroDown | None:
    """Why the fallen can do nothing; None for who stands."""
    if actor.dead:
        return HeroDown(f"{actor.name} is dead; only what revives helps now.")
    return HeroDown(f"{actor.name} is down and cannot act until somebody helps.") if actor.down else None


def why_wait(encounter: Encounter, actor: Combatant, content: Content) -> RuleError | None:
    """Why it is not this combatant's moment: it lies, or another's turn it is (T2), and the next one may be lost."""
    if encounter.actor.id == actor.id and actor.standing:
        return None
    if actor.down:
        return why_down(actor)
    now = f"It is {encounter.actor.name}'s turn"
    lost = bearing.with_trait(actor, "no_turn", content)
    if lost:
        return NoTurn(f"{now}, and {actor.name} is {lost[0].definition.adjective} and loses the next.")
    return NotYourTurn(f"{now}.")


def why_not_ability(actor: Combatant, key: str, ability: AbilityDef, content: Content) -> RuleError | None:
    """The refusal that using it now would meet, whatever the target; None when it can be used."""
    if ability.passive:
        return NotUsable(f"{ability.name} always counts; there is nothing to use.")
    if ability.reaction is not None:
        return NotUsable(f"{ability.name} goes off by itself.")
    left = actor.cooldowns.get(key)
    if left:
        return OnCooldown(f"{ability.name} is ready again in {left} {'round' if left == 1 else 'rounds'}.")
    if actor.mp < ability.cost_mp:
        return NoMana(f"{ability.name} costs {ability.cost_mp} MP and {actor.name} has {actor.mp}.")
    if actor.row not in ability.rows:
        return WrongRow(f"{ability.name} works only from the {ability.rows[0]} row.")
    if ability.cost_mp and actor.conditions:
        hushed = bearing.with_trait(actor, "no_abilities", content)
        if hushed:
            return Silenced(
                f"{actor.name} is {hushed[0].definition.adjective} and can use nothing that costs MP."
            )
    return None


def why_not_row(actor: Combatant, row: str, content: Content) -> RuleError | None:
    if row not in ROWS:
        return BadValue(f"There is no row '{row}'; there are front and back.")
    if actor.row == row:
        return DoneAlready(f"{actor.name} stands in the {row} row already.")
    return why_rooted(actor, content)


def why_rooted(actor: Combatant, content: Content) -> Rooted | None:
    """What holds the combatant where it stands, if anything does."""
    held = bearing.with_trait(actor, "rooted", content)
    return (
        Rooted(f"{actor.name} is {held[0].definition.adjective} and cannot leave the spot.") if held else None
    )


def why_not_flee(encounter: Encounter, actor: Combatant, content: Content) -> RuleError | None:
    if not content.encounters[encounter.key].can_flee:
        return NoFlight("There is no way out of this fight.")
    return why_rooted(actor, content)


def why_not_parley(encounter: Encounter, actor: Combatant, content: Content) -> RuleError | None:
    if content.encounters[encounter.key].parley is None:
        return NoParley("These will not be talked to.")
    if actor.id in encounter.talked:
        return DoneAlready(f"{actor.name} has said it all already; somebody else may try.")
    return None


def why_not_surrender(encounter: Encounter, actor: Combatant) -> RuleError | None:
    if actor.id in encounter.yielding:
        return DoneAlready(f"{actor.name} has laid the weapons down already; the others have not.")
    return None


def attack_reach(actor: Combatant, hero: Hero | None, content: Content) -> str:
    """How far the basic attack reaches: as the weapon in hand, or a creature's first attack."""
    if hero is None:
        return creature_of(actor, content).attacks[0].reach
    weapon = weapon_of(content, hero)
    return weapon.reach if weapon is not None else "melee"


def ability_targets(
    encounter: Encounter, actor: Combatant, ability: AbilityDef, content: Content
) -> list[Combatant]:
    """Whom it can be used on now, by initiative."""
    match ability.target:
        case "enemy":
            return battlefield.reachable(encounter, actor, ability.reach, content)
        case "all_enemies":
            return battlefield.in_sight(encounter, actor, content)
        case "self":
            return [actor]
    return [c for c in encounter.members(actor.side) if helps(c, ability.effect)]


def item_targets(encounter: Encounter, actor: Combatant, item: ItemDef, content: Content) -> list[Combatant]:
    """Whom a consumable can be used on now, by initiative; what is thrown reaches both rows."""
    assert item.use is not None
    match item.target:
        case "enemy":
            return battlefield.reachable(encounter, actor, "ranged", content)
        case "all_enemies":
            return battlefield.in_sight(encounter, actor, content)
        case "self":
            return [actor]
    return [c for c in encounter.members(actor.side) if helps(c, item.use)]


def blocked(
    encounter: Encounter, actor: Combatant, possible: Sequence[Combatant], reach: str, content: Content
) -> list[tuple[Combatant, OutOfReach]]:
    """The standing foes that a single blow of this reach (melee, ranged) cannot be aimed at, each with the reason."""
    reached = {c.id for c in possible}
    return [
        (
            c,
            battlefield.reach_problem(encounter, actor, c, reach, content)
            or Taunted(f"{actor.name} is taunted and sees nobody else."),
        )
        for c in encounter.standing(battlefield.foes_of(actor.side))
        if c.id not in reached
    ]


def nobody(encounter: Encounter, actor: Combatant, reach: str, content: Content) -> RuleError:
    """The refusal of what reaches nobody at all; with a `reach`, it says what stands in the way of the first foe."""
    found = blocked(encounter, actor, (), reach, content) if reach else []
    return found[0][1] if found else UnknownTarget("There is nobody whom it reaches now.")


def helps(friend: Combatant, effect: Effect) -> bool:
    """Whether an effect for friends can do anything for this one: the fallen need healing; the dead, and creatures that
    fell, are beyond it and need reviving; who stands needs anything but that.
    """
    if friend.gone:
        return False
    if friend.dead or (friend.down and not friend.is_hero):
        return effect.revive > 0
    if friend.down:
        return effect.revive > 0 or effect.heal is not None
    return bool(
        effect.heal or effect.restore_mp or effect.cure or effect.dispel or effect.afflicts or effect.push
        or effect.summon or effect.threat or not effect.revive
    )  # fmt: skip


def helpable(encounter: Encounter, actor: Combatant) -> list[Combatant]:
    """Friends who can be helped: who stands is encouraged, who is dying is tended."""
    return [
        c
        for c in encounter.members(actor.side)
        if c.id != actor.id and not c.gone and not c.dead and not c.stable and (c.is_hero or c.standing)
    ]


def consumable_of(hero: Hero, carried: str, content: Content) -> ItemDef | None:
    """What a carried thing is, where it can be used up."""
    item = item_of(content, carried)
    return item if item is not None and item.use is not None and hero.inventory.get(carried) else None
