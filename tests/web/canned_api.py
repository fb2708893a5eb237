"""A small API that answers as docs/wire.md says, from memory, for the website's tests: no network, no store."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

EVIL = "<script>alert(1)</script> {{ 7*7 }} @everyone **x** \u202egnp.exe a\u0301\u0301\u0301\u0301\u0301"
PASSWORD = "three words here"
LETTER = {
    "id": "01LETTER",
    "to": "ann@example.org",
    "subject": "Confirm <b>your</b> address",
    "date": "Wed, 25 Nov 2026",
    "text": "Open http://web.test/verify?token=abc and <script>alert(1)</script>",
}

TIER = {
    "tier": "BASIC", "name": "Basic", "summary": "A few heroes.", "price_usd": 4.99, "ai_calls_a_day": 200,
    "log_days": 14, "characters": 3, "party": 2, "market": False, "priority_listings": False, "early_access": False,
    "source": "operator", "since": "2026-11-01T00:00:00.000Z", "until": "2026-12-01T00:00:00.000Z",
    "used": {"characters": 1, "characters_left": 2},
}  # fmt: skip


def hero(**changes: Any) -> dict[str, Any]:
    base = {
        "id": "01HERO",
        "name": "Isaure Venn",
        "class_name": "Vanguard",
        "origin_name": "Noble Exile",
        "want": "her family's seal back",
        "level": 2,
        "stats": {
            "strength": 14,
            "dexterity": 10,
            "constitution": 13,
            "intelligence": 9,
            "wisdom": 11,
            "charisma": 12,
        },
        "hp": 18,
        "hp_max": 24,
        "mp": 4,
        "mp_max": 6,
        "evade": 14,
        "gold": 31,
        "abilities": [
            {"key": "shield_wall", "name": "Shield Wall", "summary": "Stands before a friend.", "cost_mp": 2}
        ],
        "inventory": [
            {"item": "torch", "name": "Torch", "quantity": 3, "kind": "tool", "summary": "Burns an hour."}
        ],
        "seated_in": "01SESSION",
    }
    return {**base, **changes}


def login(login_id: str, device: str, current: bool) -> dict[str, Any]:
    seen = "2026-11-25T18:00:00.000Z"
    return {"id": login_id, "device": device, "created_at": seen, "last_seen_at": seen, "current": current}


def turn(number: int, prose: str | None, **changes: Any) -> dict[str, Any]:
    base = {
        "id": f"01TURN{number}",
        "turn": number,
        "dm_response": prose,
        "narrated_with": None,
        "combat_log": [],
        "state": "narrated" if prose else "resolved",
        "entries": [{"character_id": "01HERO", "character_name": "Isaure Venn", "action": f"deed {number}"}]
        if number
        else [],
    }
    return {**base, **changes}


class CannedApi:
    """Use `transport` as the network. `requests` holds what was asked; change the lists to change the answers."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.down = False
        self.mail = True
        self.tokens = {"good-token"}
        self.links = {"good-link"}
        self.logins = [login("a" * 36, "Firefox on Linux", True), login("b" * 36, "Safari on iPhone", False)]
        self.heroes = [hero()]
        self.turns = [turn(n, f"Passage {n}.\n\nIts second paragraph.") for n in range(30)]
        self.health: dict[str, Any] = {"store": "ok", "queues": {"ai_tasks": 2}, "narrator": "storyteller"}
        self.transport = httpx.MockTransport(self._answer)

    def last(self, path: str) -> httpx.Request:
        """The latest request for a path below /api/v1."""
        return next(r for r in reversed(self.requests) if r.url.path == f"/api/v1/{path}")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.down:
            raise httpx.ConnectError("connection refused", request=request)
        path = request.url.path.removeprefix("/api/v1/")
        body = json.loads(request.content) if request.content else {}
        public: dict[tuple[str, str], Callable[[], httpx.Response]] = {
            ("GET", "health"): lambda: reply(200 if self.health["store"] == "ok" else 503, self.health),
            ("GET", "campaigns"): lambda: listing(
                [{"key": "lamp", "name": "The Lamp", "summary": "A dark coast."}]
            ),
            ("POST", "auth/login"): lambda: self._login(body),
            ("POST", "auth/register"): lambda: self._register(body),
            ("POST", "auth/forgot-password"): lambda: reply(202, {"status": "letter_sent"}),
            ("POST", "auth/verify-email"): lambda: self._with_link(body),
            ("POST", "auth/reset-password"): lambda: self._with_link(body),
            ("GET", "dev/outbox"): lambda: listing([{**LETTER, "text": ""}]),
            ("GET", "dev/outbox/01LETTER"): lambda: reply(200, LETTER),
        }
        if not self.mail and path in ("auth/register", "auth/forgot-password"):
            return refuse(409, "no_mail", "This installation sends no e-mail.")
        if found := public.get((request.method, path)):
            return found()
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return refuse(401, "unauthenticated", "Sign in first.")
        return self._private(request, path, body)

    def _private(self, request: httpx.Request, path: str, body: dict[str, Any]) -> httpx.Response:
        view = {
            "id": "01SESSION",
            "campaign_name": "The Lamp",
            "status": "active",
            "party": self.heroes,
            "ending": None,
        }
        view["seed_hash"] = "9f2c" * 16
        match (request.method, path):
            case ("POST", "auth/logout"):
                return reply(200, {})
            case ("GET", "auth/me"):
                return reply(200, {"name": "Ann", "email": "ann@example.org", "verified": True})
            case ("POST", "auth/change-password"):
                return self._again(body, "current_password")
            case ("POST", "auth/change-email"):
                return self._again(body, "password")
            case ("GET", "links"):
                return reply(200, {"items": [], "requests": []})
            case ("GET", "account/delete"):
                return reply(200, {"asked_at": None, "leaves_at": None})
            case ("GET", "account/tier"):
                return reply(200, TIER)
            case ("GET", "account/sessions"):
                return listing(self.logins)
            case ("DELETE", "account/sessions"):
                if request.url.params.get("except") == "current":
                    self.logins = [one for one in self.logins if one["current"]]
                else:
                    self.tokens.clear()
                return reply(200, {})
            case ("DELETE", _) if path.startswith("account/sessions/"):
                self.logins = [one for one in self.logins if one["id"] != path.rpartition("/")[2]]
                return reply(200, {})
            case ("GET", "characters"):
                return listing(self.heroes)
            case ("POST", "characters") if body.get("name") == "":
                return refuse(
                    422, "invalid", "Invalid.", {"field": "name", "problem": "A name has 1 to 40 letters."}
                )
            case ("POST", "characters"):
                self.heroes.append(hero(id="01NEW", name=body.get("name") or "Nell Tarrow"))
                return reply(201, self.heroes[-1])
            case ("GET", "heroes" | "classes" | "origins"):
                return listing([{"key": f"{path}_one", "name": f"One of {path}", "summary": "Fits."}])
            case ("GET", "sessions"):
                return listing([view])
            case ("GET", "sessions/01SESSION"):
                return reply(200, view)
            case ("GET", "sessions/01SESSION/recap"):
                return reply(
                    200, {"title": "Last night", "so_far": ["You came ashore."], "threat": "The tide rises."}
                )
            case ("GET", "sessions/01SESSION/turns"):
                return self._page(request)
            case ("GET", "sessions/01OTHERS"):
                return refuse(403, "forbidden", "Only its members may read this.")
        return refuse(404, "not_found", "There is no such thing.")

    def _page(self, request: httpx.Request) -> httpx.Response:
        newest_first = list(reversed(self.turns))
        start, limit = int(request.url.params.get("cursor", 0)), int(request.url.params["limit"])
        more = start + limit < len(newest_first)
        page = {
            "items": newest_first[start : start + limit],
            "next_cursor": str(start + limit) if more else None,
        }
        return reply(200, page)

    def _login(self, body: dict[str, Any]) -> httpx.Response:
        if body.get("password") != PASSWORD:
            return refuse(401, "unauthenticated", "Wrong.")
        if body.get("email") == "new@example.org":
            return refuse(403, "email_unverified", "Confirm your address first.")
        return reply(200, {"user": {"name": "Ann"}, "token": "good-token", "device": "a-device"})

    def _register(self, body: dict[str, Any]) -> httpx.Response:
        if len(body.get("password", "")) < 10:
            problem = {"field": "password", "problem": "A password has at least 10 characters."}
            return refuse(422, "invalid", "Invalid.", problem)
        return reply(202, {"status": "letter_sent"})

    def _with_link(self, body: dict[str, Any]) -> httpx.Response:
        """Confirming an address and choosing a new password: the link counts once."""
        if body.get("token") not in self.links:
            problem = {"field": "token", "problem": "is not valid any more; ask for a new letter"}
            return refuse(422, "invalid", "Invalid.", problem)
        if "password" in body and len(body["password"]) < 10:
            problem = {"field": "password", "problem": "must have 10 to 200 characters"}
            return refuse(422, "invalid", "Invalid.", problem)
        self.links.remove(body["token"])
        return reply(200, {"device": "a-device"})

    def _again(self, body: dict[str, Any], field: str) -> httpx.Response:
        if body.get(field) != PASSWORD:
            return refuse(422, "invalid", "Invalid.", {"field": field, "problem": "is wrong"})
        return reply(200, {})


def reply(status: int, result: Any, error: dict[str, Any] | None = None) -> httpx.Response:
    envelope = {
        "app": "Code of Conquest",
        "version": "0",
        "status": status,
        "request_id": "r",
        "timestamp": "t",
    }
    return httpx.Response(status, json={**envelope, "result": result, "error": error})


def listing(items: list[dict[str, Any]]) -> httpx.Response:
    return reply(200, {"items": items})


def refuse(status: int, code: str, message: str, details: dict[str, Any] | None = None) -> httpx.Response:
    return reply(status, None, {"code": code, "message": message, "details": details or {}})
