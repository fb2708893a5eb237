"""The session as the terminal holds it: its seats, its latest view, and every call that a seat makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.api_client import ApiClient, Player
from bot.control_calls import LAST
from bot.table_terminal.feed import Feed
from bot.table_terminal.options import Options, options
from bot.table_terminal.patience import Patience, new_key

Json = dict[str, Any]
MEMORIES = 12  # of one list


@dataclass(slots=True)
class Seat:
    """One chair at this keyboard. `summaries` say what the hero's abilities and items do."""

    number: int
    player: Player
    character_id: str = ""
    hero: str = ""
    summaries: dict[str, str] = field(default_factory=dict)

    @property
    def first_name(self) -> str:
        return self.hero.split()[0] if self.hero else self.player.name


def player_of(number: int, name: str = "") -> Player:
    """Seat 2 acts as `terminal:seat-2`."""
    return Player(f"terminal:seat-{number}", name or f"Player {number}")


class Table:
    """Raises ApiError from every call; those that change something carry a key and outlive a restart of the API."""

    def __init__(self, client: ApiClient, seats: list[Seat], view: Json, patience: Patience) -> None:
        self.client = client
        self.seats = seats
        self.view = view
        self.patience = patience
        self.listed: list[str] = []  # ids of the memories that /memory listed last
        self.feed = Feed(client, view["id"], seats[0].player, int(view.get("seq") or 0))

    @property
    def id(self) -> str:
        return str(self.view["id"])

    @property
    def is_over(self) -> bool:
        return self.view.get("status") == "completed"

    @property
    def turn(self) -> Json | None:
        return self.view.get("turn")

    @property
    def host(self) -> Seat | None:
        """The seat here that is the session's host; None when the host sits elsewhere."""
        user = self.view.get("host")
        hosts = [m["character_id"] for m in self.view.get("party") or [] if m.get("user_id") == user]
        return next((s for s in self.seats if s.character_id in hosts), None)

    def seat(self, number: int) -> Seat | None:
        return next((s for s in self.seats if s.number == number), None)

    def seat_of(self, character_id: str | None) -> Seat | None:
        return next((s for s in self.seats if s.character_id == character_id), None)

    def member(self, character_id: str) -> Json:
        return next((m for m in self.view.get("party") or [] if m["character_id"] == character_id), {})

    # --- reading -----------------------------------------------------------------------------------------------------

    async def refresh(self, seat: Seat | None = None) -> Json:
        """The latest view, with the legal actions of this seat's hero."""
        who = seat or self.seats[0]
        self.view = await self.patience(
            lambda: self.client.session(self.id, player=who.player, character_id=who.character_id or None)
        )
        return self.view

    async def options(self, seat: Seat) -> Options:
        return options(await self.refresh(seat), seat.summaries)

    async def sheet(self, seat: Seat) -> Json:
        sheet = await self.patience(lambda: self.client.character(seat.player, seat.character_id))
        seat.summaries = {a["key"]: a.get("summary") or "" for a in sheet.get("abilities") or []}
        seat.summaries |= {i["item"]: i.get("summary") or "" for i in sheet.get("inventory") or []}
        return sheet

    async def part(self, seat: Seat, part: str) -> Json:
        """Of the seat's hero: skills, equipment or inventory, with what can be changed."""
        path = f"characters/{seat.character_id}/{part}"
        return await self.patience(lambda: self.client.call("GET", path, player=seat.player))

    async def journal(self, seat: Seat) -> Json:
        path = f"sessions/{self.id}/journal"
        return await self.patience(lambda: self.client.call("GET", path, player=seat.player))

    async def memories(self, seat: Seat, words: str) -> Json:
        """What the story remembers, the newest first, or what of it has these words."""
        path, params = f"sessions/{self.id}/memories", {"q": words or None, "limit": MEMORIES}
        page: Json = await self.patience(
            lambda: self.client.call("GET", path, params=params, player=seat.player)
        )
        return page

    async def memory(self, seat: Seat, method: str, memory_id: str, body: Json | None) -> Json:
        """Look at one memory, write one down (without an id), change or forget one; the feed tells of changes."""
        key = None if method == "GET" else new_key()
        path = f"sessions/{self.id}/memories" + (f"/{memory_id}" if memory_id else "")
        answer: Json = await self.patience(
            lambda: self.client.call(method, path, body=body, player=seat.player, key=key)
        )
        if key:
            await self.feed.catch_up()
        return answer

    async def recap(self) -> Json:
        return await self.patience(lambda: self.client.recap(self.id, player=self.seats[0].player))

    async def lore(self, seat: Seat, item: str) -> Json:
        return await self.patience(lambda: self.client.lore(seat.player, self.id, item))

    async def usage(self, seat: Seat) -> Json:
        """What this seat's account sponsors."""
        return await self.patience(lambda: self.client.usage(seat.player))

    async def untold(self) -> list[str]:
        """Ids of turns that are resolved and wait for their story."""
        page = await self.patience(lambda: self.client.turns(self.id, player=self.seats[0].player, limit=100))
        return [t["id"] for t in page["items"] if t["state"] in ("accepted", "resolved")]

    # --- doing -------------------------------------------------------------------------------------------------------

    async def act(self, seat: Seat, body: Json, seen_turn: int | None) -> Json:
        """State an action. The answer's session view becomes ours; the feed tells what came of it."""
        key = new_key()
        whole = {**body, "character_id": seat.character_id, "seen_turn": seen_turn}
        whole = {k: v for k, v in whole.items() if v is not None}
        answer: Json = await self.patience(
            lambda: self.client.call(
                "POST", f"sessions/{self.id}/action", body=whole, player=seat.player, key=key
            )
        )
        if answer.get("session"):
            self.view = answer["session"]
            await self.feed.reach(int(self.view.get("seq") or 0))
        return answer

    async def change(self, seat: Seat, part: str, body: Json) -> Json:
        """Change a part of the hero's sheet; the feed tells it."""
        key, path = new_key(), f"characters/{seat.character_id}/{part}"
        answer: Json = await self.patience(
            lambda: self.client.call("POST", path, body=body, player=seat.player, key=key)
        )
        await self.feed.catch_up()
        return answer

    async def lock(self, seat: Seat, body: Json, seen_turn: int | None) -> Json:
        """Decide now what the hero does when the own turn of the fight comes."""
        key, path = new_key(), f"sessions/{self.id}/combat/action"
        whole = {"lock": True, **body, "character_id": seat.character_id, "seen_turn": seen_turn}
        answer: Json = await self.patience(
            lambda: self.client.call("POST", path, body=whole, player=seat.player, key=key)
        )
        await self.feed.catch_up()
        return answer

    # --- how it is told ----------------------------------------------------------------------------------------------

    async def receipts(self, seat: Seat) -> Json:
        return await self.patience(lambda: self.client.receipts(seat.player, self.id))

    async def retry(self, seat: Seat) -> Json:
        key = new_key()
        answer = await self.patience(lambda: self.client.retry(seat.player, self.id, LAST, key))
        await self.feed.catch_up()
        return answer

    async def correct(self, seat: Seat, text: str, sentence: int | None) -> Json:
        key = new_key()
        answer = await self.patience(
            lambda: self.client.correct(seat.player, self.id, LAST, text, key, sentence)
        )
        await self.feed.catch_up()
        return answer

    async def safety(self, seat: Seat) -> Json:
        return await self.patience(lambda: self.client.safety(seat.player, self.id))

    async def play_x(self, seat: Seat, topic: str) -> Json:
        answer = await self.patience(lambda: self.client.play_x(seat.player, self.id, "", topic))
        await self.feed.catch_up()
        return answer

    async def put_slip(self, seat: Seat, slip: str, **asked: list[str]) -> Json:
        answer = await self.patience(lambda: self.client.put_slip(seat.player, self.id, slip, **asked))
        await self.feed.catch_up()
        return answer

    # --- beside the story --------------------------------------------------------------------------------------------

    async def say(self, seat: Seat, text: str) -> None:
        key = new_key()
        await self.patience(lambda: self.client.say(seat.player, self.id, text, key, seat.character_id))
        await self.feed.catch_up()

    async def roll(self, seat: Seat, expression: str) -> None:
        key = new_key()
        await self.patience(lambda: self.client.roll(seat.player, self.id, expression, key))
        await self.feed.catch_up()

    async def set_mode(self, seat: Seat, mode: str) -> None:
        key = new_key()
        path = f"sessions/{self.id}/mode"
        self.view = await self.patience(
            lambda: self.client.call("POST", path, body={"mode": mode}, player=seat.player, key=key)
        )
        await self.feed.catch_up()

    async def set_settings(self, seat: Seat, wish: Json) -> None:
        key = new_key()
        self.view = await self.patience(lambda: self.client.settings(seat.player, self.id, wish, key))
        await self.feed.catch_up()

    async def end(self, seat: Seat) -> None:
        key = new_key()
        self.view = await self.patience(lambda: self.client.end(seat.player, self.id, key))
        await self.feed.catch_up()
