"""Commands about what a hero has: they show a part of the sheet, or ask the API for one change of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bot import cards
from bot.cards.plain import one_line
from bot.table_terminal.play import Game
from bot.table_terminal.table import Seat
from bot.table_terminal.typed import match
from bot.texts import N, tr

Json = dict[str, Any]
_MANY = re.compile(r"^(?P<what>.*?)\s+x\s?(?P<many>[1-9][0-9]{0,5})$")
_TO = re.compile(r"^(?P<what>.*?)\s*->\s*(?P<to>\S.*)$")


@dataclass(frozen=True, slots=True)
class Verb:
    """A command that changes a part of the sheet; `kind` is the option's kind in the API's answer."""

    part: str
    kind: str
    lacking: str


VERBS: dict[str, Verb] = {
    "/buy": Verb("inventory", "buy", N("Buy what? /shop shows what is for sale.")),
    "/sell": Verb("inventory", "sell", N("Sell what? /shop shows what is wanted.")),
    "/give": Verb("inventory", "give", N("Give what, to whom? /give red cordial -> Nell")),
    "/drop": Verb("inventory", "drop", N("Leave what in the party's cache? /bag shows what is carried.")),
    "/take": Verb(
        "inventory", "pick_up", N("Take what out of the party's cache? /bag shows what lies there.")
    ),
    "/equip": Verb("equipment", "equip", N("Wear or wield what? /bag shows what is carried.")),
    "/unequip": Verb("equipment", "unequip", N("Take off what? /gear shows what is worn.")),
    "/learn": Verb("skills", "learn", N("Learn what? /skills shows the tree.")),
}


async def show_bag(game: Game, seat: Seat, _argument: str) -> None:
    game.show_card(cards.bag(await game.table.part(seat, "inventory"), seat.first_name))


async def show_shop(game: Game, seat: Seat, _argument: str) -> None:
    card = cards.shop(await game.table.part(seat, "inventory"))
    if card is None:
        game.screen.note(tr("There is no shop here."))
        return
    game.show_card(card)
    game.screen.note(tr("/buy NAME, /buy NAME x3, /sell NAME"))


async def show_gear(game: Game, seat: Seat, _argument: str) -> None:
    game.show_card(cards.gear(await game.table.part(seat, "equipment"), seat.first_name))


async def show_skills(game: Game, seat: Seat, _argument: str) -> None:
    game.show_card(cards.skills(await game.table.part(seat, "skills"), seat.first_name))


async def show_journal(game: Game, seat: Seat, _argument: str) -> None:
    game.show_card(cards.journal(await game.table.journal(seat)))


async def change_row(game: Game, seat: Seat, argument: str) -> None:
    """`/row back`: where the hero stands when a fight begins."""
    if argument not in ("front", "back"):
        game.screen.note(tr("Which row? /row front or /row back"), bad=True)
        return
    await _send(game, seat, "equipment", {"kind": "row", "id": argument})


async def respec(game: Game, seat: Seat, argument: str) -> None:
    """Says the price first; `/respec yes` does it."""
    part = await game.table.part(seat, "skills")
    found = [o for o in part["options"] if o["kind"] == "respec"]
    if not found:
        game.screen.note(
            tr("{first_name} has learnt nothing that could be given back.", first_name=seat.first_name)
        )
    elif argument.lower() != "yes":
        game.screen.note(tr("All skills back for {price} gold? /respec yes", price=found[0]["price"]))
    else:
        await _send(game, seat, "skills", {"kind": "respec"})


async def change(game: Game, seat: Seat, name: str, argument: str) -> None:
    """One of VERBS, with what is meant by key, label or a part of the label, `xN` and `-> WHOM`."""
    verb = VERBS[name]
    if not argument:
        game.screen.note(tr(verb.lacking), bad=True)
        return
    to, many = "", 1
    if match := _TO.match(argument):
        argument, to = match["what"], match["to"]
    if match := _MANY.match(argument):
        argument, many = match["what"], int(match["many"])
    kind = verb.kind
    if kind == "give" and (gold := re.fullmatch(r"([1-9][0-9]{0,8}) gold", argument)):
        kind, argument, many = "give_gold", "gold", int(gold[1])
    options = [o for o in (await game.table.part(seat, verb.part))["options"] if o["kind"] == kind]
    found = _find(options, argument)
    if found is None:
        offered = ", ".join(one_line(o["label"], 40) for o in options if o["enabled"]) or "nothing"
        game.screen.note(
            tr(
                "“{argument}” is not among them; possible are: {offered}.",
                argument=one_line(argument, 40),
                offered=offered,
            ),
            bad=True,
        )
        return
    body: Json = {"kind": kind, "id": found["id"], "shop": found.get("shop") or "", "quantity": many}
    if found.get("targets"):
        target = (
            _find(found["targets"], to) if to else found["targets"][0] if len(found["targets"]) == 1 else None
        )
        if target is None:
            names = ", ".join(t["name"] for t in found["targets"])
            game.screen.note(
                tr(
                    "To whom? {name} {argument} -> NAME; there are: {names}.",
                    name=name,
                    argument=one_line(argument, 40),
                    names=names,
                ),
                bad=True,
            )
            return
        body["to"] = target["id"]
    await _send(game, seat, verb.part, body)


async def _send(game: Game, seat: Seat, part: str, body: Json) -> None:
    await game.table.change(seat, part, {k: v for k, v in body.items() if v != ""})
    game.show_news()


def _find(rows: list[Json], wanted: str) -> Json | None:
    index = match(wanted, [(str(r["id"]), str(r.get("label") or r.get("name") or "")) for r in rows])
    return rows[index] if index is not None else None
