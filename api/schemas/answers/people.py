"""Answers about tiers, links and leaving."""

from __future__ import annotations

from typing import Literal

from api.schemas.answers.base import Answer, Moment


class TierOut(Answer):
    """A subscription; a limit that is null is none."""

    tier: str
    name: str
    summary: str
    price_usd: float
    ai_calls_a_day: int | None
    log_days: int
    characters: int | None
    party: int
    market: bool
    priority_listings: bool
    early_access: bool


class TierOnOffer(TierOut):
    """`default`: what everybody has here at least."""

    default: bool


class Used(Answer):
    characters: int
    characters_left: int | None


class OwnTier(TierOut):
    """The asker's own, who gave it and how much of it is used."""

    source: str
    since: Moment | None
    until: Moment | None
    used: Used


class Departure(Answer):
    """When the account goes; both null while it stays."""

    asked_at: Moment | None
    leaves_at: Moment | None


class LinkOut(Answer):
    provider: str
    since: Moment


class Side(Answer):
    name: str
    providers: list[str]


class BothSides(Answer):
    you: bool
    other: bool


class HeroLine(Answer):
    name: str
    level: int


class WhatComes(Answer):
    characters: list[HeroLine]
    gold: int
    sessions: int
    notes: list[str]


class Clash(Answer):
    session_id: str
    name: str


class LinkRequest(Answer):
    """Two accounts that may become one, as one of them sees it."""

    id: str
    expires_at: Moment
    you: Side
    other: Side
    stays: Literal["you", "other"]
    needs_password: bool
    confirmed: BothSides
    comes: WhatComes
    clashes: list[Clash]


class LinksOut(Answer):
    items: list[LinkOut]
    requests: list[LinkRequest]


class LinkCode(Answer):
    code: str
    expires_in: int


class Linked(Answer):
    """`waiting` with the request, or `linked` with the name of the account that stays."""

    state: Literal["waiting", "linked"]
    request: LinkRequest | None = None
    name: str | None = None


class BrowserLink(Answer):
    url: str
    expires_in: int
    name: str


class Owner(Answer):
    name: str


class PortraitOut(Answer):
    content_type: str
    size: int
    created_at: Moment
