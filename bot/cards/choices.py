"""Legal actions -> what one can press or pick: buttons, selects of at most 25 options, autocomplete values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.cards import ids
from bot.cards.model import BLUE, Button, Card, Line, Option, Select, line
from bot.cards.plain import cut, one_line
from bot.cards.receipt_world import span_of
from bot.texts import N, command, tr, trn

Json = dict[str, Any]
PER_SELECT = 25
SELECTS = 4  # a message has five rows; one stays for buttons
LABEL = 100
EMOJI = {
    "affordance": "🧭", "talk": "💬", "item": "🎒", "ability": "⚔️", "defend": "🛡️", "flee": "🏃", "rest": "🛌",
    "pass": "💤", "attack": "🗡️", "row": "🔀", "help": "🤝", "parley": "🕊️", "surrender": "🏳️", "travel": "🥾",
    "downtime": "📅",
}  # fmt: skip


TITLES: dict[tuple[str, ...], str] = {
    (): N("What can I do?"), ("attack", "ability"): N("Attack with what, and whom?"), ("item",): N("Use what?"),
}  # fmt: skip


def pairs(legal: Iterable[Json]) -> list[tuple[Json, Json | None]]:
    """Every enabled action with each of its targets: one entry for each thing that could be done."""
    out: list[tuple[Json, Json | None]] = []
    for action in legal:
        if action.get("enabled") is False:
            continue
        targets = action.get("targets") or []
        out += [(action, t) for t in targets] if targets else [(action, None)]
    return out


def label_of(action: Json, target: Json | None) -> str:
    label = str(action.get("label") or action.get("id") or action["kind"])
    if target is not None and str(target.get("name", "")).lower() not in label.lower():
        label += f" → {target['name']}"
    return label + price_of(action)


def price_of(action: Json) -> str:
    """What a choice costs, as the API says: ` (3 MP)`, ` (5 gold, 2 h 10 min)`; empty where it is free and quick.

    A rest says its time in its own words.
    """
    gold, minutes = action.get("cost_gold"), int(action.get("minutes") or 0)
    costs = [tr("{cost_mp} MP", cost_mp=action["cost_mp"])] if action.get("cost_mp") else []
    costs += [tr("{gold} gold", gold=gold)] if gold else []
    costs += [span_of(minutes)] if minutes and action.get("kind") != "rest" else []
    return f" ({', '.join(costs)})" if costs else ""


def option_of(action: Json, target: Json | None) -> Option | None:
    value = ids.value_of(action["kind"], action.get("id"), (target or {}).get("id"))
    if len(value) > LABEL:
        return None
    label = one_line(f"{EMOJI.get(action['kind'], '•')} {label_of(action, target)}", LABEL)
    return Option(label, value, one_line(action.get("reason") or "", LABEL))


def options(legal: Iterable[Json], kinds: Sequence[str] = ()) -> list[Option]:
    """One option for each thing to do, of these kinds (all when empty), without doubles."""
    seen: dict[str, Option] = {}
    for action, target in pairs(legal):
        if kinds and action["kind"] not in kinds:
            continue
        option = option_of(action, target)
        if option is not None:
            seen.setdefault(option.value, option)
    return list(seen.values())


def chooser(
    session_id: str, turn: int, legal: Sequence[Json], kinds: Sequence[str] = (), page: int = 0
) -> Card:
    """Everything that is legal now, in selects of at most 25; a second page when five rows do not suffice."""
    every = options(legal, kinds)
    size = PER_SELECT * SELECTS
    shown = every[page * size : (page + 1) * size]
    blocked = _blocked(legal, kinds)
    title = tr(TITLES.get(tuple(kinds), "What can I do?"))
    if not shown:
        why = [line(tr("Nothing of that kind is possible just now.")), *blocked]
        return Card("choice", title, tuple(why), colour=BLUE)
    selects = []
    for start in range(0, len(shown), PER_SELECT):
        part = shown[start : start + PER_SELECT]
        first, last = page * size + start + 1, page * size + start + len(part)
        hint = (
            tr("Choose what to do")
            if len(every) <= PER_SELECT
            else tr("Choose what to do ({first}–{last})", first=first, last=last)
        )
        selects.append(
            Select(ids.make("act", session_id, "choose", turn, start // PER_SELECT), hint, tuple(part))
        )
    buttons = []
    if len(every) > (page + 1) * size:
        buttons.append(Button(tr("More…"), ids.make("act", session_id, "more", turn, page + 1)))
    body = [
        line(
            trn(
                "{count} thing is possible. Or say it in your own words with {act}.",
                "{count} things are possible. Or say it in your own words with {act}.",
                len(every),
                act=command("act"),
            )
        ),
        *blocked,
    ]
    return Card(
        "choice",
        title,
        tuple(body),
        colour=BLUE,
        buttons=tuple(buttons),
        selects=tuple(selects),
    )


def _blocked(legal: Sequence[Json], kinds: Sequence[str]) -> list[Line]:
    """What one may not do now, and why: at most five lines."""
    found = [a for a in legal if a.get("enabled") is False and (not kinds or a["kind"] in kinds)][:5]
    return [
        line(
            tr("Not now: {label} ({why})", label=one_line(a.get("label") or a["kind"], 60), why=_reason(a)),
            style="small",
        )
        for a in found
    ]


def _reason(action: Json) -> str:
    return one_line(action.get("reason") or tr("not possible"), 80).rstrip(".")


def nearest(session_id: str, turn: int, legal: Sequence[Json], limit: int = 5) -> tuple[Button, ...]:
    """The first few legal actions as buttons; one with several targets opens a choice of them."""
    out: list[Button] = []
    for action in legal:
        if len(out) == limit:
            break
        if action.get("enabled") is False:
            continue
        targets = action.get("targets") or []
        try:
            if len(targets) > 1:
                args = [action["kind"], action["id"]] if action.get("id") else [action["kind"]]
                custom_id = ids.make("act", session_id, "pick", turn, *args)
            else:
                body = {
                    "kind": action["kind"],
                    "id": action.get("id"),
                    "target": targets[0]["id"] if targets else None,
                }
                custom_id = ids.do(session_id, turn, body)
        except ValueError:
            continue
        label = one_line(label_of(action, targets[0] if len(targets) == 1 else None), 80)
        out.append(
            Button(
                label, custom_id, "primary" if not out else "secondary", emoji=EMOJI.get(action["kind"], "")
            )
        )
    return tuple(out)


def autocomplete(legal: Iterable[Json], typed: str, limit: int = PER_SELECT) -> list[tuple[str, str]]:
    """(name, value) for /act: the typed words first as free text, then what is legal and matches; at most `limit`."""
    wanted = one_line(typed).lower()
    rows = [(o.label, o.value) for o in options(legal)]
    hits = [r for r in rows if all(word in r[0].lower() for word in wanted.split())]
    out: list[tuple[str, str]] = []
    if wanted and not any(name.lower().endswith(wanted) for name, _ in hits):
        free = cut(one_line(typed), LABEL)
        out.append((free, free))
    out += [(name, f"!{value}") for name, value in hits if len(value) < LABEL]
    return out[:limit]
