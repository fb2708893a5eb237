"""Cards around the story: recap, dice, table talk, endings, help, notices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards import dice, ids
from bot.cards.model import (
    BLUE,
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
)

Json = dict[str, Any]

COMMANDS: tuple[tuple[str, str], ...] = (
    ("/play", "take a ready-made hero and be in the story within a minute"),
    ("/act", "say in your own words what your hero does; suggestions appear as you type"),
    ("/sheet", "your hero: health, abilities, what you carry"),
    ("/bag", "what you carry, and the party's cache; /gear what you wear, and why it counts"),
    ("/skills", "the skill tree, and what you can learn"),
    ("/shop", "what is sold here, and what it costs"),
    ("/journal", "quests, people, and what they think of you"),
    ("/party", "everyone at the table"),
    ("/recap", "the story so far"),
    ("/memory", "what the story remembers; pin it, set it right or forget it"),
    ("/roll", "roll dice for fun, for example 2d6+3, 4d6kh3, d20+5 adv, 3d6! or 6x(4d6kh3)"),
    ("/say", "talk to the friends who play in the browser or the game client"),
    ("/campaign start", "choose a campaign, a mode and a hero"),
    ("/campaign end", "end the adventure of this channel (host)"),
)


def recap(r: Json) -> Card:
    """Previously on."""
    draft = Draft()
    for part in r.get("so_far") or []:
        draft.prose(str(part))
        draft.gap()
    if not draft.lines:
        draft.add(i("The story has only just begun."))
    fields = []
    for name, key in (
        ("Your last choice", "last_choice"),
        ("The quest", "quest"),
        ("What threatens", "threat"),
    ):
        if r.get(key):
            fields.append(Field(name, lines(str(r[key]))))
    return Card(
        "recap", str(r.get("title") or "The story so far"), draft.done(), tuple(fields), colour=VIOLET
    )


def roll(r: Json, name: str = "", stamp: str = "") -> Card:
    """Dice that somebody asked for; they decide nothing."""
    who: list[Text] = [b(name), " rolls "] if name else []
    head: list[Text] = ["🎲 ", *who, code(str(r["expression"])), " → ", b(str(r["total"]))]
    natural = dice.NATURAL.get(r.get("natural") or 0)
    end: list[Text] = [" — ", b(natural)] if natural else []
    tree = r.get("tree")
    if not isinstance(tree, dict):
        return Card("roll", "", (line(*head, f"  {r.get('detail') or ''}"),), colour=GREY, stamp=stamp)
    rows = dice.rows(tree)
    body = (line(*head, *end), *rows) if len(rows) > 1 else (line(*head, "  ", *rows[0].spans, *end),)
    return Card("roll", "", body, colour=GREEN if natural == dice.NATURAL[20] else GREY, stamp=stamp)


def chat(e: Json, stamp: str = "") -> Card:
    """Table talk from wherever a friend sits."""
    who = str(e.get("name") or "A friend")
    hero = str(e.get("character_name") or "")
    where = {"web": "website", "godot": "game client", "terminal": "terminal"}.get(str(e.get("source")), "")
    author = f"{who} ({hero})" if hero and hero != who else who
    return Card("chat", "", (line("💬 ", str(e.get("text") or "")),), colour=GREY, author=author,
                footer=f"from the {where}" if where else "", stamp=stamp)  # fmt: skip


def said(text: str, stamp: str = "", *, colour: int = GREY) -> Card:
    """One line that the relay posts."""
    return Card("line", "", (line(text),), colour=colour, stamp=stamp)


def ending(view: Json, event: Json) -> Card:
    """The end of a session."""
    name = str(
        event.get("ending_name") or (view.get("ending") or {}).get("name") or "The adventure ends here"
    )
    draft = Draft()
    reason = str(event.get("reason") or "")
    if reason and reason not in ("ending", "story"):
        draft.add("The host closed the session." if reason in ("host", "ended") else reason.replace("_", " "))
    party = view.get("party") or []
    heroes = tuple(
        line("🛡️ ", b(str(m["name"])), f" — level {m.get('level', 1)}, 🪙 {m.get('gold', 0)}",
             ", carried from the field" if m.get("down") else "")
        for m in party
    )  # fmt: skip
    fields = [Field("Those who were there", heroes)] if heroes else []
    if view.get("seed"):
        fields.append(Field("The dice, revealed", (line("Seed ", code(str(view["seed"]))),
                                                   line("Its hash was shown first: ",
                                                        code(str(view.get("seed_hash") or ""))))))  # fmt: skip
    button = Button("The story so far", ids.make("end", view["id"], "recap"), emoji="📜")
    return Card("ending", f"🏁 {name}", draft.done(), tuple(fields), footer=str(view.get("campaign_name") or ""),
                colour=GOLD, buttons=(button,))  # fmt: skip


def help_card() -> Card:
    body = lines(
        "You and your friends act, the game master tells, code rolls the dice. Press a suggestion under the scene,"
        " or say what you do in your own words.",
    )
    rows = tuple(line(b(name), f" — {what}") for name, what in COMMANDS)
    return Card("help", "How to play", body, (Field("Commands", rows),), colour=BLUE,
                footer="Only you see refusals, sheets and this page.")  # fmt: skip


def notice(title: str, text: str, *, bad: bool = False, buttons: Sequence[Button] = ()) -> Card:
    """A sentence for one player's eyes."""
    return Card(
        "notice", title, lines(text) if text else (), colour=RED if bad else GREEN, buttons=tuple(buttons)
    )


def confirm_end(view: Json) -> Card:
    """Ask before a session is closed for everyone."""
    return Card(
        "confirm",
        "End this adventure?",
        (
            line(
                "It ends for everyone at the table, with things as they stand now. This cannot be taken back."
            ),
        ),
        footer=str(view.get("campaign_name") or ""),
        colour=RED,
        buttons=(
            Button("End it", ids.make("session", view["id"], "end"), "danger"),
            Button("Keep playing", ids.make("session", view["id"], "keep")),
        ),
    )
