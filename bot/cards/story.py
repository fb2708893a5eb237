"""Cards around the story: recap, dice, table talk, endings, help, notices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards import dice, ids
from bot.cards.model import (
    GOLD,
    GREEN,
    GREY,
    RED,
    VIOLET,
    Button,
    Card,
    Draft,
    Field,
    Text,
    b,
    code,
    i,
    line,
    lines,
    sentence,
)
from bot.texts import tr

Json = dict[str, Any]


def recap(r: Json) -> Card:
    """Previously on."""
    draft = Draft()
    for part in r.get("so_far") or []:
        draft.prose(str(part))
        draft.gap()
    if not draft.lines:
        draft.add(i(tr("The story has only just begun.")))
    fields = []
    for name, key in (
        (tr("Your last choice"), "last_choice"),
        (tr("The quest"), "quest"),
        (tr("What threatens"), "threat"),
    ):
        if r.get(key):
            fields.append(Field(name, lines(str(r[key]))))
    return Card(
        "recap", str(r.get("title") or tr("The story so far")), draft.done(), tuple(fields), colour=VIOLET
    )


def roll(r: Json, name: str = "", stamp: str = "") -> Card:
    """Dice that somebody asked for; they decide nothing."""
    who: list[Text] = [*sentence("{who} rolls", who=b(name)), " "] if name else []
    head: list[Text] = ["🎲 ", *who, code(str(r["expression"])), " → ", b(str(r["total"]))]
    natural = tr(dice.NATURAL.get(r.get("natural") or 0, ""))
    end: list[Text] = [" — ", b(natural)] if natural else []
    tree = r.get("tree")
    if not isinstance(tree, dict):
        return Card("roll", "", (line(*head, f"  {r.get('detail') or ''}"),), colour=GREY, stamp=stamp)
    rows = dice.rows(tree)
    body = (line(*head, *end), *rows) if len(rows) > 1 else (line(*head, "  ", *rows[0].spans, *end),)
    return Card("roll", "", body, colour=GREEN if r.get("natural") == 20 else GREY, stamp=stamp)


def chat(e: Json, stamp: str = "") -> Card:
    """Table talk from wherever a friend sits."""
    who = str(e.get("name") or tr("A friend"))
    hero = str(e.get("character_name") or "")
    where = {
        "web": tr("from the website"), "godot": tr("from the game client"), "terminal": tr("from the terminal"),
    }.get(str(e.get("source")), "")  # fmt: skip
    author = f"{who} ({hero})" if hero and hero != who else who
    return Card("chat", "", (line("💬 ", str(e.get("text") or "")),), colour=GREY, author=author,
                footer=where, stamp=stamp)  # fmt: skip


def said(text: str, stamp: str = "", *, colour: int = GREY) -> Card:
    """One line that the relay posts."""
    return Card("line", "", (line(text),), colour=colour, stamp=stamp)


def ending(view: Json, event: Json) -> Card:
    """The end of a session."""
    name = str(
        event.get("ending_name") or (view.get("ending") or {}).get("name") or tr("The adventure ends here")
    )
    draft = Draft()
    reason = str(event.get("reason") or "")
    if reason and reason not in ("ending", "story"):
        draft.add(
            tr("The host closed the session.") if reason in ("host", "ended") else reason.replace("_", " ")
        )
    party = view.get("party") or []
    heroes = tuple(
        line("🛡️ ", b(str(m["name"])), " — ",
             tr("level {level}, 🪙 {gold} gold", level=m.get("level", 1), gold=m.get("gold", 0)),
             ", " + tr("carried from the field") if m.get("down") else "")
        for m in party
    )  # fmt: skip
    fields = [Field(tr("Those who were there"), heroes)] if heroes else []
    if view.get("seed"):
        fields.append(Field(tr("The dice, revealed"), (line(*sentence("Seed {seed}", seed=code(str(view["seed"])))),
                                                   line(*sentence("Its hash was shown first: {hash}",
                                                        hash=code(str(view.get("seed_hash") or "")))))))  # fmt: skip
    button = Button(tr("The story so far"), ids.make("end", view["id"], "recap"), emoji="📜")
    return Card("ending", f"🏁 {name}", draft.done(), tuple(fields), footer=str(view.get("campaign_name") or ""),
                colour=GOLD, buttons=(button,))  # fmt: skip


def notice(title: str, text: str, *, bad: bool = False, buttons: Sequence[Button] = ()) -> Card:
    """A sentence for one player's eyes."""
    return Card(
        "notice", title, lines(text) if text else (), colour=RED if bad else GREEN, buttons=tuple(buttons)
    )


def confirm_end(view: Json) -> Card:
    """Ask before a session is closed for everyone."""
    return Card(
        "confirm",
        tr("End this adventure?"),
        (
            line(
                tr(
                    "It ends for everyone at the table, with things as they stand now. This cannot be taken back."
                )
            ),
        ),
        footer=str(view.get("campaign_name") or ""),
        colour=RED,
        buttons=(
            Button(tr("End it"), ids.make("session", view["id"], "end"), "danger"),
            Button(tr("Keep playing"), ids.make("session", view["id"], "keep")),
        ),
    )
