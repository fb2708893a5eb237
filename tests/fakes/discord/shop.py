"""What the application sells, and what people and guilds are entitled to."""

from typing import Any

from tests.fakes.discord.clock import timestamp
from tests.fakes.discord.errors import Refused
from tests.fakes.discord.world import Event, World

DURABLE, CONSUMABLE, SUBSCRIPTION = 2, 3, 5
PURCHASE, TEST_PURCHASE, APPLICATION_SUBSCRIPTION = 1, 4, 8
AVAILABLE, GUILD_SUBSCRIPTION, USER_SUBSCRIPTION = 1 << 2, 1 << 7, 1 << 8


def add_sku(world: World, name: str, kind: int, for_guilds: bool) -> dict[str, Any]:
    """Offer something for sale."""
    flags = AVAILABLE
    if kind == SUBSCRIPTION:
        flags |= GUILD_SUBSCRIPTION if for_guilds else USER_SUBSCRIPTION
    sku = {
        "id": world.ids.next(),
        "type": kind,
        "application_id": world.application_id,
        "name": name,
        "slug": name.lower().replace(" ", "-"),
        "flags": flags,
    }
    world.skus[sku["id"]] = sku
    return sku


def grant(
    world: World,
    sku: dict[str, Any],
    user_id: str | None,
    guild_id: str | None = None,
    seconds: float | None = None,
    test: bool = False,
) -> dict[str, Any]:
    """Entitle a person, or through a person a guild. Test entitlements have neither beginning nor end."""
    kind = APPLICATION_SUBSCRIPTION if sku["type"] == SUBSCRIPTION else PURCHASE
    now = world.clock.time()
    entitlement = {
        "id": world.ids.next(),
        "sku_id": sku["id"],
        "application_id": world.application_id,
        "user_id": user_id or world.guilds[guild_id or ""].owner_id,
        "type": TEST_PURCHASE if test and kind == PURCHASE else kind,
        "deleted": False,
        "starts_at": None if test else timestamp(now),
        "ends_at": timestamp(now + seconds) if seconds is not None else None,
        "consumed": False,
    }
    if guild_id is not None:
        entitlement["guild_id"] = guild_id
    world.entitlements[entitlement["id"]] = entitlement
    _tell(world, "ENTITLEMENT_CREATE", entitlement)
    return entitlement


def change_end(world: World, entitlement: dict[str, Any], seconds: float | None) -> None:
    """A subscription now ends in so many seconds (it was cancelled), or never (it was renewed)."""
    entitlement["ends_at"] = None if seconds is None else timestamp(world.clock.time() + seconds)
    _tell(world, "ENTITLEMENT_UPDATE", entitlement)


def take_back(world: World, entitlement: dict[str, Any]) -> None:
    """A purchase is refunded, or Discord takes it away. Ends by themselves are not told like this."""
    if entitlement["deleted"]:
        raise Refused("the entitlement was taken back already")
    entitlement["deleted"] = True
    _tell(world, "ENTITLEMENT_DELETE", entitlement)


def consume(world: World, entitlement: dict[str, Any]) -> None:
    """A thing for one use is used up."""
    entitlement["consumed"] = True
    _tell(world, "ENTITLEMENT_UPDATE", entitlement)


def is_over(world: World, entitlement: dict[str, Any]) -> bool:
    """Whether its time has passed."""
    return entitlement["ends_at"] is not None and entitlement["ends_at"] <= world.now()


def entitlements_for(world: World, user_id: str, guild_id: str | None) -> list[dict[str, Any]]:
    """What an interaction tells: the valid entitlements of the person and of the guild."""
    return [
        dict(one)
        for one in world.entitlements.values()
        if not one["deleted"] and not is_over(world, one) and _belongs(one, user_id, guild_id)
    ]


def _belongs(entitlement: dict[str, Any], user_id: str, guild_id: str | None) -> bool:
    if "guild_id" in entitlement:
        return entitlement["guild_id"] == guild_id
    return entitlement["user_id"] == user_id


def _tell(world: World, name: str, entitlement: dict[str, Any]) -> None:
    """Entitlements need no intent; a guild's are told to its shard, a person's to the first."""
    world.publish(Event(name, dict(entitlement), entitlement.get("guild_id")))
