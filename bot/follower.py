"""One session's Discord surface: reads the feed after the saved cursor and keeps the thread equal to it.

One message for each turn (the outcome at once, edited into its narration later), the table card at the bottom, the
lobby in the parent channel, and a line for talk and dice. The cursor is saved last: a crash repeats steps, and `Board`
sees to it that a repeated step posts nothing twice.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import structlog

from bot import cards
from bot.api_client import ApiError
from bot.cards.as_discord import to_messages
from bot.lease import HeldSurface, LeaseLost, TakenOver
from bot.teller import Teller
from bot.texts import tr
from bot.thread_writer import ChannelGone, NotAllowed

if TYPE_CHECKING:
    from bot.relay import Relay

Json = dict[str, Any]
PAGE = 100
TOLD = ("turn_narrated", "turn_renarrated")
SLOW = 60.0  # seconds until the next try when only a person can mend it


class Follower:
    """Works while there is something to do, and costs nothing in between."""

    def __init__(self, relay: Relay, surface: Json) -> None:
        self._relay, self._api, self._writer = relay, relay.api, relay.writer
        self._held = HeldSurface(relay.api, surface, relay.holder, relay.lease_seconds)
        self._teller = Teller(
            relay.api,
            relay.writer,
            self._held,
            edit_seconds=relay.edit_seconds,
            wake_in=self._wake_in,
        )
        self._board = self._teller.board
        self._log = structlog.get_logger("bot.follower").bind(session=self._held.session_id)
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._timer: asyncio.TimerHandle | None = None
        self._failures = 0
        self._complained = False

    def hear(self, delta: Json) -> None:
        """A piece of narration from the stream."""
        text, turn_id = str(delta.get("text") or ""), str(delta.get("turn_id") or "")
        if text and turn_id:
            self._teller.hear(turn_id, int(delta.get("attempt") or 0), int(delta.get("offset") or 0), text)
            self._wake_in(0.2)

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
            self._teller.start_over()
            self._again = True
            return
        except LeaseLost as lost:
            self._log.debug("another process holds the surface", seconds=round(lost.seconds, 1))
            self._board.doubt()  # it may have been lost between two tries of one request
            self._wake_in(lost.seconds + 0.05)
            return
        except ChannelGone as gone:
            await self._channel_gone(str(gone))
        except NotAllowed as error:
            await self._complain(str(error))
        except ApiError as error:
            self._log.warning("relay waits for the API", code=error.code, status=error.status)
            self._retry(patient=not error.is_passing and error.code != "conflict")
        except discord.RateLimited as limited:
            self._log.warning("relay waits as long as Discord says", seconds=round(limited.retry_after))
            self._board.doubt()
            self._wake_in(min(limited.retry_after, SLOW))
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
        self._teller.table_dirty = self._board.buried = True
        self._again = True

    async def _complain(self, permissions: str) -> None:
        """Tell the channel once which permission is missing in the thread, then wait for somebody to mend it."""
        self._log.error("a permission is missing", permissions=permissions, address=self._held.address)
        if not self._complained and self._board.thread not in (None, self._board.parent):
            self._complained = True
            text = tr(
                "I may not write in this adventure’s thread. Please give me there: {permissions}.",
                permissions=permissions,
            )
            message = to_messages(cards.notice(tr("A permission is missing"), text, bad=True))[0]
            try:
                await self._writer.send(
                    self._board.parent,
                    self._board.guild,
                    message,
                    self._board.nonce(f"complaint:{permissions}"),
                )
            except (NotAllowed, ChannelGone, LeaseLost, discord.RateLimited, discord.HTTPException) as error:
                self._log.warning("the channel cannot be told either", error=repr(error))
        self._retry(patient=True)

    # --- one look ------------------------------------------------------------------------------------------------

    async def _drain(self) -> None:
        teller, held = self._teller, self._held
        held.require_free()  # who stands by needs no news
        while True:
            rows = await self._rows()
            if not rows and teller.is_done:
                return
            await held.hold()
            await teller.speak()
            told = _told_in(rows)
            for row in rows:
                for index, event in enumerate(row["events"]):
                    if not teller.put_off(event):
                        await teller.tell(event, row, index, told)
                teller.read_to = int(row["seq"])
            await teller.tell_put_off()
            if len(rows) >= PAGE:
                continue
            await teller.draw_lobby()
            if await teller.draw_table():
                await held.hold()
                await held.save(cursor=teller.read_to)
            await teller.draw_growing()
            return

    async def _rows(self) -> list[Json]:
        try:
            page = await self._api.events(self._held.session_id, self._teller.read_to, limit=PAGE)
        except ApiError as error:
            if error.code != "gone":
                raise
            # The feed's beginning was cleared away: start from what is now.
            view = await self._api.session(self._held.session_id)
            self._teller.read_to = int(view["seq"])
            self._teller.table_dirty = True
            return []
        return list(page.get("items") or [])


def _told_in(rows: list[Json]) -> set[str]:
    """The turns whose passage stands at the end of these rows: what was told and withdrawn again does not."""
    told: set[str] = set()
    for event in (e for r in rows for e in r["events"]):
        if event["type"] in TOLD:
            told.add(event["turn_id"])
        elif event["type"] == "narration_withdrawn":
            told.discard(event["turn_id"])
    return told
