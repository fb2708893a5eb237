"""Headers, form tokens, redirects, request ids and settings of the website."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from public_web.app import create_app
from public_web.forms import local_path
from public_web.plain_text import clean, paragraphs
from public_web.settings import BadSettings, Settings, load_settings
from tests.web.canned_api import PASSWORD, CannedApi
from tests.web.conftest import Visitor

HTMX = '<script src="{{ url_for(\'htmx\') }}" integrity="{{ htmx.integrity }}" defer></script>'
WEB = Path(__file__).resolve().parents[2] / "public_web"


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nowhere", "/static/style.css", "/health"])
def test_every_answer_carries_the_security_headers(visitor: Visitor, path: str) -> None:
    headers = visitor.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "script-src 'self';" in policy and "connect-src 'self';" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert re.fullmatch(r"[A-Za-z0-9_-]{8,64}", headers["X-Request-ID"])


def test_no_template_needs_an_inline_script_or_style_or_another_host() -> None:
    for template in (WEB / "templates").glob("*.html"):
        # HTMX from this website itself is the only script that a page may name.
        text = template.read_text().replace(HTMX, "")
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|https?://|\|\s*safe", text), template.name
    assert not re.search(r"url\(|@import|https?://", (WEB / "static" / "style.css").read_text())


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in",
        "/register",
        "/sign-out",
        "/verify",
        "/forgot",
        "/reset",
        "/heroes/new",
        "/account/password",
        "/account/email",
        "/account/sessions/end-all",
        "/account/sessions/end-others",
        f"/account/sessions/{'b' * 36}/end",
    ],
)
@pytest.mark.parametrize("token", [None, "", "guessed"])
def test_a_form_without_this_browsers_token_is_refused(
    visitor: Visitor, path: str, token: str | None
) -> None:
    visitor.sign_in()
    before = [r for r in visitor.api.requests if r.method != "GET"]
    answer = visitor.client.post(path, data={} if token is None else {"csrf_token": token})
    assert answer.status_code == 400
    assert "gone stale" in answer.text
    assert [r for r in visitor.api.requests if r.method != "GET"] == before


def test_a_token_of_another_browser_is_refused(visitor: Visitor) -> None:
    other = visitor.client.application.test_client()
    other.get("/sign-in")
    answer = other.post(
        "/sign-in", data={"csrf_token": visitor.token("/sign-in"), "email": "a", "password": "b"}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "heroes", "/\n/x"],
)
def test_nobody_is_led_to_another_host_after_signing_in(visitor: Visitor, target: str) -> None:
    assert local_path(target, "/heroes") == "/heroes"
    answer = visitor.send("/sign-in", email="a@b.example", password=PASSWORD, next=target)
    assert answer.headers["Location"] == "/heroes"


def test_one_request_id_goes_through_to_the_api(visitor: Visitor, api: CannedApi) -> None:
    answer = visitor.client.get("/", headers={"X-Request-ID": "from-the-proxy-1"})
    assert answer.headers["X-Request-ID"] == "from-the-proxy-1"
    assert {r.headers["X-Request-ID"] for r in api.requests} == {"from-the-proxy-1"}


def test_a_malformed_request_id_is_replaced(visitor: Visitor) -> None:
    assert (
        visitor.client.get("/", headers={"X-Request-ID": "no spaces!"}).headers["X-Request-ID"]
        != "no spaces!"
    )


def test_the_session_is_passed_on_as_a_bearer_token_only_once_signed_in(
    visitor: Visitor, api: CannedApi
) -> None:
    visitor.get("/")
    assert "Authorization" not in api.last("health").headers
    visitor.sign_in()
    visitor.get("/heroes")
    assert api.last("characters").headers["Authorization"] == "Bearer good-token"


def test_an_oversized_form_is_refused(visitor: Visitor) -> None:
    answer = visitor.client.post("/sign-in", data={"email": "x" * 40_000})
    assert answer.status_code == 413
    assert "Too heavy to carry" in answer.text


def test_in_production_cookies_travel_over_https_alone(api: CannedApi) -> None:
    settings = Settings(
        secret_key="a secret for the tests", api_base_url="http://api.test", secure_cookies=True
    )
    visitor = Visitor(create_app(settings, transport=api.transport).test_client(), api)
    page = visitor.client.get("/sign-in", base_url="https://play.example")
    assert all("Secure" in cookie for cookie in page.headers.getlist("Set-Cookie"))
    assert "Strict-Transport-Security" in page.headers


def test_private_pages_are_kept_by_no_cache(visitor: Visitor) -> None:
    visitor.sign_in()
    assert visitor.get("/heroes").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("key", "value"),
    [("SECRET_KEY", "short"), ("API_BASE_URL", "api:5000"), ("LOG_LEVEL", "loud"), ("PROXY_HOPS", "many")],
)
def test_each_bad_setting_is_one_line(monkeypatch: pytest.MonkeyPatch, key: str, value: str) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret for the tests")
    monkeypatch.setenv(key, value)
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{key}: ")
    assert "\n" not in str(caught.value)


def test_an_unknown_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_ENV", "staging")
    with pytest.raises(BadSettings, match="known are development, production"):
        load_settings()


def test_production_needs_an_api_address_and_believes_one_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_ENV", "production")
    monkeypatch.setenv("SECRET_KEY", "a secret for the tests")
    monkeypatch.setenv("API_BASE_URL", "http://api:5000/api/v1/")
    settings = load_settings()
    assert settings.api_base_url == "http://api:5000"
    assert settings.secure_cookies and settings.proxy_hops == 1


def test_text_loses_what_could_break_a_page_and_nothing_else() -> None:
    assert clean("a\u202eb\x00c\u200b") == "abc"
    assert clean("é ñ ⚔️ 中文 👩‍👩‍👧") == "é ñ ⚔️ 中文 👩‍👩‍👧"
    assert clean("a" + "\u0301" * 50) == clean("a" + "\u0301" * 3)
    assert paragraphs("one\nstill one\n\n \n two ") == ["one\nstill one", "two"]
    assert paragraphs(None) == []
