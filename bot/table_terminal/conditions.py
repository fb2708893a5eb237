"""What a script may check about the state: never prose, always fields that the API shows."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge, "<=": operator.le, "!=": operator.ne, ">": operator.gt, "<": operator.lt, "=": operator.eq,
}  # fmt: skip
_OPERATOR = re.compile(r"^(?P<left>.+?)\s*(?P<op>>=|<=|!=|>|<|=)\s*(?P<right>\S.*)$")
_HERO_FIELDS = ("hp", "mp", "gold", "level", "xp", "hp_max", "mp_max", "evade", "wounds", "skill_points")
FORMS = (
    "status=KEY, scene=KEY|KEY, ending=KEY|KEY, mode=KEY, encounter=KEY, location=KEY,"
    " quest KEY=active, turn>=N, clock>=HH:MM, party=N, fighting,"
    " narrated, refused, refused=CODE, hero N hp>0 (also mp, gold, level, xp, wounds, skill_points …), item N KEY>=1,"
    " worn N SLOT=KEY, skill N KEY, shop KEY, seen EVENT>=1,"
    " offered [N:] KEY; “not” in front turns a check round"
)


class BadCondition(ValueError):
    """Raised for a check that cannot be understood."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A check as written: `subject` names the field, `seat` and `key` what of it."""

    text: str
    subject: str
    compare: str = ""
    value: str = ""
    seat: int = 0
    key: str = ""
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What checks look at. Sheets by seat number, offered keys by seat number (0: whoever is asked)."""

    view: Json
    sheets: Mapping[int, Json] = field(default_factory=dict)
    offered: Mapping[int, frozenset[str]] = field(default_factory=dict)
    seen: Mapping[str, int] = field(default_factory=dict)
    untold: int = 0
    refusal: str = ""
    worn: Mapping[str, str] = field(
        default_factory=dict
    )  # slot to carried id, of the seat that was asked for
    skills: frozenset[str] = frozenset()  # what that seat's hero has learnt
    quests: Mapping[str, str] = field(default_factory=dict)  # status by key


def parse_condition(text: str) -> Condition:
    """Raises BadCondition with the forms that are known."""
    whole = " ".join(text.split())
    rest = whole.removeprefix("not ")
    found = _read(whole, rest, negated=rest != whole)
    if found is None:
        raise BadCondition(f"“{whole}” is no check; known are: {FORMS}")
    return found


def _read(whole: str, rest: str, *, negated: bool) -> Condition | None:
    if rest in ("fighting", "narrated", "refused"):
        return Condition(whole, rest, negated=negated)
    if match := re.fullmatch(r"offered (?:(?P<seat>[1-9])\s*:\s*)?(?P<key>[a-z0-9_]+)", rest):
        return Condition(whole, "offered", seat=int(match["seat"] or 0), key=match["key"], negated=negated)
    if match := re.fullmatch(r"shop (?P<key>[a-z0-9_]+)", rest):
        return Condition(whole, "shop", key=match["key"], negated=negated)
    if match := re.fullmatch(r"skill (?P<seat>[1-9]) (?P<key>[a-z0-9_]+)", rest):
        return Condition(whole, "skill", seat=int(match["seat"]), key=match["key"], negated=negated)
    parts = _OPERATOR.match(rest)
    if parts is None:
        return None
    left, op, right = parts["left"].split(), parts["op"], parts["right"].strip()
    equals = op in ("=", "!=")
    if equals and len(left) == 2 and left[0] == "quest":
        return Condition(whole, "quest", op, right, key=left[1], negated=negated)
    if equals and len(left) == 3 and left[0] == "worn" and left[1] in "123456789":
        return Condition(whole, "worn", op, right, int(left[1]), left[2], negated)
    if left in (["status"], ["scene"], ["ending"], ["mode"], ["encounter"], ["refused"], ["location"]):
        return Condition(whole, left[0], op, right, negated=negated) if op in ("=", "!=") else None
    if left == ["clock"] and re.fullmatch(r"\d{1,2}:\d{2}", right):
        return Condition(whole, "clock", op, right, negated=negated)
    if not re.fullmatch(r"\d+", right):
        return None
    if left in (["turn"], ["party"]):
        return Condition(whole, left[0], op, right, negated=negated)
    if len(left) == 3 and left[0] in ("hero", "item") and left[1] in "123456789":
        if left[0] == "hero" and left[2] not in _HERO_FIELDS:
            return None
        return Condition(whole, left[0], op, right, int(left[1]), left[2], negated)
    if len(left) == 2 and left[0] == "seen":
        return Condition(whole, "seen", op, right, key=left[1], negated=negated)
    return None


def holds(condition: Condition, facts: Facts) -> tuple[bool, str]:
    """Whether it is so, and what is so instead, for the message."""
    actual, verdict = _check(condition, facts)
    return verdict != condition.negated, actual


def _check(c: Condition, facts: Facts) -> tuple[str, bool]:
    view = facts.view
    match c.subject:
        case "fighting":
            key = (view.get("encounter") or {}).get("key")
            return f"encounter is {key or 'none'}", key is not None
        case "narrated":
            return f"{facts.untold} turns are not narrated", facts.untold == 0
        case "refused":
            right = not c.value or _any_of(c, facts.refusal)
            return f"the last line was {facts.refusal or 'not refused'}", bool(facts.refusal) and right
        case "offered":
            keys = facts.offered.get(c.seat, frozenset())
            return f"offered are {', '.join(sorted(keys)) or 'none'}", c.key in keys
        case "shop":
            open_here = [str(each["key"]) for each in view.get("shops") or []]
            return f"open here are {', '.join(open_here) or 'none'}", c.key in open_here
        case "skill":
            return f"learnt are {', '.join(sorted(facts.skills)) or 'none'}", c.key in facts.skills
        case "worn":
            there = facts.worn.get(c.key, "").partition("~")[0] or "nothing"
            return f"{c.key} holds {there}", _any_of(c, there)
        case "quest":
            status = facts.quests.get(c.key, "unknown")
            return f"quest {c.key} is {status}", _any_of(c, status)
        case "location":
            return _equal(c, (view.get("where") or {}).get("location"))
        case "status" | "mode":
            return _equal(c, view.get(c.subject))
        case "scene" | "ending" | "encounter":
            return _equal(c, (view.get(c.subject) or {}).get("key"))
        case "turn":
            return _number(c, int(view.get("turn_number") or 0))
        case "party":
            return _number(c, len(view.get("party") or []))
        case "clock":
            hours, minutes = c.value.split(":")
            now = int(view.get("clock") or 0)
            return f"clock is {now // 60:02d}:{now % 60:02d}", _COMPARE[c.compare](
                now, int(hours) * 60 + int(minutes)
            )
        case "seen":
            return _number(c, int(facts.seen.get(c.key, 0)))
        case "hero":
            return _number(c, int(facts.sheets.get(c.seat, {}).get(c.key) or 0))
    bag = facts.sheets.get(c.seat, {}).get("inventory") or []
    mine = (i for i in bag if str(i["item"]).partition("~")[0] == c.key)
    return _number(c, sum(int(i.get("quantity") or 1) for i in mine))


def _any_of(c: Condition, actual: object) -> bool:
    among = str(actual) in [v.strip() for v in c.value.split("|")]
    return among if c.compare == "=" else not among


def _equal(c: Condition, actual: object) -> tuple[str, bool]:
    return f"{c.subject} is {actual}", _any_of(c, actual)


def _number(c: Condition, actual: int) -> tuple[str, bool]:
    return f"it is {actual}", _COMPARE[c.compare](actual, int(c.value))
