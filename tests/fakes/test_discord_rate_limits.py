"""Rate limits: buckets per route, the global one, and the budget of invalid requests. Off unless asked for."""

import pytest
import pytest_asyncio

from tests.fakes.discord import Allowance, DiscordStandin, FrozenClock, RateLimits
from tests.fakes.raw_bot import RawBot
from tests.fakes.test_discord_sample_bot import running_bot

pytestmark = pytest.mark.asyncio

SEND = "POST /channels/{channel}/messages"


@pytest_asyncio.fixture
async def limited(clock: FrozenClock):
    async with DiscordStandin(clock=clock, rate_limits=RateLimits()) as standin, RawBot(standin) as raw:
        yield raw


async def codes(bot: RawBot, times: int, body=None, channel=None):
    return [(await bot.send(body or {"content": "x"}, channel))[0] for _ in range(times)]


async def test_without_limits_a_bot_may_send_as_fast_as_it_likes(discord, bot):
    assert await codes(bot, 60) == [200] * 60


async def test_the_sixth_message_in_five_seconds_is_turned_away(limited, clock):
    assert await codes(limited, 5) == [200] * 5
    status, error = await limited.send({"content": "x"})
    assert (status, error) == (
        429,
        {"message": "You are being rate limited.", "retry_after": 5.0, "global": False},
    )
    assert len(limited.discord.messages()) == 5 and limited.discord.rejected == []
    clock.advance(5)
    assert await codes(limited, 5) == [200] * 5


async def test_headers_tell_what_is_left_of_a_bucket(limited, clock):
    path = f"/channels/{limited.discord.general.id}/messages"
    _, first = await limited.headers("POST", path, {"content": "x"})
    clock.advance(2)
    _, second = await limited.headers("POST", path, {"content": "x"})
    assert (first["X-RateLimit-Limit"], first["X-RateLimit-Remaining"]) == ("5", "4")
    assert (second["X-RateLimit-Remaining"], second["X-RateLimit-Reset-After"]) == ("3", "3.000")
    assert float(second["X-RateLimit-Reset"]) == pytest.approx(clock.time() + 3, abs=0.01)
    assert first["X-RateLimit-Bucket"] == second["X-RateLimit-Bucket"]
    await codes(limited, 3)
    status, last = await limited.headers("POST", path, {"content": "x"})
    assert (status, last["Retry-After"], last["X-RateLimit-Scope"]) == (429, "3", "user")
    assert last["X-RateLimit-Remaining"] == "0" and "Via" in last


async def test_each_channel_and_each_route_has_a_bucket_of_its_own(limited):
    await codes(limited, 5)
    tavern = limited.discord.add_channel("tavern")
    assert await codes(limited, 5, channel=tavern) == [200] * 5
    assert (await limited.call("GET", f"/channels/{limited.discord.general.id}/messages"))[0] == 200


async def test_a_refused_request_uses_its_bucket_up_too(limited):
    await codes(limited, 5, {"content": ""})
    assert (await limited.send({"content": "x"}))[0] == 429


async def test_51_requests_in_a_second_meet_the_global_limit(limited, clock):
    places = [limited.discord.add_channel(f"c{number}") for number in range(11)]
    answers = [code for place in places[:10] for code in await codes(limited, 5, channel=place)]
    assert answers == [200] * 50
    path = f"/channels/{places[10].id}"
    status, error = await limited.call("GET", path)
    assert (status, error["global"], error["retry_after"]) == (429, True, 1.0)
    _, headers = await limited.headers("GET", path)
    assert (headers["X-RateLimit-Global"], headers["X-RateLimit-Scope"]) == ("true", "global")
    clock.advance(1)
    assert (await limited.call("GET", path))[0] == 200


