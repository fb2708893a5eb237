"""Which pages of which websites a browser lets read the stream."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.stream.stage import Stage, next_of, server_sent

pytestmark = [pytest.mark.asyncio, pytest.mark.e2e]


async def test_the_websites_pages_may_read_the_stream_and_no_others(tmp_path: Path) -> None:
    async with Stage(tmp_path, web_origins=("https://godot.test",)) as stage:
        session = await asyncio.to_thread(stage.table)
        for origin, admitted in (
            ("http://web.test", True),
            ("https://godot.test", True),
            ("https://evil.test", False),
        ):
            async with stage.follow(session, 1, after=0, Origin=origin) as answer:
                named = answer.headers.get("Access-Control-Allow-Origin")
                assert named == (origin if admitted else None)
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
                assert (await next_of(server_sent(answer), "feed")).data["seq"] == 1
            ask = {"Origin": origin, "Access-Control-Request-Method": "GET",
                   "Access-Control-Request-Headers": "authorization,last-event-id"}  # fmt: skip
            async with stage.http.options(
                f"{stage.url}/api/v1/sessions/{session}/stream", headers=ask
            ) as answer:
                assert (answer.status == 200) is admitted
