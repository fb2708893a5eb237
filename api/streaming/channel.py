"""One session that is followed: one look into the store for each wake-up, whoever and however many follow."""

from __future__ import annotations

import asyncio
from collections import deque

import structlog

from api.errors import NotFound
from api.services.table import Table
from api.store.port import StoreError
from api.streaming.audience import Audience, Credentials, Follower
from api.streaming.frames import Row
from api.streaming.limits import Limits
from api.streaming.narration import Gap, Narration, NarrationBuffer, Piece
from api.streaming.source import Source

log = structlog.get_logger()

ASKED_AT_ONCE = 50  # followers whose right to read is asked again in one go
HELD = 500  # pieces that wait while the buffer is read
PROMISED = 6  # looks for a row that a wake-up promised, before the next regular look
AWAY = frozenset({"not_found", "unauthenticated", "scope", "forbidden", "gone"})


class Channel(Audience):
    """The head of one session's feed as far as it was read, its latest frames, and the passage in progress."""

    def __init__(
        self, session_id: str, table: Table, source: Source, buffer: NarrationBuffer, limits: Limits
    ) -> None:
        super().__init__(limits)
        self.session_id = session_id
        self.head: int = table.body["seq"]
        self.narration = Narration(limits.narration_characters)
        self._source, self._buffer = source, buffer
        self._wanted = self.head
        self._look_again = False
        self._looking: asyncio.Task[None] | None = None
        self._mending: asyncio.Task[None] | None = None
        self._holding = True  # the buffer is being read: pieces wait
        self._waiting: deque[Piece] = deque(maxlen=HELD)
        now = asyncio.get_running_loop().time()
        self._next_look, self._next_check = now + limits.keep_alive_seconds, now + limits.recheck_seconds
        self._checking: asyncio.Task[None] | None = None
        self._began = asyncio.create_task(self._begin())

    async def ready(self) -> None:
        """Wait until it is known what is being told; then followers may join."""
        await asyncio.shield(self._began)

    def close(self) -> None:
        for task in (self._began, self._looking, self._mending, self._checking):
            if task is not None:
                task.cancel()

    # --- what Redis and the clock bring ---

    def wake(self, seq: int) -> None:
        if seq > self._wanted:
            self._wanted = seq
            self._start_looking()

    def hear(self, piece: Piece) -> None:
        if self._holding:
            self._waiting.append(piece)
            return
        try:
            news = self.narration.hear(piece)
        except Gap:
            self._waiting.append(piece)
            self._start_mending(piece)
            return
        if news is not None:
            self.publish(news.frame(self.session_id))

    def look(self) -> None:
        """Look into the store unasked: something may have been missed."""
        self._look_again = True
        self._start_looking()

    def resync(self) -> None:
        """Redis is back: rows and pieces may have been missed."""
        self.look()
        if self.narration.turn_id and not self._holding:
            self._start_mending(Piece(self.narration.turn_id, self.narration.attempt, 0, ""))

    def tick(self, now: float, deaf: bool) -> None:
        """What time alone asks for. `deaf` while Redis is away."""
        if not self.followers:
            return
        if now >= self._next_look:
            self._next_look = now + self.limits.keep_alive_seconds
            self.beat()
            self.look()
        elif deaf:
            self.look()
        if now >= self._next_check and (self._checking is None or self._checking.done()):
            self._next_check = now + self.limits.recheck_seconds
            self._checking = asyncio.create_task(self.recheck())

    # --- rows ---

    async def rows_after(self, seq: int, limit: int | None = None) -> list[Row]:
        """What follows a number: from memory where it is there, else a page of the store. Raises StoreError."""
        if seq >= self.head:
            return []
        rows = self.backlog.rows_after(seq)
        if rows is None:
            rows = (await self._source.page(self.session_id, seq, limit or self.limits.page_rows)).rows
        return rows[: limit or self.limits.page_rows]

    def _start_looking(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        tries = 0
        while self._look_again or self.head < self._wanted:
            self._look_again = False
            try:
                page = await self._source.page_now(self.session_id, self.head)
            except StoreError as error:
                tries += 1
                self._look_again = True
                log.warning("stream_cannot_read", session_id=self.session_id, error=str(error))
                await asyncio.sleep(min(5.0, 0.1 * 2**tries))
                continue
            if page.rows:
                tries = 0
                await self._admit(page.rows)
                self._look_again = self._look_again or page.more
            elif self.head < self._wanted:
                tries += 1
                if tries > PROMISED:
                    self._wanted = self.head
                await asyncio.sleep(0.01 * 2**tries)

    async def _admit(self, rows: list[Row]) -> None:
        """Append rows for everybody; who left is let go after the row that says so."""
        going = {user_id for row in rows for user_id in row.left}
        leavers: set[str] = set()
        if any(f.actor.user_id in going for f in self.followers):
            leavers = await self._gone_for_good(going)
        for row in rows:
            self.head = row.seq
            self.narration.close(row.told)
            if row.takes_back:  # the store has it no more, so nobody may read it from here
                self.backlog.clear()
            self.backlog.append(row)
            for user_id in leavers.intersection(row.left):
                for follower in self.followers:
                    if follower.actor.user_id == user_id:
                        follower.leave_after(row.seq)
        self.rouse()

    # --- who may read ---

    async def _gone_for_good(self, user_ids: set[str]) -> set[str]:
        """Those of them who have no seat again by now; all, when that cannot be asked."""
        try:
            table = await self._source.table_now(self.session_id)
        except (StoreError, NotFound) as error:
            log.warning("stream_cannot_ask_who_left", session_id=self.session_id, error=str(error))
            return user_ids
        staying = {f.actor.user_id for f in self.followers if _sits(table, f)}
        return {u for u in user_ids if u not in staying}

    async def check_newcomer(self, follower: Follower, asked_at: int) -> None:
        """Ask again when the feed went on between `asked_at`, when it was asked, and joining: a leave may be in it."""
        if self.head <= asked_at:
            return
        try:
            refused = await self._source.refused(self.session_id, [follower.credentials])
        except NotFound as error:
            follower.end("closed", error.code)
            return
        for code in refused.values():
            follower.end("closed", code)

    async def recheck(self) -> None:
        """Ask again for everybody: who signed out or lost the seat is let go."""
        by_credentials: dict[Credentials, list[Follower]] = {}
        for follower in self.followers:
            by_credentials.setdefault(follower.credentials, []).append(follower)
        asked = list(by_credentials)
        for start in range(0, len(asked), ASKED_AT_ONCE):
            try:
                refused = await self._source.refused(self.session_id, asked[start : start + ASKED_AT_ONCE])
            except NotFound as error:
                self.end_all("closed", error.code)
                return
            except StoreError as error:  # nothing can be read from it either; the next check asks again
                log.warning("stream_cannot_recheck", session_id=self.session_id, error=str(error))
                return
            for shown, code in refused.items():
                for follower in by_credentials[shown]:
                    if code in AWAY:
                        follower.end("closed", code)

    # --- the passage in progress ---

    async def _begin(self) -> None:
        try:
            whole = await self._buffer.latest(self.session_id)
            if whole is not None and await self._source.is_told(whole.turn_id):
                self.narration.close((whole.turn_id,))  # its last pieces may still be on their way
            elif whole is not None:
                self.narration.adopt(whole)
        except StoreError as error:
            log.warning("stream_cannot_read", session_id=self.session_id, error=str(error))
        finally:
            self._let_go()
        self.look()  # rows between the reading of the head and the first wake-up

    def _start_mending(self, missed: Piece) -> None:
        self._holding = True
        self._mending = asyncio.create_task(self._mend(missed))

    async def _mend(self, missed: Piece) -> None:
        """Read what was missed from the buffer and tell those who listen what is news of it."""
        try:
            whole = await self._buffer.read(missed.turn_id, missed.attempt)
            news = self.narration.adopt(whole) if whole is not None else None
            if news is not None:
                self.publish(news.frame(self.session_id))
        finally:
            self._let_go()

    def _let_go(self) -> None:
        """Pass on what was heard while the buffer was read."""
        self._holding = False
        while self._waiting:
            try:
                news = self.narration.hear(self._waiting.popleft())
            except Gap:
                continue  # the buffer lacks its beginning too; the whole comes with turn_narrated
            if news is not None:
                self.publish(news.frame(self.session_id))


def _sits(table: Table, follower: Follower) -> bool:
    try:
        table.require_member(follower.actor)
    except NotFound:
        return False
    return True
