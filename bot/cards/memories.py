"""Cards around what a story remembers: the list with its pages, one memory, and the line that tells of a change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards import ids
from bot.cards.model import BLUE, GREY, VIOLET, Button, Card, Draft, Option, Select, Text, i, line
from bot.cards.plain import one_line
from bot.texts import N, names, tr

Json = dict[str, Any]

SHOWN = 8  # memories of one card
LABEL = 90  # characters of a memory in a select
KINDS = {
    "person": "👤", "promise": "🤝", "place": "📍", "debt": "🪙", "secret": "🤫", "appointment": "🕰️", "question": "❔",
    "quest": "📜", "clue": "🔎", "deed": "⚔️", "said": "💬", "claim": "🗯️", "detail": "·",
}  # fmt: skip
CHANGES = {
    "added": N("{name} wrote down: “{text}”"),
    "corrected": N("{name} set right: “{text}”"),
    "pinned": N("{name} pinned: “{text}”"),
    "unpinned": N("{name} unpinned: “{text}”"),
    "forgotten": N("{name} let go of: “{text}”"),
    "restored": N("{name} brought back: “{text}”"),
}


def memory_list(page: Json, session_id: str, words: str = "") -> Card:
    """A page of memories, with a choice of one of them and, where there are more, a button for the next page."""
    items: Sequence[Json] = page.get("items") or []
    draft = Draft()
    for memory in items:
        draft.add(*_row(memory))
    if not items:
        none = (
            tr("Nothing is remembered of “{words}”.", words=words)
            if words
            else tr("Nothing is remembered yet.")
        )
        draft.add(i(none))
    buttons = [Button(tr("Write one down"), ids.make("mem", session_id, "new"), emoji="✍️")]
    if page.get("next_cursor") and not words:
        buttons.append(Button(tr("Older"), ids.make("mem", session_id, "p", page["next_cursor"]), emoji="⏭️"))
    options = tuple(Option(one_line(m["text"], LABEL), str(m["id"]), _when(m)) for m in items)
    select = Select(ids.make("mem", session_id, "open"), tr("Pin, set right or forget one…"), options)
    title = (
        tr("What is remembered of “{words}”", words=one_line(words, 60))
        if words
        else tr("What the story remembers")
    )
    footer = tr("{pins} of {most} pinned", pins=page.get("pins") or 0, most=page.get("most_pins", 20))
    return Card("memories", title, draft.done(), footer=footer, colour=VIOLET, buttons=tuple(buttons),
                selects=(select,) if items else ())  # fmt: skip


def memory_card(m: Json, session_id: str, told: str = "") -> Card:
    """One memory with what can be done with it."""
    draft = Draft()
    draft.prose(one_line(m["text"]))
    draft.gap()
    draft.add(i(_origin(m)), style="small")
    about = [str(a["name"]) for a in m.get("about") or []]
    if about:
        draft.add(i(tr("About {names}.", names=names(about))), style="small")
    live = m.get("state") in ("live", "detail")
    verbs: list[tuple[str, str, str]] = []
    if live:
        pin = (tr("Unpin"), "unpin", "📌") if m.get("pinned") else (tr("Pin"), "pin", "📌")
        verbs = [pin, (tr("Set right"), "fix", "✏️"), (tr("Forget"), "forget", "🗑️")]
    if not live or m.get("corrects"):
        verbs.append((tr("Undo"), "undo", "↩️"))
    buttons = tuple(
        Button(label, ids.make("mem", m["id"], verb, session_id), emoji=e) for label, verb, e in verbs
    )
    return Card("memory", f"{_sign(m)} {_when(m)}", draft.done(), footer=told, colour=BLUE if live else GREY,
                buttons=buttons)  # fmt: skip


def memory_changed(e: Json, stamp: str = "") -> Card:
    """The line by which everyone learns that somebody changed a memory."""
    shape = CHANGES.get(str(e.get("change")))
    text = one_line((e.get("memory") or {}).get("text"), 200)
    name = one_line(e.get("name"), 60) or tr("A friend")
    said = tr(shape, name=name, text=text) if shape else text
    return Card("line", "", (line("🧠 ", said),), colour=GREY, stamp=stamp)


def _row(m: Json) -> list[Text]:
    text = one_line(m["text"], 200)
    if m.get("speaker"):
        text = tr("{name} said: {text}", name=one_line(m["speaker"], 60), text=text)
    return [f"{_sign(m)} ", text, i(f"  {_when(m)}")]


def _sign(m: Json) -> str:
    return "📌" if m.get("pinned") else KINDS.get(str(m.get("kind")), "·")


def _when(m: Json) -> str:
    return tr("turn {numbers}", numbers=", ".join(str(n) for n in (m.get("turns") or [])[:3]) or "0")


def _origin(m: Json) -> str:
    """Where a memory comes from, in a sentence."""
    by = one_line(m.get("by"), 60)
    if m.get("corrects"):
        return tr("Set right by {name}.", name=by)
    if m.get("source") == "pin":
        return tr("Written down by {name}.", name=by)
    if m.get("source") == "player":
        return tr(
            "{name}'s player said so; that makes it no fact of the world.",
            name=one_line(m.get("speaker"), 60),
        )
    return tr("It happened.") if m.get("source") == "event" else tr("The story told it.")
