"""Tells what happens beyond a scene and a fight: journeys, quests, opinions, nights, growth, gear and trade."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from api.llm.authored import WORKED, lines_for
from api.llm.storyteller.english import finish, join_list, lower_first, tidy
from api.llm.storyteller.grammar import Ref, Value, VerbPhrase
from api.llm.storyteller.lore import mid_sentence
from api.llm.storyteller.memory import NEVER
from api.llm.storyteller.telling import PARTY, Teller
from api.llm.storyteller.units import Grown, Single
from api.rules import events as ev

Scope = dict[str, Value]


def tell_worldly(teller: Teller, unit: Single) -> bool:
    """Tell an event of this module's kinds; False for any other."""
    event = unit.event
    own = _OWN.get(type(event))
    if own is not None:
        own(teller, event)
        return True
    plain = _PLAIN.get(type(event))
    if plain is None:
        return False
    pool, scope = plain(teller, event)
    teller.say(pool, scope)
    return True


def tell_grown(teller: Teller, grown: Grown) -> None:
    """A new level, for everybody at once."""
    everyone = teller.all_of(grown.people)
    teller.say("grows_many" if everyone.plural else "grows", {"actor": everyone})


def called(text: str) -> str:
    """A name of content as prose can carry it: `the Weighing Floor` stands with a small article in a sentence."""
    return mid_sentence(tidy(text)) or "the place"


def phrase(text: str) -> str:
    """An author's objective or label as a part of a sentence, without its stop."""
    return lower_first(tidy(text).rstrip(".!?…")) or "what was asked"


def _hero(teller: Teller, event: Any) -> Ref:
    return teller.hero(event.actor, event.actor_name)


def _person(teller: Teller, key: str, name: str) -> Ref:
    known = teller.lore.person(teller.request.scene, key)
    return Ref(
        f"person:{key}", mid_sentence(tidy(name) or "the stranger"), known.pronouns if known else "they"
    )


def _thing(teller: Teller, event: Any) -> str:
    return teller.lore.thing(event.item.partition("~")[0], event.item_name, event.quantity)


def _recited(teller: Teller, event: ev.Event, people: Mapping[str, Ref]) -> bool:
    lines, drawn = lines_for(teller.lore.content, event)
    return bool(lines) and teller.recite(lines, people, drawn)


# --- journeys, places, the clock of regions -----------------------------------------------------------------


def _journey(teller: Teller, event: ev.JourneyBegan) -> None:
    hero = _hero(teller, event)
    block = teller.blocks[-1]
    recited = _recited(teller, event, {"actor": hero})
    if not recited:
        scope: Scope = {"actor": hero, "other": called(event.origin_name), "place": called(event.to_name)}
        teller.say("sets_out", scope)
    elif not teller.speaks_of(hero, block.sentences):
        teller.say("goes_ahead", {"actor": hero}, asides=False)


def _met(teller: Teller, event: ev.MetOnTheWay) -> None:
    if not _recited(teller, event, {"actor": PARTY}) and not event.encounter:
        teller.say("road_quiet", {"actor": PARTY})


def _reached(teller: Teller, event: ev.LocationReached) -> None:
    """A scene that is entered here tells the place itself."""
    entered = any(isinstance(e, ev.SceneEntered) for e in teller.request.closing_events)
    if not entered:
        teller.say("reaches", {"actor": PARTY, "place": called(event.location_name)})


def _stage_of_region(teller: Teller, event: ev.RegionStageReached) -> None:
    if event.averted or not _recited(teller, event, {"actor": PARTY}):
        teller.say("averted" if event.averted else "region_moves", {"place": called(event.region_name)})


# --- quests -------------------------------------------------------------------------------------------------


def _quest_begins(teller: Teller, event: ev.QuestStarted) -> None:
    """A task and what it asks for as the passage ends; one that is done by then is told as done alone."""
    if _in_passage(teller, ev.QuestCompleted, event.quest):
        return
    steps = _in_passage(teller, ev.QuestStageDone, event.quest)
    objective = steps[-1].next_objective if steps else event.objective
    scope: Scope = {
        "quest": called(event.quest_name), "offer": phrase(objective), "other": called(event.giver),
    }  # fmt: skip
    teller.say("quest_begins", scope, asides=False)


