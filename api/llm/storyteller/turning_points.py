"""Tells what happens to the whole party: the opening, a choice, a new scene, a fight's start and end, the ending."""

from __future__ import annotations

from collections.abc import Sequence

from api.content.definitions import EndingDef
from api.llm.authored import lines_for
from api.llm.port import PastNote
from api.llm.storyteller.deeds import tell_event, tell_units
from api.llm.storyteller.english import count_words, indefinite, join_list, number
from api.llm.storyteller.gains import tell_gains_together
from api.llm.storyteller.grammar import Ref, Value, Voice
from api.llm.storyteller.grouping import group
from api.llm.storyteller.telling import PARTY, Teller
from api.llm.storyteller.units import Gain, Single, Unit
from api.rules import events as ev

WORDS_OF_A_WANT = 12  # kept free for each hero where an ending is short of words


def tell_opening(teller: Teller) -> None:
    """The campaign's opening, each hero with what they want, and the first scene with its open threat."""
    campaign = teller.lore.content.campaigns.get(teller.request.campaign)
    teller.open_block()
    if campaign is not None:
        teller.recite_all(campaign.opening, {})
    teller.open_block(new_paragraph=True)
    _tell_wants(teller, "hero_intro_lean" if teller.lean else "hero_intro", "hero_intro_same")
    tell_arrival(teller, teller.request.scene, first_visit=True)


def _tell_wants(teller: Teller, pool: str, shared: str) -> None:
    """A sentence for each hero about what they want; who wants what another wants is told so."""
    first_with: dict[str, Ref] = {}
    if teller.terse and len(teller.request.party) > 2:
        _tell_wants_together(teller, f"{shared.removesuffix('_same')}_together")
        return
    for member in teller.request.party:
        hero = teller.heroes[member.id]
        want = member.want.strip().rstrip(".") or "to see how this ends"
        calling = f"{indefinite(member.class_name)} {member.class_name.lower()}"
        scope: dict[str, Value] = {"actor": hero, "class": calling, "want": want}
        own = f"calling_{member.class_name.lower()}"
        plain = teller.lean and len(teller.request.party) > 3
        aliases = {"calling": "calling_plain" if plain else own if teller.grammar.has(own) else "calling"}
        if want in first_with:
            scope["other"] = first_with[want]
        teller.say(shared if want in first_with else pool, scope, aliases, asides=False)
        first_with.setdefault(want, hero)


def _tell_wants_together(teller: Teller, pool: str) -> None:
    """What everybody wants in one sentence, those who want the same together."""
    wanting: dict[str, list[str]] = {}
    for member in teller.request.party:
        want = member.want.strip().rstrip(".") or "to see how this ends"
        wanting.setdefault(want, []).append(teller.heroes[member.id].name)
    people = "; ".join(
        f"{join_list(names)} {'wants' if len(names) == 1 else 'want'} {want}"
        for want, names in wanting.items()
    )
    teller.say(pool, {"line": people, "actor": PARTY}, asides=False)


def tell_arrival(teller: Teller, key: str, *, first_visit: bool, place: str = "") -> None:
    """A scene is entered: its opening the first time, a line of return later."""
    scene = teller.lore.scene(key)
    teller.open_block(new_paragraph=True)
    told = 0
    if scene is not None and first_visit:
        told = teller.recite_all(scene.opening, {}, spare=34)
    if not told:
        where = scene.place if scene else place or "the place"
        teller.say("returns", {"place": where, "actor": PARTY})
    if scene is not None and (not teller.lean or teller.request.kind == "opening"):
        if told:
            teller.open_last_block()
        teller.recite([scene.threat], {})
    teller.winding_up = teller.winding_up or not told


def tell_closing(teller: Teller, events: Sequence[ev.Event], spokesman: Ref | None) -> list[Unit]:
    """What then happened to everyone, in order; returns the units."""
    units = group(events)
    spoils = [u for u in units if isinstance(u, Gain)]
    shared_told = False
    pending: list[Unit] = []
    if units and not isinstance(
        _first_event(units), ev.SceneEntered | ev.EncounterStarted | ev.CampaignEnded
    ):
        teller.open_block(new_paragraph=teller.long)
    for unit in units:
        if isinstance(unit, Gain):
            _flush(teller, pending, spokesman)
            if not shared_told:
                tell_gains_together(teller, spoils)
                shared_told = True
        elif isinstance(unit, Single) and _turns(unit.event):
            _flush(teller, pending, spokesman)
            _tell_turn(teller, unit.event, events, spokesman)
        else:
            pending.append(unit)
    _flush(teller, pending, spokesman)
    return units


def tell_before(teller: Teller, events: Sequence[ev.Event]) -> None:
    """What came true before anybody acted: accepted proposals, in a paragraph of its own."""
    teller.open_block()
    pending = group(events)
    _flush(teller, pending, None)


def _first_event(units: Sequence[Unit]) -> ev.Event | None:
    first = units[0]
    return first.event if isinstance(first, Single) else None


def _turns(event: ev.Event) -> bool:
    return isinstance(event, ev.SceneEntered | ev.EncounterStarted | ev.EncounterEnded | ev.CampaignEnded)


def _flush(teller: Teller, pending: list[Unit], spokesman: Ref | None) -> None:
    recovered = [u for u in pending if isinstance(u, Single) and isinstance(u.event, ev.Recovered)]
    if len(recovered) > 1:
        people = [(e.target, e.target_name) for e in map(_recovered, recovered)]
        teller.say("recovered_many", {"actor": teller.all_of(people)})
        pending[:] = [u for u in pending if u not in recovered]
    tell_units(teller, pending, spokesman)
    pending.clear()


def _recovered(unit: Single) -> ev.Recovered:
    assert isinstance(unit.event, ev.Recovered)
    return unit.event


