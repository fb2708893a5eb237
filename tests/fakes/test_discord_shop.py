"""SKUs and entitlements: bought, cancelled, refunded, consumed, and told with each interaction."""

import pytest
import pytest_asyncio

from tests.fakes.discord import DiscordStandin
from tests.fakes.raw_bot import RawBot, faults

pytestmark = pytest.mark.asyncio

DURABLE, CONSUMABLE, SUBSCRIPTION = 2, 3, 5


@pytest_asyncio.fixture
async def alice(discord: DiscordStandin, bot: RawBot):
    await bot.register({"name": "act", "description": "x"})
    return discord.add_user("alice")


@pytest.fixture
def premium(discord: DiscordStandin):
    return discord.add_sku("Premium")


@pytest.fixture
def entitlements(discord: DiscordStandin):
    return f"/applications/{discord.application_id}/entitlements"


async def told(alice):
    return [one["id"] for one in (await alice.slash("act")).interaction.payload["entitlements"]]


async def listed(bot, entitlements, **query):
    status, found = await bot.call("GET", entitlements, **query)
    assert status == 200, found
    return [one["id"] for one in found]


async def test_what_is_for_sale_is_listed(discord, bot, premium):
    potion = discord.add_sku("Healing Potion", CONSUMABLE)
    _, found = await bot.call("GET", f"/applications/{discord.application_id}/skus")
    assert found == [premium, potion] and potion["slug"] == "healing-potion"
    assert (premium["type"], premium["flags"]) == (SUBSCRIPTION, 1 << 2 | 1 << 8)
    assert (await bot.call("GET", "/applications/1/skus"))[1]["code"] == 10002


async def test_a_purchase_is_told_and_rides_on_interactions(discord, bot, alice, premium):
    line = await bot.identify(0)
    bought = alice.buy(premium)
    event = await line.event("ENTITLEMENT_CREATE")
    assert (event["id"], event["user_id"], event["type"]) == (bought["id"], alice.id, 8)
    assert await told(alice) == [bought["id"]]
    assert await told(discord.add_user("bob")) == []
    assert discord.violations == []


async def test_a_guilds_subscription_counts_for_everyone_in_it(discord, bot, alice):
    bought = alice.buy(discord.add_sku("Hall", for_guilds=True), guild=discord.guild)
    bob = discord.add_user("bob")
    assert await told(bob) == [bought["id"]]
    assert (await bob.slash("act", channel=bob.dm)).interaction.payload["entitlements"] == []
    assert discord.violations == []


async def test_a_cancelled_subscription_runs_to_its_end_and_ends_silently(
    discord, bot, alice, premium, entitlements
):
    line = await bot.identify()
    bought = alice.buy(premium)
    discord.cancel(bought, seconds=3600)
    assert (await line.event("ENTITLEMENT_UPDATE"))["ends_at"] is not None
    assert await told(alice) == [bought["id"]]
    discord.advance(3601)
    assert await told(alice) == []
    assert await listed(bot, entitlements) == [bought["id"]]
    assert await listed(bot, entitlements, exclude_ended="true") == []
    discord.renew(bought)
    assert (await line.event("ENTITLEMENT_UPDATE"))["ends_at"] is None
    assert await told(alice) == [bought["id"]]


async def test_a_refund_takes_the_entitlement_away(discord, bot, alice, premium, entitlements):
    line = await bot.identify()
    bought = alice.buy(premium)
    discord.refund(bought)
    assert (await line.event("ENTITLEMENT_DELETE"))["deleted"] is True
    assert await told(alice) == [] and await listed(bot, entitlements) == []
    assert await listed(bot, entitlements, exclude_deleted="false") == [bought["id"]]


async def test_a_consumable_is_consumed_once(discord, bot, alice, entitlements):
    line = await bot.identify()
    bought = alice.buy(discord.add_sku("Potion", CONSUMABLE))
    path = f"{entitlements}/{bought['id']}"
    assert (await bot.call("POST", path + "/consume"))[0] == 204
    assert (await line.event("ENTITLEMENT_UPDATE"))["consumed"] is True
    assert (await bot.call("POST", path + "/consume"))[0] == 400
    assert (await bot.call("GET", path))[1]["consumed"] is True
    assert discord.violations == []


async def test_a_subscription_cannot_be_consumed(bot, alice, premium, entitlements):
    bought = alice.buy(premium)
    assert (await bot.call("POST", f"{entitlements}/{bought['id']}/consume"))[0] == 400
    status, error = await bot.call("POST", f"{entitlements}/1/consume")
    assert (status, error["code"]) == (404, 10029)


async def test_entitlements_are_filtered_and_paged(discord, bot, alice, premium, entitlements):
    bob, hall = discord.add_user("bob"), discord.add_sku("Hall", for_guilds=True)
    first, second = alice.buy(premium), bob.buy(premium)
    third = alice.buy(hall, guild=discord.guild)
    ids = [one["id"] for one in (first, second, third)]
    assert await listed(bot, entitlements) == ids
    assert await listed(bot, entitlements, user_id=bob.id) == ids[1:2]
    assert await listed(bot, entitlements, guild_id=discord.guild.id) == ids[2:]
    assert await listed(bot, entitlements, sku_ids=f"{hall['id']},1") == ids[2:]
    assert await listed(bot, entitlements, after=ids[0], limit=1) == ids[1:2]
    assert await listed(bot, entitlements, before=ids[2]) == ids[:2]
    answer = await bot.call("GET", entitlements, limit=101)
    assert [place for place, _ in faults(answer)] == ["limit"]


async def test_a_test_entitlement_is_made_and_deleted_by_the_bot(discord, bot, alice, premium, entitlements):
    body = {"sku_id": premium["id"], "owner_id": alice.id, "owner_type": 2}
    status, made = await bot.call("POST", entitlements, body)
    assert (status, made["starts_at"]) == (200, None)
    assert await told(alice) == [made["id"]]
    for expected in (204, 404):
        assert (await bot.call("DELETE", f"{entitlements}/{made['id']}"))[0] == expected
    assert await told(alice) == []
    for wrong, code in (({"sku_id": "1"}, 10027), ({"owner_id": "1"}, 10013), ({"owner_type": 3}, 50035)):
        assert (await bot.call("POST", entitlements, {**body, **wrong}))[1]["code"] == code


async def test_what_was_bought_is_not_the_bots_to_delete(bot, alice, premium, entitlements):
    bought = alice.buy(premium)
    status, error = await bot.call("DELETE", f"{entitlements}/{bought['id']}")
    assert (status, error["code"]) == (404, 10029)
    assert await told(alice) == [bought["id"]]


async def test_subscriptions_are_listed_for_a_user(discord, bot, alice, premium):
    path = f"/skus/{premium['id']}/subscriptions"
    assert await bot.call("GET", path, user_id=alice.id) == (200, [])
    assert (await bot.call("GET", path))[1]["code"] == 50035
    assert (await bot.call("GET", "/skus/1/subscriptions", user_id=alice.id))[1]["code"] == 10027
