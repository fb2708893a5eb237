"""Linking, coming in from Discord, the file of everything and leaving: the website's pages on the real API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from api.app import create_app as create_api
from public_web.app import create_app
from public_web.settings import Settings
from tests.fakes.clock import MovableClock
from tests.fakes.game import settings_for
from tests.routes.conftest import Client
from tests.web.conftest import Visitor

PASSWORD = "three words here"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """The API as the bot meets it; user 1 plays in Discord."""
    return Client(create_api(settings_for(tmp_path), MovableClock()).test_client())


@pytest.fixture
def browser(client: Client) -> Callable[[], Visitor]:
    """A browser at a website whose API is that one."""

    def make() -> Visitor:
        settings = Settings(secret_key="a secret for the tests", api_base_url="http://api.test", secure_cookies=False,
                            web_service_token="web-token")  # fmt: skip
        app = create_app(settings, transport=httpx.WSGITransport(app=client.http.application))
        app.config["PROPAGATE_EXCEPTIONS"] = False
        return Visitor(app.test_client(), None)  # type: ignore[arg-type]

    return make


@pytest.fixture
def ann(client: Client, browser: Callable[[], Visitor]) -> Visitor:
    client.enrol()
    visitor = browser()
    assert visitor.send("/sign-in", email="ann@example.org", password=PASSWORD).status_code == 302
    return visitor


def press(visitor: Visitor, page: str, path: str, **fields: str) -> str:
    """Send a form that stands on a page and follow where it leads; what is read then."""
    sent = visitor.client.post(
        path, data={"csrf_token": visitor.token(page), **fields}, follow_redirects=True
    )
    return sent.text


def request_id(text: str) -> str:
    found = re.search(r"/account/links/([0-9A-Z]{26})/confirm", text)
    assert found, "no request to confirm"
    return found[1]


def test_a_code_from_discord_is_entered_seen_and_confirmed_with_the_password(
    client: Client, ann: Visitor
) -> None:
    client.ok("POST", "/characters", {"hero": "aldo_fisk"})
    code = client.ok("POST", "/links", {})["code"]
    page = press(ann, "/account", "/account/links/enter", code=code)
    assert "Player 1" in page and "Aldo Fisk (level 1)" in page and "You are <strong>Ann</strong>" in page
    asked = request_id(page)
    wrong = ann.client.post(
        f"/account/links/{asked}/confirm", data={"csrf_token": ann.token("/account"), "password": "x"}
    )
    assert wrong.status_code == 422 and "The password is wrong" in wrong.text
    page = press(ann, "/account", f"/account/links/{asked}/confirm", password=PASSWORD)
    assert "Now confirm on the other side" in page
    assert client.ok("POST", f"/links/{asked}/confirm", {})["state"] == "linked"
    assert "Aldo Fisk" in ann.get("/heroes").text
    page = ann.get("/account").text
    assert "<strong>Discord</strong> leads into this account" in page and "Give me a code" in page
    assert "What was merged stays here" in press(ann, "/account", "/account/links/unlink", provider="discord")
    assert "leads into this account" not in ann.get("/account").text


def test_a_code_of_the_website_goes_into_discord_and_the_other_side_confirms_here(
    client: Client, ann: Visitor
) -> None:
    page = press(ann, "/account", "/account/links/code")
    found = re.search(r"/link code:([0-9A-Z]{4}-[0-9A-Z]{4})", page)
    assert found
    asked = client.ok("POST", "/links/redeem", {"code": found[1]})["id"]
    client.ok("POST", f"/links/{asked}/confirm", {})
    page = press(ann, "/account", f"/account/links/{asked}/confirm", password=PASSWORD)
    assert "The accounts are one now" in page


def test_saying_no_links_nothing(client: Client, ann: Visitor) -> None:
    asked = request_id(
        press(ann, "/account", "/account/links/enter", code=client.ok("POST", "/links", {})["code"])
    )
    assert "Nothing was linked." in press(ann, "/account", f"/account/links/{asked}/refuse")
    assert client.send("POST", f"/links/{asked}/confirm", {})[0] == 404


def test_a_wrong_code_says_so_where_it_was_typed(ann: Visitor) -> None:
    page = press(ann, "/account", "/account/links/enter", code="0000-0000")
    assert "The code is not valid; ask for a new one on the other side" in page and "<details open>" in page


def test_a_link_from_discord_shows_whose_it_is_and_signs_in_once(
    client: Client, browser: Callable[[], Visitor]
) -> None:
    client.ok("POST", "/characters", {"hero": "aldo_fisk"})
    url = client.ok("POST", "/links/browser", {})["url"].removeprefix("http://web.test")
    visitor = browser()
    for _ in range(2):  # looking, also by a program that previews links, uses nothing up
        page = visitor.get(url)
        assert page.status_code == 200 and "I am Player 1" in page.text
    sent = visitor.send(url, token=url.split("token=")[1])
    assert sent.status_code == 302 and sent.headers["Location"] == "/heroes"
    assert "Aldo Fisk" in visitor.get("/heroes").text
    page = visitor.get("/account").text
    assert "This account has no e-mail address" in page and "use /web in Discord for a fresh one" in page
    again = browser().get(url)
    assert again.status_code == 422 and "is not valid any more" in again.text


def test_fixation_a_browser_begins_anew_when_it_comes_in_by_a_link(
    client: Client, browser: Callable[[], Visitor]
) -> None:
    visitor = browser()
    before = visitor.token("/sign-in")
    url = client.ok("POST", "/links/browser", {})["url"].removeprefix("http://web.test")
    visitor.send(url, token=url.split("token=")[1])
    assert visitor.token("/account") != before


def test_everything_comes_as_one_file(client: Client, ann: Visitor) -> None:
    assert ann.get("/account/export").status_code == 405, (
        "no other page can have it made by a picture or a link"
    )
    answer = ann.client.post("/account/export", data={"csrf_token": ann.token("/account")})
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert json.loads(answer.data)["accounts"][0]["email"] == "ann@example.org"


def test_leaving_is_asked_for_with_the_password_and_taken_back(client: Client, ann: Visitor) -> None:
    page = press(ann, "/account", "/account/delete", password="x")
    assert "The password is wrong" in page
    page = press(ann, "/account", "/account/delete", password=PASSWORD)
    assert "This account goes on" in page and "9 Dec 2026" in page
    assert "Everything stays as it is." in press(ann, "/account", "/account/stay")
    assert "This account goes on" not in ann.get("/account").text


def test_the_account_says_what_ones_tier_gives(ann: Visitor) -> None:
    page = ann.get("/account").text
    assert "Your tier: Elite</h2>" in page and "Heroes: 0 of as many as you like" in page


@pytest.mark.parametrize("path", ["links/code", "links/enter", "links/unlink", "export", "delete", "stay"])
def test_csrf_every_form_of_these_pages_needs_this_browsers_token(ann: Visitor, path: str) -> None:
    assert ann.client.post(f"/account/{path}", data={}).status_code == 400