async def test_answers_to_interactions_are_outside_the_global_limit(clock):
    limits = RateLimits(all_requests=Allowance(1, 60))
    async with DiscordStandin(clock=clock, rate_limits=limits) as discord, RawBot(discord) as bot:
        await bot.register({"name": "act", "description": "x"})
        reply = await discord.add_user("alice").slash("act")
        assert (await bot.answer(reply, 5))[0] == 204
        assert (await bot.follow_up(reply, {"content": "x"}))[0] == 200
        assert (await bot.call("GET", "/users/@me"))[0] == 429


async def test_a_third_new_name_in_ten_minutes_waits_though_the_bucket_is_open(limited, clock):
    await limited.call("POST", f"/channels/{limited.discord.general.id}/threads", {"name": "a", "type": 11})
    path = f"/channels/{limited.discord.threads()[0].id}"
    for name in ("b", "c"):
        assert (await limited.call("PATCH", path, {"name": name}))[0] == 200
    status, error = await limited.call("PATCH", path, {"name": "d"})
    assert (status, error["retry_after"]) == (429, 600.0)
    assert (await limited.call("PATCH", path, {"archived": True}))[0] == 200
    clock.advance(600)
    assert (await limited.call("PATCH", path, {"archived": False, "name": "d"}))[0] == 200


async def test_invalid_requests_are_counted_for_ten_minutes_also_without_limits(discord, bot, clock):
    discord.take_from_bot("send_messages")
    assert await codes(bot, 3) == [403] * 3
    assert (await RawBot(discord, "stolen").call("GET", "/users/@me"))[0] == 401
    discord.fail("GET", "/users/@me", status=429)
    await bot.call("GET", "/users/@me")
    await bot.call("GET", "/channels/1")
    assert discord.invalid_requests == 5
    clock.advance(600)
    assert discord.invalid_requests == 0


async def test_too_many_invalid_requests_are_answered_by_cloudflare(clock):
    limits = RateLimits(invalid_requests=Allowance(3, 600))
    async with DiscordStandin(clock=clock, rate_limits=limits) as discord, RawBot(discord) as bot:
        for _ in range(3):
            assert (await bot.call("PATCH", f"/channels/{discord.general.id}", {"nsfw": True}))[0] == 403
        status, headers = await bot.headers("GET", "/users/@me")
        assert (status, headers["Content-Type"].partition(";")[0]) == (429, "text/html")
        assert "Via" not in headers
        clock.advance(600)
        assert (await bot.call("GET", "/users/@me"))[0] == 200


async def test_a_shard_that_identifies_within_five_seconds_of_another_has_to_wait(limited, clock):
    await limited.identify(shard=[0, 2])
    line = await limited.connect()
    await line.identify(limited.discord.world.token, 1, [1, 2])
    payload = await line.next()
    assert (payload["op"], payload["d"]) == (9, False)
    clock.advance(5)
    await limited.identify(shard=[1, 2])


async def test_unmodified_discord_py_waits_a_bucket_out_and_loses_nothing():
    limits = RateLimits(per_route={SEND: Allowance(3, 0.4)})
    async with DiscordStandin(rate_limits=limits) as discord, running_bot(discord):
        await discord.add_user("alice").say("count 10")
        await discord.until(lambda: len(discord.bot_messages()) == 10)
        texts = {message.text for message in discord.bot_messages()}
        assert texts == {f"number {number}" for number in range(10)}
        assert [call.status for call in discord.calls_to("POST", r"/messages$")].count(200) == 10
        assert discord.violations == [] and discord.rejected == []


async def test_unmodified_discord_py_waits_the_global_limit_out():
    limits = RateLimits(all_requests=Allowance(4, 0.3), per_route={SEND: Allowance(50, 1)})
    async with DiscordStandin(rate_limits=limits) as discord, running_bot(discord):
        await discord.add_user("alice").say("count 9")
        await discord.until(lambda: len(discord.bot_messages()) == 9)
        refused = [call for call in discord.calls if call.status == 429]
        assert refused and all(call.answer["global"] for call in refused)
        assert discord.violations == [] and discord.rejected == []
