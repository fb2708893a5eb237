"""Attacks on sign-in, by name; `docs/security.md` lists which test stands against which."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from api.app import create_app
from api.identity.logins import digest
from api.log_lines import LogLines
from api.routes.browsers import COOKIE
from tests.fakes.clock import MovableClock
from tests.fakes.game import settings_for
from tests.routes.conftest import Client
from tests.routes.test_bad_input import error
from tests.routes.test_sign_in import ANN, NEW, PASSWORD, bearer, login

OPEN = {
    "register",
    "login",
    "verify_email",
    "forgot_password",
    "reset_password",
    "look_at_browser_link",
    "use_browser_link",
}


class CountedStore:
    """The store with a list of what was asked of it."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.asked.append(f"{name} {args[0] if isinstance(args[0], str) else ''}".strip())
            return found(*args, **kwargs)

        return counted if callable(found) else found


def work_of(client: Client, path: str, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What one request costs in hashes and round trips to the store, in order."""
    identity = client.parts.identity
    hashing: list[str] = []
    for name in ("hash", "verify"):  # argon2's own, so that a check that is skipped does not count
        real = getattr(PasswordHasher, name)
        monkeypatch.setattr(
            PasswordHasher,
            name,
            lambda *given, _name=name, _real=real: hashing.append(_name) or _real(*given),
        )
    store = CountedStore(client.parts.deps.store)
    monkeypatch.setattr(identity, "_store", store)
    for part in (identity._accounts, identity._logins, identity._tokens, identity._throttle):
        monkeypatch.setattr(part, "_store", store)
    client.browser().send("POST", path, body, user=None)
    monkeypatch.undo()
    return [*hashing, *store.asked]


# --- session fixation, replay, tampering ---


def test_session_fixation_a_planted_token_is_never_taken_over(client: Client) -> None:
    client.enrol()
    client.http.set_cookie(COOKIE, "planted-by-an-attacker")
    client.sign_in()
    kept = client.http.get_cookie(COOKIE)
    assert kept is not None and kept.value != "planted-by-an-attacker"
    assert client.send("GET", "/auth/me", user=None, **bearer("planted-by-an-attacker"))[0] == 401


def test_session_fixation_an_attackers_own_sign_in_does_not_become_the_victims(client: Client) -> None:
    client.enrol()
    client.enrol("eve@example.org")
    eves = client.browser().sign_in("eve@example.org")["token"]
    client.http.set_cookie(COOKIE, eves)
    client.sign_in()
    assert client.ok("GET", "/auth/me", user=None, **bearer(eves))["email"] == "eve@example.org"
    assert client.ok("GET", "/auth/me", user=None)["email"] == ANN


def test_token_replay_after_signing_out_opens_nothing(client: Client) -> None:
    client.enrol()
    token = client.sign_in()["token"]
    client.ok("POST", "/auth/logout", {}, user=None, **bearer(token))
    assert client.send("GET", "/auth/me", user=None, **bearer(token))[0] == 401
    client.http.set_cookie(COOKIE, token)
    assert client.send("GET", "/auth/me", user=None)[0] == 401


def test_token_replay_a_sign_in_that_raced_with_sign_out_everywhere_is_void(client: Client) -> None:
    client.enrol()
    identity = client.parts.identity
    token = client.sign_in()["token"]
    login = identity.login_of_token(token)
    assert login is not None
    account = login.account
    identity.revoke_all(account)
    late, _ = identity.open_login(
        account, remember=True
    )  # the password was checked before, the row comes after
    assert identity.login_of_token(late) is None


def test_cookie_tampering_any_change_of_the_token_opens_nothing(client: Client) -> None:
    client.enrol()
    token = client.sign_in()["token"]
    login_id = client.ok("GET", "/account/sessions", user=None, **bearer(token))["items"][0]["id"]
    for bad in (token[:-1], token + "A", token.swapcase(), login_id, "", "null", "../" + token, "é" + token):
        fresh = client.browser()
        fresh.http.set_cookie(COOKIE, bad)
        assert fresh.send("GET", "/auth/me", user=None)[0] == 401, bad


def test_nobody_ends_a_sign_in_of_somebody_else(client: Client) -> None:
    client.enrol()
    client.enrol("eve@example.org")
    token, eves = client.sign_in()["token"], client.browser().sign_in("eve@example.org")["token"]
    target = client.ok("GET", "/account/sessions", user=None, **bearer(token))["items"][0]["id"]
    assert client.send("DELETE", f"/account/sessions/{target}", user=None, **bearer(eves))[0] == 404
    assert client.send("GET", "/auth/me", user=None, **bearer(token))[0] == 200


# --- CSRF ---


def writes(client: Client) -> list[tuple[str, str, str]]:
    """Every writing route: method, a path that fits it, its function's name."""
    found = []
    for rule in client.http.application.url_map.iter_rules():
        for method in sorted(rule.methods - {"GET", "HEAD", "OPTIONS"}):
            path = re.sub(r"<[^>]+>", "01ARZ3NDEKTSV4RRFFQ69G5FAV", rule.rule).removeprefix("/api/v1")
            found.append((method, path, rule.endpoint.rpartition(".")[2]))
    return found


def test_csrf_every_cookie_authenticated_write_needs_the_token(client: Client) -> None:
    client.enrol()
    client.sign_in()
    guarded = [w for w in writes(client) if w[2] not in OPEN]
    assert len(guarded) > 15
    for method, path, _ in guarded:
        for headers in (
            {},
            {"X_CSRF_Token": ""},
            {"X_CSRF_Token": "0" * 64},
            {"Authorization": "Basic YTpi"},
        ):
            assert error(client.send(method, path, {}, user=None, **headers))[:2] == (403, "csrf"), path
    assert client.send("GET", "/auth/me", user=None)[0] == 200  # nothing signed it out meanwhile


def test_csrf_no_write_of_another_origin_is_taken_not_even_to_sign_in(client: Client) -> None:
    client.enrol()
    token = client.sign_in()["csrf_token"]
    for method, path, _ in writes(client):
        for origin in ("https://evil.example", "null", "http://web.test.evil.example", "http://localhost:1"):
            answer = client.send(method, path, {}, user=None, Origin=origin, X_CSRF_Token=token)
            assert error(answer)[:2] == (403, "csrf"), (path, origin)


def test_csrf_our_own_pages_write_with_the_token_and_those_that_the_operator_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_ORIGINS", "https://godot.test, http://play.test:8080")
    client = Client(create_app(settings_for(tmp_path), MovableClock()).test_client())
    client.enrol()
    token = client.sign_in()["csrf_token"]
    for origin in ("http://web.test", "http://localhost", "https://godot.test", "http://play.test:8080"):
        wish = {"hero": "aldo_fisk"}
        answer = client.send("POST", "/characters", wish, user=None, Origin=origin, X_CSRF_Token=token)
        assert answer[0] == 201


def test_csrf_the_token_of_another_sign_in_does_not_fit(client: Client) -> None:
    client.enrol()
    other = client.browser().sign_in()["csrf_token"]
    client.sign_in()
    assert error(client.send("POST", "/auth/logout", {}, user=None, X_CSRF_Token=other))[:2] == (403, "csrf")


# --- links of letters ---


def test_reset_token_reuse_is_refused(client: Client) -> None:
    client.enrol()
    client.ok("POST", "/auth/forgot-password", {"email": ANN}, user=None)
    token = client.link(ANN)
    client.ok("POST", "/auth/reset-password", {"token": token, "password": NEW}, user=None)
    assert client.parts.deps.store.get("one_time_tokens", digest(token)) is None
    again = {"token": token, "password": "yet another phrase"}
    assert error(client.send("POST", "/auth/reset-password", again, user=None)) == (422, "invalid", "token")
    assert login(client, NEW)[0] == 200


def test_reset_token_reuse_of_eight_at_once_one_wins(client: Client) -> None:
    client.enrol()
    client.ok("POST", "/auth/forgot-password", {"email": ANN}, user=None)
    token = client.link(ANN)

    def attempt(number: int) -> int:
        wish = {"token": token, "password": f"phrase of racer {number}"}
        return client.browser().send("POST", "/auth/reset-password", wish, user=None)[0]

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(attempt, range(8))) == [200] + [422] * 7


