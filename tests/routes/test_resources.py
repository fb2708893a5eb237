"""Each resource as `docs/wire.md` describes it."""

from __future__ import annotations

import pytest

from api.store.port import Update
from tests.routes.conftest import Client


def test_every_answer_has_the_envelope_and_one_request_id(client: Client) -> None:
    status, envelope = client.send("GET", "/campaigns", user=None, X_Request_ID="abcd-1234")
    assert status == 200
    assert envelope["request_id"] == "abcd-1234"
    assert set(envelope) == {"app", "version", "status", "timestamp", "request_id", "result", "error"}
    _, made = client.send("GET", "/campaigns", user=None, X_Request_ID="not ok!")
    assert len(made["request_id"]) == 26


def test_health_tells_each_part_and_redis_down_is_no_outage(client: Client) -> None:
    status, envelope = client.send("GET", "/health", user=None)
    assert status == 200
    health = envelope["result"]
    assert (health["process"], health["store"]) == ("ok", "ok")
    assert health["redis"].startswith("down")
    assert health["narrator"]["name"] == "storyteller"


@pytest.mark.parametrize("path", ["classes", "origins", "heroes", "campaigns"])
def test_the_catalogue_is_public(client: Client, path: str) -> None:
    items = client.ok("GET", f"/{path}", user=None)["items"]
    assert items and all(i["key"] and i["name"] and i["summary"] for i in items)


def test_an_action_is_accepted_with_redis_down(client: Client) -> None:
    session, (hero,) = client.table()
    status, envelope = client.send(
        "POST", f"/sessions/{session}/action", {"character_id": hero, "kind": "pass"}
    )
    assert status == 202
    result = envelope["result"]
    assert (result["status"], result["state"]) == ("queued", "resolved")
    assert client.ok("GET", f"/jobs/{result['job_id']}")["status"] == "started"
    assert client.send("GET", f"/jobs/{result['job_id']}", user=9)[0] == 404


def test_a_story_is_told_as_its_host_chooses(client: Client) -> None:
    session, _ = client.table(2)
    settings = client.ok("PATCH", f"/sessions/{session}/settings", {"tone": "cosy"})["settings"]
    assert settings == {"tone": "cosy", "length": "normal", "rating": "teen", "language": "en"}
    assert client.ok("GET", f"/sessions/{session}", user=2)["settings"] == settings
    assert client.send("PATCH", f"/sessions/{session}/settings", {"tone": "grim"}, user=2)[0] == 403
    for body, field in (
        ({"tone": "loud"}, "tone"),
        ({}, "settings"),
        ({"mood": "x"}, "mood"),
        ({"tone": 4}, "tone"),
    ):
        status, envelope = client.send("PATCH", f"/sessions/{session}/settings", body)
        assert status == 422 and envelope["error"]["details"]["field"] == field
    status, _ = client.send("PATCH", "/sessions/nothing/settings", {"tone": "grim"})
    assert status == 404


def test_an_account_signs_in_and_out(client: Client) -> None:
    client.enrol("ann@example.org")
    bearer = {"Authorization": f"Bearer {client.sign_in('ann@example.org')['token']}"}
    assert client.ok("GET", "/auth/me", user=None, **bearer)["name"] == "Ann"
    wrong = client.send("POST", "/auth/login", {"email": "ann@example.org", "password": "wrong"}, user=None)
    unknown = client.send("POST", "/auth/login", {"email": "bob@example.org", "password": "wrong"}, user=None)
    assert wrong[0] == unknown[0] == 401
    assert wrong[1]["error"] == unknown[1]["error"]
    client.ok("POST", "/auth/logout", {}, user=None, **bearer)
    client.http.delete_cookie("coc_session")
    assert client.send("GET", "/auth/me", user=None, **bearer)[0] == 401


def test_the_cookie_is_http_only_and_lax(client: Client) -> None:
    client.enrol("a@b.example", "long enough words")
    wish = {"email": "a@b.example", "password": "long enough words"}
    answer = client.http.post("/api/v1/auth/login", json=wish)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "coc_session=" in cookie


def test_passwords_and_tokens_are_kept_hashed(client: Client, tmp_path: object) -> None:
    client.enrol("a@b.example", "plain-as-day")
    made = client.sign_in("a@b.example", "plain-as-day")
    kept = b"".join(p.read_bytes() for p in tmp_path.glob("test.sqlite3*"))  # type: ignore[attr-defined]
    assert b"plain-as-day" not in kept and made["token"].encode() not in kept


