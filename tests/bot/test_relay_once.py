"""The relay tells each turn exactly once, whatever dies, is lost or limited."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import discord as discord_py
import pytest
from discord.utils import utcnow

from bot.board import Board
from bot.lease import HeldSurface
from tests.bot.canned_api import CannedApi
from tests.bot.canned_stage import Session, now
from tests.bot.relay_process import TOLD, Hung, Process, as_told, play, settled, story
from tests.fakes.discord import DiscordStandin

pytestmark = pytest.mark.asyncio
Start = Callable[[], Awaitable[Process]]


async def test_an_evening_is_told_in_order_and_once(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await play(api, session)
    await settled(api, discord, session)
    assert as_told(story(discord)) == TOLD, discord.transcript()
    assert len([m for m in discord.bot_messages(discord.general) if "Drowned Bell" in m.text]) == 1
    assert not discord.violations and not discord.rejected


WRITES = 20  # what one evening takes: messages, edits, deletions, the thread


@pytest.mark.parametrize(
    "when", ["before_it_is_sent", "before_its_answer_arrives", "with_its_nonce_forgotten"]
)
@pytest.mark.parametrize("at", range(1, WRITES + 1))
async def test_d3_killed_at_any_write_each_turn_still_stands_once(
    at: int, when: str, start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    first = await start()
    hung = Hung(first.client, at, after=when != "before_it_is_sent")
    first.relay.writer = hung
    surface = next(iter(api.surfaces.values()))

    def at_rest() -> bool:
        return hung.dead.is_set() or surface["cursor"] == session.view["seq"]

    await api.feed(session, {"type": "session_created"})
    await api.until(at_rest, poll=True)
    await play(api, session, lambda: api.until(at_rest, poll=True))
    await api.until(at_rest, poll=True)
    assert hung.dead.is_set(), f"only {hung.writes} writes"
    await first.die()
    if when == "with_its_nonce_forgotten":  # as after an hour's outage
        discord.world.nonces.clear()
    await start()
    await settled(api, discord, session)
    assert as_told(story(discord)) == TOLD, discord.transcript()
    assert len(discord.threads()) == 1
    assert len([m for m in discord.bot_messages(discord.general) if "Drowned Bell" in m.text]) == 1


async def test_adopts_what_an_earlier_process_posted_when_nothing_was_saved(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    first = await start()
    await play(api, session)
    await settled(api, discord, session)
    before = [m.id for m in discord.bot_messages(discord.threads()[0])]
    await first.die()
    surface = next(iter(api.surfaces.values()))
    # The API lost all of it, long after Discord has forgotten the nonces.
    surface |= {"cursor": 0, "messages": {}}
    surface["address"].pop("thread_id")
    discord.world.nonces.clear()
    await start()
    await settled(api, discord, session)
    assert as_told(story(discord)) == TOLD
    assert [m.id for m in discord.bot_messages(discord.threads()[0])] == before


async def test_two_processes_post_once_and_the_one_without_the_lease_stays_quiet(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await start()
    await play(api, session, lambda: asyncio.sleep(0.05))
    await settled(api, discord, session)
    assert as_told(story(discord)) == TOLD
    assert len({s["lease_holder"] for s in api.surfaces.values()}) == 1
    assert any(c.status == 409 for c in api.calls_to("POST", "surfaces/.*/lease"))
    assert len(api.calls_to("POST", "surfaces/.*/lease")) <= 6  # and who has none does not ask all the time
    # Not even a nonce was needed: nobody but the holder wrote.
    posted = [c.answer["id"] for c in discord.calls_to("POST", r"/channels/\d+/messages$")]
    assert len(posted) == len(set(posted))


async def test_whoever_loses_the_lease_stops_and_its_late_save_is_refused(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    await settled(api, discord, session)
    surface = next(iter(api.surfaces.values()))
    surface |= {"lease_holder": "another", "fence": surface["fence"] + 1, "lease_until": now(60)}
    await api.resolve(session, 1)
    await api.until(lambda: any(c.status == 409 for c in api.calls_to("PATCH", "surfaces/.*")))
    cursor = surface["cursor"]
    await api.narrate(session, 1, "It is told: nothing.")
    await api.until(lambda: any(c.status == 409 for c in api.calls_to("POST", "surfaces/.*/lease")))
    assert surface["cursor"] == cursor


@pytest.mark.parametrize("path", [r"/channels/\d+/messages$", r"/channels/\d+/threads$"])
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "times": 2},
        {"status": 500, "times": 1},
        {"status": 502, "after_work": True},
        {"lose_response": True},
    ],
)
async def test_d4_limits_failures_and_lost_answers_leave_each_message_once(
    path: str,
    fault: dict[str, Any],
    start: Start,
    api: CannedApi,
    discord: DiscordStandin,
    session: Session,
) -> None:
    discord.fail("POST", path, **fault)
    await start()
    await play(api, session)
    await settled(api, discord, session)
    assert as_told(story(discord)) == TOLD, discord.transcript()
    assert len(discord.threads()) == 1


async def test_the_api_going_away_for_a_while_loses_nothing(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    await settled(api, discord, session)
    api.fail("GET", ".*/events", 503, times=4)
    api.fail("PATCH", "surfaces/.*", 500)
    await api.resolve(session, 1)
    await api.narrate(session, 1, "It is told: the boats are empty.")
    await settled(api, discord, session)
    assert as_told(story(discord)) == ["The Drowned Bell", "Turn 1 told", "table"]


async def test_who_comes_back_to_the_lease_reads_what_the_other_has_posted(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    first = await start()
    await api.begin(session)
    await settled(api, discord, session)
    assert first.task is not None
    first.task.cancel()  # it hears nothing for a while, as behind a broken network
    api.expire_leases()
    second = await start()
    await api.resolve(session, 1)
    await api.narrate(session, 1, "It is told: by the other.")
    await settled(api, discord, session)
    await second.die()
    discord.world.nonces.clear()
    first.relay._followers[session.view["id"]]._held._until = 0.0  # its lease has run out long ago
    await api.resolve(session, 2)
    first.relay.nudge(session.view["id"])
    await settled(api, discord, session)
    assert as_told(story(discord)) == ["The Drowned Bell", "Turn 1 told", "Turn 2", "table"], (
        discord.transcript()
    )


async def test_a_message_has_one_nonce_whoever_posts_it() -> None:
    surface = {"id": "discord.01S", "session_id": "01S", "address": {"channel_id": "5"}}
    boards = [Board(HeldSurface(None, surface, holder, 15), None) for holder in ("one", "two")]  # type: ignore[arg-type]
    assert boards[0].nonce("turn") == boards[1].nonce("turn") != boards[0].nonce("table")
    assert all(len(b.nonce("x" * 200)) <= 25 for b in boards)


async def test_a_turn_is_told_although_the_feed_before_it_was_cleared_away(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    first = await start()
    await api.begin(session)
    await api.resolve(session, 1)
    await settled(api, discord, session)
    await first.die()
    surface = next(iter(api.surfaces.values()))
    session.floor = surface["cursor"]  # the row that says how the turn came out is gone
    await api.narrate(session, 1, "It is told: the boats are empty.")
    await start()
    await settled(api, discord, session)
    assert "It is told: the boats are empty." in discord.transcript()


async def test_a_write_that_waited_past_the_end_of_its_lease_is_not_sent(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    first = await start()
    await api.begin(session)
    await settled(api, discord, session)
    limited = discord.fail("POST", r"/channels/\d+/messages$", status=429, retry_after=0.5)
    await api.resolve(session, 1)
    await api.until(lambda: limited.hits, poll=True)  # discord.py sleeps, and will send it afterwards
    surface = next(iter(api.surfaces.values()))
    surface |= {"lease_holder": "another", "fence": surface["fence"] + 1, "lease_until": now(60)}
    first.relay._followers[session.view["id"]]._held._until = 0.0
    await api.until(lambda: any(c.status == 409 for c in api.calls_to("POST", "surfaces/.*/lease")))
    assert as_told(story(discord)) == ["The Drowned Bell", "table"]


async def test_a_message_whose_answer_was_lost_with_the_lease_is_found_and_not_posted_again(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    first = await start()
    await api.begin(session)
    await settled(api, discord, session)
    held = first.relay._followers[session.view["id"]]._held
    lost = discord.fail("POST", r"/channels/\d+/messages$", status=502, after_work=True)
    await api.resolve(session, 1)
    # It stands there; discord.py sleeps, and would send it again.
    await api.until(lambda: lost.hits and "Turn 1" in discord.transcript(), poll=True)
    held._until = 0.0
    discord.world.nonces.clear()
    await settled(api, discord, session)
    assert as_told(story(discord)) == ["The Drowned Bell", "Turn 1", "table"], discord.transcript()


async def test_an_old_message_that_takes_no_more_edits_holds_nobody_up(
    start: Start, discord: DiscordStandin
) -> None:
    process = await start()
    discord.fail("PATCH", r"/messages/\d+$", status=429, retry_after=600, code=30046, times=2)
    writer, old, young = process.relay.writer, 100000000000000000, discord_py.utils.time_snowflake(utcnow())
    async with asyncio.timeout(10):
        assert not await writer.edit(discord.general.id, discord.guild.id, str(old), {"content": "x"})
        with pytest.raises(discord_py.RateLimited):
            await writer.edit(discord.general.id, discord.guild.id, str(young), {"content": "x"})
