"""What the storyteller proposes: by the same offers as a model, and always the same for the same facts.

It proposes what a patient game master would: a clue when the party has looked about in vain, trouble when it lingers, a
visitor when nothing has happened for a while. It says nothing while the story moves by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from api.llm.port import NarrationRequest
from api.llm.storyteller.grammar import Chooser
from api.rules import events as ev
from api.rules.proposals import Kind, Offer, Proposal

SETTLED = 1  # turns in one place after which a look about may turn up its clue
QUIET = 3  # turns in one place after which somebody may come by, or the scene end
IDLE = 7  # turns in one place after which trouble may come
# How often something is proposed once its time has come.
CHANCES: Mapping[Kind, float] = {
    "end_scene": 0.25, "advance_quest": 1.0, "introduce_npc": 0.35, "reveal_clue": 0.6, "start_encounter": 0.3,
}  # fmt: skip
MARKED = {"critical": 1, "fumble": -1}  # degrees that move an opinion
WELL = ("critical", "success", "partial", "none")
_MOVING = (
    ev.SceneEntered, ev.EncounterStarted, ev.EncounterEnded, ev.CampaignEnded, ev.LocationReached, ev.PersonCame,
    ev.TroubleCame, ev.HookCameDue, ev.QuestStageDone,
)  # fmt: skip


def propose(request: NarrationRequest) -> list[Proposal]:
    """At most one proposal; none for openings, fights, and passages in which the story moved."""
    events = [e for deed in request.deeds for e in deed.events] + list(request.closing_events)
    if request.kind != "beat" or not request.offers or any(isinstance(e, _MOVING) for e in events):
        return []
    chooser = Chooser("proposals", request.session_id, *request.turn_ids)
    by_kind: dict[Kind, list[Offer]] = {}
    for offer in request.offers:
        by_kind.setdefault(offer.kind, []).append(offer)
    for kind, chance in CHANCES.items():
        if kind in by_kind and _due(kind, request, events) and chooser.chance(chance):
            return [Proposal(kind, chooser.pick(by_kind[kind]).id)]
    return _opinion(by_kind.get("change_disposition", []), events)


def _due(kind: Kind, request: NarrationRequest, events: list[ev.Event]) -> bool:
    if kind == "reveal_clue":
        looked = any(isinstance(e, ev.Improvised) and e.kind == "look" and e.degree in WELL for e in events)
        return request.turns_here >= SETTLED and looked
    if kind in ("introduce_npc", "end_scene"):
        return request.turns_here >= QUIET
    if kind == "advance_quest":
        return request.turns_here >= SETTLED
    if kind == "start_encounter":
        return request.turns_here >= IDLE
    return True


def _opinion(offers: list[Offer], events: list[ev.Event]) -> list[Proposal]:
    """Who was won over or put off by a try of one's own thinks so from now on."""
    names = {o.label: o for o in offers}
    for event in events:
        if isinstance(event, ev.ContestRolled) and event.degree in MARKED and event.rival_name in names:
            return [Proposal("change_disposition", names[event.rival_name].id, MARKED[event.degree])]
    return []
