"""What answers a blow at once: dodging, bracing, covering a friend. Once a round for each, and never to a reaction.

Those that answer only after the blow (striking back, effects) are in `encounters.aftermath`, since they strike
(`docs/rules.md`, Encounters).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from api.content.catalogue import Content
from api.content.definitions import AbilityDef
from api.rules import bearing
from api.rules import events as ev
from api.rules.combatants import Combatant, Encounter

if TYPE_CHECKING:
    from api.rules.resolution import Resolution


class Answer(NamedTuple):
    """Whom the blow reaches, whether it misses after all, and whether its damage is halved."""

    target_id: str
    slipped: bool = False
    braced: bool = False


def answer_hit(res: Resolution, source: Combatant, target_id: str, melee: bool) -> Answer:
    """What the target, else a friend by initiative, does about a blow that would hit."""
    encounter = res.state.encounter
    if res.reacting or encounter is None:
        return Answer(target_id)
    target = encounter.get(target_id)
    for key, ability in ready(target, "hit", res.content) if target.reactions and not target.reacted else ():
        assert ability.reaction is not None
        does = ability.reaction.does
        if does == "brace" or (does == "slip" and melee):
            pay(res, target, key, ability, source, target)
            return Answer(target_id, slipped=does == "slip", braced=does == "brace")
    for friend in friends_of(encounter, target):
        for key, ability in ready(friend, "ally_hit", res.content):
            if ability.reaction is not None and ability.reaction.does == "cover":
                pay(res, friend, key, ability, source, target)
                return Answer(friend.id)
    return Answer(target_id)


def friends_of(encounter: Encounter, target: Combatant) -> list[Combatant]:
    """Who else of the target's side stands and has a reaction left in this round, by initiative."""
    combatants, side, own = encounter.combatants, target.side, target.id
    return [
        c
        for i in encounter.order
        if (c := combatants[i]).reactions and not c.reacted and c.side == side and i != own and c.standing
    ]


def ready(combatant: Combatant, moment: str, content: Content) -> Iterator[tuple[str, AbilityDef]]:
    """The reactions to `moment` (hit, missed, ally_hit, ally_down) that the combatant can use now and pay for."""
    if combatant.reacted or not combatant.standing or bearing.has_trait(combatant, "no_turn", content):
        return
    for key in combatant.reactions:
        ability = content.abilities.get(key)
        if ability is None or ability.reaction is None or ability.reaction.on != moment:
            continue
        if (
            combatant.cooldowns.get(key)
            or combatant.mp < ability.cost_mp
            or combatant.row not in ability.rows
        ):
            continue
        if ability.cost_mp and bearing.has_trait(combatant, "no_abilities", content):
            continue
        yield key, ability


def pay(
    res: Resolution, actor: Combatant, key: str, ability: AbilityDef, against: Combatant, target: Combatant
) -> None:
    """State the reaction, and take its MP and cooldown."""
    assert ability.reaction is not None
    res.emit(
        ev.ReactionUsed(
            actor.id, actor.name, key, ability.name, ability.reaction.does, against.id, against.name,
            target.id, target.name,
        )
    )  # fmt: skip
    if ability.cost_mp:
        res.emit(ev.ManaChanged(actor.id, actor.name, -ability.cost_mp, actor.mp - ability.cost_mp))
    if ability.cooldown:
        res.emit(ev.CooldownStarted(actor.id, actor.name, key, ability.cooldown + 1))
