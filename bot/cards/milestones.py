"""What a turn brought that players retell: a journey, a quest, a night, a level, spoils; and the quest journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bot.cards.model import GOLD, GREY, Card, Draft, Field, Line, Text, b, bar, i, line, names_of, sentence
from bot.cards.plain import one_line
from bot.cards.receipt_world import many, span_of, to_spend
from bot.cards.receipts import receipt
from bot.cards.words import word
from bot.texts import N, tr, trn

Json = dict[str, Any]
JOURNEY = ("journey_began", "met_on_the_way", "turned_back", "location_reached")
QUESTS = ("quest_started", "quest_stage_done", "quest_completed", "quest_failed")
NIGHT = ("night_spent", "wounds_healed", "rested")
GROWTH = ("level_gained",)
SPOILS = ("item_gained", "item_cached", "gold_changed")
MOST_ROWS = 12  # of one block; a longer one says how many more there are
STATUS = {"active": "📜", "done": "🏅", "failed": "🥀"}


def milestones(events: Sequence[Json]) -> tuple[Field, ...]:
    """A block for each kind of thing that happened, in the order of a day; nothing for an ordinary turn.

    An event in a shape that is not known costs its line and nothing else.
    """
    made: list[tuple[str, list[Line]]] = [
        (tr("🥾 The journey"), _rows(_of(events, JOURNEY), _journey)),
        (tr("🌙 A night's rest"), _rows(_of(events, NIGHT), _night) if _slept(events) else []),
        (tr("📜 Quests"), _rows(_of(events, QUESTS), _plain)),
        (tr("🌟 Level up"), _rows(_of(events, GROWTH), _level)),
        (tr("🎒 Spoils"), _spoils(events)),
    ]
    return tuple(Field(name, _cut(rows)) for name, rows in made if rows)


def shown(events: Iterable[Json]) -> frozenset[str]:
    """The kinds of events that `milestones` shows of these, so that no line repeats them."""
    rows = list(events)
    kinds = {str(e.get("type")) for e in rows}
    whole = kinds & {*JOURNEY, *QUESTS, *GROWTH}
    if _slept(rows):
        whole |= kinds & set(NIGHT)
    if _won(rows):
        whole |= kinds & set(SPOILS)
    return frozenset(whole)


def _of(events: Iterable[Json], kinds: Sequence[str]) -> list[Json]:
    return [e for e in events if e.get("type") in kinds]


def _rows(events: Iterable[Json], draw: Callable[[Json], Line | None]) -> list[Line]:
    out = []
    for event in events:
        try:
            row = draw(event)
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
        if row is not None:
            out.append(row)
    return out


def _plain(e: Json) -> Line | None:
    text = receipt(e)
    return line(text) if text else None


def _journey(e: Json) -> Line | None:
    if e["type"] == "journey_began":
        return line(
            b(str(e["origin_name"])), " → ", b(str(e["to_name"])), f"  ⏳ {span_of(int(e['minutes']))}"
        )
    return _plain(e)


def _slept(events: Iterable[Json]) -> bool:
    return any(e.get("type") == "night_spent" for e in events)


def _night(e: Json) -> Line | None:
    match e["type"]:
        case "night_spent":
            return line(
                *sentence("At {place}", place=b(str(e["location_name"]))),
                ", " + tr("{price} gold a bed", price=e["price"]) if e.get("price") else "",
            )
        case "rested":
            return line(
                b(str(e["actor_name"])),
                ": ",
                tr("{hp} HP · {mp} MP", hp=e["hp_after"], mp=e["mp_after"]),
            )
    return _plain(e)


def _level(e: Json) -> Line:
    points = int(e.get("skill_points") or 0)
    spend = " · " + to_spend(points) if points else ""
    grown = "".join(f" · {word(stat)} {value}" for stat, value in (e.get("stats") or {}).items())
    return line(
        *sentence("{who} is level {level}", who=b(str(e["actor_name"])), level=str(e["level"])),
        ": ",
        tr("{hp} HP · {mp} MP", hp=e["hp_max"], mp=e["mp_max"]),
        grown,
        spend,
    )


def _won(events: Iterable[Json]) -> bool:
    return any(e.get("type") == "encounter_ended" and e.get("outcome") == "victory" for e in events)


def _spoils(events: Sequence[Json]) -> list[Line]:
    """After a victory: each hero with everything that the fight brought."""
    if not _won(events):
        return []
    got: dict[str, list[str]] = {}
    for e in _of(events, SPOILS):
        try:
            what = tr("{amount} gold", amount=e["amount"]) if e["type"] == "gold_changed" else many(e)
            if e["type"] == "gold_changed" and e["amount"] <= 0:
                continue
            who = str(e["actor_name"])
            got.setdefault(who, []).append(
                tr("{what} (left in the baggage)", what=what) if e["type"] == "item_cached" else what
            )
        except (KeyError, TypeError):
            continue
    return [line(b(who), f": {', '.join(things)}") for who, things in got.items()]


def _cut(rows: list[Line]) -> tuple[Line, ...]:
    if len(rows) <= MOST_ROWS:
        return tuple(rows)
    return (
        *rows[:MOST_ROWS],
        line(i(trn("… and {count} more", "… and {count} more", len(rows) - MOST_ROWS)), style="small"),
    )


# --- the journal -----------------------------------------------------------------------------------------------------


def journal(part: Json) -> Card:
    """The API's journal: quests with how much of them is there, whom the party knows, and what it has found."""
    entries = part.get("quests") or []
    under_way = [e for e in entries if e.get("status") == "active"]
    over = [e for e in entries if e.get("status") != "active"]
    draft, where = Draft(), part.get("where") or {}
    if where.get("location_name"):
        day = tr("day {day}, {time}", day=where["day"], time=word(where["time"]))
        draft.add("📍 ", b(str(where["location_name"])), f", {where['region_name']} · {day}")
    if not entries:
        draft.add(i(tr("Nobody has asked anything of the party yet.")))
    fields = [Field(one_line(f"📜 {e.get('name')}", 200), _entry(e)) for e in under_way[:12]]
    if over:
        done = [_behind(e) for e in over]
        fields.append(Field(tr("Behind you"), _cut(done)))
    people = _rows(part.get("people") or [], _acquaintance)
    groups = _rows(
        part.get("factions") or [], lambda f: line(b(str(f["name"])), f": {_opinion(f['reputation'])}")
    )
    clues = [line(f"🔎 {one_line(c, 160)}") for c in part.get("clues") or []]
    more = ((tr("People"), people), (tr("Standing"), groups), (tr("Clues"), clues))
    fields += [Field(name, _cut(rows)) for name, rows in more if rows]
    count = len(under_way)
    footer = tr("{count} under way, {over} behind you", count=count, over=len(over)) if entries else ""
    return Card("journal", tr("The journal"), draft.done(), tuple(fields), footer=footer,
                colour=GOLD if under_way else GREY)  # fmt: skip


