"""Cards around what a story remembers: the list with its pages, one memory, and the line that tells of a change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards import ids
from bot.cards.model import (
    BLUE,
    GREY,
    VIOLET,
    Button,
    Card,
    Draft,
    Option,
    Select,
    Text,
    b,
    i,
    line,
    names_of,
)
from bot.cards.plain import one_line

Json = dict[str, Any]

SHOWN = 8  # memories of one card
LABEL = 90  # characters of a memory in a select
KINDS = {
    "person": "👤", "promise": "🤝", "place": "📍", "debt": "🪙", "secret": "🤫", "appointment": "🕰️", "question": "❔",
    "quest": "📜", "clue": "🔎", "deed": "⚔️", "said": "💬", "claim": "🗯️", "detail": "·",
}  # fmt: skip
CHANGES = {
    "added": "wrote down", "corrected": "set right", "pinned": "pinned", "unpinned": "unpinned",
    "forgotten": "let go of", "restored": "brought back",
}  # fmt: skip


def memory_list(page: Json, session_id: str, words: str = "") -> Card:
    """A page of memories, with a choice of one of them and, where there are more, a button for the next page."""
    items: Sequence[Json] = page.get("items") or []
    draft = Draft()
    for memory in items:
        draft.add(*_row(memory))
    if not items:
        draft.add(i(f"Nothing is remembered of “{words}”." if words else "Nothing is remembered yet."))
    pins = page.get("pins") or 0
    buttons = [Button("Write one down", ids.make("mem", session_id, "new"), emoji="✍️")]
    if page.get("next_cursor") and not words:
        buttons.append(Button("Older", ids.make("mem", session_id, "p", page["next_cursor"]), emoji="⏭️"))
    options = tuple(
        Option(one_line(m["text"], LABEL), str(m["id"]), f"{m['kind']}, turn {_turns(m)}") for m in items
    )
    selects = (
        (Select(ids.make("mem", session_id, "open"), "Pin, set right or forget one…", options),)
        if items
        else ()
    )
    title = f"What is remembered of “{one_line(words, 60)}”" if words else "What the story remembers"
    return Card("memories", title, draft.done(), footer=f"{pins} of {page.get('most_pins', 20)} pinned", colour=VIOLET,
                buttons=tuple(buttons), selects=selects)  # fmt: skip


def memory_card(m: Json, session_id: str, told: str = "") -> Card:
    """One memory with what can be done with it."""
    draft = Draft()
    draft.prose(one_line(m["text"]))
    draft.gap()
    draft.add(i(_origin(m)), style="small")
    about = [a["name"] for a in m.get("about") or []]
    if about:
        draft.add(i(f"About {names_of(about)}."), style="small")
    live = m.get("state") in ("live", "detail")
    verbs: list[tuple[str, str, str]] = []
    if live:
        verbs = [("Unpin" if m.get("pinned") else "Pin", "unpin" if m.get("pinned") else "pin", "📌"),
                 ("Set right", "fix", "✏️"), ("Forget", "forget", "🗑️")]  # fmt: skip
    if not live or m.get("corrects"):
        verbs.append(("Undo", "undo", "↩️"))
    buttons = tuple(
        Button(label, ids.make("mem", m["id"], verb, session_id), emoji=e) for label, verb, e in verbs
    )
    return Card("memory", f"{_sign(m)} Turn {_turns(m)}", draft.done(), footer=told, colour=BLUE if live else GREY,
                buttons=buttons)  # fmt: skip


def memory_changed(e: Json, stamp: str = "") -> Card:
    """The line by which everyone learns that somebody changed a memory."""
    what = CHANGES.get(str(e.get("change")), "changed")
    text = one_line((e.get("memory") or {}).get("text"), 200)
    return Card("line", "", (line("🧠 ", b(str(e.get("name") or "Somebody")), f" {what}: “{text}”"),), colour=GREY,
                stamp=stamp)  # fmt: skip


def _row(m: Json) -> list[Text]:
    said = [b(str(m["speaker"])), " said: "] if m.get("speaker") else []
    return [f"{_sign(m)} ", *said, one_line(m["text"], 200), i(f"  turn {_turns(m)}")]


def _sign(m: Json) -> str:
    return "📌" if m.get("pinned") else KINDS.get(str(m.get("kind")), "·")


def _turns(m: Json) -> str:
    return ", ".join(str(n) for n in (m.get("turns") or [])[:3]) or "0"


def _origin(m: Json) -> str:
    """Where a memory comes from, in a sentence."""
    by = m.get("by")
    if m.get("corrects"):
        return f"Set right by {by}."
    if m.get("source") == "pin":
        return f"Written down by {by}."
    if m.get("source") == "player":
        return f"{m.get('speaker')}'s player said so; that makes it no fact of the world."
    return "It happened." if m.get("source") == "event" else "The story told it."
