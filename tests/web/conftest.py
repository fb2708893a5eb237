"""The website with a canned API behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from public_web.app import create_app
from public_web.settings import Settings
from tests.web.canned_api import PASSWORD, CannedApi


@dataclass
class Visitor:
    """A browser without scripts: follows what the pages offer."""

    client: FlaskClient
    api: CannedApi

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def token(self, path: str) -> str:
        """The form token of a page."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(path).text)
        assert found, f"{path} has no form"
        return found[1]

    def send(self, path: str, **fields: str) -> TestResponse:
        """Fills in and sends the form of a page."""
        return self.client.post(path, data={"csrf_token": self.token(path), **fields})

    def sign_in(self) -> None:
        assert self.send("/sign-in", email="ann@example.org", password=PASSWORD).status_code == 302


@pytest.fixture
def api() -> CannedApi:
    return CannedApi()


@pytest.fixture
def visitor(api: CannedApi) -> Visitor:
    settings = Settings(
        secret_key="a secret for the tests",
        api_base_url="http://api.test",
        secure_cookies=False,
        web_service_token="the-website",
    )
    app = create_app(settings, transport=api.transport)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return Visitor(app.test_client(), api)