def test_the_feed_is_read_by_sequence(client: Client) -> None:
    session, (hero,) = client.table()
    client.ok("POST", f"/sessions/{session}/action", {"character_id": hero, "kind": "pass"})
    feed = client.ok("GET", f"/sessions/{session}/events?after=0")
    assert [r["seq"] for r in feed["items"]] == list(range(1, feed["last_seq"] + 1))
    assert client.ok("GET", f"/sessions/{session}/events?after={feed['last_seq']}")["items"] == []


def test_turns_come_in_the_designs_history_shape(client: Client) -> None:
    session, (hero,) = client.table()
    client.ok("POST", f"/sessions/{session}/action", {"character_id": hero, "kind": "pass"})
    page = client.ok("GET", f"/sessions/{session}/turns?limit=1")
    assert page["next_cursor"]
    turns = client.ok("GET", f"/sessions/{session}/turns?limit=2&cursor={page['next_cursor']}")["items"]
    assert {"turn", "character_id", "character_name", "action", "dm_response", "combat_log"} <= set(turns[0])
    assert [t["turn"] for t in turns] == [1, 0]


def test_the_stream_is_served_by_its_own_process(client: Client) -> None:
    session, _ = client.table()
    answer = client.http.get(f"/api/v1/sessions/{session}/stream")
    assert answer.status_code == 307
    assert answer.headers["Location"].endswith(f"/api/v1/sessions/{session}/stream")


def test_chat_rolls_and_recap(client: Client) -> None:
    session, _ = client.table()
    client.ok("POST", f"/sessions/{session}/chat", {"text": "tea?"})
    assert [c["text"] for c in client.ok("GET", f"/sessions/{session}/chat")["items"]] == ["tea?"]
    rolled = client.ok("POST", f"/sessions/{session}/rolls", {"expression": "1D20 + 5"})
    assert rolled["expression"] == "1d20+5" and rolled["detail"].startswith("1d20 [")
    assert rolled["tree"]["total"] == rolled["total"] == rolled["tree"]["parts"][0]["node"]["total"] + 5
    for expression in ("1000000d6", "(" * 400, "\u0661d6"):
        status, answer = client.send("POST", f"/sessions/{session}/rolls", {"expression": expression})
        assert (status, answer["error"]["code"]) == (422, "bad_dice")
        assert answer["error"]["details"]["field"] == "expression"
    recap = client.ok("GET", f"/sessions/{session}/recap")
    assert recap["title"] and recap["quest"] and recap["threat"]


def test_only_the_bot_finds_sessions_by_channel(client: Client) -> None:
    hero = client.ok("POST", "/characters", {"hero": "aldo_fisk"})["id"]
    surface = {"kind": "discord", "guild_id": "1", "channel_id": "42"}
    made = client.ok(
        "POST", "/sessions", {"campaign": "low_water_ledger", "character_id": hero, "surface": surface}
    )
    assert made["surface"]["address"]["channel_id"] == "42"
    (found,) = client.ok("GET", "/sessions?channel=42", X_Act_For="")["items"]
    assert found["id"] == made["id"]
    assert client.ok("GET", "/surfaces?kind=discord", X_Act_For="")["items"][0]["session_id"] == made["id"]


def test_below_the_retention_floor_the_feed_is_gone_and_names_a_snapshot(client: Client) -> None:
    session, _ = client.table()
    store = client.http.application.extensions["coc"].deps.store
    table = store.get("game_sessions", session)
    store.commit([Update("game_sessions", session, table.revision, {**table.body, "feed_floor": 1})])
    status, envelope = client.send("GET", f"/sessions/{session}/events?after=0")
    assert (status, envelope["error"]["code"]) == (410, "gone")
    assert envelope["error"]["details"] == {"snapshot": f"/api/v1/sessions/{session}", "feed_floor": 1}
    assert client.ok("GET", f"/sessions/{session}/events?after=1")["items"][0]["seq"] == 2


def test_the_hero_that_one_chooses_is_marked_and_nobody_else_may_choose_it(client: Client) -> None:
    first = client.ok("POST", "/characters", {"hero": "aldo_fisk"})
    client.ok("POST", "/characters", {"hero": "aldo_fisk"})
    assert first["chosen_at"] is None
    chosen = client.ok("POST", f"/characters/{first['id']}/choose", {})
    unchanged = {k: v for k, v in first.items() if k not in ("chosen_at", "revision")}
    assert chosen["chosen_at"] and {k: chosen[k] for k in unchanged} == unchanged
    marked = [c["id"] for c in client.ok("GET", "/characters")["items"] if c["chosen_at"]]
    assert marked == [first["id"]]
    status, _ = client.send("POST", f"/characters/{first['id']}/choose", {}, user=2)
    assert status == 404
