"""The gateway: websockets on which bots identify, hear the news, lose the line and resume."""

import asyncio
import copy
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord import shapes
from tests.fakes.discord.contract import Contract
from tests.fakes.discord.model import Guild
from tests.fakes.discord.permissions import Permission
from tests.fakes.discord.world import Event, World

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT = 0, 1, 2, 6, 7
ASK_FOR_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 8, 9, 10, 11
PRESENCE, VOICE_STATE = 3, 4

UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, AUTHENTICATION_FAILED = 4001, 4002, 4003, 4004
ALREADY_AUTHENTICATED, RATE_LIMITED, INVALID_SHARD, DISALLOWED_INTENTS = 4005, 4008, 4010, 4014

SENDS_PER_MINUTE = 120

GUILDS, MEMBERS, PRESENCES, MESSAGE_CONTENT = 1 << 0, 1 << 1, 1 << 8, 1 << 15
PRIVILEGED = {"members": MEMBERS, "presences": PRESENCES, "message_content": MESSAGE_CONTENT}


class Line:
    """One websocket, written to from a queue so that news can be told without awaiting."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self._outbox: asyncio.Queue[dict[str, Any] | int] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())
        self._heard_at: deque[float] = deque(maxlen=SENDS_PER_MINUTE)

    def send(self, op: int, data: Any = None, name: str | None = None, sequence: int | None = None) -> None:
        """Queue one payload."""
        self._outbox.put_nowait({"op": op, "d": data, "s": sequence, "t": name})

    def hang_up(self, code: int) -> None:
        """Close the socket once everything queued before is out."""
        self._outbox.put_nowait(code)

    def hears_too_much(self, now: float) -> bool:
        """Whether the client has sent more than 120 payloads within a minute, this one included."""
        full = len(self._heard_at) == SENDS_PER_MINUTE
        too_much = full and now - self._heard_at[0] < 60
        self._heard_at.append(now)
        return too_much

    async def done(self) -> None:
        """Stop writing; the socket is gone."""
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    async def _write(self) -> None:
        while True:
            payload = await self._outbox.get()
            if isinstance(payload, int):
                await self.socket.close(code=payload)
                return
            if self.socket.closed:
                return
            await self.socket.send_str(json.dumps(payload))


@dataclass(eq=False)
class Session:
    """One identified client or shard. It outlives its line, so that it can be resumed."""

    id: str
    intents: int
    shard: tuple[int, int]
    line: Line | None = None
    sequence: int = 0
    log: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    resumes: int = 0

    def tell(self, name: str, data: dict[str, Any]) -> None:
        """Send news now if the line is up; keep it for a resume in any case."""
        self.sequence += 1
        self.log.append((self.sequence, name, data))
        if self.line is not None:
            self.line.send(DISPATCH, data, name, self.sequence)

    def serves(self, guild_id: str | None) -> bool:
        """Whether this shard hears a guild; private conversations belong to shard 0."""
        number, count = self.shard
        return (int(guild_id) >> 22) % count == number if guild_id else number == 0


class Gateway:
    """All sessions of all bots with the one token."""

    def __init__(self, world: World, heartbeat_seconds: float, privileged: tuple[str, ...]) -> None:
        self._world = world
        self._heartbeat_seconds = heartbeat_seconds
        self._forbidden_intents = sum(bit for name, bit in PRIVILEGED.items() if name not in privileged)
        self.sessions: dict[str, Session] = {}
        self.received: list[dict[str, Any]] = []
        self.refused: list[int] = []
        """Codes with which sockets were closed because of what the client sent."""
        self._lines: set[Line] = set()
        world.listeners.append(self.hear)

    @property
    def url(self) -> str:
        """Where clients connect to."""
        return self._world.address.replace("http", "ws", 1) + "/gateway/"

    @property
    def live_sessions(self) -> list[Session]:
        """Sessions whose line is up."""
        return [session for session in self.sessions.values() if session.line is not None]

    def count(self, op: int) -> int:
        """How often clients have sent an opcode (2 identify, 6 resume ...)."""
        return sum(payload.get("op") == op for payload in self.received)

    def hear(self, event: Event) -> None:
        """Tell an event to every session that should hear it."""
        self._check(event)
        sees = event.channel is None or self._world.bot_may(event.channel, Permission.VIEW_CHANNEL)
        if not sees:
            return
        for session in self.sessions.values():
            wanted = not event.intents or bool(session.intents & event.intents)
            if wanted and session.serves(event.guild_id):
                blank = event.hides_content and not session.intents & MESSAGE_CONTENT
                session.tell(event.name, _blanked(event.data) if blank else copy.deepcopy(event.data))

    # ---- what tests do to the line

    def ask_to_reconnect(self) -> None:
        """Opcode 7 to everyone."""
        for session in self.live_sessions:
            assert session.line is not None
            session.line.send(RECONNECT)

    def invalidate(self, resumable: bool) -> None:
        """Opcode 9 to everyone; unless resumable, the sessions are forgotten."""
        for session in self.live_sessions:
            assert session.line is not None
            session.line.send(INVALID_SESSION, resumable)
            if not resumable:
                del self.sessions[session.id]

    def drop(self, code: int) -> None:
        """Cut every line; what happens from now on waits for the resume."""
        for session in self.live_sessions:
            assert session.line is not None
            session.line.hang_up(code)
            session.line = None

    def close(self) -> None:
        """Hang up for good."""
        for line in self._lines:
            line.hang_up(1001)

    # ---- one client

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one websocket until it closes."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        line = Line(socket)
        self._lines.add(line)
        line.send(HELLO, {"heartbeat_interval": int(self._heartbeat_seconds * 1000)})
        session: Session | None = None
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            try:
                payload = json.loads(frame.data)
                op, data = payload["op"], payload.get("d")
            except (ValueError, KeyError, TypeError):
                self._refuse(line, DECODE_ERROR)
                continue
            self.received.append(payload)
            if line.hears_too_much(self._world.clock.time()):
                self._refuse(line, RATE_LIMITED)
                continue
            session = self._obey(line, session, op, data)
            self._world.changes.notify()
        self._lines.discard(line)
        if session is not None and session.line is line:
            session.line = None
        await line.done()
        self._world.changes.notify()
        return socket

    def _obey(self, line: Line, session: Session | None, op: int, data: Any) -> Session | None:
        if op == HEARTBEAT:
            line.send(HEARTBEAT_ACK)
        elif op in (IDENTIFY, RESUME) and session is not None:
            self._refuse(line, ALREADY_AUTHENTICATED)
        elif op == IDENTIFY:
            return self._identify(line, data)
        elif op == RESUME:
            return self._resume(line, data)
        elif session is None:
            self._refuse(line, NOT_AUTHENTICATED)
        elif op == ASK_FOR_MEMBERS:
            self._tell_members(session, data)
        elif op not in (PRESENCE, VOICE_STATE):
            self._refuse(line, UNKNOWN_OPCODE)
        return session

    def _refuse(self, line: Line, code: int) -> None:
        self.refused.append(code)
        line.hang_up(code)

    def _identify(self, line: Line, data: dict[str, Any]) -> Session | None:
        number, count = data.get("shard") or (0, 1)
        if data.get("token") != self._world.token:
            self._refuse(line, AUTHENTICATION_FAILED)
            return None
        if not 0 <= number < count:
            self._refuse(line, INVALID_SHARD)
            return None
        if data["intents"] & self._forbidden_intents:
            self._refuse(line, DISALLOWED_INTENTS)
            return None
        session = Session(self._world.ids.next(), data["intents"], (number, count), line)
        self.sessions[session.id] = session
        guilds = [guild for guild in self._world.guilds.values() if session.serves(guild.id)]
        session.tell("READY", self._ready(session, guilds))
        if session.intents & GUILDS:
            for guild in guilds:
                session.tell("GUILD_CREATE", self._guild_create(session, guild))
        return session

    def _resume(self, line: Line, data: dict[str, Any]) -> Session | None:
        session = self.sessions.get(data.get("session_id", ""))
        if data.get("token") != self._world.token or session is None:
            line.send(INVALID_SESSION, False)
            return None
        session.line = line
        session.resumes += 1
        for sequence, name, missed in session.log:
            if sequence > (data.get("seq") or 0):
                line.send(DISPATCH, missed, name, sequence)
        session.tell("RESUMED", {})
        return session

    def _ready(self, session: Session, guilds: list[Guild]) -> dict[str, Any]:
        world = self._world
        return {
            "v": 10,
            "user": {
                **world.bot.json(),
                "mfa_enabled": True,
                "locale": "en-US",
                "verified": True,
                "email": None,
            },
            "guilds": [{"id": guild.id, "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url,
            "application": {"id": world.application_id, "flags": 0},
            "shard": list(session.shard),
        }

    def _guild_create(self, session: Session, guild: Guild) -> dict[str, Any]:
        """The guild in full. As on Discord, without the presences intent it lists no member but the bot."""
        world = self._world
        members = list(guild.members.values())
        if not session.intents & PRESENCES:
            members = [guild.members[world.bot.id]]
        threads = [
            thread
            for thread in world.threads_of(guild)
            if not thread.archived and world.bot_may(thread, Permission.VIEW_CHANNEL)
        ]
        return {
            **shapes.guild_json(guild),
            "joined_at": guild.members[world.bot.id].joined_at,
            "large": False,
            "unavailable": False,
            "member_count": len(guild.members),
            "members": [member.json() for member in members],
            "channels": [world.channel_json(channel) for channel in world.channels_of(guild)],
            "threads": [world.channel_json(thread) for thread in threads],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [
                event for event in world.scheduled_events.values() if event["guild_id"] == guild.id
            ],
            "soundboard_sounds": [],
        }

    def _tell_members(self, session: Session, data: dict[str, Any]) -> None:
        guild = self._world.guilds[str(data["guild_id"])]
        wanted = data.get("user_ids")
        if wanted is not None:
            ids = [str(one) for one in (wanted if isinstance(wanted, list) else [wanted])]
            members = [member for one, member in guild.members.items() if one in ids]
        else:
            start = (data.get("query") or "").lower()
            members = [one for one in guild.members.values() if one.account.name.startswith(start)]
            members = members[: data.get("limit") or None]
        session.tell(
            "GUILD_MEMBERS_CHUNK",
            {
                "guild_id": guild.id,
                "members": [member.json() for member in members],
                "chunk_index": 0,
                "chunk_count": 1,
                "nonce": data.get("nonce"),
            },
        )

    def _check(self, event: Event) -> None:
        """Hold the objects in our own events against the published description."""
        contract = self._world.contract
        if contract is None:
            return
        for problem in _event_problems(contract, event):
            self._world.violate("event", "GATEWAY", event.name, problem)


def _event_problems(contract: Contract, event: Event) -> list[str]:
    data = event.data
    if event.name in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
        return contract.object_problems("MessageResponse", data)
    if event.name in ("CHANNEL_CREATE", "CHANNEL_UPDATE"):
        return contract.object_problems("GuildChannelResponse", data)
    if event.name in ("THREAD_CREATE", "THREAD_UPDATE"):
        return contract.object_problems("ThreadResponse", data)
    if event.name == "GUILD_MEMBER_ADD":
        return contract.object_problems("GuildMemberResponse", data)
    if event.name == "INTERACTION_CREATE":
        problems = contract.object_problems("GuildMemberResponse", data["member"]) if "member" in data else []
        if "message" in data:
            problems += contract.object_problems("MessageResponse", data["message"])
        return problems
    return []


def _blanked(data: dict[str, Any]) -> dict[str, Any]:
    """A message as a bot without the message-content intent hears it."""
    blank = copy.deepcopy(data)
    blank.update(content="", embeds=[], attachments=[], components=[])
    blank.pop("poll", None)
    return blank
