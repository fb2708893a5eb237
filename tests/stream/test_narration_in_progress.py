"""Who comes in the middle of a passage gets what was said so far, and the pieces join to the text."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from api.store.port import Insert, Update
from tests.stream.stage import Sent, Stage, next_of, server_sent, until

pytestmark = [pytest.mark.asyncio, pytest.mark.e2e]

PASSAGE = ["The door gives way.", " Behind it: dust, and a “voice”.", "\n\nWhat do you do?"]


def tell(stage: Stage, session: str, pieces: list[str], start: int = 0, turn: str = "T1") -> None:
    offset = len("".join(PASSAGE[:start]))
    for piece in pieces:
        stage.deps.publisher.delta(session, turn, 1, offset, piece)
        offset += len(piece)


async def table_with_turn(stage: Stage) -> str:
    session = await asyncio.to_thread(stage.table)
    stage.deps.store.commit(
        [Insert("turns", "T1", {"session_id": session, "number": 1, "state": "resolved"})]
    )
    return session


async def deltas_until_told(sent: Any) -> list[Sent]:
    found = []
    async with asyncio.timeout(20):
        async for one in sent:
            if one.kind == "feed" and one.data["events"][0]["type"] == "turn_narrated":
                return found
            if one.kind == "narration_delta":
                found.append(one)
    raise AssertionError("the stream ended in mid-passage")


def joined(deltas: list[Sent]) -> str:
    """As a client joins them: a piece belongs where its offset says, and nowhere else."""
    text = ""
    for delta in deltas:
        assert delta.id == ""
        if delta.data["offset"] == 0:
            text = ""
        assert delta.data["offset"] == len(text)
        text += delta.data["text"]
    return text


async def finish(stage: Stage, session: str) -> None:
    await asyncio.to_thread(
        stage.emit, session, "turn_narrated", turn_id="T1", turn_ids=["T1"], text="".join(PASSAGE)
    )


async def test_who_joins_in_mid_narration_first_gets_what_was_said(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await table_with_turn(stage)
        tell(stage, session, PASSAGE[:2])  # nobody follows yet: only the buffer in Redis knows
        async with stage.follow(session) as first:
            sent = server_sent(first)
            so_far = await next_of(sent, "narration_delta")
            assert (so_far.data["offset"], so_far.data["text"]) == (0, "".join(PASSAGE[:2]))
            tell(stage, session, PASSAGE[2:], start=2)
            assert (await next_of(sent, "narration_delta")).data["text"] == PASSAGE[2]
            async with stage.follow(session) as second:  # the channel knows by now
                later = server_sent(second)
                whole = await next_of(later, "narration_delta")
                assert (whole.data["offset"], whole.data["text"]) == (0, "".join(PASSAGE))
                await finish(stage, session)
                assert await deltas_until_told(later) == []


async def test_a_passage_that_is_told_is_not_said_again(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await table_with_turn(stage)
        tell(stage, session, PASSAGE)
        stage.deps.store.commit(
            [Update("turns", "T1", 1, {"session_id": session, "number": 1, "state": "narrated"})]
        )
        async with stage.follow(session) as answer:
            await stage.followers(1)
            await finish(stage, session)
            tell(stage, session, PASSAGE[2:], start=2)  # a straggler
            await asyncio.to_thread(stage.emit, session, "turn_narrated", turn_id="T2", turn_ids=["T2"])
            sent = server_sent(answer)
            assert await deltas_until_told(sent) == []
            assert await deltas_until_told(sent) == []


async def test_pieces_that_were_not_heard_are_fetched_from_the_buffer(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await table_with_turn(stage)
        async with stage.follow(session) as answer:
            await stage.followers(1)
            hub_hears = stage.hub.delta
            tell(stage, session, PASSAGE[:1])
            await until(lambda: stage.hub.channels[session].narration.text == PASSAGE[0])
            channel = stage.hub.channels.pop(session)  # the second piece passes by unheard
            tell(stage, session, PASSAGE[1:2], start=1)
            await asyncio.to_thread(stage.parts.redis.ping)
            async with stage.follow_all() as service:
                await next_of(server_sent(service), "resync")
            stage.hub.channels[session] = channel
            tell(stage, session, PASSAGE[2:], start=2)
            await until(lambda: channel.narration.text == "".join(PASSAGE))
            await finish(stage, session)
            assert joined(await deltas_until_told(server_sent(answer))) == "".join(PASSAGE)
            assert hub_hears == stage.hub.delta


async def test_a_passage_begun_again_by_another_narrator_starts_at_zero(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await table_with_turn(stage)
        async with stage.follow(session) as answer:
            await stage.followers(1)
            tell(stage, session, ["The model begins and"])
            tell(stage, session, PASSAGE)
            await until(lambda: stage.hub.channels[session].narration.text == "".join(PASSAGE))
            async with stage.follow(session) as late:
                assert (await next_of(server_sent(late), "narration_delta")).data["text"] == "".join(PASSAGE)
            await finish(stage, session)
            assert joined(await deltas_until_told(server_sent(answer))) == "".join(PASSAGE)


async def test_the_buffer_forgets_what_an_earlier_narrator_began(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await table_with_turn(stage)
        tell(stage, session, ["The model begins and"])
        tell(stage, session, PASSAGE)
        async with stage.follow(session) as answer:
            whole = await next_of(server_sent(answer), "narration_delta")
            assert (whole.data["offset"], whole.data["text"]) == (0, "".join(PASSAGE))


# --- passages that are taken back ------------------------------------------------------------------------------------


async def take_back(stage: Stage, session: str, turn: str = "T1") -> None:
    """What the X-card commits: the turn waits to be told anew, the buffer is forgotten, the row says so."""
    row = stage.deps.store.get("turns", turn)
    assert row is not None
    body = {**row.body, "state": "resolved", "retelling": {"why": "x_card", "plain": 1}}
    stage.deps.store.commit([Update("turns", turn, row.revision, body)])
    await asyncio.to_thread(
        stage.emit, session, "narration_withdrawn", turn_id=turn, turn_ids=[turn], reason="x_card"
    )
    stage.deps.publisher.forget(session, turn, 1)


async def test_a_passage_that_was_taken_back_is_said_to_nobody_any_more(tmp_path: Path) -> None:
    """Neither to who follows, nor to who joins later, nor by a worker that has not heard of it yet."""
    async with Stage(tmp_path) as stage:
        session = await table_with_turn(stage)
        async with stage.follow(session) as answer:
            await stage.followers(1)
            tell(stage, session, PASSAGE[:1])
            sent = server_sent(answer)
            assert (await next_of(sent, "narration_delta")).data["text"] == PASSAGE[0]
            await take_back(stage, session)
            assert (await next_of(sent, "feed")).data["events"][0]["type"] == "narration_withdrawn"
            tell(stage, session, PASSAGE[1:2], start=1)  # a straggler, and one that begins anew
            tell(stage, session, PASSAGE[:1])
            async with stage.follow(session) as late:
                await asyncio.to_thread(stage.emit, session, "turn_narrated", turn_id="T2", turn_ids=["T2"])
                assert await deltas_until_told(sent) == []
                assert await deltas_until_told(server_sent(late)) == []


async def test_a_new_process_does_not_say_what_was_taken_back_though_redis_kept_it(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await table_with_turn(stage)
        tell(stage, session, PASSAGE)
        await take_back(stage, session)
        tell(stage, session, PASSAGE)  # the worker was slow, or Redis away when it was to be forgotten
        async with stage.follow(session) as answer:
            await asyncio.to_thread(stage.emit, session, "turn_narrated", turn_id="T2", turn_ids=["T2"])
            assert await deltas_until_told(server_sent(answer)) == []


async def test_who_comes_back_reads_the_row_as_it_stands_in_the_store_now(tmp_path: Path) -> None:
    """The channel has the old row in memory; after it was taken back nobody gets it from there."""
    async with Stage(tmp_path) as stage:
        session = await table_with_turn(stage)
        async with stage.follow(session) as answer:
            await stage.followers(1)
            sent = server_sent(answer)
            await finish(stage, session)
            told = await next_of(sent, "feed")
            while told.data["events"][0]["type"] != "turn_narrated":
                told = await next_of(sent, "feed")
            seq = told.data["seq"]
            row = stage.deps.store.get("feed", f"{session}.{seq}")
            assert row is not None
            gone = [{"type": "narration_withdrawn", "turn_id": "T1", "turn_ids": ["T1"], "reason": "x_card"}]
            stage.deps.store.commit([Update("feed", row.id, row.revision, {**row.body, "events": gone})])
            await take_back(stage, session)
            assert (await next_of(sent, "feed")).data["events"][0]["type"] == "narration_withdrawn"
            async with stage.follow(session, after=seq - 1) as again:
                found = await next_of(server_sent(again), "feed")
                assert (found.data["seq"], found.data["events"][0]["type"]) == (seq, "narration_withdrawn")