def _quest_step(teller: Teller, event: ev.QuestStageDone) -> None:
    """The author's sentence for a step; else that one is done and what comes next. Of several steps of one task in a
    passage only the last is told, and none where the task itself begins or is completed."""
    told = _recited(teller, event, {"actor": PARTY})
    steps = _in_passage(teller, ev.QuestStageDone, event.quest)
    new = _in_passage(teller, ev.QuestStarted, event.quest)
    if event != steps[-1] or new or _in_passage(teller, ev.QuestCompleted, event.quest):
        return
    scope: Scope = {"quest": called(event.quest_name), "offer": phrase(event.objective)}
    if not told:
        teller.say("quest_step", scope, asides=False)
    if event.next_objective:
        teller.say("quest_next", scope | {"offer": phrase(event.next_objective)}, asides=False)


def _in_passage(teller: Teller, kind: type[Any], quest: str) -> list[Any]:
    """All events of a kind that the passage tells of a task, in order."""
    request = teller.request
    deeds = [e for deed in request.deeds for e in deed.events]
    events = [*request.before, *deeds, *request.closing_events]
    return [e for e in events if isinstance(e, kind) and e.quest == quest]


# --- nights and free days -----------------------------------------------------------------------------------


def _night(teller: Teller, event: ev.NightSpent) -> None:
    teller.say("night", {"actor": _hero(teller, event), "place": called(event.location_name)})


def _downtime(teller: Teller, event: ev.DowntimeSpent) -> None:
    """The doing, then the author's outcome; the grammar's own words where those are worn."""
    hero = _hero(teller, event)
    activity = teller.lore.content.downtime.get(event.activity)
    good = event.degree in WORKED
    doing = activity.doing.strip().rstrip(".") if activity else ""
    led = bool(doing) and "{" not in doing and teller.memory.age_of_phrase(doing) == NEVER
    if led:
        teller.say("lead_doing", {"actor": hero, "doing": VerbPhrase(doing)})
    if not _recited(teller, event, {"actor": hero}):
        pool = "result" if led else "affordance"
        teller.say(f"{pool}_{'good' if good else 'bad'}", {"actor": hero}, {"try_any": "try_use"})


def _rested(teller: Teller, event: ev.Rested) -> None:
    """An hour's rest is its hero's; a morning after a night of all is everybody's, and is told once."""
    request = teller.request
    events = [e for deed in request.deeds for e in deed.events] + list(request.closing_events)
    together = event.kind == "long" and any(isinstance(e, ev.NightSpent) for e in events)
    if together:
        first = next(e for e in events if isinstance(e, ev.Rested) and e.kind == "long")
        if event == first:
            teller.say("morning", {"actor": PARTY})
        return
    teller.say("sleeps" if event.kind == "long" else "rests", {"actor": _hero(teller, event)})


# --- gear ---------------------------------------------------------------------------------------------------


def _puts_on(teller: Teller, event: ev.ItemEquipped) -> None:
    scope: Scope = {"actor": _hero(teller, event), "item": teller.lore.the_thing(event.item_name)}
    if event.replaces_names:
        scope["other"] = join_list([teller.lore.the_thing(name) for name in event.replaces_names])
    teller.say("puts_on_instead" if event.replaces_names else "puts_on", scope)


def _remembers(teller: Teller, event: ev.Remembered) -> None:
    person = _person(teller, event.person, event.person_name)
    teller.say("remembers", {"person": person, "line": finish(tidy(event.text))}, asides=False)


def _trouble(teller: Teller, event: ev.TroubleCame) -> None:
    """The table's sentence, where its author wrote one; the fight's own beginning follows."""
    _recited(teller, event, {"actor": PARTY})


def _comes(teller: Teller, event: ev.PersonCame) -> None:
    if not _recited(teller, event, {"actor": PARTY}):
        teller.say("person_comes", {"person": _person(teller, event.person, event.person_name)})


