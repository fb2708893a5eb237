"""An evening over real processes with planted secrets and personal words; then every log is searched for them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.stack import ROOT, Player, Stack
from tests.e2e.test_workers_and_stream import act, begin, feed_until, narrated

pytestmark = [pytest.mark.asyncio, pytest.mark.e2e]

MARK = "zinnober"  # stands in everything that a person writes or is called here
ADDRESS, PASSWORD = f"ann.{MARK}@example.org", f"{MARK} words of hers"


class Evening:
    """What happened, and every secret that must not be told."""

    def __init__(self, stack: Stack, http: aiohttp.ClientSession, outbox: Path) -> None:
        self.stack, self.http, self.outbox = stack, http, outbox
        self.secrets = [MARK, "bot-token", "terminal-token", "for-tests-only"]

    async def send(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        head = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.request(
            method, f"{self.stack.api_url}/api/v1{path}", json=body, headers=head
        ) as answer:
            envelope = await answer.json(content_type=None)  # the export is a file, not an envelope
            assert answer.status < 400, envelope.get("error")
            return envelope.get("result", envelope)

    async def link_of_letter(self) -> str:
        """The token of the one letter, as soon as the worker has written it."""
        async with asyncio.timeout(30):
            while True:
                page = await self.send("GET", "/dev/outbox")
                if page["items"]:
                    letter = await self.send("GET", f"/dev/outbox/{page['items'][0]['id']}")
                    token = str(letter["text"].split("token=")[1].split()[0])
                    self.secrets.append(token)
                    return token
                await asyncio.sleep(0.05)

    async def sign_in(self) -> str:
        await self.send(
            "POST", "/auth/register", {"email": ADDRESS, "password": PASSWORD, "name": f"Ann {MARK}"}
        )
        await self.send("POST", "/auth/verify-email", {"token": await self.link_of_letter()})
        made = await self.send("POST", "/auth/login", {"email": ADDRESS, "password": PASSWORD})
        self.secrets += [made["token"], made["device"], made["csrf_token"]]
        return str(made["token"])


def admin(stack: Stack, *words: str) -> str:
    return f"{sys.executable} -m api.admin {' '.join(words)} --store {stack.env['DATABASE_URL']}"


async def test_no_log_holds_a_secret_or_what_people_wrote(tmp_path: Path) -> None:
    folder = tmp_path / "outbox"
    async with (
        Stack(
            tmp_path, LOG_LEVEL="DEBUG", MAIL_FOLDER=str(folder), ASSETS_DIR=str(tmp_path / "assets")
        ) as stack,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        evening = Evening(stack, http, folder)
        token = await evening.sign_in()
        player = Player(stack, http, 1, "discord")
        player.headers["X-Act-Name"] = f"Dora%20{MARK}"
        session, hero = await begin(player)
        turn = await act(player, session, hero, f"I whisper {MARK} to the lamp")
        await player.call("POST", f"/sessions/{session}/chat", {"text": f"my name is {MARK}"})
        await feed_until(player, session, narrated(turn))
        # Linked, exported, seen by the operator, and leaving.
        code = (await player.call("POST", "/links", {}))["code"]
        url = (await player.call("POST", "/links/browser", {}))["url"]
        evening.secrets += [code, code.replace("-", ""), url.split("token=")[1]]
        asked = (await evening.send("POST", "/links/redeem", {"code": code}, token))["id"]
        await evening.send("POST", f"/links/{asked}/confirm", {"password": PASSWORD}, token)
        assert (await player.call("POST", f"/links/{asked}/confirm", {}))["state"] == "linked"
        export = await evening.send("GET", "/account/export", token=token)
        assert MARK in json.dumps(export)
        asking = admin(stack, "gold", hero, "+5", "--reason", f"{MARK}-reason", "--as", "olga")
        told = await asyncio.create_subprocess_shell(
            asking,
            cwd=ROOT,
            env={**os.environ, **stack.env},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        answered, noise = await told.communicate()
        assert told.returncode == 0, noise
        assert MARK not in noise.decode()
        await evening.send("POST", "/account/delete", {"password": PASSWORD}, token)
        for wrong in (
            {"email": ADDRESS, "password": f"{MARK} guess"},
            {"email": f"{MARK}@example.org", "password": "x"},
        ):
            async with http.post(f"{stack.api_url}/api/v1/auth/login", json=wrong) as answer:
                assert answer.status == 401
        async with http.get(f"{stack.api_url}/api/v1/auth/me?token={MARK}") as answer:
            assert answer.status == 401
    logs = {name: stack.log(name) for name in ("api", "worker", "stream")}
    assert (
        "turn_served" in logs["worker"]
        and "/account/export" in logs["api"]
        and "accounts_linked" in logs["api"]
    )
    found = [(name, secret) for name, text in logs.items() for secret in evening.secrets if secret in text]
    assert found == []
