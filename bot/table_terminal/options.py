"""What a hero can choose now, in the order of the numbers that the prompt shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.cards.choices import price_of
from bot.cards.plain import one_line
from bot.table_terminal.typed import match
from bot.texts import tr

Json = dict[str, Any]
SUGGESTED = 3
LAST = ("rest", "pass")


@dataclass(frozen=True, slots=True)
class Choice:
    """One legal action; `price` is what it costs as ` (3 MP)`, `summary` what an ability or item does."""

    kind: str
    id: str
    label: str
    targets: tuple[tuple[str, str], ...] = ()
    cost_mp: int = 0
    summary: str = ""
    price: str = ""

    def body(self, target: str | None = None) -> Json:
        """The `kind`, `id` and `target` of an action."""
        wanted = target if target is not None else self.targets[0][0] if len(self.targets) == 1 else None
        out: Json = {"kind": self.kind}
        if self.id and self.id != self.kind:
            out["id"] = self.id
        if wanted:
            out["target"] = wanted
        return out

    @property
    def text(self) -> str:
        label = self.label
        if self.kind == "talk" and len(self.targets) == 1:
            label = tr("{label} with {name}", label=label, name=self.targets[0][1])
        return label + self.price


@dataclass(frozen=True, slots=True)
class Options:
    """The numbered choices, of which the first `shown` stand under the scene, and what is not possible and why."""

    choices: tuple[Choice, ...] = ()
    shown: int = 0
    blocked: tuple[tuple[str, str], ...] = ()
    lockable: tuple[Choice, ...] = ()  # what can be decided for the next own turn of a fight

    def number(self, number: int) -> Choice | None:
        return self.choices[number - 1] if 1 <= number <= len(self.choices) else None

    def find(self, wanted: str) -> Choice | None:
        """By key, else by its whole label, else by a part of the label that only one choice has."""
        index = match(wanted, [(c.id, c.label) for c in self.choices])
        return self.choices[index] if index is not None else None


def options(view: Json, summaries: dict[str, str] | None = None) -> Options:
    """From a session view that was asked for with the hero's character id.

    Outside fights the scene's suggestions come first, each only if this hero may still do it; the list is filled up
    to three from what else the scene offers. In a fight everything that is possible is shown.
    """
    legal = list(view.get("legal") or [])
    texts = summaries or {}
    enabled = [_choice(a, texts) for a in legal if a.get("enabled") is not False]
    blocked = tuple(
        (one_line(a.get("label"), 60), one_line(a.get("reason") or tr("not possible now"), 100))
        for a in legal
        if a.get("enabled") is False
    )
    if view.get("encounter"):
        lockable = tuple(_choice(a, texts) for a in legal if a.get("lockable"))
        return Options(tuple(enabled), len(enabled), blocked, lockable)
    first = _suggested(view, enabled)
    rest = [c for c in enabled if c not in first]
    return Options((*first, *sorted(rest, key=lambda c: c.kind in LAST)), len(first), blocked)


def _suggested(view: Json, enabled: Sequence[Choice]) -> tuple[Choice, ...]:
    by_id = {c.id: c for c in enabled if c.kind == "affordance"}
    first = [by_id[s["id"]] for s in view.get("suggested") or [] if s["id"] in by_id]
    fill = [c for c in enabled if c.kind == "affordance" and c not in first]
    fill += [c for c in enabled if c.kind == "talk"]
    return tuple((first + fill)[:SUGGESTED])


def _choice(action: Json, summaries: dict[str, str]) -> Choice:
    targets = tuple((str(t["id"]), one_line(t["name"])) for t in action.get("targets") or [])
    ident = str(action.get("id") or "")
    return Choice(
        str(action["kind"]),
        ident,
        one_line(action.get("label") or ident or action["kind"]),
        targets,
        int(action.get("cost_mp") or 0),
        one_line(summaries.get(ident, ""), 110),
        price_of(action),
    )