def test_a_reset_link_dies_with_time_with_another_reset_and_with_a_changed_password(client: Client) -> None:
    client.enrol()
    session = client.sign_in()["token"]
    tokens = []
    for _ in range(3):
        client.ok("POST", "/auth/forgot-password", {"email": ANN}, user=None)
        tokens.append(client.link(ANN))
        client.clock.advance(1)
    assert len(set(tokens)) == 3
    wish = {"current_password": PASSWORD, "password": NEW}
    client.ok("POST", "/auth/change-password", wish, user=None, **bearer(session))
    for token in tokens:
        stale = {"token": token, "password": "yet another phrase"}
        assert error(client.send("POST", "/auth/reset-password", stale, user=None))[2] == "token"
    client.clock.advance(7 * 3600)
    client.ok("POST", "/auth/forgot-password", {"email": ANN}, user=None)
    late = {"token": client.link(ANN), "password": "yet another phrase"}
    client.clock.advance(3601)
    assert error(client.send("POST", "/auth/reset-password", late, user=None))[2] == "token"


def test_a_link_serves_only_what_it_was_made_for(client: Client) -> None:
    client.ok("POST", "/auth/register", {"email": ANN, "password": PASSWORD}, user=None)
    token = client.link(ANN)
    wish = {"token": token, "password": NEW}
    assert error(client.send("POST", "/auth/reset-password", wish, user=None))[2] == "token"
    client.ok("POST", "/auth/verify-email", {"token": token}, user=None)
    assert error(client.send("POST", "/auth/verify-email", {"token": token}, user=None))[2] == "token"


