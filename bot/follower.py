"""One session's Discord surface: reads the feed after the saved cursor and keeps the thread equal to it.

One message for each turn (the outcome at once, edited into its narration later), the table card at the bottom, the
lobby in the parent channel, and a line for talk and dice. The cursor is saved last: a crash repeats steps, and `Board`
sees to it that a repeated step posts nothing twice.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import structlog

from bot import cards
from bot.api_client import ApiError
from bot.board import Board
from bot.cards.as_discord import to_messages
from bot.cards.model import Card
from bot.lease import HeldSurface, LeaseLost, TakenOver
from bot.thread_writer import ChannelGone, NotAllowed

if TYPE_CHECKING:
    from bot.relay import Relay

Json = dict[str, Any]
PAGE = 100
LOOK_BACK = 200  # feed rows read again for a turn whose outcome this process has not seen
SLOW = 60.0  # seconds until the next try when only a person can mend it
RUNNING = ("active", "timeout")


class Follower:
    """Works while there is something to do, and costs nothing in between."""

    def __init__(self, relay: Relay, surface: Json) -> None:
        self._relay, self._api, self._writer = relay, relay.api, relay.writer
        self._held = HeldSurface(relay.api, surface, relay.holder, relay.lease_seconds)
        self._board = Board(self._held, self._writer)
        self._log = structlog.get_logger("bot.follower").bind(session=self._held.session_id)
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._timer: asyncio.TimerHandle | None = None
        self._failures = 0
        self._complained = False
        self._start_over()

    def _start_over(self) -> None:
        """Forget what another process may have changed in the meantime."""
        self._board.forget()
        self._resolved: OrderedDict[str, Json] = OrderedDict()
        self._deeds: dict[str, list[Json]] = {}
        self._read_to = self._held.cursor
        self._lobby_dirty = "lobby" not in self._held.messages
        self._table_dirty = False
        self._table_edited = 0.0
        self._turn_number: int | None = None
        self._lobby_owed = False  # the session was created since the saved cursor: nobody has seen its lobby

    # --- running -------------------------------------------------------------------------------------------------

    @property
    def is_busy(self) -> bool:
        return self._task is not None or self._timer is not None

    def wake(self) -> None:
        """Look now; a look that is under way is followed by another."""
        self._again = True
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name=f"follow-{self._held.session_id}")

    def _wake_in(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._timed)

    def _timed(self) -> None:
        self._timer = None
        self.wake()

    async def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._held.release()

    async def _work(self) -> None:
        try:
            while self._again:
                self._again = False
                await self._try()
        finally:
            self._task = None

    async def _try(self) -> None:
        try:
            await self._drain()
            self._failures = 0
            return
        except TakenOver:
            self._start_over()
            self._again = True
            return
        except LeaseLost as lost:
            self._log.info("another process holds the surface", seconds=round(lost.seconds, 1))
            self._wake_in(lost.seconds + 0.05)
            return
        except ChannelGone as gone:
            await self._channel_gone(str(gone))
        except NotAllowed as error:
            await self._complain(str(error))
        except ApiError as error:
            self._log.warning("relay waits for the API", code=error.code, status=error.status)
            self._retry(patient=not error.is_passing and error.code != "conflict")
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError, OSError) as error:
            # It may or may not have been posted: read the history again before the next try.
            self._log.warning("relay waits for Discord", error=repr(error))
            self._board.doubt()
            self._retry()
        except Exception:
            self._log.exception("a step of the relay failed")
            self._retry(patient=True)

    def _retry(self, *, patient: bool = False) -> None:
        self._failures += 1
        self._wake_in(SLOW if patient else min(10.0, 0.2 * 2 ** min(self._failures, 7)))

    async def _channel_gone(self, channel_id: str) -> None:
        if channel_id != self._board.thread or channel_id == self._board.parent:
            self._log.error("the channel is gone; this surface rests", channel=channel_id)
            self._retry(patient=True)
            return
        self._log.warning("the thread is gone, opening another", thread=channel_id)
        self._held.lose_thread()
        self._board.doubt()
        self._table_dirty = self._board.buried = True
        self._again = True

    async def _complain(self, permissions: str) -> None:
        """Tell the channel once which permission is missing in the thread, then wait for somebody to mend it."""
        self._log.error("a permission is missing", permissions=permissions, address=self._held.address)
        if not self._complained and self._board.thread not in (None, self._board.parent):
            self._complained = True
            text = f"I may not write in this adventure’s thread. Please give me there: {permissions}."
            message = to_messages(cards.notice("A permission is missing", text, bad=True))[0]
            try:
                await self._writer.send(
                    self._board.parent,
                    self._board.guild,
                    message,
                    self._board.nonce(f"complaint:{permissions}"),
                )
            except (NotAllowed, ChannelGone, discord.HTTPException) as error:
                self._log.warning("the channel cannot be told either", error=repr(error))
        self._retry(patient=True)

    # --- one look ------------------------------------------------------------------------------------------------

    async def _drain(self) -> None:
        while True:
            rows = await self._rows()
            if (
                not rows
                and not self._lobby_dirty
                and not self._table_dirty
                and self._read_to == self._held.cursor
            ):
                return
            await self._held.hold()
            told = {e["turn_id"] for r in rows for e in r["events"] if e["type"] == "turn_narrated"}
            for row in rows:
                for index, event in enumerate(row["events"]):
                    await self._on(event, row, index, told)
                self._read_to = int(row["seq"])
            if len(rows) >= PAGE:
                continue
            await self._draw_lobby()
            if await self._draw_table():
                await self._held.hold()
                await self._held.save(cursor=self._read_to)
            return

    async def _rows(self) -> list[Json]:
        try:
            page = await self._api.events(self._held.session_id, self._read_to, limit=PAGE)
        except ApiError as error:
            if error.code != "gone":
                raise
            # The feed's beginning was cleared away: start from what is now.
            view = await self._api.session(self._held.session_id)
            self._read_to = int(view["seq"])
            self._table_dirty = True
            return []
        return list(page.get("items") or [])

    async def _on(self, e: Json, row: Json, index: int, told: set[str]) -> None:
        if e.get("turn_number") is not None:
            self._turn_number = e["turn_number"]
        match e["type"]:
            case "session_created":
                self._lobby_dirty = self._lobby_owed = True
            case "member_left":
                self._lobby_dirty = True
            case "member_joined":
                self._lobby_dirty = True
                if self._board.thread:
                    await self._welcome(e, row, index)
            case "session_begun":
                self._lobby_dirty = True
                await self._thread()
                if e["turn_id"] not in told and e["turn_id"] not in self._held.messages:
                    view = await self._api.session(self._held.session_id)
                    await self._put(e["turn_id"], cards.prelude(self._held.session_id, e["turn_id"], view))
            case "turn_opened" | "action_stated" | "session_resumed" | "session_timeout" | "turn_ruled":
                self._table_dirty = True
            case "mode_changed":
                self._table_dirty = self._lobby_dirty = True
            case "deed_resolved":
                self._table_dirty = True
                await self._deed(e, row)
            case "turn_resolved":
                self._table_dirty = True
                self._deeds.pop(e["turn_id"], None)
                self._resolved[e["turn_id"]] = e
                while len(self._resolved) > 8:
                    self._resolved.popitem(last=False)
                if e["turn_id"] not in told:
                    await self._put(e["turn_id"], cards.outcome(self._held.session_id, e))
            case "turn_narrated":
                await self._narrated(e)
            case "turn_withdrawn":
                self._table_dirty = True
                if e["turn_id"] in self._held.messages:
                    await self._put(
                        e["turn_id"], cards.withdrawn(self._held.session_id, e["turn_id"], _why(e))
                    )
            case "chat_said":
                await self._line(cards.chat(e, _stamp(row, index)), row, index)
            case "dice_rolled":
                await self._line(cards.roll(e, str(e.get("name") or ""), _stamp(row, index)), row, index)
            case "session_ended":
                self._table_dirty = self._lobby_dirty = True
                view = await self._api.session(self._held.session_id)
                if self._board.thread:
                    await self._put("end", cards.ending(view, e))

    async def _deed(self, e: Json, row: Json) -> None:
        """A deed of a beat that is still open: it joins the turn's one message."""
        deeds = self._deeds.setdefault(e["turn_id"], await self._earlier_deeds(e, row))
        deeds.append(e)
        if self._turn_number is None:
            turn = (await self._api.session(self._held.session_id)).get("turn") or {}
            self._turn_number = turn.get("number") if turn.get("id") == e["turn_id"] else None
        turn = {"turn_number": self._turn_number, **e, "deeds": deeds}
        await self._put(e["turn_id"], cards.outcome(self._held.session_id, turn, still_open=True))

    async def _narrated(self, e: Json) -> None:
        """The narration takes over its turn's message; turns that were told with it lose their waiting line."""
        for earlier in e.get("turn_ids") or []:
            if earlier != e["turn_id"]:
                resolved = await self._resolution(earlier)
                if resolved is not None:
                    await self._put(earlier, cards.outcome(self._held.session_id, resolved, still_open=True))
        resolved = None if e.get("kind") == "opening" else await self._resolution(e["turn_id"])
        title = ""
        if e.get("kind") == "opening":
            title = str((await self._api.session(self._held.session_id)).get("campaign_name") or "")
        await self._put(e["turn_id"], cards.narration(self._held.session_id, e, resolved, title=title))

    async def _resolution(self, turn_id: str) -> Json | None:
        """The turn's outcome: as seen, else from the feed again (this process may be younger than the turn)."""
        if turn_id not in self._resolved:
            after = max(0, self._read_to - LOOK_BACK)
            page = await self._api.events(self._held.session_id, after, limit=LOOK_BACK)
            for row in page.get("items") or []:
                for event in row["events"]:
                    if event["type"] == "turn_resolved" and event["turn_id"] == turn_id:
                        self._resolved[turn_id] = event
        return self._resolved.get(turn_id)

    async def _earlier_deeds(self, e: Json, row: Json) -> list[Json]:
        """The deeds of an open turn that stood in the feed before this one."""
        if e["turn_id"] in self._deeds or e["turn_id"] not in self._held.messages:
            return []
        page = await self._api.events(self._held.session_id, max(0, int(row["seq"]) - 50), limit=50)
        return [
            x for r in page.get("items") or [] if int(r["seq"]) < int(row["seq"]) for x in r["events"]
            if x["type"] == "deed_resolved" and x["turn_id"] == e["turn_id"]
        ]  # fmt: skip

    # --- writing -------------------------------------------------------------------------------------------------

    async def _put(self, name: str, card: Card) -> None:
        await self._board.put(name, card, await self._thread())
        self._table_dirty = self._table_dirty or self._board.buried

    async def _line(self, card: Card, row: Json, index: int) -> None:
        """A line of talk or dice; before the story has its thread there is no table to talk at."""
        if self._board.thread is not None:
            await self._board.line(card, f"line:{row['seq']}.{index}", self._board.thread)
            self._table_dirty = True

    # --- the lobby, the thread, the table ------------------------------------------------------------------------

    async def _draw_lobby(self) -> None:
        if not self._lobby_dirty:
            return
        view = await self._api.session(self._held.session_id)
        thread = self._board.thread
        if view.get("status") != "lobby" and "lobby" not in self._held.messages:
            await self._board.adopt(self._board.parent)
            if "lobby" not in self._held.messages and not self._lobby_owed:
                self._lobby_dirty = False  # deleted, or too long ago: nobody waits for it any more
                return
        card = cards.lobby(view, thread if thread != self._board.parent else None)
        # Whoever deletes the lobby of a running adventure does not want it back.
        await self._board.put("lobby", card, self._board.parent, repost=view.get("status") == "lobby")
        message_id = self._held.messages.get("lobby")
        if message_id and self._held.address.get("lobby_message_id") != message_id:
            await self._held.save(address={"lobby_message_id": message_id})
        self._lobby_dirty = False

    async def _thread(self) -> str:
        """The thread's id; opened when there is none yet."""
        if self._board.thread is not None:
            return self._board.thread
        await self._held.hold()
        if self._board.guild is None:
            thread, private = self._board.parent, False
            view: Json = {}
        else:
            await self._draw_lobby()  # a public thread hangs on the lobby's message
            view = await self._api.session(self._held.session_id)
            name = str(view.get("campaign_name") or "An adventure")
            thread, private = await self._writer.open_thread(
                self._board.guild,
                self._board.parent,
                self._held.messages.get("lobby"),
                name,
                self._held.session_id[-6:],
            )
        await self._held.save(address={"thread_id": thread})
        self._lobby_dirty = True
        if private:
            await self._writer.add_users(thread, _discord_users(view.get("party") or []))
        return thread

    async def _welcome(self, e: Json, row: Json, index: int) -> None:
        view = await self._api.session(self._held.session_id)
        await self._writer.add_users(await self._thread(), _discord_users(view.get("party") or []))
        text = f"🙋 {e.get('name')} joins the party ({e.get('player_name')})."
        await self._line(cards.said(text, _stamp(row, index)), row, index)

    async def _draw_table(self) -> bool:
        """Bring the table card up to date; False when it must wait, so as not to edit too often."""
        if not self._table_dirty or not self._board.thread:
            self._table_dirty = False
            return True
        channel = await self._thread()
        await self._held.hold()
        await self._board.adopt(channel)
        wait = self._table_edited + self._relay.edit_seconds - time.monotonic()
        if wait > 0 and not self._board.buried:
            self._wake_in(wait)
            return False
        view = await self._api.session(self._held.session_id)
        if view.get("status") not in RUNNING:
            await self._board.remove_table(channel)
        else:
            turn = (view.get("turn") or {}).get("id") or "none"
            await self._board.table(cards.table(view), f"{turn}:{self._read_to}", channel)
        self._table_edited = time.monotonic()
        self._table_dirty = False
        return True


def _stamp(row: Json, index: int) -> str:
    """The row's time, told apart by milliseconds for several lines of one row."""
    at = str(row.get("at") or "")
    if not index or not at:
        return at
    return (datetime.fromisoformat(at.replace("Z", "+00:00")) + timedelta(milliseconds=index)).isoformat()


def _why(e: Json) -> str:
    return str(e.get("reason") or "").replace("_", " ")


def _discord_users(party: list[Json]) -> list[str]:
    acting = [str(m.get("act_for") or "") for m in party]
    return [a.removeprefix("discord:") for a in acting if a.startswith("discord:")]
