"""Where typed lines come from: prompt_toolkit on a terminal, plain lines from a pipe."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Protocol, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from bot.table_terminal.typed import NAMES


class Leave(Exception):
    """The input has ended (Ctrl-D, end of a pipe)."""


class Interrupted(Exception):
    """Ctrl-C at the prompt; `text` is what stood there."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.text = text


class Stirred(Exception):
    """Something happened at the table while somebody typed; `text` is what stood at the prompt."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.text = text


class Keyboard(Protocol):
    """Asks for one line. Raises Leave, Interrupted, Stirred."""

    async def ask(self, prompt: str, default: str = "") -> str: ...

    def stir(self) -> None:
        """Break off a pending `ask` with Stirred."""


class TtyKeyboard:
    """A line editor with history and completion of commands; prints of the table appear above it."""

    def __init__(self, *, colour: bool = True) -> None:
        words = WordCompleter(list(NAMES), sentence=True, match_middle=False)
        self._session: PromptSession[str] = PromptSession(
            history=InMemoryHistory(), completer=words, complete_while_typing=False
        )
        self._colour = colour

    async def ask(self, prompt: str, default: str = "") -> str:
        style = "bold ansigreen" if self._colour else ""
        buffer = self._session.default_buffer
        try:
            with patch_stdout(raw=True):
                answer = await self._session.prompt_async(FormattedText([(style, prompt)]), default=default)
        except KeyboardInterrupt:
            raise Interrupted(buffer.text) from None
        except EOFError:
            raise Leave from None
        return answer

    def stir(self) -> None:
        app = self._session.app
        if app.is_running and not app.is_done:
            app.exit(exception=Stirred(self._session.default_buffer.text))


class PipeKeyboard:
    """Lines from a file or a pipe, echoed so that the output reads as a transcript."""

    def __init__(self, source: TextIO | None = None, echo: Callable[[str], None] | None = None) -> None:
        self._source = source or sys.stdin
        self._echo = echo

    async def ask(self, prompt: str, default: str = "") -> str:
        line = await asyncio.to_thread(self._source.readline)
        if not line:
            raise Leave
        text = str(line).rstrip("\r\n")
        if self._echo:
            self._echo(f"{prompt}{text}")
        return text

    def stir(self) -> None:
        """A line is read whole; there is nothing to break off."""
