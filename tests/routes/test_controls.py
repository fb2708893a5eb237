"""Retry, correct, why, lines and veils, the X-card over HTTP: who may, what is refused, and what nobody can learn."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from flask import g

from api.routes import http as http_module
from api.routes import limits
from api.services.deps import Actor
from api.services.narration import serve_turn
from api.store.port import Query
from api.store.schema import COLLECTIONS
from tests.fakes.noted import noted
from tests.routes.conftest import Client

PLANTED = ("7777", "8888", "Player 7777", "Player 8888")


@pytest.fixture
def table(client: Client) -> str:
    """A session of players 7777 (host) and 8888 whose opening is told."""
    heroes = [client.ok("POST", "/characters", {"hero": h}, user=u)["id"]
              for h, u in (("aldo_fisk", 7777), ("isaure_venn", 8888))]  # fmt: skip
    wish = {"campaign": "low_water_ledger", "character_id": heroes[0]}
    session: str = client.ok("POST", "/sessions", wish, user=7777)["id"]
    client.ok("POST", f"/sessions/{session}/join", {"character_id": heroes[1]}, user=8888)
    client.ok("POST", f"/sessions/{session}/begin", {}, user=7777)
    serve(client, session)
    return session


def serve(client: Client, session: str) -> None:
    """Do what the workers do with everything that waits."""
    parts = client.parts
    rows = parts.deps.store.query(Query("turns", {"session_id": session, "state": "resolved"})).items
    for row in rows:
        asyncio.run(serve_turn(parts.deps, parts.ruler, parts.narrators, row.id))


def everything(client: Client) -> dict[tuple[str, str], Any]:
    found = {}
    for collection in COLLECTIONS:
        cursor = None
        while True:
            page = client.parts.deps.store.query(Query(collection, limit=200, cursor=cursor))
            found |= {(collection, d.id): d.body for d in page.items}
            cursor = page.next_cursor
            if cursor is None:
                break
    return found


def test_the_last_passage_is_told_again_and_a_key_asks_once(client: Client, table: str) -> None:
    path = f"/sessions/{table}/turns/last/retry"
    status, first = client.send("POST", path, {}, user=8888, Idempotency_Key="again")
    assert (status, first["result"]["status"], first["result"]["left"]) == (202, "queued", 2)
    serve(client, table)
    assert client.send("POST", path, {}, user=8888, Idempotency_Key="again")[1]["result"] == first["result"]
    turn = client.ok("GET", f"/sessions/{table}/turns", user=7777)["items"][-1]
    assert (turn["retold"], turn["retries_left"]) == (1, 2)


def test_a_correction_is_kept_and_told_to_all(client: Client, table: str) -> None:
    path = f"/sessions/{table}/turns/last/correction"
    status, answer = client.send("POST", path, {"text": "Odile is a woman.", "sentence": 1}, user=8888)
    assert (status, answer["result"]["can_retell"]) == (201, True)
    rows = client.ok("GET", f"/sessions/{table}/events", user=7777)["items"]
    assert rows[-1]["events"][0]["type"] == "narration_corrected"


def test_receipts_say_why(client: Client, table: str) -> None:
    found = client.ok("GET", f"/sessions/{table}/turns/last/receipts", user=8888)
    assert found["kind"] == "opening"
    assert [s["number"] for s in found["sentences"]] == list(range(1, len(found["sentences"]) + 1))


@pytest.mark.parametrize(
    ("method", "tail", "body", "status", "code", "field"),
    [
        ("POST", "turns/last/retry", {"why": "x"}, 422, "invalid", "why"),
        ("POST", "turns/nowhere/retry", {}, 404, "not_found", None),
        ("POST", "turns/last/correction", {}, 422, "invalid", "text"),
        ("POST", "turns/last/correction", {"text": ""}, 422, "invalid", "text"),
        ("POST", "turns/last/correction", {"text": "x", "sentence": 0}, 422, "invalid", "sentence"),
        ("POST", "turns/last/correction", {"text": "x", "sentence": 400}, 422, "invalid", "sentence"),
        ("POST", "turns/last/correction", {"text": 7}, 422, "invalid", "text"),
        ("GET", "turns/nowhere/receipts", None, 404, "not_found", None),
        ("PUT", "safety", {"lines": ["<b>"]}, 422, "invalid", "lines"),
        ("PUT", "safety", {"lines": "gore"}, 422, "invalid", "lines"),
        ("PUT", "safety", {"veils": ["the"]}, 422, "invalid", "veils"),
        ("PUT", "safety", {"slip": "short", "lines": ["gore"]}, 422, "invalid", "slip"),
        ("PUT", "safety", {"lines": ["gore"] * 25}, 422, "invalid", "lines"),
        ("POST", "safety/x", {"turn_id": "nowhere"}, 404, "not_found", None),
        ("POST", "safety/x", {"topic": "!"}, 422, "invalid", "topic"),
        ("POST", "safety/x", {"who": "me"}, 422, "invalid", "who"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(
    client: Client, table: str, method: str, tail: str, body: Any, status: int, code: str, field: str | None
) -> None:
    answered, envelope = client.send(method, f"/sessions/{table}/{tail}", body, user=7777)
    assert (answered, envelope["error"]["code"]) == (status, code)
    assert envelope["error"]["details"].get("field") == field


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("POST", "turns/last/retry", {}), ("POST", "turns/last/correction", {"text": "No."}),
        ("GET", "turns/last/receipts", None), ("GET", "safety", None), ("PUT", "safety", {"lines": ["gore"]}),
        ("POST", "safety/x", {}),
    ],
)  # fmt: skip
def test_a_stranger_learns_nothing_and_a_service_alone_steers_nothing(
    client: Client, table: str, method: str, tail: str, body: Any
) -> None:
    path = f"/sessions/{table}/{tail}"
    assert client.send(method, path, body, user=9999)[0] == 404
    assert client.send(method, path, body, user=None)[0] == 401
    if method != "GET":
        status, _ = client.send(method, path, body, user=None, Authorization="Bearer bot-token")
        assert status in (403, 404)


@pytest.mark.parametrize(("method", "tail", "body"), [
    ("POST", "safety/x", {}), ("POST", "safety/x", {"topic": "snakes"}), ("PUT", "safety", {"lines": ["snakes"]}),
])  # fmt: skip
def test_what_is_done_anonymously_leaves_no_trace_of_who(
    client: Client, table: str, method: str, tail: str, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted ids: the player's, the name, the key and the request's id. Nothing that was written or logged has them,
    and no document of a person was written at all."""
    lines = noted(monkeypatch, http_module)
    accounts = [row.id for row in client.parts.deps.store.query(Query("accounts", limit=50)).items]
    secrets = (*PLANTED, *accounts, "interaction-4242", "request-4242")
    before = everything(client)
    client.clock.advance(3600)  # long enough for a use to be noted, were it noted
    heads = {"Idempotency_Key": "interaction-4242", "X_Request_ID": "request-4242"}
    status, envelope = client.send(method, f"/sessions/{table}/{tail}", body, user=8888, **heads)
    assert status < 300
    assert envelope["request_id"] != "request-4242", (
        "what goes by that id in the client's log is nowhere in ours"
    )
    after = everything(client)
    changed = {k: v for k, v in after.items() if before.get(k) != v}
    assert {k[0] for k in changed} <= {"game_sessions", "turns", "feed", "leases", "memory_heads"}
    for key, now in changed.items():
        was = before.get(key) or {}
        new = {k: v for k, v in now.items() if was.get(k) != v}
        assert [s for s in secrets if s in repr((key, new))] == [], key
    assert [line["event"] for line in lines] == ["request"]
    assert [s for s in secrets if s in repr(lines)] == []