def _closes(teller: Teller, event: ev.SceneClosed) -> None:
    if not _recited(teller, event, {"actor": PARTY}):
        teller.say("scene_closes", {"actor": PARTY, "place": called(event.scene_name)})


def _hook(teller: Teller, event: ev.HookCameDue) -> None:
    """The scene's answer to what a hero wants, in a paragraph of its own, so that the table looks up."""
    hero = _hero(teller, event)
    teller.open_block(new_paragraph=True)
    if not _recited(teller, event, {"name": hero}):
        teller.say("hook_due", {"actor": hero})


_OWN: Mapping[type[ev.Event], Callable[[Teller, Any], None]] = {
    ev.JourneyBegan: _journey,
    ev.MetOnTheWay: _met,
    ev.LocationReached: _reached,
    ev.RegionStageReached: _stage_of_region,
    ev.QuestStarted: _quest_begins,
    ev.QuestStageDone: _quest_step,
    ev.NightSpent: _night,
    ev.DowntimeSpent: _downtime,
    ev.Rested: _rested,
    ev.ItemEquipped: _puts_on,
    ev.Remembered: _remembers,
    ev.TroubleCame: _trouble,
    ev.PersonCame: _comes,
    ev.SceneClosed: _closes,
    ev.HookCameDue: _hook,
}


def _opinion(pool: str, amount: int, better: str, worse: str) -> str:
    return f"{pool}_{better if amount > 0 else worse}"


# An event whose whole telling is one sentence of one pool.
_PLAIN: Mapping[type[ev.Event], Callable[[Teller, Any], tuple[str, Scope]]] = {
    ev.TurnedBack: lambda t, e: ("turned_back", {"actor": PARTY, "place": called(e.location_name)}),
    ev.QuestCompleted: lambda t, e: ("quest_done", {"quest": called(e.quest_name)}),
    ev.QuestFailed: lambda t, e: ("quest_failed", {"quest": called(e.quest_name)}),
    ev.DispositionChanged: lambda t, e: (
        _opinion("likes", e.amount, "more", "less"), {"person": _person(t, e.person, e.person_name)}
    ),
    ev.ReputationChanged: lambda t, e: (
        _opinion("fame", e.amount, "up", "down"), {"other": called(e.faction_name)}
    ),
    ev.WoundsHealed: lambda t, e: ("wounds_close", {"actor": _hero(t, e)}),
    ev.Helped: lambda t, e: ("helps", {"actor": _hero(t, e), "target": t.hero(e.target, e.target_name)}),
    ev.SkillLearned: lambda t, e: ("learns", {"actor": _hero(t, e), "item": tidy(e.skill_name)}),
    ev.SkillsReset: lambda t, e: ("unlearns", {"actor": _hero(t, e)}),
    ev.ItemUnequipped: lambda t, e: (
        "takes_off", {"actor": _hero(t, e), "item": t.lore.the_thing(e.item_name)}
    ),
    ev.ItemHanded: lambda t, e: (
        "hands_over", {"actor": _hero(t, e), "target": t.hero(e.to, e.to_name), "item": _thing(t, e)}
    ),
    ev.GoldHanded: lambda t, e: (
        "hands_gold", {"actor": _hero(t, e), "target": t.hero(e.to, e.to_name), "gold": f"{e.amount} gold"}
    ),
    ev.ItemCached: lambda t, e: ("no_room", {"actor": _hero(t, e), "item": _thing(t, e)}),
    ev.ItemDropped: lambda t, e: ("leaves_behind", {"actor": _hero(t, e), "item": _thing(t, e)}),
    ev.ItemPickedUp: lambda t, e: ("takes_up", {"actor": _hero(t, e), "item": _thing(t, e)}),
    ev.ItemBought: lambda t, e: ("buys", _bargain(t, e)),
    ev.ItemSold: lambda t, e: ("sells", _bargain(t, e)),
}  # fmt: skip


def _bargain(teller: Teller, event: ev.ItemBought | ev.ItemSold) -> Scope:
    return {
        "actor": _hero(teller, event), "item": _thing(teller, event), "gold": f"{event.price} gold",
        "place": called(event.shop_name),
    }  # fmt: skip
