"""A small API on loopback that follows docs/wire.md with scripted answers: no rules, no store, no dice.

Tests set the stage (`api.view`, `api.legal`), push feed rows (`api.feed`), inject faults (`api.fail`) and read what the
bot asked for (`api.calls`).
"""

from __future__ import annotations

import asyncio
import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.bot.canned_controls import controls
from tests.bot.canned_links import links_answer
from tests.bot.canned_parts import memories, parts
from tests.bot.canned_stage import Refusal, Session, Stage, now, ulid

Json = dict[str, Any]
PREFIX = "/api/v1/"
SERVICE_TOKEN = "service-token"
HEROES = [
    {"key": "mara", "name": "Mara Quill", "summary": "A fighter who owes the wrong people money."},
    {"key": "bram", "name": "Bram Oake", "summary": "A healer with a past in the salt mines."},
]
CLASSES = [
    {"key": "fighter", "name": "Fighter", "summary": "Stands in front."},
    {"key": "healer", "name": "Healer", "summary": "Stands behind, with bandages."},
]
ORIGINS = [{"key": "exile", "name": "Exile", "summary": "Far from home."}]
CAMPAIGNS = [{"key": "drowned_bell", "name": "The Drowned Bell", "summary": "A bell rings under the lake."}]


@dataclass
class Call:
    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]
    status: int = 0

    @property
    def acting(self) -> str:
        return self.headers.get("X-Act-For", "")

    @property
    def key(self) -> str:
        return self.headers.get("Idempotency-Key", "")


