"""Quests: how they begin, go on stage by stage, end, and what a client is shown of them (`docs/rules.md`, Quests)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from api.content.catalogue import Content
from api.content.definitions import Goal, QuestDef, QuestStage
from api.rules import events as ev
from api.rules import outcomes
from api.rules.requirements import carries, meets
from api.rules.state import PlayState, QuestState

if TYPE_CHECKING:
    from api.rules.resolution import Resolution


def advance(res: Resolution, hero_id: str) -> None:
    """After something happened: begin what begins by itself, then fail, reward and go on until nothing changes.

    `hero_id` stands for the party where a reward needs somebody's hands.
    """
    campaign = res.content.campaigns[res.state.campaign]
    if not (res.state.quests or campaign.quests):
        return
    while _begin_by_itself(res, campaign.quests) or _go_on(res, hero_id):
        pass


def holds(goal: Goal, state: PlayState) -> bool:
    """Whether a goal is reached."""
    return have(goal, state) >= wanted(goal)


def have(goal: Goal, state: PlayState) -> int:
    """How much of a goal is there: what happened since the story began, or what the party carries now."""
    if goal.kind == "flag":
        return int(goal.key in state.notes)
    if goal.kind == "item":
        return sum(carries(hero, goal.key) for hero in state.heroes.values())
    return state.tally.get(f"{goal.kind}.{goal.key}", 0)


def wanted(goal: Goal) -> int:
    """How much a goal asks for; a flag is set or not, however often."""
    return 1 if goal.kind == "flag" else goal.count


def _begin_by_itself(res: Resolution, keys: tuple[str, ...]) -> bool:
    began = False
    for key in keys:
        quest = res.content.quests.get(key)
        if quest is None or quest.starts is None or key in res.state.quests:
            continue
        if any(meets(quest.starts, res.state, hero, res.content) for hero in res.state.heroes.values()):
            outcomes.begin_quest(res, key)
            began = True
    return began


def _go_on(res: Resolution, hero_id: str) -> bool:
    went_on = False
    for key, known in list(res.state.quests.items()):
        quest = res.content.quests.get(key)
        if known.status != "active" or quest is None:
            continue
        spoilt = next((flag for flag in quest.fails_with if flag in res.state.notes), None)
        if spoilt is not None:
            res.emit(ev.QuestFailed(key, quest.name, spoilt))
            went_on = True
        elif known.stage < len(quest.stages) and _stage_done(quest.stages[known.stage], res.state):
            _finish_stage(res, key, quest, known.stage, hero_id)
            went_on = True
    return went_on


def finish_stage(res: Resolution, key: str, hero_id: str) -> None:
    """Count the stage under way of an active quest as done, with its reward."""
    _finish_stage(res, key, res.content.quests[key], res.state.quests[key].stage, hero_id)


def _stage_done(stage: QuestStage, state: PlayState) -> bool:
    return all(holds(goal, state) for goal in stage.goals)


def _finish_stage(res: Resolution, key: str, quest: QuestDef, number: int, hero_id: str) -> None:
    stage = quest.stages[number]
    last = number + 1 >= len(quest.stages)
    following = "" if last else quest.stages[number + 1].objective
    tell = res.pick(len(stage.tell)) if stage.tell else -1
    res.emit(ev.QuestStageDone(key, quest.name, number, stage.objective, following, tell))
    if last:
        res.emit(ev.QuestCompleted(key, quest.name))
    if stage.reward is not None:
        outcomes.grant_to_all(res, stage.reward, hero_id)


@dataclass(frozen=True, slots=True)
class GoalProgress:
    """One thing that the stage under way counts. `name` is what it is called; empty for a turn of the story."""

    kind: str
    key: str
    name: str
    have: int
    wanted: int


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A quest as players see it. `stage` counts from 1; `objective` and `goals` are empty once it is over."""

    quest: str
    name: str
    summary: str
    giver: str
    status: str
    stage: int
    stages: int
    objective: str
    goals: tuple[GoalProgress, ...]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "goals": [asdict(goal) for goal in self.goals]}


def journal(state: PlayState, content: Content) -> list[JournalEntry]:
    """Every quest that has begun: those under way first, each in the order of beginning."""
    found = [
        _entry(key, content.quests[key], known, state, content)
        for key, known in state.quests.items()
        if key in content.quests
    ]
    return sorted(found, key=lambda entry: entry.status != "active")


def _entry(key: str, quest: QuestDef, known: QuestState, state: PlayState, content: Content) -> JournalEntry:
    number = min(known.stage, len(quest.stages) - 1)
    active = known.status == "active"
    stage = quest.stages[number]
    goals = tuple(
        GoalProgress(g.kind, g.key, _name(g, content), min(have(g, state), wanted(g)), wanted(g))
        for g in (stage.goals if active else ())
    )
    objective = stage.objective if active else ""
    return JournalEntry(
        key,
        quest.name,
        quest.summary,
        quest.giver,
        known.status,
        number + 1,
        len(quest.stages),
        objective,
        goals,
    )


def _name(goal: Goal, content: Content) -> str:
    """What the thing is called that a goal counts; empty where content has no name for it."""
    kinds: dict[str, Any] = {
        "item": content.items, "defeat": content.creatures, "visit": content.locations, "talk": content.npcs,
        "win": content.encounters,
    }  # fmt: skip
    found = kinds.get(goal.kind, {}).get(goal.key)
    if found is None and goal.kind == "talk":
        people = (p for scene in content.scenes.values() for p in scene.people)
        found = next((p for p in people if p.key == goal.key), None)
    return found.name if found is not None else ""
