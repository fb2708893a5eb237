"""Cards about what a hero has and can become: bag and cache, shop, gear with its receipts, skills, and the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from bot.cards import ids
from bot.cards.model import (
    BLUE,
    GOLD,
    VIOLET,
    Button,
    Card,
    Draft,
    Field,
    Line,
    Option,
    Select,
    b,
    i,
    line,
    sentence,
)
from bot.cards.plain import one_line
from bot.cards.words import word
from bot.texts import N, tr, trn

Json = dict[str, Any]
FIGURES = (
    ("hp", N("HP")), ("mp", N("MP")), ("attack", N("Attack")), ("magic", N("Magic")), ("defence", N("Defence")),
    ("resistance", N("Resistance")), ("speed", N("Speed")), ("hit", N("To hit")), ("evade", N("Evade")),
    ("crit", N("Critical")), ("block", N("Block")),
)  # fmt: skip
RECEIPT_LINES = 6
PER_PAGE = 15  # things on one page of a bag or a shop
T = TypeVar("T")
PLAIN_RARITY = ("common", "")


def page_of(rows: Sequence[T], page: int, size: int = 0) -> Sequence[T]:
    """The rows of this page, from 0."""
    size = size or PER_PAGE
    return rows[page * size : (page + 1) * size]


def pages_of(shown: str, part: Json) -> int:
    """How many pages the card `shown` has, its choices included; at least 1."""
    options = part.get("options") or []
    lists = {
        "bag": (part.get("items") or [], part.get("cache") or []),
        "shop": ([o for o in options if o["kind"] == "buy"], [o for o in options if o["kind"] == "sell"]),
    }.get(shown, ())
    counts = [-(-len(rows) // PER_PAGE) for rows in lists]
    return max([1, -(-len(_choices(shown, part)) // (PER_SELECT * SELECTS)), *counts])


def page_buttons(character_id: str, shown: str, page: int, pages: int) -> tuple[Button, ...]:
    """The way to the page before and the page after; none where everything fits on one."""
    if pages < 2:
        return ()
    return tuple(
        Button(
            label,
            ids.make("sheet", character_id, "page", shown, to),
            emoji=emoji,
            disabled=not 0 <= to < pages,
        )
        for label, emoji, to in ((tr("Before"), "◀️", page - 1), (tr("After"), "▶️", page + 1))
    )


def bag(part: Json, name: str = "", page: int = 0) -> Card:
    """What is carried, with the places of the bag, and what waits in the party's cache."""
    places = part.get("places") or {}
    draft = Draft()
    draft.add(
        "🪙 ",
        b(tr("{gold} gold", gold=part.get("gold", 0))),
        " · ",
        tr("{taken} of {total} places", taken=places.get("taken", 0), total=places.get("total", 0)),
    )
    carried = tuple(_thing(t) for t in page_of(part.get("items") or [], page))
    fields = [Field(tr("Carries"), carried or (line(i(tr("Nothing."))),))]
    cached = tuple(_thing(t) for t in page_of(part.get("cache") or [], page))
    if cached:
        fields.append(Field(tr("In the party's cache"), cached))
    if part.get("shops"):
        fields.append(Field(tr("Open here"), tuple(line(b(str(s["name"]))) for s in part["shops"])))
    return Card(
        "bag",
        tr("{name}'s bag", name=name) if name else tr("The bag"),
        draft.done(),
        tuple(fields),
        colour=BLUE,
    )


def shop(part: Json, page: int = 0) -> Card | None:
    """The counters that are open here, what they sell and what they give for what one carries; None without one."""
    shops = part.get("shops") or []
    if not shops:
        return None
    draft = Draft()
    for each in shops:
        draft.add(b(str(each["name"])), f": {each['keeper']}. ", i(str(each["greeting"])))
    draft.add("🪙 ", b(tr("{gold} gold", gold=part.get("gold", 0))))
    options = part.get("options") or []
    sold = tuple(_priced(o) for o in page_of([o for o in options if o["kind"] == "buy"], page))
    buys = [o for o in options if o["kind"] == "sell" and o["enabled"]]
    wanted = tuple(_priced(o) for o in page_of(buys, page))
    fields = [Field(tr("For sale"), sold or (line(i(tr("Nothing."))),))]
    if wanted:
        fields.append(Field(tr("Would buy"), wanted))
    return Card("shop", str(shops[0]["name"]), draft.done(), tuple(fields), colour=GOLD)


def gear(part: Json, name: str = "") -> Card:
    """What is worn, and every figure with what makes it."""
    worn = tuple(
        line(f"{word(slot).capitalize()}: ", b(str(w["name"])))
        for slot, w in (part.get("worn") or {}).items()
    )
    figures, receipt = part.get("figures") or {}, part.get("receipt") or {}
    counted = tuple(
        _figure(tr(label), figures[key], receipt.get(key) or []) for key, label in FIGURES if key in figures
    )
    fields = [Field(tr("Wears"), worn or (line(i(tr("Nothing."))),)), Field(tr("What it comes to"), counted)]
    affinities = part.get("affinities") or {}
    if affinities:
        fields.append(
            Field(
                tr("Against"), tuple(line(f"{word(kind)}: {word(how)}") for kind, how in affinities.items())
            )
        )
    draft = Draft()
    draft.add(tr("Fights in the back row.") if part.get("row") == "back" else tr("Fights in the front row."))
    orders = part.get("orders") or []
    if orders:
        draft.add(
            *sentence(
                "When time is up: {orders}.", orders=i(tr(", then ").join(word(o["use"]) for o in orders))
            )
        )
    return Card(
        "gear",
        tr("{name}'s gear", name=name) if name else tr("Gear"),
        draft.done(),
        tuple(fields),
        colour=BLUE,
    )


