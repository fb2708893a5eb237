"""Proposals as tools for models that know tools: one for each kind that this scene offers, with its ids alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.llm.model_client import ToolCall, ToolSpec
from api.rules.proposals import KINDS, Kind, Offer, Proposal

ABOUT: Mapping[Kind, str] = {
    "start_encounter": "Let this fight come upon the party.",
    "reveal_clue": "Let this come to light.",
    "advance_quest": "Count what the task asks for now as done.",
    "change_disposition": "Let somebody like the party a little more or less.",
    "introduce_npc": "Let this person come into the scene.",
    "end_scene": "End the scene; the party moves on.",
}
LONGEST = 60  # characters of an id; what is longer is no id of ours


def proposal_tools(offers: Sequence[Offer]) -> tuple[ToolSpec, ...]:
    """The tools for these offers, in a fixed order; none where nothing may be proposed."""
    by_kind: dict[Kind, list[Offer]] = {}
    for offer in offers:
        by_kind.setdefault(offer.kind, []).append(offer)
    return tuple(_tool(kind, by_kind[kind]) for kind in KINDS if kind in by_kind)


def _tool(kind: Kind, offers: Sequence[Offer]) -> ToolSpec:
    fields: dict[str, Any] = {}
    if kind != "end_scene":
        fields["id"] = {"type": "string", "enum": [o.id for o in offers]}
    if kind == "change_disposition":
        most = max(o.most for o in offers)
        fields["amount"] = {"type": "integer", "minimum": -most, "maximum": most}
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
