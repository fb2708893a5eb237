"""Starts child processes with their own logs and makes sure that none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from launcher.guard import send
from launcher.orphans import die_with_parent

PATIENCE = 10.0


@dataclass
class Child:
    """One running process that leads a process group of its own and writes to its own log."""

    name: str
    command: Sequence[str]
    log: Path
    popen: subprocess.Popen[bytes]
    log_start: int = 0  # where its own lines begin in a log that earlier children wrote to
    started: float = field(default_factory=time.monotonic)

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    def exit_sentence(self) -> str:
        code = self.popen.returncode
        if code is not None and code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with status {code}"

    def first_lines(self) -> list[str]:
        """What it said first, at most 64 KiB."""
        try:
            with self.log.open("rb") as handle:
                handle.seek(self.log_start)
                return handle.read(65536).decode("utf-8", "replace").splitlines()
        except OSError:
            return []

    def last_lines(self, count: int = 12) -> list[str]:
        return tail(self.log, count)


def tail(path: Path, count: int) -> list[str]:
    """The last lines of a log; empty when there is none."""
    try:
        with path.open("rb") as handle:
            handle.seek(0, os.SEEK_END)
            handle.seek(max(0, handle.tell() - 16384))
            return handle.read().decode("utf-8", "replace").splitlines()[-count:]
    except OSError:
        return []


class Family:
    """All children of one launcher. Leaving the `with` block, by whatever way, ends every one of them."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self.children: list[Child] = []
        self._seen: set[str] = set()
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Family:
        self._guard = subprocess.Popen(
            [sys.executable, "-I", str(Path(__file__).with_name("guard.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
            self._guard.wait()

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> Child:
        """Starts a child in the background, its output appended to `<logs>/<name>.log`."""
        log = self._logs / f"{name}.log"
        if name not in self._seen:  # a restart goes on in the same log, a new session begins a new one
            self._seen.add(name)
            _set_aside(log)
        with log.open("ab") as output:
            log_start = output.tell()
            popen = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        child = Child(name, command, log, popen, log_start)
        self.children.append(child)
        self._tell_guard(f"+{popen.pid}")
        return child

    def forget(self, child: Child) -> None:
        """Clears up after a child that ended by itself: what it left in its group is ended too."""
        send(child.popen.pid, signal.SIGKILL)
        self.children.remove(child)
        self._tell_guard(f"-{child.popen.pid}")

    def stop_all(self) -> None:
        """The last started first, all but the first (Redis, on which the others lean) at the same time."""
        later, first = self.children[1:], self.children[:1]
        for group in (later, first):
            self._stop(group)

    def _stop(self, children: Sequence[Child]) -> None:
        for child in reversed(children):
            if child.alive:
                send(child.popen.pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for child in list(children):
            try:
                child.popen.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                send(child.popen.pid, signal.SIGKILL)
                child.popen.wait()
            self.forget(child)

    def _tell_guard(self, line: str) -> None:
        if self._guard is None or self._guard.stdin is None:
            return
        try:
            self._guard.stdin.write(line.encode() + b"\n")
            self._guard.stdin.flush()
        except BrokenPipeError:
            self._guard = None  # somebody ended the guard; the kernel's parent-death signal still holds


def _set_aside(log: Path) -> None:
    try:
        log.replace(log.with_suffix(".previous.log"))
    except FileNotFoundError:
        return
