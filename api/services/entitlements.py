"""What people are entitled to: the port through which subscriptions reach us, and the built-in one.

A grant says which tier, from whom and until when. The built-in keeps grants on the account; shops such as Discord's or
Stripe's come as further adapters, whose grants count beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from api.clock import seconds_until
from api.content.definitions.base import Tier
from api.content.tiers import TIERS


@dataclass(frozen=True, slots=True)
class Grant:
    """One entitlement. `source` is who gave it (`operator`, or the name of a shop), `until` a moment or None for good.

    `id` names it to its source, so that the same one never counts twice.
    """

    id: str
    tier: Tier
    source: str
    since: str
    until: str | None = None
    reason: str = ""

    def holds(self, now: datetime) -> bool:
        return self.until is None or seconds_until(self.until, now) > 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Holder:
    """An account as sources of grants see it: its id, and the grants that stand on it, as JSON."""

    id: str
    stored: tuple[Mapping[str, Any], ...] = ()


class Entitlements(Protocol):
    """Whoever knows what somebody has paid for."""

    name: str

    def grants(self, holder: Holder) -> Sequence[Grant]:
        """What this source grants to an account, past grants too. It answers from what it knows, and never waits."""
        ...


class StoredGrants:
    """The built-in source: grants that stand on the account itself."""

    name = "stored"

    def grants(self, holder: Holder) -> Sequence[Grant]:
        return [Grant(**raw) for raw in holder.stored]


def best(grants: Sequence[Grant], now: datetime) -> Grant | None:
    """The grant that counts: of those that hold the highest tier, and of equals the one that lasts longest."""
    holding = [g for g in grants if g.holds(now)]
    return max(holding, key=lambda g: (TIERS.index(g.tier), g.until is None, g.until or ""), default=None)


def with_grant(body: dict[str, Any], grant: Grant) -> dict[str, Any]:
    """An account's body with a grant more, or with another version of the one that it knows by this id."""
    kept = [raw for raw in body.get("grants", ()) if raw["id"] != grant.id]
    return {**body, "grants": [*kept, grant.to_json()]}


def without_grants(body: dict[str, Any], source: str) -> dict[str, Any]:
    """The same without any grant of a source."""
    return {**body, "grants": [raw for raw in body.get("grants", ()) if raw["source"] != source]}
