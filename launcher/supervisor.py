"""Starts services in order, waits for their health and restarts what crashes, with back-off."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from launcher.family import Child, Family
from launcher.health import await_ready, http_health, redis_problem
from launcher.redis_service import RedisPlan
from launcher.signals import Signals
from launcher.stack import Service

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY = 60.0  # seconds of running after which a crash counts as the first one again


@dataclass
class Watched:
    """A service under supervision: its running child, or when the next one is due."""

    service: Service
    child: Child | None
    restarts: int = 0
    pause: float = FIRST_PAUSE
    due: float = 0.0


@dataclass
class Supervisor:
    """Keeps the children of one family running. Call `tick` often, from the main thread."""

    family: Family
    root: Path
    watched: dict[str, Watched] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def start(self, service: Service) -> Child:
        child = self.family.start(service.name, service.command, service.env, self.root)
        self.watched[service.name] = Watched(service, child)
        return child

    def tick(self, now: float | None = None) -> list[str]:
        """Notices ended children and starts those that are due; returns new notes, one sentence each."""
        moment = time.monotonic() if now is None else now
        fresh: list[str] = []
        for name, watched in self.watched.items():
            if watched.child is not None and not watched.child.alive:
                fresh.append(self._lay_down(name, watched, moment))
            elif watched.child is None and moment >= watched.due:
                service = watched.service
                watched.child = self.family.start(name, service.command, service.env, self.root)
                watched.restarts += 1
        self.notes += fresh
        return fresh

    def _lay_down(self, name: str, watched: Watched, moment: float) -> str:
        child = watched.child
        assert child is not None
        if moment - child.started > STEADY:
            watched.pause = FIRST_PAUSE
        pause = watched.pause
        watched.due = moment + pause
        watched.pause = min(LONGEST_PAUSE, pause * 2)
        self.family.forget(child)
        watched.child = None
        last = next((line.strip() for line in reversed(child.last_lines(5)) if line.strip()), "no last words")
        how = child.exit_sentence()
        return f"{name} {how}; started again in {pause:.1f} s (log {child.log.name}: {last[:160]})"


def start_redis(supervisor: Supervisor, plan: RedisPlan, signals: Signals) -> None:
    """Starts our own server unless the plan uses one that runs already."""
    if plan.command:
        supervisor.start(Service("redis", plan.command, {"TZ": "UTC", "REDIS_URL": plan.url}))
    await_ready("redis", lambda: redis_problem(plan.url) is None, supervisor.family, signals)


def start_all(
    supervisor: Supervisor, services: Sequence[Service], signals: Signals, first_alone: bool = False
) -> None:
    """Starts all, then waits for the health of each; raises LauncherError with the log of one that failed.

    With `first_alone` the first must be ready before the others start: it makes the tables of a new save.
    """
    if first_alone:
        start_all(supervisor, services[:1], signals)
        services = services[1:]
    for service in services:
        supervisor.start(service)
    for service in services:
        if service.health is not None:
            await_ready(service.name, partial(_answers, service.health), supervisor.family, signals)


def _answers(url: str) -> bool:
    return http_health(url) is not None
