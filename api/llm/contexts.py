"""What kind of passage is asked for: the context by which the table of models chooses."""

from __future__ import annotations

from api.content.catalogue import Content
from api.llm.models import Context
from api.llm.port import NarrationRequest
from api.rules import events as ev

TURNING = (
    ev.SceneEntered, ev.CampaignEnded, ev.EncounterStarted, ev.LocationReached, ev.QuestStarted, ev.QuestStageDone,
    ev.QuestCompleted, ev.QuestFailed, ev.RegionStageReached,
)  # fmt: skip
# A turn of nothing but these needs few words.
SMALL = (
    ev.TurnPassed,
    ev.Rested,
    ev.ClaimRefused,
    ev.HelpLapsed,
    ev.ClockAdvanced,
    ev.Healed,
    ev.ManaChanged,
)


def context_of(request: NarrationRequest, content: Content) -> Context:
    """The most important thing that the passage tells decides."""
    events = [e for deed in request.deeds for e in deed.events]
    events += [*request.before, *request.closing_events]
    if any(isinstance(e, ev.Died) and _is_hero(e.actor, request) for e in events):
        return "character_death"
    fights = {request.encounter} | {
        e.encounter for e in events if isinstance(e, ev.EncounterStarted | ev.EncounterEnded)
    }
    if any(_has_boss(key, content) for key in fights):
        return "boss_encounter"
    if request.kind == "opening" or any(isinstance(e, TURNING) for e in events):
        return "story_progression"
    if request.kind == "combat":
        return "combat"
    if any(isinstance(e, ev.Spoke) and e.person for e in events):
        return "npc_dialogue"
    if all(isinstance(e, SMALL) for e in events):
        return "acknowledgement"
    return "exploration"


def _is_hero(combatant: str, request: NarrationRequest) -> bool:
    return any(member.id == combatant for member in request.party)


def _has_boss(encounter: str, content: Content) -> bool:
    """Whether the fight is marked as a boss's, or one of its creatures is a boss."""
    fight = content.encounters.get(encounter)
    if fight is None:
        return False
    creatures = [content.creatures.get(group.creature) for group in fight.groups]
    return fight.boss or any(c is not None and c.boss for c in creatures)
