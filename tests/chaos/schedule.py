"""The seeded plan of an evening's misfortunes: what strikes whom, when and for how long."""

from __future__ import annotations

import random
from dataclasses import dataclass

# How often each part is killed, relative to the others. `api-child` is gunicorn's worker alone, under a living master.
KILLED = {"api": 12, "api-child": 8, "worker": 8, "worker2": 6, "bot": 10, "stream": 8, "redis": 8}
SECOND = {"api2": 8, "bot2": 8}  # when there are two of each
# `postgres-child` is one process that serves a client: the server ends all its others, too, and recovers.
POSTGRES = {"postgres": 12, "postgres-child": 8}
LONGEST_STOP = 6.0  # longer than the leases, so that somebody takes over from one who still lives
MODEL_TROUBLE = ("dropped", "overloaded", "broken_off", "cut_off", "too_slow", "silent")
ALIKE = {
    "api-child": "api",
    "postgres-child": "postgres",
}  # what shares a process is struck from one lane, one after the other


@dataclass(frozen=True, slots=True)
class Strike:
    """`at` seconds after the start; `seconds` is how long the part stays down, stopped or without disk."""

    at: float
    kind: str
    target: str
    seconds: float = 0.0

    @property
    def lane(self) -> str:
        return ALIKE.get(self.target, self.target)


def victims(store: str, copies: int) -> dict[str, int]:
    """Who can be killed in a house on this store, with one or two of the API and the bot."""
    return KILLED | (SECOND if copies > 1 else {}) | (POSTGRES if store == "postgresql" else {})


def plan(seed: int, *, kills: int, seconds: float, killed: dict[str, int] = KILLED) -> list[Strike]:
    """At least `kills` SIGKILLs and, in proportion, stops, full disks and trouble with Discord, in order of time."""
    rng = random.Random(f"chaos:{seed}")
    stopped = sorted({ALIKE.get(name, name) for name in killed})
    targets = _drawn(rng, kills, killed)
    strikes = [_kill(rng, t, seconds, first=number < len(killed)) for number, t in enumerate(targets)]
    for _ in range(max(5, kills // 5)):
        strikes.append(
            Strike(_moment(rng, seconds), "stop", rng.choice(stopped), rng.uniform(0.4, LONGEST_STOP))
        )
    for target in ("api", "worker") * max(1, kills // 40):
        strikes.append(Strike(_moment(rng, seconds), "full_disk", target, rng.uniform(2.0, 5.0)))
    for kind in ("drop_gateway", "invalidate_gateway", "lose_answers", "errors", "rate_limit"):
        for _ in range(max(1, kills // 20)):
            strikes.append(Strike(_moment(rng, seconds), kind, "discord"))
    for number in range(max(len(MODEL_TROUBLE), kills // 6)):
        strikes.append(Strike(_moment(rng, seconds), MODEL_TROUBLE[number % len(MODEL_TROUBLE)], "model"))
    return sorted(strikes, key=lambda s: (s.at, s.kind, s.target))


def _drawn(rng: random.Random, kills: int, killed: dict[str, int]) -> list[str]:
    """Everyone is hit; the rest of the kills fall by weight."""
    once = list(killed)[:kills]
    return once + rng.choices(list(killed), weights=list(killed.values()), k=kills - len(once))


def _kill(rng: random.Random, target: str, seconds: float, *, first: bool) -> Strike:
    kind = "wipe" if target == "redis" and (first or rng.random() < 0.4) else "kill"
    return Strike(_moment(rng, seconds), kind, target, rng.uniform(0.0, 1.5))


def _moment(rng: random.Random, seconds: float) -> float:
    return rng.uniform(0.02, 0.98) * seconds
