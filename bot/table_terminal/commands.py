"""The table's slash commands: each shows something or asks the API for something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from rich.text import Text

from bot import cards
from bot.cards.plain import one_line
from bot.cards.settings import CHOICES
from bot.table_terminal import accounts, belongings, controls, memories, paint
from bot.table_terminal.keyboard import Interrupted, Leave, Stirred
from bot.table_terminal.play import Game, Quit
from bot.table_terminal.table import Seat
from bot.table_terminal.typed import COMMANDS, Command, command_for
from bot.texts import tr

MODES = ("beats", "ordered", "free")


async def run_command(game: Game, seat: Seat, command: Command) -> None:
    """Raises Quit for /quit and ApiError for what the API refuses."""
    name = command_for(command.name)
    if name is None:
        game.screen.note(
            tr("There is no command {name}. /help lists them.", name=one_line(command.name, 30)), bad=True
        )
        return
    if name in belongings.VERBS:
        await belongings.change(game, seat, name, command.argument)
        return
    await _RUN[name](game, seat, command.argument)


async def _help(game: Game, seat: Seat, _argument: str) -> None:
    screen = game.screen
    screen.gap()
    screen.line(
        tr(
            "Type a number to choose, or say in your own words what your hero does. The game master tells,"
            " code rolls the dice. Empty line: show the table again."
        ),
        indent=2,
    )
    screen.gap()
    for name, argument, what in COMMANDS:
        text = Text(f"{name} {argument}".rstrip().ljust(26), "bold")
        text.append(tr(what))
        screen.line(text, indent=2, hang=30)
    screen.gap()


async def _look(game: Game, seat: Seat, _argument: str) -> None:
    view = await game.table.refresh(seat)
    scene, screen = view.get("scene") or {}, game.screen
    screen.rule(paint.place(scene), paint.clock(view.get("clock")))
    if scene.get("place"):
        screen.note(one_line(scene["place"]))
    if scene.get("threat"):
        screen.line(Text(one_line(scene["threat"]), paint.THREAT), indent=2)
    if view.get("quest"):
        screen.line(tr("Quest: {quest}", quest=view["quest"]), indent=2)
    for person in scene.get("people") or []:
        text = Text(one_line(person["name"]), "bold")
        text.append(f", {one_line(person.get('role'))}" if person.get("role") else "")
        screen.line(text, indent=2, hang=4)
    told = (view.get("last_narration") or {}).get("text")
    if told:
        screen.prose(told)


async def _actions(game: Game, seat: Seat, _argument: str) -> None:
    game.options = await game.table.options(seat)
    game.board.show_all(game.options)


async def _party(game: Game, seat: Seat, _argument: str) -> None:
    game.show_card(cards.party(await game.table.refresh(seat)))


async def _sheet(game: Game, seat: Seat, argument: str) -> None:
    whose = seat
    if argument:
        found = game.table.seat(int(argument)) if argument.isascii() and argument.isdigit() else None
        if found is None:
            game.screen.note(tr("Seats here are 1 to {seats}.", seats=len(game.table.seats)), bad=True)
            return
        whose = found
    sheet = await game.table.sheet(whose)
    now = game.table.member(whose.character_id)
    if game.table.view.get("encounter") and now:
        sheet = {**sheet, "hp": now["hp"], "mp": now["mp"]}  # in a fight the sheet waits for the final blow
    game.show_card(cards.sheet(sheet))


async def _recap(game: Game, seat: Seat, _argument: str) -> None:
    game.show_card(cards.recap(await game.table.recap()))


async def _lore(game: Game, seat: Seat, argument: str) -> None:
    game.show_card(cards.lore(await game.table.lore(seat, argument)))


async def _usage(game: Game, seat: Seat, _argument: str) -> None:
    game.show_card(cards.usage(await game.table.usage(seat)))


async def _say(game: Game, seat: Seat, argument: str) -> None:
    if not argument:
        game.screen.note(tr("Say what? /say TEXT"), bad=True)
        return
    await game.table.say(seat, argument)


async def _roll(game: Game, seat: Seat, argument: str) -> None:
    if not argument:
        game.screen.note(tr("Which dice? For example /roll 2d6+3, 4d6kh3, d20+5 adv or 6x(4d6kh3)"), bad=True)
        return
    await game.table.roll(seat, argument)


async def _rest(game: Game, seat: Seat, argument: str) -> None:
    long = argument.lower() in ("long", "night")
    await game.act(seat, {"kind": "rest", "id": "long"} if long else {"kind": "rest"})


async def _ready(game: Game, seat: Seat, argument: str) -> None:
    """`/ready 2 1`: choice 2 at its first target once the own turn of the fight comes; `/ready off` forgets it."""
    turn = (game.table.turn or {}).get("number")
    if argument.lower() == "off":
        await game.table.lock(seat, {"kind": "unlock", "lock": False}, turn)
        game.show_news()
        return
    game.options = await game.table.options(seat)
    lockable = game.options.lockable
    numbers = argument.split()
    if not numbers or not all(n.isascii() and n.isdigit() for n in numbers):
        for number, choice in enumerate(lockable, 1):
            game.screen.note(f"{number}  {choice.text}")
        game.screen.note(
            tr("/ready N, or /ready N M for its Mth target, does it when your turn comes; /ready off")
        )
        return
    index, aim = int(numbers[0]) - 1, int(numbers[1]) - 1 if len(numbers) > 1 else 0
    if not 0 <= index < len(lockable) or (
        lockable[index].targets and not 0 <= aim < len(lockable[index].targets)
    ):
        game.screen.note(tr("There is no such choice; /ready lists what can be decided now."), bad=True)
        return
    choice = lockable[index]
    body = choice.body(choice.targets[aim][0] if choice.targets else None)
    await game.table.lock(seat, body, turn)
    game.show_news()


async def _wait(game: Game, seat: Seat, _argument: str) -> None:
    await game.act(seat, {"kind": "pass"})


async def _seat(game: Game, seat: Seat, argument: str) -> None:
    found = game.table.seat(int(argument)) if argument.isascii() and argument.isdigit() else None
    if found is None:
        for s in game.table.seats:
            game.screen.note(f"{s.number}  {one_line(s.hero)} ({one_line(s.player.name)})")
        return
    game.speaker = found
    game.options = await game.table.options(found)


async def _mode(game: Game, seat: Seat, argument: str) -> None:
    if argument not in MODES:
        now = game.table.view.get("mode")
        game.screen.note(
            tr("The table plays in {now}. Choose /mode beats, /mode ordered or /mode free.", now=now)
        )
        return
    await game.table.set_mode(game.table.host or seat, argument)


async def _settings(game: Game, seat: Seat, argument: str) -> None:
    """`/settings` shows how the table is told; `/settings tone grim length short` changes it."""
    words = argument.lower().split()
    wish = dict(zip(words[::2], words[1::2], strict=False))
    if not words or len(words) % 2 or not set(wish) <= set(CHOICES):
        await game.table.refresh(seat)
        change = tr(
            "The host changes them: /settings tone grim, or several: /settings length short language de"
        )
        game.show_card(cards.settings(game.table.view, change=change))
        return
    await game.table.set_settings(game.table.host or seat, wish)


async def _end(game: Game, seat: Seat, argument: str) -> None:
    if argument.lower() != "yes":
        game.show_card(cards.confirm_end(game.table.view))
        try:
            answer = await game.keyboard.ask("  " + tr("End it? Type yes:") + " ")
        except (Interrupted, Stirred, Leave):
            return
        if answer.strip().lower() not in ("yes", "y", tr("yes")):
            game.screen.note(tr("The story goes on."))
            return
    await game.table.end(game.table.host or seat)


async def _quit(game: Game, seat: Seat, _argument: str) -> None:
    raise Quit


_RUN: dict[str, Callable[[Game, Seat, str], Awaitable[None]]] = {
    "/help": _help, "/look": _look, "/actions": _actions, "/party": _party, "/sheet": _sheet, "/recap": _recap,
    "/say": _say, "/roll": _roll, "/rest": _rest, "/wait": _wait, "/seat": _seat, "/mode": _mode,
    "/settings": _settings, "/end": _end,
    "/quit": _quit, "/bag": belongings.show_bag, "/shop": belongings.show_shop, "/gear": belongings.show_gear,
    "/skills": belongings.show_skills, "/journal": belongings.show_journal, "/row": belongings.change_row,
    "/respec": belongings.respec, "/ready": _ready, "/why": controls.why, "/retry": controls.retry,
    "/correct": controls.correct, "/x": controls.x, "/lines": controls.lines,
    "/link": accounts.link, "/web": accounts.web, "/lore": _lore, "/usage": _usage,
    "/memory": memories.run,
}  # fmt: skip
