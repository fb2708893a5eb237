"""The outbox against a real SMTP server with STARTTLS, and against one that refuses, stalls or is away."""

from __future__ import annotations

import email
import ssl
from collections.abc import Iterator
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from api.mail.folder import FolderMailer
from api.mail.outbox import PAUSES, Outbox
from api.mail.port import Letter, MailFailed
from api.mail.render import KINDS, render
from api.mail.smtp import SmtpMailer, SmtpServer
from api.services.sweeper import sweep
from api.settings import BadSettings, load_settings
from api.store.port import Query
from tests.e2e.stack import free_port
from tests.fakes.clock import MovableClock
from tests.fakes.game import Game

SENDER = "Code of Conquest <game@example.org>"
VALUES = {
    "name": "Ann <b>", "link": "http://web.test/verify?token=abc", "hours": 1, "sign_in": "http://web.test/sign-in",
    "forgot": "http://web.test/forgot", "done": False, "day": "9 December 2026", "days": 14,
}  # fmt: skip


class Post:
    """What an SMTP server was given. `answers` are what it says to the next letters instead of taking them."""

    def __init__(self) -> None:
        self.taken: list[tuple[Session, Envelope]] = []
        self.answers: list[str] = []
        self.users: list[tuple[bytes, bytes, bool]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        self.taken.append((session, envelope))
        return "250 taken"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, to: str, options: Any
    ) -> str:
        if to.startswith("gone@"):
            return "550 no such mailbox gone@example.org"
        envelope.rcpt_tos.append(to)
        return "250 ok"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, how: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.users.append((data.login, data.password, session.ssl is not None))
        return AuthResult(success=data.password == b"a secret of the server")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def post(authority: trustme.CA) -> Iterator[tuple[Post, int]]:
    """A server that takes nothing before STARTTLS and a sign-in."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    handler, port = Post(), free_port()
    controller = Controller(
        handler, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True,
        authenticator=handler.authenticate, auth_required=True,
    )  # fmt: skip
    controller.start()
    yield handler, port
    controller.stop()


def mailer(port: int, ca_file: Path | None, **changes: Any) -> SmtpMailer:
    given = {"user": "game", "password": "a secret of the server", "ca_file": ca_file, **changes}
    return SmtpMailer(SmtpServer("127.0.0.1", port, **given), SENDER, MovableClock())


def letter(to: str = "ann@example.org", **changes: str) -> Letter:
    return Letter(
        **{
            "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "to": to,
            "subject": "Hi",
            "text": "t",
            "html": "<p>h</p>",
            **changes,
        }
    )


class House:
    """An outbox with a store and a clock that a test moves."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self.outbox = Outbox(game.store, game.clock, game.jobs.deliver_mail)
        self.composed = 0

    def put(self, to: str = "ann@example.org") -> str:
        row = self.outbox.row("password_changed", to, name="Ann")
        self.game.store.commit([row])
        self.outbox.posted(row)
        return row.id

    def compose(self, request: Any) -> dict[str, Any]:
        self.composed += 1
        return {**VALUES, **request["facts"], "kind": request["kind"]}

    def row(self, mail_id: str) -> dict[str, Any] | None:
        found = self.game.store.get("mail_outbox", mail_id)
        return found.body if found else None


@pytest.fixture
def house(game: Game) -> House:
    return House(game)


def test_a_letter_travels_over_starttls_with_text_and_html(
    house: House, post: tuple[Post, int], ca_file: Path
) -> None:
    handler, port = post
    mail_id = house.put()
    assert house.game.jobs.mails == [mail_id]
    house.outbox.deliver(mail_id, house.compose, mailer(port, ca_file))
    ((session, envelope),) = handler.taken
    assert session.ssl is not None and handler.users == [(b"game", b"a secret of the server", True)]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("game@example.org", ["ann@example.org"])
    message = email.message_from_bytes(envelope.content, policy=default)
    assert message["From"] == SENDER and message["To"] == "ann@example.org"
    assert (
        message["Auto-Submitted"] == "auto-generated" and message["Message-ID"] == f"<{mail_id}@example.org>"
    )
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None and "http://web.test/forgot" in text.get_content()
    assert html is not None and 'href="http://web.test/forgot"' in html.get_content()
    assert house.row(mail_id) is None


