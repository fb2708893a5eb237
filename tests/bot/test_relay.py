"""The relay: whatever is lost, killed, limited or deleted, the thread tells each turn exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import discord as discord_py
import pytest
import pytest_asyncio

from bot.api_client import ApiClient
from bot.app import point_discord_at
from bot.relay import Relay
from bot.thread_writer import ThreadWriter
from tests.bot.canned_api import SERVICE_TOKEN, CannedApi
from tests.bot.canned_stage import Session, now, ulid
from tests.fakes.discord import DiscordStandin, threads

pytestmark = pytest.mark.asyncio


class Hung(ThreadWriter):
    """A writer whose process dies at its n-th write: just before it is sent, or just before its answer arrives."""

    def __init__(self, client: discord_py.Client, at: int, after: bool) -> None:
        super().__init__(client)
        self.at, self.after, self.writes = at, after, 0
        self.dead = asyncio.Event()

    async def _step(self, work: Callable[[], Awaitable[Any]]) -> Any:
        self.writes += 1
        if self.writes == self.at:
            if self.after:
                await work()
            self.dead.set()
            await asyncio.Event().wait()
        return await work()

    async def send(self, *args: Any, **kwargs: Any) -> str:
        return await self._step(lambda: super(Hung, self).send(*args, **kwargs))

    async def edit(self, *args: Any, **kwargs: Any) -> bool:
        return await self._step(lambda: super(Hung, self).edit(*args, **kwargs))

    async def delete(self, *args: Any, **kwargs: Any) -> None:
        return await self._step(lambda: super(Hung, self).delete(*args, **kwargs))

    async def open_thread(self, *args: Any, **kwargs: Any) -> tuple[str, bool]:
        return await self._step(lambda: super(Hung, self).open_thread(*args, **kwargs))


class Process:
    """What one bot process holds: a client, an API client, a relay that runs."""

    def __init__(self, api: CannedApi) -> None:
        self.api = api
        self.client = discord_py.Client(intents=discord_py.Intents.none())
        self.http = ApiClient(api.url, SERVICE_TOKEN, stream_url=api.url)
        self.relay = Relay(self.client, self.http, lease_seconds=30, edit_seconds=0.05)
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> Process:
        await self.client.login("stand-in-token")
        self.task = asyncio.create_task(self.relay.run())
        return self

    async def die(self) -> None:
        """Stop without giving anything back, as a killed process does; its lease runs out."""
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        for follower in self.relay._followers.values():
            if follower._timer is not None:
                follower._timer.cancel()
            if follower._task is not None:
                follower._task.cancel()
        await self.client.close()
        await self.http.close()
        self.api.expire_leases()


@pytest_asyncio.fixture
async def start(api: CannedApi, discord: DiscordStandin) -> AsyncIterator[Callable[[], Awaitable[Process]]]:
    base, gateway = discord_py.http.Route.BASE, discord_py.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    point_discord_at(discord.api_base, discord.gateway_url)
    running: list[Process] = []

    async def one() -> Process:
        running.append(await Process(api).start())
        return running[-1]

    yield one
    for process in running:
        if process.task is not None and not process.client.is_closed():
            await process.die()
    discord_py.http.Route.BASE, discord_py.gateway.DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@pytest.fixture
def session(api: CannedApi, discord: DiscordStandin) -> Session:
    ana, bo = discord.add_user("ana"), discord.add_user("bo")
    users = [(ana.id, "Ana"), (bo.id, "Bo")]
    return api.add_session(discord.general.id, discord.guild.id, users, status="lobby")


async def settled(api: CannedApi, discord: DiscordStandin, session: Session) -> None:
    """The relay has posted everything up to the head of the feed."""
    surface = next(s for s in api.surfaces.values() if s["session_id"] == session.view["id"])
    await api.until(lambda: surface["cursor"] == session.view["seq"], what=f"cursor; {discord.transcript()}")


def story(discord: DiscordStandin) -> list[str]:
    """The thread as a reader sees it: one word for each of the bot's messages."""
    thread = discord.threads()[0]
    out = []
    for message in discord.bot_messages(thread):
        labels = message.labels
        text = message.text
        if "What can I do?" in labels:
            out.append("table")
        elif "What happened?" in labels or "The story so far" in labels:
            out.append(text.split("\n")[0] + (" told" if "It is told" in text else ""))
        else:
            out.append(text)
    return out


