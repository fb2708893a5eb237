"""What `account/usage` answers."""

from __future__ import annotations

from pydantic import Field

from api.llm.models import Tier
from api.schemas.answers.base import Answer, Moment


class CallsByPurpose(Answer):
    """Calls of models by what they were for. Each counts once towards the day's limit."""

    rulings: int = Field(ge=0, description="what free texts mean in rules")
    narration: int = Field(ge=0, description="passages told")
    repairs: int = Field(ge=0, description="passages mended that contradicted the facts")
    summaries: int = Field(ge=0, description="what keeps a long story short")
    lore: int = Field(ge=0, description="things asked about")


class UsageToday(Answer):
    """The UTC day that is under way."""

    day: str = Field(description="such as 2026-11-25")
    calls: CallsByPurpose
    used: int = Field(ge=0)
    limit: int | None = Field(description="calls of the tier a day; null is without limit")
    left: int | None
    resets_at: Moment = Field(description="the next 00:00 UTC")


class SessionCost(Answer):
    session_id: str
    usd: float = Field(ge=0)


class DayCost(Answer):
    """One day's calls for sessions that this account sponsored."""

    day: str
    usd: float = Field(ge=0)
    calls: int = Field(ge=0)
    estimated: int = Field(
        ge=0, description="of these, calls whose price had to be guessed, always at the most"
    )
    sessions: list[SessionCost]


class AccountUsage(Answer):
    """`days` are the last 30 with at least one call, newest first. At `ceiling_reached` no model is asked for anybody
    until the day turns."""

    tier: Tier
    today: UsageToday
    days: list[DayCost]
    ceiling_reached: bool
