"""Rule events that show dice and sums: checks, contests, saves, attacks, and where each point of damage comes from."""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]
DEGREES = {
    "critical": "critical success",
    "success": "success",
    "partial": "success at a price",
    "failure": "failure",
    "fumble": "critical failure",
    "none": "no roll needed",
}
GOOD = {"critical", "success", "partial", "none"}
AFFINITIES = {"weak": "weak to it", "resist": "resistant", "immune": "immune"}


def words(key: object) -> str:
    return str(key or "").replace("_", " ")


def signed(amount: int) -> str:
    return f"{'−' if amount < 0 else '+'}{abs(amount)}"


def sum_of(total: int, modifier: int, kept: int) -> str:
    """14 + 2 = 16"""
    return f"{kept} {'−' if modifier < 0 else '+'} {abs(modifier)} = {total}"


def why_two_dice(e: Event) -> str:
    """Which dice fell, where there were several, and what helped or hindered: ` (of 14, 3: + Inspired, − Blinded)`."""
    rolls = [str(r) for r in e.get("rolls") or ()]
    dropped = f"of {', '.join(rolls)}" if len(rolls) > 1 else ""
    causes = ", ".join(_reason(str(r)) for r in e.get("reasons") or ())
    told = ": ".join(part for part in (dropped, causes) if part)
    return f" ({told})" if told else ""


def _reason(reason: str) -> str:
    mark = {"+": "+ ", "-": "− "}.get(reason[:1], "")
    return mark + (reason[1:] if mark else reason)


def verdict(e: Event) -> str:
    """success by 4; failure by 3; success, to the point; success at a price, 1 short"""
    degree = DEGREES.get(str(e.get("degree")), words(e.get("degree")))
    margin = e.get("margin")
    if not isinstance(margin, int) or str(e.get("degree")) in ("critical", "fumble"):
        return degree
    if margin < 0 and e.get("degree") in GOOD:
        return f"{degree}, {-margin} short"
    return f"{degree} by {abs(margin)}" if margin else f"{degree}, to the point"


def check(e: Event) -> str:
    """🎲 Wisdom 14 + 2 = 16 vs 12 — success by 4"""
    return (
        f"🎲 {words(e['stat']).capitalize()} {sum_of(e['total'], e['modifier'], e['kept'])}{why_two_dice(e)}"
        f" vs {e['difficulty']} — {verdict(e)}"
    )


def contest(e: Event) -> str:
    """🎲 Charisma 14 + 2 = 16 vs Magistrate Pell 9 + 3 = 12 — success by 4"""
    rival = sum_of(e["rival_total"], e["rival_modifier"], e["rival_roll"])
    return (
        f"🎲 {words(e['stat']).capitalize()} {sum_of(e['total'], e['modifier'], e['kept'])}{why_two_dice(e)}"
        f" vs {e['rival_name']} {rival} — {verdict(e)}"
    )


def group_check(e: Event) -> str:
    """👥 Together (dexterity vs 12): Nell ✓, Pim ✗, Aldo ✓ — 2 of 3, 2 needed: success"""
    each = ", ".join(
        f"{name} {'✓' if degree in GOOD else '✗'}"
        for name, degree in zip(e["names"], e["degrees"], strict=False)
    )
    count = f"{e['worked']} of {len(e['names'])}, {e['needed']} needed"
    return f"👥 Together ({words(e['stat'])} vs {e['difficulty']}): {each} — {count}: {verdict(e)}"


def save(e: Event) -> str:
    """🎲 Nell against Burning: constitution 12 + 2 = 14 vs 12 — kept off"""
    first, failed = ("shaken off", "it stays") if e["moment"] == "end" else ("kept off", "it takes hold")
    sum_ = sum_of(e["total"], e["modifier"], e["roll"])
    name = e.get("condition_name") or words(e["condition"])
    return (
        f"🎲 {e['target_name']} against {name}: {words(e['stat'])} {sum_} vs {e['difficulty']}"
        f" — {first if e['saved'] else failed}"
    )


def death_check(e: Event) -> str:
    """💀 Aldo, death check 14 — holds on (1 of 3 to live, 2 of 3 to die)"""
    how = {
        "success": "holds on", "failure": "slips", "rises": "is on their feet!", "stable": "will live",
        "dead": "is gone",
    }.get(str(e["result"]), words(e["result"]))  # fmt: skip
    thrown = f"death check {e['roll']}" if e["roll"] else "struck while down"
    return f"💀 {e['actor_name']}, {thrown} — {how} ({e['successes']}/3 to live, {e['failures']}/3 to die)"


def attack(e: Event, *, hit: bool) -> str:
    """⚔️ Spark Flick → Inkhound 2: 18 + 4 = 22 (of 18, 3: + Inspired) vs 12 — hit"""
    judged = ("critical hit!" if e.get("critical") else "hit") if hit else "miss"
    bonus = e["total"] - e["roll"]
    sum_ = sum_of(e["total"], bonus, e["roll"])
    return (
        f"⚔️ {by_creature(e, ', ')}{e['means']} → {e['target_name']}: {sum_}{why_two_dice(e)}"
        f" vs {e['against']} — {judged}"
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
        [f"{first[0]} = {first[1]}", *(f"{words(name)} {signed(amount)}" for name, amount in rest)]
    )


def harm(e: Event) -> str:
    """−7 HP (fire, weak to it: 1d6 = 5, intelligence +3, defence −1), 11 left"""
    notes = [words(e["damage_type"]), AFFINITIES.get(str(e.get("affinity") or ""), "")]
    notes += ["blocked"] if e.get("blocked") else []
    steps = parts_of(e)
    notes += [] if steps else [f"{words(name)} took {amount}" for name, amount in e.get("absorbed") or ()]
    head = ", ".join(n for n in notes if n)
    return f"−{e['amount']} HP ({head}{': ' if steps and head else ''}{steps}), {e['hp_after']} left"


def mending(e: Event) -> str:
    """+5 HP (1d8 = 4, wisdom +3, at most full −2), now 18"""
    steps = parts_of(e)
    return f"+{e['amount']} HP ({f'{steps}; ' if steps else ''}now {e['hp_after']})"
