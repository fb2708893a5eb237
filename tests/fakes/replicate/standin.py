"""The server: Replicate's prediction API on loopback, strict with its clients and misbehaving on command."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from tests.fakes.anthropic.hosting import Call, HostedStandin, drop
from tests.fakes.replicate.rules import VERSIONS, Refused, check_creation, check_token, hold_seconds

TOKEN = "r8_StandIn0123456789abcdefghijklmnopqrs"
PASSAGE = "The lamp goes out. Something breathes in the dark. Who lights a match?"
TITLES = {402: "Insufficient credit", 429: "Too many requests", 500: "Internal server error"}


@dataclass(frozen=True, slots=True)
class Answer:
    """How one prediction goes. By default well, at once.

    `status`: the creation itself is refused with it. `polls`: so many looks find it unfinished, with `partial` as its
    output so far; None: it never finishes. `fails`: it ends as failed with this error. `breaks_after`: its stream goes
    wrong after so many pieces: an error event, a dropped connection, an end without `done`, silence, `done` with the
    reason "canceled", or an error status instead of a stream.
    """

    text: str = PASSAGE
    status: int = 0
    detail: str = "as you wished"
    retry_after: str = ""
    polls: int | None = 0
    partial: str | None = None
    fails: str = ""
    breaks_after: int | None = None
    breaks_by: Literal["error", "drop", "end", "silence", "cancelled", "status"] = "error"
    seconds_before: float = 0
    seconds_between: float = 0
    hangs: bool = False
    drops: bool = False
    figures: bool = True
    polling_status: int = 0  # looking at the prediction is answered with this


@dataclass(slots=True)
class Prediction:
    id: str
    model: str
    body: dict[str, Any]
    answer: Answer
    status: str = "starting"
    looks: int = 0
    output: list[str] | None = None
    extra: dict[str, Any] = field(default_factory=dict)


class ReplicateStandin(HostedStandin[Answer]):
    """`with ReplicateStandin() as provider: Client(api_token=TOKEN, base_url=provider.base_url)`."""

    def __init__(self, tokens: frozenset[str] = frozenset({TOKEN})) -> None:
        super().__init__(Answer())
        self.predictions: dict[str, Prediction] = {}
        self._tokens = tokens
        self._numbers = itertools.count(1)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/models/{owner}/{name}/predictions", self._create),
            web.post("/v1/predictions", self._create),
            web.get("/v1/predictions/{id}", self._look),
            web.post("/v1/predictions/{id}/cancel", self._cancel),
            web.get("/stream/{id}", self._stream),
        ]

    async def _create(self, request: web.Request) -> web.StreamResponse:
        call = await self.noted(request)
        match = request.match_info
        try:
            check_token(call.headers, self._tokens)
            body = call.body if isinstance(call.body, dict) else {}
            model = (
                f"{match['owner']}/{match['name']}" if match else VERSIONS.get(body.get("version", ""), "")
            )
            check_creation(call.body, model)
            hold = hold_seconds(call.headers)
        except Refused as refusal:
            self.mark(call, "refused", str(refusal))
            return _problem(refusal.status, str(refusal), refusal.title)
        answer = self._behaviours.take()
        if answer.hangs:
            await asyncio.Event().wait()
        if answer.seconds_before:
            await asyncio.sleep(answer.seconds_before)
        if answer.drops:
            self.mark(call, "dropped")
            drop(request)
            return web.Response()
        if answer.status:
            self.mark(call, "failed", str(answer.status))
            return _problem(answer.status, answer.detail, retry_after=answer.retry_after)
        made = Prediction(f"p{next(self._numbers)}", model, call.body, answer)
        self.predictions[made.id] = made
        if hold:
            self._advance(made)
        self.mark(call, "answered")
        return web.json_response(self._shown(made), status=201)

    async def _look(self, request: web.Request) -> web.StreamResponse:
        call = await self.noted(request)
        made = self._found(call, request)
        if made is None:
            return _problem(404, "The requested resource could not be found.", "Not found")
        if made.answer.polling_status:
            self.mark(call, "failed", str(made.answer.polling_status))
            return _problem(made.answer.polling_status, made.answer.detail)
        self._advance(made)
        self.mark(call, "answered")
        return web.json_response(self._shown(made))

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        call = await self.noted(request)
        made = self._found(call, request)
        if made is None:
            return _problem(404, "The requested resource could not be found.", "Not found")
        if made.status in ("starting", "processing"):
            made.status = "canceled"
        self.mark(call, "answered")
        return web.json_response(self._shown(made))

    def _found(self, call: Call, request: web.Request) -> Prediction | None:
        try:
            check_token(call.headers, self._tokens)
        except Refused as refusal:
            self.mark(call, "refused", str(refusal))
            return None
        made = self.predictions.get(request.match_info["id"])
        if made is None:
            self.mark(call, "refused", "unknown prediction")
        return made

    def _advance(self, made: Prediction) -> None:
        """One look further: finished when enough have looked."""
        answer = made.answer
        if made.status not in ("starting", "processing"):
            return
        if answer.polls is None or made.looks < answer.polls:
            made.looks += 1
            made.status = "processing"
            made.output = None if answer.partial is None else [answer.partial]
            return
        made.status = "failed" if answer.fails else "succeeded"
        words = answer.text.split(" ")[: made.body["input"].get("max_tokens", 512)]
        made.output = [w if i == 0 else f" {w}" for i, w in enumerate(words)] if answer.text else []

    def _shown(self, made: Prediction) -> dict[str, Any]:
        base = f"{self.base_url}/v1/predictions/{made.id}"
        urls = {"get": base, "cancel": f"{base}/cancel"}
        if made.body.get("stream"):
            urls["stream"] = f"{self.base_url}/stream/{made.id}"
        done = made.status in ("succeeded", "failed", "canceled")
        figures = {
            "input_token_count": len(made.body["input"]["prompt"]) // 4,
            "output_token_count": len(made.output or []),
            "predict_time": 0.5,
        }
        return {
            "id": made.id,
            "model": made.model,
            "version": "hidden",
            "input": made.body["input"],
            "logs": "",
            "output": made.output,
            "error": made.answer.fails if made.status == "failed" else None,
            "status": made.status,
            "created_at": "2026-11-25T18:00:00Z",
            "started_at": "2026-11-25T18:00:01Z" if done else None,
            "completed_at": "2026-11-25T18:00:02Z" if done else None,
            "data_removed": False,
            "metrics": figures if done and made.answer.figures else {},
            "urls": urls,
        }

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        call = await self.noted(request)
        made = self.predictions.get(request.match_info["id"])
        if (
            made is None
            or not made.body.get("stream")
            or "event-stream" not in call.headers.get("accept", "")
        ):
            self.mark(call, "refused", "no such stream")
            return _problem(404, "The requested resource could not be found.", "Not found")
        answer = made.answer
        if answer.breaks_by == "status" and answer.breaks_after is not None:
            self.mark(call, "failed", "status")
            return _problem(500, answer.detail)
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        numbers = itertools.count()

        async def send(kind: str, data: str) -> None:
            lines = "".join(f"data: {line}\n" for line in data.split("\n"))
            await response.write(f"event: {kind}\nid: 1764093600:{next(numbers)}\n{lines}\n".encode())

        self._advance_to_end(made)
        for sent, piece in enumerate(made.output or []):
            if sent == answer.breaks_after:
                break
            if answer.seconds_between:
                await asyncio.sleep(answer.seconds_between)
            await send("output", piece)
        if answer.breaks_after is None:
            await send("done", '{"reason": "error"}' if answer.fails else "{}")
            self.mark(call, "answered")
            return response
        if answer.breaks_by == "silence":
            await asyncio.Event().wait()
        self.mark(call, "failed", answer.breaks_by)
        if answer.breaks_by == "error":
            await send("error", json.dumps({"detail": answer.detail}))
        elif answer.breaks_by == "cancelled":
            await send("done", '{"reason": "canceled"}')
        elif answer.breaks_by == "drop":
            drop(request)
        return response

    def _advance_to_end(self, made: Prediction) -> None:
        """A stream that goes well ends its prediction; one that breaks leaves it at work."""
        answer = made.answer
        while made.status in ("starting", "processing") and answer.polls is not None:
            self._advance(made)
        if answer.breaks_after is not None:
            made.status = "processing"


def _problem(status: int, detail: str, title: str = "", retry_after: str = "") -> web.Response:
    body = {"title": title or TITLES.get(status, "Error"), "detail": detail, "status": status}
    headers = {"retry-after": retry_after} if retry_after else {}
    return web.json_response(body, status=status, headers=headers, content_type="application/problem+json")
