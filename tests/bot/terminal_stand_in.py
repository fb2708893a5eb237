"""A table on loopback that follows docs/wire.md for one party: scripted answers, no rules, real HTTP and streams."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from bot.api_client import Player
from bot.table_terminal.table import Seat
from tests.bot.canned_links import links_answer
from tests.bot.canned_parts import memories

Json = dict[str, Any]
SESSION = "01SESSION"
HEROES = [
    {
        "key": "nell",
        "name": "Nell Tarrow",
        "summary": "Small and fast.",
        "class_name": "Vanguard",
        "want": "to rest",
    },
    {
        "key": "pim",
        "name": "Pim Cardew",
        "summary": "Talks to flames.",
        "class_name": "Lampwright",
        "want": "a name",
    },
]
SUGGESTED = [{"id": "search", "label": "Search the shelves"}, {"id": "leave", "label": "Climb the stairs"}]


def legal(*more: Json) -> list[Json]:
    rows = [{"kind": "affordance", "id": s["id"], "label": s["label"], "targets": []} for s in SUGGESTED]
    rows.append(
        {"kind": "talk", "id": "talk", "label": "Talk", "targets": [{"id": "odile", "name": "Odile"},
                                                                     {"id": "pell", "name": "Pell"}]}
    )  # fmt: skip
    rows += [*more, {"kind": "pass", "id": "pass", "label": "Wait and watch", "targets": []}]
    return [{"cost_mp": 0, "enabled": True, "reason": "", **r} for r in rows]


class StandIn:
    """`async with StandIn() as api`. A beat closes when every hero has spoken; the story is told at once, or, with
    `silent`, when `narrate` is called. `ending` makes the next beat the last."""

    def __init__(self, seats: int = 2) -> None:
        self.party = [
            {"character_id": f"C{n}", "user_id": f"U{n}", "act_for": f"terminal:seat-{n}", "player_name": f"Player {n}",
             "name": HEROES[n - 1]["name"], "level": 1, "hp": 9, "hp_max": 12, "mp": 2, "mp_max": 4, "gold": 5,
             "want": HEROES[n - 1]["want"], "class_name": HEROES[n - 1]["class_name"], "conditions": [], "down": False}
            for n in range(1, seats + 1)
        ]  # fmt: skip
        self.status = "active"
        self.number = 1
        self.stated: dict[str, str] = {}
        self.feed: list[Json] = []
        self.untold: list[str] = []
        self.legal = legal()
        self.refusals: list[tuple[int, Json]] = []  # answers to the next actions and rolls
        self.actions: list[Json] = []
        self.keys: dict[str, Json] = {}
        self.linked: list[tuple[str, str, Json]] = []  # calls about links
        self.silent = False
        self.closed = asyncio.Event()  # a beat has closed
        self.mute = False  # the stream says nothing
        self.ending: str | None = None
        self.memories: list[Json] = memories()
        self.changes: list[tuple[str, str, Json]] = []  # of memories
        self.rows: list[Json] = []  # what GET sessions lists
        self.streams: set[asyncio.Queue[str]] = set()
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def __aenter__(self) -> StandIn:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        app = web.Application()
        base = "/api/v1"
        app.router.add_get(f"{base}/sessions/{SESSION}/stream", self._stream)
        app.router.add_get(f"{base}/sessions/{SESSION}/events", self._events)
        app.router.add_route("*", base + "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        for queue in self.streams:
            queue.put_nowait("")
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # --- the table ---------------------------------------------------------------------------------------------------

    @property
    def turn_id(self) -> str:
        return f"T{self.number}"

    def seats(self) -> list[Seat]:
        return [
            Seat(n, Player(m["act_for"], m["player_name"]), m["character_id"], m["name"])
            for n, m in enumerate(self.party, 1)
        ]

    def view(self) -> Json:
        waiting = [m["character_id"] for m in self.party if m["character_id"] not in self.stated]
        over = self.status == "completed"
        return {
            "id": SESSION, "status": self.status, "campaign": "low", "campaign_name": "The Low Water", "mode": "beats",
            "quest": "Find the bond.", "host": "U1", "seq": len(self.feed), "turn_number": self.number, "clock": 1080,
            "party": [{**m, "stated": m["character_id"] in self.stated} for m in self.party], "encounter": None,
            "scene": {"key": "library", "name": "The Library", "place": "below the quay", "threat": "The tide comes."},
            "turn": None if over else {"id": self.turn_id, "number": self.number, "kind": "beat", "state": "open",
                                       "actor": None, "waiting_for": waiting},
            "suggested": SUGGESTED, "legal": self.legal, "last_narration": {"turn_id": "T0", "text": "It drips."},
            "ending": {"key": self.ending, "name": "Struck Off"} if over else None, "seed_hash": "abc",
            "seed": "5eed" if over else None,
        }  # fmt: skip

    def emit(self, *events: Json) -> None:
        row = {"seq": len(self.feed) + 1, "session_id": SESSION, "at": "", "events": list(events)}
        self.feed.append(row)
        if not self.mute:
            self._push(f"id: {row['seq']}\nevent: feed\ndata: {json.dumps(row)}\n\n")

    def delta(self, turn_id: str, offset: int, text: str, attempt: int = 1) -> None:
        data = {"turn_id": turn_id, "attempt": attempt, "offset": offset, "text": text}
        self._push(f"event: narration_delta\ndata: {json.dumps(data)}\n\n")

    def _push(self, text: str) -> None:
        for queue in self.streams:
            queue.put_nowait(text)

    def narrate(self, text: str = "The shelves sigh.") -> None:
        for turn_id in self.untold:
            self.emit({"type": "turn_narrated", "turn_id": turn_id, "turn_ids": [turn_id], "text": text})
        self.untold = []

    def _act(self, body: Json) -> Json:
        self.actions.append(body)
        hero = next(m for m in self.party if m["character_id"] == body["character_id"])
        text = body.get("text") or next(
            (a["label"] for a in self.legal if a["id"] == body.get("id")), body["kind"]
        )
        self.stated[hero["character_id"]] = text
        left = [m["character_id"] for m in self.party if m["character_id"] not in self.stated]
        stated = {"type": "action_stated", "turn_id": self.turn_id, "turn_number": self.number, "text": text,
                  "character_id": hero["character_id"], "character_name": hero["name"], "waiting_for": left,
                  "button": body["kind"] != "free"}  # fmt: skip
        if left:
            self.emit(stated)
        else:
            self._close(stated)
        return {"session": self.view(), "events": [], "turn_id": self.turn_id, "waiting_for": left}

    def _close(self, stated: Json) -> None:
        names = {m["character_id"]: m["name"] for m in self.party}
        roll = {"rolls": [14], "kept": 14, "modifier": 2, "total": 16, "degree": "success"}
        check = {"type": "check_rolled", "actor": "C1", "actor_name": names["C1"], "stat": "wisdom", "band": "easy",
                 "difficulty": 9, **roll}  # fmt: skip
        deeds = [{"character_id": c, "character_name": names[c], "text": t, "events": [check] if c == "C1" else []}
                 for c, t in self.stated.items()]  # fmt: skip
        resolved = {"type": "turn_resolved", "turn_id": self.turn_id, "turn_number": self.number, "kind": "beat",
                    "scene": "library", "deeds": deeds, "closing": []}  # fmt: skip
        self.untold.append(self.turn_id)
        self.closed.set()
        self.stated = {}
        if self.ending:
            self.status = "completed"
            last = {
                "type": "session_ended",
                "ending": self.ending,
                "ending_name": "Struck Off",
                "reason": "ending",
            }
        else:
            self.number += 1
            last = {
                "type": "turn_opened",
                "turn_id": self.turn_id,
                "turn_number": self.number,
                "kind": "beat",
            }
        self.emit(stated, resolved, last)
        if not self.silent:
            self.narrate()

    # --- HTTP --------------------------------------------------------------------------------------------------------

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        queue: asyncio.Queue[str] = asyncio.Queue()
        if not self.mute:
            for row in self.feed[int(request.headers.get("Last-Event-ID") or 0) :]:
                queue.put_nowait(f"id: {row['seq']}\nevent: feed\ndata: {json.dumps(row)}\n\n")
        self.streams.add(queue)
        try:
            await answer.write(b": hello\n\n")
            while text := await queue.get():
                await answer.write(text.encode())
        except ConnectionError:
            return answer
        finally:
            self.streams.discard(queue)
        return answer

    async def _events(self, request: web.Request) -> web.Response:
        rows = self.feed[int(request.query.get("after") or 0) :]
        return self._ok({"items": rows, "last_seq": len(self.feed)})

    async def _handle(self, request: web.Request) -> web.Response:
        path, body = request.match_info["path"], (await request.json() if request.can_read_body else {})
        key = request.headers.get("Idempotency-Key", "")
        if key in self.keys:
            return self._ok(self.keys[key])
        if path.endswith(("/action", "/rolls")) and self.refusals:
            status, error = self.refusals.pop(0)
            return web.json_response({"result": None, "error": error}, status=status)
        result = self._answer(request.method, path, body)
        if key:
            self.keys[key] = result
        return self._ok(result)

    def _answer(self, method: str, path: str, body: Json) -> Json:
        if (of_links := links_answer(method, path, body)) is not None:
            self.linked.append((method, path, body))
            return of_links[1]
        if path.endswith("/action"):
            return self._act(body)
        if path.endswith("/chat"):
            self.emit({"type": "chat_said", "name": "Player 1", "text": body["text"]})
        if path.endswith("/turns"):
            return {"items": [{"id": t, "state": "resolved"} for t in self.untold]}
        if "/memories" in path:
            return self._memories(method, path, body)
        if path.endswith("/lore"):
            return {
                "item": "lamp",
                "name": "lamp",
                "text": "A lamp of green glass.",
                "facts": ["worn (body)"],
            }
        if path == "account/usage":
            today = {"used": 3, "limit": 50, "left": 47, "calls": {"narration": 3}}
            return {"tier": "FREE", "today": today, "days": [], "ceiling_reached": False}
        if path.endswith("/recap"):
            return {"title": "The Low Water", "so_far": ["It began in a library."], "last_choice": "Search",
                    "quest": "", "threat": "The tide comes."}  # fmt: skip
        if path == "heroes":
            return {"items": HEROES}
        if path == "campaigns":
            return {
                "items": [
                    {"key": "low", "name": "The Low Water", "summary": "A tide.", "quest": "Find the bond."}
                ]
            }
        if path == "sessions" and method == "GET":
            return {"items": self.rows}
        if path.startswith("characters"):
            return self._character(method, path, body)
        if path.endswith("/end"):
            self.status = "completed"
            self.emit({"type": "session_ended", "ending": None, "ending_name": "", "reason": "host"})
        return self.view()

    def _memories(self, method: str, path: str, body: Json) -> Json:
        if method == "GET" and path.endswith("/memories"):
            return {"items": self.memories, "next_cursor": None, "pins": 1, "most_pins": 20}
        found = next((m for m in self.memories if path.endswith(m["id"])), self.memories[0])
        changed = {**found, **(body or {}), **({"state": "forgotten"} if method == "DELETE" else {})}
        if method != "GET":
            self.changes.append((method, path.rpartition("/")[2], body))
            self.emit({"type": "memory_changed", "change": "pinned", "memory": changed, "name": "Player 1"})
        return changed

    def _character(self, method: str, path: str, body: Json) -> Json:
        if path == "characters" and method == "GET":
            return {"items": []}
        if method == "POST":
            index = next(n for n, h in enumerate(HEROES) if h["key"] == body["hero"])
        else:
            index = int(path[-1]) - 1
        return {**self.party[index], "id": f"C{index + 1}", "stats": {}, "abilities": [], "xp": 0, "gold": 5,
                "inventory": [{"item": "letter", "name": "a letter", "quantity": 2, "summary": "Sealed."}]}  # fmt: skip

    def _ok(self, result: Any) -> web.Response:
        return web.json_response({"result": result, "error": None})
