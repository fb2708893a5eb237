"""Accounts with e-mail, from joining to signing out everywhere, as people use them."""

from __future__ import annotations

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from api.app import create_app
from api.clock import seconds_until
from api.identity.accounts import email_link
from api.routes.browsers import COOKIE
from api.store.port import Update
from tests.fakes.clock import MovableClock
from tests.fakes.game import settings_for
from tests.routes.conftest import Client
from tests.routes.test_bad_input import error

ANN, PASSWORD, NEW = "ann@example.org", "three words here", "five other words now"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def login(client: Client, password: str = PASSWORD, email: str = ANN):  # type: ignore[no-untyped-def]
    return client.send("POST", "/auth/login", {"email": email, "password": password}, user=None)


def test_an_address_must_be_confirmed_before_the_first_sign_in(client: Client) -> None:
    client.ok("POST", "/auth/register", {"email": ANN, "password": PASSWORD}, user=None)
    assert error(login(client))[:2] == (403, "email_unverified")
    assert error(login(client, "a wrong password"))[:2] == (401, "unauthenticated")
    client.ok("POST", "/auth/verify-email", {"token": client.link(ANN)}, user=None)
    assert login(client)[0] == 200


def test_a_sign_in_lasts_a_day_and_a_remembered_one_thirty(client: Client) -> None:
    client.enrol()
    short, long = client.sign_in()["token"], client.sign_in(remember=True)["token"]
    client.clock.advance(24 * 3600 - 1)
    assert client.send("GET", "/auth/me", user=None, **bearer(short))[0] == 200
    client.clock.advance(2)
    assert client.send("GET", "/auth/me", user=None, **bearer(short))[0] == 401
    client.clock.advance(29 * 24 * 3600 - 2)
    assert client.send("GET", "/auth/me", user=None, **bearer(long))[0] == 200
    client.clock.advance(2)
    assert client.send("GET", "/auth/me", user=None, **bearer(long))[0] == 401


def test_the_cookie_is_secure_only_where_it_is_told_to_be_and_lives_as_long_as_the_sign_in(
    client: Client,
) -> None:
    client.enrol()
    wish = {"email": ANN, "password": PASSWORD, "remember": True}
    session, device = client.http.post("/api/v1/auth/login", json=wish).headers.getlist("Set-Cookie")
    assert "Max-Age=2592000" in session and "HttpOnly" in session and "SameSite=Lax" in session
    assert device.startswith("coc_device=") and "Path=/api/v1/auth" in device and "HttpOnly" in device


def test_sign_ins_are_listed_with_their_device_and_end_one_by_one(client: Client) -> None:
    client.enrol()
    here = client.sign_in()["token"]
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
    wish = {"email": ANN, "password": PASSWORD}
    client.clock.advance(60)
    there = client.browser().ok("POST", "/auth/login", wish, user=None, User_Agent=agent)["token"]
    items = client.ok("GET", "/account/sessions", user=None, **bearer(here))["items"]
    assert [(i["device"], i["current"]) for i in items] == [
        ("Safari on iPhone", False),
        ("Unknown device", True),
    ]
    client.ok("DELETE", f"/account/sessions/{items[0]['id']}", user=None, **bearer(here))
    assert client.send("GET", "/auth/me", user=None, **bearer(there))[0] == 401
    assert client.send("GET", "/auth/me", user=None, **bearer(here))[0] == 200


def test_when_a_sign_in_was_last_used_is_noted_now_and_then(client: Client) -> None:
    client.enrol()
    token = client.sign_in()["token"]
    client.clock.advance(3600)
    client.ok("GET", "/auth/me", user=None, **bearer(token))
    (item,) = client.ok("GET", "/account/sessions", user=None, **bearer(token))["items"]
    assert seconds_until(item["last_seen_at"], client.clock.now()) > -1
    assert seconds_until(item["created_at"], client.clock.now()) < -3600


def test_signing_out_everywhere_leaves_nothing_open(client: Client) -> None:
    client.enrol()
    tokens = [client.browser().sign_in()["token"] for _ in range(3)]
    client.ok("DELETE", "/account/sessions?except=current", user=None, **bearer(tokens[0]))
    assert [client.send("GET", "/auth/me", user=None, **bearer(t))[0] for t in tokens] == [200, 401, 401]
    client.ok("DELETE", "/account/sessions", user=None, **bearer(tokens[0]))
    assert client.send("GET", "/auth/me", user=None, **bearer(tokens[0]))[0] == 401


def test_a_new_password_by_letter_signs_out_everywhere_and_confirms_the_address(client: Client) -> None:
    client.enrol()
    token = client.sign_in()["token"]
    client.ok("POST", "/auth/forgot-password", {"email": ANN}, user=None)
    wish = {"token": client.link(ANN), "password": NEW}
    client.browser().ok("POST", "/auth/reset-password", wish, user=None)
    assert client.send("GET", "/auth/me", user=None, **bearer(token))[0] == 401
    assert login(client)[0] == 401 and login(client, NEW)[0] == 200
    assert "was changed" in client.letters(ANN)[0]["subject"]


def test_changing_the_password_needs_it_and_ends_every_other_sign_in(client: Client) -> None:
    client.enrol()
    here, there = client.sign_in()["token"], client.browser().sign_in()["token"]
    wrong = {"current_password": "guess", "password": NEW}
    answer = client.send("POST", "/auth/change-password", wrong, user=None, **bearer(here))
    assert error(answer) == (422, "invalid", "current_password")
    wish = {"current_password": PASSWORD, "password": NEW}
    client.ok("POST", "/auth/change-password", wish, user=None, **bearer(here))
    assert client.send("GET", "/auth/me", user=None, **bearer(here))[0] == 200
    assert client.send("GET", "/auth/me", user=None, **bearer(there))[0] == 401
    assert login(client)[0] == 401 and login(client, NEW)[0] == 200


