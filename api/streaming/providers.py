"""The multiplexed streams of services: wake-ups and deltas of the sessions that each provider shows."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import structlog

from api.errors import NotFound
from api.store.port import StoreError
from api.streaming.audience import Audience
from api.streaming.frames import Frame, Json, event
from api.streaming.limits import Limits
from api.streaming.source import Source

log = structlog.get_logger()
HELD = 200  # frames of one session that wait until its provider is known


class Providers:
    """One audience for each provider. A session's provider never changes, so it is looked up once and remembered."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source, self._limits = source, limits
        self._audiences: dict[str, Audience] = {}
        self._known: OrderedDict[str, str] = OrderedDict()
        self._waiting: dict[str, list[Frame]] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def audience(self, provider: str) -> Audience:
        return self._audiences.setdefault(provider, Audience(self._limits))

    @property
    def audiences(self) -> list[Audience]:
        return list(self._audiences.values())

    def close(self) -> None:
        for task in self._asking:
            task.cancel()

    def resync(self, reason: str) -> None:
        """Something may have been missed: services look at everything."""
        for audience in self._audiences.values():
            audience.publish(event("resync", {"reason": reason}))

    def hear(self, session_id: str, kind: str, payload: Json) -> None:
        """Pass on to the provider of that session, in order, once it is known which one that is."""
        if not any(a.followers for a in self._audiences.values()):
            return
        frame = event(kind, payload)
        provider = self._known.get(session_id)
        if provider is not None:
            self._known.move_to_end(session_id)
            self._deliver(provider, frame)
        elif session_id in self._waiting:
            if len(self._waiting[session_id]) < HELD:
                self._waiting[session_id].append(frame)
        else:
            self._waiting[session_id] = [frame]
            task = asyncio.create_task(self._ask(session_id))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _ask(self, session_id: str) -> None:
        try:
            provider: str = (await self._source.table(session_id)).body["provider"]
        except NotFound:
            del self._waiting[session_id]
        except StoreError as error:
            del self._waiting[session_id]
            log.warning("stream_cannot_read", session_id=session_id, error=str(error))
            self.resync("store")
        else:
            self._known[session_id] = provider
            while len(self._known) > self._limits.known_sessions:
                self._known.popitem(last=False)
            for frame in self._waiting.pop(session_id):
                self._deliver(provider, frame)

    def _deliver(self, provider: str, frame: Frame) -> None:
        audience = self._audiences.get(provider)
        if audience is not None and audience.followers:
            audience.publish(frame)
