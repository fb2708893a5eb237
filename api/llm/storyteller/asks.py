"""The end of a passage: something to decide, from the scene's prompts, its affordances or the fight's next turn."""

from __future__ import annotations

from collections.abc import Sequence

from api.content.definitions import AffordanceDef, SceneDef
from api.llm.storyteller.english import lower_first, number
from api.llm.storyteller.grammar import Ref, Value, fill
from api.llm.storyteller.lore import mid_sentence
from api.llm.storyteller.memory import NEVER
from api.llm.storyteller.telling import PARTY, Teller
from api.rules import events as ev


def ask(teller: Teller) -> None:
    """Close with a question or a choice; a finished campaign asks nothing more."""
    closing = teller.request.closing_events
    if any(isinstance(e, ev.CampaignEnded) for e in closing):
        return
    started = [e for e in closing if isinstance(e, ev.EncounterStarted)]
    ended = any(isinstance(e, ev.EncounterEnded) for e in closing)
    teller.open_last_block()
    if started or (not ended and (teller.request.in_encounter or teller.request.kind == "combat")):
        _ask_fighter(teller)
    else:
        entered = [e.scene for e in closing if isinstance(e, ev.SceneEntered)]
        _ask_party(teller, entered[-1] if entered else teller.request.scene)


def _ask_fighter(teller: Teller) -> None:
    name = teller.request.next_actor
    member = next((m for m in teller.request.party if m.name == name), None)
    foes = list(teller.request.foes.items())
    if member is None or member.down:
        teller.say("fight_ask_any", {"actor": PARTY}, asides=False)
        return
    scope: dict[str, Value] = {"next": teller.heroes[member.id], "actor": teller.heroes[member.id]}
    pool = "fight_ask"
    if foes:
        foe_id, foe_name = teller.chooser.pick(foes)
        scope["foe"] = teller.lore.foe(foe_id, foe_name)
        scope["count"] = "one foe" if len(foes) == 1 else f"{number(len(foes))} foes"
        if len(foes) > 1:
            scope["foes"] = number(len(foes))
    if teller.lean or teller.room < 12:
        if (teller.room <= 6 or teller.terse) and teller.try_to_say("fight_ask_least", scope, asides=False):
            return
        pool = "fight_ask_short"
    teller.say(pool, scope, asides=False)


def _ask_party(teller: Teller, key: str) -> None:
    """A prompt of the scene that was not used lately, or what is surely open; each in turn when the first is worn."""
    scene = teller.lore.scene(key)
    if scene is None:
        teller.say("ask_open", {"actor": PARTY}, asides=False)
        return
    if any(
        isinstance(e, ev.NightSpent) for e in _events(teller)
    ):  # prompts are written for the hour of arrival
        if not any(way(teller, key, scene) for way in (_offer, _point_to_somebody)):
            teller.say("ask_open", {"actor": PARTY}, asides=False)
        return
    ways = [_recite_prompt, _offer] if key != teller.request.scene or teller.chooser.chance(0.6) else [_offer]
    ways += [_point_to_somebody, _recite_prompt, _offer]
    if not any(way(teller, key, scene) for way in ways):
        teller.say("ask_open", {"actor": PARTY}, asides=False)


def _recite_prompt(teller: Teller, key: str, scene: SceneDef) -> bool:
    return teller.recite(scene.prompts, {}, teller.chooser.below(len(scene.prompts)))


def _offer(teller: Teller, key: str, scene: SceneDef) -> bool:
    """One or two things that can surely be done here, those longest unmentioned first."""
    offers = _offers(teller, key, scene)
    if not offers:
        return False
    scope: dict[str, Value] = {"offer": offers[0], "actor": PARTY}
    if len(offers) > 1:
        scope["other"] = offers[1]
    return teller.try_to_say("ask_offer", scope, asides=False)


def _offers(teller: Teller, key: str, scene: SceneDef) -> list[str]:
    labels = [
        lower_first(a.label.strip().rstrip(".?!")) for a in teller.chooser.shuffled(_open(teller, key, scene))
    ]
    plain = [label for label in labels if not label.startswith("i ")]
    return sorted(plain, key=lambda label: -teller.memory.age_of_phrase(label))


def _point_to_somebody(teller: Teller, key: str, scene: SceneDef) -> bool:
    """Somebody of the scene who can be spoken to."""
    people = teller.lore.people(scene, teller.request.came)
    if not people:
        return False
    person = teller.chooser.pick(people)
    scope: dict[str, Value] = {
        "person": Ref(f"person:{person.key}", mid_sentence(person.name), person.pronouns)
    }
    offers = _offers(teller, key, scene)
    if offers:
        scope["offer"] = offers[0]
    return teller.try_to_say("ask_person", scope, asides=False)


def _open(teller: Teller, key: str, scene: SceneDef) -> list[AffordanceDef]:
    """Affordances that are surely still open: their flags are not set, and no outcome of theirs was told lately."""
    flags = {n.flag for n in teller.request.notes}
    used = set()
    for event in _events(teller):
        if isinstance(event, ev.FlagSet):
            flags.add(event.flag)
        elif isinstance(event, ev.AffordanceUsed):
            used.add(event.affordance)
    return [a for a in scene.affordances if a.key not in used and _surely_open(teller, a, flags)]


def _events(teller: Teller) -> Sequence[ev.Event]:
    return [e for d in teller.request.deeds for e in d.events] + list(teller.request.closing_events)


def _surely_open(teller: Teller, affordance: AffordanceDef, flags: set[str]) -> bool:
    needs = affordance.requires
    if needs.item is not None or not set(needs.flags) <= flags or set(needs.without) & flags:
        return False
    if not affordance.once:
        return True
    won = set(affordance.success.flags)
    return bool(won) and not won & flags and not _failed_lately(teller, affordance)


def _failed_lately(teller: Teller, affordance: AffordanceDef) -> bool:
    lines = affordance.failure.tell if affordance.failure else ()
    return any(
        teller.memory.age_of_phrase(fill(line, {"actor": PARTY}, teller.voice)[0]) < NEVER for line in lines
    )
