"""Faults on command, rate-limit headers, and lost answers."""

import aiohttp
import pytest

pytestmark = pytest.mark.asyncio


async def test_a_429_tells_how_long_to_wait_and_happens_as_often_as_ordered(discord, bot):
    fault = discord.fail("POST", r"/messages$", status=429, times=2, retry_after=0.7)
    for _ in range(2):
        status, body = await bot.send({"content": "x"})
        assert (status, body["retry_after"], body["global"]) == (429, 0.7, False)
    assert (await bot.send({"content": "x"}))[0] == 200
    assert fault.hits == 2 and len(discord.messages()) == 1


async def test_every_answer_has_rate_limit_headers(discord, bot):
    async with bot._http.get(discord.api_base + "/gateway") as answer:
        assert {"X-RateLimit-Bucket", "X-RateLimit-Remaining", "Via"} <= set(answer.headers)
        assert answer.headers["Content-Type"] == "application/json"


async def test_a_server_error_does_no_work(discord, bot):
    discord.fail("POST", r"/messages$", status=503, code=130000, message="overloaded")
    status, body = await bot.send({"content": "x"})
    assert (status, body["code"]) == (503, 130000)
    assert discord.messages() == [] and discord.violations == []


async def test_a_fault_spares_other_requests(discord, bot):
    discord.fail("POST", r"/threads$", status=500)
    assert (await bot.send({"content": "x"}))[0] == 200


async def test_a_lost_response_has_done_its_work(discord, bot):
    discord.fail("POST", r"/messages$", lose_response=True)
    body = {"content": "once", "nonce": "n", "enforce_nonce": True}
    with pytest.raises(aiohttp.ClientError):
        await bot.send(body)
    assert [message.text for message in discord.messages()] == ["once"]
    assert (await bot.send(body))[0] == 200
    assert len(discord.messages()) == 1


async def test_calls_and_rejections_are_recorded(discord, bot):
    await bot.send({"content": "x"})
    await bot.send({})
    assert [call.status for call in discord.calls_to("POST", r"/messages$")] == [200, 400]
    assert [call.answer["code"] for call in discord.rejected] == [50006]
