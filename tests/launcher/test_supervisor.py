"""Restarting what crashes: when, how often, and what is said."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.family import Family
from launcher.stack import Service
from launcher.supervisor import LONGEST_PAUSE, Supervisor


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Family(tmp_path) as family:
        yield Supervisor(family, tmp_path)


def crash(supervisor: Supervisor, name: str) -> None:
    child = supervisor.watched[name].child
    assert child is not None
    child.popen.kill()
    child.popen.wait()


def test_a_crashed_service_waits_its_pause_and_then_runs_again(supervisor: Supervisor) -> None:
    supervisor.start(Service("sleeper", ["sleep", "995"], dict(os.environ)))
    assert supervisor.tick() == []
    crash(supervisor, "sleeper")
    now = time.monotonic()
    (note,) = supervisor.tick(now)
    assert note.startswith("sleeper was ended by SIGKILL; started again in 0.5 s")
    supervisor.tick(now + 0.4)
    assert supervisor.watched["sleeper"].child is None
    supervisor.tick(now + 0.6)
    child = supervisor.watched["sleeper"].child
    assert child is not None and child.alive
    assert supervisor.watched["sleeper"].restarts == 1


def test_the_pauses_double_up_to_a_limit_and_start_over_after_a_steady_minute(supervisor: Supervisor) -> None:
    supervisor.start(Service("sleeper", ["sleep", "995"], dict(os.environ)))
    now = time.monotonic()
    pauses = []
    for _ in range(9):
        crash(supervisor, "sleeper")
        supervisor.tick(now)
        watched = supervisor.watched["sleeper"]
        pauses.append(watched.due - now)
        supervisor.tick(watched.due)
    assert [round(pause, 1) for pause in pauses[:4]] == [0.5, 1.0, 2.0, 4.0]
    assert round(max(pauses), 1) == LONGEST_PAUSE
    crash(supervisor, "sleeper")
    later = time.monotonic() + 120
    supervisor.tick(later)
    assert round(supervisor.watched["sleeper"].due - later, 1) == 0.5


def test_the_last_words_of_a_crash_are_passed_on(supervisor: Supervisor) -> None:
    child = supervisor.start(Service("voice", ["sh", "-c", "echo the oil ran out; exit 3"], dict(os.environ)))
    child.popen.wait()
    (note,) = supervisor.tick()
    assert note.startswith("voice ended with status 3")
    assert "the oil ran out" in note
