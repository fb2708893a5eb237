"""Tells a beat's deeds in order, a paragraph each; those who wait, follow or are outvoted share a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from api.llm.port import Deed
from api.llm.storyteller.deeds import tell_deed
from api.llm.storyteller.english import lower_first, number
from api.llm.storyteller.grammar import Ref, Value
from api.llm.storyteller.grouping import group
from api.llm.storyteller.telling import PARTY, Teller
from api.llm.storyteller.units import Single, Unit
from api.rules import events as ev
from api.rules.scenes import moves_party

OWN = ""
FOLLOWS = "follow"
OUTVOTED = "outvoted"
_SHARED = ("chosen", "deadline", "left", "alone", OUTVOTED)  # reasons to pass that several heroes may share
_JOINS = (FOLLOWS, OUTVOTED)


def tell_deeds(teller: Teller) -> list[Unit]:
    """All deeds of the request; returns their units."""
    units: list[Unit] = []
    leader: Ref | None = None
    last = ""
    for manner, run in groupby(_in_order(teller), key=_manner):
        deeds = list(run)
        if manner in _JOINS or (manner and len(deeds) > 1):
            _tell_alike(teller, manner, deeds, leader)
            last = deeds[-1].actor.id
            continue
        for deed in deeds:
            leads = _leads(teller, deed)
            begun = bool(last or teller.request.before)
            apart = teller.request.kind != "combat" and begun and last != deed.actor.id
            if leads and _tell_choice(teller, new_paragraph=apart):
                apart = False
            units += tell_deed(teller, deed, first=not last, new_paragraph=apart)
            teller.decided = False
            leader = teller.hero(deed.actor.id, deed.actor.name) if leads else leader
            last = deed.actor.id
    return units


def _in_order(teller: Teller) -> Sequence[Deed]:
    """Own deeds, then who waits, then the party's move with those who go along. A backlog keeps its order."""
    request = teller.request
    if request.kind == "combat" or len(request.turn_ids) > 1:
        return request.deeds
    places = {OWN: 0, FOLLOWS: 3, OUTVOTED: 4}
    return sorted(request.deeds, key=lambda d: 2 if _leads(teller, d) else places.get(_manner(d), 1))


def _manner(deed: Deed) -> str:
    """How a hero does no deed of their own: follows, or passes for one of the shared reasons."""
    units = [u for u in group(deed.events) if isinstance(u, Single)]
    if len(units) != 1 or len(units) != len(group(deed.events)):
        return OWN
    event = units[0].event
    if isinstance(event, ev.Improvised) and event.kind == FOLLOWS:
        return FOLLOWS
    return event.reason if isinstance(event, ev.TurnPassed) and event.reason in _SHARED else OWN


def _leads(teller: Teller, deed: Deed) -> bool:
    """Whether this deed is, or would have been, the whole party's move."""
    if any(isinstance(e, ev.JourneyBegan | ev.NightSpent) for e in deed.events):
        return True
    used = next((e for e in deed.events if isinstance(e, ev.AffordanceUsed)), None)
    known = teller.lore.affordance(used.scene, used.affordance) if used else None
    return known is not None and moves_party(known)


def _tell_choice(teller: Teller, *, new_paragraph: bool) -> bool:
    """What the party decided, where it was not of one mind; told before the move."""
    choice = next((e for e in teller.request.closing_events if isinstance(e, ev.ChoiceMade)), None)
    if choice is None or not choice.against:
        return False
    teller.open_block(new_paragraph=new_paragraph)
    scope: dict[str, Value] = {"offer": lower_first(choice.label.strip().rstrip(".")), "actor": PARTY}
    if len(choice.votes) > len(choice.against):
        scope["count"] = f"{number(len(choice.votes))} to {number(len(choice.against))}"
    teller.say("choice", scope, asides=False)
    teller.decided = True
    return True


def _tell_alike(teller: Teller, manner: str, deeds: Sequence[Deed], leader: Ref | None) -> None:
    """One sentence for heroes who did the same."""
    joins = manner in _JOINS
    teller.open_block(new_paragraph=bool(teller.blocks) and not (joins and leader))
    heroes = [(d.actor.id, d.actor.name) for d in deeds]
    for who, name in heroes:
        teller.heroes.setdefault(who, teller.hero(who, name))
    people = teller.all_of(heroes)
    scope: dict[str, Value] = {"actor": people}
    gone = (ev.SceneEntered, ev.LocationReached, ev.MetOnTheWay, ev.TurnedBack)
    moved = any(isinstance(e, gone) for e in teller.request.closing_events)
    pool = f"passes_{manner}_many" if people.plural else f"passes_{manner}"
    pool = pool if teller.grammar.has(pool) else f"passes_{manner}"
    if manner == FOLLOWS:
        slept = any(isinstance(e, ev.NightSpent) for d in teller.request.deeds for e in d.events)
        pool = "goes_with" if moved else "beds_too" if slept else "stands_by"
        if leader is not None:
            scope["target"] = leader
    teller.say(pool, scope, None if moved else {"comes_along": "gives_in"}, asides=False)