def test_a_browsers_sign_in_does_not_say_when_the_card_was_played(client: Client) -> None:
    """The website's players: `last_seen_at` stays what it was."""
    client.enrol()
    signed_in = client.ok(
        "POST", "/auth/login", {"email": "ann@example.org", "password": "three words here"}, user=None
    )
    head = {"Authorization": f"Bearer {signed_in['token']}"}
    hero = client.ok("POST", "/characters", {"hero": "aldo_fisk"}, user=None, **head)["id"]
    wish = {"campaign": "low_water_ledger", "character_id": hero}
    session = client.ok("POST", "/sessions", wish, user=None, **head)["id"]
    client.ok("POST", f"/sessions/{session}/begin", {}, user=None, **head)
    serve(client, session)
    before = {
        k: v for k, v in everything(client).items() if k[0] in ("logins", "accounts", "devices", "throttles")
    }
    client.clock.advance(3600)
    client.ok("POST", f"/sessions/{session}/safety/x", {}, user=None, **head)
    client.ok("PUT", f"/sessions/{session}/safety", {"lines": ["gore"]}, user=None, **head)
    assert {k: v for k, v in everything(client).items() if k in before} == before
    client.ok("GET", f"/sessions/{session}", user=None, **head)
    noticed = {k: v for k, v in everything(client).items() if k in before}
    assert noticed != before, "the clock did run: any other request is noted"


def test_what_members_do_anonymously_counts_for_the_table_and_a_strangers_tries_for_the_stranger(
    client: Client, table: str
) -> None:
    """No key of the limiter names a member or a tier, and nobody from outside can use a table's cards up."""
    accounts = {row.body["name"]: row.id for row in client.parts.deps.store.query(Query("accounts")).items}
    client.ok("GET", "/characters", user=9999)
    members = [accounts[f"Player {n}"] for n in (7777, 8888)]
    app = client.http.application

    def counted(path: str, method: str, user_id: str) -> tuple[str, str]:
        with app.test_request_context(f"/api/v1/sessions/{table}{path}", method=method):
            g.actor = Actor("discord", user_id, "Somebody", "discord:1")
            return limits._who(), limits._own()

    for path, method in (("/safety", "PUT"), ("/safety/x", "POST")):
        assert {counted(path, method, m) for m in members} == {
            (
                f"table:{table}",
                limits.limit_text("write", "FREE", client.parts.deps.settings.rate_limit_factor),
            )
        }
        assert counted(path, method, "a-stranger")[0] == "user:a-stranger"
    assert counted("/chat", "POST", members[0])[0] == f"user:{members[0]}"
