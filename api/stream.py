"""The stream: a small ASGI process that follows Redis once and fans committed events out to many followers.

Redis only wakes it; what it sends is read from the store by sequence number, so a follower that comes back with
`Last-Event-ID` misses nothing. Narration deltas pass through as they come and carry no number. The parts are in
`api/streaming/`, the design in `docs/streams.md`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from api.errors import ApiError
from api.settings import BadSettings, Settings, load_settings
from api.store.port import StoreError
from api.streaming.answers import broken, not_routed, refused, store_down
from api.streaming.hub import Hub
from api.streaming.limits import Limits
from api.streaming.routes import Desk
from api.streaming.server import server_for
from api.streaming.source import Source
from api.wiring import CannotStart, Wired, configure_logging, wire


def create_stream(settings: Settings, limits: Limits | None = None, parts: Wired | None = None) -> Starlette:
    """The app; `app.state` holds its `hub` and `limits`. It wires its own parts unless given. Raises CannotStart."""
    limits = limits or Limits()
    source = Source(parts or wire(settings), limits)
    hub = Hub(settings.redis_url, source, limits)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(hub.run())
        yield
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await hub.close()
        source.close()

    app = Starlette(
        routes=Desk(hub).routes(),
        exception_handlers={
            ApiError: refused,
            StoreError: store_down,
            HTTPException: not_routed,
            Exception: broken,
        },
        lifespan=lifespan,
        middleware=[_cors(settings)],
    )
    app.state.hub, app.state.limits = hub, limits
    return app


def _cors(settings: Settings) -> Middleware:
    """The website's pages, and those that the operator names, may follow from their own origin."""
    return Middleware(
        CORSMiddleware,
        allow_origins=settings.browser_origins,
        allow_methods=["GET"],
        allow_headers=["Authorization", "Last-Event-ID", "X-Request-ID"],
        allow_credentials=True,
    )


def main() -> int:
    try:
        settings = load_settings()
        configure_logging(settings.log_level, "stream")
        app = create_stream(settings)
    except (BadSettings, CannotStart) as error:
        print(f"The stream cannot start:\n{error}", file=sys.stderr)
        return 4
    # Content and modules live as long as the process: without this each full collection walks them while all wait.
    gc.collect()
    gc.freeze()
    server_for(app, settings.stream_host, settings.stream_port).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