def test_an_address_changes_when_the_new_one_is_confirmed_and_the_old_one_is_told(client: Client) -> None:
    client.enrol()
    token = client.sign_in()["token"]
    wish = {"email": "ann@new.example", "password": PASSWORD}
    client.ok("POST", "/auth/change-email", wish, user=None, **bearer(token))
    assert client.ok("GET", "/auth/me", user=None, **bearer(token))["email"] == ANN
    client.ok("POST", "/auth/verify-email", {"token": client.link("ann@new.example")}, user=None)
    assert client.ok("GET", "/auth/me", user=None, **bearer(token))["email"] == "ann@new.example"
    assert login(client)[0] == 401 and login(client, email="ann@new.example")[0] == 200
    assert [letter["subject"] for letter in client.letters(ANN)][:2] == [
        "The address of your account at Code of Conquest"
    ] * 2


def test_a_hash_with_yesterdays_parameters_is_renewed_at_sign_in(client: Client) -> None:
    client.enrol()
    store = client.parts.deps.store
    link = store.get("links", email_link(ANN))
    assert link is not None
    account = store.get("accounts", link.body["user_id"])
    assert account is not None
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    store.commit([Update("accounts", account.id, account.revision, {**account.body, "password": old})])
    assert login(client)[0] == 200
    renewed = store.get("accounts", account.id)
    assert renewed is not None and renewed.body["password"].startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert login(client)[0] == 200


@pytest.mark.parametrize(
    "password",
    ["short", "password123", "Passw0rd!!!", "qwertyuiop", "1234567890", "aaaaaaaaaaaa", "annannannann", "zyxwvutsrq",
     "passwordpassword", "dungeons&dragons", "ann.lee1234", "Correct Horse Battery Staple"],
)  # fmt: skip
def test_a_password_that_attackers_try_first_is_refused(client: Client, password: str) -> None:
    wish = {"email": "ann.lee@example.org", "password": password, "name": "Ann Lee"}
    assert error(client.send("POST", "/auth/register", wish, user=None)) == (422, "invalid", "password")
    assert client.deliver() == []


@pytest.mark.parametrize(
    "password", ["river stones sing", "Tr0ubled-waters", "käsekuchen am Morgen", "x9#Lq2!vTz"]
)
def test_a_decent_password_is_taken(client: Client, password: str) -> None:
    client.enrol("ann.lee@example.org", password)
    assert login(client, password, "ann.lee@example.org")[0] == 200


def test_the_same_password_from_another_keyboard_is_the_same(client: Client) -> None:
    client.enrol(password="cafe\u0301 au lait now")
    assert login(client, "caf\u00e9 au lait now")[0] == 200


@pytest.mark.parametrize(
    "email", ["ann", "a b@c.example", "@b.example", "ann@", "ann@b", "ann@-b.example\n", "ä@b.example"]
)
def test_what_is_no_address_is_named(client: Client, email: str) -> None:
    wish = {"email": email, "password": PASSWORD}
    assert error(client.send("POST", "/auth/register", wish, user=None)) == (422, "invalid", "email")


def test_who_is_vouched_for_manages_no_account(client: Client) -> None:
    client.ok("GET", "/auth/me")
    assert error(client.send("GET", "/account/sessions"))[:2] == (403, "forbidden")
    wish = {"current_password": "x", "password": NEW}
    assert error(client.send("POST", "/auth/change-password", wish))[:2] == (403, "forbidden")


def test_an_unconfirmed_account_is_forgotten_when_its_link_has_expired(client: Client) -> None:
    from api.services.sweeper import sweep

    client.ok("POST", "/auth/register", {"email": ANN, "password": PASSWORD}, user=None)
    client.deliver()
    client.clock.advance(49 * 3600)
    assert sweep(client.parts.deps)["expired"] > 0
    assert client.parts.deps.store.get("links", email_link(ANN)) is None
    assert login(client)[0] == 401


def test_a_confirmed_account_outlives_its_letters(client: Client) -> None:
    from api.services.sweeper import sweep

    client.enrol()
    client.ok("POST", "/auth/forgot-password", {"email": ANN}, user=None)
    client.deliver()
    client.clock.advance(49 * 3600)
    sweep(client.parts.deps)
    assert login(client)[0] == 200


def test_the_session_cookie_works_like_a_bearer_token(client: Client) -> None:
    client.enrol()
    signed_in = client.sign_in()
    assert client.http.get_cookie(COOKIE) is not None
    me = client.ok("GET", "/auth/me", user=None)
    assert me["email"] == ANN and me["csrf_token"] == signed_in["csrf_token"]
    client.ok("POST", "/auth/logout", {}, user=None, X_CSRF_Token=me["csrf_token"])
    assert client.send("GET", "/auth/me", user=None, **bearer(signed_in["token"]))[0] == 401


def test_an_installation_that_sends_no_mail_says_so_instead_of_promising_a_letter(tmp_path: Path) -> None:
    app = create_app(settings_for(tmp_path, mail_folder=None), MovableClock())
    client = Client(app.test_client())
    wish = {"email": ANN, "password": PASSWORD}
    status, code, *_ = error(answer := client.send("POST", "/auth/register", wish, user=None))
    assert (status, code) == (409, "no_mail") and "sends no e-mail" in answer[1]["error"]["message"]
    assert error(client.send("POST", "/auth/forgot-password", {"email": ANN}, user=None))[:2] == (
        409,
        "no_mail",
    )
    client.parts.identity.add_account(ANN, PASSWORD)
    assert login(client)[0] == 200
