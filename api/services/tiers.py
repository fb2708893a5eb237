"""Whose tier counts, and what it allows: the one place that knows (ADR 0028).

A session's party, models, AI calls and kept log follow its sponsor; characters and the market each player's own tier.
A tier that falls takes nothing away: what there is stays and plays on, and only more of it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.content.definitions.base import Tier
from api.content.definitions.heroes import ClassDef
from api.content.definitions.items import ItemDef
from api.content.definitions.tiers import TierDef
from api.content.tiers import TIERS
from api.errors import GameRefusal, TierNeeded
from api.services.deps import Deps
from api.services.entitlements import Grant, Holder, StoredGrants, best
from api.store.port import Change, Document, Query, Touch

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody's tier now: what it gives, and the grant behind it; None where it is the installation's default."""

    tier: Tier
    limits: TierDef
    grant: Grant | None = None


def standing_of(deps: Deps, user_id: str) -> Standing:
    """The tier of an account. `user_id` may be empty or gone: then the installation's default counts."""
    return standing(deps, deps.store.get("accounts", user_id) if user_id else None)


def standing(deps: Deps, account: Document | None) -> Standing:
    """The same for an account that was read already."""
    return standing_with(deps, Holder(account.id, tuple(account.body.get("grants", ()))) if account else None)


def standing_with(deps: Deps, holder: Holder | None) -> Standing:
    """The same for somebody whose grants are at hand; None has the installation's default."""
    found = None
    if holder is not None:
        sources = (StoredGrants(), *deps.entitlements)
        found = best([g for source in sources for g in source.grants(holder)], deps.clock.now())
    default = deps.settings.default_tier
    if found is None or TIERS.index(found.tier) < TIERS.index(default):
        return Standing(default, deps.tiers[default])
    return Standing(found.tier, deps.tiers[found.tier], found)


def tier_of(deps: Deps, user_id: str) -> Tier:
    """The key of somebody's tier."""
    return standing_of(deps, user_id).tier


def limits_of(deps: Deps, user_id: str) -> TierDef:
    """What somebody's tier allows."""
    return standing_of(deps, user_id).limits


def models_of(deps: Deps, sponsor_user_id: str) -> Tier:
    """The column of the table of models that serves a session of this sponsor."""
    return limits_of(deps, sponsor_user_id).models


# --- what is refused ---


def room_for_character(deps: Deps, user_id: str) -> list[Change]:
    """Raises GameRefusal `tier_limit` when the player has as many characters as the own tier allows.

    Returns what to commit with the new one, so that two made at once cannot both be the last.
    """
    account = deps.store.get("accounts", user_id)
    now = standing(deps, account)
    most = now.limits.characters
    if most is None:
        return []
    if characters_in_use(deps, user_id, at_most=most) >= most:
        have = "one character" if most == 1 else f"{most} characters"
        raise refused(deps, now, "characters", most, f"{now.limits.name} has room for {have}.")
    return [Touch("accounts", account.id, account.revision)] if account is not None else []


def characters_in_use(deps: Deps, user_id: str, *, at_most: int) -> int:
    """How many active characters somebody has, counted no further than `at_most`."""
    found, cursor = 0, None
    while found < at_most:
        page = deps.store.query(
            Query("characters", {"user_id": user_id}, order_by="created_at", limit=200, cursor=cursor)
        )
        found += sum(d.body["is_active"] for d in page.items)
        cursor = page.next_cursor
        if cursor is None:
            break
    return min(found, at_most)


def require_seat(deps: Deps, sponsor_user_id: str, seats: int) -> None:
    """Raises GameRefusal `tier_limit` when the sponsor's tier has no room for so many seats."""
    now = standing_of(deps, sponsor_user_id)
    if seats > now.limits.party:
        room = "a story of one's own" if now.limits.party == 1 else f"a party of {now.limits.party}"
        told = (
            f"The sponsor's tier, {now.limits.name}, is for {room}. Somebody of a higher tier may sponsor it."
        )
        raise refused(deps, now, "party", now.limits.party, told)


def require_class(deps: Deps, user_id: str, one: ClassDef) -> None:
    """Raises TierNeeded for a class in early access."""
    if one.early_access and not limits_of(deps, user_id).early_access:
        raise needed(deps, "early_access", f"{one.name} is in early access")


def require_item(deps: Deps, user_id: str, one: ItemDef) -> None:
    """Raises TierNeeded for something that shops sell to a higher tier only."""
    if one.exclusive is not None and TIERS.index(tier_of(deps, user_id)) < TIERS.index(one.exclusive):
        name = deps.tiers[one.exclusive].name
        raise TierNeeded(f"{one.name} is for {name}.", enough=_enough(deps, from_tier=one.exclusive))


def require_feature(deps: Deps, user_id: str, feature: str) -> None:
    """Raises TierNeeded when somebody's tier is without a right such as `market`. Raises KeyError for no such right."""
    if feature not in FEATURES:
        raise KeyError(feature)
    if not getattr(limits_of(deps, user_id), feature):
        raise needed(deps, feature, FEATURES[feature])


FEATURES = {
    "market": "Listing, bidding and buying on the market is not part of your tier",
    "priority_listings": "Listings that come first are not part of your tier",
    "early_access": "Early access is not part of your tier",
}


def refused(deps: Deps, now: Standing, limit: str, most: int, told: str) -> GameRefusal:
    """A count that a tier does not allow; `enough` are the tiers that would."""
    enough = [
        {"tier": key, "name": one.name}
        for key, one in deps.tiers.items()
        if (have := getattr(one, limit)) is None or have > most
    ]
    return GameRefusal("tier_limit", told, limit=limit, most=most, tier=now.tier, enough=enough)


def needed(deps: Deps, feature: str, told: str) -> TierNeeded:
    enough = [{"tier": key, "name": one.name} for key, one in deps.tiers.items() if getattr(one, feature)]
    names = " or ".join(one["name"] for one in enough)
    return TierNeeded(
        f"{told}; it comes with {names}." if names else f"{told}.", feature=feature, enough=enough
    )


def _enough(deps: Deps, *, from_tier: Tier) -> list[Json]:
    return [{"tier": key, "name": deps.tiers[key].name} for key in TIERS[TIERS.index(from_tier) :]]


# --- what is shown ---


def table_view(deps: Deps) -> list[Json]:
    """All tiers, the least first, with what each gives."""
    return [
        {
            "tier": key,
            **deps.tiers[key].model_dump(exclude={"models"}),
            "default": key == deps.settings.default_tier,
        }
        for key in TIERS
    ]


def own_view(deps: Deps, user_id: str) -> Json:
    """Somebody's own tier: since when, until when, what it gives, and how much of it is used."""
    now = standing_of(deps, user_id)
    grant = now.grant
    most = now.limits.characters
    return {
        "tier": now.tier,
        **now.limits.model_dump(exclude={"models"}),
        "source": grant.source if grant else "default",
        "since": grant.since if grant else None,
        "until": grant.until if grant else None,
        "used": {"characters": characters_in_use(deps, user_id, at_most=1000), "characters_left": None if most is None
                 else max(0, most - characters_in_use(deps, user_id, at_most=most))},
    }  # fmt: skip
