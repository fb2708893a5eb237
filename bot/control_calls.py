"""The calls by which players steer how their story is told: retry, correct, why, lines and veils, the X-card."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.api_client import Player

Json = dict[str, Any]
LAST = "last"  # instead of a turn's id: whatever was told last


class ControlCalls:
    """Part of `ApiClient`."""

    async def call(self, method: str, path: str, **how: Any) -> Any:
        raise NotImplementedError

    async def retry(self, player: Player, session_id: str, turn_id: str, key: str) -> Json:
        path = f"sessions/{session_id}/turns/{turn_id}/retry"
        return await self.call("POST", path, body={}, player=player, key=key)

    async def correct(
        self, player: Player, session_id: str, turn_id: str, text: str, key: str, sentence: int | None = None
    ) -> Json:
        body: Json = {"text": text} | ({"sentence": sentence} if sentence is not None else {})
        path = f"sessions/{session_id}/turns/{turn_id}/correction"
        return await self.call("POST", path, body=body, player=player, key=key)

    async def receipts(self, player: Player, session_id: str, turn_id: str = LAST) -> Json:
        return await self.call("GET", f"sessions/{session_id}/turns/{turn_id}/receipts", player=player)

    async def safety(self, player: Player, session_id: str) -> Json:
        return await self.call("GET", f"sessions/{session_id}/safety", player=player)

    async def put_slip(
        self, player: Player, session_id: str, slip: str, *, lines: list[str] | None = None,
        veils: list[str] | None = None,
    ) -> Json:  # fmt: skip
        """What one slip asks for. It is tried again under a key that is made of nothing but chance."""
        body = {"slip": slip, "lines": lines or [], "veils": veils or []}
        path = f"sessions/{session_id}/safety"
        return await self.call("PUT", path, body=body, player=player, key=secrets.token_hex(16))

    async def play_x(self, player: Player, session_id: str, turn_id: str = "", topic: str = "") -> Json:
        """The X-card. Its key is made of chance: nothing that could tell an interaction goes out with it."""
        body = {"turn_id": turn_id, "topic": topic}
        path = f"sessions/{session_id}/safety/x"
        return await self.call("POST", path, body=body, player=player, key=secrets.token_hex(16))
