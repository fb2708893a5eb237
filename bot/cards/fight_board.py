"""Fighters as a line says them: rows, conditions with their turns, who is dying or dead, a boss's phase, a plan."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bot.cards.model import Line, Lines, Text, b, bar, i, line, names_of
from bot.cards.plain import one_line
from bot.cards.words import word
from bot.texts import tr

Json = dict[str, Any]


def condition(raw: Any) -> str:
    """`poisoned 2`, `bleeding ×2 3`, `shielded 3 (takes 6)`; the API may send a bare key instead of an object."""
    if not isinstance(raw, dict):
        return word(raw)
    rounds, stacks, shield = raw.get("rounds"), raw.get("stacks"), raw.get("shield_left")
    told = word(raw.get("key"))
    if isinstance(stacks, int) and stacks > 1:
        told += f" ×{stacks}"
    if isinstance(rounds, int) and rounds > 0:
        told += f" {rounds}"
    return (
        tr("{told} (takes {shield})", told=told, shield=shield)
        if isinstance(shield, int) and shield > 0
        else told
    )


def fate(one: Json) -> str:
    """How somebody lies there: `dying, 1/3 to live, 2/3 to die`; empty for who stands."""
    if one.get("dead"):
        return tr("dead")
    if not one.get("down"):
        return ""
    if one.get("stable"):
        return tr("down, stable")
    dying = one.get("dying") or ()
    if len(dying) == 2 and any(dying):
        return tr("dying, {lived}/3 to live, {died}/3 to die", lived=dying[0], died=dying[1])
    return tr("down")


def tags(one: Json) -> list[str]:
    """Everything that is to be known beside a fighter's HP, in a few words each."""
    found = [fate(one)] if fate(one) else []
    if one.get("row") == "back":
        found.append(tr("back row"))
    if one.get("phase_name"):
        found.append(one_line(one["phase_name"], 40))
    found += [condition(c) for c in one.get("conditions") or []]
    if one.get("intent"):
        found.append(tr("means to: {intent}", intent=one_line(one["intent"], 50)))
    return found


def mark(one: Json, actor: str | None) -> str:
    if one["id"] == actor:
        return "▶️"
    if one.get("dead"):
        return "⚰️"
    if one.get("down"):
        return "💀"
    return "🛡️" if one["kind"] == "hero" else "👹"


def in_the_fight(encounter: Json) -> list[Json]:
    """Those of the order who are still there: whoever has fled is not."""
    return [one for one in encounter.get("order") or [] if not one.get("gone")]


def gauges(one: Json, mana: Json | None = None, *, narrow: bool = False) -> list[Text]:
    """▰▰▰▱▱▱▱▱ 14/22 HP  ▰▰▱▱ 4/8 MP; `mana` is where MP stand, when not with the HP; `narrow` saves room."""
    hp = bar(one["hp"], one["hp_max"], 4 if narrow else 8)
    out: list[Text] = [f"{hp} ", tr("{have}/{most} HP", have=one["hp"], most=one["hp_max"])]
    mana = one if mana is None else mana
    if mana.get("mp_max"):
        mp = "" if narrow else bar(mana["mp"], mana["mp_max"], 4) + " "
        out += [f"  {mp}", tr("{have}/{most} MP", have=mana["mp"], most=mana["mp_max"])]
    return out


def order_lines(
    encounter: Json,
    turn: Json | None,
    members: Mapping[str, Json] = MappingProxyType({}),
    *,
    narrow: bool = False,
) -> Lines:
    """One line for each fighter who still counts, by initiative; the foes who do not in one line below.

    `members` are the party by id, who know their MP.
    """
    rows: list[Line] = []
    actor = (turn or {}).get("actor")
    there = in_the_fight(encounter)
    fallen = [one for one in there if one["kind"] != "hero" and (one.get("down") or one.get("dead"))]
    for one in there:
        if one in fallen:
            continue
        state = [tr("foe")] if one["kind"] != "hero" else []
        state += [tr("is up")] if one["id"] == actor else []
        told = ", ".join(tags(one))
        spans: list[Text] = [f"{mark(one, actor)} ", b(str(one["name"]))]
        spans += [f" ({', '.join(state)})"] if state else []
        spans += ["  ", *gauges(one, members.get(one["id"], {}), narrow=narrow)]
        rows.append(line(*spans, *(["  ", i(told)] if told else [])))
    if fallen:
        names = names_of(one_line(one["name"], 40) for one in fallen)
        rows.append(line("☠️ ", tr("Out of the fight: {names}", names=names), style="small"))
    return tuple(rows)
