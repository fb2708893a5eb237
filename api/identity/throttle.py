"""Growing pauses for who guesses, counted in the store so that no process and no lost Redis forgets them.

A try is counted before it is made, in one conditional commit, so that a thousand guesses sent at once are counted one
after another. What is refused is not counted, so that a pause always ends.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from api.clock import Clock, iso, seconds_until
from api.errors import RateLimited
from api.services.deps import retrying
from api.store.port import Change, Delete, Document, Insert, Store, Update


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` tries without a pause; then pauses of `first` seconds, twice as long each time, up to `longest`.

    All is forgotten `forget` seconds after the last try.
    """

    name: str
    free: int
    first: float
    longest: float
    forget: float = 3600

    def pause(self, tries: int) -> float:
        """Seconds to wait after so many tries."""
        over = tries - self.free
        return 0.0 if over <= 0 else min(self.longest, self.first * 2 ** min(over - 1, 30))


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that tries are counted against, such as an address and the network that it is tried from."""

    limit: Limit
    key: str

    @property
    def id(self) -> str:
        return hashlib.sha256(f"{self.limit.name}|{self.key}".encode()).hexdigest()[:36]


class Throttle:
    """Counts tries by mark."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def take(self, marks: Sequence[Mark]) -> None:
        """Count one try against every mark. Raises RateLimited, counting nothing, while one of them pauses."""

        def attempt() -> None:
            rows = self._rows(marks)
            wait = max((self._wait(rows.get(m.id)) for m in marks), default=0.0)
            if wait > 0:
                raise RateLimited(math.ceil(wait))
            self._store.commit([self._counted(m, rows.get(m.id)) for m in marks])

        retrying(attempt)

    def allows(self, mark: Mark) -> bool:
        """The same for something that is left out in silence rather than refused."""
        try:
            self.take([mark])
        except RateLimited:
            return False
        return True

    def succeeded(self, forget: Sequence[Mark], give_back: Sequence[Mark]) -> None:
        """A try was right: `forget` begins anew, `give_back` loses this one try and its pause."""

        def attempt() -> None:
            rows = self._rows([*forget, *give_back])
            changes: list[Change] = [
                Delete("throttles", m.id, rows[m.id].revision) for m in forget if m.id in rows
            ]
            for mark in give_back:
                if (row := rows.get(mark.id)) is not None:
                    body = {**row.body, "tries": max(0, row.body["tries"] - 1), "until": self._clock.iso()}
                    changes.append(Update("throttles", row.id, row.revision, body))
            self._store.commit(changes)

        retrying(attempt)

    def _rows(self, marks: Sequence[Mark]) -> dict[str, Document]:
        return self._store.get_many("throttles", [m.id for m in marks])

    def _wait(self, row: Document | None) -> float:
        return seconds_until(row.body["until"], self._clock.now()) if row else 0.0

    def _counted(self, mark: Mark, row: Document | None) -> Change:
        now = self._clock.now()
        fresh = row is None or seconds_until(row.body["expires_at"], now) <= 0
        tries = 1 if fresh or row is None else row.body["tries"] + 1
        pause = mark.limit.pause(tries)
        body: dict[str, Any] = {
            "tries": tries, "until": iso(now + timedelta(seconds=pause)),
            "expires_at": iso(now + timedelta(seconds=pause + mark.limit.forget)),
        }  # fmt: skip
        return (
            Insert("throttles", mark.id, body)
            if row is None
            else Update("throttles", row.id, row.revision, body)
        )


def network(source: str) -> str:
    """What counts as one source: an IPv4 address, or the /64 that an IPv6 household or server gets whole."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
