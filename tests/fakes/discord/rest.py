"""The REST front door: reads requests, checks them, lets the routes do the work, checks the answers."""

import json
import logging
import re
from typing import Any

from aiohttp import web

from tests.fakes.discord import (
    routes_channels,
    routes_commands,
    routes_events,
    routes_guild,
    routes_interactions,
    routes_messages,
    routes_shop,
)
from tests.fakes.discord.errors import DiscordError, FormProblem, InvalidForm, TooManyRequests
from tests.fakes.discord.faults import Fault
from tests.fakes.discord.messages import Upload
from tests.fakes.discord.passing_time import catch_up
from tests.fakes.discord.rate_limits import UNLIMITED_HEADERS, Banned, RateLimiter, RateLimits
from tests.fakes.discord.routing import Call, Route, Routes
from tests.fakes.discord.world import World

PREFIX = "/api/v10"
UPLOADS_LIMIT = 10 * 1024 * 1024
BAD_BODY_CODES = (50035, 50006, 50109)
NEEDS_NO_TOKEN = re.compile(r"^/(interactions|webhooks)/|^/gateway$")
HEADERS = {"Via": "1.1 google"}

ROUTES = Routes()
for module in (
    routes_guild,
    routes_events,
    routes_commands,
    routes_messages,
    routes_channels,
    routes_interactions,
    routes_shop,
):
    ROUTES.include(module.routes)


class Rest:
    """Everything below /api/v10."""

    def __init__(self, world: World, limits: RateLimits | None = None) -> None:
        self._world = world
        self.limiter = RateLimiter(world.clock, limits)
        self.calls: list[Call] = []
        self.faults: list[Fault] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one request."""
        call = Call(request.method, request.path.removeprefix(PREFIX), dict(request.query))
        self.calls.append(call)
        catch_up(self._world)
        fault = next((one for one in self.faults if one.takes(call.method, call.path)), None)
        if fault is None or fault.lose_response or fault.after_work:
            try:
                self.limiter.refuse_banned()
                await self._serve(request, call)
            except Banned:
                call.status = 429
                return web.Response(status=429, text="error code: 1015", content_type="text/html")
        if fault is not None and not fault.lose_response:
            call.status = fault.status
            call.answer, more = fault.answer()
            call.headers = {**UNLIMITED_HEADERS, **more}
        self.limiter.note(call.status, call.headers.get("X-RateLimit-Scope"))
        self._check_answer(call)
        self._world.changes.notify()
        if fault is not None and fault.lose_response and request.transport is not None:
            request.transport.abort()
        return _response(call, {**HEADERS, **call.headers})

    async def _serve(self, request: web.Request, call: Call) -> None:
        """Do the work, or find the error that Discord would answer with."""
        try:
            await self._read(request, call)
            call.status, call.answer = self._work(request, call)
        except DiscordError as error:
            call.status, call.answer = error.status, error.json()
            if isinstance(error, TooManyRequests):
                call.headers = {**call.headers, **error.headers()}
            self._note(call, error)
        except Exception as error:
            # Our own mistake. 501 is not retried by discord.py, so that the test fails at once.
            logging.getLogger(__name__).exception("the stand-in failed at %r", call)
            call.status, call.answer = 501, {"message": f"stand-in: {error!r}", "code": 0}
            self._world.violate("stand-in", call.method, call.path, repr(error))

    async def handle_file(self, request: web.Request) -> web.StreamResponse:
        """Serve an attachment."""
        found = self._world.files.get(request.match_info["id"])
        if found is None:
            raise web.HTTPNotFound
        content_type, content = found
        return web.Response(body=content, content_type=content_type.partition(";")[0])

    async def _read(self, request: web.Request, call: Call) -> None:
        """Take in the body: JSON, or a form with `payload_json` and files."""
        kind = request.content_type
        if not request.can_read_body:
            return
        if kind == "application/json":
            call.body = _parsed(await request.text())
        elif kind == "multipart/form-data":
            await self._read_form(request, call)
        elif await request.read():
            problem = "Expected \"Content-Type\" header to be one of {'application/json'}."
            raise InvalidForm([FormProblem((), "CONTENT_TYPE_INVALID", problem)])

    async def _read_form(self, request: web.Request, call: Call) -> None:
        call.body = {}
        form = await request.post()
        for name, value in form.items():
            if name == "payload_json":
                call.body = _parsed(_text(value))
            elif isinstance(value, web.FileField):
                content = value.file.read()
                key = (re.findall(r"\d+", name) or ["0"])[0]
                call.files.append(Upload(key, value.filename, content, value.content_type))
        if sum(len(upload.content) for upload in call.files) > UPLOADS_LIMIT:
            raise DiscordError(413, 40005, "Request entity too large")

    def _work(self, request: web.Request, call: Call) -> tuple[int, Any]:
        world = self._world
        found = ROUTES.find(call.method, call.path)
        if found is not None:
            route, call.params = found
            call.headers = self.limiter.take(route, call)
        authorized = request.headers.get("Authorization") == f"Bot {world.token}"
        if not authorized and not NEEDS_NO_TOKEN.match(call.path):
            raise DiscordError(401, 0, "401: Unauthorized")
        if found is None:
            world.violate("request", call.method, call.path, "the stand-in has no such operation")
            raise DiscordError(404, 0, "404: Not Found")
        self._check_request(route, call)
        return route.handler(world, call)

    def _check_request(self, route: Route, call: Call) -> None:
        """Hold the body against the hand-written rules and the published description."""
        world = self._world
        wants_body = route.rules is not None or call.method == "PATCH"
        if wants_body and not isinstance(call.body, dict | list):
            raise InvalidForm([FormProblem((), "BASE_TYPE_REQUIRED", "This request needs a body")])
        published: list[FormProblem] = []
        if world.contract is not None:
            schema = route.schema(world, call) if route.schema is not None else None
            published = world.contract.request_problems(call.method, call.path, call.body, schema)
        mistyped = any(problem.code == "BASE_TYPE_BAD_TYPE" for problem in published)
        problems = list(route.rules(world, call)) if route.rules is not None and not mistyped else []
        places = {problem.path for problem in problems}
        problems += [problem for problem in published if problem.path not in places]
        if problems:
            raise InvalidForm(problems)

    def _note(self, call: Call, error: DiscordError) -> None:
        """Record a bad body as a violation, and tell an interaction that its answer was turned away."""
        if isinstance(error, InvalidForm):
            for problem in error.problems:
                self._world.violate("request", call.method, call.path, str(problem))
        elif error.code in BAD_BODY_CODES:
            self._world.violate("request", call.method, call.path, error.message)
        routes_interactions.note_refusal(self._world, call, error)

    def _check_answer(self, call: Call) -> None:
        contract = self._world.contract
        if contract is not None and call.status is not None:
            for problem in contract.answer_problems(call.method, call.path, call.status, call.answer):
                self._world.violate("response", call.method, call.path, problem)


def _text(value: str | bytes | bytearray | web.FileField) -> str:
    """A form's field, which arrives in one of several ways depending on its headers."""
    if isinstance(value, web.FileField):
        return value.file.read().decode()
    return value if isinstance(value, str) else bytes(value).decode()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise DiscordError(400, 50109, "The request body contains invalid JSON.") from None


def _response(call: Call, headers: dict[str, str]) -> web.Response:
    """The HTTP answer. Its content type is exactly what discord.py compares with."""
    if call.answer is None:
        return web.Response(status=call.status or 204, headers=headers)
    body = json.dumps(call.answer).encode()
    return web.Response(
        status=call.status or 200, body=body, headers={**headers, "Content-Type": "application/json"}
    )
