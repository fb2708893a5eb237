"""Rolled dice (the tree of `docs/wire.md`) -> spans: dropped dice struck through, natural 20 and 1 bold."""

from __future__ import annotations

from typing import Any

from bot.cards.model import Line, Text, b, line, s
from bot.texts import N, trn

Json = dict[str, Any]
MOST_DICE = 60  # shown on one card; what a message cannot hold helps nobody
MOST_BEFORE = 3  # earlier faces shown of a die that was thrown again
SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷"}
NATURAL = {20: N("natural 20"), 1: N("natural 1")}


def rows(tree: Json) -> list[Line]:
    """A line for each row of a repeated roll, with its total; one line for any other roll."""
    room = _Room()
    if tree.get("type") != "repeat":
        return [line(*_joined(_spans(tree, room)))]
    found = tree.get("rows") or []
    return [line(*_joined([*_spans(row, room), " = "]), b(str(row["total"]))) for row in found]


def _joined(spans: list[Text]) -> list[Text]:
    """Plain text in one piece: a lone ` + ` would be escaped as the start of a list."""
    out: list[Text] = []
    for span in spans:
        if isinstance(span, str) and out and isinstance(out[-1], str):
            out[-1] += span
        else:
            out.append(span)
    return out


class _Room:
    """How many more dice fit on the card."""

    def __init__(self) -> None:
        self.left = MOST_DICE


def _spans(node: Json, room: _Room) -> list[Text]:
    label = f" {node['label']}" if node.get("label") else ""
    match node.get("type"):
        case "number":
            return [f"{node['total']}{label}"]
        case "dice":
            return [f"{node['text']}{label} [", *_dice(node, room), "]"]
        case "group":
            return ["(", *_spans(node["inner"], room), f"){label}"]
        case "negative":
            return ["−", *_spans(node["inner"], room)]
        case "chain":
            spans: list[Text] = []
            for part in node["parts"]:
                sign = SIGNS.get(part["sign"], part["sign"])
                spans += [f" {sign} " if sign else "", *_spans(part["node"], room)]
            return spans
    return [str(node.get("total", ""))]  # a kind of node that this version does not know


def _dice(node: Json, room: _Room) -> list[Text]:
    dice = node["dice"]
    shown = dice[: room.left]
    room.left -= len(shown)
    spans: list[Text] = []
    for index, die in enumerate(shown):
        spans += [", " if index else "", *_die(die, node.get("natural"))]
    if len(dice) > len(shown):
        spans.append(
            (", " if shown else "") + trn("… {count} more", "… {count} more", len(dice) - len(shown))
        )
    return spans


def _die(die: Json, natural: object) -> list[Text]:
    """`6→2` was thrown again, `6!` brought another die, `5…` was stopped by the limit of further throws."""
    was, marks = die.get("was") or [], die.get("marks") or []
    before = ["…"] * (len(was) > MOST_BEFORE) + [str(face) for face in was[-MOST_BEFORE:]]
    face = str(die["face"]) + ("!" if "burst" in marks else "") + ("…" if "cut" in marks else "")
    if die.get("dropped"):
        return [s("→".join([*before, face]))]
    lead: list[Text] = ["".join(f"{one}→" for one in before)] if before else []
    return [*lead, b(face) if natural or "burst" in marks else face]
