"""Faults on command: no answer, a server's error, a cut connection; before or after the request was carried out."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["error", "cut", "silence", "hold", "twice"]


@dataclass
class Fault:
    """What happens to the next `times` requests whose "METHOD path" matches `match`, once `after` have passed.

    `error`: this status instead of an answer, with a `page` (content type and body) or else as Appwrite says it.
    `cut`: the connection is closed without an answer. `silence`: none comes until the stand-in stops. `hold`: the
    request waits for `release` before it is carried out, then `cut`.
    `twice`: carried out twice, as by a proxy that tries again; the second outcome is the answer.
    `applied`: whether the request is carried out first (a held one always is, later).
    """

    match: str
    kind: Kind
    applied: bool = False
    status: int = 503
    times: int = 1
    page: tuple[str, bytes] | None = None
    after: int = 0
    reached: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)
    outcome: int | None = None


class Faults:
    """The faults that wait for their request."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._waiting.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, if one waits for it."""
        with self._lock:
            for fault in self._waiting:
                if re.search(fault.match, f"{method} {path}"):
                    if fault.after > 0:
                        fault.after -= 1
                        continue
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None

    def pending(self) -> int:
        with self._lock:
            return len(self._waiting)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()
