"""Joining, confirming, resetting, and looking after one's account on the website."""

from __future__ import annotations

import pytest

from public_web.app import create_app
from public_web.settings import Settings
from tests.web.canned_api import PASSWORD, CannedApi
from tests.web.conftest import Visitor

OTHER = f"/account/sessions/{'b' * 36}/end"


def send(visitor: Visitor, page: str, path: str, **fields: str):  # type: ignore[no-untyped-def]
    """Sends a form that stands on another page than its address."""
    return visitor.client.post(path, data={"csrf_token": visitor.token(page), **fields})


def test_opening_a_confirmation_link_changes_nothing_until_the_button_is_pressed(
    visitor: Visitor, api: CannedApi
) -> None:
    page = visitor.get("/verify?token=good-link")
    assert "Confirm my address" in page.text and 'value="good-link"' in page.text
    assert api.links == {"good-link"}
    answer = send(visitor, "/verify?token=good-link", "/verify", token="good-link")
    assert answer.headers["Location"] == "/sign-in" and api.links == set()
    assert "Your address is confirmed." in visitor.get("/sign-in").text


def test_a_used_link_says_so_and_shows_the_way_on(visitor: Visitor) -> None:
    answer = send(visitor, "/verify?token=old", "/verify", token="old")
    assert answer.status_code == 422
    assert (
        "This link is not valid any more; ask for a new letter." in answer.text
        and 'href="/register"' in answer.text
    )


def test_an_unconfirmed_address_is_told_to_confirm(visitor: Visitor) -> None:
    answer = visitor.send("/sign-in", email="new@example.org", password=PASSWORD)
    assert answer.status_code == 403 and "Confirm your address first." in answer.text


@pytest.mark.parametrize("email", ["ann@example.org", "nobody@example.org"])
def test_a_forgotten_password_leads_to_the_letter_whoever_asks(visitor: Visitor, email: str) -> None:
    answer = visitor.send("/forgot", email=email)
    assert answer.headers["Location"] == "/check-mail"
    page = visitor.get("/check-mail").text
    assert email in page and 'href="/forgot">Try another' in page


def test_a_development_machine_says_where_its_letters_lie_and_to_nobody_elsewhere(visitor: Visitor) -> None:
    visitor.send("/register", name="Ann", email="ann@example.org", password=PASSWORD)
    assert 'href="/dev/mail"' in visitor.get("/check-mail").text
    away = visitor.client.get("/check-mail", environ_overrides={"REMOTE_ADDR": "192.168.0.7"})
    assert "/dev/mail" not in away.text and "ann@example.org" in away.text


def test_an_installation_without_mail_says_so_where_one_would_join(visitor: Visitor, api: CannedApi) -> None:
    api.mail = False
    for path, fields in (("/register", {"password": PASSWORD}), ("/forgot", {})):
        answer = visitor.send(path, email="ann@example.org", **fields)
        assert answer.status_code == 409 and "This installation sends no e-mail." in answer.text


def test_a_new_password_ends_the_session_here_and_makes_this_browser_known(
    visitor: Visitor, api: CannedApi
) -> None:
    visitor.sign_in()
    weak = send(visitor, "/reset?token=good-link", "/reset", token="good-link", password="short")
    assert weak.status_code == 422 and 'value="good-link"' in weak.text
    answer = send(visitor, "/reset?token=good-link", "/reset", token="good-link", password=PASSWORD)
    assert answer.headers["Location"] == "/sign-in"
    cookies = answer.headers.getlist("Set-Cookie")
    assert any(c.startswith("coc_session=;") for c in cookies)
    assert any(
        c.startswith("coc_device=a-device;") and "HttpOnly" in c and "Path=/sign-in" in c for c in cookies
    )
    visitor.sign_in()
    assert b'"device":"a-device"' in api.last("auth/login").content


def test_the_account_page_shows_where_one_is_signed_in(visitor: Visitor) -> None:
    visitor.sign_in()
    page = visitor.get("/account").text
    assert "ann@example.org" in page and "Safari on iPhone" in page and "25 Nov 2026, 18:00 UTC" in page
    assert page.count('aria-label="Sign out') == 1  # not the browser that asks


