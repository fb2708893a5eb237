"""What goes first where a channel takes only so many writes, and what becomes of messages that take no more edits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import discord as discord_py
import pytest
import pytest_asyncio

from bot import thread_writer
from bot.app import point_discord_at
from bot.write_budget import RESERVED, WRITES, WriteBudget
from tests.bot.canned_api import CannedApi
from tests.bot.canned_stage import Session, ulid
from tests.bot.relay_process import Process, as_told, settled, story
from tests.fakes.discord import DiscordStandin, RateLimits

Start = Callable[[], Awaitable[Process]]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_streamed_edits_wait_before_the_table_does_and_what_was_decided_never_waits() -> None:
    clock = Clock()
    budget = WriteBudget(clock=clock)
    for _ in range(2):
        budget.note("1")
        clock.now += 1
    assert budget.wait("1", "stream") == 0
    budget.note("1")
    assert budget.wait("1", "stream") == pytest.approx(3) and budget.wait("1", "table") == 0
    budget.note("1")
    assert budget.wait("1", "table") == pytest.approx(3)
    for _ in range(5):
        budget.note("1")
    assert budget.wait("1", "mechanics") == 0 and budget.wait("1", "prose") == 0
    assert budget.wait("2", "stream") == 0, "each channel has a budget of its own"
    clock.now += 5
    assert budget.wait("1", "stream") == 0


@pytest.mark.asyncio
async def test_an_outcome_is_posted_before_the_prose_of_an_earlier_turn(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    await api.resolve(session, 1)
    await settled(api, discord, session)
    api.deaf = True
    await api.narrate(session, 1, "It is told: the boats are empty.")
    await api.resolve(session, 2)
    before = len(discord.calls)
    api.deaf = False
    api.wake(session)
    await settled(api, discord, session)
    writes = [
        str(c.body) for c in discord.calls[before:] if c.method in ("POST", "PATCH") and "/messages" in c.path
    ]
    outcome = next(n for n, body in enumerate(writes) if f"coc:turn:{ulid(2, 'T')}:why" in body)
    prose = next(n for n, body in enumerate(writes) if "the boats are empty" in body)
    table = next(n for n, body in enumerate(writes) if "What can I do?" in body)
    assert outcome < prose < table
    assert as_told(story(discord)) == ["The Drowned Bell", "Turn 1 told", "Turn 2", "table"]


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["turn_withdrawn", "narration_withdrawn"])
async def test_a_passage_that_was_taken_back_in_the_same_look_is_not_shown(
    kind: str, start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    await api.resolve(session, 1)
    await settled(api, discord, session)
    api.deaf = True
    turn_id = await api.narrate(session, 1, "It is told: what nobody wants to read.")
    await api.feed(session, {"type": kind, "turn_id": turn_id, "turn_ids": [turn_id], "reason": "x_card"})
    api.deaf = False
    api.wake(session)
    await settled(api, discord, session)
    assert not [c for c in discord.calls if "what nobody wants" in str(c.body)]


@pytest.mark.asyncio
async def test_two_versions_of_a_passage_keep_their_order(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    await api.resolve(session, 1)
    await settled(api, discord, session)
    api.deaf = True
    turn_id = await api.narrate(session, 1, "It is told: the first words.")
    again = {"turn_id": turn_id, "turn_ids": [turn_id], "turn_number": 1, "kind": "beat", "narrator": "x"}
    await api.feed(session, {"type": "turn_narrated", "text": "It is told: better words.", **again})
    api.deaf = False
    api.wake(session)
    await settled(api, discord, session)
    shown = next(m for m in discord.bot_messages(discord.threads()[0]) if "What happened?" in m.labels)
    assert "better words" in shown.text and "first words" not in shown.text


@pytest.mark.asyncio
async def test_a_table_that_grows_old_is_posted_anew_and_not_edited(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start()
    await api.begin(session)
    await settled(api, discord, session)
    old = next(m for m in discord.bot_messages(discord.threads()[0]) if "What can I do?" in m.labels)
    monkeypatch.setattr(thread_writer, "SOON_OLD", timedelta(hours=-1))
    session.view["party"][1]["hp"] = 3
    await api.feed(
        session, {"type": "intent_changed", "turn_id": ulid(1, "T"), "character_id": "c", "events": []}
    )
    await settled(api, discord, session)
    tables = [m for m in discord.bot_messages(discord.threads()[0]) if "What can I do?" in m.labels]
    assert len(tables) == 1 and tables[0].id != old.id and "3/20 HP" in tables[0].text
    assert not discord.calls_to("PATCH", f"/messages/{old.id}$")


@pytest.mark.asyncio
async def test_a_narration_is_posted_anew_when_its_message_takes_no_more_edits(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start()
    await api.begin(session)
    await api.resolve(session, 1)
    await settled(api, discord, session)
    monkeypatch.setattr(thread_writer, "OLD", timedelta(hours=-1))
    discord.fail("PATCH", r"/messages/\d+$", status=429, retry_after=600, code=30046)
    await api.narrate(session, 1, "It is told: the boats are empty.")
    await settled(api, discord, session)
    told = [m for m in discord.bot_messages(discord.threads()[0]) if "the boats are empty" in m.text]
    assert len(told) == 1 and as_told(story(discord))[-1] == "table"


@pytest_asyncio.fixture
async def strict() -> AsyncIterator[DiscordStandin]:
    async with DiscordStandin(rate_limits=RateLimits()) as standin:
        yield standin


@pytest.mark.asyncio
@pytest.mark.slow
async def test_d9_a_long_narration_never_takes_the_writes_that_an_outcome_needs(
    strict: DiscordStandin, api: CannedApi
) -> None:
    session = api.add_session(
        strict.general.id, strict.guild.id, [(strict.owner.id, "Owner")], status="lobby"
    )
    base, gateway = discord_py.http.Route.BASE, discord_py.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    point_discord_at(strict.api_base, strict.gateway_url)
    process = Process(api)
    process.relay.writer.budget = WriteBudget()
    process.relay.edit_seconds = 0.05  # only the budget holds the stream back
    try:
        await process.start()
        await api.begin(session)
        turn_id = await api.resolve(session, 1)
        await settled(api, strict, session)
        offset = 0
        for n in range(60):
            word = f"word{n} "
            delta = {
                "session_id": session.view["id"],
                "turn_id": turn_id,
                "attempt": 1,
                "offset": offset,
                "text": word,
            }
            api.publish("narration_delta", delta)
            offset += len(word)
            await asyncio.sleep(0.05)
        outcome = next(m for m in strict.bot_messages(strict.threads()[0]) if "What happened?" in m.labels)
        assert len(strict.calls_to("PATCH", f"/messages/{outcome.id}$")) <= WRITES - RESERVED["stream"]
        await api.resolve(session, 2)
        await strict.until(
            lambda: any("Turn 2" in m.text for m in strict.bot_messages(strict.threads()[0])), 3
        )
        await api.narrate(session, 1, "It is told: whole.")
        await settled(api, strict, session)
        assert [c.path for c in strict.calls if c.status == 429] == [] and not strict.violations
        assert as_told(story(strict)) == ["The Drowned Bell", "Turn 1 told", "Turn 2", "table"]
    finally:
        await process.die()
        discord_py.http.Route.BASE, discord_py.gateway.DiscordWebSocket.DEFAULT_GATEWAY = base, gateway
