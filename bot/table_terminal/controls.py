"""Commands by which the friends at the table steer the telling: why, retry, correct, the X-card, lines and veils."""

from __future__ import annotations

import re
import secrets

from bot import cards
from bot.cards.controls import KEPT_TO, LINES_HELP, X_HELP
from bot.table_terminal.play import Game
from bot.table_terminal.table import Seat
from bot.texts import tr

_SENTENCE = re.compile(r"^([1-9][0-9]{0,2})\s*:\s*(\S.*)$", re.DOTALL)
_CODE = re.compile(r"^[A-Za-z0-9_-]{12,40}$")


async def why(game: Game, seat: Seat, argument: str) -> None:
    """`/why`, or `/why 3` for the third sentence."""
    if argument and not (argument.isascii() and argument.isdigit() and int(argument) > 0):
        game.screen.note(tr("/why shows every sentence, /why N only the Nth."), bad=True)
        return
    found = await game.table.receipts(seat)
    game.show_card(
        cards.sentences(found, game.table.id, int(argument) if argument else None).without_buttons()
    )


async def retry(game: Game, seat: Seat, _argument: str) -> None:
    game.show_card(cards.told_again(await game.table.retry(seat)))
    game.show_news()


async def correct(game: Game, seat: Seat, argument: str) -> None:
    """`/correct Odile is a woman`, or `/correct 2: …` for the second sentence."""
    if not argument:
        game.screen.note(
            tr("What is it really? /correct TEXT, or /correct N: TEXT for sentence N."), bad=True
        )
        return
    match = _SENTENCE.match(argument)
    sentence, text = (int(match[1]), match[2]) if match else (None, argument)
    answer = await game.table.correct(seat, text, sentence)
    game.show_news()
    game.screen.note(tr(KEPT_TO))
    if answer.get("can_retell"):
        game.screen.note(tr("/retry tells the passage again."))


async def x(game: Game, seat: Seat, argument: str) -> None:
    """`/x`, or `/x TOPIC` to leave that out from now on."""
    answer = await game.table.play_x(seat, argument)
    game.show_news()
    slip = str(answer.get("slip") or "")
    if answer.get("topic"):
        back = tr("/lines code {code} and then /lines clear takes that back.", code=slip) if slip else ""
        game.screen.note(f"{tr('From now on this table leaves it out.')} {back}".rstrip())
    else:
        game.screen.note(tr("You need not say why. /x TOPIC would leave something out from now on."))


async def lines(game: Game, seat: Seat, argument: str) -> None:
    """`/lines`, `/lines never gore, wet wool`, `/lines veil torture`, `/lines clear`, `/lines code CODE`."""
    verb, _, rest = argument.partition(" ")
    code = game.slips.setdefault(seat.number, secrets.token_hex(8))
    topics = [t.strip() for t in rest.split(",") if t.strip()]
    match verb.lower():
        case "":
            await _show(game, seat)
            return
        case "never" | "veil" if topics:
            kind = "lines" if verb.lower() == "never" else "veils"
            await game.table.put_slip(seat, f"{code}-{kind}", **{kind: topics})
        case "clear":
            for kind in ("-lines", "-veils", ""):
                await game.table.put_slip(seat, f"{code}{kind}")
        case "code" if _CODE.match(rest):
            game.slips[seat.number] = rest
            game.screen.note(tr("Your choices lie under that code now."))
            return
        case _:
            game.screen.note(
                tr(
                    "/lines shows them; /lines never WORDS, WORDS; /lines veil WORDS; /lines clear; /lines code CODE"
                ),
                bad=True,
            )
            return
    game.show_news()
    game.screen.note(
        tr("Only you know your code: {code}. /lines code {code} opens your choices again.", code=code)
    )


async def _show(game: Game, seat: Seat) -> None:
    view = await game.table.safety(seat)
    screen = game.screen
    screen.gap()
    screen.line(tr(LINES_HELP), indent=2)
    for name, key in ((tr("Lines, never told"), "lines"), (tr("Veils, only off-stage"), "veils")):
        screen.line(f"{name}: {', '.join(t['name'] for t in view[key]) or tr('none')}", indent=2)
    screen.line(tr("Topics:") + " " + ", ".join(t["key"] for t in view["topics"]), indent=2, hang=4)
    screen.line(f"/x — {tr(X_HELP)}", indent=2)
    screen.gap()
