"""Letters over SMTP: STARTTLS with a checked certificate by default, one connection a letter."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Literal

from api.clock import Clock
from api.mail.port import Letter, MailFailed

Security = Literal["starttls", "tls", "none"]
SECONDS = 20.0  # for each answer of the server


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where and how letters are handed over. `ca_file` holds the certificates to believe instead of the system's."""

    host: str
    port: int
    security: Security = "starttls"
    user: str = ""
    password: str = ""
    ca_file: Path | None = None


class SmtpMailer:
    """Sends through one server. A password travels only over TLS."""

    def __init__(self, server: SmtpServer, sender: str, clock: Clock) -> None:
        self._server = server
        self._sender = sender
        self._clock = clock

    def send(self, letter: Letter) -> None:
        """Raises MailFailed with the server's code, never with an address or with what was written."""
        message = message_of(letter, self._sender, self._clock)
        try:
            with self._connect() as smtp:
                smtp.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = sorted({code for code, _ in refused.recipients.values()})
            raise MailFailed(
                f"recipient refused with {codes}", for_good=all(c >= 500 for c in codes)
            ) from None
        except smtplib.SMTPResponseException as answer:
            for_good = answer.smtp_code >= 500 and isinstance(answer, smtplib.SMTPDataError)
            raise MailFailed(f"{type(answer).__name__} {answer.smtp_code}", for_good=for_good) from None
        except (smtplib.SMTPException, ssl.SSLError, OSError) as trouble:
            raise MailFailed(type(trouble).__name__) from None

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        trusted = ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file else None)
        smtp: smtplib.SMTP
        if server.security == "tls":
            smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=trusted)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        try:
            if server.security == "starttls":
                smtp.starttls(context=trusted)
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp


def message_of(letter: Letter, sender: str, clock: Clock) -> EmailMessage:
    """The letter as it travels. Raises MailFailed for an address or a subject that would break out of its header."""
    name, sending = parseaddr(sender)
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(name, addr_spec=sending)
        message["To"] = Address(addr_spec=letter.to)
        message["Subject"] = letter.subject
    except (ValueError, IndexError) as bad:
        raise MailFailed("a header cannot hold that", for_good=True) from bad
    message["Date"] = format_datetime(clock.now())
    # The same for every try, so that a mailbox that got two copies can show one.
    message["Message-ID"] = f"<{letter.id}@{sending.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message
