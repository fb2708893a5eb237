"""The outbox: a letter is a row committed with the change that it tells of, and stays until a server has taken it.

A row holds what the letter is about, never its text or a link: both are made when it is sent, so that no usable link
lies in the store. A letter may go out twice when a worker dies between the server's answer and its own note of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from api.clock import Clock, seconds_until
from api.mail.port import Mailer, MailFailed
from api.mail.render import render
from api.store.port import Conflict, Delete, Document, Insert, Query, Store, Update

log = structlog.get_logger()

LATE_SECONDS = 60  # after which a letter that waits counts as lost on the way to a worker
HELD_SECONDS = 120  # for which the worker that sends a letter has it alone
PAUSES = (30, 120, 600, 3600, 3 * 3600, 12 * 3600)  # seconds before the second try, the third, …
FAILED_DAYS = 7  # for which a letter that nobody took is kept for the operator

Compose = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
Enqueue = Callable[[str, int], bool]


class Outbox:
    """Rows of `mail_outbox`: put in by services, carried out by workers, looked after by the sweeper."""

    def __init__(self, store: Store, clock: Clock, enqueue: Enqueue) -> None:
        self._store = store
        self._clock = clock
        self._enqueue = enqueue

    def row(self, kind: str, to: str, **facts: Any) -> Insert:
        """The change to commit with whatever the letter is about."""
        body = {
            "kind": kind, "to": to, "facts": facts, "state": "waiting", "tries": 0, "held_until": None,
            "due_at": self._clock.iso(after=LATE_SECONDS), "created_at": self._clock.iso(), "reason": "",
        }  # fmt: skip
        return Insert("mail_outbox", self._clock.new_id(), body)

    def posted(self, row: Insert) -> None:
        """Ask a worker to send it, after the commit. When Redis is away the sweeper asks later."""
        self._enqueue(row.id, 1)

    def deliver(self, mail_id: str, compose: Compose, mailer: Mailer) -> None:
        """Send one letter, unless it is gone or another worker has it. Safe to run twice."""
        held = self._take(mail_id)
        if held is None:
            return
        body = held.body
        values = compose(body)
        if values is None:
            self._finish(Delete("mail_outbox", held.id, held.revision))
            log.info("mail_dropped", mail_id=mail_id, kind=body["kind"])
            return
        try:
            mailer.send(render(mail_id, values["kind"], body["to"], values))
        except MailFailed as failure:
            self._note_failure(held, failure)
            return
        self._finish(Delete("mail_outbox", held.id, held.revision))
        log.info("mail_sent", mail_id=mail_id, kind=values["kind"], tries=body["tries"])

    def requeue(self) -> int:
        """Ask again for letters that are due, and forget those that failed long ago; how many were asked for."""
        asked = 0
        now = self._clock.iso()
        for row in self._store.query(
            Query("mail_outbox", {"state": "waiting"}, below={"due_at": now}, order_by="due_at")
        ).items:
            body = {**row.body, "due_at": self._clock.iso(after=LATE_SECONDS)}
            if self._finish(Update("mail_outbox", row.id, row.revision, body)):
                # The revision makes the job's id a new one; an id that was used cannot be enqueued again.
                asked += self._enqueue(row.id, row.revision + 1)
        for row in self._store.query(Query("mail_outbox", {"state": "failed"}, below={"due_at": now})).items:
            self._finish(Delete("mail_outbox", row.id, row.revision))
        return asked

    def _take(self, mail_id: str) -> Document | None:
        row = self._store.get("mail_outbox", mail_id)
        if row is None or row.body["state"] != "waiting":
            return None
        held_until = row.body["held_until"]
        if held_until and seconds_until(held_until, self._clock.now()) > 0:
            return None
        until = self._clock.iso(after=HELD_SECONDS)
        body = {**row.body, "held_until": until, "due_at": until, "tries": row.body["tries"] + 1}
        if not self._finish(Update("mail_outbox", row.id, row.revision, body)):
            return None
        return Document(row.id, row.revision + 1, body)

    def _note_failure(self, held: Document, failure: MailFailed) -> None:
        tries = held.body["tries"]
        body = {**held.body, "held_until": None, "reason": str(failure)}
        if failure.for_good or tries > len(PAUSES):
            # The address stays for the operator who looks into it; what the letter was about does not.
            body |= {"state": "failed", "facts": {}, "due_at": self._clock.iso(after=FAILED_DAYS * 86400)}
            log.error("mail_failed", mail_id=held.id, kind=body["kind"], tries=tries, reason=str(failure))
        else:
            body["due_at"] = self._clock.iso(after=PAUSES[tries - 1])
            log.warning("mail_delayed", mail_id=held.id, kind=body["kind"], tries=tries, reason=str(failure))
        self._finish(Update("mail_outbox", held.id, held.revision, body))

    def _finish(self, change: Update | Delete) -> bool:
        """Whether the change was ours to make: who lost the race leaves the letter to the other."""
        try:
            self._store.commit([change])
        except Conflict:
            return False
        return True
