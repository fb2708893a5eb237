"""What fell: frozen nodes that hold all that a surface needs, and their form in JSON.

Nodes are tuples, which are several times cheaper to make than frozen dataclasses and as frozen.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from api.rules.dice.limits import MAX_SIDES
from api.rules.errors import DiceError

Json = dict[str, Any]
MARKS = ("burst", "extra", "clamped", "cut")


class Die(NamedTuple):
    """One die. `face` counts when `kept`; `was` are the faces before it was thrown again or clamped, oldest first.

    `marks`: burst (it exploded), extra (an explosion or `ra` brought it), clamped (`mi` or `ma` moved it), cut (the
    limit of further throws stopped it).
    """

    face: int
    kept: bool = True
    was: tuple[int, ...] = ()
    marks: tuple[str, ...] = ()


# Nearly every die is one of these, so they are made once.
KEPT = tuple(Die(face) for face in range(MAX_SIDES + 1))
DROPPED = tuple(Die(face, False) for face in range(MAX_SIDES + 1))


class RolledNumber(NamedTuple):
    total: int
    label: str = ""


class RolledDice(NamedTuple):
    """A group of dice; `text` is it as written, without the label."""

    total: int
    text: str
    sides: int
    dice: tuple[Die, ...]
    label: str = ""

    @property
    def natural(self) -> int | None:
        """20 or 1 when a single kept d20 shows it as it fell; else None."""
        if self.sides != 20:
            return None
        kept = [die for die in self.dice if die.kept]
        one = len(kept) == 1 and kept[0].face in (1, 20) and "clamped" not in kept[0].marks
        return kept[0].face if one else None


class RolledGroup(NamedTuple):
    total: int
    inner: Rolled
    label: str = ""


class RolledNegative(NamedTuple):
    total: int
    inner: Rolled


class RolledChain(NamedTuple):
    """Parts with the sign before each (+ - * /), worked off from left to right; the first sign is empty."""

    total: int
    parts: tuple[tuple[str, Rolled], ...]


class RolledRepeat(NamedTuple):
    """Rolls of the same thing; `total` is their sum."""

    total: int
    rows: tuple[Rolled, ...]


Rolled: TypeAlias = RolledNumber | RolledDice | RolledGroup | RolledNegative | RolledChain | RolledRepeat


# --- JSON --------------------------------------------------------------------------------------------------------


def to_json(node: Rolled) -> Json:
    """The node as JSON objects (`docs/wire.md`, dice tree); what is empty is left out."""
    out: Json
    match node:
        case RolledNumber():
            out = {"type": "number", "total": node.total}
        case RolledDice():
            out = {"type": "dice", "total": node.total, "text": node.text, "sides": node.sides}
            out["dice"] = [_die_to_json(die) for die in node.dice]
            if node.natural is not None:
                out["natural"] = node.natural
        case RolledGroup():
            out = {"type": "group", "total": node.total, "inner": to_json(node.inner)}
        case RolledNegative():
            out = {"type": "negative", "total": node.total, "inner": to_json(node.inner)}
        case RolledChain():
            parts = [{"sign": sign, "node": to_json(part)} for sign, part in node.parts]
            out = {"type": "chain", "total": node.total, "parts": parts}
        case RolledRepeat():
            out = {"type": "repeat", "total": node.total, "rows": [to_json(row) for row in node.rows]}
    if isinstance(node, RolledNumber | RolledDice | RolledGroup) and node.label:
        out["label"] = node.label
    return out


def _die_to_json(die: Die) -> Json:
    out: Json = {"face": die.face}
    if not die.kept:
        out["dropped"] = True
    if die.was:
        out["was"] = list(die.was)
    if die.marks:
        out["marks"] = list(die.marks)
    return out


def from_json(node: Json) -> Rolled:
    """The node that `to_json` wrote. Raises DiceError for anything else."""
    try:
        return _node_of(node)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise DiceError("this is no tree of rolled dice") from error


def _node_of(node: Json) -> Rolled:
    total, label = int(node["total"]), str(node.get("label", ""))
    match node["type"]:
        case "number":
            return RolledNumber(total, label)
        case "dice":
            dice = tuple(_die_of(die) for die in node["dice"])
            return RolledDice(total, str(node["text"]), int(node["sides"]), dice, label)
        case "group":
            return RolledGroup(total, _node_of(node["inner"]), label)
        case "negative":
            return RolledNegative(total, _node_of(node["inner"]))
        case "chain":
            return RolledChain(total, tuple((str(p["sign"]), _node_of(p["node"])) for p in node["parts"]))
        case "repeat":
            return RolledRepeat(total, tuple(_node_of(row) for row in node["rows"]))
    raise ValueError(node["type"])


def _die_of(die: Json) -> Die:
    was = tuple(int(face) for face in die.get("was", ()))
    marks = tuple(mark for mark in MARKS if mark in die.get("marks", ()))
    return Die(int(die["face"]), not die.get("dropped", False), was, marks)
