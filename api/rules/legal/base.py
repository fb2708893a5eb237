"""The shape of a choice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class LegalAction:
    """One choice. `enabled` false carries the `reason`; `kind` and `id` go into the action as they are."""

    kind: str
    id: str
    label: str
    targets: tuple[Target, ...] = field(default=())
    cost_mp: int = 0
    enabled: bool = True
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "id": self.id, "label": self.label,
            "targets": tuple({"id": t.id, "name": t.name} for t in self.targets),
            "cost_mp": self.cost_mp, "enabled": self.enabled, "reason": self.reason,
        }  # fmt: skip
