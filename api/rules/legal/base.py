"""The shape of a choice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """Somebody whom a choice does not reach, and why, as a sentence."""

    id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class LegalAction:
    """One choice. `enabled` false carries the `reason`; `kind` and `id` go into the action as they are.

    `targets` are whom it reaches, `blocked` whom it does not. `lockable`: it can be locked now for the next own turn.
    `cooldown` are the own turns until an ability can be used again.
    """

    kind: str
    id: str
    label: str
    targets: tuple[Target, ...] = field(default=())
    cost_mp: int = 0
    enabled: bool = True
    reason: str = ""
    minutes: int = 0  # of the world's clock, where a choice takes long
    cost_gold: int = 0
    blocked: tuple[Blocked, ...] = ()
    lockable: bool = False
    cooldown: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "id": self.id, "label": self.label,
            "targets": tuple({"id": t.id, "name": t.name} for t in self.targets),
            "cost_mp": self.cost_mp, "enabled": self.enabled, "reason": self.reason,
            "minutes": self.minutes, "cost_gold": self.cost_gold,
            "blocked": tuple({"id": b.id, "name": b.name, "reason": b.reason} for b in self.blocked),
            "lockable": self.lockable, "cooldown": self.cooldown,
        }  # fmt: skip
