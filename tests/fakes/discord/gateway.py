"""The gateway: websockets on which bots identify, hear the news, lose the line and resume."""

import copy
import json
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord import shapes
from tests.fakes.discord.event_checks import check
from tests.fakes.discord.lines import DISPATCH, Line, Session
from tests.fakes.discord.model import Guild
from tests.fakes.discord.permissions import Permission
from tests.fakes.discord.world import Event, World

HEARTBEAT, IDENTIFY, RESUME, RECONNECT = 1, 2, 6, 7
ASK_FOR_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 8, 9, 10, 11
PRESENCE, VOICE_STATE = 3, 4

UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, AUTHENTICATION_FAILED = 4001, 4002, 4003, 4004
ALREADY_AUTHENTICATED, INVALID_SEQUENCE, RATE_LIMITED, SESSION_TIMED_OUT = 4005, 4007, 4008, 4009
INVALID_SHARD, INVALID_VERSION, INVALID_INTENTS, DISALLOWED_INTENTS = 4010, 4012, 4013, 4014

VERSIONS = ("9", "10")
GUILDS, MEMBERS, PRESENCES, MESSAGE_CONTENT = 1 << 0, 1 << 1, 1 << 8, 1 << 15
ALL_INTENTS = (1 << 26) - 1
PRIVILEGED = {"members": MEMBERS, "presences": PRESENCES, "message_content": MESSAGE_CONTENT}


class Gateway:
    """All sessions of all bots with the one token."""

    def __init__(self, world: World, heartbeat_seconds: float, privileged: tuple[str, ...]) -> None:
        self._world = world
        self._heartbeat_seconds = heartbeat_seconds
        self._forbidden_intents = sum(bit for name, bit in PRIVILEGED.items() if name not in privileged)
        self.sessions: dict[str, Session] = {}
        self.received: list[dict[str, Any]] = []
        self.refused: list[int] = []
        """Codes with which sockets were closed because of what the client sent, or failed to send."""
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
        check(self._world, event)
        sees = event.channel is None or self._world.bot_may(event.channel, Permission.VIEW_CHANNEL)
        if not sees:
            return
        for session in self.sessions.values():
            wanted = not event.intents or bool(session.intents & event.intents)
            if wanted and session.serves(event.guild_id):
                session.tell(event.name, self._as_heard(session, event))

    def _as_heard(self, session: Session, event: Event) -> dict[str, Any]:
        """An event's data as one session may see it."""
        if event.name == "GUILD_CREATE":
            return {**self._guild_create(session, self._world.guilds[event.guild_id or ""]), **event.data}
        blank = event.hides_content and not session.intents & MESSAGE_CONTENT
        return _blanked(event.data) if blank else copy.deepcopy(event.data)

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
            session.lose_line(self._world.clock.time())

    def lose_heartbeats(self) -> None:
        """Let every line end as if its client had stopped beating (4009)."""
        for session in self.live_sessions:
            assert session.line is not None
            self._give_up(session.line)

    def close(self) -> None:
        """Hang up for good."""
        for line in self._lines:
            line.hang_up(1001)

    # ---- one client

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one websocket until it closes."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        compressed = request.query.get("compress") == "zlib-stream"
        line = Line(socket, compressed, self._heartbeat_seconds, self._give_up)
        self._lines.add(line)
        if request.query.get("v", VERSIONS[-1]) not in VERSIONS:
            self._refuse(line, INVALID_VERSION)
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
            session.lose_line(self._world.clock.time())
        await line.done()
        self._world.changes.notify()
        return socket

    def _obey(self, line: Line, session: Session | None, op: int, data: Any) -> Session | None:
        if op == HEARTBEAT:
            line.beat()
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

    def _give_up(self, line: Line) -> None:
        """Close a line whose client has stopped beating, and forget its session."""
        self._refuse(line, SESSION_TIMED_OUT)
        for session in self.live_sessions:
            if session.line is line:
                session.line = None
                del self.sessions[session.id]
        self._world.changes.notify()

    def _identify(self, line: Line, data: dict[str, Any]) -> Session | None:
        number, count = data.get("shard") or (0, 1)
        starts = self._world.session_starts
        if data.get("token") != self._world.token or not starts.take():
            self._refuse(line, AUTHENTICATION_FAILED)
            return None
        if not 0 <= number < count:
            self._refuse(line, INVALID_SHARD)
            return None
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~ALL_INTENTS:
            self._refuse(line, INVALID_INTENTS)
            return None
        if intents & self._forbidden_intents:
            self._refuse(line, DISALLOWED_INTENTS)
            return None
        if starts.comes_too_soon(number):
            line.send(INVALID_SESSION, False)
            return None
        session = Session(self._world.ids.next(), intents, (number, count), line)
        self.sessions[session.id] = session
        guilds = [guild for guild in self._world.guilds.values() if session.serves(guild.id)]
        session.tell("READY", self._ready(session, guilds))
        if session.intents & GUILDS:
            for guild in guilds:
                shape = self._guild_create(session, guild)
                session.tell("GUILD_CREATE", {**shape, "unavailable": False})
        return session

    def _resume(self, line: Line, data: dict[str, Any]) -> Session | None:
        session = self.sessions.get(data.get("session_id", ""))
        if data.get("token") != self._world.token or session is None or self._is_too_old(session):
            line.send(INVALID_SESSION, False)
            return None
        if (data.get("seq") or 0) > session.sequence:
            self._refuse(line, INVALID_SEQUENCE)
            return None
        if session.line is not None:
            session.line.hang_up(4000)
        session.line = line
        session.resumes += 1
        for sequence, name, missed in session.log:
            if sequence > (data.get("seq") or 0):
                line.send(DISPATCH, missed, name, sequence)
        session.tell("RESUMED", {})
        return session

    def _is_too_old(self, session: Session) -> bool:
        lost_for = self._world.clock.time() - session.lost_at
        return session.line is None and lost_for > self._world.windows.resume

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


def _blanked(data: dict[str, Any]) -> dict[str, Any]:
    """A message as a bot without the message-content intent hears it."""
    blank = copy.deepcopy(data)
    blank.update(content="", embeds=[], attachments=[], components=[])
    blank.pop("poll", None)
    return blank