class CannedApi(Stage):
    """`async with CannedApi() as api`; base URL in `api.url`, also for streams."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.surfaces: dict[str, Json] = {}
        self.characters: dict[str, Json] = {}
        self.calls: list[Call] = []
        self.heroes, self.campaigns = copy.deepcopy(HEROES), copy.deepcopy(CAMPAIGNS)
        self.classes, self.origins = copy.deepcopy(CLASSES), copy.deepcopy(ORIGINS)
        self.parts: dict[str, Json] = parts()
        self.memories: list[Json] = memories()
        self.refusals: dict[str, Refusal] = {}  # by "POST action" and the like
        self.faults: list[tuple[str, re.Pattern[str], int, Callable[[Call], bool]]] = []
        self.keys: dict[str, tuple[int, Json]] = {}
        self.changed = asyncio.Condition()
        self.lag = 0.0  # seconds before each answer
        self.acted = 0
        self.stream_heads: list[dict[str, str]] = []
        self.stream_status = 200
        self.deaf = False  # wake-ups are lost
        self._streams: set[asyncio.Queue[str]] = set()
        self._runner: web.AppRunner | None = None
        self._port = 0

    # --- running -------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> CannedApi:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get(PREFIX + "stream", self._stream)
        app.router.add_route("*", PREFIX + "{path:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        self.drop_streams()
        if self._runner is not None:
            await self._runner.cleanup()

    def env(self) -> dict[str, str]:
        return {"API_BASE_URL": self.url, "STREAM_BASE_URL": self.url, "BOT_SERVICE_TOKEN": SERVICE_TOKEN}

    async def until(
        self, condition: Callable[[], Any], timeout: float = 10, what: str = "", *, poll: bool = False
    ) -> Any:
        """Wait until something that a call or a push changes is so; `poll` looks by itself now and then."""
        async with self.changed:
            try:
                async with asyncio.timeout(timeout):
                    while not condition():
                        if poll:
                            self.changed.notify_all()
                            self.changed.release()
                            try:
                                await asyncio.sleep(0.01)
                            finally:
                                await self.changed.acquire()
                        else:
                            await self.changed.wait()
            except TimeoutError:
                recent = [(c.method, c.path, c.status) for c in self.calls[-8:]]
                raise AssertionError(f"never: {what or condition}; last calls {recent}") from None
        return condition()

    async def tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def calls_to(self, method: str, path: str) -> list[Call]:
        return [c for c in self.calls if c.method == method and re.fullmatch(path, c.path)]

    def fail(
        self, method: str, path: str, status: int, times: int = 1, when: Callable[[Call], bool] = bool
    ) -> None:
        """Answer the next `times` matching calls with this status (0: drop the line after doing the work)."""
        for _ in range(times):
            self.faults.append((method, re.compile(path), status, when))

    @property
    def followers(self) -> int:
        """How many hold the multiplexed stream open."""
        return len(self._streams)

    def publish(self, event: str, data: Json, ident: str = "") -> None:
        if self.deaf:
            return
        head = f"id: {ident}\n" if ident else ""
        for queue in self._streams:
            queue.put_nowait(f"{head}event: {event}\ndata: {json.dumps(data)}\n\n")

    def drop_streams(self) -> None:
        """End every stream, as a restart of the stream process would."""
        for queue in self._streams:
            queue.put_nowait("")

    def expire_leases(self) -> None:
        """As if enough time had passed since the holder was last heard of."""
        for surface in self.surfaces.values():
            surface["lease_until"] = None

    # --- HTTP ----------------------------------------------------------------------------------------------------

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self.stream_heads.append(dict(request.headers))
        if self.stream_status != 200:
            return web.Response(status=self.stream_status)
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._streams.add(queue)
        await self.tell()
        try:
            await answer.write(b": welcome\n\n")
            while chunk := await queue.get():
                await answer.write(chunk.encode())
        except ConnectionError:
            return answer
        finally:
            self._streams.discard(queue)
        return answer

    async def _handle(self, request: web.Request) -> web.Response:
        raw = await request.read()
        body = json.loads(raw) if raw else None
        call = Call(
            request.method,
            request.path.removeprefix(PREFIX),
            dict(request.query),
            body,
            dict(request.headers),
        )
        self.calls.append(call)
        if self.lag:
            await asyncio.sleep(self.lag)
        fault = next(
            (f for f in self.faults if f[0] == call.method and f[1].search(call.path) and f[3](call)), None
        )
        if fault is not None:
            self.faults.remove(fault)
            if fault[2]:
                return await self._answer(call, fault[2], None, Refusal(fault[2], "unavailable", "injected"))
        try:
            status, result = self._keyed(call)
        except Refusal as refusal:
            return await self._answer(call, refusal.status, None, refusal)
        if fault is not None and request.transport is not None:
            request.transport.close()
        return await self._answer(call, status, result, None)

    async def _answer(self, call: Call, status: int, result: Any, refusal: Refusal | None) -> web.Response:
        call.status = status
        await self.tell()
        error = refusal and {"code": refusal.code, "message": refusal.message, "details": refusal.details}
        envelope = {
            "app": "Code of Conquest",
            "version": "0",
            "status": status,
            "timestamp": now(),
            "request_id": call.headers.get("X-Request-ID"),
            "result": result,
            "error": error,
        }
        return web.json_response(envelope, status=status)

    def _keyed(self, call: Call) -> tuple[int, Any]:
        if call.headers.get("Authorization") != f"Bearer {SERVICE_TOKEN}":
            raise Refusal(401, "unauthenticated")
        ident = f"{call.acting} {call.path} {call.key}"
        if call.key and ident in self.keys:
            return self.keys[ident]
        scripted = self.refusals.get(f"{call.method} {call.path.split('/')[-1]}")
        if scripted is not None:
            raise scripted
        done = self._route(call)
        if call.key:
            self.keys[ident] = done
        return done

    def _route(self, call: Call) -> tuple[int, Any]:
        if (of_links := links_answer(call.method, call.path, call.body)) is not None:
            return of_links
        match (call.method, *call.path.split("/")):
            case ("GET", "heroes"):
                return 200, {"items": self.heroes}
            case ("GET", "classes"):
                return 200, {"items": self.classes}
            case ("GET", "origins"):
                return 200, {"items": self.origins}
            case ("POST", "characters", ident, "choose"):
                self.characters[ident]["chosen_at"] = now()
                return 200, self.characters[ident]
            case ("GET", "campaigns"):
                return 200, {"items": self.campaigns}
            case ("GET", "characters"):
                return 200, {"items": [c for c in self.characters.values() if c["user_id"] == call.acting]}
            case ("GET", "characters", ident):
                return 200, self.characters.get(ident) or self.sheet(ident, "Hero", call.acting)
            case ("GET", "characters", _, part) if part in self.parts:
                return 200, copy.deepcopy(self.parts[part])
            case ("POST", "characters", _, part) if part in self.parts:
                return 200, {"events": [], part: copy.deepcopy(self.parts[part])}
            case ("POST", "characters"):
                ident = ulid(100 + len(self.characters), "C")
                name = call.body.get("name")
                if name is not None and not all(c.isalpha() or c == " " for c in name):
                    raise Refusal(422, "invalid", field="name", problem="may not hold !")
                if name is None:
                    name = next(h for h in self.heroes if h["key"] == call.body["hero"])["name"]
                self.characters[ident] = self.sheet(ident, name, call.acting)
                return 201, self.characters[ident]
            case ("GET", "sessions"):
                return 200, {"items": self._found(call)}
            case ("POST", "sessions"):
                return 201, self._create(call)
            case ("GET", "account", "usage"):
                today = {"used": 3, "limit": 50, "left": 47, "calls": {"narration": 3}}
                return 200, {"tier": "FREE", "today": today, "days": [], "ceiling_reached": False}
            case ("GET", "surfaces"):
                return 200, {"items": copy.deepcopy(list(self.surfaces.values()))}
            case ("POST", "surfaces", ident, "lease"):
                return 200, self.take_lease(self.surfaces[ident], call.body)
            case ("PATCH", "surfaces", ident):
                return 200, self.write_surface(self.surfaces[ident], call.body)
            case (_, "sessions", ident, *rest):
                session = self.sessions.get(ident)
                if session is None:
                    raise Refusal(404, "not_found")
                return self._session(call, session, rest)
        raise Refusal(404, "not_found", call.path)

    def _memory(self, call: Call, memory_id: str) -> Any:
        memory = next((m for m in self.memories if m["id"] == memory_id), None)
        if memory is None:
            raise Refusal(404, "not_found", call.path)
        if call.method == "DELETE":
            return {**memory, "state": "forgotten"}
        return {**memory, **(call.body or {}), "corrects": "m0" if (call.body or {}).get("text") else None}

    def _session(self, call: Call, session: Session, rest: list[str]) -> tuple[int, Any]:
        view = session.view
        match (call.method, *rest):
            case ("GET",):
                legal = session.legal if call.query.get("character_id") else []
                return 200, copy.deepcopy(view | {"legal": legal})
            case ("GET", "events"):
                after, limit = int(call.query.get("after", 0)), int(call.query.get("limit", 100))
                if after < session.floor:
                    raise Refusal(410, "gone", feed_floor=session.floor)
                rows = [r for r in session.rows if r["seq"] > after][:limit]
                return 200, {"items": rows, "last_seq": len(session.rows)}
            case ("GET", "turns"):
                return 200, {"items": session.turns, "next_cursor": None}
            case ("GET", "lore"):
                name = call.query["item"]
                return 200, {"item": "lamp", "name": name, "text": "A lamp of green glass.", "teller": "storyteller",
                             "facts": []}  # fmt: skip
            case ("GET", "journal"):
                return 200, copy.deepcopy(self.parts["journal"])
            case ("GET", "memories"):
                found = [m for m in self.memories if call.query.get("q", "") in m["text"]]
                cursor = None if "cursor" in call.query else "WzEsICJtMSJd"
                return 200, {"items": found, "next_cursor": cursor, "pins": 0, "most_pins": 20}
            case ("POST", "memories"):
                return 201, {
                    **self.memories[0],
                    "id": "m9",
                    "text": call.body["text"],
                    "source": "pin",
                    "by": "Ana",
                }
            case (_, "memories", memory_id):
                return 200, self._memory(call, memory_id)
            case ("GET", "recap"):
                return 200, {
                    "title": "Previously",
                    "so_far": ["A bell rang."],
                    "last_choice": "",
                    "quest": "",
                    "threat": "",
                }
            case ("PATCH", "settings"):
                view["settings"] = {**view["settings"], **call.body}
                return 200, copy.deepcopy(view)
            case ("POST", "join"):
                member = self.member(
                    call.acting.removeprefix("discord:"),
                    call.headers.get("X-Act-Name", "Friend"),
                    len(view["party"]),
                )
                member["character_id"] = call.body["character_id"]
                view["party"].append(member)
                self._push(
                    session,
                    {
                        "type": "member_joined",
                        "character_id": member["character_id"],
                        "name": member["name"],
                        "player_name": member["player_name"],
                        "user_id": "",
                    },
                )
                return 200, copy.deepcopy(view)
            case ("POST", "leave"):
                view["party"] = [m for m in view["party"] if m["act_for"] != call.acting]
                self._push(session, {"type": "member_left", "character_id": "", "name": ""})
                return 200, copy.deepcopy(view)
            case ("POST", "begin"):
                asyncio.get_running_loop().create_task(self.begin(session))
                return 200, copy.deepcopy(view)
            case ("POST", "end"):
                view["status"], view["turn"], view["seed"] = "completed", None, "feed"
                self._push(
                    session,
                    {
                        "type": "session_ended",
                        "ending": None,
                        "ending_name": "Left unfinished",
                        "reason": "host",
                    },
                )
                return 200, copy.deepcopy(view)
            case ("POST", "action"):
                return 202, self._act(call, session)
            case ("POST", "chat"):
                who = next((m for m in view["party"] if m["act_for"] == call.acting), {})
                self._push(
                    session,
                    {
                        "type": "chat_said",
                        "user_id": "",
                        "name": who.get("player_name", "?"),
                        "character_name": who.get("name", ""),
                        "text": call.body["text"],
                        "source": call.acting.split(":")[0],
                    },
                )
                return 200, {}
            case ("POST", "rolls"):
                dice = [{"face": 6}, {"face": 3}, {"face": 1, "dropped": True}]
                tree = {"type": "dice", "total": 9, "text": "3d6kh2", "sides": 6, "dice": dice}
                rolled = {"expression": call.body["expression"], "total": 9, "natural": None, "tree": tree}
                rolled["detail"] = "3d6kh2 [6, 3, (1)] = 9"
                self._push(session, {"type": "dice_rolled", "name": "Ana", **rolled})
                return 200, rolled
        found = controls(self, call, session, rest)
        if found is not None:
            return found
        raise Refusal(404, "not_found", call.path)

    def _push(self, session: Session, event: Json) -> None:
        asyncio.get_running_loop().create_task(self.feed(session, event))

    def _act(self, call: Call, session: Session) -> Json:
        view, turn = session.view, session.view["turn"]
        if turn is None:
            raise Refusal(409, "not_started")
        if call.body["seen_turn"] != turn["number"]:
            raise Refusal(
                409, "stale_turn", "The turn is over.", legal=session.legal, current_turn=turn["number"]
            )
        self.acted += 1
        member = next(m for m in view["party"] if m["character_id"] == call.body["character_id"])
        member["stated"] = True
        turn["waiting_for"] = [c for c in turn["waiting_for"] if c != member["character_id"]]
        self._push(
            session,
            {
                "type": "action_stated",
                "turn_id": turn["id"],
                "turn_number": turn["number"],
                "character_id": member["character_id"],
                "character_name": member["name"],
                "text": call.body.get("text") or call.body["kind"],
                "button": call.body["kind"] != "free",
                "waiting_for": turn["waiting_for"],
            },
        )
        return {
            "job_id": "narrate-1-1",
            "status": "queued",
            "turn_id": turn["id"],
            "turn_number": turn["number"],
            "state": "accepted",
            "events": [],
            "waiting_for": turn["waiting_for"],
            "session": copy.deepcopy(view),
        }

    def _found(self, call: Call) -> list[Json]:
        channel = call.query.get("channel")
        keys = ("id", "status", "campaign", "campaign_name", "host_name")
        out = []
        for surface in self.surfaces.values():
            view = self.sessions[surface["session_id"]].view
            places = (surface["address"].get("channel_id"), surface["address"].get("thread_id"))
            mine = any(m["act_for"] == call.acting for m in view["party"])
            if channel in places if channel else mine:
                out.append({k: view[k] for k in keys})
        return out

    def _create(self, call: Call) -> Json:
        number = len(self.sessions) + 1
        place = call.body["surface"]
        name = call.headers.get("X-Act-Name", "Host")
        session = self.add_session(
            place["channel_id"],
            place["guild_id"],
            [(call.acting.removeprefix("discord:"), name)],
            status="lobby",
            number=number,
        )
        session.view["party"][0]["character_id"] = call.body["character_id"]
        self._push(session, {"type": "session_created"})
        return copy.deepcopy(session.view)
