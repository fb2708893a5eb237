"""Events of the world: gold, flags, the clock, places, quests, people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from api.rules import events as ev
from api.rules.apply.base import Change, set_hero
from api.rules.people import MEMORIES, met_key
from api.rules.state import Note, NpcState, PlayState, QuestState


def _flag(state: PlayState, e: ev.FlagSet) -> PlayState:
    if e.flag in state.notes:
        return state
    return replace(state, notes={**state.notes, e.flag: Note(e.actor, e.actor_name, state.turn_number)})


def _scene(state: PlayState, e: ev.SceneEntered) -> PlayState:
    visited = state.visited if e.scene in state.visited else (*state.visited, e.scene)
    return replace(
        state, scene=e.scene, visited=visited, heading=None
    )  # wherever it leads, a journey is over


def _met(state: PlayState, e: ev.MetOnTheWay) -> PlayState:
    return replace(state, heading=e.to) if e.encounter else state


def _reached(state: PlayState, e: ev.LocationReached) -> PlayState:
    visits = f"visit.{e.location}"
    tally = {**state.tally, visits: state.tally.get(visits, 0) + 1}
    return replace(state, location=e.location, heading=None, tally=tally)


def _quest(state: PlayState, quest: str, changed: QuestState) -> PlayState:
    return replace(state, quests={**state.quests, quest: changed})


def _quest_stage(state: PlayState, e: ev.QuestStageDone) -> PlayState:
    """After the last stage the number stays at the last; QuestCompleted closes it."""
    return _quest(state, e.quest, QuestState(e.stage + 1 if e.next_objective else e.stage))


def _quest_closed(state: PlayState, e: ev.QuestCompleted | ev.QuestFailed) -> PlayState:
    status = "done" if isinstance(e, ev.QuestCompleted) else "failed"
    return _quest(state, e.quest, replace(state.quests[e.quest], status=status))


def _disposition(state: PlayState, e: ev.DispositionChanged) -> PlayState:
    known = state.npcs.get(e.person)
    changed = NpcState(e.disposition, known.memories if known else ())
    used = state.used | {met_key(state.scene, e.person)} if e.reason == "talk" else state.used
    return replace(state, npcs={**state.npcs, e.person: changed}, used=used)


def _remembered(state: PlayState, e: ev.Remembered) -> PlayState:
    """The oldest memories fade."""
    known = state.npcs.get(e.person)
    memories = (*(known.memories if known else ()), e.text)[-MEMORIES:]
    return replace(state, npcs={**state.npcs, e.person: NpcState(e.disposition, memories)})


CHANGES: Mapping[type[ev.Event], Change] = {
    ev.GoldChanged: lambda s, e: set_hero(s, e.actor, gold=e.gold_after),
    ev.XpGained: lambda s, e: set_hero(s, e.actor, xp=e.xp_after),
    ev.FlagSet: _flag,
    ev.ClueFound: lambda s, e: s if e.clue in s.clues else replace(s, clues=(*s.clues, e.clue)),
    ev.ClockAdvanced: lambda s, e: replace(s, clock=e.clock),
    ev.SceneEntered: _scene,
    ev.MetOnTheWay: _met,
    ev.TurnedBack: lambda s, e: replace(s, heading=None),
    ev.LocationReached: _reached,
    ev.RegionStageReached: lambda s, e: replace(s, regions={**s.regions, e.region: e.stage + 1}),
    ev.QuestStarted: lambda s, e: _quest(s, e.quest, QuestState(0)),
    ev.QuestStageDone: _quest_stage,
    ev.QuestCompleted: _quest_closed,
    ev.QuestFailed: _quest_closed,
    ev.DispositionChanged: _disposition,
    ev.Remembered: _remembered,
    ev.ReputationChanged: lambda s, e: replace(s, reputation={**s.reputation, e.faction: e.reputation}),
    ev.CampaignEnded: lambda s, e: replace(s, ending=e.ending),
}