def test_links_are_not_in_the_store_and_lead_to_our_website_whatever_host_is_claimed(
    client: Client, tmp_path: Any
) -> None:
    client.enrol()
    client.ok("POST", "/auth/forgot-password", {"email": ANN}, user=None, Host="evil.example")
    kept = b"".join(p.read_bytes() for p in tmp_path.glob("test.sqlite3*"))
    token = client.link(ANN)
    kept += b"".join(p.read_bytes() for p in tmp_path.glob("test.sqlite3*"))
    assert token.encode() not in kept
    text = client.letters(ANN)[0]["text"]
    assert "http://web.test/reset?token=" in text and "evil.example" not in text


def test_who_registers_somebody_elses_address_first_leaves_no_password_behind(client: Client) -> None:
    client.ok("POST", "/auth/register", {"email": ANN, "password": "the attackers words"}, user=None)
    client.ok("POST", "/auth/register", {"email": ANN, "password": PASSWORD}, user=None)
    client.ok("POST", "/auth/verify-email", {"token": client.link(ANN)}, user=None)
    assert login(client, "the attackers words")[0] == 401 and login(client)[0] == 200


def test_who_registers_somebody_elses_address_in_between_changes_nothing_for_the_owners_link(
    client: Client,
) -> None:
    client.ok("POST", "/auth/register", {"email": ANN, "password": PASSWORD}, user=None)
    owners = client.link(ANN)
    client.ok("POST", "/auth/register", {"email": ANN, "password": "the attackers words"}, user=None)
    client.ok("POST", "/auth/verify-email", {"token": owners}, user=None)
    assert login(client, "the attackers words")[0] == 401 and login(client)[0] == 200


def test_an_address_that_has_an_account_is_not_taken_over_by_a_change(client: Client) -> None:
    client.enrol()
    client.enrol("eve@example.org")
    eves = client.browser().sign_in("eve@example.org")["token"]
    wish = {"email": ANN, "password": PASSWORD}
    taken = client.send("POST", "/auth/change-email", wish, user=None, **bearer(eves))
    free = client.send(
        "POST", "/auth/change-email", {**wish, "email": "new@example.org"}, user=None, **bearer(eves)
    )
    assert taken[0] == free[0] == 202 and taken[1]["result"] == free[1]["result"]
    assert "already have an account" in client.letters(ANN)[0]["subject"]