def skills(part: Json, name: str = "") -> Card:
    """The skill tree by branches: what is learnt, what can be learnt now, and what is lacking for the rest."""
    draft = Draft()
    following = part.get("xp_next")
    xp = (
        tr("{xp} of {following} XP", xp=part.get("xp", 0), following=following)
        if following
        else tr("{xp} XP", xp=part.get("xp", 0))
    )
    points = int(part.get("skill_points") or 0)
    draft.add(
        b(tr("Level {level}", level=part.get("level", 1))),
        f" · {xp} · ",
        b(trn("{count} skill point", "{count} skill points", points)),
    )
    branches: dict[str, list[Line]] = {}
    for node in part.get("tree") or []:
        branches.setdefault(str(node["branch"]), []).append(_node(node))
    fields = [Field(word(branch).capitalize(), tuple(rows)) for branch, rows in branches.items()]
    if not fields:
        draft.add(i(tr("This calling has nothing to learn yet.")))
    return Card(
        "skills",
        tr("{name}'s skills", name=name) if name else tr("Skills"),
        draft.done(),
        tuple(fields),
        colour=VIOLET,
    )


def _thing(t: Json) -> Line:
    many = f" ×{t['quantity']}" if t.get("quantity", 1) != 1 else ""
    tags = [
        x
        for x in (
            tr("worn") if t.get("worn") else "",
            "" if t.get("rarity") in PLAIN_RARITY else word(t["rarity"]),
        )
        if x
    ]
    told = f" ({', '.join(tags)})" if tags else ""
    summary = f" — {one_line(t['summary'], 90)}" if t.get("summary") else ""
    return line(b(str(t["name"])), many, told, summary)


def _priced(o: Json) -> Line:
    detail = f" ({o['detail']})" if o.get("detail") else ""
    why = f" — {o['reason']}" if not o.get("enabled") else ""
    return line(b(str(o["label"])), ", ", tr("{gold} gold", gold=o["price"]), detail, i(why) if why else "")


def _figure(label: str, value: int, receipt: list[Json]) -> Line:
    parts = [f"{p['source']} {p['amount']:+d}" for p in receipt if p["amount"]]
    if len(parts) > RECEIPT_LINES:
        parts = [
            *parts[: RECEIPT_LINES - 1],
            trn("and {count} more", "and {count} more", len(parts) - RECEIPT_LINES + 1),
        ]
    return line(f"{label} ", b(str(value)), f" ({', '.join(parts)})" if len(parts) > 1 else "")


def _node(n: Json) -> Line:
    mark = "✅" if n["learnt"] else "🔓" if not n["reason"] else "🔒"
    why = f" — {n['reason']}" if n["reason"] else ""
    cost = "" if n["learnt"] else f" ({n['cost']})"
    return line(
        f"{mark} ", b(str(n["name"])), cost, f": {one_line(n['summary'], 100)}", i(why) if why else ""
    )


# --- changing ----------------------------------------------------------------------------------------------------

KINDS = {
    "bag": ("give", "drop", "pick_up"), "shop": ("buy", "sell"), "gear": ("equip", "unequip", "row"),
    "skills": ("learn",),
}  # fmt: skip
VERBS = {
    "give": N("Give"), "drop": N("Leave in the cache:"), "pick_up": N("Take from the cache:"), "buy": N("Buy"),
    "sell": N("Sell"),
    "equip": N("Wear"), "unequip": N("Take off"), "row": "", "learn": N("Learn"),
}  # fmt: skip
PER_SELECT, SELECTS, LONGEST = 25, 4, 100


def choice(custom_id: str, shown: str, part: Json, page: int = 0) -> tuple[Select, ...]:
    """Selects of what can be changed on this page of the card `shown`; empty when nothing can."""
    rows = page_of(_choices(shown, part), page, PER_SELECT * SELECTS)
    return tuple(
        Select(
            f"{custom_id}:{n}",
            tr("What do you want to do?"),
            tuple(rows[n * PER_SELECT : (n + 1) * PER_SELECT]),
        )
        for n in range(-(-len(rows) // PER_SELECT))
    )


def _choices(shown: str, part: Json) -> list[Option]:
    found = [
        row
        for option in part.get("options") or []
        if option["enabled"] and option["kind"] in KINDS.get(shown, ())
        for row in _rows(option)
    ]
    return [row for row in found if len(row.value) <= LONGEST]


def _rows(option: Json) -> list[Option]:
    verb, price = tr(VERBS[option["kind"]]), ""
    if option["kind"] in ("buy", "sell"):
        price = " " + tr("for {price} gold", price=option["price"])
    elif option["kind"] == "learn":
        price = f" ({trn('{count} point', '{count} points', option['price'])})"
    label = f"{verb} {option['label']}{price}".strip()
    detail = one_line(option.get("detail") or "", LONGEST)
    targets = option.get("targets") or [None]
    return [
        Option(
            one_line(tr("{label} to {name}", label=label, name=t["name"]) if t else label, LONGEST),
            "|".join([option["kind"], option["id"], option.get("shop") or "", t["id"] if t else ""]),
            detail,
        )
        for t in targets
    ]


def change_of(value: str) -> Json:
    """The body of a sheet change from a select option's value."""
    kind, key, shop_key, to = (value.split("|") + ["", "", ""])[:4]
    body = {"kind": kind, "id": key, "shop": shop_key, "to": to}
    return {k: v for k, v in body.items() if v}
