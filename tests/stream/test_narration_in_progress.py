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
