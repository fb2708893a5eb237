"""Guessing passwords, from one place and from many; `docs/security.md` lists which test stands against which attack."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.identity.passwords import Passwords
from tests.routes.conftest import Client
from tests.routes.test_bad_input import error
from tests.routes.test_sign_in import ANN, NEW, bearer, login


def guess(client: Client, source: str, email: str = ANN, password: str = "wrong") -> int:
    wish = {"email": email, "password": password}
    answer = client.browser().http.post(
        "/api/v1/auth/login", json=wish, environ_overrides={"REMOTE_ADDR": source}
    )
    return answer.status_code


def guesses_in(client: Client, seconds: int, source: str, **kw: Any) -> int:
    """How many guesses an attacker gets in who tries every second."""
    tried = 0
    for _ in range(seconds):
        tried += guess(client, source, **kw) != 429
        client.clock.advance(1)
    return tried


def test_brute_force_from_one_address_slows_down_to_a_crawl(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.enrol()
    monkeypatch.setattr(Passwords, "matches", lambda *_: False)  # the work itself is not what is counted here
    assert guesses_in(client, 600, "203.0.113.5") <= 15


def test_brute_force_the_pause_is_told_grows_and_ends(client: Client) -> None:
    client.enrol()
    for _ in range(7):
        guess(client, "127.0.0.1")
    waits = []
    for _ in range(3):
        answer = client.http.post("/api/v1/auth/login", json={"email": ANN, "password": "wrong"})
        waits.append(int(answer.headers["Retry-After"]))
        assert error((answer.status_code, answer.json))[:2] == (429, "rate_limited")
        client.clock.advance(waits[-1])
        guess(client, "127.0.0.1")
    assert waits == sorted(waits) and waits[0] < waits[-1]
    client.clock.advance(900)
    assert login(client)[0] == 200
    assert login(client, "wrong")[0] == 401  # and the counting began anew


def test_brute_force_of_many_accounts_from_one_address_is_paused(client: Client) -> None:
    statuses = [guess(client, "203.0.113.5", f"user{n}@example.org") for n in range(34)]
    assert statuses[:31] == [401] * 31 and statuses[-1] == 429


def test_brute_force_from_many_addresses_is_paused_and_locks_nobody_out(client: Client) -> None:
    client.enrol()
    device = client.sign_in()["device"]
    session = client.sign_in()["token"]
    statuses = [guess(client, f"198.51.{n // 200}.{n % 200}") for n in range(54)]
    assert 429 in statuses[50:]
    # The owner: with a session, on a known device, and by letter from anywhere.
    assert client.send("GET", "/auth/me", user=None, **bearer(session))[0] == 200
    assert client.browser().sign_in(device=device)["token"]
    assert login(client.browser())[0] == 429
    client.ok("POST", "/auth/forgot-password", {"email": ANN}, user=None)
    wish = {"token": client.link(ANN), "password": NEW}
    fresh = client.browser()
    known = fresh.ok("POST", "/auth/reset-password", wish, user=None)["device"]
    assert fresh.sign_in(password=NEW, device=known)["token"]


def test_brute_force_from_one_ipv6_household_counts_as_one(client: Client) -> None:
    statuses = [guess(client, f"2001:db8:1:2::{n:x}") for n in range(8)]
    assert statuses[-1] == 429
    assert guess(client, "2001:db8:1:3::1") == 401


def test_brute_force_all_at_once_gets_no_more_guesses_than_one_after_another(client: Client) -> None:
    client.enrol()
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: guess(client, "203.0.113.5"), range(24)))
    assert statuses.count(401) <= 6


def test_brute_force_a_stolen_device_token_is_counted_by_itself_and_fits_one_account(client: Client) -> None:
    client.enrol()
    client.enrol("eve@example.org")
    device = client.browser().sign_in("eve@example.org")["device"]
    wish = {"email": ANN, "password": "wrong", "device": device}
    answers = [client.browser().send("POST", "/auth/login", wish, user=None)[0] for _ in range(8)]
    assert answers[-1] == 429  # Eve's device is a stranger to Ann's account
    own = {**wish, "email": "eve@example.org"}
    answers = [client.browser().send("POST", "/auth/login", own, user=None)[0] for _ in range(13)]
    assert answers[-1] == 429


def test_brute_force_of_the_password_with_a_stolen_session_is_paused(client: Client) -> None:
    client.enrol()
    token = client.sign_in()["token"]
    wish = {"current_password": "wrong", "password": NEW}
    answers = [
        client.send("POST", "/auth/change-password", wish, user=None, **bearer(token))[0] for _ in range(13)
    ]
    assert answers[:11] == [422] * 11 and answers[-1] == 429
    assert login(client)[0] == 200


def test_a_flood_of_letters_to_one_mailbox_is_cut_off_in_silence(client: Client) -> None:
    client.enrol()
    statuses = [client.send("POST", "/auth/forgot-password", {"email": ANN}, user=None)[0] for _ in range(9)]
    assert statuses == [202] * 9
    assert len([x for x in client.letters(ANN) if "new password" in x["subject"]]) <= 4
