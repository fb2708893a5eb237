"""Where the website's only script comes from, and that pages do without it."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import metadata
from pathlib import Path

import pytest

from public_web import htmx
from public_web.app import create_app
from public_web.settings import Settings
from tests.web.canned_api import CannedApi
from tests.web.conftest import Visitor

ROOT = Path(__file__).resolve().parents[2]
OTHER = f"/account/sessions/{'b' * 36}/end"


def another_site(api: CannedApi) -> Visitor:
    settings = Settings(
        secret_key="a secret for the tests", api_base_url="http://api.test", secure_cookies=False
    )
    return Visitor(create_app(settings, transport=api.transport).test_client(), api)


def test_the_script_that_is_served_is_the_release_that_we_know(visitor: Visitor) -> None:
    visitor.sign_in()
    tag = re.search(r'<script src="([^"]+)" integrity="sha256-([^"]+)" defer>', visitor.get("/account").text)
    assert tag is not None and htmx.RELEASE in tag[1]
    answer = visitor.get(tag[1])
    assert answer.mimetype == "text/javascript" and "immutable" in answer.headers["Cache-Control"]
    digest = hashlib.sha256(answer.data)
    assert digest.hexdigest() == htmx.SHA256
    assert base64.b64encode(digest.digest()).decode() == tag[2]
    assert f'version:"{htmx.RELEASE}"'.encode() in answer.data


def test_it_is_installed_like_every_package_and_the_tree_holds_no_copy() -> None:
    assert metadata.version(htmx.PACKAGE).startswith(htmx.RELEASE)
    assert re.search(
        rf"^{htmx.PACKAGE}=={re.escape(htmx.RELEASE)}[.\d]* \\\n    --hash=sha256:",
        (ROOT / "public_web" / "requirements.txt").read_text(),
        re.MULTILINE,
    )
    assert [path.name for path in (ROOT / "public_web").rglob("*.js")] == []


def test_a_file_that_was_changed_is_not_served(
    api: CannedApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = htmx.find_script()
    assert known is not None
    changed = tmp_path / "htmx.min.js"
    changed.write_bytes(known.text + b" ")
    monkeypatch.setattr(htmx, "FILE", str(changed))
    assert htmx.find_script() is None
    assert another_site(api).get(f"/lib/htmx-{htmx.RELEASE}.min.js").status_code == 404


def test_without_the_package_pages_and_forms_work(api: CannedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(htmx, "PACKAGE", "no-such-package")
    visitor = another_site(api)
    visitor.sign_in()
    page = visitor.get("/account")
    assert page.status_code == 200 and "<script" not in page.text and "Safari on iPhone" in page.text
    assert (
        visitor.client.post(OTHER, data={"csrf_token": visitor.token("/account")}).headers["Location"]
        == "/account"
    )
    assert "Safari on iPhone" not in visitor.get("/account").text
