"""REST: what the application sells, and entitlements. The list of SKUs is not in the published cut."""

from typing import Any

from tests.fakes.discord import shop
from tests.fakes.discord.errors import DiscordError, invalid, unknown
from tests.fakes.discord.routing import Answer, Call, Routes
from tests.fakes.discord.world import World

routes = Routes()

ENTITLEMENTS = "/applications/{application}/entitlements"
PAGE_LIMIT = 100
GUILD_OWNER, USER_OWNER = 1, 2
TRUE = ("1", "true", "True")


@routes.on("GET", "/applications/{application}/skus")
def skus(world: World, call: Call) -> Answer:
    """Everything that is for sale."""
    _require_own(world, call)
    return 200, list(world.skus.values())


@routes.on("GET", "/skus/{sku}/subscriptions")
def subscriptions(world: World, call: Call) -> Answer:
    """The subscriptions to one SKU: the stand-in keeps entitlements alone."""
    if call.params["sku"] not in world.skus:
        raise unknown("SKU")
    if "user_id" not in call.query:
        raise invalid("user_id", "BASE_TYPE_REQUIRED", "This field is required")
    return 200, []


@routes.on("GET", ENTITLEMENTS)
def entitlements(world: World, call: Call) -> Answer:
    """A page of entitlements, oldest first; those taken back only on request."""
    _require_own(world, call)
    query, found = call.query, list(world.entitlements.values())
    limit = int(query.get("limit", PAGE_LIMIT))
    if not 1 <= limit <= PAGE_LIMIT:
        raise invalid("limit", "NUMBER_TYPE_MAX", f"int value should be between 1 and {PAGE_LIMIT}.")
    if query.get("exclude_deleted", "true") in TRUE:
        found = [one for one in found if not one["deleted"]]
    if query.get("exclude_ended") in TRUE:
        found = [one for one in found if not shop.is_over(world, one)]
    if "sku_ids" in query:
        found = [one for one in found if one["sku_id"] in query["sku_ids"].split(",")]
    for owner in ("user_id", "guild_id"):
        if owner in query:
            found = [one for one in found if one.get(owner) == query[owner]]
    if "after" in query:
        found = [one for one in found if int(one["id"]) > int(query["after"])]
    if "before" in query:
        return 200, [one for one in found if int(one["id"]) < int(query["before"])][-limit:]
    return 200, found[:limit]


@routes.on("POST", ENTITLEMENTS)
def create(world: World, call: Call) -> Answer:
    """A test entitlement."""
    _require_own(world, call)
    sku, owner = world.skus.get(str(call.body.get("sku_id"))), str(call.body.get("owner_id"))
    if sku is None:
        raise unknown("SKU")
    if call.body.get("owner_type") == GUILD_OWNER:
        return 200, shop.grant(world, sku, None, world.guild(owner).id, test=True)
    if call.body.get("owner_type") != USER_OWNER:
        raise invalid("owner_type", "BASE_TYPE_CHOICES", "Value must be one of (1, 2).")
    if owner not in world.accounts:
        raise unknown("User")
    return 200, shop.grant(world, sku, owner, test=True)


@routes.on("GET", ENTITLEMENTS + "/{entitlement}")
def read(world: World, call: Call) -> Answer:
    """One entitlement."""
    return 200, _entitlement(world, call)


@routes.on("DELETE", ENTITLEMENTS + "/{entitlement}")
def delete(world: World, call: Call) -> Answer:
    """Take a test entitlement away; bought ones are not the application's to take."""
    entitlement = _entitlement(world, call)
    if entitlement["starts_at"] is not None or entitlement["deleted"]:
        raise unknown("Entitlement")
    shop.take_back(world, entitlement)
    return 204, None


@routes.on("POST", ENTITLEMENTS + "/{entitlement}/consume")
def consume(world: World, call: Call) -> Answer:
    """Mark a thing for one use as used up."""
    entitlement = _entitlement(world, call)
    consumable = world.skus[entitlement["sku_id"]]["type"] == shop.CONSUMABLE
    if not consumable or entitlement["consumed"] or entitlement["deleted"]:
        raise DiscordError(400, 0, "This entitlement cannot be consumed")
    shop.consume(world, entitlement)
    return 204, None


def _require_own(world: World, call: Call) -> None:
    if call.params["application"] != world.application_id:
        raise DiscordError(404, 10002, "Unknown Application")


def _entitlement(world: World, call: Call) -> dict[str, Any]:
    _require_own(world, call)
    found = world.entitlements.get(call.params["entitlement"])
    if found is None:
        raise unknown("Entitlement")
    return found
