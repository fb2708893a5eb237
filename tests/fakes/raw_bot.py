"""A bot without a library: it sends exactly the requests that a test wants, right or wrong."""

import asyncio
import json
import zlib
from collections.abc import Mapping
from typing import Any

import aiohttp

from tests.fakes.discord import DiscordStandin, Reply

ALL_INTENTS = (1 << 26) - 1
MESSAGE_CONTENT = 1 << 15


class RawBot:
    """REST calls with the bot's token, and as many gateway lines as a test opens."""

    def __init__(self, discord: DiscordStandin, token: str | None = None) -> None:
        self.discord = discord
        self._headers = {"Authorization": f"Bot {token or discord.world.token}"}
        self._http = aiohttp.ClientSession()

    async def __aenter__(self) -> "RawBot":
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._http.close()

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        """One request; gives status and body."""
        url = self.discord.api_base + path
        async with self._http.request(method, url, json=body, params=query, headers=self._headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def send_raw(self, path: str, data: Any, content_type: str) -> tuple[int, Any]:
        """A POST with any body at all."""
        headers = {**self._headers, "Content-Type": content_type}
        async with self._http.post(self.discord.api_base + path, data=data, headers=headers) as answer:
            return answer.status, await answer.json()

    async def upload(self, path: str, body: Any, **files: bytes) -> tuple[int, Any]:
        """A POST as a form with `payload_json` and files."""
        form = aiohttp.FormData()
        form.add_field("payload_json", json.dumps(body), content_type="application/json")
        for index, (name, content) in enumerate(files.items()):
            form.add_field(f"files[{index}]", content, filename=name, content_type="text/plain")
        url = self.discord.api_base + path
        async with self._http.post(url, data=form, headers=self._headers) as answer:
            return answer.status, await answer.json()

    async def send(self, body: Any, channel: Any = None) -> tuple[int, Any]:
        """Send a message, to #general unless told otherwise."""
        place = channel or self.discord.general
        return await self.call("POST", f"/channels/{place.id}/messages", body)

    async def register(self, *commands: dict[str, Any]) -> tuple[int, Any]:
        """Register global commands in place of all others."""
        path = f"/applications/{self.discord.application_id}/commands"
        return await self.call("PUT", path, list(commands))

    async def answer(self, reply: Reply, kind: int, data: Any = None, **query: Any) -> tuple[int, Any]:
        """Call back an interaction."""
        body = {"type": kind} if data is None else {"type": kind, "data": data}
        interaction = reply.interaction
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        return await self.call("POST", path, body, **query)

    async def follow_up(
        self, reply: Reply, body: Any = None, method: str = "POST", message: str = ""
    ) -> tuple[int, Any]:
        """Use an interaction's webhook; `message` is "@original" or an id."""
        path = f"/webhooks/{self.discord.application_id}/{reply.interaction.token}"
        return await self.call(method, path + (f"/messages/{message}" if message else ""), body)

    async def headers(self, method: str, path: str, body: Any = None) -> tuple[int, Mapping[str, str]]:
        """One request; gives status and headers."""
        url = self.discord.api_base + path
        async with self._http.request(method, url, json=body, headers=self._headers) as answer:
            return answer.status, answer.headers

    async def dial(self, **query: Any) -> "RawLine":
        """Open a gateway line."""
        return RawLine(await self._http.ws_connect(self.discord.gateway_url, params=query))

    async def connect(self, **query: Any) -> "RawLine":
        """Open a gateway line and hear its hello."""
        line = await self.dial(**query)
        assert (await line.next())["op"] == 10
        return line

    async def identify(self, intents: int = ALL_INTENTS, shard: list[int] | None = None) -> "RawLine":
        """Open a gateway line, identify and hear READY."""
        line = await self.connect()
        await line.identify(self.discord.world.token, intents, shard)
        line.ready = await line.event("READY")
        return line


class RawLine:
    """One gateway line."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.ready: dict[str, Any] = {}
        self.sequence = 0
        self.is_compressed = False
        """Whether the last payload came as part of a zlib stream."""
        self._inflate = zlib.decompressobj()

    async def send(self, op: int, data: Any = None) -> None:
        """Send one payload."""
        await self.socket.send_json({"op": op, "d": data})

    async def identify(self, token: str, intents: int, shard: list[int] | None = None) -> None:
        """Opcode 2."""
        data: dict[str, Any] = {"token": token, "intents": intents, "properties": {}}
        await self.send(2, data if shard is None else {**data, "shard": shard})

    async def next(self) -> dict[str, Any]:
        """The next payload."""
        frame = await asyncio.wait_for(self.socket.receive(), 5)
        self.is_compressed = frame.type is aiohttp.WSMsgType.BINARY
        text = self._inflate.decompress(frame.data) if self.is_compressed else frame.data
        payload = json.loads(text)
        self.sequence = payload.get("s") or self.sequence
        return payload

    async def event(self, name: str) -> dict[str, Any]:
        """The data of the next event with this name; what comes before it is skipped."""
        while True:
            payload = await self.next()
            if payload.get("t") == name:
                return payload["d"]

    async def names_until(self, last: str) -> list[str]:
        """The names of the events up to and including `last`."""
        names: list[str] = []
        while last not in names:
            names.append((await self.next()).get("t") or "")
        return names

    async def closed(self) -> int | None:
        """Wait until the other side hangs up; the code."""
        while not self.socket.closed:
            await asyncio.wait_for(self.socket.receive(), 5)
        return self.socket.close_code


def faults(answer: tuple[int, Any]) -> list[tuple[str, str]]:
    """Place and code of everything that a 50035 answer complains about."""
    status, body = answer
    assert (status, body["code"]) == (400, 50035), answer
    return sorted(_faults(body["errors"], ()))


def _faults(node: dict[str, Any], place: tuple[str, ...]) -> list[tuple[str, str]]:
    found = [(".".join(place), error["code"]) for error in node.get("_errors", [])]
    for name, inner in node.items():
        if name != "_errors":
            found += _faults(inner, (*place, name))
    return found