async def play(api: CannedApi, session: Session) -> None:
    """An evening: the opening, a turn with its narration, talk, dice, a second turn that is told."""
    await api.begin(session)
    await api.feed(session, {"type": "chat_said", "user_id": "", "name": "Mei", "character_name": "", "text": "hello",
                             "source": "web"})  # fmt: skip
    await api.resolve(session, 1)
    await api.narrate(session, 1, "It is told: the boats are empty.")
    await api.feed(
        session, {"type": "dice_rolled", "name": "Bo", "expression": "1d6", "total": 4, "detail": "(4)"}
    )
    await api.resolve(session, 2)
    await api.narrate(session, 2, "It is told: the bell is near.")


TOLD = [
    "The Drowned Bell",
    "💬 hello",
    "Turn 1 told",
    "🎲 **Bo** rolls `1d6` → **4**  (4)",
    "Turn 2 told",
    "table",
]


def as_told(lines: list[str]) -> list[str]:
    return [line.replace("Mei\n", "").split("\nfrom")[0] for line in lines]


async def test_an_evening_is_told_in_order_and_once(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
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
    start: Callable[[], Awaitable[Process]],
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
    start: Callable[[], Awaitable[Process]],
    api: CannedApi,
    discord: DiscordStandin,
    session: Session,
) -> None:
    died = await _evening_with_a_death(api, discord, session, start, at, after)
    assert as_told(story(discord)) == TOLD, f"died={died}\n{discord.transcript()}"
    assert len(discord.threads()) == 1
    assert len([m for m in discord.bot_messages(discord.general) if "Drowned Bell" in m.text]) == 1


