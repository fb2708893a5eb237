"""Damage and healing: one pipeline, in one order, with a receipt of every step (`docs/rules.md`, Damage).

What is dealt is decided here and stated by `DamageDealt` and `Healed`; their `parts` sum up to what HP lose or gain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.content.definitions import PHYSICAL
from api.rules import bearing, dying
from api.rules import events as ev
from api.rules.combatants import Combatant
from api.rules.dice import roll_amount
from api.rules.figures import effective_stats

if TYPE_CHECKING:
    from api.rules.resolution import Resolution

Part = tuple[str, int]


@dataclass(slots=True)
class Tally:
    """A running sum that remembers its steps. Steps that change nothing leave no line."""

    total: int = 0
    parts: list[Part] = field(default_factory=list)

    def add(self, name: str, amount: int) -> None:
        if amount:
            self.parts.append((name, amount))
            self.total += amount

    def become(self, name: str, value: int) -> None:
        """Note what brings the sum to `value`."""
        self.add(name, value - self.total)

    def roll(self, res: Resolution, dice: Iterable[str], *, doubled: bool = False) -> None:
        """Each amount of content is one line, named as the author wrote it; a critical hit doubles its dice."""
        for text in dice:
            self.add(f"{text} critical" if doubled else text, roll_amount(text, res.dice, doubled=doubled))


@dataclass(frozen=True, slots=True)
class Cause:
    """What deals damage: who (None for what nobody does) and by what. `attack` allows block and reflection."""

    source: Combatant | None = None
    means_key: str = ""
    attack: bool = False


def hit_for(
    res: Resolution,
    cause: Cause,
    target_id: str,
    dice: Iterable[str],
    bonus: Part | None,
    damage_type: str,
    *,
    critical: bool = False,
    braced: bool = False,
) -> int:
    """The whole pipeline for an attack or a harmful use; returns the HP that it took.

    Dice, the score's modifier and figure attack or magic (neither where `bonus` is None), halving by a condition of the
    source, block, bracing, defence or resistance (never below 1), then affinity, shields and HP.
    """
    source = cause.source
    target = _combatant(res, target_id)
    physical = damage_type in PHYSICAL
    tally = Tally()
    tally.roll(res, dice, doubled=critical)
    if bonus is not None:
        tally.add(*bonus)
    if bonus is not None and source is not None:
        name = "attack" if physical else "magic"
        tally.add(name, bearing.figure(source, name, res.content))
    if tally.total < 1:
        tally.become("at least 1", 1)
    if source is not None:
        for one in bearing.with_trait(source, "halved", res.content)[:1]:
            tally.become(one.definition.name, max(1, tally.total // 2))
    blocked = cause.attack and _blocks(res, target)
    if blocked:
        tally.become("block", tally.total // 2)
    if braced:
        tally.become("braced", tally.total // 2)
    guard = "defence" if physical else "resistance"
    tally.become(guard, max(1, tally.total - bearing.figure(target, guard, res.content)))
    return harm(res, cause, target_id, tally, damage_type, blocked=blocked)


def harm(
    res: Resolution,
    cause: Cause,
    target_id: str,
    tally: Tally,
    damage_type: str,
    *,
    blocked: bool = False,
) -> int:
    """The last part of the pipeline, which spares nobody: affinity, shields, HP. Returns the HP lost."""
    target = _combatant(res, target_id)
    if target.down:
        dying.struck(res, target_id)
        return 0
    affinity = bearing.affinity(target, damage_type, res.content)
    _weigh(tally, affinity)
    absorbed = tuple(_shields(target, tally, res))
    tally.become("no HP left", min(tally.total, target.hp))
    source = cause.source
    left = target.hp - tally.total
    res.emit(
        ev.DamageDealt(
            source.id if source else "", source.name if source else "", target.id, target.name, tally.total,
            damage_type, left, tuple(tally.parts), absorbed, affinity, blocked, cause.means_key,
        )
    )  # fmt: skip
    if target.conditions:
        _what_damage_ends(res, target_id, hurt=tally.total > 0)
    if left == 0:
        who = (source.id, source.name) if source else ("", cause.means_key)
        res.emit(ev.WentDown(target.id, target.name, *who, target.is_hero))
    if cause.attack and source is not None and tally.total > 0:
        _reflect(res, source.id, target, tally.total, damage_type)
    return tally.total


def heal(res: Resolution, source: Combatant | None, target_id: str, tally: Tally, means_key: str = "") -> int:
    """Give HP back, up to the maximum; above 0 the fallen rise. The dead need more than that. Returns the HP gained."""
    target = _combatant(res, target_id)
    if target.dead:
        return 0
    tally.become("at most full", min(tally.total, target.hp_max - target.hp))
    if tally.total <= 0:
        return 0
    after = target.hp + tally.total
    who = (source.id, source.name) if source else ("", "")
    res.emit(ev.Healed(*who, target.id, target.name, tally.total, after, tuple(tally.parts), means_key))
    if target.down:
        res.emit(ev.Recovered(target.id, target.name, after))
    return tally.total


def harm_outside(res: Resolution, hero_id: str, dice: str, damage_type: str) -> int:
    """A trap or a fall, outside fights: the hero's gear counts, and harm stops at 1 HP. Returns the HP lost.

    A bad roll costs, it never ends a hero alone in a corridor.
    """
    hero = res.state.hero(hero_id)
    tally = Tally()
    tally.roll(res, [dice])
    affinity = effective_stats(hero, res.content).affinities.get(damage_type, "")
    _weigh(tally, affinity)
    tally.become("1 HP stays", min(tally.total, max(0, hero.hp - 1)))
    if tally.total > 0:
        left = hero.hp - tally.total
        parts = tuple(tally.parts)
        res.emit(
            ev.DamageDealt(
                "", "", hero.id, hero.name, tally.total, damage_type, left, parts, (), affinity
            )
        )  # fmt: skip
    return tally.total


def heal_outside(res: Resolution, source_id: str, hero_id: str, dice: str) -> int:
    """Heal a hero outside fights, up to the maximum; `source_id` is empty where nobody does. Returns the HP gained."""
    hero = res.state.hero(hero_id)
    tally = Tally()
    tally.roll(res, [dice])
    tally.become("at most full", min(tally.total, hero.hp_max - hero.hp))
    if tally.total > 0:
        who = (source_id, res.state.hero(source_id).name) if source_id else ("", "")
        parts = tuple(tally.parts)
        res.emit(ev.Healed(*who, hero.id, hero.name, tally.total, hero.hp + tally.total, parts))
    return tally.total


def _weigh(tally: Tally, affinity: str) -> None:
    """Weakness makes half as much again, resistance half (a wound is at least 1), immunity nothing."""
    match affinity:
        case "weak":
            tally.become("weakness", tally.total * 3 // 2)
        case "resist":
            tally.become("resistance to it", max(min(1, tally.total), tally.total // 2))
        case "immune":
            tally.become("immunity", 0)


def _blocks(res: Resolution, target: Combatant) -> bool:
    """Whoever can block rolls for it; who cannot, rolls no die."""
    block = bearing.figure(target, "block", res.content)
    return block > 0 and res.dice.roll(20) > 20 - block


def _shields(target: Combatant, tally: Tally, res: Resolution) -> Iterable[Part]:
    """What each shield takes, the oldest first; a line of the receipt and one of `absorbed` for each."""
    for one in bearing.borne(target, res.content) if target.conditions else ():
        taken = min(one.active.shield_left, tally.total)
        if taken > 0:
            tally.add(one.definition.name, -taken)
            yield one.key, taken


def _what_damage_ends(res: Resolution, target_id: str, *, hurt: bool) -> None:
    """Shields that gave way end, and so does what a wound wakes from."""
    target = _combatant(res, target_id)
    for one in tuple(bearing.borne(target, res.content)):
        if one.definition.shield and one.active.shield_left <= 0:
            res.emit(ev.ConditionEnded(target.id, target.name, one.key, "spent", one.definition.name))
        elif hurt and one.definition.wakes and target.hp > 0:
            res.emit(ev.ConditionEnded(target.id, target.name, one.key, "woke", one.definition.name))


def _reflect(res: Resolution, source_id: str, target: Combatant, amount: int, damage_type: str) -> None:
    """A percentage of what an attack took goes back, once; what is thrown back is never thrown back again.

    `target` is the bearer as it was when struck: who falls by the blow still throws it back.
    """
    if not target.conditions:
        return
    for one in bearing.borne(target, res.content):
        returned = amount * one.definition.reflect * one.active.stacks // 100
        attacker = _combatant(res, source_id)
        if returned > 0 and not attacker.down:
            tally = Tally()
            tally.add(one.definition.name, returned)
            harm(res, Cause(_combatant(res, target.id), one.key), source_id, tally, damage_type)


def _combatant(res: Resolution, combatant_id: str) -> Combatant:
    assert res.state.encounter is not None
    return res.state.encounter.get(combatant_id)
