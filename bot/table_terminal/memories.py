"""/memory at the table: list what the story remembers, and pin, set right, forget or bring back one of the list."""

from __future__ import annotations

from typing import Any

from bot.cards import memories as drawn
from bot.table_terminal.play import Game
from bot.table_terminal.table import Seat
from bot.texts import N, tr

Json = dict[str, Any]
USAGE = N("/memory [WORDS], /memory add TEXT, /memory N pin|unpin|forget|undo, /memory N fix TEXT")
BODIES: dict[str, Json | None] = {
    "pin": {"pinned": True}, "unpin": {"pinned": False}, "undo": {"undo": True}, "forget": None,
}  # fmt: skip


async def run(game: Game, seat: Seat, argument: str) -> None:
    """`N` counts in the list that was shown last; without one the newest memories are meant."""
    first, _, rest = argument.partition(" ")
    if first.isascii() and first.isdigit():
        await _one(game, seat, int(first), rest.strip())
    elif first == "add" and rest.strip():
        await _told(game, seat, await game.table.memory(seat, "POST", "", {"text": rest.strip()}))
    elif first == "help":
        game.screen.note(tr(USAGE))
    else:
        await _list(game, seat, argument)


async def _list(game: Game, seat: Seat, words: str) -> None:
    page = await game.table.memories(seat, words)
    game.table.listed = [str(m["id"]) for m in page["items"]]
    game.show_card(drawn.memory_list(page, game.table.id, words).without_buttons())
    if page["items"]:
        game.screen.note(tr("The first is 1."))
        game.screen.note(tr(USAGE))


async def _one(game: Game, seat: Seat, number: int, wish: str) -> None:
    if not game.table.listed:
        game.table.listed = [str(m["id"]) for m in (await game.table.memories(seat, ""))["items"]]
    if not 1 <= number <= len(game.table.listed):
        game.screen.note(
            tr(
                "There is no memory {number} in the list; it has {count}.",
                number=number,
                count=len(game.table.listed),
            ),
            bad=True,
        )
        return
    memory_id = game.table.listed[number - 1]
    verb, _, text = wish.partition(" ")
    if verb == "fix" and text.strip():
        await _told(game, seat, await game.table.memory(seat, "PATCH", memory_id, {"text": text.strip()}))
    elif verb in BODIES:
        body = BODIES[verb]
        await _told(
            game, seat, await game.table.memory(seat, "DELETE" if body is None else "PATCH", memory_id, body)
        )
    elif not verb:
        await _told(game, seat, await game.table.memory(seat, "GET", memory_id, None))
    else:
        game.screen.note(tr(USAGE), bad=True)


async def _told(game: Game, _: Seat, memory: Json) -> None:
    game.show_card(drawn.memory_card(memory, game.table.id).without_buttons())
