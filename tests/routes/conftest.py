"""The API as clients meet it, in-process, with Redis unreachable on purpose: requests must not need it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.app import create_app
from api.mail.folder import FolderMailer
from api.store.port import Query
from api.wiring import Wired
from tests.fakes.clock import MovableClock
from tests.fakes.game import settings_for


class Client:
    """Sends JSON as somebody and returns (status, envelope)."""

    def __init__(self, http: FlaskClient) -> None:
        self.http = http
        self.parts: Wired = http.application.extensions["coc"]

    @property
    def clock(self) -> MovableClock:
        clock = self.parts.deps.clock
        assert isinstance(clock, MovableClock)
        return clock

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: int | None = 1,
        raw: bytes | None = None,
        **headers: str,
    ) -> tuple[int, dict[str, Any]]:
        sent = {"Content-Type": "application/json"}
        if user is not None:
            sent |= {
                "Authorization": "Bearer bot-token",
                "X-Act-For": f"discord:{user}",
                "X-Act-Name": f"Player%20{user}",
            }
        sent |= {k.replace("_", "-"): v for k, v in headers.items()}
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        if isinstance(self.parts.deps.clock, MovableClock):
            self.clock.advance(0.002)  # so that ids sort as things happened
        answer = self.http.open(f"/api/v1{path}", method=method, data=data, headers=sent)
        return answer.status_code, json.loads(answer.data) if answer.is_json else {"raw": answer}

    def ok(self, method: str, path: str, body: Any = None, **kw: Any) -> Any:
        status, envelope = self.send(method, path, body, **kw)
        assert status < 400, envelope
        return envelope["result"]

    # --- accounts with e-mail ---

    def browser(self) -> Client:
        """Somebody else at the same API, with cookies of their own."""
        return Client(self.http.application.test_client())

    def deliver(self) -> list[dict[str, Any]]:
        """Do what the worker does with the outbox; all letters that were ever sent, the latest first."""
        mailer = self.parts.mailer
        assert isinstance(mailer, FolderMailer)
        for row in self.parts.deps.store.query(Query("mail_outbox", {"state": "waiting"}, limit=200)).items:
            self.parts.outbox.deliver(row.id, self.parts.identity.letter, mailer)
        return [letter for one in mailer.letters() if (letter := mailer.letter(one["id"]))]

    def letters(self, to: str) -> list[dict[str, Any]]:
        return [letter for letter in self.deliver() if letter["to"] == to]

    def link(self, to: str) -> str:
        """The token in the latest letter to an address that carries one."""
        found = (re.search(r"[?]token=([\w-]+)", letter["text"]) for letter in self.letters(to))
        return next(match[1] for match in found if match)

    def enrol(self, email: str = "ann@example.org", password: str = "three words here") -> None:
        """An account whose address is confirmed."""
        wish = {"email": email, "password": password, "name": "Ann"}
        self.ok("POST", "/auth/register", wish, user=None)
        self.ok("POST", "/auth/verify-email", {"token": self.link(email)}, user=None)

    def sign_in(
        self, email: str = "ann@example.org", password: str = "three words here", **fields: Any
    ) -> dict[str, Any]:
        """The answer with token, csrf_token and device; the browser now holds the cookies as well."""
        wish = {"email": email, "password": password, **fields}
        result: dict[str, Any] = self.ok("POST", "/auth/login", wish, user=None)
        return result

    def table(self, players: int = 1) -> tuple[str, list[str]]:
        """A begun session and its heroes."""
        heroes = [
            self.ok("POST", "/characters", {"hero": "aldo_fisk"}, user=i + 1)["id"] for i in range(players)
        ]
        session = self.ok("POST", "/sessions", {"campaign": "low_water_ledger", "character_id": heroes[0]})[
            "id"
        ]
        for i, hero in enumerate(heroes[1:], start=2):
            self.ok("POST", f"/sessions/{session}/join", {"character_id": hero}, user=i)
        self.ok("POST", f"/sessions/{session}/begin", {})
        return session, heroes


@pytest.fixture
def client(tmp_path: Path) -> Client:
    app = create_app(settings_for(tmp_path), MovableClock())
    return Client(app.test_client())
