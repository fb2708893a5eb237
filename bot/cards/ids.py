"""custom_ids: `coc:<kind>:<id>:<verb>[:<arg>…]`, all that a button needs to work after a restart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

LIMIT = 100
PATTERN = re.compile(r"coc:(?P<kind>[a-z]+):(?P<id>[A-Za-z0-9_-]*):(?P<verb>[a-z_]+)(?::(?P<arg>.*))?")


@dataclass(frozen=True, slots=True)
class Target:
    """A custom_id taken apart."""

    kind: str
    id: str
    verb: str
    args: tuple[str, ...] = ()

    def arg(self, index: int, default: str = "") -> str:
        return self.args[index] if index < len(self.args) and self.args[index] else default


def make(kind: str, ident: object, verb: str, *args: object) -> str:
    """Compose a custom_id. Raises ValueError when Discord would refuse it."""
    custom_id = ":".join(["coc", kind, str(ident), verb, *(str(a) for a in args)])
    if len(custom_id) > LIMIT or not PATTERN.fullmatch(custom_id):
        raise ValueError(f"not a custom_id: {custom_id!r}")
    return custom_id


def parse(custom_id: str) -> Target | None:
    """Read a custom_id of ours; None for anything else."""
    match = PATTERN.fullmatch(custom_id)
    if match is None:
        return None
    arg = match["arg"]
    return Target(match["kind"], match["id"], match["verb"], tuple(arg.split(":")) if arg is not None else ())


def do(session_id: str, turn: int, action: dict[str, Any]) -> str:
    """The custom_id that performs one legal action (`kind`, `id`, `target`) in the turn that the card shows."""
    args = [turn, action["kind"], action.get("id") or "", action.get("target") or ""]
    while args[-1] == "":
        args.pop()
    return make("act", session_id, "do", *args)


def value_of(kind: str, ident: str | None, target: str | None) -> str:
    """A select option's value for a legal action; `action_of` reads it back."""
    return "|".join([kind, ident or "", target or ""])


def action_of(value: str) -> dict[str, str]:
    """The action body's `kind`, `id` and `target` from a select option's or autocomplete's value."""
    kind, ident, target = (value.split("|") + ["", ""])[:3]
    return {k: v for k, v in (("kind", kind), ("id", ident), ("target", target)) if v}
