"""The API as clients meet it, in-process, with Redis unreachable on purpose: requests must not need it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.app import create_app
from tests.fakes.game import settings_for


class Client:
    """Sends JSON as somebody and returns (status, envelope)."""

    def __init__(self, http: FlaskClient) -> None:
        self.http = http

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
        answer = self.http.open(f"/api/v1{path}", method=method, data=data, headers=sent)
        return answer.status_code, json.loads(answer.data) if answer.is_json else {"raw": answer}

    def ok(self, method: str, path: str, body: Any = None, **kw: Any) -> Any:
        status, envelope = self.send(method, path, body, **kw)
        assert status < 400, envelope
        return envelope["result"]

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
    app = create_app(settings_for(tmp_path))
    return Client(app.test_client())
