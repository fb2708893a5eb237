"""The same party session in a terminal: `./coc play` starts the services and runs this (`python -m bot.terminal`)."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import structlog

from bot.api_client import ApiClient, ApiError
from bot.errors import sentence_for
from bot.table_terminal.farewell import farewell
from bot.table_terminal.keyboard import Keyboard, PipeKeyboard, TtyKeyboard
from bot.table_terminal.patience import Patience
from bot.table_terminal.play import Game, Quit
from bot.table_terminal.screen import Screen
from bot.table_terminal.script import ScriptProblem, read_script
from bot.table_terminal.script_run import ScriptRun
from bot.table_terminal.start import Start, title
from bot.table_terminal.table import Table
from bot.texts import LANGUAGES, SOURCE, N, speak, tr

DONE, FAILED, NO_API, BAD_USE, INTERRUPTED = 0, 1, 2, 4, 130
KEPT = N("The story is kept. ./coc play takes it up again.")


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.terminal", description=__doc__)
    parser.add_argument("--api", default=os.environ.get("API_BASE_URL", "http://127.0.0.1:5000"))
    parser.add_argument("--stream", default=os.environ.get("STREAM_BASE_URL", "http://127.0.0.1:5002"))
    parser.add_argument("--party", type=int, metavar="N", help="how many play at this keyboard (1 to 6)")
    parser.add_argument(
        "--script", type=Path, metavar="FILE", help="play the lines of a file (docs/examples)"
    )
    parser.add_argument("--campaign", metavar="KEY", help="the campaign to begin")
    parser.add_argument("--language", choices=LANGUAGES, default=SOURCE, help="what the table speaks")
    parser.add_argument(
        "--fresh", action="store_true", help="begin a new story without asking for earlier ones"
    )
    found = parser.parse_args(given)
    if found.party is not None and not 1 <= found.party <= 6:
        parser.error("--party is 1 to 6")
    return found


async def seat_party(start: Start, options: argparse.Namespace) -> Table:
    """An earlier session or a new one, ready to be played."""
    table = None if options.fresh else await start.earlier()
    if table is None:
        return await start.new(options.party, options.campaign)
    if int(table.view.get("turn_number") or 0) > 1:
        await start.previously(table)
    return table


async def play(table: Table, game: Game) -> None:
    """One sitting, to the end of the story or until somebody leaves. Raises Quit, ApiError."""
    for seat in table.seats:
        await table.sheet(seat)
    await game.sit_down()
    try:
        await game.run()
        await farewell(game)
    finally:
        await game.stand_up()


async def run(options: argparse.Namespace, screen: Screen, keyboard: Keyboard, token: str) -> int:
    """The whole sitting; returns the exit status."""
    script = read_script(options.script) if options.script else None
    async with ApiClient(options.api, token, stream_url=options.stream) as client:
        patience = Patience(screen.note)
        start = Start(client, screen, keyboard, patience)
        title(screen)
        try:
            if script is not None:
                await ScriptRun(script, start, screen, patience).run(options.party, options.campaign)
                return DONE
            table = await seat_party(start, options)
            await play(table, Game(table, screen, keyboard))
        except Quit:
            screen.gap()
            screen.note(tr(KEPT))
        return DONE


def main(given: Sequence[str] | None = None) -> int:
    options = arguments(given)
    speak(options.language)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    token = os.environ.get("TERMINAL_SERVICE_TOKEN", "")
    if not token:
        print(
            "TERMINAL_SERVICE_TOKEN is not set. ./coc play sets it and starts the services.", file=sys.stderr
        )
        return BAD_USE
    screen = Screen()
    keyboard: Keyboard
    if sys.stdin.isatty() and screen.is_tty:
        keyboard = TtyKeyboard(colour=not screen.console.no_color)
    else:
        keyboard = PipeKeyboard(echo=screen.line)
    try:
        return asyncio.run(_until_told_to_stop(run(options, screen, keyboard, token)))
    except ScriptProblem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return FAILED
    except ApiError as error:
        print(f"\n{sentence_for(error.code, error.message, error.details)} ({error.code})", file=sys.stderr)
        return NO_API
    except (KeyboardInterrupt, asyncio.CancelledError):
        screen.stop_waiting()
        print(f"\n  {tr(KEPT)}")
        return INTERRUPTED


async def _until_told_to_stop(work: Coroutine[Any, Any, int]) -> int:
    """A SIGTERM ends the sitting as Ctrl-C does: nothing is lost, since the story lives in the API."""
    task = asyncio.create_task(work)
    with contextlib.suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


if __name__ == "__main__":
    sys.exit(main())
