"""Proposals as tools for models that know tools: one for each kind that this scene can have.

Tools stand before everything else in what a provider caches. So they depend on the scene's content alone and stay as
they are while the party stays; which ids are open now stands in the turn's part of the prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.content.catalogue import Content
from api.llm.model_client import ToolCall, ToolSpec
from api.rules.proposals import KINDS, Kind, Proposal

ABOUT: Mapping[Kind, str] = {
    "start_encounter": "Let this fight come upon the party.",
    "reveal_clue": "Let this come to light.",
    "advance_quest": "Count what the task asks for now as done.",
    "change_disposition": "Let somebody like the party a little more or less.",
    "introduce_npc": "Let this person come into the scene.",
    "end_scene": "End the scene; the party moves on.",
}
LONGEST = 60  # characters of an id; what is longer is no id of ours


def kinds_of(content: Content, campaign: str, scene: str) -> tuple[Kind, ...]:
    """The kinds that may be proposed in a scene at some time or other, in a fixed order."""
    here = content.scenes[scene]
    quests = (content.quests[key] for key in content.campaigns[campaign].quests if key in content.quests)
    can: dict[Kind, bool] = {
        "start_encounter": here.dangers is not None,
        "reveal_clue": bool(here.clues),
        "advance_quest": any(stage.eased_by is not None for quest in quests for stage in quest.stages),
        "change_disposition": bool(here.npcs or here.visitors),
        "introduce_npc": bool(here.visitors),
        "end_scene": here.close is not None,
    }
    return tuple(kind for kind in KINDS if can[kind])


def proposal_tools(kinds: Iterable[Kind]) -> tuple[ToolSpec, ...]:
    """A small tool for each of these kinds."""
    return tuple(_tool(kind) for kind in kinds)


def _tool(kind: Kind) -> ToolSpec:
    fields: dict[str, Any] = {} if kind == "end_scene" else {"id": {"type": "string"}}
    if kind == "change_disposition":
        fields["amount"] = {"type": "integer"}
    schema = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    return ToolSpec(kind, ABOUT[kind], schema)


def proposals_in(calls: Iterable[ToolCall]) -> list[Proposal]:
    """What the calls propose, unknown tools included: they are refused and logged where proposals are judged."""
    return [read(call.name, call.arguments) for call in calls]


def read(kind: str, arguments: Mapping[str, Any]) -> Proposal:
    """One proposal as it was said. An amount that is no whole number counts as 0, which is nobody's."""
    raw = arguments.get("id", "")
    amount = arguments.get("amount", 0)
    whole = isinstance(amount, int) and not isinstance(amount, bool)
    return Proposal(
        str(kind)[:LONGEST], raw[:LONGEST] if isinstance(raw, str) else "", amount if whole else 0
    )
