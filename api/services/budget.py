"""The budget in the store: reservations, what was spent, and the ceiling, each changed by a conditional commit."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import structlog

from api.clock import Clock, iso
from api.llm.budget.port import OverBudget, Reservation
from api.llm.model_client import Charge, Usage
from api.llm.models import MILLION
from api.store.port import Change, Conflict, Delete, Document, Insert, Query, Store, StoreError, Update

log = structlog.get_logger()

T = TypeVar("T")
Json = dict[str, Any]

HELD_SECONDS = 150  # longer than any call with its waiting; then whoever took the leave is dead
ATTEMPTS = 60  # of a conditional commit: every loser means that another call went through
ALERTS = (50, 80, 100)  # percent of the ceiling at which the operator is told
KEPT_DAYS = 40  # for which days of use are kept; the ledger stays
AT_ONCE = 20  # rows that one pass of the sweeper looks at


class StoreBudget:
    """Implements `api.llm.budget.port.Budget`. One document a day for each sponsor, one for everybody together.

    Both change in one commit, so that they never disagree. Threads of a process take turns; processes meet in the
    store.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        limit_of: Callable[[str], int | None],
        ceiling_usd: float,
    ) -> None:
        """`limit_of` are the calls a day of a sponsor, None without limit."""
        self._store = store
        self._clock = clock
        self._limit_of = limit_of
        self._ceiling = round(ceiling_usd * MILLION)
        self._turn = threading.Lock()

    def reserve(self, provider: str, charge: Charge, model: str, worst: Usage, micros: int) -> Reservation:
        """Count the call and hold its worst price. Raises OverBudget when either does not fit any more."""

        limit = self._limit_of(charge.sponsor) if charge.sponsor else None

        def attempt() -> Reservation | OverBudget:
            now = self._clock.now()
            day = day_of(now)
            own, all_ = self._days(day, charge.sponsor)
            if limit is not None and sum(own.body["calls"].values()) + 1 > limit:
                return OverBudget(provider, "quota", next_day(now), limit)
            if all_.body["spent"] + all_.body["held"] + micros > self._ceiling:
                self._alert(all_, (100,))
                return OverBudget(provider, "ceiling", next_day(now), self._ceiling / MILLION)
            leave = Reservation(self._clock.new_id(), day, charge, model, worst, micros)
            own.body["held"][leave.id] = {
                "until": iso(now + timedelta(seconds=HELD_SECONDS)), "context": charge.context,
                "session": charge.session, "model": model, "micros": micros, "worst": tokens_json(worst),
            }  # fmt: skip
            for body in (own.body, all_.body):
                body["calls"][charge.context] = body["calls"].get(charge.context, 0) + 1
            all_.body["held"] += micros
            self._store.commit([_saved(own), _saved(all_)])
            return leave

        found = self._racing(attempt)
        if isinstance(found, OverBudget):
            raise found
        return found

    def settle(self, reservation: Reservation, usage: Usage, micros: int) -> None:
        self._racing(lambda: self._end(reservation, usage, micros))

    def give_back(self, reservation: Reservation) -> None:
        self._racing(lambda: self._end(reservation, None, 0))

    def expire(self) -> int:
        """End the reservations of processes that died: the sponsor gets the call back, the ledger its worst price."""
        now, done = self._clock.iso(), 0
        due = self._store.query(Query("usage", below={"due_at": now}, order_by="due_at", limit=AT_ONCE))
        for document in due.items:
            sponsor = document.body["user_id"]
            for leave_id, held in document.body["held"].items():
                if held["until"] >= now:
                    continue
                worst = Usage(**held["worst"], estimated=True)
                charge = Charge(held["context"], sponsor, held["session"])
                leave = Reservation(
                    leave_id, document.body["day"], charge, held["model"], worst, held["micros"]
                )
                if self._racing(partial(self._end, leave, worst, leave.micros, lost=True)):
                    log.warning("reservation_expired", context=charge.context, micros=leave.micros)
                    done += 1
        return done

    def forget(self) -> int:
        """Delete days of use that nobody looks at any more."""
        old = day_of(self._clock.now() - timedelta(days=KEPT_DAYS))
        rows = self._store.query(Query("usage", below={"day": old}, order_by="day", limit=AT_ONCE)).items
        if rows:
            try:
                self._store.commit([Delete("usage", r.id, r.revision) for r in rows])
            except Conflict:
                return 0
        return len(rows)

    # --- inside ---

    def _end(self, leave: Reservation, usage: Usage | None, micros: int, *, lost: bool = False) -> bool:
        """End a reservation in one commit with its line of the ledger; False when it has ended already.

        Without `usage` the provider did nothing, so the call is given back; `lost` gives it back although it cost.
        """
        own, all_ = self._days(leave.day, leave.charge.sponsor)
        held = own.body["held"].pop(leave.id, None)
        if held is None:
            return False
        all_.body["held"] -= held["micros"]
        if usage is None or lost:
            for body in (own.body, all_.body):
                body["calls"][leave.charge.context] -= 1
        changes: list[Change] = []
        if usage is not None:
            all_.body["spent"] += micros
            changes.append(self._ledger_line(leave, usage, micros))
        reached = self._reached(all_.body)
        all_.body["alerts"] += reached
        self._store.commit([_saved(own), _saved(all_), *changes])
        self._tell(all_.body, reached)
        return True

    def _ledger_line(self, leave: Reservation, usage: Usage, micros: int) -> Change:
        charge = leave.charge
        line_id = line_of(leave.day, charge, leave.model)
        known = self._store.get("costs", line_id)
        body: Json = known.body if known else {
            "day": leave.day, "user_id": charge.sponsor, "session_id": charge.session, "model": leave.model,
            "context": charge.context, "calls": 0, "estimated": 0, "input": 0, "output": 0, "cached": 0,
            "written": 0, "micros": 0,
        }  # fmt: skip
        body["calls"] += 1
        body["estimated"] += usage.estimated
        body["micros"] += micros
        for name, tokens in (("input", usage.input_tokens), ("output", usage.output_tokens),
                             ("cached", usage.cached_tokens), ("written", usage.cache_written_tokens)):  # fmt: skip
            body[name] += tokens
        return Update("costs", line_id, known.revision, body) if known else Insert("costs", line_id, body)

    def _reached(self, body: Json) -> list[int]:
        """The alerts that are due and were not given yet today."""
        if self._ceiling <= 0:
            return []
        return [p for p in ALERTS if body["spent"] * 100 >= p * self._ceiling and p not in body["alerts"]]

    def _alert(self, all_: Document, levels: tuple[int, ...]) -> None:
        """Note and tell that a level is reached; at most once a day for all processes."""
        fresh = [level for level in levels if level not in all_.body["alerts"]]
        if fresh:
            all_.body["alerts"] += fresh
            self._store.commit([_saved(all_)])
            self._tell(all_.body, fresh)

    def _tell(self, body: Json, levels: list[int]) -> None:
        for level in levels:
            log.warning("spend_alert", percent=level, day=body["day"], spent_usd=body["spent"] / MILLION,
                        ceiling_usd=self._ceiling / MILLION)  # fmt: skip

    def _days(self, day: str, sponsor: str) -> tuple[Document, Document]:
        """The day of this sponsor and that of everybody; revision 0 where it is still to be made."""
        own, all_ = day_id(day, sponsor), all_id(day)
        found = self._store.get_many("usage", [own, all_])
        fresh: Json = {"day": day, "user_id": sponsor, "calls": {}, "held": {}, "due_at": None}
        everybody: Json = {"day": day, "user_id": None, "calls": {}, "held": 0, "spent": 0, "alerts": []}
        return found.get(own) or Document(own, 0, fresh), found.get(all_) or Document(all_, 0, everybody)

    def _racing(self, attempt: Callable[[], T]) -> T:
        """Run a read-decide-commit step again when another process was faster. Raises StoreError in the end."""
        for number in range(ATTEMPTS):
            try:
                with self._turn:
                    return attempt()
            except Conflict:
                time.sleep(secrets.randbelow(1000) / 1000 * min(0.05, 0.004 * (number + 1)))
        raise StoreError("the day's budget is changed by too many at once")


