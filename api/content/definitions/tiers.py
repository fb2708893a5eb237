"""What a subscription gives: limits and rights, as operators may rename, reprice and change them."""

from __future__ import annotations

from pydantic import Field

from api.content.definitions.base import Definition, Line, Name, Tier


class TierDef(Definition):
    """One subscription. A limit that is null is no limit.

    A session's party, models, AI calls and kept log follow its sponsor; characters and market each player's own tier.
    """

    name: Name
    summary: Line
    price_usd: float = Field(ge=0, le=1000, description="a month")
    ai_calls_a_day: int | None = Field(ge=0, le=1_000_000, description="charged to a session's sponsor")
    models: Tier = Field(
        description="the column of the table of models from which a session's calls are served"
    )
    log_days: int = Field(ge=1, le=3650, description="for which prose and raw events of a session are kept")
    characters: int | None = Field(ge=1, le=1000, description="in use at once")
    party: int = Field(ge=1, le=10, description="seats of a session")
    market: bool = Field(False, description="may list, bid and buy; everybody may look")
    priority_listings: bool = Field(False, description="listings come first")
    early_access: bool = Field(False, description="may play classes that are in early access")
