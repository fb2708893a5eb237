"""Who somebody is in the game: a code to link, a request to link with both names, a way into the browser."""

from __future__ import annotations

from typing import Any

from bot.cards import ids
from bot.cards.model import AMBER, BLUE, GREEN, Button, Card, Draft, b, code, sentence, when
from bot.texts import command, names, tr

Json = dict[str, Any]


def link_code(given: Json) -> Card:
    """A code, and where it is entered."""
    d = Draft()
    d.add(*sentence("Your code: {code}", code=code(str(given["code"]))))
    d.gap()
    d.add(
        tr(
            "Enter it on the website, on the page of your account, within {minutes} minutes. Then come back to {link}:"
            " both sides see both names and confirm. Tell the code to nobody.",
            minutes=_minutes(given),
            link=command("link"),
        )
    )
    return Card("link", tr("Link your accounts"), d.done(), colour=BLUE)


def link_request(request: Json) -> Card:
    """Both names, what comes over and what stands in the way; a button for each answer."""
    d = Draft()
    mine, other = str(request["you"]["name"]), str(request["other"]["name"])
    keeps, goes = (mine, other) if request.get("stays") == "you" else (other, mine)
    d.add(*sentence("You are {you}; the other account is {other}.", you=b(mine), other=b(other)))
    moves = sentence(
        "What {goes} has goes to {keeps}, and both ways in lead there.", goes=b(goes), keeps=b(keeps)
    )
    d.add(*moves)
    comes = request.get("comes") or {}
    heroes = [str(c["name"]) for c in comes.get("characters") or []]
    if heroes:
        gold = int(comes.get("gold") or 0)
        d.add(tr("Heroes: {heroes}; together {gold} gold.", heroes=names(heroes), gold=gold))
    for note in comes.get("notes") or []:
        d.add(str(note), style="small")
    clashes = [str(c["name"]) for c in request.get("clashes") or []]
    if clashes:
        d.gap()
        d.add(
            tr(
                "Not yet: both sit at the same table ({tables}). Leave it with one of them first.",
                tables=names(clashes),
            )
        )
    agreed = bool((request.get("confirmed") or {}).get("you"))
    if agreed:
        d.gap()
        d.add(tr("You have agreed. It is done as soon as the other side agrees, too."))
    d.add(*sentence("Ends {moment}", moment=when(str(request["expires_at"]))), style="small")
    yes = Button(
        tr("Yes, both are mine"),
        ids.make("link", request["id"], "confirm"),
        "success",
        disabled=bool(clashes),
    )
    no = Button(tr("No"), ids.make("link", request["id"], "refuse"), "danger")
    buttons = (no,) if agreed else (yes, no)
    return Card("link", tr("Are both accounts yours?"), d.done(), colour=AMBER, buttons=buttons)


def offer_to_sponsor(session_id: str, character_id: str, reason: str) -> Card:
    """The sponsor's tier has no room for one more; somebody of a higher one may join and sponsor the table."""
    d = Draft()
    d.add(reason)
    d.add(
        tr(
            "If your own tier has room for all, you can join and sponsor this table: the game master's answers, the"
            " seats and how long the log is kept then go by your tier."
        ),
        style="small",
    )
    button = Button(tr("Join and sponsor"), ids.make("lobby", session_id, "sponsor", character_id), "primary")
    return Card("notice", tr("No seat is left"), d.done(), colour=AMBER, buttons=(button,))


def linked(name: str) -> Card:
    """It is done; `name` is the account that stays."""
    d = Draft()
    told = sentence(
        "From now on you are {name}, here and on the website. Your heroes and tables are one.", name=b(name)
    )
    d.add(*told)
    return Card("link", tr("Linked"), d.done(), colour=GREEN)


def browser_link(given: Json) -> Card:
    """A one-time way into the browser. The address stands as text, so that no preview of it is fetched."""
    d = Draft()
    told = sentence(
        "Open this in your browser within {minutes} minutes. It works once, and signs in as {name}:",
        minutes=b(str(_minutes(given))),
        name=b(str(given["name"])),
    )
    d.add(*told)
    d.add(code(str(given["url"])))
    d.gap()
    d.add(tr("Give it to nobody: whoever opens it is you."), style="small")
    return Card("web", tr("Your game in the browser"), d.done(), colour=BLUE)


def _minutes(given: Json) -> int:
    return max(1, int(given.get("expires_in") or 0) // 60)
