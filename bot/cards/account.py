"""Who somebody is in the game: a code to link, a request to link with both names, a way into the browser."""

from __future__ import annotations

from typing import Any

from bot.cards import ids
from bot.cards.model import AMBER, BLUE, GREEN, Button, Card, Draft, b, code, names_of, when

Json = dict[str, Any]


def link_code(given: Json) -> Card:
    """A code, and where it is entered."""
    d = Draft()
    d.add("Your code: ", code(str(given["code"])))
    d.gap()
    minutes = max(1, int(given.get("expires_in") or 0) // 60)
    d.add(
        f"Enter it on the website, on the page of your account, within {minutes} minutes. Then come back to /link:"
        " both sides see both names and confirm. Tell the code to nobody."
    )
    return Card("link", "Link your accounts", d.done(), colour=BLUE)


def link_request(request: Json) -> Card:
    """Both names, what comes over and what stands in the way; a button for each answer."""
    d = Draft()
    mine, other = str(request["you"]["name"]), str(request["other"]["name"])
    keeps, goes = (mine, other) if request.get("stays") == "you" else (other, mine)
    d.add("You are ", b(mine), "; the other account is ", b(other), ".")
    d.add("What ", b(goes), " has goes to ", b(keeps), ", and both ways in lead there.")
    comes = request.get("comes") or {}
    heroes = [str(c["name"]) for c in comes.get("characters") or []]
    if heroes:
        d.add("Heroes: ", names_of(heroes), f"; together {int(comes.get('gold') or 0)} gold.")
    for note in comes.get("notes") or []:
        d.add(str(note), style="small")
    clashes = [str(c["name"]) for c in request.get("clashes") or []]
    if clashes:
        d.gap()
        d.add(
            b("Not yet: "),
            "both sit at the same table (",
            names_of(clashes),
            "). Leave it with one of them first.",
        )
    said = request.get("confirmed") or {}
    if said.get("you"):
        d.gap()
        d.add("You have agreed. It is done as soon as the other side agrees, too.")
    d.add("Ends ", when(str(request["expires_at"])), style="small")
    buttons = [
        Button(
            "Yes, both are mine",
            ids.make("link", request["id"], "confirm"),
            "success",
            disabled=bool(clashes),
        ),
        Button("No", ids.make("link", request["id"], "refuse"), "danger"),
    ]
    return Card(
        "link",
        "Are both accounts yours?",
        d.done(),
        colour=AMBER,
        buttons=tuple(buttons[bool(said.get("you")) :]),
    )


def offer_to_sponsor(session_id: str, character_id: str, reason: str) -> Card:
    """The sponsor's tier has no room for one more; somebody of a higher one may join and sponsor the table."""
    d = Draft()
    d.add(reason)
    d.add("If your own tier has room for all, you can join and sponsor this table: the game master's answers, the seats"
          " and how long the log is kept then go by your tier.", style="small")  # fmt: skip
    button = Button("Join and sponsor", ids.make("lobby", session_id, "sponsor", character_id), "primary")
    return Card("notice", "No seat is left", d.done(), colour=AMBER, buttons=(button,))


def linked(name: str) -> Card:
    d = Draft()
    d.add("From now on you are ", b(name), ", here and on the website. Your heroes and tables are one.")
    return Card("link", "Linked", d.done(), colour=GREEN)


def browser_link(given: Json) -> Card:
    """A one-time way into the browser. The address stands as text, so that no preview of it is fetched."""
    d = Draft()
    minutes = max(1, int(given.get("expires_in") or 0) // 60)
    d.add("Open this in your browser within ", b(f"{minutes} minutes"), ". It works once, and signs in as ",
          b(str(given["name"])), ":")  # fmt: skip
    d.add(code(str(given["url"])))
    d.gap()
    d.add("Give it to nobody: whoever opens it is you.", style="small")
    return Card("web", "Your game in the browser", d.done(), colour=BLUE)
