"""A small web server in a thread of its own, so that tests with and without asyncio use a stand-in alike."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from aiohttp import web

B = TypeVar("B")


@dataclass(slots=True)
class Call:
    """One request as it came in. `outcome` is answered, refused, failed, dropped or left (the client went away)."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    outcome: str = ""
    why: str = ""


@dataclass(slots=True)
class Behaviours(Generic[B]):
    """What the stand-in does next: a queue of single answers, then one that lasts."""

    standard: B
    queue: deque[B] = field(default_factory=deque)

    def take(self) -> B:
        return self.queue.popleft() if self.queue else self.standard


class HostedStandin(Generic[B]):
    """Base of the providers' stand-ins: `with Standin() as provider`, or `async with`.

    `calls` holds every request in order; `behave` queues answers for the next ones, `always` changes all others.
    """

    def __init__(self, standard: B) -> None:
        self.calls: list[Call] = []
        self.connections_made = 0
        self._behaviours = Behaviours(standard)
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=type(self).__name__, daemon=True)
        self._runner: web.AppRunner | None = None
        self._sockets: set[tuple[str, int]] = set()
        self.base_url = ""

    # --- for tests -----------------------------------------------------------------------------------------------

    def behave(self, *answers: B) -> None:
        """The next requests get these, one each, in this order."""
        self._behaviours.queue.extend(answers)

    def always(self, answer: B) -> None:
        """Every request gets this from now on, unless something is queued."""
        self._behaviours.standard = answer

    @property
    def outcomes(self) -> list[str]:
        return [call.outcome for call in self.calls]

    @property
    def open_connections(self) -> int:
        return len(self._runner.server.connections) if self._runner and self._runner.server else 0

    def wait_until(self, true: Callable[[], bool], seconds: float = 5) -> None:
        """Block until `true()`; it is looked at whenever a call changes, and now and then. Raises AssertionError."""
        with self._changed:
            for _ in range(int(seconds / 0.02)):
                if true():
                    return
                self._changed.wait(0.02)
        raise AssertionError(f"never came true; calls: {self.outcomes}")

    async def until(self, true: Callable[[], bool], seconds: float = 5) -> None:
        """`wait_until` that keeps the caller's event loop free."""
        await asyncio.to_thread(self.wait_until, true, seconds)

    # --- the server ----------------------------------------------------------------------------------------------

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    def mark(self, call: Call, outcome: str, why: str = "") -> None:
        with self._changed:
            call.outcome, call.why = outcome, why
            self._changed.notify_all()

    async def noted(self, request: web.Request) -> Call:
        """Record a request. A body that is no JSON is recorded as text."""
        try:
            body = await request.json()
        except ValueError:
            body = await request.text() or None
        call = Call(request.method, request.path, {k.lower(): v for k, v in request.headers.items()}, body)
        with self._changed:
            self.calls.append(call)
            self._changed.notify_all()
        return call

    @web.middleware
    async def _watch(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        peer = request.transport.get_extra_info("peername") if request.transport else None
        if peer and peer not in self._sockets:
            self._sockets.add(peer)
            self.connections_made += 1
        before = len(self.calls)
        try:
            return await handler(request)
        except (asyncio.CancelledError, ConnectionResetError):
            for call in self.calls[before:]:
                if call.path == request.path and not call.outcome:
                    self.mark(call, "left")
            raise

    async def _start(self) -> None:
        app = web.Application(middlewares=[self._watch], client_max_size=4 * 1024 * 1024)
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{port}"

    def __enter__(self) -> Any:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._runner is not None:
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def __aenter__(self) -> Any:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(self, *exc_info: object) -> None:
        await asyncio.to_thread(self.__exit__)


def drop(request: web.Request) -> None:
    """Cut the connection, with nothing said."""
    if request.transport is not None:
        request.transport.abort()
