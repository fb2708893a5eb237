"""/link and /web at the table: the seat's account and one's account on the website become one."""

from __future__ import annotations

from bot import cards, links
from bot.table_terminal.keyboard import Interrupted, Leave, Stirred
from bot.table_terminal.play import Game
from bot.table_terminal.table import Seat
from bot.texts import tr

YES, NO = frozenset({"yes", "y", "ja", "j"}), frozenset({"no", "n", "nein"})


async def link(game: Game, seat: Seat, argument: str) -> None:
    """Without a code: a request that waits, else a code to enter on the website. Raises ApiError."""
    client, player = game.table.client, seat.player
    if argument:
        request = await links.enter_code(client, player, argument)
    else:
        waiting = (await links.own_links(client, player)).get("requests") or []
        if not waiting:
            game.show_card(cards.link_code(await links.give_code(client, player)))
            return
        request = waiting[0]
    game.show_card(cards.link_request(request).without_buttons())
    try:
        answer = await game.keyboard.ask("  " + tr("Are both accounts yours? Type yes or no:") + " ")
    except (Interrupted, Stirred, Leave):
        return
    said = answer.strip().lower()
    if said in NO:
        await links.refuse(client, player, str(request["id"]))
        game.screen.note(tr("Nothing was linked"))
    elif said in YES:
        done = await links.confirm(client, player, str(request["id"]))
        if done["state"] == "linked":
            game.show_card(cards.linked(str(done["name"])))
        else:
            game.screen.note(tr("You have agreed. It is done as soon as the other side agrees, too."))
    else:
        game.screen.note(tr("Nothing was decided; /link asks again."))


async def web(game: Game, seat: Seat, _argument: str) -> None:
    """Raises ApiError."""
    game.show_card(cards.browser_link(await links.browser_link(game.table.client, seat.player)))
