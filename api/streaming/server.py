"""uvicorn with bounded connections: small buffers, and an end for those who take nothing."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.streaming.hub import Hub
from api.streaming.limits import Limits

log = structlog.get_logger()


def bounded_protocol(limits: Limits) -> type[asyncio.Protocol]:
    """An HTTP protocol whose connections buffer at most `write_buffer_bytes` and one piece, here and in the kernel."""

    class Bounded(H11Protocol):
        _stalled: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            transport.set_write_buffer_limits(high=limits.write_buffer_bytes)
            plain: socket.socket | None = transport.get_extra_info("socket")
            if plain is not None:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.socket_buffer_bytes)

        def pause_writing(self) -> None:
            super().pause_writing()
            if self._stalled is None:
                self._stalled = self.loop.call_later(limits.stall_seconds, self._drop)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._forget()

        def connection_lost(self, exc: Exception | None) -> None:
            self._forget()
            super().connection_lost(exc)

        def _drop(self) -> None:
            log.info("stream_stalled", client=self.client, seconds=limits.stall_seconds)
            self.transport.abort()

        def _forget(self) -> None:
            if self._stalled is not None:
                self._stalled.cancel()
                self._stalled = None

    return Bounded


class StreamServer(uvicorn.Server):
    """Asks its followers to come back before it ends."""

    def __init__(self, config: uvicorn.Config, hub: Hub | None) -> None:
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._hub is not None:
            self._hub.send_home()
        await super().shutdown(sockets)


def server_for(app: Starlette, host: str, port: int, **options: Any) -> StreamServer:
    """A server for an app of `api.stream.create_stream`."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=bounded_protocol(app.state.limits),
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
        **options,
    )
    return StreamServer(config, app.state.hub)