# --- enumeration ---


@pytest.mark.parametrize("path", ["/auth/register", "/auth/forgot-password"])
def test_enumeration_by_answer_known_and_unknown_addresses_are_answered_alike(
    client: Client, path: str
) -> None:
    client.enrol()
    body = {"password": PASSWORD} if path == "/auth/register" else {}
    known = client.http.post(f"/api/v1{path}", json={"email": ANN, **body})
    unknown = client.http.post(f"/api/v1{path}", json={"email": "nobody@example.org", **body})
    assert known.status_code == unknown.status_code == 202
    assert known.json["result"] == unknown.json["result"] and known.json["error"] == unknown.json["error"]
    assert set(known.headers.keys()) == set(unknown.headers.keys())


def test_enumeration_by_letter_the_owner_of_an_address_is_told_and_nothing_changes(client: Client) -> None:
    client.enrol()
    client.ok("POST", "/auth/register", {"email": ANN, "password": "the attackers words"}, user=None)
    letter = client.letters(ANN)[0]
    assert "already have an account" in letter["subject"] and "token" not in letter["text"]
    assert login(client)[0] == 200 and login(client, "the attackers words")[0] == 401


def test_enumeration_by_timing_signing_in_does_the_same_work(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.enrol()
    known, unknown, service = (
        work_of(client, "/auth/login", {"email": e, "password": "a wrong one"}, monkeypatch)
        for e in (ANN, "nobody@example.org", "someone@else.example")
    )
    assert known == unknown == service
    assert known.count("verify") == 1


def test_enumeration_by_timing_asking_for_letters_does_the_same_work(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.enrol()
    works = [
        work_of(client, "/auth/forgot-password", {"email": e}, monkeypatch) for e in (ANN, "no@example.org")
    ]
    assert works[0] == works[1] and "get accounts" not in works[0]
    body = {"password": PASSWORD}
    works = [
        work_of(client, "/auth/register", {"email": e, **body}, monkeypatch) for e in (ANN, "no@example.org")
    ]
    assert works[0] == works[1] and works[0].count("hash") == 1


def test_enumeration_by_pause_unknown_addresses_pause_like_known_ones(client: Client) -> None:
    client.enrol()
    answers = {}
    for email in (ANN, "nobody@example.org"):
        source = {"REMOTE_ADDR": "203.0.113.5" if email == ANN else "203.0.113.6"}
        wish = {"email": email, "password": "wrong"}
        answers[email] = [
            client.browser().http.post("/api/v1/auth/login", json=wish, environ_overrides=source).status_code
            for _ in range(8)
        ]
    assert answers[ANN] == answers["nobody@example.org"] == [401] * 6 + [429] * 2


# --- whose word counts ---


def test_discord_id_spoofing_needs_the_scope(client: Client) -> None:
    client.enrol()
    token = client.sign_in()["token"]
    client.browser().ok("GET", "/auth/me", user=7)
    for held in ("terminal-token", "web-token", token, "bot-token "[:-2], "BOT-TOKEN"):
        fresh = client.browser()
        status = fresh.send("GET", "/auth/me", user=None, **bearer(held), X_Act_For="discord:7")[0]
        assert status in (401, 403), held
    fresh = client.browser()
    fresh.http.set_cookie(COOKIE, token)
    assert error(fresh.send("GET", "/auth/me", user=None, X_Act_For="discord:7"))[:2] == (403, "scope")


def test_the_websites_token_does_nothing_by_itself(client: Client) -> None:
    assert error(client.send("GET", "/characters", user=None, **bearer("web-token")))[:2] == (403, "scope")
    for whom in (":1", "web:1", "discord:1"):
        answer = client.send("GET", "/characters", user=None, **bearer("web-token"), X_Act_For=whom)
        assert error(answer)[:2] == (403, "scope")


def test_only_the_website_says_where_a_visitor_comes_from(client: Client) -> None:
    wish = {"email": ANN, "password": "wrong"}
    for number in range(8):
        source = {"X_Client_Address": f"198.51.100.{number}", "X_Forwarded_For": f"198.51.100.{number}"}
        status = client.browser().send("POST", "/auth/login", wish, user=None, **source)[0]
    assert status == 429  # what was claimed did not count
    for held in ("guess", "bot-token"):
        forged = {"X_Client_Address": "198.51.100.77", "X_Forwarded_By": held}
        assert error(client.browser().send("POST", "/auth/login", wish, user=None, **forged))[:2] == (
            403,
            "scope",
        )
    believed = {"X_Client_Address": "198.51.100.77", "X_Forwarded_By": "web-token"}
    assert client.browser().send("POST", "/auth/login", wish, user=None, **believed)[0] == 401


def test_the_outbox_of_a_development_machine_is_read_on_that_machine_alone(client: Client) -> None:
    client.enrol()
    assert client.ok("GET", "/dev/outbox", user=None)["items"]
    away = client.http.get("/api/v1/dev/outbox", environ_overrides={"REMOTE_ADDR": "192.168.0.7"})
    assert away.status_code == 404
    for bad in ("..%2F..%2Ftest", "0" * 26, "x"):
        assert client.send("GET", f"/dev/outbox/{bad}", user=None)[0] == 404


# --- injection ---


@pytest.mark.parametrize(
    "email", ["ann@example.org\r\nBcc: eve@evil.example", "ann@example.org\nSubject: hi", "a\r\n@example.org",
              "ann@example.org,eve@evil.example", "<eve@evil.example> ann@example.org", "ann@example.org\x00"]
)  # fmt: skip
def test_header_injection_by_an_address_is_refused(client: Client, email: str) -> None:
    for path, body in (("/auth/register", {"password": PASSWORD}), ("/auth/forgot-password", {})):
        answer = client.send("POST", path, {"email": email, **body}, user=None)
        assert error(answer) == (422, "invalid", "email")
    assert client.deliver() == []


def test_header_injection_by_a_name_reaches_neither_headers_nor_a_strangers_letter(client: Client) -> None:
    for name in ("Ann\r\nBcc: eve@evil.example", "evil.example"):
        client.send("POST", "/auth/register", {"email": ANN, "password": PASSWORD, "name": name}, user=None)
    for letter in client.letters(ANN):
        assert letter["to"] == ANN and "evil" not in letter["text"] + letter["html"] + letter["subject"]


def test_log_injection_and_secrets_every_line_is_one_json_object_and_holds_nothing_private(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    for level in ("msg", "debug", "info", "warning", "error", "exception"):
        monkeypatch.setattr(LogLines, level, lambda _, line: lines.extend(line.splitlines()))
    forged = '{"event": "signed_in", "user_id": "admin"}'
    client.enrol(ANN, "a planted passphrase")
    made = client.sign_in(password="a planted passphrase")
    client.ok("POST", "/auth/forgot-password", {"email": ANN}, user=None)
    link = client.link(ANN)
    client.send("GET", f"/nowhere%0A{forged}%0D%0A", user=None)
    client.send("GET", "/auth/me", user=3, X_Act_Name=f"Eve%0A{forged}")
    client.send(
        "POST", "/auth/login", {"email": f"x\n{forged}", "password": "a wrong planted one"}, user=None
    )
    client.send(
        "POST", "/auth/login", raw=b'{"email": "private@example.org", "password": "a wrong planted one"'
    )
    client.send("POST", "/auth/reset-password", {"token": link, "password": "planted anew now"}, user=None)
    assert len(lines) > 10
    events = [json.loads(line) for line in lines]
    assert not any(e.get("user_id") == "admin" for e in events)
    told = "\n".join(lines)
    for secret in (
        ANN, "private@example.org", "planted", made["token"], made["csrf_token"], made["device"], link,
        "bot-token", "web-token", "for-tests-only",
    ):  # fmt: skip
        assert secret not in told, secret