def test_a_server_whose_certificate_is_not_believed_gets_neither_password_nor_letter(
    house: House, post: tuple[Post, int], ca_file: Path
) -> None:
    handler, port = post
    with pytest.raises(MailFailed, match="SSL"):
        mailer(port, None).send(letter())
    with pytest.raises(MailFailed):
        SmtpMailer(SmtpServer("localhost", port, ca_file=ca_file), SENDER, MovableClock()).send(letter())
    assert handler.users == [] and handler.taken == []


def test_a_server_without_starttls_gets_nothing_unless_it_was_allowed(house: House) -> None:
    handler, port = Post(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        with pytest.raises(MailFailed, match="SMTPNotSupportedError"):
            mailer(port, None, user="", password="").send(letter())
        assert handler.taken == []
        mailer(port, None, user="", password="", security="none").send(letter())
        assert len(handler.taken) == 1
    finally:
        controller.stop()


def test_a_letter_that_is_not_taken_is_tried_again_later_and_later(
    house: House, post: tuple[Post, int], ca_file: Path
) -> None:
    handler, port = post
    handler.answers = ["451 try later", "421 busy"]
    mail_id = house.put()
    waited = []
    for _ in range(3):
        house.outbox.deliver(mail_id, house.compose, mailer(port, ca_file))
        if house.row(mail_id) is None:
            break
        before = house.game.clock.now()
        house.game.jobs.mails.clear()
        while not house.game.jobs.mails:
            house.game.clock.advance(1)
            sweep(house.game.deps)
        waited.append(round((house.game.clock.now() - before).total_seconds()))
    assert [w - p for w, p in zip(waited, PAUSES, strict=False)] == [1, 1]
    assert len(handler.taken) == 1 and house.composed == 3


def test_a_letter_survives_redis_and_the_worker_being_away(
    house: House, post: tuple[Post, int], ca_file: Path
) -> None:
    mail_id = house.put()
    house.game.jobs.mails.clear()  # what Redis was told is lost
    house.game.clock.advance(61)
    sweep(house.game.deps)
    assert house.game.jobs.mails == [mail_id]
    sweep(house.game.deps)
    assert house.game.jobs.mails == [mail_id]  # asked for once, not at every pass
    house.outbox.deliver(mail_id, house.compose, mailer(post[1], ca_file))
    assert house.row(mail_id) is None


def test_two_workers_at_one_letter_send_it_once(house: House, post: tuple[Post, int], ca_file: Path) -> None:
    handler, port = post
    mail_id = house.put()

    class Nosy(SmtpMailer):
        def send(self, letter: Letter) -> None:
            house.outbox.deliver(
                mail_id, house.compose, mailer(port, ca_file)
            )  # the other worker, in mid-sending
            super().send(letter)

    server = SmtpServer("127.0.0.1", port, user="game", password="a secret of the server", ca_file=ca_file)
    house.outbox.deliver(mail_id, house.compose, Nosy(server, SENDER, MovableClock()))
    house.outbox.deliver(mail_id, house.compose, mailer(port, ca_file))
    assert len(handler.taken) == 1


def test_a_worker_that_dies_in_mid_sending_loses_no_letter(
    house: House, post: tuple[Post, int], ca_file: Path
) -> None:
    mail_id = house.put()

    class Dying(SmtpMailer):
        def send(self, letter: Letter) -> None:
            raise KeyboardInterrupt

    server = SmtpServer("127.0.0.1", post[1])
    with pytest.raises(KeyboardInterrupt):
        house.outbox.deliver(mail_id, house.compose, Dying(server, SENDER, MovableClock()))
    house.game.clock.advance(121)
    house.game.jobs.mails.clear()
    sweep(house.game.deps)
    assert house.game.jobs.mails == [mail_id]
    house.outbox.deliver(mail_id, house.compose, mailer(post[1], ca_file))
    assert len(post[0].taken) == 1


def test_a_mailbox_that_does_not_exist_is_given_up_and_named_in_no_reason(
    house: House, post: tuple[Post, int], ca_file: Path
) -> None:
    mail_id = house.put("gone@example.org")
    house.outbox.deliver(mail_id, house.compose, mailer(post[1], ca_file))
    row = house.row(mail_id)
    assert row is not None and (row["state"], row["reason"]) == ("failed", "recipient refused with [550]")
    assert row["facts"] == {}
    house.game.clock.advance(8 * 86400)
    sweep(house.game.deps)
    assert house.row(mail_id) is None


def test_after_the_last_pause_a_letter_is_given_up(house: House) -> None:
    mail_id = house.put()
    nobody = mailer(free_port(), None)
    for _ in range(len(PAUSES) + 1):
        row = house.row(mail_id)
        assert row is not None and row["state"] == "waiting"
        house.outbox.deliver(mail_id, house.compose, nobody)
    row = house.row(mail_id)
    assert row is not None and (row["state"], row["reason"]) == ("failed", "ConnectionRefusedError")


@pytest.mark.parametrize(
    "broken",
    [
        {"to": "ann@example.org\r\nBcc: eve@evil.example"},
        {"to": "ann@example.org\n"},
        {"to": "two@a.example, ann@b.example"},
        {"to": "Ann <ann@b.example>"},
        {"subject": "Hi\r\nBcc: eve@evil.example"},
    ],
)
def test_header_injection_is_refused_by_the_letter_itself(
    post: tuple[Post, int], ca_file: Path, broken: dict[str, str]
) -> None:
    with pytest.raises(MailFailed) as refused:
        mailer(post[1], ca_file).send(letter(**broken))
    assert refused.value.for_good and post[0].taken == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_letter_reads_well_and_escapes_what_people_wrote(kind: str) -> None:
    made = render("01ARZ3NDEKTSV4RRFFQ69G5FAV", kind, "ann@example.org", VALUES)
    assert made.subject and "\n" not in made.subject and "Code of Conquest" in made.subject
    assert made.text.startswith("Hello") and "{{" not in made.text + made.html
    assert "http://web.test/" in made.text and "http://web.test/" in made.html
    assert "<b>" not in made.html


def test_the_folder_keeps_letters_private_and_shows_them(tmp_path: Path) -> None:
    folder = FolderMailer(tmp_path / "outbox", SENDER, MovableClock())
    assert folder.letters() == []
    folder.send(letter())
    (path,) = (tmp_path / "outbox").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert folder.letters()[0]["to"] == "ann@example.org"
    found = folder.letter("01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert found is not None and found["text"].strip() == "t" and "<p>h</p>" in found["html"]
    assert folder.letter("../secret") is None and folder.letter("01ARZ3NDEKTSV4RRFFQ69G5FAW") is None


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"flask_env": "production", "mail_folder": "outbox"}, "MAIL_FOLDER"),
        ({"smtp_user": "game", "smtp_security": "none"}, "SMTP_SECURITY"),
        ({"mail_from": "Game <nobody>"}, "MAIL_FROM"),
        ({"mail_from": "Game <a@b.example>\r\nBcc: c@d.example"}, "MAIL_FROM"),
        ({"web_base_url": "web.test"}, "WEB_BASE_URL"),
        ({"web_origins": "https://a.example, b.example"}, "WEB_ORIGINS"),
        ({"web_origins": "https://a.example/page"}, "WEB_ORIGINS"),
        ({"web_origins": "https://a.example@b.example"}, "WEB_ORIGINS"),
    ],
)
def test_a_setting_that_would_be_unsafe_is_no_start(values: dict[str, str], named: str) -> None:
    with pytest.raises(BadSettings, match=named):
        load_settings(**values)


def test_nothing_waits_in_an_outbox_that_was_emptied(
    house: House, post: tuple[Post, int], ca_file: Path
) -> None:
    ids = [house.put(f"p{n}@example.org") for n in range(3)]
    for mail_id in ids:
        house.outbox.deliver(mail_id, house.compose, mailer(post[1], ca_file))
    assert house.game.store.query(Query("mail_outbox")).items == ()
