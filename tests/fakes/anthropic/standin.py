"""The server: Anthropic's Messages API on loopback, strict with its clients and misbehaving on command."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from tests.fakes.anthropic.hosting import Call, HostedStandin, drop
from tests.fakes.anthropic.rules import Refused, check_body, check_headers

KEY = "sk-ant-stand-in-0123456789abcdef"
PASSAGE = "The lamp goes out. Something breathes in the dark. Who lights a match?"
STATUS_OF = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "overloaded_error": 529,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request is answered. By default well, at once.

    `error`: refused with this error type (its usual status unless `status` says otherwise). `breaks_after`: a stream
    goes wrong after so many pieces of text, in the way of `breaks_by`: an error event of type `break_error`, a dropped
    connection, an end without the last events, silence, or an event that is no JSON. `hangs`: not even headers come.
    """

    text: str = PASSAGE
    tools: tuple[tuple[str, dict[str, Any]], ...] = ()
    stop_reason: str = ""
    error: str = ""
    status: int = 0
    message: str = "as you wished"
    retry_after: str = ""
    breaks_after: int | None = None
    breaks_by: Literal["error", "drop", "end", "silence", "garbage"] = "error"
    break_error: str = "overloaded_error"
    seconds_before: float = 0
    seconds_between: float = 0
    hangs: bool = False
    drops: bool = False
    raw: str = ""  # this body instead of a message, as HTML


class AnthropicStandin(HostedStandin[Answer]):
    """`with AnthropicStandin() as provider: AsyncAnthropic(api_key=KEY, base_url=provider.base_url)`."""

    def __init__(self, keys: frozenset[str] = frozenset({KEY})) -> None:
        super().__init__(Answer())
        self._keys = keys
        self._numbers = itertools.count(1)
        self._cached: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/messages", self._create)]

    async def _create(self, request: web.Request) -> web.StreamResponse:
        call = await self.noted(request)
        number = next(self._numbers)
        try:
            check_headers(call.headers, self._keys)
            check_body(call.body)
        except Refused as refusal:
            self.mark(call, "refused", str(refusal))
            return _error(refusal.kind, str(refusal), number)
        answer = self._behaviours.take()
        if answer.hangs:
            await asyncio.Event().wait()
        if answer.seconds_before:
            await asyncio.sleep(answer.seconds_before)
        if answer.drops:
            self.mark(call, "dropped")
            drop(request)
            return web.Response()
        if answer.error:
            self.mark(call, "failed", answer.error)
            return _error(answer.error, answer.message, number, answer.status, answer.retry_after)
        if answer.raw:
            self.mark(call, "answered")
            return web.Response(text=answer.raw, content_type="text/html")
        message = self._message(call.body, answer, number)
        if not call.body.get("stream"):
            self.mark(call, "answered")
            return web.json_response(message, headers={"request-id": f"req_{number}"})
        return await self._stream(request, call, answer, message)

    def _message(self, body: dict[str, Any], answer: Answer, number: int) -> dict[str, Any]:
        words = answer.text.split(" ")
        cut = len(words) > body["max_tokens"]  # a word counts as a token
        content: list[dict[str, Any]] = []
        if answer.text:
            content.append({"type": "text", "text": " ".join(words[: body["max_tokens"]])})
        content += [
            {"type": "tool_use", "id": f"toolu_{number}_{i}", "name": name, "input": given}
            for i, (name, given) in enumerate(answer.tools)
        ]
        usual = "max_tokens" if cut else "tool_use" if answer.tools else "end_turn"
        return {
            "id": f"msg_{number}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": content,
            "stop_reason": answer.stop_reason or usual,
            "stop_sequence": None,
            "usage": self._usage(body, sum(len(json.dumps(b)) for b in content) // 4),
        }

    def _usage(self, body: dict[str, Any], output: int) -> dict[str, int]:
        """A marked system prefix is written to the cache once and read from it afterwards."""
        prefix = ""
        system = body.get("system")
        if isinstance(system, list):
            marked = [i for i, b in enumerate(system) if b.get("cache_control")]
            prefix = "".join(b["text"] for b in system[: marked[-1] + 1]) if marked else ""
        tokens, seen = len(prefix) // 4, prefix in self._cached
        if prefix:
            self._cached.add(prefix)
        return {
            "input_tokens": max(1, len(json.dumps(body)) // 4 - tokens),
            "output_tokens": output,
            "cache_creation_input_tokens": 0 if seen else tokens,
            "cache_read_input_tokens": tokens if seen else 0,
        }

    async def _stream(
        self, request: web.Request, call: Call, answer: Answer, message: dict[str, Any]
    ) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"content-type": "text/event-stream", "request-id": f"req_{message['id'][4:]}"}
        )
        await response.prepare(request)

        async def send(kind: str, **fields: Any) -> None:
            await response.write(f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode())

        usage = message["usage"]
        opening = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
        await send("message_start", message=opening)
        await send("ping")
        sent = 0
        for index, block in enumerate(message["content"]):
            empty = {"text": ""} if block["type"] == "text" else {"input": {}}
            await send("content_block_start", index=index, content_block={**block, **empty})
            for piece in _pieces(block):
                if sent == answer.breaks_after:
                    return await self._break(request, response, call, answer)
                if answer.seconds_between:
                    await asyncio.sleep(answer.seconds_between)
                await send("content_block_delta", index=index, delta=piece)
                sent += 1
            if sent == answer.breaks_after:
                return await self._break(request, response, call, answer)
            await send("content_block_stop", index=index)
        delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
        await send("message_delta", delta=delta, usage={"output_tokens": usage["output_tokens"]})
        await send("message_stop")
        self.mark(call, "answered")
        return response

    async def _break(
        self, request: web.Request, response: web.StreamResponse, call: Call, answer: Answer
    ) -> web.StreamResponse:
        if answer.breaks_by == "silence":
            await asyncio.Event().wait()
        self.mark(call, "failed", answer.breaks_by)
        if answer.breaks_by == "drop":
            drop(request)
        elif answer.breaks_by == "garbage":
            await response.write(b"event: content_block_delta\ndata: {no json\n\n")
        elif answer.breaks_by == "error":
            body = {"type": "error", "error": {"type": answer.break_error, "message": answer.message}}
            await response.write(f"event: error\ndata: {json.dumps(body)}\n\n".encode())
        return response


def _pieces(block: dict[str, Any]) -> list[dict[str, str]]:
    """A block's deltas: text word by word, a tool's input in pieces of eight characters."""
    if block["type"] == "text":
        words = block["text"].split(" ")
        return [{"type": "text_delta", "text": w if i == 0 else f" {w}"} for i, w in enumerate(words)]
    written = json.dumps(block["input"])
    return [
        {"type": "input_json_delta", "partial_json": written[i : i + 8]} for i in range(0, len(written), 8)
    ]


def _error(kind: str, message: str, number: int, status: int = 0, retry_after: str = "") -> web.Response:
    headers = {"request-id": f"req_{number}"}
    if retry_after:
        headers["retry-after"] = retry_after
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": f"req_{number}"}
    return web.json_response(body, status=status or STATUS_OF[kind], headers=headers)
