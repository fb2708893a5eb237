"""Which session an interaction means, and which seat its user has there."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from bot.api_client import ApiClient, ApiError, Player

Json = dict[str, Any]
RANK = {"active": 0, "timeout": 1, "lobby": 2, "completed": 3}


@dataclass(frozen=True, slots=True)
class Seat:
    """A player's place at a table: the session as they see it, and their character there."""

    view: Json
    member: Json

    @property
    def session_id(self) -> str:
        return str(self.view["id"])

    @property
    def character_id(self) -> str:
        return str(self.member["character_id"])

    @property
    def turn_number(self) -> int | None:
        turn = self.view.get("turn")
        return None if not turn else int(turn["number"])

    @property
    def legal(self) -> list[Json]:
        return list(self.view.get("legal") or [])


class Tables:
    """Finds sessions by channel and seats by player; keeps views for a moment, for autocompletion."""

    def __init__(self, api: ApiClient, *, keep_seconds: float = 3.0, keep: int = 500) -> None:
        self._api = api
        self._keep_seconds, self._keep = keep_seconds, keep
        self._recent: OrderedDict[tuple[str, str], tuple[float, Seat]] = OrderedDict()

    async def session_ids(self, channel_ids: list[str]) -> list[Json]:
        """Short views of the sessions of these channels (thread first, then its parent), the liveliest first."""
        found: dict[str, Json] = {}
        for channel_id in channel_ids:
            for short in await self._api.sessions_in(channel_id):
                found.setdefault(str(short["id"]), short)
            if any(RANK.get(str(s.get("status")), 9) < 3 for s in found.values()):
                break
        # The sort is stable and ids grow with time: among equals the newest first.
        newest = sorted(found.values(), key=lambda s: str(s["id"]), reverse=True)
        return sorted(newest, key=lambda s: RANK.get(str(s.get("status")), 9))

    async def here(self, channel_ids: list[str], player: Player | None = None) -> Json:
        """The session that a command in this channel means. Raises ApiError `not_in_session`."""
        found = await self.session_ids(channel_ids)
        if not found:
            raise ApiError("not_in_session")
        alive = [s for s in found if s.get("status") != "completed"]
        if player is not None and len(alive) > 1:
            mine = {str(s["id"]) for s in await self._api.my_sessions(player)}
            alive = [s for s in alive if str(s["id"]) in mine] or alive
        return (alive or found)[0]

    async def seat(self, session_id: str, player: Player) -> Seat:
        """The player's seat with their legal actions. Raises ApiError `not_in_session`."""
        view = await self._api.session(session_id, player=player)
        member = member_of(view, player)
        if not view.get("legal"):
            view = await self._api.session(session_id, player=player, character_id=member["character_id"])
        return Seat(view, member_of(view, player))

    async def newest_hero(self, player: Player) -> Json:
        """The character that is meant away from a table: the one last chosen, or the latest.

        Raises ApiError `not_in_session`.
        """
        mine = await self._api.characters(player)
        if not mine:
            raise ApiError("not_in_session")
        return max(mine, key=lambda c: str(c.get("chosen_at") or c.get("created_at") or ""))

    async def recent_seat(self, channel_ids: list[str], player: Player) -> Seat:
        """The seat for autocompletion: asked for at most once in a few seconds."""
        key = (channel_ids[0], player.act_for)
        kept = self._recent.get(key)
        if kept is not None and time.monotonic() - kept[0] < self._keep_seconds:
            return kept[1]
        short = await self.here(channel_ids, player)
        seat = await self.seat(str(short["id"]), player)
        self._recent[key] = (time.monotonic(), seat)
        self._recent.move_to_end(key)
        while len(self._recent) > self._keep:
            self._recent.popitem(last=False)
        return seat


def member_of(view: Json, player: Player) -> Json:
    """The player's row in the party. Raises ApiError `not_in_session`."""
    for member in view.get("party") or []:
        if member.get("act_for") == player.act_for:
            return member
    raise ApiError("not_in_session")
