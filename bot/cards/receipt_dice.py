"""Rule events that show dice and sums: checks, contests, saves, attacks, and where each point of damage comes from."""

from __future__ import annotations

from typing import Any

from bot.cards.words import word
from bot.texts import N, tr, trc

Event = dict[str, Any]
DEGREES = {
    "critical": N("critical success"),
    "success": N("success"),
    "partial": N("success at a price"),
    "failure": N("failure"),
    "fumble": N("critical failure"),
    "none": N("no roll needed"),
}
GOOD = {"critical", "success", "partial", "none"}
AFFINITIES = {"weak": N("weak to it"), "resist": N("resistant"), "immune": N("immune")}


def signed(amount: int) -> str:
    return f"{'−' if amount < 0 else '+'}{abs(amount)}"


def sum_of(total: int, modifier: int, kept: int) -> str:
    """14 + 2 = 16"""
    return f"{kept} {'−' if modifier < 0 else '+'} {abs(modifier)} = {total}"


def why_two_dice(e: Event) -> str:
    """Which dice fell, where there were several, and what helped or hindered: ` (of 14, 3: + Inspired, − Blinded)`."""
    rolls = [str(r) for r in e.get("rolls") or ()]
    dropped = tr("of {dice}", dice=", ".join(rolls)) if len(rolls) > 1 else ""
    causes = ", ".join(_reason(str(r)) for r in e.get("reasons") or ())
    told = ": ".join(part for part in (dropped, causes) if part)
    return f" ({told})" if told else ""


def degree_word(degree: object) -> str:
    """`success at a price` for `partial`; a degree that is not known as it is written."""
    return tr(DEGREES[str(degree)]) if str(degree) in DEGREES else word(degree)


def _reason(reason: str) -> str:
    mark = {"+": "+ ", "-": "− "}.get(reason[:1], "")
    return mark + (reason[1:] if mark else reason)


def verdict(e: Event) -> str:
    """success by 4; failure by 3; success, to the point; success at a price, 1 short"""
    degree = degree_word(e.get("degree"))
    margin = e.get("margin")
    if not isinstance(margin, int) or str(e.get("degree")) in ("critical", "fumble"):
        return degree
    if margin < 0 and e.get("degree") in GOOD:
        return tr("{degree}, {margin} short", degree=degree, margin=-margin)
    return (
        tr("{degree} by {margin}", degree=degree, margin=abs(margin))
        if margin
        else tr("{degree}, to the point", degree=degree)
    )


def check(e: Event) -> str:
    """🎲 Wisdom 14 + 2 = 16 vs 12 — success by 4"""
    return tr(
        "🎲 {stat} {sum}{dice} vs {difficulty} — {verdict}",
        stat=word(e["stat"]).capitalize(),
        sum=sum_of(e["total"], e["modifier"], e["kept"]),
        dice=why_two_dice(e),
        difficulty=e["difficulty"],
        verdict=verdict(e),
    )


def contest(e: Event) -> str:
    """🎲 Charisma 14 + 2 = 16 vs Magistrate Pell 9 + 3 = 12 — success by 4"""
    rival = sum_of(e["rival_total"], e["rival_modifier"], e["rival_roll"])
    return tr(
        "🎲 {stat} {sum}{dice} vs {rival} {rival_sum} — {verdict}",
        stat=word(e["stat"]).capitalize(),
        sum=sum_of(e["total"], e["modifier"], e["kept"]),
        dice=why_two_dice(e),
        rival=e["rival_name"],
        rival_sum=rival,
        verdict=verdict(e),
    )


def group_check(e: Event) -> str:
    """👥 Together (dexterity vs 12): Nell ✓, Pim ✗, Aldo ✓ — 2 of 3, 2 needed: success"""
    each = ", ".join(
        f"{name} {'✓' if degree in GOOD else '✗'}"
        for name, degree in zip(e["names"], e["degrees"], strict=False)
    )
    count = tr(
        "{worked} of {names}, {needed} needed", worked=e["worked"], names=len(e["names"]), needed=e["needed"]
    )
    return tr(
        "👥 Together ({stat} vs {difficulty}): {each} — {count}: {verdict}",
        stat=word(e["stat"]),
        difficulty=e["difficulty"],
        each=each,
        count=count,
        verdict=verdict(e),
    )


