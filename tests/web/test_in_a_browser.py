"""The account pages in a real Chromium: HTMX under our policy, the same forms without it, and small screens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from public_web import htmx
from public_web.app import create_app
from public_web.settings import Settings
from tests.fakes.browser import Tab, tab
from tests.web.canned_api import PASSWORD, CannedApi

pytestmark = [pytest.mark.asyncio, pytest.mark.slow, pytest.mark.needs("chromium")]

OPEN_PAGES = (
    "/sign-in", "/register", "/forgot", "/check-mail", "/verify", "/verify?token=good-link", "/reset",
    "/reset?token=good-link", "/dev/mail", "/dev/mail/01LETTER",
)  # fmt: skip
NAMES = "[...document.querySelectorAll('#sessions strong')].map(one => one.textContent).join()"


@pytest.fixture
def site(api: CannedApi) -> Iterator[str]:
    """The website on a port of its own, with the canned API behind it."""
    settings = Settings(
        secret_key="a secret for the tests", api_base_url="http://api.test", secure_cookies=False
    )
    server = make_server("127.0.0.1", 0, create_app(settings, transport=api.transport), threaded=True)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    serving.join()
    server.server_close()


async def sign_in(page: Tab, site: str) -> None:
    await page.open(f"{site}/sign-in?next=/account")
    await page.fill("email", "ann@example.org")
    await page.fill("password", PASSWORD)
    await page.follow("main form button")
    assert await page.evaluate("location.pathname") == "/account"


async def test_ending_a_sign_in_changes_the_list_alone_and_the_page_stays(site: str, tmp_path: Path) -> None:
    async with tab(tmp_path) as page:
        await sign_in(page, site)
        assert await page.evaluate("htmx.version") == htmx.RELEASE
        assert await page.evaluate(NAMES) == "Firefox on Linux,Safari on iPhone"
        await page.evaluate("window.sameDocument = true")
        await page.click("#sessions button")
        await page.until(f"{NAMES} === 'Firefox on Linux'")
        assert await page.evaluate("window.sameDocument")
        assert page.complaints == []


async def test_without_htmx_the_same_button_leads_to_the_page_again(
    site: str, tmp_path: Path, api: CannedApi
) -> None:
    async with tab(tmp_path) as page:
        await page.call("Emulation.setScriptExecutionDisabled", value=True)
        await page.open(f"{site}/sign-in?next=/account")
        await page.fill("email", "ann@example.org")
        await page.fill("password", PASSWORD)
        await page.follow("main form button")
        await page.follow("#sessions button")
        assert await page.evaluate("location.pathname + typeof htmx") == "/accountundefined"
        assert await page.evaluate(NAMES) == "Firefox on Linux"
        assert "That sign-in has ended." in await page.evaluate("document.body.textContent")


async def test_no_account_page_is_wider_than_a_small_screen_or_offends_our_own_policy(
    site: str, tmp_path: Path
) -> None:
    async with tab(tmp_path) as page:
        await page.resize(320, 640)
        for path in OPEN_PAGES:
            await page.open(site + path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path
            assert await page.evaluate("document.querySelectorAll('h1').length") == 1, path
        await sign_in(page, site)
        await page.click("summary")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.complaints == []
