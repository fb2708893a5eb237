"""Jobs of the `mail_tasks` queue."""

from __future__ import annotations

from api.tasks.context import wired


def deliver_mail(mail_id: str) -> None:
    """Send one letter of the outbox. A server that does not take it is no failed job: the outbox tries again."""
    parts = wired()
    if parts.mailer is not None:
        parts.outbox.deliver(mail_id, parts.identity.letter, parts.mailer)
