"""Cards by which players steer the telling: why, tell it again, what is wrong, lines and veils, the X-card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards import ids
from bot.cards.model import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    Button,
    Card,
    Draft,
    Field,
    Option,
    Select,
    b,
    i,
    line,
    lines,
    sentence,
)
from bot.cards.plain import one_line
from bot.cards.receipts import receipts
from bot.texts import N, tr, trn

Json = dict[str, Any]
LONGEST = 24  # sentences of one passage that are shown with what is behind them
X_HELP = N(
    "Anybody may play the X-card at any time, for any reason or none: the last passage is taken back at once and told without what hurt. Nobody is told who played it, and nobody asks. What happened in the game stays."  # noqa: E501
)
LINES_HELP = N(
    "A line is what never comes up at this table; a veil is what happens off-stage only. What one asks for holds for everybody, and nobody sees who asked."  # noqa: E501
)


def x_button(session_id: str, turn_id: str) -> Button:
    """Small, under each passage. Whoever presses it is answered alone."""
    return Button("X", ids.make("turn", turn_id, "x", session_id))


def safety_field() -> Field:
    """What stands under a story's opening, so that everybody knows before they need it."""
    return Field(
        "🛡️ " + tr("If something goes too far"), lines(f"/x — {tr(X_HELP)}", f"/lines — {tr(LINES_HELP)}")
    )


# --- in the thread ---------------------------------------------------------------------------------------------------


def taken_back_text(reason: str) -> str:
    """Why a passage is gone, in the same words whoever asked."""
    if reason == "x_card":
        return tr(
            "This passage was taken back with the X-card. What happened stays; other words are on their way."
        )
    return tr("This passage is told anew…")


def corrected(e: Json, stamp: str = "") -> Card:
    """A friend says what was told wrongly."""
    who = b(str(e.get("character_name") or tr("A friend")))
    said = sentence("{who} puts it right: {text}", who=who, text=i(str(e.get("text") or "")))
    return Card("line", "", (line("✏️ ", *said),), colour=GREY,
                footer=tr("about turn {number}", number=e.get("turn_number")), stamp=stamp)  # fmt: skip


def lines_changed(e: Json, stamp: str = "") -> Card:
    """What the table leaves out from now on; never who asked."""
    said = tr("What this table leaves out has changed. /lines shows it.")
    return Card("line", "", (line("🛡️ ", said),), colour=GREY, stamp=stamp)


# --- for one player's eyes -------------------------------------------------------------------------------------------


def sentences(found: Json, session_id: str, only: int | None = None) -> Card:
    """Why: each sentence of a passage with the dice and events behind it. `only` shows one of them."""
    draft = Draft()
    rows = [s for s in found.get("sentences") or [] if only is None or s["number"] == only]
    for one in rows[:LONGEST]:
        found_here = receipts(one.get("events") or [])
        text = one_line(str(one["text"]), 160)
        draft.add(b(f"{one['number']}. "), text if found_here else i(text))
        draft.lines += found_here
    more = len(rows) - LONGEST
    if more > 0:
        draft.add(i(tr("… and {count} more; /why N shows sentence N.", count=more)))
    rest = receipts(found.get("untold") or []) if only is None else []
    fields = (Field(tr("What happened without a sentence of its own"), tuple(rest)),) if rest else ()
    turn = str(found.get("turn_id") or "")
    buttons = (
        Button(tr("Tell it again"), ids.make("turn", turn, "retry", session_id), emoji="🔁"),
        Button(tr("Something is wrong…"), ids.make("turn", turn, "wrong", session_id), emoji="✏️"),
    )
    opening = found.get("kind") == "opening"
    title = tr("Why the opening reads so")
    if not opening:
        title = tr("Why turn {number} reads so", number=found.get("turn_number"))
    return Card("why", title, draft.done() or (line(tr("There is no such sentence.")),), fields, colour=GREY,
                footer=tr("What stands alone is mood; dice are rolled by code."), buttons=buttons)  # fmt: skip


