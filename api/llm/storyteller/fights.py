"""Tells what happens in a fight: strikes and their answers, aid, conditions, going down and getting up."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from api.llm.storyteller import fates
from api.llm.storyteller.english import PRONOUNS, lower_first, number
from api.llm.storyteller.grammar import Ref, Value, VerbPhrase
from api.llm.storyteller.memory import NEVER
from api.llm.storyteller.states import tell_condition, tell_condition_end
from api.llm.storyteller.telling import Teller
from api.llm.storyteller.units import Aid, Reached, Strike, Unit
from api.rules import events as ev

LIGHT, HEAVY = 0.18, 0.42  # shares of the target's maximum HP below and above which a hit is told so
MENTAL = frozenset(["intelligence", "wisdom", "charisma"])  # what drives a craft and not an arm
_FIRST_BLOOD = {"foe_lead": "foe_lead_first", "foe_beat": "foe_beat_first"}
SAME_VERB_AFTER = 4  # turns of a hero within which an ability is not told by the same verb again
ROOM_FOR_ENDS = 10  # words that must be free, where words are short, before what a blow ended is told
GROUP_FROM = 3  # creature answers in one turn from which those of one kind are told together


def tell_strikes(teller: Teller, strikes: Sequence[Strike]) -> None:
    """A run of strikes: a hero's own, or creatures' answers, which are gathered where many of them do the same."""
    creatures = all(s.source not in teller.heroes for s in strikes)
    if creatures and teller.lean:
        strikes = _alike_together(strikes)
    if not creatures:
        for _, swing in groupby(strikes, key=lambda s: s.means_key):
            _tell_swing(teller, list(swing))
        return
    if teller.terse and len(strikes) > 1:
        _tell_tersely(teller, strikes)
        return
    if len(strikes) < (2 if teller.lean else GROUP_FROM):
        for strike in strikes:
            tell_strike(teller, strike)
        return
    for _, run in groupby(
        strikes, key=lambda s: (s.target, s.hit, s.downed, tuple(s.conditions), s.critical)
    ):
        alike = list(run)
        plain = not alike[0].downed and not alike[0].conditions and not alike[0].critical
        if len(alike) > 1 and plain:
            _tell_together(teller, alike)
        else:
            for strike in alike:
                tell_strike(teller, strike)


def _tell_tersely(teller: Teller, strikes: Sequence[Strike]) -> None:
    """The answers that changed something each by itself, then all other hits in one sentence and all misses in one."""
    for strike in (s for s in strikes if matters(s)):
        tell_strike(teller, strike)
    for hit, pool in ((True, "rest_hit"), (False, "rest_miss")):
        rest = [s for s in strikes if not matters(s) and s.hit == hit]
        if len(rest) == 1:
            tell_strike(teller, rest[0])
        elif rest:
            sources = teller.all_of([(s.source, s.source_name) for s in rest])
            targets = teller.all_of([(s.target, s.target_name) for s in rest])
            teller.say(
                pool if sources.plural else f"{pool}_one", {"actor": sources, "target": targets}, asides=False
            )


def matters(strike: Unit) -> bool:
    """Whether a strike did more than hurt or miss; what is no strike always matters."""
    if not isinstance(strike, Strike):
        return True
    return bool(strike.downed or strike.conditions or strike.critical or strike.lying or strike.ended)


def _alike_together(strikes: Sequence[Strike]) -> list[Strike]:
    """The same strikes, those with the same target and outcome next to each other."""
    order = list(dict.fromkeys((s.target, s.hit) for s in strikes))
    return sorted(strikes, key=lambda s: order.index((s.target, s.hit)))


def _tell_swing(teller: Teller, strikes: Sequence[Strike]) -> None:
    """One ability of a hero against one foe or, told together where there are many, against several."""
    if len(strikes) < GROUP_FROM:
        for i, strike in enumerate(strikes):
            tell_strike(teller, strike, swept=i > 0)
        return
    first = max(strikes, key=lambda s: s.hit)
    rest = [s for s in strikes if s is not first]
    tell_strike(teller, first, states=False)
    for hit, pool in ((True, "sweep_hits"), (False, "sweep_misses")):
        reached = [(s.target, s.target_name) for s in rest if s.hit == hit]
        if reached:
            group = _everyone(teller, reached, besides=first.target) or teller.all_of(reached)
            teller.say(pool, {"actor": group, "target": group}, asides=False)
    for condition in dict.fromkeys(c for s in strikes for c in s.conditions):
        reached = [(s.target, s.target_name) for s in strikes if condition in s.conditions]
        _tell_condition_of_all(teller, condition, reached)
    for strike in (s for s in strikes if s.downed):
        tell_down(teller, strike.target, strike.target_name, teller.anyone(strike.source, strike.source_name))


def _everyone(teller: Teller, reached: Sequence[tuple[str, str]], besides: str = "") -> Ref | None:
    """`all five Gnawers` (or `the other four`, besides one already told) if no standing foe is missing among them."""
    ids = {who for who, _ in reached}
    standing = set(teller.request.foes) | {
        e.target
        for d in teller.request.deeds
        for e in d.events
        if isinstance(e, ev.WentDown) and not e.is_hero
    }
    kind = teller.lore.kind_of([*ids])
    left_out = {who for who in standing - ids - {besides} if teller.lore.kind_of([who]) == kind}
    if len(ids) < GROUP_FROM or not kind or left_out:
        return None
    how = "the other" if besides and teller.lore.kind_of([besides]) == kind else "all"
    return Ref("", f"{how} {number(len(ids))} {kind}", "party", plural=True)


def _tell_condition_of_all(teller: Teller, condition: str, reached: Sequence[tuple[str, str]]) -> None:
    if len(reached) > 1:
        group = _everyone(teller, reached) or teller.all_of(reached)
        many = f"gains_{condition}_many"
        pool = many if teller.grammar.has(many) else "gains_many"
        teller.say(pool, {"actor": group, "target": group, "condition": teller.lore.adjective(condition)})
    else:
        for who, name in reached:
            tell_condition(teller, teller.anyone(who, name), condition)


def _tell_together(teller: Teller, strikes: Sequence[Strike]) -> None:
    first = strikes[0]
    actor = teller.all_of([(s.source, s.source_name) for s in strikes])
    if not actor.plural:
        for strike in strikes:
            tell_strike(teller, strike)
        return
    scope: dict[str, Value] = {"actor": actor, "target": teller.anyone(first.target, first.target_name)}
    opening = dict(_FIRST_BLOOD) if _opens_fight(teller) else {}
    teller.say("together_hit" if first.hit else "together_miss", scope, opening)


def tell_strike(teller: Teller, strike: Strike, *, swept: bool = False, states: bool = True) -> None:
    """One strike and what it did; without `states` its conditions and who went down are left to the caller."""
    source = teller.anyone(strike.source, strike.source_name)
    target = teller.anyone(strike.target, strike.target_name)
    scope: dict[str, Value] = {"actor": source, "target": target}
    hero = source.hero
    opening = dict(_FIRST_BLOOD) if _opens_fight(teller) else {}
    if not strike.hit:
        aliases = {"try_verb": _try_pool(teller, strike, hero), **opening}
        pool = "hero_also_miss" if swept else _pool(teller, hero, "miss")
        teller.say(pool, scope, aliases, asides=False)
        return
    scope["verb"] = _verb(teller, strike, hero)
    if strike.lying:
        teller.say("strikes_fallen", scope, asides=False)
        return
    aliases = {"hit_clause": _clause_pool(teller, strike, target), **opening}
    if swept:
        teller.say("hero_also_hit", scope, aliases, asides=False)
    else:
        telling = (
            strike.critical and _share(teller, strike) >= LIGHT
        )  # armour may leave little of a critical hit
        what = "finish" if strike.downed else "critical" if telling else "hit"
        teller.say(_pool(teller, hero, what), scope, aliases, asides=False)
    for condition in strike.conditions if states else ():
        tell_condition(teller, target, condition)
    if states and not strike.downed:
        _tell_rest_of(teller, strike.resisted, strike.ended)
    if strike.downed and states:
        tell_down(teller, strike.target, strike.target_name, source)


def _tell_rest_of(
    teller: Teller, resisted: Sequence[ev.ConditionResisted], ended: Sequence[ev.ConditionEnded]
) -> None:
    """What did not take, and what ended by it; of a kind only once."""
    for event in dict.fromkeys(resisted):
        fates.tell_resisted(teller, event)
    for end in dict.fromkeys(ended):
        if not teller.lean or teller.room > ROOM_FOR_ENDS:
            tell_condition_end(teller, end)


def _opens_fight(teller: Teller) -> bool:
    """Whether creatures strike before any hero had a turn: there is nothing yet that they could answer."""
    return any(isinstance(e, ev.EncounterStarted) for e in teller.request.closing_events)


def _pool(teller: Teller, hero: bool, what: str) -> str:
    pool = f"{'hero' if hero else 'foe'}_{what}"
    return f"{pool}_lean" if teller.lean and teller.grammar.has(f"{pool}_lean") else pool


def _verb(teller: Teller, strike: Strike, hero: bool) -> VerbPhrase:
    """The author's verb while it is fresh, else another that suits the kind of damage."""
    own = ""
    if hero:
        ability = teller.lore.content.abilities.get(strike.means_key)
        own = ability.verb if ability else ""
    else:
        creature = teller.lore.creature(strike.source)
        attack = next((a for a in creature.attacks if a.name == strike.means_key), None) if creature else None
        own = attack.verb if attack else ""
    age = teller.memory.age_of_phrase(own) if own else 0
    if own and (age == NEVER or (age > _long_ago(teller) and teller.chooser.chance(0.4))):
        return VerbPhrase(lower_first(own.strip()))
    pool = f"verb_{strike.damage_type}" if hero else "foe_verb"
    pool = pool if teller.grammar.has(pool) else "verb_bludgeoning"
    return VerbPhrase(teller.grammar.draw(pool, {}, teller.voice).text())