def test_ending_one_sign_in_works_with_and_without_htmx(visitor: Visitor, api: CannedApi) -> None:
    visitor.sign_in()
    token = visitor.token("/account")
    part = visitor.client.post(OTHER, headers={"HX-Request": "true", "X-CSRF-Token": token})
    assert part.status_code == 200 and "<html" not in part.text and "Safari" not in part.text
    assert "HX-Request" in part.headers["Vary"]
    assert send(visitor, "/account", OTHER).headers["Location"] == "/account"


def test_signing_out_everywhere_ends_here_and_everywhere_else_does_not(
    visitor: Visitor, api: CannedApi
) -> None:
    visitor.sign_in()
    send(visitor, "/account", "/account/sessions/end-others")
    assert [one["current"] for one in api.logins] == [True]
    assert visitor.get("/account").status_code == 200
    answer = send(visitor, "/account", "/account/sessions/end-all")
    assert answer.headers["Location"] == "/sign-in" and api.tokens == set()
    assert "You are signed out everywhere." in visitor.get("/sign-in").text


@pytest.mark.parametrize(
    ("path", "field", "fields"),
    [
        ("/account/password", "current_password", {"new_password": "another long one"}),
        ("/account/email", "password", {"email": "other@example.org"}),
    ],
)
def test_password_and_address_change_only_with_the_password_given_again(
    visitor: Visitor, path: str, field: str, fields: dict[str, str]
) -> None:
    visitor.sign_in()
    wrong = send(visitor, "/account", path, **{field: "guess", **fields})
    assert wrong.status_code == 422 and "The password is wrong." in wrong.text and "guess" not in wrong.text
    assert send(visitor, "/account", path, **{field: PASSWORD, **fields}).headers["Location"] == "/account"


def test_signing_in_begins_the_browsers_session_anew(visitor: Visitor) -> None:
    before = visitor.token("/sign-in")
    visitor.sign_in()
    assert visitor.token("/heroes/new") != before
    assert visitor.client.post("/sign-out", data={"csrf_token": before}).status_code == 400


def test_the_api_is_told_where_the_visitor_comes_from_and_not_what_the_visitor_claims(
    visitor: Visitor, api: CannedApi
) -> None:
    headers = {"User-Agent": "Mözilla\tFirefox", "X-Client-Address": "6.6.6.6", "X-Forwarded-By": "guess"}
    visitor.client.get("/", headers=headers, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    sent = api.last("health").headers
    assert (sent["X-Forwarded-By"], sent["X-Client-Address"]) == ("the-website", "203.0.113.9")
    assert sent["X-Client-Agent"].isascii() and sent["X-Client-Agent"].isprintable()


def test_a_tampered_browser_session_is_no_session(visitor: Visitor) -> None:
    token = visitor.token("/sign-in")
    kept = visitor.client.get_cookie("coc_web")
    assert kept is not None
    visitor.client.set_cookie("coc_web", kept.value[:-3] + "AAA")
    assert visitor.client.post("/forgot", data={"csrf_token": token, "email": "a@b.c"}).status_code == 400


def test_the_outbox_is_shown_on_this_machine_alone_and_harmlessly(visitor: Visitor) -> None:
    assert "/dev/mail/01LETTER" in visitor.get("/dev/mail").text
    page = visitor.get("/dev/mail/01LETTER").text
    assert 'href="http://web.test/verify?token=abc"' in page and "<script>" not in page
    away = visitor.client.get("/dev/mail", environ_overrides={"REMOTE_ADDR": "192.168.0.7"})
    assert away.status_code == 404


def test_there_is_no_outbox_in_production(api: CannedApi) -> None:
    settings = Settings(
        secret_key="a secret for the tests", api_base_url="http://api.test", flask_env="production"
    )
    client = create_app(settings, transport=api.transport).test_client()
    assert client.get("/dev/mail").status_code == 404
