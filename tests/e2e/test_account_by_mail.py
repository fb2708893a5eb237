"""An account from registration to reset, over real processes and a real SMTP server; then the logs are searched."""

from __future__ import annotations

import asyncio
import email
import json
import re
import ssl
from email.policy import default
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from aiosmtpd.controller import Controller

from tests.e2e.stack import Stack, free_port

pytestmark = [pytest.mark.asyncio, pytest.mark.e2e]

ANN, PASSWORD, NEW = "planted.ann@example.org", "planted words of before", "planted words of after"


class Postbox:
    """What the server took; `arrived` is set anew with every letter."""

    def __init__(self) -> None:
        self.letters: list[str] = []
        self._loop = asyncio.get_running_loop()
        self.arrived = asyncio.Event()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        assert session.ssl is not None
        message = email.message_from_bytes(envelope.content, policy=default)
        text = message.get_body(("plain",))
        assert text is not None
        self.letters.append(text.get_content())
        self._loop.call_soon_threadsafe(self.arrived.set)
        return "250 taken"

    async def next_link(self) -> str:
        async with asyncio.timeout(30):
            await self.arrived.wait()
        self.arrived.clear()
        found = re.search(r"[?]token=([\w-]+)", self.letters[-1])
        return found[1] if found else ""


async def test_joining_signing_in_and_resetting_by_mail_and_no_log_tells_a_secret(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    box, port = Postbox(), free_port()
    server = Controller(box, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True)
    smtp = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SMTP_CA_FILE": str(tmp_path / "ca.pem")}
    server.start()
    secrets = [ANN, "planted", "bot-token", "for-tests-only"]
    try:
        async with Stack(tmp_path, LOG_LEVEL="DEBUG", **smtp) as stack, aiohttp.ClientSession() as http:

            async def post(path: str, **body: Any) -> Any:
                async with http.post(f"{stack.api_url}/api/v1/auth/{path}", json=body) as answer:
                    envelope = await answer.json()
                    assert answer.status < 400, envelope["error"]
                    return envelope["result"]

            await post("register", email=ANN, password=PASSWORD, name="Planted Ann")
            secrets.append(await box.next_link())
            await post("verify-email", token=secrets[-1])
            await stack.kill("worker")  # what is asked for now waits in the outbox
            await post("forgot-password", email=ANN)
            await stack.start("worker")
            secrets.append(await box.next_link())
            assert "reset" in box.letters[-1]
            http.cookie_jar.clear()
            await post("reset-password", token=secrets[-1], password=NEW)
            await box.next_link()
            assert "was changed" in box.letters[-1]
            made = await post("login", email=ANN, password=NEW)
            secrets += [made["token"], made["device"], made["csrf_token"]]
    finally:
        server.stop()
    told = {name: (tmp_path / f"{name}.log").read_text() for name in ("api", "worker", "stream")}
    assert '"mail_sent"' in told["worker"] and '"/api/v1/auth/login"' in told["api"]
    for name, text in told.items():
        for secret in secrets:
            assert secret not in text, (name, secret)
    for line in filter(lambda one: "auth/" in one, told["api"].splitlines()):
        json.loads(line)
