"""The relay tells each turn exactly once, whatever dies, is lost or limited."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

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


async def _evening_with_a_death(
    api: CannedApi,
    discord: DiscordStandin,
    session: Session,
    start: Start,
    at: int,
    after: bool,
) -> bool:
    """Play while the first process dies at write `at`; True when it got that far."""
    first = await start()
    hung = Hung(first.client, at, after)
    first.relay.writer = hung
    await api.feed(session, {"type": "session_created"})
    playing = asyncio.create_task(play(api, session))
    surface = next(iter(api.surfaces.values()))
    dead = asyncio.create_task(hung.dead.wait())
    done = asyncio.create_task(
        api.until(lambda: playing.done() and surface["cursor"] == session.view["seq"], poll=True)
    )
    await asyncio.wait({dead, done}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
    died = hung.dead.is_set()
    dead.cancel()
    done.cancel()
    await playing
    await first.die()
    await start()
    await settled(api, discord, session)
    return died


@pytest.mark.parametrize("after", [False, True], ids=["before_it_is_sent", "before_its_answer_arrives"])
@pytest.mark.parametrize("at", range(1, 16))
async def test_d3_killed_at_any_write_each_turn_still_stands_once(
    at: int,
    after: bool,
    start: Start,
    api: CannedApi,
    discord: DiscordStandin,
    session: Session,
) -> None:
    died = await _evening_with_a_death(api, discord, session, start, at, after)
    assert as_told(story(discord)) == TOLD, f"died={died}\n{discord.transcript()}"
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
    for message in discord.messages():
        message.nonce = None
    await start()
    await settled(api, discord, session)
    assert as_told(story(discord)) == TOLD
    assert [m.id for m in discord.bot_messages(discord.threads()[0])] == before


async def test_two_processes_post_once_and_the_one_without_the_lease_stays_quiet(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await start()
    await play(api, session)
    await settled(api, discord, session)
    assert as_told(story(discord)) == TOLD
    assert len({s["lease_holder"] for s in api.surfaces.values()}) == 1
    assert any(c.status == 409 for c in api.calls_to("POST", "surfaces/.*/lease"))


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
    "fault", [{"status": 429, "times": 2}, {"status": 500, "times": 1}, {"lose_response": True}]
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