def save(e: Event) -> str:
    """🎲 Nell against Burning: constitution 12 + 2 = 14 vs 12 — kept off"""
    first, failed = (
        (tr("shaken off"), tr("it stays")) if e["moment"] == "end" else (tr("kept off"), tr("it takes hold"))
    )
    sum_ = sum_of(e["total"], e["modifier"], e["roll"])
    name = e.get("condition_name") or word(e["condition"])
    return tr(
        "🎲 {target_name} against {condition}: {stat} {sum} vs {difficulty} — {verdict}",
        target_name=e["target_name"],
        condition=name,
        stat=word(e["stat"]),
        sum=sum_,
        difficulty=e["difficulty"],
        verdict=first if e["saved"] else failed,
    )


def death_check(e: Event) -> str:
    """💀 Aldo, death check 14 — holds on (1 of 3 to live, 2 of 3 to die)"""
    how = {
        "success": tr("holds on"), "failure": tr("slips"), "rises": tr("is on their feet!"), "stable": tr("will live"),
        "dead": tr("is gone"),
    }.get(str(e["result"]), word(e["result"]))  # fmt: skip
    thrown = tr("death check {roll}", roll=e["roll"]) if e["roll"] else tr("struck while down")
    return tr(
        "💀 {actor_name}, {thrown} — {how} ({successes}/3 to live, {failures}/3 to die)",
        actor_name=e["actor_name"],
        thrown=thrown,
        how=how,
        successes=e["successes"],
        failures=e["failures"],
    )


def attack(e: Event, *, hit: bool) -> str:
    """⚔️ Spark Flick → Inkhound 2: 18 + 4 = 22 (of 18, 3: + Inspired) vs 12 — hit"""
    judged = (tr("critical hit!") if e.get("critical") else trc("verdict", "hit")) if hit else tr("miss")
    bonus = e["total"] - e["roll"]
    sum_ = sum_of(e["total"], bonus, e["roll"])
    return tr(
        "⚔️ {who}{means} → {target_name}: {sum}{dice} vs {against} — {verdict}",
        who=by_creature(e, ", "),
        means=e["means"],
        target_name=e["target_name"],
        sum=sum_,
        dice=why_two_dice(e),
        against=e["against"],
        verdict=judged,
    )


def by_creature(e: Event, after: str) -> str:
    """A hero's deed says whose it is; a creature (`<key>.<number>`) strikes inside a hero's turn and must be named."""
    return f"{e['source_name']}{after}" if "." in str(e["source"]) else ""


def parts_of(e: Event) -> str:
    """Where the amount comes from, step by step: `1d6 = 5, intelligence +3, defence −1`; empty where it is one step."""
    parts = [(str(name), int(amount)) for name, amount in e.get("parts") or ()]
    if len(parts) < 2:
        return ""
    first, *rest = parts
    return ", ".join(
        [f"{first[0]} = {first[1]}", *(f"{word(name)} {signed(amount)}" for name, amount in rest)]
    )


def harm(e: Event) -> str:
    """−7 HP (fire, weak to it: 1d6 = 5, intelligence +3, defence −1), 11 left"""
    notes = [word(e["damage_type"]), tr(AFFINITIES.get(str(e.get("affinity") or ""), ""))]
    notes += [tr("blocked")] if e.get("blocked") else []
    steps = parts_of(e)
    notes += (
        []
        if steps
        else [
            tr("{name} took {amount}", name=word(name), amount=amount)
            for name, amount in e.get("absorbed") or ()
        ]
    )
    head = ", ".join(n for n in notes if n)
    return tr(
        "−{amount} HP ({why}), {hp_after} left",
        amount=e["amount"],
        why=f"{head}{': ' if steps and head else ''}{steps}",
        hp_after=e["hp_after"],
    )


def mending(e: Event) -> str:
    """+5 HP (1d8 = 4, wisdom +3, at most full −2), now 18"""
    steps = parts_of(e)
    return tr(
        "+{amount} HP ({why}now {hp_after})",
        amount=e["amount"],
        why=f"{steps}; " if steps else "",
        hp_after=e["hp_after"],
    )
