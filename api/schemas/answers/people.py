"""Answers about tiers, and about the ways into an account."""

from __future__ import annotations

from api.schemas.answers.base import Answer, Moment


class LimitsOut(Answer):
    """What a tier gives; null where there is no limit."""

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


class TierOut(LimitsOut):
    default: bool


class UsedOut(Answer):
    characters: int
    characters_left: int | None


class OwnTierOut(LimitsOut):
    source: str
    since: Moment | None
    until: Moment | None
    used: UsedOut


class NameOut(Answer):
    name: str


class BrowserLinkOut(NameOut):
    url: str
    expires_in: int


class LinkCodeOut(Answer):
    code: str
    expires_in: int


class LinkOut(Answer):
    provider: str
    since: Moment


class LinkSideOut(Answer):
    name: str
    providers: list[str]


class ConfirmedOut(Answer):
    you: bool
    other: bool


class HeroComesOut(Answer):
    name: str
    level: int


class ComesOut(Answer):
    """What moves to the account that stays."""

    characters: list[HeroComesOut]
    gold: int
    sessions: int
    notes: list[str]


class ClashOut(Answer):
    session_id: str
    name: str


class LinkRequestOut(Answer):
    id: str
    expires_at: Moment
    you: LinkSideOut
    other: LinkSideOut
    stays: str
    needs_password: bool
    confirmed: ConfirmedOut
    comes: ComesOut
    clashes: list[ClashOut]


class LinksOut(Answer):
    items: list[LinkOut]
    requests: list[LinkRequestOut]


class LinkDoneOut(Answer):
    """`waiting` for the other side, with the request as it stands, or `linked`, with the name of the account."""

    state: str
    request: LinkRequestOut | None = None
    name: str | None = None


class DepartureOut(Answer):
    """When the account goes; both null while it stays."""

    asked_at: Moment | None
    leaves_at: Moment | None


class PortraitOut(Answer):
    content_type: str
    size: int
    created_at: Moment