def _long_ago(teller: Teller) -> int:
    """How many passages a hero's last few turns reach back."""
    return SAME_VERB_AFTER * max(1, len(teller.request.party))


def _try_pool(teller: Teller, strike: Strike, hero: bool) -> str:
    if not hero:
        return "foe_try"
    ability = teller.lore.content.abilities.get(strike.means_key)
    craft = ability is not None and not ability.uses_weapon and ability.stat in MENTAL
    return "hero_try_craft" if craft else "hero_try_arms"


def _clause_pool(teller: Teller, strike: Strike, target: Ref) -> str:
    """How the hit is told: by its share of what the target can bear, now and then by its kind."""
    side = "hurt" if target.hero else "hit"
    typed = f"{side}_{strike.damage_type}"
    if teller.grammar.has(typed) and teller.chooser.chance(0.35):
        return typed
    share = _share(teller, strike)
    if share < LIGHT:
        return f"{side}_light"
    return f"{side}_heavy" if share >= HEAVY else f"{side}_solid"


def _share(teller: Teller, strike: Strike) -> float:
    member = teller.members.get(strike.target)
    creature = teller.lore.creature(strike.target)
    most = member.hp_max if member else creature.hp if creature else 0
    return strike.amount / most if most and strike.amount else (LIGHT + HEAVY) / 2


