"""What each event of a feed means for a session's messages on Discord: turns, lines, lobby, thread and table."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bot import cards
from bot.api_client import ApiClient, ApiError
from bot.board import Board
from bot.cards.model import Card
from bot.growing import Growing
from bot.lease import HeldSurface
from bot.texts import language_for, speak, tr
from bot.thread_writer import ThreadWriter
from bot.write_budget import Kind

Json = dict[str, Any]
LOOK_BACK = 200  # feed rows read again for a turn whose outcome this process has not seen
RUNNING = ("active", "timeout")
TAKEN_BACK = ("turn_withdrawn", "narration_withdrawn")  # after these nobody is to read the passage


class Teller:
    """Turns events into messages while the lease is held. `wake_in(seconds)` asks to be called again."""

    def __init__(
        self,
        api: ApiClient,
        writer: ThreadWriter,
        held: HeldSurface,
        *,
        edit_seconds: float,
        wake_in: Callable[[float], None],
    ) -> None:
        self._api, self._writer, self._held = api, writer, held
        self._edit_seconds, self._wake_in = edit_seconds, wake_in
        self.board = self._board = Board(held, writer)
        self.start_over()

    def start_over(self) -> None:
        """Forget what another process may have changed in the meantime."""
        self._board.forget()
        self._language = ""  # not known yet
        self._resolved: OrderedDict[str, Json] = OrderedDict()
        self._deeds: dict[str, list[Json]] = {}
        self._growing: dict[str, Growing] = {}
        self._put_off: dict[str, Json] = {}  # narrations that wait until the outcomes behind them stand
        self._told: OrderedDict[str, None] = OrderedDict()  # turns whose narration stands whole
        self._grown = self._table_edited = 0.0
        self._turn_number: int | None = None
        self._lobby_owed = False  # the session was created since the saved cursor: nobody has seen its lobby
        self.read_to = self._held.cursor
        self.lobby_dirty = "lobby" not in self._held.messages
        self.table_dirty = False

    @property
    def is_done(self) -> bool:
        """Nothing is left to draw or to save."""
        drawn = not (self.lobby_dirty or self.table_dirty) and self._next_growing() is None
        return drawn and self.read_to == self._held.cursor

    async def speak(self) -> None:
        """Say everything from here on in the session's language: this task may have been started by anybody."""
        if not self._language:
            await self._view()
        speak(self._language)

    async def _view(self) -> Json:
        """The session as it is now, whose language is spoken from here on; by default it is the server's."""
        view = await self._api.session(self._held.session_id)
        chosen = (view.get("settings") or {}).get("language")
        self._language = language_for(
            *([chosen] if chosen else []), self._writer.locale_of(self._board.guild)
        )
        speak(self._language)
        return view

    def put_off(self, e: Json) -> bool:
        """Keep a narration until the outcomes of the same look are posted; its message exists and keeps its place."""
        if e["type"] != "turn_narrated" or e["turn_id"] not in self._held.messages:
            return False
        self._close(e.get("turn_ids") or [e["turn_id"]])
        self._put_off[e["turn_id"]] = e
        return True

    async def tell_put_off(self) -> None:
        for turn_id in list(self._put_off):
            await self._narrated(self._put_off[turn_id])
            del self._put_off[turn_id]

    async def tell(self, e: Json, row: Json, index: int, told: set[str]) -> None:
        """Show one event of the feed; `told` are the turns whose narration is at hand already."""
        if e.get("turn_id") in self._put_off:  # what becomes of one passage keeps its order
            waiting = self._put_off.pop(e["turn_id"])
            if e["type"] not in TAKEN_BACK:
                await self._narrated(waiting)
        if e.get("turn_number") is not None:
            self._turn_number = e["turn_number"]
        if e["type"] == "settings_changed":  # perhaps the language is another one now
            self._language = ""
            await self.speak()
        match e["type"]:
            case "session_created":
                self.lobby_dirty = self._lobby_owed = True
            case "member_left":
                self.lobby_dirty = True
            case "member_joined":
                self.lobby_dirty = True
                if self._board.thread:
                    await self._welcome(e, row, index)
            case "session_begun":
                self.lobby_dirty = True
                await self._thread()
                if e["turn_id"] not in told and e["turn_id"] not in self._held.messages:
                    view = await self._view()
                    await self._put(e["turn_id"], cards.prelude(self._held.session_id, e["turn_id"], view))
            case "fight_summed_up":
                await self._line(cards.fight_summary(e, _stamp(row, index)), row, index)
            case "story_moved":
                self.table_dirty = True
                await self._line(cards.story_moved(e, _stamp(row, index)), row, index)
            case "settings_changed":
                await self._line(cards.settings_changed(e, _stamp(row, index)), row, index)
            case "notice":
                await self._line(cards.notice_line(e, _stamp(row, index)), row, index)
            case "session_timeout" if e.get("cliffhanger"):
                self.table_dirty = True
                await self._line(cards.pause(e, _stamp(row, index)), row, index)
            case "session_resumed":
                self.table_dirty = True
                told = cards.previously(e, _stamp(row, index))
                if told is not None:
                    await self._line(told, row, index)
            case "intent_changed" | "sheet_changed":
                self.table_dirty = True
            case "turn_opened" | "action_stated" | "session_timeout" | "turn_ruled":
                self.table_dirty = True
            case "mode_changed" | "sponsor_changed":
                self.table_dirty = self.lobby_dirty = True
            case "deed_resolved":
                self.table_dirty = True
                await self._deed(e, row)
            case "turn_resolved":
                self.table_dirty = True
                self._deeds.pop(e["turn_id"], None)
                self._resolved[e["turn_id"]] = e
                while len(self._resolved) > 8:
                    self._resolved.popitem(last=False)
                if e["turn_id"] not in told:
                    await self._put(e["turn_id"], cards.outcome(self._held.session_id, e))
            case "turn_narrated" | "turn_renarrated":
                self._close(e.get("turn_ids") or [e["turn_id"]])
                await self._narrated(e)
            case "turn_withdrawn":
                self.table_dirty = True
                if e["turn_id"] in self._held.messages:
                    await self._put(
                        e["turn_id"], cards.withdrawn(self._held.session_id, e["turn_id"], _why(e))
                    )
            case "narration_withdrawn":
                self._close(e.get("turn_ids") or [e["turn_id"]])
                if e["turn_id"] not in told:
                    await self._withdraw(e)
            case "narration_corrected":
                await self._line(cards.corrected(e, _stamp(row, index)), row, index)
            case "safety_changed":
                await self._line(cards.lines_changed(e, _stamp(row, index)), row, index)
            case "chat_said":
                await self._line(cards.chat(e, _stamp(row, index)), row, index)
            case "memory_changed":
                await self._line(cards.memory_changed(e, _stamp(row, index)), row, index)
            case "dice_rolled":
                await self._line(cards.roll(e, str(e.get("name") or ""), _stamp(row, index)), row, index)
            case "session_ended":
                self.table_dirty = self.lobby_dirty = True
                view = await self._view()
                if self._board.thread:
                    await self._put("end", cards.ending(view, e))

    async def _deed(self, e: Json, row: Json) -> None:
        """A deed of a beat that is still open: it joins the turn's one message."""
        deeds = self._deeds.setdefault(e["turn_id"], await self._earlier_deeds(e, row))
        deeds.append(e)
        if self._turn_number is None:
            turn = (await self._view()).get("turn") or {}
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
            title = str((await self._view()).get("campaign_name") or "")
        card = cards.narration(self._held.session_id, e, resolved, title=title)
        await self._put(e["turn_id"], card, surely=e["type"] == "turn_renarrated")

    async def _withdraw(self, e: Json) -> None:
        """A passage is gone: its message shows what happened, and that other words are on their way."""
        if e["turn_id"] not in self._held.messages:
            return
        resolved = None if e.get("kind") == "opening" else await self._resolution(e["turn_id"])
        await self._put(e["turn_id"], cards.taken_back(self._held.session_id, e, resolved), surely=True)

    def hear(self, turn_id: str, attempt: int, offset: int, text: str) -> None:
        """A piece of a narration that is being written; it is shown when its turn's message may be edited.

        Pieces and the feed come by different ways: one that is late must not take the place of the whole.
        """
        if turn_id in self._told:
            return
        growing = self._growing.setdefault(turn_id, Growing())
        growing.add(attempt, offset, text)
        while len(self._growing) > 4:
            del self._growing[next(iter(self._growing))]

    def _close(self, turn_ids: list[str]) -> None:
        for turn_id in turn_ids:
            self._growing.pop(turn_id, None)
            self._told[turn_id] = None
        while len(self._told) > 32:
            self._told.popitem(last=False)

    def _next_growing(self) -> str | None:
        """A turn with a message of ours whose narration has grown since it was shown."""
        known = self._held.messages
        return next(
            (t for t, g in self._growing.items() if g.fresh and t in self._resolved and t in known), None
        )

    async def draw_growing(self) -> None:
        """Show how far the narration has come, at most once in a while; what is missed comes with the whole."""
        turn_id = self._next_growing()
        if turn_id is None:
            return
        wait = max(self._grown + self._edit_seconds - time.monotonic(), self._budget_wait("stream"))
        if wait > 0:
            self._wake_in(wait)
            return
        resolved, growing = self._resolved[turn_id], self._growing[turn_id]
        growing.fresh = False
        told = {**resolved, "text": growing.text + " ▍"}
        await self._put(turn_id, cards.narration(self._held.session_id, told, resolved))
        self._grown = time.monotonic()

    def _budget_wait(self, kind: Kind) -> float:
        return self._writer.budget.wait(self._board.thread or self._board.parent, kind)

    async def _resolution(self, turn_id: str) -> Json | None:
        """The turn's outcome: as seen, else from the feed again (this process may be younger than the turn)."""
        if turn_id not in self._resolved:
            for row in await self._earlier_rows(self.read_to - LOOK_BACK, LOOK_BACK):
                for event in row["events"]:
                    if event["type"] == "turn_resolved" and event["turn_id"] == turn_id:
                        self._resolved[turn_id] = event
        return self._resolved.get(turn_id)

    async def _earlier_deeds(self, e: Json, row: Json) -> list[Json]:
        """The deeds of an open turn that stood in the feed before this one."""
        if e["turn_id"] in self._deeds or e["turn_id"] not in self._held.messages:
            return []
        rows = await self._earlier_rows(int(row["seq"]) - 50, 50)
        return [
            x for r in rows if int(r["seq"]) < int(row["seq"]) for x in r["events"]
            if x["type"] == "deed_resolved" and x["turn_id"] == e["turn_id"]
        ]  # fmt: skip

    async def _earlier_rows(self, after: int, limit: int) -> list[Json]:
        """Rows of the past; those that were cleared away are left out."""
        try:
            page = await self._api.events(self._held.session_id, max(0, after), limit=limit)
        except ApiError as error:
            if error.code != "gone":
                raise
            page = await self._api.events(
                self._held.session_id, int(error.details.get("feed_floor") or self.read_to), limit=limit
            )
        return list(page.get("items") or [])

    # --- writing -------------------------------------------------------------------------------------------------

    async def _put(self, name: str, card: Card, *, surely: bool = False) -> None:
        await self._board.put(name, card, await self._thread(), surely=surely)
        self.table_dirty = self.table_dirty or self._board.buried

    async def _line(self, card: Card, row: Json, index: int) -> None:
        """A line of talk or dice; before the story has its thread there is no table to talk at."""
        if self._board.thread is not None:
            await self._board.line(card, f"line:{row['seq']}.{index}", self._board.thread)
            self.table_dirty = True

    # --- the lobby, the thread, the table ------------------------------------------------------------------------

    async def draw_lobby(self) -> None:
        if not self.lobby_dirty:
            return
        view = await self._view()
        thread = self._board.thread
        if view.get("status") != "lobby" and "lobby" not in self._held.messages:
            await self._board.adopt(self._board.parent)
            if "lobby" not in self._held.messages and not self._lobby_owed:
                self.lobby_dirty = False  # deleted, or too long ago: nobody waits for it any more
                return
        card = cards.lobby(view, thread if thread != self._board.parent else None)
        # Whoever deletes the lobby of a running adventure does not want it back.
        await self._board.put("lobby", card, self._board.parent, repost=view.get("status") == "lobby")
        message_id = self._held.messages.get("lobby")
        if message_id and self._held.address.get("lobby_message_id") != message_id:
            await self._held.save(address={"lobby_message_id": message_id})
        self.lobby_dirty = False

    async def _thread(self) -> str:
        """The thread's id; opened when there is none yet."""
        if self._board.thread is not None:
            return self._board.thread
        await self._held.hold()
        if self._board.guild is None:
            thread, private = self._board.parent, False
            view: Json = {}
        else:
            await self.draw_lobby()  # a public thread hangs on the lobby's message
            view = await self._view()
            name = str(view.get("campaign_name") or tr("An adventure"))
            thread, private = await self._writer.open_thread(
                self._board.guild,
                self._board.parent,
                self._held.messages.get("lobby"),
                name,
                self._held.session_id[-6:],
            )
        if private:  # before the thread is saved: who dies here finds it again and adds them again
            await self._writer.add_users(thread, _discord_users(view.get("party") or []))
        await self._held.save(address={"thread_id": thread})
        self.lobby_dirty = True
        return thread

    async def _welcome(self, e: Json, row: Json, index: int) -> None:
        view = await self._view()
        await self._writer.add_users(await self._thread(), _discord_users(view.get("party") or []))
        text = "🙋 " + tr(
            "{name} joins the party ({player_name}).", name=e.get("name"), player_name=e.get("player_name")
        )
        await self._line(cards.said(text, _stamp(row, index)), row, index)

    async def draw_table(self) -> bool:
        """Bring the table card up to date; False when it must wait, so as not to edit too often."""
        if not self.table_dirty or not self._board.thread:
            self.table_dirty = False
            return True
        channel = await self._thread()
        await self._held.hold()
        await self._board.adopt(channel)
        wait = self._budget_wait("table")
        if not self._board.buried:
            wait = max(wait, self._table_edited + self._edit_seconds - time.monotonic())
        if wait > 0:
            self._wake_in(wait)
            return False
        view = await self._view()
        if view.get("status") not in RUNNING:
            await self._board.remove_table(channel)
        else:
            turn = (view.get("turn") or {}).get("id") or "none"
            await self._board.table(cards.table(view), f"{turn}:{self.read_to}", channel)
        self._table_edited = time.monotonic()
        self.table_dirty = False
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