def _tell_turn(teller: Teller, event: ev.Event, events: Sequence[ev.Event], spokesman: Ref | None) -> None:
    match event:
        case ev.SceneEntered():
            back = any(isinstance(e, ev.TurnedBack) for e in events)
            if event.first_visit or not back:  # turning back has told already where the party is again
                tell_arrival(teller, event.scene, first_visit=event.first_visit, place=event.place)
        case ev.EncounterStarted():
            tell_fight_start(teller, event)
        case ev.EncounterEnded():
            tell_fight_end(teller, event, _who_stands_for(teller, events) or spokesman)
        case ev.CampaignEnded():
            tell_ending(teller, event)
        case _:
            tell_event(teller, Single(event), spokesman)


def _who_stands_for(teller: Teller, events: Sequence[ev.Event]) -> Ref | None:
    """The hero in whose name the outcome came true: who got its flags, things or clue."""
    for event in events:
        if isinstance(event, ev.FlagSet | ev.ItemGained | ev.ClueFound) and event.actor in teller.heroes:
            return teller.heroes[event.actor]
    return None


# --- fights begin and end --------------------------------------------------------------------------------------------


def tell_fight_start(teller: Teller, event: ev.EncounterStarted) -> None:
    """The author's intro and stakes, who stands against the party, and who is quickest."""
    encounter = teller.lore.content.encounters.get(event.encounter)
    teller.open_block(new_paragraph=True)
    told = teller.recite_all(encounter.intro, {}) if encounter else 0
    foes = _foes_phrase(teller, event)
    scope: dict[str, Value] = {"foes": foes, "actor": PARTY}
    if not told:
        teller.say("fight_again", scope)
    elif foes and not teller.lean:
        teller.say("foes_stand", scope)
    if encounter is not None:
        teller.recite([encounter.stakes], {})
    teller.open_last_block()
    at_once = any(
        isinstance(e, ev.AttackHit | ev.AttackMissed) and e.source == event.order[0]
        for e in teller.request.closing_events
    )
    if event.order and not at_once:
        first = teller.anyone(event.order[0], event.names[0])
        teller.say("initiative_hero" if first.hero else "initiative_foe", {"actor": first})


def _foes_phrase(teller: Teller, event: ev.EncounterStarted) -> str:
    counts: dict[str, list[str]] = {}
    for who, name in zip(event.order, event.names, strict=False):
        if who not in teller.heroes:
            counts.setdefault(who.rpartition(".")[0], []).append(name)
    phrases = []
    for key, names in counts.items():
        known = teller.lore.content.creatures.get(key)
        if len(names) == 1:
            phrases.append(teller.lore.foe(f"{key}.1", names[0]).name)
        else:
            plural = known.plural if known and known.plural else f"{known.name}s" if known else "of them"
            phrases.append(f"{number(len(names))} {plural}")
    return join_list(phrases)


def tell_fight_end(teller: Teller, event: ev.EncounterEnded, spokesman: Ref | None) -> None:
    lines, drawn = lines_for(teller.lore.content, event)
    teller.open_block(new_paragraph=any(b.sentences for b in teller.blocks))
    people = {"actor": spokesman or PARTY}
    if not lines or not teller.recite(lines, people, drawn):
        pool = f"fight_{event.outcome}"
        teller.say(pool if teller.grammar.has(pool) else "fight_victory", {"actor": PARTY})


# --- the end ---------------------------------------------------------------------------------------------------------


def tell_ending(teller: Teller, event: ev.CampaignEnded) -> None:
    """The ending's text, all that it remembers of the party's choices, and a line for each hero."""
    campaign = teller.lore.content.campaigns.get(event.campaign)
    ending = campaign.endings.get(event.ending) if campaign else None
    teller.open_block(new_paragraph=True)
    if ending is not None:
        teller.recite_all(ending.text, {})
        teller.open_block(new_paragraph=True)
        _tell_remembered(teller, ending)
    if teller.terse and teller.room < WORDS_OF_A_WANT * len(teller.request.party):
        return
    teller.open_block(new_paragraph=True)
    pool = "epilogue_good" if ending is None or ending.good else "epilogue_dark"
    _tell_wants(teller, "epilogue_lean" if teller.lean else pool, "epilogue_same")


def _tell_remembered(teller: Teller, ending: EndingDef) -> None:
    doers: dict[str, PastNote | ev.FlagSet] = {n.flag: n for n in teller.request.notes}
    for deed in teller.request.deeds:
        for event in deed.events:
            _note_flag(event, doers)
    for event in teller.request.closing_events:
        _note_flag(event, doers)
    left: list[str] = []
    told = 0
    for remembrance in ending.remembers:
        note = doers.get(remembrance.flag)
        if note is None:
            continue
        who = who_did(teller, note.actor, note.actor_name)
        spare = WORDS_OF_A_WANT if told else 0  # one at least, wherever it fits
        if teller.terse and teller.room - count_words(remembrance.text) < spare:
            left.append(who.name)
            continue
        teller.voice = Voice()
        told += teller.recite([remembrance.text], {"who": who})
    if left and teller.room > WORDS_OF_A_WANT:
        teller.say(
            "remembered_besides", {"line": join_list(list(dict.fromkeys(left))), "actor": PARTY}, asides=False
        )


def _note_flag(event: ev.Event, doers: dict[str, PastNote | ev.FlagSet]) -> None:
    if isinstance(event, ev.FlagSet):
        doers.setdefault(event.flag, event)


def who_did(teller: Teller, actor: str, name: str) -> Ref:
    """The hero of a note, also one who left; the party where no name is known."""
    if actor in teller.heroes:
        return teller.heroes[actor]
    return teller.hero(actor, name) if name.strip() else PARTY
