"""Cards as HTML that looks like a Discord channel: for the gallery and for pictures in the documentation."""

from __future__ import annotations

from html import escape as html
from pathlib import Path

from babel.dates import format_timedelta

from bot.cards.model import Button, Card, Field, Line, Select, Span
from bot.cards.plain import neutralise
from bot.texts import spoken, tr

STYLE = (Path(__file__).parent / "channel.css").read_text(encoding="utf-8")


def _span(span: Span) -> str:
    text = html(neutralise(span.text)).replace("\n", "<br>")
    match span.style:
        case "bold":
            return f"<strong>{text}</strong>"
        case "italic":
            return f"<em>{text}</em>"
        case "struck":
            return f"<s>{text}</s>"
        case "code":
            return f"<code>{text}</code>"
        case "when":
            soon = html(format_timedelta(43, add_direction=True, locale=spoken()))
            return (
                f'<span class="when" title="{text}">{text[11:16]}</span> (<span class="when">{soon}</span>)'
            )
        case "channel":
            return f'<span class="mention"># {html(neutralise(span.alt or tr("the story")))}</span>'
    return text


def _line(row: Line) -> str:
    inner = "".join(_span(s) for s in row.spans)
    if not inner:
        return '<div class="gap"></div>'
    return f'<div class="{row.style}">{inner}</div>'


def _field(field: Field) -> str:
    rows = "".join(_line(r) for r in field.lines)
    kind = "field inline" if field.inline else "field"
    return f'<div class="{kind}"><div class="name">{html(neutralise(field.name))}</div>{rows}</div>'


def _button(button: Button) -> str:
    off = " disabled" if button.disabled else ""
    emoji = f'<span class="emoji">{html(button.emoji)}</span>' if button.emoji else ""
    return f'<button class="{button.style}"{off}>{emoji}{html(neutralise(button.label))}</button>'


def _buttons(buttons: tuple[Button, ...]) -> str:
    rows: dict[int, list[str]] = {}
    for button in buttons:
        rows.setdefault(button.row, []).append(_button(button))
    return "".join(f'<div class="row">{"".join(rows[n])}</div>' for n in sorted(rows))


def _select(select: Select) -> str:
    return f'<div class="row"><div class="select">{html(neutralise(select.placeholder))}<span>⌄</span></div></div>'


def to_html(card: Card) -> str:
    """One embed with its components."""
    parts = [f'<div class="embed" style="border-color:#{card.colour:06x}">']
    if card.author:
        parts.append(f'<div class="author">{html(neutralise(card.author))}</div>')
    if card.title:
        parts.append(f'<div class="title">{html(neutralise(card.title))}</div>')
    if card.body:
        parts.append(f'<div class="body">{"".join(_line(r) for r in card.body)}</div>')
    if card.fields:
        parts.append(f'<div class="fields">{"".join(_field(f) for f in card.fields)}</div>')
    if card.footer:
        parts.append(f'<div class="footer">{html(neutralise(card.footer))}</div>')
    parts.append("</div>")
    parts += [_select(s) for s in card.selects]
    parts.append(_buttons(card.buttons))
    return "".join(parts)


def message(
    inner: str, name: str, at: str, *, app: bool = True, colour: str = "#5865f2", face: str = "🕯️"
) -> str:
    """A message of the bot or of a friend, with avatar, name and time."""
    tag = '<span class="app">✓ APP</span>' if app else ""
    head = (
        f'<span class="who" style="color:{colour}">{html(name)}</span>{tag}<span class="at">{html(at)}</span>'
    )
    avatar = f'<div class="avatar" style="background:{colour}">{face}</div>'
    return f'<div class="message">{avatar}<div class="text"><div class="head">{head}</div>{inner}</div></div>'


# A speech bubble with a hash, as Discord draws a thread.
THREAD = (
    '<svg width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
    ' stroke-linecap="round"><path d="M9 3 7 17M15 3l-1 7M4 8h15M3 13h9M14 14h7v5h-4l-3 3z"/></svg>'
)


def alone(inner: str) -> str:
    """A page with nothing but a message, for a picture of one card."""
    narrow = "body { width: 720px } .message { padding: 0 16px 14px; margin: 0 }"
    head = f'<meta charset="utf-8"><style>{STYLE} {narrow}</style>'
    return f"<!doctype html><html>{head}<body><main><section>{inner}</section></main></body></html>"


def page(title: str, channel: str, topic: str, inner: str, *, frame: str = "") -> str:
    """A page in Discord's dark theme; `frame` is a sidebar's HTML."""
    head = f'<meta charset="utf-8"><title>{html(title)}</title><style>{STYLE}</style>'
    bar = f'<span class="hash">{THREAD}</span><b>{html(channel)}</b><span class="topic">{html(topic)}</span>'
    composer = f"<span>+</span> Message “{html(channel)}” <i>/act</i>"
    return (
        f'<!doctype html><html lang="en">{head}<body>{frame}<main><header>{bar}</header>'
        f'<section>{inner}</section><div class="composer">{composer}</div></main></body></html>'
    )
