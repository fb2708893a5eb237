"""Requests that cannot be: 4xx with a code and the field's name, and nothing changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.routes.conftest import Client


def error(answer: tuple[int, dict[str, Any]]) -> tuple[int, str, str | None]:
    status, envelope = answer
    assert (
        envelope["result"] is None and envelope["app"] == "Code of Conquest" and envelope["status"] == status
    )
    return status, envelope["error"]["code"], envelope["error"]["details"].get("field")


@pytest.mark.parametrize("raw", [b"{", b"nope", b'{"hero": }', b"\xff\xfe", b"[" * 20_000, b'{"hero": NaN'])
def test_malformed_json_is_bad_json(client: Client, raw: bytes) -> None:
    assert error(client.send("POST", "/characters", raw=raw))[:2] == (400, "bad_json")


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"12", b"null", b"true"])
def test_json_that_is_no_object_is_bad_json(client: Client, raw: bytes) -> None:
    assert error(client.send("POST", "/characters", raw=raw))[:2] == (400, "bad_json")


def test_a_body_over_32_kib_is_too_large(client: Client) -> None:
    raw = b'{"name": "' + b"x" * (33 * 1024) + b'"}'
    assert error(client.send("POST", "/characters", raw=raw))[:2] == (413, "too_large")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"hero": 7}, "hero"),
        ({"hero": None}, "hero"),
        ({"hero": ["aldo_fisk"]}, "hero"),
        ({"hero": "aldo_fisk", "gold": 1000}, "gold"),
        ({"hero": "../etc/passwd"}, "hero"),
        ({"hero": "dragon"}, "hero"),
        ({"name": {"a": 1}, "character_class": "vanguard", "origin": "noble_exile"}, "name"),
        (
            {"name": "Ann", "character_class": "vanguard", "origin": "noble_exile", "pronouns": "it"},
            "pronouns",
        ),
        ({}, "character_class"),
    ],
)
def test_wrong_fields_are_named(client: Client, body: dict[str, Any], field: str) -> None:
    assert error(client.send("POST", "/characters", body)) == (422, "invalid", field)
    assert client.ok("GET", "/characters")["items"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "fly"}, "kind"),
        ({"kind": "free"}, "text"),
        ({"kind": "free", "text": "x" * 10_000}, "text"),
        ({"kind": "affordance"}, "id"),
        ({"kind": "pass", "seen_turn": "1"}, "seen_turn"),
        ({"kind": "pass", "seen_turn": True}, "seen_turn"),
        ({"kind": "pass", "seen_turn": -1}, "seen_turn"),
        ({"kind": "pass", "damage": 99}, "damage"),
        ({"kind": "ability", "id": "DROP TABLE", "target": "x"}, "id"),
        ({"kind": "talk", "target": "a b"}, "target"),
    ],
)
def test_a_wrong_action_names_its_field_and_changes_nothing(
    client: Client, body: dict[str, Any], field: str
) -> None:
    session, (hero,) = client.table()
    before = client.ok("GET", f"/sessions/{session}")
    assert error(client.send("POST", f"/sessions/{session}/action", {"character_id": hero, **body})) == (
        422,
        "invalid",
        field,
    )
    assert client.ok("GET", f"/sessions/{session}") == before


def test_refusals_carry_the_reason_and_what_is_legal(client: Client) -> None:
    session, (hero,) = client.table()
    status, envelope = client.send(
        "POST",
        f"/sessions/{session}/action",
        {"character_id": hero, "kind": "affordance", "id": "fly_to_the_moon"},
    )
    assert (status, envelope["error"]["code"]) == (409, "not_here")
    legal = envelope["error"]["details"]["legal"]
    assert any(a["enabled"] for a in legal)
    assert envelope["error"]["message"].endswith(".") or "here" in envelope["error"]["message"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_strangers_and_unknown_ids_are_answered_alike(client: Client, method: str) -> None:
    session, (hero,) = client.table()
    path = "/sessions/{}" + ("" if method == "GET" else "/action")
    body = None if method == "GET" else {"character_id": hero, "kind": "pass"}
    stranger = client.send(method, path.format(session), body, user=99)
    nowhere = client.send(method, path.format("01ARZ3NDEKTSV4RRFFQ69G5FAV"), body, user=99)
    assert stranger[0] == nowhere[0] == 404
    assert stranger[1]["error"] == nowhere[1]["error"]


@pytest.mark.parametrize("path", ["/characters", "/sessions", "/auth/me"])
def test_nobody_in_particular_is_refused(client: Client, path: str) -> None:
    assert error(client.send("GET", path, user=None))[:2] == (401, "unauthenticated")
    assert error(client.send("GET", path, user=None, Authorization="Bearer wrong"))[:2] == (
        401,
        "unauthenticated",
    )


def test_a_service_vouches_only_for_its_own_users(client: Client) -> None:
    answer = client.send("GET", "/characters", X_Act_For="terminal:1")
    assert error(answer)[:2] == (403, "scope")
    for bad in ("discord:", "discord:../x", "discord:" + "1" * 40):
        assert error(client.send("GET", "/characters", X_Act_For=bad)) == (422, "invalid", "X-Act-For")


def test_a_service_alone_plays_nothing(client: Client) -> None:
    assert error(client.send("POST", "/characters", {"hero": "aldo_fisk"}, X_Act_For=""))[:2] == (
        403,
        "forbidden",
    )


def test_unknown_paths_and_methods_keep_the_envelope(client: Client) -> None:
    assert error(client.send("GET", "/dragons"))[:2] == (404, "not_found")
    assert error(client.send("DELETE", "/health"))[:2] == (405, "method_not_allowed")


@pytest.mark.parametrize("key", ["", "x" * 65, "a b", "é"])
def test_a_bad_idempotency_key_is_named(client: Client, key: str) -> None:
    answer = client.send("POST", "/characters", {"hero": "aldo_fisk"}, Idempotency_Key=key)
    assert error(answer) == (422, "invalid", "Idempotency-Key")


def test_an_idempotency_key_answers_the_same_character(client: Client) -> None:
    first = client.ok("POST", "/characters", {"hero": "aldo_fisk"}, Idempotency_Key="k1")
    again = client.ok("POST", "/characters", {"hero": "aldo_fisk"}, Idempotency_Key="k1")
    other = client.send("POST", "/characters", {"hero": "pim_cardew"}, Idempotency_Key="k1")
    assert first == again
    assert error(other)[:2] == (422, "idempotency_mismatch")
    assert len(client.ok("GET", "/characters")["items"]) == 1


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=1.5", "limit=many", "wait=forever", "after=١"]
)
def test_bad_query_values_are_named(client: Client, query: str) -> None:
    session, _ = client.table()
    status, code, field = error(client.send("GET", f"/sessions/{session}/events?{query}"))
    assert (status, code, field) == (422, "invalid", query.split("=")[0])


def test_a_cursor_from_nowhere_is_named(client: Client) -> None:
    session, _ = client.table()
    assert error(client.send("GET", f"/sessions/{session}/turns?cursor=abc")) == (422, "invalid", "cursor")
