"""The stand-in for tests that know nothing of asyncio: it runs in a thread, and calls wait for it."""

import asyncio
import inspect
import threading
from collections.abc import Callable
from typing import Any

from tests.fakes.discord.driver import User
from tests.fakes.discord.replies import Reply
from tests.fakes.discord.standin import DiscordStandin

WRAPPED = (DiscordStandin, User, Reply)


class Blocking:
    """A stand-in, user or reply whose methods block until the stand-in's own thread has done the work."""

    def __init__(self, target: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._target = target
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        value = self._run(lambda: getattr(self._target, name))
        if inspect.ismethod(value):
            return lambda *args, **kwargs: self._call(value, args, kwargs)
        return self._wrap(value)

    def __repr__(self) -> str:
        return repr(self._target)

    def _call(self, method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        bare_args = [_bare(value) for value in args]
        bare_kwargs = {name: _bare(value) for name, value in kwargs.items()}
        return self._wrap(self._run(lambda: method(*bare_args, **bare_kwargs)))

    def _run(self, work: Callable[[], Any]) -> Any:
        """Do `work` on the loop. Inside the loop's thread (a predicate of `until`) it is done at once."""
        if _is_running_here(self._loop):
            return work()

        async def on_the_loop() -> Any:
            result = work()
            return await result if inspect.iscoroutine(result) else result

        return asyncio.run_coroutine_threadsafe(on_the_loop(), self._loop).result()

    def _wrap(self, value: Any) -> Any:
        return Blocking(value, self._loop) if isinstance(value, WRAPPED) else value


class ThreadedStandin(Blocking):
    """`with ThreadedStandin() as discord:` gives a `DiscordStandin` whose methods need no `await`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(None, asyncio.new_event_loop())
        self._thread = threading.Thread(target=self._loop.run_forever, name="discord-standin", daemon=True)
        self._thread.start()
        self._target = self._run(lambda: DiscordStandin(**settings))

    def __enter__(self) -> "ThreadedStandin":
        self._run(self._target.start)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._run(self._target.stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _bare(value: Any) -> Any:
    """A value without wrappers, also inside lists and dictionaries."""
    if isinstance(value, Blocking):
        return value._target
    if isinstance(value, list | tuple):
        return [_bare(item) for item in value]
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items()}
    return value


def _is_running_here(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False
