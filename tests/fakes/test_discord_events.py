"""Scheduled events of a guild."""

import pytest

from tests.fakes.discord.clock import timestamp
from tests.fakes.raw_bot import faults

pytestmark = pytest.mark.asyncio


def evening(clock, **changes):
    return {
        "name": "Session 2",
        "privacy_level": 2,
        "entity_type": 3,
        "entity_metadata": {"location": "#general"},
        "scheduled_start_time": timestamp(clock.time() + 3600),
        "scheduled_end_time": timestamp(clock.time() + 7200),
        **changes,
    }


async def test_an_event_is_made_told_changed_and_deleted(discord, bot, clock):
    line = await bot.identify()
    path = f"/guilds/{discord.guild.id}/scheduled-events"
    _, event = await bot.call("POST", path, evening(clock))
    assert (await line.event("GUILD_SCHEDULED_EVENT_CREATE"))["name"] == "Session 2"
    await bot.call("PATCH", f"{path}/{event['id']}", {"name": "Session 3"})
    assert (await bot.call("GET", path))[1][0]["name"] == "Session 3"
    assert (await bot.call("DELETE", f"{path}/{event['id']}"))[0] == 204
    assert (await bot.call("GET", f"{path}/{event['id']}"))[1]["code"] == 10070
    assert discord.scheduled_events == []


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": "x" * 101}, "name"),
        ({"name": ""}, "name"),
        ({"description": "x" * 1001}, "description"),
        ({"scheduled_end_time": None}, "scheduled_end_time"),
        ({"entity_metadata": None}, "entity_metadata.location"),
        ({"scheduled_start_time": "2020-01-01T00:00:00+00:00"}, "scheduled_start_time"),
    ],
)
async def test_a_broken_event_is_rejected(discord, bot, clock, changes, place):
    path = f"/guilds/{discord.guild.id}/scheduled-events"
    answer = await bot.call("POST", path, evening(clock, **changes))
    assert [where for where, _ in faults(answer)] == [place]


async def test_making_events_needs_create_events(discord, bot, clock):
    discord.take_from_bot("create_events")
    status, error = await bot.call("POST", f"/guilds/{discord.guild.id}/scheduled-events", evening(clock))
    assert (status, error["code"]) == (403, 50013)