def day_of(moment: datetime) -> str:
    """The UTC day, such as 2026-11-25."""
    return moment.astimezone(UTC).date().isoformat()


def next_day(moment: datetime) -> str:
    """When the day's calls begin anew: the next 00:00 UTC."""
    day = moment.astimezone(UTC).date() + timedelta(days=1)
    return iso(datetime(day.year, day.month, day.day, tzinfo=UTC))


def day_id(day: str, sponsor: str) -> str:
    return "d" + hashlib.sha256(f"{day}|{sponsor}".encode()).hexdigest()[:32]


def all_id(day: str) -> str:
    return f"all-{day}"


def line_of(day: str, charge: Charge, model: str) -> str:
    """The id of the line of the ledger for this sponsor, session, model, context and day."""
    parts = "|".join((day, charge.sponsor, charge.session, model, charge.context))
    return "c" + hashlib.sha256(parts.encode()).hexdigest()[:32]


def tokens_json(usage: Usage) -> Json:
    return {
        "input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens, "cache_written_tokens": usage.cache_written_tokens,
    }  # fmt: skip


def _saved(document: Document) -> Change:
    body = document.body
    if isinstance(body["held"], dict):
        body["due_at"] = min((h["until"] for h in body["held"].values()), default=None)
    if document.revision == 0:
        return Insert("usage", document.id, body)
    return Update("usage", document.id, document.revision, body)
