"""Export, leaving for good and portraits over HTTP: who may ask, what is asked again, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.services.privacy.departures import GRACE_DAYS
from api.services.sweeper import sweep
from tests.routes.conftest import Client
from tests.services.test_assets import PNG

PASSWORD = "three words here"


@pytest.fixture
def ann(client: Client) -> dict[str, str]:
    """Headers of Ann, signed in with her address."""
    client.enrol()
    return {"Authorization": f"Bearer {client.sign_in()['token']}"}


def browser_of(client: Client, user: int = 1) -> dict[str, str]:
    """Headers of a Discord user who came by /web."""
    url = client.ok("POST", "/links/browser", {}, user=user)["url"]
    made = client.browser().ok("POST", "/auth/browser", {"token": url.split("token=")[1]}, user=None)
    return {"Authorization": f"Bearer {made['token']}"}


def code(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


# --- the export ---


def test_the_export_is_one_file_of_all_that_is_ones_own(client: Client, ann: dict[str, str]) -> None:
    hero = client.ok("POST", "/characters", {"hero": "aldo_fisk"}, user=None, **ann)["id"]
    answer = client.http.get("/api/v1/account/export", headers=ann)
    assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment")
    export = json.loads(answer.data)
    assert export["accounts"][0]["email"] == "ann@example.org" and export["characters"][0]["id"] == hero
    assert "argon2" not in answer.text and ann["Authorization"].split()[1] not in answer.text
    assert [row["what"] for row in export["audit"]] == ["signed_in", "exported"]


def test_the_export_is_for_who_signed_in_and_not_for_a_service(client: Client, ann: dict[str, str]) -> None:
    assert code(client.send("GET", "/account/export")) == (403, "forbidden")
    assert code(client.browser().send("GET", "/account/export", user=None)) == (401, "unauthenticated")
    assert client.http.get("/api/v1/account/export", headers=browser_of(client)).status_code == 200


def test_exports_are_not_made_without_end(client: Client, ann: dict[str, str]) -> None:
    statuses = [client.http.get("/api/v1/account/export", headers=ann).status_code for _ in range(6)]
    assert statuses[:3] == [200] * 3 and statuses[-1] == 429


# --- leaving ---


def test_leaving_asks_for_the_password_and_can_be_taken_back_for_two_weeks(
    client: Client, ann: dict[str, str]
) -> None:
    hero = client.ok("POST", "/characters", {"hero": "aldo_fisk"}, user=None, **ann)["id"]
    for wrong in ({}, {"password": "three words there"}):
        assert code(client.send("POST", "/account/delete", wrong, user=None, **ann)) == (422, "invalid")
    asked = client.ok("POST", "/account/delete", {"password": PASSWORD}, user=None, **ann)
    assert client.ok("GET", "/account/delete", user=None, **ann) == asked and asked["leaves_at"]
    assert code(client.send("POST", "/account/delete", {"password": PASSWORD}, user=None, **ann)) == (
        409,
        "leaving_already",
    )
    [letter] = [x for x in client.letters("ann@example.org") if "deleted" in x["subject"]]
    assert "In 14 days" in letter["text"] and "take it back" in letter["text"]
    client.ok("DELETE", "/account/delete", user=None, **ann)
    assert client.ok("GET", "/account/delete", user=None, **ann) == {"asked_at": None, "leaves_at": None}
    client.ok("DELETE", "/account/delete", user=None, **ann)
    client.clock.advance(GRACE_DAYS * 86400 + 1)
    sweep(client.parts.deps)
    signed_in = {"Authorization": f"Bearer {client.sign_in()['token']}"}
    assert client.ok("GET", f"/characters/{hero}", user=None, **signed_in)["id"] == hero


def test_after_two_weeks_the_address_opens_nothing_and_may_join_anew(
    client: Client, ann: dict[str, str]
) -> None:
    client.ok("POST", "/account/delete", {"password": PASSWORD}, user=None, **ann)
    client.clock.advance(GRACE_DAYS * 86400 + 1)
    sweep(client.parts.deps)
    wish = {"email": "ann@example.org", "password": PASSWORD}
    assert code(client.send("POST", "/auth/login", wish, user=None)) == (401, "unauthenticated")
    assert code(client.send("GET", "/auth/me", user=None, **ann)) == (401, "unauthenticated")
    client.enrol()
    new = {"Authorization": f"Bearer {client.sign_in()['token']}"}
    assert client.ok("GET", "/characters", user=None, **new)["items"] == []


def test_a_discord_user_leaves_with_a_fresh_browser_and_begins_anew_later(client: Client) -> None:
    client.ok("POST", "/characters", {"hero": "aldo_fisk"})
    before = client.ok("GET", "/auth/me")["id"]
    head = browser_of(client)
    client.clock.advance(3600)
    assert code(client.send("POST", "/account/delete", {}, user=None, **head)) == (403, "forbidden")
    client.ok("POST", "/account/delete", {}, user=None, **browser_of(client))
    client.clock.advance(GRACE_DAYS * 86400 + 1)
    sweep(client.parts.deps)
    assert client.ok("GET", "/characters")["items"] == [] and client.ok("GET", "/auth/me")["id"] != before


def test_nobody_leaves_by_a_service_or_for_somebody_else(client: Client, ann: dict[str, str]) -> None:
    assert code(client.send("POST", "/account/delete", {"password": PASSWORD})) == (403, "forbidden")
    client.ok("POST", "/account/delete", {"password": PASSWORD}, user=None, **ann)
    other = browser_of(client, 2)
    client.ok("DELETE", "/account/delete", user=None, **other)
    assert client.ok("GET", "/account/delete", user=None, **ann)["leaves_at"]


def test_an_account_that_is_leaving_is_linked_to_nothing(client: Client, ann: dict[str, str]) -> None:
    client.ok("POST", "/account/delete", {"password": PASSWORD}, user=None, **ann)
    given = client.ok("POST", "/links", {})["code"]
    status, envelope = client.send("POST", "/links/redeem", {"code": given}, user=None, **ann)
    assert status == 409 and "about to be deleted" in envelope["error"]["message"]


# --- portraits ---


def put(client: Client, path: str, content: bytes, kind: str = "image/png", user: int = 1) -> int:
    head = {"Authorization": "Bearer bot-token", "X-Act-For": f"discord:{user}", "Content-Type": kind}
    return client.http.put(f"/api/v1{path}", data=content, headers=head).status_code


@pytest.fixture
def painted(client: Client, tmp_path: Any) -> str:
    from api.assets.disk import DiskAssets

    deps = client.parts.deps
    object.__setattr__(deps, "assets", DiskAssets(tmp_path / "assets", deps.store, deps.clock))
    return f"/characters/{client.ok('POST', '/characters', {'hero': 'aldo_fisk'})['id']}/portrait"


def test_a_portrait_is_seen_by_its_owner_and_at_its_table(client: Client, painted: str) -> None:
    assert put(client, painted, PNG) == 200
    head = {"Authorization": "Bearer bot-token", "X-Act-For": "discord:1"}
    shown = client.http.get(f"/api/v1{painted}", headers=head)
    assert (shown.data, shown.mimetype) == (PNG, "image/png")
    assert (
        shown.headers["X-Content-Type-Options"] == "nosniff"
        and "sandbox" in shown.headers["Content-Security-Policy"]
    )
    assert client.send("GET", painted, user=2)[0] == 404
    hero = painted.split("/")[2]
    session = client.ok("POST", "/sessions", {"campaign": "low_water_ledger", "character_id": hero})["id"]
    guest = client.ok("POST", "/characters", {"hero": "isaure_venn"}, user=2)["id"]
    client.ok("POST", f"/sessions/{session}/join", {"character_id": guest}, user=2)
    assert client.http.get(f"/api/v1{painted}", headers={**head, "X-Act-For": "discord:2"}).data == PNG
    assert client.send("GET", painted, user=3)[0] == 404
    client.ok("DELETE", painted)
    assert client.send("GET", painted)[0] == 404 and client.send("DELETE", painted)[0] == 200


def test_a_portrait_of_somebody_elses_hero_is_not_painted(client: Client, painted: str) -> None:
    assert put(client, painted, PNG, user=2) == 404
    assert put(client, "/characters/nobody/portrait", PNG) == 404


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [(b"<svg onload=alert(1)>", "image/svg+xml", 422), (b"<html>", "image/png", 422), (b"", "image/png", 422),
     (PNG + b"x" * 260_000, "image/png", 200), (PNG + b"x" * 600_000, "image/png", 413)],
)  # fmt: skip
def test_what_is_no_picture_or_too_large_is_refused(
    client: Client, painted: str, content: bytes, kind: str, status: int
) -> None:
    found = put(client, painted, content, kind)
    assert found == (413 if len(content) > 256 * 1024 else status)


def test_other_bodies_stay_as_small_as_before(client: Client) -> None:
    assert client.send("POST", "/characters", raw=b'{"name": "' + b"x" * 40_000 + b'"}')[0] == 413
