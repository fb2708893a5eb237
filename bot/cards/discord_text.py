"""Card texts as Discord markdown, with everything that a person or a model wrote escaped; no discord.py needed."""

from __future__ import annotations

import re
from datetime import datetime

from bot.cards.model import Line, Lines, Span
from bot.cards.plain import cut, neutralise
from bot.texts import trn

_MARKS = re.compile(r"([\\*_~|`\[\]<>#])")
_LIST = re.compile(r"^(\s*)([-+]|\d{1,9}[.)])(?=\s)", re.MULTILINE)
_AT = re.compile(r"@(?=\S)")
_SCHEME = re.compile(r"(\w):(?=//)")
JOINER = "\u2060"  # word joiner: invisible, and it breaks a mention or a link apart


def escape(text: object) -> str:
    """Text that shows as it was typed: no formatting, no mention, no link, no list."""
    plain = neutralise(text)
    plain = _MARKS.sub(r"\\\1", plain)
    plain = _LIST.sub(lambda m: m[1] + (m[2][:-1] + "\\" + m[2][-1]), plain)
    plain = _AT.sub("@" + JOINER, plain)
    return _SCHEME.sub(r"\1:" + JOINER, plain)


def timestamp(iso: str, style: str = "R") -> str:
    """`<t:…:R>`, which every reader's client counts down in its own time zone; empty for an unreadable time."""
    try:
        return f"<t:{int(datetime.fromisoformat(iso.replace('Z', '+00:00')).timestamp())}:{style}>"
    except ValueError:
        return ""


def _span(span: Span) -> str:
    if span.style == "when":
        return f"{timestamp(span.text, 't')} ({timestamp(span.text)})" if timestamp(span.text) else ""
    if span.style == "channel":
        return f"<#{span.text}>" if span.text.isdigit() else escape(span.alt)
    text = escape(span.text)
    if not text.strip():
        return text
    head = text[: len(text) - len(text.lstrip())]
    tail = text[len(text.rstrip()) :]
    core = text.strip()
    if span.style == "bold":
        return f"{head}**{core}**{tail}"
    if span.style == "italic":
        return f"{head}*{core}*{tail}"
    if span.style == "struck":
        return f"{head}~~{core}~~{tail}"
    if span.style == "code":
        return f"{head}`{neutralise(span.text).strip().replace('`', 'ˋ')}`{tail}"
    return text


def line_text(row: Line) -> str:
    text = "".join(_span(s) for s in row.spans)
    if not text:
        return ""
    if row.style == "small":
        return "-# " + text.replace("\n", " ")
    if row.style == "heading":
        return "### " + text.replace("\n", " ")
    if row.style == "quote":
        return "\n".join("> " + part for part in text.split("\n"))
    return text


def lines_text(rows: Lines) -> str:
    return "\n".join(line_text(r) for r in rows)


def fitted(rows: Lines, limit: int) -> str:
    """As many whole lines as fit into `limit` characters; the last one tells how many are missing."""
    texts = [line_text(r) for r in rows]
    out: list[str] = []
    room = limit
    for index, text in enumerate(texts):
        left = len(texts) - index - 1
        rest = trn("… and {count} more", "… and {count} more", left + 1)
        reserve = len(rest) + 1 if left else 0
        need = len(text) + (1 if out else 0)
        if need + reserve > room:
            if not out:
                return cut(text, limit)
            out.append(rest)
            break
        out.append(text)
        room -= need
    return "\n".join(out)