async def test_adopts_what_an_earlier_process_posted_when_nothing_was_saved(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
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
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await start()
    await play(api, session)
    await settled(api, discord, session)
    assert as_told(story(discord)) == TOLD
    assert len({s["lease_holder"] for s in api.surfaces.values()}) == 1
    assert any(c.status == 409 for c in api.calls_to("POST", "surfaces/.*/lease"))


async def test_whoever_loses_the_lease_stops_and_its_late_save_is_refused(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
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
    start: Callable[[], Awaitable[Process]],
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
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
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


async def test_a_private_thread_is_opened_and_everyone_with_a_seat_is_in_it(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    await settled(api, discord, session)
    thread = discord.threads()[0]
    users = [m["act_for"].removeprefix("discord:") for m in session.view["party"]]
    await discord.until(lambda: set(users) <= set(thread.member_ids))
    assert thread.is_private and thread.name.endswith(session.view["id"][-6:])
    late = discord.add_user("late")
    session.view["party"].append(api.member(late.id, "Late", 2))
    await api.feed(
        session,
        {"type": "member_joined", "character_id": "c", "name": "L", "player_name": "Late", "user_id": ""},
    )
    await discord.until(lambda: late.id in thread.member_ids)


async def test_without_private_threads_a_public_one_hangs_on_the_lobby(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    discord.take_from_bot("create_private_threads")
    await start()
    await api.feed(session, {"type": "session_created"})
    await api.begin(session)
    await settled(api, discord, session)
    thread = discord.threads()[0]
    assert not thread.is_private and thread.id == next(iter(api.surfaces.values()))["messages"]["lobby"]
    assert as_told(story(discord)) == ["The Drowned Bell", "table"]


async def test_d11_a_permission_that_is_missing_in_the_thread_is_named_in_the_channel(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    await settled(api, discord, session)
    discord.take_from_bot("send_messages_in_threads")
    await api.resolve(session, 1)
    told = await discord.message(lambda m: "Send Messages in Threads" in m.text, discord.general)
    assert told.author is discord.bot
    assert len([m for m in discord.bot_messages(discord.general) if "permission" in m.text]) == 1


async def test_d10_an_archived_thread_is_opened_again_for_an_edit(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    await api.resolve(session, 1)
    await settled(api, discord, session)
    discord.threads()[0].archived = True
    await api.narrate(session, 1, "It is told: after a long sleep.")
    await settled(api, discord, session)
    assert as_told(story(discord)) == ["The Drowned Bell", "Turn 1 told", "table"]


async def test_a_message_that_a_moderator_deleted_is_posted_again_once(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    await api.resolve(session, 1)
    await settled(api, discord, session)
    outcome = next(m for m in discord.bot_messages(discord.threads()[0]) if "What happened?" in m.labels)
    await discord.owner.delete(outcome)
    await api.narrate(session, 1, "It is told: all the same.")
    await settled(api, discord, session)
    assert sorted(as_told(story(discord))) == ["The Drowned Bell", "Turn 1 told", "table"]


async def test_a_deleted_thread_is_replaced_and_the_story_goes_on(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    await settled(api, discord, session)
    old = discord.threads()[0]
    threads.delete(discord.world, old)
    await api.resolve(session, 1)
    await settled(api, discord, session)
    assert discord.threads() and discord.threads()[0] is not old
    assert as_told(story(discord))[-2:] == ["Turn 1", "table"]


async def test_d9_the_table_is_not_edited_for_every_single_statement(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    process = await start()
    process.relay.edit_seconds = 0.5
    await api.begin(session)
    await settled(api, discord, session)
    table = next(m for m in discord.bot_messages(discord.threads()[0]) if "What can I do?" in m.labels)
    before = len(discord.calls_to("PATCH", f"/messages/{table.id}$"))
    for n in range(12):
        session.view["turn"]["waiting_for"] = session.view["turn"]["waiting_for"][:1]
        session.view["party"][1]["gold"] = n
        session.view["party"][1]["hp"] = n + 1
        await api.feed(session, {"type": "action_stated", "turn_id": ulid(1, "T"), "turn_number": 1,
                                 "character_id": "c", "character_name": "Bo", "text": "x", "button": False,
                                 "waiting_for": []})  # fmt: skip
    await settled(api, discord, session)
    assert 1 <= len(discord.calls_to("PATCH", f"/messages/{table.id}$")) - before <= 3
    assert "12/20" in table.text


async def test_deeds_of_an_open_beat_share_its_one_message(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    first = await start()
    await api.begin(session)
    check = {"type": "turn_passed", "actor": "c", "actor_name": "Ana", "reason": "chosen"}
    deed = {
        "type": "deed_resolved",
        "turn_id": ulid(1, "T"),
        "character_id": "c",
        "text": "looks",
        "events": [check],
    }
    await api.feed(session, deed | {"character_name": "Ana"})
    await settled(api, discord, session)
    await first.die()
    await start()
    await api.feed(session, deed | {"character_name": "Bo"})
    await settled(api, discord, session)
    assert as_told(story(discord)) == ["The Drowned Bell", "Turn 1", "table"]
    message = next(m for m in discord.bot_messages(discord.threads()[0]) if "What happened?" in m.labels)
    assert "Ana: looks" in message.text and "Bo: looks" in message.text


async def test_turns_that_are_told_together_lose_their_waiting_line(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    first, second = await api.resolve(session, 1), await api.resolve(session, 2)
    await settled(api, discord, session)
    await api.feed(session, {"type": "turn_narrated", "turn_id": second, "turn_ids": [first, second], "turn_number": 2,
                             "kind": "beat", "text": "It is told: both.", "narrator": "model"})  # fmt: skip
    await settled(api, discord, session)
    assert as_told(story(discord)) == ["The Drowned Bell", "Turn 1", "Turn 2 told", "table"]
    assert not any("finding the words" in m.text for m in discord.bot_messages(discord.threads()[0]))


async def test_the_end_is_told_once_and_takes_the_buttons_away(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    session.view |= {
        "status": "completed",
        "turn": None,
        "seed": "feed",
        "ending": {"key": "x", "name": "Silence"},
    }
    await api.feed(
        session, {"type": "session_ended", "ending": "x", "ending_name": "Silence", "reason": "ending"}
    )
    await settled(api, discord, session)
    texts = [m.text for m in discord.bot_messages(discord.threads()[0])]
    assert len([t for t in texts if "🏁 Silence" in t]) == 1 and "table" not in story(discord)
    lobby = next(m for m in discord.bot_messages(discord.general))
    assert "The adventure is over" in lobby.text and not lobby.buttons


async def test_a_wake_up_that_is_lost_costs_time_and_nothing_else(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    process = await start()
    await api.begin(session)
    await settled(api, discord, session)
    api.deaf = True
    await api.resolve(session, 1)
    process.relay._look.set()  # what the relay's own clock does
    await settled(api, discord, session)
    assert as_told(story(discord)) == ["The Drowned Bell", "Turn 1", "table"]


async def test_talk_from_everywhere_is_shown_and_cannot_ping(
    start: Callable[[], Awaitable[Process]], api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    for source in ("web", "discord"):
        await api.feed(session, {"type": "chat_said", "user_id": "", "name": "@everyone", "character_name": "",
                                 "text": f"@everyone from {source}", "source": source})  # fmt: skip
    await settled(api, discord, session)
    shown = [m for m in discord.bot_messages(discord.threads()[0]) if "💬" in m.text]
    assert len(shown) == 2 and not any(m.pinged for m in discord.messages())