def told_again(answer: Json) -> Card:
    left = int(answer.get("left") or 0)
    often = tr("That was the last time for this passage.")
    if left:
        often = trn(
            "It can be told again {count} more time.", "It can be told again {count} more times.", left
        )
    body = lines(tr("The dice and what happened stay. Until then the old text stands."), often)
    return Card("notice", tr("Other words are on their way"), body, colour=GREEN)


def noted_correction(answer: Json, session_id: str) -> Card:
    """It counts from now on; the passage itself can be told again where that is possible."""
    body = lines(tr(KEPT_TO))
    again = Button(
        tr("Tell it again"), ids.make("turn", str(answer["turn_id"]), "retry", session_id), emoji="🔁"
    )
    buttons = (again,) if answer.get("can_retell") else ()
    return Card("notice", tr("Put right"), (line(str(answer.get("text") or ""), style="quote"), line(), *body),
                colour=GREEN, buttons=buttons)  # fmt: skip


KEPT_TO = N("The game master keeps to it from now on. It changes what is told, never what happened.")


def x_played(answer: Json, session_id: str, topics: Sequence[Json], slip: str = "") -> Card:
    """Only who played it sees this. It asks for nothing; it may be told what to leave out."""
    turn = (answer.get("turn_ids") or [""])[0]
    body = [tr("The passage is gone, for everybody. Nobody is told that it was you, and nobody will ask.")]
    selects: tuple[Select, ...] = ()
    buttons: tuple[Button, ...] = ()
    if answer.get("topic"):
        body.append(tr("From now on this table leaves it out."))
        if slip:
            body.append(tr("Should you want to take that back one day: /lines code:{code}", code=slip))
    else:
        body.append(tr("You need not say why. If you like, name what to leave out from now on:"))
        options = _options(topics)
        custom_id = ids.make("turn", turn, "x_topic", session_id)
        selects = (Select(custom_id, tr("Leave this out from now on"), options),) if options else ()
        buttons = (Button(tr("In my own words…"), ids.make("turn", turn, "x_words", session_id)),)
    return Card("safety", tr("The card is played"), lines(*body), colour=BLUE, buttons=buttons, selects=selects,
                footer=tr("Take all the time you need."))  # fmt: skip


def _options(topics: Sequence[Json]) -> tuple[Option, ...]:
    return tuple(Option(t["name"], t["key"], one_line(t["summary"], 100)) for t in topics[:25])


def boundaries(view: Json, session_id: str, slip: str) -> Card:
    """What the table leaves out, and how to ask for more. `slip` is this player's secret; no other message has it."""
    draft = Draft()
    draft.add(tr(LINES_HELP))
    draft.gap()
    for name, key in ((tr("Lines, never told"), "lines"), (tr("Veils, only off-stage"), "veils")):
        found = ", ".join(str(t["name"]) for t in view.get(key) or []) or tr("none")
        draft.add(b(f"{name}: "), found)
    draft.gap()
    draft.add(tr("Your choices lie under this code, and only you know it: {code}", code=slip), style="small")
    draft.add(
        tr("/lines code:{code} opens them again; choose nothing to take them back.", code=slip), style="small"
    )
    options = _options(view.get("topics") or [])
    selects = tuple(
        Select(ids.make("safety", session_id, verb, slip), words, options, least=0, most=len(options))
        for verb, words in (("lines", tr("Never tell of…")), ("veils", tr("Only off-stage…")))
    )
    buttons = (
        Button(tr("In my own words…"), ids.make("safety", session_id, "words", slip), emoji="✍️"),
        Button(tr("Take mine back"), ids.make("safety", session_id, "clear", slip)),
    )
    return Card("safety", tr("What this table leaves out"), draft.done(), colour=BLUE,
                selects=selects if options else (), buttons=buttons,
                footer=tr("/x takes back the last passage at once."))  # fmt: skip


def not_now(text: str) -> Card:
    return Card("notice", tr("Not now"), lines(text), colour=AMBER)
