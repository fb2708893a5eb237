"""What rulers and narrators are asked: the committed facts of turns, and the bounded past that they may lean on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from api.llm.authored import people_of
from api.llm.memory.story import shown
from api.llm.port import CastMember, Deed, NarrationRequest, PastNote, RulingRequest
from api.llm.style import Style
from api.rules.commands import command_from_json
from api.rules.events import Event, event_from_json
from api.rules.items import item_of
from api.rules.legal import legal_actions
from api.rules.people import npcs_here, people_here
from api.rules.shops import shops_here
from api.rules.state import PlayState
from api.services.corrections import corrections_of
from api.services.deps import Deps
from api.services.ledger import Head
from api.services.moderating import audience_of
from api.services.proposals import offers_now, turns_here
from api.services.remembering import recall_for_passage, recall_for_ruling
from api.services.resolving import pending_texts
from api.services.safety import boundaries_of
from api.services.story_settings import style_of
from api.services.table import Json, Table, past_turns
from api.services.tiers import models_of

HISTORY = 20


def ruling_requests(deps: Deps, session_id: str, turn_id: str) -> dict[str, RulingRequest]:
    """What the ruler is asked about each free-text entry, by character id."""
    table = Table.load(deps, session_id)
    turn = table.turn(turn_id)
    state = table.state()
    pending = pending_texts(turn)
    known = recall_for_ruling(deps, session_id, [e["text"] for e in pending], turn["number"])
    return {
        e["character_id"]: replace(ruling_request(table, turn, state, e), remembered=known) for e in pending
    }


def ruling_request(table: Table, turn: Json, state: PlayState, entry: Json) -> RulingRequest:
    who = entry["character_id"]
    content = table.deps.content
    legal = [a for a in legal_actions(state, who, content) if a.enabled]
    encounter = state.encounter
    return RulingRequest(
        session_id=table.id,
        turn_id=turn["id"],
        actor=cast(table, state)[who],
        text=entry["text"],
        campaign=state.campaign,
        scene=state.scene,
        offered=tuple(a.id for a in legal if a.kind == "affordance"),
        carried=tuple(state.heroes[who].inventory),
        abilities=tuple(a.id for a in legal if a.kind == "ability"),
        in_encounter=encounter is not None,
        foes={c.id: c.name for c in encounter.standing(heroes=False)} if encounter else {},
        allies={h.id: h.name for h in state.heroes.values()},
        legal=tuple(legal),
        people={p.key: p.name for p in people_here(state, content)},
        told=_told_last(table),
        shops={k: content.shops[k].name for k in shops_here(state, content)} if encounter is None else {},
        tier=models_of(table.deps, table.body["sponsor_user_id"]),
        sponsor=table.body["sponsor_user_id"],
    )


def _told_last(table: Table) -> str:
    """The last passage; one that is being replaced says nothing any more."""
    last = table.body.get("last_narration") or {}
    return "" if last.get("retelling") else str(last.get("text", ""))


def narration_request(table: Table, turns: list[Json]) -> NarrationRequest:
    """The committed facts of these turns, and the bounded past that the narrator may lean on."""
    state = table.state()
    members = cast(table, state)
    last = turns[-1]
    past = [
        (d.body["number"], d.body["dm_response"])
        for d in past_turns(table.deps, table.id, below=turns[0]["number"], count=HISTORY)
        if d.body["dm_response"] and not d.body.get("retelling")
    ]
    numbers, history = [n for n, _ in past], [text for _, text in past]
    memory = Head.load(table.deps, table.id)
    story = memory.body["story"]
    seen = shown(history, numbers, story["upto"])
    people = [p.key for p in people_of(table.deps.content, table.deps.content.scenes[turns[0]["scene"]])]
    deeds = tuple(
        Deed(
            actor=members.get(e["character_id"]) or _gone(e),
            text=e["text"] if e["source"] == "text" else "",
            command=command_from_json(e["command"]) if e["command"] else None,
            events=tuple(event_from_json(raw) for raw in e["events"]),
        )
        for turn in turns
        for e in turn["entries"]
    )
    meanwhile = tuple(event_from_json(raw) for turn in turns for raw in turn.get("meanwhile", []))
    closing: tuple[Event, ...] = tuple(event_from_json(raw) for turn in turns for raw in turn["closing"])
    if not deeds:  # a turn of accepted proposals alone: they moved the party
        meanwhile, closing = (), (*meanwhile, *closing)
    kind = {"opening": "opening", "encounter": "combat"}.get(last["kind"], "beat")
    encounter = state.encounter
    turning = ("scene_entered", "encounter_started", "encounter_ended", "campaign_ended")
    big = any(e.type_name() in turning for e in closing)
    style = style_of(table.body)
    return NarrationRequest(
        session_id=table.id,
        turn_ids=tuple(t["id"] for t in turns),
        turn_number=last["number"],
        kind=kind,
        campaign=state.campaign,
        scene=turns[0]["scene"],
        party=tuple(members[s["character_id"]] for s in table.party),
        deeds=deeds,
        closing_events=closing,
        history=tuple(history),
        notes=tuple(PastNote(f, n.actor, n.actor_name, n.turn_number) for f, n in state.notes.items()),
        in_encounter=encounter is not None,
        encounter=encounter.key if encounter else "",
        next_actor=encounter.actor.name if encounter else "",
        foes={c.id: c.name for c in encounter.standing(heroes=False)} if encounter else {},
        words=_words(style, kind, big, deeds),
        tier=models_of(table.deps, table.body["sponsor_user_id"]),
        retelling=last.get("asked_again", 0),
        rejected=last["dm_response"],
        plain=(last.get("retelling") or {}).get("plain", 0),
        boundaries=boundaries_of(table),
        corrections=corrections_of(table),
        sponsor=table.body["sponsor_user_id"],
        audience=audience_of(table.body),
        carried=_carried(table, state),
        conditions=_conditions(state),
        hurt=frozenset(c.id for c in encounter.combatants.values() if c.hp < c.hp_max)
        if encounter
        else frozenset(),
        foes_hp={c.id: (c.hp, c.hp_max) for c in encounter.standing(heroes=False)} if encounter else {},
        shown=seen,
        story=tuple(text for text in (story["session"], story["scene"]) if text),
        remembered=recall_for_passage(table, turns, people, numbers, seen, memory),
        style=style,
        before=meanwhile,
        offers=() if last.get("asked_again") else offers_now(table, state, last["number"]),
        turns_here=turns_here(table, last["number"]),
        came=tuple(k for k in npcs_here(state, table.deps.content)),
    )


def _words(style: Style, kind: str, big: bool, deeds: Sequence[Deed]) -> int:
    """The limit of a passage: 40 words for one action of a fight, more where creatures answer it, 120 for a beat, 200
    for openings and turning points; fewer where the table wants it short."""
    if big or kind == "opening":
        return style.words("big")
    if kind == "beat":
        return style.words("beat")
    return style.words("combat" if _answered(deeds) else "action")


def _answered(deeds: Sequence[Deed]) -> bool:
    """Whether more than one fighter acts in these deeds."""
    acting = {d.actor.id for d in deeds}
    acting |= {str(by) for d in deeds for e in d.events if (by := getattr(e, "source", ""))}
    return len(acting) > 1


def _carried(table: Table, state: PlayState) -> dict[str, tuple[str, ...]]:
    """The names of all that each hero has in the bag or wears."""
    content = table.deps.content
    return {
        hero.id: tuple(item.name for key in hero.inventory if (item := item_of(content, key)) is not None)
        for hero in state.heroes.values()
    }


def _conditions(state: PlayState) -> dict[str, tuple[str, ...]]:
    """The conditions that each figure of a fight has."""
    encounter = state.encounter
    return {c.id: tuple(c.conditions) for c in encounter.combatants.values()} if encounter else {}


def cast(table: Table, state: PlayState) -> dict[str, CastMember]:
    """The party as the narrator knows it, each figure exactly once."""
    content = table.deps.content
    members = {}
    for hero in state.heroes.values():
        fighter = state.encounter.combatants.get(hero.id) if state.encounter else None
        hp = fighter.hp if fighter else hero.hp
        members[hero.id] = CastMember(
            hero.id, hero.name, hero.pronouns, content.classes[hero.character_class].name, hero.origin,
            content.origins[hero.origin].want, hp, hero.hp_max, hp <= 0,
            fighter.mp if fighter else hero.mp, hero.mp_max, hero.gold,
        )  # fmt: skip
    return members


def _gone(entry: Json) -> CastMember:
    """A hero who has left since: named, no longer counted."""
    return CastMember(entry["character_id"], entry["character_name"], "they", "", "", "to be elsewhere", 1, 1)