def tell_down(teller: Teller, who: str, name: str, by: Ref | None) -> None:
    """A hero is down, a creature out of the fight."""
    target = teller.anyone(who, name)
    scope: dict[str, Value] = {"actor": target, "target": target}
    if target.hero:
        teller.say("hero_down", scope)
        return
    creature = teller.lore.creature(who)
    lines = creature.down if creature else ()
    if by is None:
        lines = tuple(line for line in lines if "{actor}" not in line)
    people = {"target": target, "actor": by or target}
    start = teller.chooser.below(len(lines)) if lines else 0
    if teller.terse and lines:
        start = min(range(len(lines)), key=lambda i: len(lines[i].split()))
    if not teller.recite(lines, people, start):
        teller.say("foe_down", scope)


def tell_aid(teller: Teller, aid: Aid) -> None:
    """An ability or item that needs no attack roll, and everyone whom it reached."""
    source = teller.anyone(aid.source, aid.source_name)
    ability = teller.lore.content.abilities.get(aid.means_key)
    alone = all(r.id == aid.source for r in aid.reached)
    others = [(r.id, r.name) for r in aid.reached if r.id != aid.source]
    names = [teller.all_of(others).name] if others else []
    if len(others) < len(aid.reached):
        names.insert(0, PRONOUNS[source.pronouns].themself)
    scope: dict[str, Value] = {"actor": source, "companions": _with_self(names), "means": aid.means}
    if len(aid.reached) == 1 and not alone:
        scope["target"] = teller.anyone(aid.reached[0].id, aid.reached[0].name)
    if aid.is_item:
        scope["item"] = teller.lore.thing(aid.means_key, aid.means)
        harm = any(r.harmed for r in aid.reached)
        teller.say("throws_item" if harm else "uses_item_self" if alone else "uses_item_on", scope)
    else:
        own = ability.verb if ability else ""
        harm = any(r.harmed for r in aid.reached)
        pool = "foe_aids" if not source.hero else "strikes_surely" if harm else "aids"
        fresh = bool(own) and teller.memory.age_of_phrase(own) > _long_ago(teller)
        scope["verb"] = VerbPhrase(
            own if fresh or harm else teller.grammar.draw("aid_verb", scope, teller.voice).text()
        )
        teller.say(pool, scope, asides=False)
    _tell_reached(teller, source, aid)


