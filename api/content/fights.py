"""Checks of what fights are made of: conditions, effects, abilities, creatures with their plans, and encounters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from api.content.catalogue import did_you_mean, near_keys
from api.content.definitions import (
    AbilityDef,
    AppliedCondition,
    ConditionDef,
    CreatureDef,
    Effect,
    EncounterDef,
    ItemDef,
    Tactic,
)
from api.content.keys import all_missing, missing
from api.content.problems import Problem
from api.content.reading import Path
from api.content.sources import Source, Sources

NEEDED = ("guarded", "marked", "inspired")  # commands put these on: Defend, a stunt that works, Help
PLAIN_USES = ("attack", "defend", "move_front", "move_back", "flee", "pass")


def check_fights(sources: Sources) -> list[Problem]:
    """Every key that leads nowhere, every plan that cannot be carried out, every figure that contradicts its kind."""
    return [
        *_conditions(sources),
        *_abilities(sources),
        *_things_in_use(sources),
        *_creatures(sources),
        *_encounters(sources),
    ]


def _conditions(sources: Sources) -> Iterator[Problem]:
    for _key, _encounter, source in list(sources.each("encounters", EncounterDef))[:1]:
        root = source.file.partition("/")[0]
        for key in NEEDED:
            if key not in sources.names("conditions"):
                reason = f"fights need a condition '{key}', and no file has it"
                yield Problem(f"{root}/conditions/{key}.yaml", 0, reason)
    for key, one, source in sources.each("conditions", ConditionDef):
        yield from all_missing(sources, source, "conditions", one.wards, ("wards",))
        if key in one.wards:
            yield source.problem(("wards", one.wards.index(key)), f"'{key}' cannot keep itself off")
        if one.max_stacks > 1 and one.stacking != "stack":
            yield source.problem(("max_stacks",), "only stacking: stack has more than one stack")
        if one.stacking == "stack" and one.max_stacks == 1:
            yield source.problem(("stacking",), "stacking: stack needs max_stacks of 2 or more")
        if not _does_anything(one):
            yield source.problem(
                (), f"'{key}' does nothing: it needs a bonus, a trait, a tick, a shield or the like"
            )


def _does_anything(one: ConditionDef) -> bool:
    return any(
        (one.bonuses, one.traits, one.affinities, one.wards, one.tick_damage, one.tick_heal, one.tick_mp,
         one.shield, one.reflect)
    )  # fmt: skip


def _effect(sources: Sources, source: Source, effect: Effect, path: Path) -> Iterator[Problem]:
    yield from all_missing(sources, source, "conditions", effect.cure, (*path, "cure"))
    if effect.condition is not None:
        yield from _applied(sources, source, effect.condition, (*path, "condition"))
    for index, applied in enumerate(effect.conditions):
        yield from _applied(sources, source, applied, (*path, "conditions", index))
    if effect.summon is not None:
        yield from missing(
            sources, source, "creatures", effect.summon.creature, (*path, "summon", "creature")
        )
    seen: set[str] = set()
    for applied in effect.afflicts:
        if applied.key in seen:
            yield source.problem((*path, "conditions"), f"the condition '{applied.key}' stands here twice")
        seen.add(applied.key)


def _applied(sources: Sources, source: Source, applied: AppliedCondition, path: Path) -> Iterator[Problem]:
    yield from missing(sources, source, "conditions", applied.key, (*path, "key"))
    condition = sources.definition("conditions", applied.key, ConditionDef)
    if condition is not None and applied.stacks > condition.max_stacks:
        reason = f"{applied.stacks} stacks, but '{applied.key}' has at most {condition.max_stacks}"
        yield source.problem((*path, "stacks"), reason)


def _abilities(sources: Sources) -> Iterator[Problem]:
    for key, one, source in sources.each("abilities", AbilityDef):
        yield from _effect(sources, source, one.effect, ("effect",))
        if one.on_self is not None:
            yield from _effect(sources, source, one.on_self, ("on_self",))
        if one.passive and (one.reaction is not None or one.cost_mp or one.cooldown):
            yield source.problem(("passive",), f"'{key}' is passive, so it has no reaction, cost or cooldown")
        if one.passive and not one.bonuses:
            yield source.problem(("passive",), f"'{key}' is passive and has no bonuses")
        if one.bonuses and not one.passive:
            yield source.problem(("bonuses",), "only a passive ability has bonuses")
        if one.target in ("enemy", "all_enemies") and (
            one.effect.heal or one.effect.revive or one.effect.cure
        ):
            yield source.problem(("effect",), f"'{key}' reaches foes, and would heal, cure or revive them")
        if one.target in ("self", "ally", "all_allies") and one.effect.damage:
            yield source.problem(("effect", "damage"), f"'{key}' reaches friends, and would hurt them")
        if one.hits > 1 and one.effect.damage is None and not one.uses_weapon:
            yield source.problem(("hits",), f"'{key}' deals no damage, so it cannot hit more than once")
        if not one.rows:
            yield source.problem(("rows",), f"'{key}' can be used from no row")


def _things_in_use(sources: Sources) -> Iterator[Problem]:
    for _key, one, source in sources.each("items", ItemDef):
        if one.use is not None:
            yield from _effect(sources, source, one.use, ("use",))
            if one.target in ("enemy", "all_enemies") and (one.use.heal or one.use.revive):
                yield source.problem(("target",), "what heals is not for foes")


def _creatures(sources: Sources) -> Iterator[Problem]:
    for key, one, source in sources.each("creatures", CreatureDef):
        yield from all_missing(sources, source, "abilities", one.abilities, ("abilities",))
        yield from all_missing(sources, source, "conditions", one.immune_to, ("immune_to",))
        for index, attack in enumerate(one.attacks):
            if attack.condition is not None:
                path: Path = ("attacks", index, "condition")
                yield from _applied(sources, source, attack.condition, path)
        keys = [attack.key for attack in one.attacks]
        for index, attack_key in enumerate(keys):
            if attack_key in keys[:index]:
                yield source.problem(
                    ("attacks", index, "name"), f"the attack '{attack_key}' stands here twice"
                )
            if attack_key in one.abilities:
                reason = f"'{attack_key}' is an attack and an ability; a plan could mean either"
                yield source.problem(("attacks", index, "name"), reason)
        yield from _affordable(sources, source, one)
        yield from _plan(sources, source, one, one.tactics, ("tactics",))
        for index, phase in enumerate(one.phases):
            here: Path = ("phases", index)
            yield from _plan(sources, source, one, phase.tactics, (*here, "tactics"))
            for number, applied in enumerate(phase.conditions):
                yield from _applied(sources, source, applied, (*here, "conditions", number))
            if phase.summon is not None:
                there = (*here, "summon", "creature")
                yield from missing(sources, source, "creatures", phase.summon.creature, there)
        if one.phases and not one.boss:
            yield source.problem(("phases",), f"'{key}' has phases, so it is a boss: write boss: true")


def _affordable(sources: Sources, source: Source, one: CreatureDef) -> Iterator[Problem]:
    for index, key in enumerate(one.abilities):
        ability = sources.definition("abilities", key, AbilityDef)
        if ability is not None and ability.cost_mp > one.mp:
            reason = f"'{key}' costs {ability.cost_mp} MP, and this creature has {one.mp}"
            yield source.problem(("abilities", index), reason)


def _plan(
    sources: Sources, source: Source, one: CreatureDef, tactics: Iterable[Tactic], path: Path
) -> Iterator[Problem]:
    """Every line names something that the creature can do, and conditions that exist."""
    can = {*PLAIN_USES, *(attack.key for attack in one.attacks), *one.abilities}
    for index, tactic in enumerate(tactics):
        here = (*path, index)
        if tactic.use not in can:
            near = did_you_mean(near_keys(tactic.use, can))
            yield source.problem(
                (*here, "use"), f"this creature has no attack or ability '{tactic.use}'{near}"
            )
        ability = sources.definition("abilities", tactic.use, AbilityDef)
        if ability is not None and tactic.use in one.abilities and (ability.passive or ability.reaction):
            reason = f"'{tactic.use}' goes off by itself; a plan cannot choose it"
            yield source.problem((*here, "use"), reason)
        for name in ("target_has", "target_lacks", "self_lacks"):
            yield from missing(
                sources, source, "conditions", getattr(tactic.when, name), (*here, "when", name)
            )


def _encounters(sources: Sources) -> Iterator[Problem]:
    for _key, one, source in sources.each("encounters", EncounterDef):
        bosses = [
            creature
            for group in one.groups
            if (creature := sources.definition("creatures", group.creature, CreatureDef)) and creature.boss
        ]
        if bosses and not one.boss:
            yield source.problem((), f"{bosses[0].name} is a boss, so this is a boss fight: write boss: true")
