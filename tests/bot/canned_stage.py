"""Scripted sessions for tests: what the API would have stored, and the feed rows that tell of it."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]


def ulid(number: int, kind: str = "S") -> str:
    """A 26-character id that reads well in failures."""
    return f"01{kind}{number:023d}"


def now(plus: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=plus)).isoformat(timespec="milliseconds")


class Refusal(Exception):
    def __init__(self, status: int, code: str, message: str = "", **details: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.details = status, code, message, details


@dataclass
class Session:
    view: Json
    rows: list[Json] = field(default_factory=list)
    turns: list[Json] = field(default_factory=list)
    floor: int = 0  # rows up to here were cleared away
    legal: list[Json] = field(default_factory=list)
    retries: int = 0
    slips: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)


class Stage:
    """Sessions by id, and the happenings that a test pushes into their feeds."""

    sessions: dict[str, Session]
    surfaces: dict[str, Json]

    def publish(self, event: str, data: Json) -> None:
        """Send one event to everybody on the multiplexed stream."""
        raise NotImplementedError

    async def tell(self) -> None:
        """Wake those who wait for a change."""
        raise NotImplementedError

    # --- setting the stage -----------------------------------------------------------------------------------------

    def add_session(
        self,
        channel_id: str,
        guild_id: str | None,
        users: list[tuple[str, str]],
        *,
        status: str = "active",
        number: int = 1,
    ) -> Session:
        """A session with one hero for each (Discord user id, name), its surface in this channel."""
        ident = ulid(number)
        party = [self.member(uid, name, n) for n, (uid, name) in enumerate(users)]
        view: Json = {
            "id": ident,
            "status": status,
            "campaign": "drowned_bell",
            "campaign_name": "The Drowned Bell",
            "quest": "Silence the bell under the lake.",
            "mode": "beats",
            "pace": "live",
            "settings": {"tone": "wry", "length": "normal", "rating": "teen", "language": "en"},
            "host": party[0]["user_id"] if party else None,
            "host_name": users[0][1] if users else "",
            "min_players": 1,
            "max_players": 4,
            "seq": 0,
            "party": party,
            "scene": None,
            "turn": None,
            "encounter": None,
            "suggested": [],
            "legal": [],
            "ending": None,
            "seed_hash": "ab12",
            "seed": None,
            "clock": 0,
            "last_narration": None,
        }
        session = Session(view)
        self.sessions[ident] = session
        self.add_surface(ident, guild_id, channel_id)
        return session

    def member(self, user_id: str, name: str, n: int = 0) -> Json:
        return {
            "character_id": ulid(n + 1, "C"),
            "user_id": ulid(n + 1, "U"),
            "player_name": name,
            "act_for": f"discord:{user_id}",
            "name": f"{name}’s hero",
            "class_name": "Fighter",
            "origin_name": "Exile",
            "want": "to go home",
            "level": 1,
            "hp": 14,
            "hp_max": 20,
            "mp": 4,
            "mp_max": 6,
            "conditions": [],
            "down": False,
            "stated": False,
            "gold": 12,
        }

    def add_surface(self, session_id: str, guild_id: str | None, channel_id: str) -> Json:
        surface = {
            "id": session_id.replace("01S", "01F"),
            "session_id": session_id,
            "kind": "discord",
            "cursor": 0,
            "fence": 0,
            "address": {"guild_id": guild_id, "channel_id": channel_id},
            "lease_holder": None,
            "lease_until": None,
            "messages": {},
        }
        self.surfaces[surface["id"]] = surface
        self.sessions[session_id].view["surface"] = surface
        return surface

    async def feed(self, session: Session, *events: Json) -> int:
        """Append one feed row and wake the relay."""
        seq = len(session.rows) + 1
        session.rows.append(
            {"seq": seq, "at": now(), "session_id": session.view["id"], "events": list(events)}
        )
        session.view["seq"] = seq
        self.wake(session)
        await self.tell()
        return seq

    def wake(self, session: Session) -> None:
        self.publish("wake", {"session_id": session.view["id"], "seq": session.view["seq"]})

    async def open_turn(
        self, session: Session, number: int, *, kind: str = "beat", legal: list[Json] | None = None
    ) -> str:
        """A new turn that waits for everyone."""
        turn_id = ulid(number, "T")
        waiting = [m["character_id"] for m in session.view["party"]]
        session.view["turn"] = {
            "id": turn_id,
            "number": number,
            "kind": kind,
            "waiting_for": waiting,
            "actor": None,
            "deadline": now(90),
        }
        session.view["scene"] = session.view["scene"] or {
            "key": "shore",
            "name": "The Black Shore",
            "place": "Lake Ondry",
            "threat": "The bell tolls twice.",
            "number": 1,
        }
        session.legal = legal if legal is not None else session.legal
        await self.feed(
            session,
            {
                "type": "turn_opened",
                "turn_id": turn_id,
                "turn_number": number,
                "kind": kind,
                "actor": None,
                "waiting_for": waiting,
                "deadline": now(90),
            },
        )
        return turn_id

    async def begin(self, session: Session) -> None:
        """The lobby is over: opening, first turn."""
        if not session.rows:
            await self.feed(session, {"type": "session_created"})
        session.view["status"] = "active"
        opening = ulid(0, "T")
        session.view["suggested"] = [
            {"id": "search_boats", "label": "Search the boats"},
            {"id": "call_out", "label": "Call across the water"},
        ]
        await self.feed(session, {"type": "session_begun", "turn_id": opening})
        await self.feed(
            session,
            {
                "type": "turn_narrated",
                "turn_id": opening,
                "turn_ids": [opening],
                "turn_number": 0,
                "kind": "opening",
                "text": "The lake lies black. Something rings below.",
                "narrator": "storyteller",
            },
        )
        await self.open_turn(session, 1)

    async def resolve(self, session: Session, number: int, *, total: int = 16) -> str:
        """Turn `number` is resolved by one search, and the next turn opens in the same commit."""
        turn_id, hero = ulid(number, "T"), session.view["party"][0]
        check = {
            "type": "check_rolled",
            "actor": hero["character_id"],
            "actor_name": hero["name"],
            "stat": "wisdom",
            "band": "medium",
            "difficulty": 12,
            "rolls": [total - 2],
            "kept": total - 2,
            "modifier": 2,
            "total": total,
            "degree": "success" if total >= 12 else "failure",
        }
        deed = {
            "character_id": hero["character_id"],
            "character_name": hero["name"],
            "text": "I search the boats",
            "events": [check],
        }
        session.turns.insert(
            0,
            {
                "id": turn_id,
                "turn": number,
                "entries": [],
                "events": [check],
                "combat_log": [],
                "state": "resolved",
                "kind": "beat",
            },
        )
        await self.feed(
            session,
            {
                "type": "turn_resolved",
                "turn_id": turn_id,
                "turn_number": number,
                "kind": "beat",
                "scene": "shore",
                "deeds": [deed],
                "closing": [],
            },
        )
        await self.open_turn(session, number + 1)
        return turn_id

    async def narrate(self, session: Session, number: int, text: str, *, again: bool = False) -> str:
        """Turn `number` is told, or told `again` in other words."""
        turn_id = ulid(number, "T")
        await self.feed(
            session,
            {
                "type": "turn_renarrated" if again else "turn_narrated",
                "turn_id": turn_id,
                "turn_ids": [turn_id],
                "turn_number": number,
                "kind": "beat",
                "text": text,
                "narrator": "storyteller",
            },
        )
        return turn_id

    def sheet(self, ident: str, name: str, user_id: str) -> Json:
        return {
            "id": ident,
            "user_id": user_id,
            "name": name,
            "pronouns": "",
            "character_class": "fighter",
            "class_name": "Fighter",
            "origin": "exile",
            "origin_name": "Exile",
            "want": "to go home",
            "level": 1,
            "xp": 0,
            "stats": {"strength": 12},
            "hp": 20,
            "hp_max": 20,
            "mp": 6,
            "mp_max": 6,
            "evade": 11,
            "gold": 12,
            "abilities": [],
            "inventory": [],
            "seated_in": None,
            "is_active": True,
            "created_at": now(),
        }

    def take_lease(self, surface: Json, body: Json) -> Json:
        until = surface["lease_until"]
        held = until is not None and datetime.fromisoformat(until) > datetime.now(UTC)
        if held and surface["lease_holder"] != body["holder"]:
            raise Refusal(409, "conflict", "held", until=until)
        if surface["lease_holder"] != body["holder"] or not held:
            surface["fence"] += 1
        surface["lease_holder"], surface["lease_until"] = body["holder"], now(body["seconds"])
        return {"fence": surface["fence"], "until": surface["lease_until"]}

    def write_surface(self, surface: Json, body: Json) -> Json:
        if body["fence"] != surface["fence"]:
            raise Refusal(409, "conflict", "old fence")
        surface["cursor"] = body.get("cursor", surface["cursor"])
        surface["address"] |= body.get("address", {})
        surface["messages"] |= body.get("messages", {})
        return copy.deepcopy(surface)
