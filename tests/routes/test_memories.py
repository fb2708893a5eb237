"""Memories over HTTP: the whole round, and requests that cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.routes.conftest import Client


@pytest.fixture
def path(client: Client) -> str:
    session, _ = client.table()
    return f"/sessions/{session}/memories"


def test_a_memory_is_written_found_set_right_undone_and_forgotten(client: Client, path: str) -> None:
    made = client.ok("POST", path, {"text": "We owe Tib a new oar", "pinned": True})
    assert made["kind"] == "debt" and made["pinned"] and made["source"] == "pin"
    assert client.ok("GET", f"{path}?q=oars&pinned=true")["items"] == [made]
    fixed = client.ok("PATCH", f"{path}/{made['id']}", {"text": "We owe Tib two oars"})
    assert client.ok("GET", f"{path}/{made['id']}")["state"] == "superseded"
    assert client.ok("PATCH", f"{path}/{fixed['id']}", {"undo": True})["id"] == made["id"]
    assert client.ok("DELETE", f"{path}/{made['id']}")["state"] == "forgotten"
    assert client.ok("GET", path)["items"] == []


def test_the_same_key_writes_once(client: Client, path: str) -> None:
    for _ in range(2):
        client.ok("POST", path, {"text": "We owe Tib a new oar"}, Idempotency_Key="oar")
    session = path.split("/")[2]
    rows = client.ok("GET", f"/sessions/{session}/events?limit=200")["items"]
    assert sum(e["type"] == "memory_changed" for r in rows for e in r["events"]) == 1


@pytest.mark.parametrize(
    ("method", "tail", "body", "status", "field"),
    [
        ("POST", "", {}, 422, "text"),
        ("POST", "", {"text": ""}, 422, "text"),
        ("POST", "", {"text": "x" * 281}, 422, "text"),
        ("POST", "", {"text": "An oar", "about": "nobody_here"}, 422, "about"),
        ("POST", "", {"text": "An oar", "source": "event"}, 422, "source"),
        ("POST", "", {"text": "An oar", "pinned": "yes"}, 422, "pinned"),
        ("GET", "?q=the", None, 422, "q"),
        ("GET", f"?q={'x' * 101}", None, 422, "q"),
        ("GET", "?pinned=maybe", None, 422, "pinned"),
        ("GET", "?cursor=zzz", None, 422, "cursor"),
        ("GET", "?q=oar&cursor=-4", None, 422, "cursor"),
        ("GET", "?limit=many", None, 422, "limit"),
        ("GET", "/nothing", None, 404, None),
        ("PATCH", "/nothing", {"pinned": True}, 404, None),
        ("DELETE", "/nothing", None, 404, None),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_field(
    client: Client, path: str, method: str, tail: str, body: Any, status: int, field: str | None
) -> None:
    got, envelope = client.send(method, path + tail, body)
    assert (got, envelope["error"]["details"].get("field")) == (status, field), envelope


def test_a_stranger_finds_no_memories(client: Client, path: str) -> None:
    made = client.ok("POST", path, {"text": "We owe Tib a new oar"})
    for method, tail, body in (
        ("GET", "", None), ("POST", "", {"text": "Mine"}), ("GET", f"/{made['id']}", None),
        ("PATCH", f"/{made['id']}", {"pinned": True}), ("DELETE", f"/{made['id']}", None),
    ):  # fmt: skip
        assert client.send(method, path + tail, body, user=2)[0] == 404
    assert client.ok("GET", path)["items"] == [made]


def test_a_memory_of_another_session_is_none(client: Client, path: str) -> None:
    made = client.ok("POST", path, {"text": "We owe Tib a new oar"})
    other, _ = client.table()
    assert client.send("GET", f"/sessions/{other}/memories/{made['id']}")[0] == 404
