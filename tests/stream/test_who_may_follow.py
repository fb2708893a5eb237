"""Members and their service follow; strangers, leavers and the signed-out do not, from one moment to the next."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from api.services.table import Table
from api.store.port import Update
from api.streaming.channel import Channel
from api.streaming.limits import Limits
from tests.stream.stage import Stage, feed_of, next_of, server_sent, until

pytestmark = [pytest.mark.asyncio, pytest.mark.e2e]


async def refused(stage: Stage, path: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    async with stage.http.get(f"{stage.url}/api/v1/{path}", headers=headers) as answer:
        envelope = await answer.json()
        assert answer.headers["X-Request-ID"] == envelope["request_id"]
        return answer.status, envelope


async def test_a_stranger_is_refused_in_the_full_envelope(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        for path in (f"sessions/{session}/stream", f"sessions/{session}/events?wait=5"):
            head = stage.headers(2) | {"X-Request-ID": "trace-me-0004"}
            status, envelope = await refused(stage, path, head)
            assert (status, envelope["error"]["code"], envelope["result"]) == (404, "not_found", None)
            assert (envelope["request_id"], envelope["status"]) == ("trace-me-0004", 404)
            assert {"app", "version", "timestamp", "request_id", "status", "result", "error"} == set(envelope)
        assert (await refused(stage, "stream", {}))[1]["error"]["code"] == "unauthenticated"
        assert (await refused(stage, "stream", stage.headers(1)))[1]["error"]["code"] == "forbidden"
        assert (await refused(stage, "stream?kind=terminal", stage.headers(None)))[1]["error"][
            "code"
        ] == "scope"
        assert (await refused(stage, "nowhere", {}))[1]["error"]["code"] == "not_found"
        assert stage.hub.followers == 0


async def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        for query in ("after=-1", "after=one", "limit=x", "wait=999", "wait=-1", "wait=nan"):
            status, envelope = await stage.poll(session, query)
            assert (status, envelope["error"]["details"]["field"]) == (422, query.split("=")[0])
        async with stage.follow(session, Last_Event_ID="three") as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (422, "invalid")


async def test_a_leaver_gets_the_row_that_says_so_and_nothing_after(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table, 2)
        async with (
            stage.follow(session, 2, after=0) as leaver,
            stage.follow(session, 1, after=0) as host,
        ):
            await stage.followers(2)
            poll = asyncio.create_task(stage.poll(session, "after=3&wait=25", 2))
            await stage.followers(3)
            await asyncio.to_thread(stage.leave, session, 2)
            await asyncio.to_thread(stage.say, session, "not for the one who left")
            assert [int(s.id) for s in await feed_of(host, 4)] == [1, 2, 3, 4]
            heard = [s async for s in server_sent(leaver) if s.kind not in ("retry", "comment")]
            assert [s.id for s in heard] == ["1", "2", "3", ""]
            assert (heard[-1].kind, heard[-1].data) == ("closed", {"reason": "not_found"})
            assert (await poll)[0] == 404
        async with stage.follow(session, 2) as answer:
            assert answer.status == 404


async def test_who_leaves_between_the_door_and_the_seat_hears_nothing(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table, 2)
        async with stage.follow(session, 1) as host:
            await stage.followers(1)
            channel_of = stage.hub.channel

            async def channel(session_id: str, table: Table) -> Channel:
                await asyncio.to_thread(stage.leave, session, 2)
                await until(lambda: stage.hub.channels[session].head == 3)
                return await channel_of(session_id, table)

            stage.hub.channel = channel  # type: ignore[method-assign]
            async with stage.follow(session, 2, after=0) as answer:
                heard = [s async for s in server_sent(answer) if s.kind not in ("retry", "comment")]
            assert [(s.kind, s.data) for s in heard] == [("closed", {"reason": "not_found"})]
            await asyncio.to_thread(stage.say, session, "we are alone")
            assert [s.id for s in await feed_of(host, 4)] == ["3", "4"]


async def test_who_signed_out_is_let_go_at_the_next_check(tmp_path: Path) -> None:
    async with Stage(tmp_path, Limits(recheck_seconds=0.3)) as stage:
        identity = stage.parts.identity
        session = await asyncio.to_thread(stage.table)
        account = await asyncio.to_thread(identity.add_account, "a@example.org", "a long password", "Ann")
        token, _ = await asyncio.to_thread(lambda: identity.open_login(account, remember=False))
        table = await asyncio.to_thread(Table.load, stage.deps, session)
        seat = {**table.body["party"][0], "user_id": account.id}
        body = {**table.body, "party": [*table.body["party"], seat]}
        stage.deps.store.commit([Update("game_sessions", session, table.revision, body)])
        url = f"{stage.url}/api/v1/sessions/{session}/stream"
        async with (
            stage.http.get(url, cookies={"coc_session": token}) as signed_in,
            stage.follow(session) as other,
        ):
            await stage.followers(2)
            await asyncio.to_thread(stage.say, session, "both hear this")
            sent = server_sent(signed_in)
            assert (await next_of(sent, "feed")).id == "2"
            await asyncio.to_thread(identity.close_login, token)
            assert (await next_of(sent, "closed")).data == {"reason": "unauthenticated"}
            await asyncio.to_thread(stage.say, session, "only one hears this")
            assert [s.id for s in await feed_of(other, 3)] == ["2", "3"]


async def test_below_the_floor_the_answer_is_gone_and_names_a_snapshot(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        for number in range(4):
            await asyncio.to_thread(stage.say, session, f"line {number}")
        table = await asyncio.to_thread(Table.load, stage.deps, session)
        stage.deps.store.commit(
            [Update("game_sessions", session, table.revision, {**table.body, "feed_floor": 3})]
        )
        async with stage.follow(session, after=2) as answer:
            error = (await answer.json())["error"]
            assert (answer.status, error["code"]) == (410, "gone")
            assert error["details"] == {"snapshot": f"/api/v1/sessions/{session}", "feed_floor": 3}
        assert (await stage.poll(session, "after=2"))[0] == 410
        async with stage.follow(session, after=3) as answer:
            assert [s.id for s in await feed_of(answer, 5)] == ["4", "5"]


async def test_a_service_hears_only_of_sessions_that_its_provider_shows(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        ours = await asyncio.to_thread(stage.table)
        theirs = await asyncio.to_thread(stage.table, 1)
        table = await asyncio.to_thread(Table.load, stage.deps, theirs)
        stage.deps.store.commit(
            [Update("game_sessions", theirs, table.revision, {**table.body, "provider": "terminal"})]
        )
        async with stage.follow_all() as answer:
            await stage.followers(1)
            await asyncio.to_thread(stage.say, theirs, "not for Discord")
            stage.deps.publisher.delta(theirs, "turn", 1, 0, "Nor this.")
            stage.deps.publisher.delta(ours, "turn", 1, 0, "But this.")
            await asyncio.to_thread(stage.say, ours, "for Discord")
            sent = server_sent(answer)
            assert (await next_of(sent, "narration_delta")).data == {
                "session_id": ours, "turn_id": "turn", "attempt": 1, "offset": 0, "text": "But this.",
            }  # fmt: skip
            assert (await next_of(sent, "wake")).data == {"session_id": ours, "seq": 2}
