"""The relay's threads, tables and lines: opened, kept, edited, deleted, without permission."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.growing import Growing
from tests.bot.canned_api import CannedApi
from tests.bot.canned_stage import Session, ulid
from tests.bot.relay_process import Process, as_told, settled, story
from tests.fakes.discord import DiscordStandin, threads

pytestmark = pytest.mark.asyncio
Start = Callable[[], Awaitable[Process]]


async def test_a_private_thread_is_opened_and_everyone_with_a_seat_is_in_it(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
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
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
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
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
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
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
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
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
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
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
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
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
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
        await asyncio.sleep(0.03)
    await settled(api, discord, session)
    assert 1 <= len(discord.calls_to("PATCH", f"/messages/{table.id}$")) - before <= 3
    assert "12/20" in table.text


async def test_deeds_of_an_open_beat_share_its_one_message(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
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
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
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
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
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
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
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
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    for source in ("web", "discord"):
        await api.feed(session, {"type": "chat_said", "user_id": "", "name": "@everyone", "character_name": "",
                                 "text": f"@everyone from {source}", "source": source})  # fmt: skip
    await settled(api, discord, session)
    shown = [m for m in discord.bot_messages(discord.threads()[0]) if "💬" in m.text]
    assert len(shown) == 2 and not any(m.pinged for m in discord.messages())


async def test_d9_a_narration_grows_in_its_message_without_an_edit_for_every_piece(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    process = await start()
    process.relay.edit_seconds = 0.3
    await api.begin(session)
    turn_id = await api.resolve(session, 1)
    await settled(api, discord, session)
    outcome = next(m for m in discord.bot_messages(discord.threads()[0]) if "What happened?" in m.labels)
    before = len(discord.calls_to("PATCH", f"/messages/{outcome.id}$"))
    words, offset = [f"word{n} " for n in range(40)], 0
    for word in words:
        delta = {
            "session_id": session.view["id"],
            "turn_id": turn_id,
            "attempt": 1,
            "offset": offset,
            "text": word,
        }
        api.publish("narration_delta", delta)
        offset += len(word)
        await asyncio.sleep(0.01)
    await discord.until(lambda: "word39" in outcome.text and "▍" in outcome.text)
    assert 1 <= len(discord.calls_to("PATCH", f"/messages/{outcome.id}$")) - before <= 4
    await api.narrate(session, 1, "It is told: whole.")
    await settled(api, discord, session)
    assert as_told(story(discord)) == ["The Drowned Bell", "Turn 1 told", "table"] and "▍" not in outcome.text


async def test_a_piece_that_comes_after_the_whole_narration_does_not_take_its_place(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    turn_id = await api.resolve(session, 1)
    await api.narrate(session, 1, "It is told: whole. And it has an end.")
    await settled(api, discord, session)
    late = {"session_id": session.view["id"], "turn_id": turn_id, "attempt": 1, "offset": 0, "text": "It is"}
    api.publish("narration_delta", late)
    await api.resolve(session, 2)  # heard after the piece
    await settled(api, discord, session)
    assert "And it has an end." in discord.transcript() and "▍" not in discord.transcript()


async def test_pieces_with_a_gap_or_of_an_older_attempt_are_not_shown() -> None:
    growing = Growing()
    growing.add(1, 0, "One. ")
    growing.add(1, 9, "Three. ")
    growing.add(2, 0, "Anew. ")
    growing.add(1, 5, "Two. ")
    assert growing.text == "Anew. "


async def test_a_word_from_the_house_is_a_line_of_the_thread(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    word = {"type": "notice", "code": "quota_reached", "text": "The storyteller carries on, @everyone."}
    await api.feed(session, word)
    await settled(api, discord, session)
    (line,) = [m for m in discord.bot_messages(discord.threads()[0]) if "storyteller carries on" in m.text]
    assert line.text.startswith("ℹ️") and line.pinged == []