def _behind(e: Json) -> Line:
    status = str(e.get("status"))
    word = {"done": tr("done"), "failed": tr("failed")}.get(status)
    return line(f"{STATUS.get(status, '•')} {e.get('name')}", f" ({word})" if word else "")


def _acquaintance(p: Json) -> Line:
    last = (p.get("memories") or [])[-1:]
    told = ". " + tr("Remembers: {what}", what=one_line(last[0], 120)) if last else ""
    return line(b(str(p["name"])), f", {p['role']}: {_opinion(p['disposition'])}{told}")


OPINIONS = (
    (60, N("devoted")), (25, N("friendly")), (5, N("well disposed")), (-4, N("undecided")), (-24, N("wary")),
    (-59, N("hostile")),
)  # fmt: skip


def _opinion(value: int) -> str:
    opinion = next((opinion for least, opinion in OPINIONS if value >= least), N("an enemy"))
    return f"{tr(opinion)} ({value:+d})" if value else tr(opinion)


def _entry(e: Json) -> tuple[Line, ...]:
    stages = int(e.get("stages") or 1)
    part = " " + tr("(part {stage} of {stages})", stage=e.get("stage"), stages=stages) if stages > 1 else ""
    rows = [line(b(one_line(e.get("objective") or "", 300)), part)]
    for goal in e.get("goals") or []:
        have, wanted = int(goal.get("have") or 0), int(goal.get("wanted") or 1)
        name = one_line(goal.get("name") or tr(_GOALS.get(str(goal.get("kind")), _GOALS["flag"])), 80)
        count: list[Text] = [f"  {bar(have, wanted, min(8, wanted))} {have}/{wanted}"] if wanted > 1 else []
        done = f" ({tr('done')})" if have >= wanted else ""
        rows.append(line("✅ " if done else "▫️ ", name, done, *count))
    asked = [x for x in (one_line(e.get("giver") or "", 80),) if x]
    if asked:
        rows.append(line(i(tr("for {names}", names=names_of(asked))), style="small"))
    return tuple(rows)


_GOALS = {
    "flag": N("a turn of the story"),
    "item": N("something to find"),
    "defeat": N("foes to beat"),
    "visit": N("a place to see"),
    "talk": N("somebody to talk to"),
    "win": N("a fight to win"),
}
