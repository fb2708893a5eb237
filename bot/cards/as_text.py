"""Cards as plain text for the terminal (no colours: the terminal adds its own)."""

from __future__ import annotations

from bot.cards.model import Card, Line, Span
from bot.cards.plain import neutralise
from bot.texts import tr


def _span(span: Span) -> str:
    if span.style == "when":
        return tr("until {time} UTC", time=span.text[11:16]) if len(span.text) >= 16 else span.text
    if span.style == "channel":
        return span.alt or f"channel {span.text}"
    return span_text(span)


def span_text(span: Span) -> str:
    """A span that needs no clock and no channel; what is struck out stands in parentheses, since text has no styles."""
    text = neutralise(span.text) if span.text.strip("\n") else ""
    return f"({text})" if span.style == "struck" and text else text


def line_text(row: Line) -> str:
    text = "".join(_span(s) for s in row.spans)
    if row.style == "quote":
        return "\n".join("│ " + part for part in text.split("\n"))
    return ("  " + text) if row.style == "small" and text else text


def to_text(card: Card) -> str:
    """Title, body, fields, footer, then what can be pressed or picked, numbered."""
    blocks: list[str] = []
    if card.author:
        blocks.append(neutralise(card.author) + ":")
    if card.title:
        blocks.append(f"── {neutralise(card.title)} ──")
    if card.body:
        blocks.append("\n".join(line_text(r) for r in card.body))
    for field in card.fields:
        rows = "\n".join("  " + line_text(r) for r in field.lines)
        blocks.append(f"{neutralise(field.name)}\n{rows}")
    presses = [f"[{n}] {(b.emoji + ' ') if b.emoji else ''}{neutralise(b.label)}"
               for n, b in enumerate((b for b in card.buttons if not b.disabled), 1)]  # fmt: skip
    if presses:
        blocks.append("  ".join(presses))
    for select in card.selects:
        options = [f"  ({n}) {neutralise(o.label)}" + (f" — {neutralise(o.description)}" if o.description else "")
                   for n, o in enumerate(select.options, 1)]  # fmt: skip
        blocks.append("\n".join([neutralise(select.placeholder) + ":", *options]))
    if card.footer:
        blocks.append(neutralise(card.footer))
    return "\n\n".join(blocks)