def _with_self(names: Sequence[str]) -> str:
    """`herself, Aldo Fisk and Pim Cardew`: the second of the two is a list already."""
    return (", " if " and " in names[-1] else " and ").join(names)


def _tell_reached(teller: Teller, source: Ref, aid: Aid) -> None:
    for reached in aid.reached:
        if reached.harmed:
            _tell_harm(teller, source, reached, thrown=aid.is_item)
    healed = [r for r in aid.reached if r.healed and not r.recovered]
    if healed:
        group = teller.all_of([(r.id, r.name) for r in healed])
        one = "healed_one" if group.hero else "foe_heals"
        teller.say("healed_many" if group.plural else one, {"actor": group})
    for reached in aid.reached:
        if reached.revived:
            target = teller.anyone(reached.id, reached.name)
            teller.say("revived", {"actor": source, "target": target})
        elif reached.recovered:
            teller.say("recovered", {"actor": teller.anyone(reached.id, reached.name)})
        elif reached.restored:
            teller.say("restored", {"actor": teller.anyone(reached.id, reached.name)})
    _tell_shared_conditions(teller, aid)
    for reached in aid.reached:
        if not reached.downed:
            _tell_rest_of(teller, reached.resisted, reached.ended)
    if all(r.idle for r in aid.reached) and not aid.more and not teller.lean:
        teller.say("aid_wasted", {"actor": source})


def _tell_harm(teller: Teller, source: Ref, reached: Reached, *, thrown: bool) -> None:
    target = teller.anyone(reached.id, reached.name)
    pool = f"splash_{reached.damage_type}" if thrown else "surely_hurts"
    scope: dict[str, Value] = {"actor": target, "target": target}
    teller.say(pool if teller.grammar.has(pool) else "splash", scope)
    if reached.downed:
        tell_down(teller, reached.id, reached.name, source)


def _tell_shared_conditions(teller: Teller, aid: Aid) -> None:
    for condition in dict.fromkeys(c for r in aid.reached for c in r.conditions):
        reached = [(r.id, r.name) for r in aid.reached if condition in r.conditions and not r.downed]
        _tell_condition_of_all(teller, condition, reached)


def tell_round(teller: Teller, event: ev.RoundStarted) -> None:
    """A new round, where words reach."""
    if not teller.lean and teller.room > 28 and teller.chooser.chance(0.6):
        teller.say("round", {"scene": ""})


def weakest_hero(teller: Teller, units: Sequence[Unit]) -> str:
    """The id of the hero hurt in these units who stands lowest, at most 30 % of the maximum; empty when nobody."""
    low: list[tuple[float, str]] = []
    for unit in units:
        if isinstance(unit, Strike) and unit.hit and unit.target in teller.members and unit.hp_after > 0:
            share = unit.hp_after / max(1, teller.members[unit.target].hp_max)
            if share <= 0.3:
                low.append((share, unit.target))
    return min(low)[1] if low else ""
