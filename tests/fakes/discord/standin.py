"""The stand-in itself: a server on loopback, and the hands of the test that drives it."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from aiohttp import web

from tests.fakes.discord import gateway as gateway_module
from tests.fakes.discord import permissions
from tests.fakes.discord.clock import Clock, RunningClock
from tests.fakes.discord.contract import load_contract
from tests.fakes.discord.driver import User
from tests.fakes.discord.errors import Violation
from tests.fakes.discord.faults import Fault
from tests.fakes.discord.gateway import Gateway
from tests.fakes.discord.happenings import Happenings
from tests.fakes.discord.model import Account, Channel, Guild, Message, Role
from tests.fakes.discord.permissions import Permission
from tests.fakes.discord.rate_limits import RateLimits
from tests.fakes.discord.rest import PREFIX, Rest
from tests.fakes.discord.routing import Call
from tests.fakes.discord.session_starts import SessionStarts
from tests.fakes.discord.transcript import transcript
from tests.fakes.discord.world import Windows, World

T = TypeVar("T")

DEFAULT_TOKEN = "stand-in-token"


class DiscordStandin(Happenings):
    """Discord for one bot, with one guild that holds #general: `async with DiscordStandin() as discord`.

    `clock` may be a `FrozenClock`; `windows` are Discord's time limits; `privileged_intents` are those that
    the application has switched on; `shards` is what `GET /gateway/bot` recommends. Rate limits, and the
    five seconds between two identifies, are kept only with `rate_limits=RateLimits(...)`. `session_starts` is
    how often a day bots may identify.
    """

    def __init__(
        self,
        token: str = DEFAULT_TOKEN,
        port: int = 0,
        clock: Clock | None = None,
        windows: Windows | None = None,
        heartbeat_seconds: float = 41.25,
        privileged_intents: Sequence[str] = tuple(gateway_module.PRIVILEGED),
        shards: int = 1,
        use_contract: bool = True,
        rate_limits: RateLimits | None = None,
        session_starts: int = 1000,
        max_concurrency: int = 1,
    ) -> None:
        self.clock = clock or RunningClock()
        starts = SessionStarts(self.clock, session_starts, max_concurrency, spaced=rate_limits is not None)
        self.world = World(
            clock=self.clock,
            contract=load_contract() if use_contract else None,
            windows=windows or Windows(),
            token=token,
            shards=shards,
            session_starts=starts,
        )
        self.gateway = Gateway(self.world, heartbeat_seconds, tuple(privileged_intents))
        self._rest = Rest(self.world, rate_limits)
        self._port = port
        self._runner: web.AppRunner | None = None
        owner = self.world.add_account("owner")
        self.guild: Guild = self.world.add_guild("The Table", owner)
        self.owner = User(self.world, owner, self.guild)
        self.general: Channel = self.world.channels_of(self.guild)[0]

    # ---- running

    async def __aenter__(self) -> "DiscordStandin":
        return await self.start()

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    async def start(self) -> "DiscordStandin":
        """Open the port."""
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_get("/gateway/", self.gateway.handle)
        app.router.add_get("/attachments/{id}/{name}", self._rest.handle_file)
        app.router.add_route("*", PREFIX + "/{path:.*}", self._rest.handle)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.world.address = f"http://{host}:{port}"
        return self

    async def stop(self) -> None:
        """Close the port and all lines."""
        self.gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_base(self) -> str:
        """What the bot sets as `discord.http.Route.BASE`."""
        return self.world.address + PREFIX

    @property
    def gateway_url(self) -> str:
        """What the bot sets as `DiscordWebSocket.DEFAULT_GATEWAY`."""
        return self.gateway.url

    def bot_env(self) -> dict[str, str]:
        """The environment variables that lead a bot here."""
        return {
            "DISCORD_API_BASE": self.api_base,
            "DISCORD_GATEWAY": self.gateway_url,
            "DISCORD_TOKEN": self.world.token,
        }

    # ---- the cast

    @property
    def bot(self) -> Account:
        """The bot's account."""
        return self.world.bot

    @property
    def application_id(self) -> str:
        """The id of the bot's application."""
        return self.world.application_id

    def add_user(self, name: str, roles: Sequence[Role] = (), guild: Guild | None = None) -> User:
        """A new person in the guild."""
        account = self.world.add_account(name)
        self.world.add_member(guild or self.guild, account, list(roles))
        return User(self.world, account, guild or self.guild)

    def add_guild(self, name: str, with_bot: bool = True) -> Guild:
        """One more guild; unless told otherwise the bot is in it, or is added now if it is connected."""
        return self.world.add_guild(name, self.owner.account, with_bot)

    def add_channel(
        self,
        name: str,
        guild: Guild | None = None,
        topic: str | None = None,
        age_restricted: bool = False,
    ) -> Channel:
        """One more text channel."""
        return self.world.add_channel(guild or self.guild, name, topic, age_restricted)

    def add_talk(self, *users: User) -> Channel:
        """A private conversation between people, without the bot."""
        return self.world.add_talk([user.account for user in users])

    def add_role(
        self,
        name: str,
        allowed: Permission | str = "",
        mentionable: bool = False,
        guild: Guild | None = None,
    ) -> Role:
        """A new role; `allowed` may be names: "manage_messages, manage_threads"."""
        return self.world.add_role(guild or self.guild, name, permissions.parse(allowed), mentionable)

    @property
    def everyone(self) -> Role:
        """The guild's @everyone."""
        return self.guild.everyone

    @property
    def bot_role(self) -> Role:
        """The bot's own role in the guild."""
        return self.guild.roles[self.guild.members[self.bot.id].role_ids[0]]

    def set_permissions(
        self, channel: Channel, target: Any, allow: Permission | str = "", deny: Permission | str = ""
    ) -> None:
        """Overwrite permissions in a channel for a role, a user or the bot."""
        self.world.overwrite(channel, target, permissions.parse(allow), permissions.parse(deny))

    def take_from_bot(self, names: Permission | str) -> None:
        """Deny the bot something everywhere: from its own role and from @everyone."""
        taken = permissions.parse(names)
        for role in (self.bot_role, self.everyone):
            self.world.change_role(self.guild, role, role.permissions & ~taken)

    # ---- looking

    @property
    def calls(self) -> list[Call]:
        """All REST requests so far, with their answers."""
        return self._rest.calls

    def calls_to(self, method: str, path_regex: str) -> list[Call]:
        """The requests whose method and path match."""
        return [one for one in self.calls if one.method == method and re.search(path_regex, one.path)]

    @property
    def rejected(self) -> list[Call]:
        """The requests that were answered with an error, except 429."""
        return [
            one for one in self.calls if one.status is not None and one.status >= 400 and one.status != 429
        ]

    @property
    def violations(self) -> list[Violation]:
        """Bodies that broke the contract: the bot's (kind `request`) or our own (`response`, `event`)."""
        return self.world.violations

    @property
    def invalid_requests(self) -> int:
        """How many requests of the last ten minutes were answered by 401, 403 or 429."""
        return self._rest.limiter.invalid_requests

    def messages(self, channel: Channel | None = None, visible_to: Any = None) -> list[Message]:
        """The messages that stand, oldest first: of one channel or all, as one user sees them or all."""
        return [
            message
            for message in self.world.messages.values()
            if not message.deleted
            and (channel is None or message.channel is channel)
            and (visible_to is None or message.visible_to(visible_to))
        ]

    def bot_messages(self, channel: Channel | None = None, visible_to: Any = None) -> list[Message]:
        """Like `messages`, but only what the bot wrote itself: no system notices."""
        found = self.messages(channel, visible_to)
        return [message for message in found if message.author is self.bot and not message.is_system]

    def threads(self, parent: Channel | None = None) -> list[Channel]:
        """The threads of a channel or of all."""
        found = [channel for channel in self.world.channels.values() if channel.is_thread]
        return [thread for thread in found if parent is None or thread.parent is parent]

    @property
    def scheduled_events(self) -> list[dict[str, Any]]:
        """The guilds' scheduled events."""
        return list(self.world.scheduled_events.values())

    def transcript(self, channel: Channel | None = None, visible_to: Any = None) -> str:
        """A channel as readable text."""
        return transcript(self.messages(channel, visible_to), self.world.accounts)

    def commands(self, guild: Guild | None = None) -> list[dict[str, Any]]:
        """The registered commands, global or of one guild."""
        return self.world.commands.get(guild.id if guild else None, [])

    # ---- waiting

    async def until(self, condition: Callable[[], T], timeout: float = 10, what: str = "") -> T:
        """Wait, without polling, until `condition()` is true; give back its value."""
        description = what or f"{condition!r}; last calls: {self.calls[-5:]}"
        return await self.world.changes.until(condition, timeout, description)

    async def bot_online(self, commands: bool = True, timeout: float = 20) -> None:
        """Wait until the bot listens and, if `commands`, has registered slash commands."""
        await self.until(lambda: self.gateway.live_sessions, timeout, "the bot to identify")
        if commands:
            await self.until(lambda: any(self.world.commands.values()), timeout, "commands to be synced")

    async def bot_offline(self, timeout: float = 20) -> None:
        """Wait until no line is up, after a bot was stopped."""
        await self.until(lambda: not self.gateway.live_sessions, timeout, "the bot to hang up")

    async def message(
        self,
        accept: Callable[[Message], object],
        channel: Channel | None = None,
        visible_to: Any = None,
        timeout: float = 10,
    ) -> Message:
        """The first message that `accept` agrees to, now or later."""

        def found() -> Message | None:
            return next((one for one in self.messages(channel, visible_to) if accept(one)), None)

        message = await self.until(found, timeout, "a message; there are:\n" + self.transcript(channel))
        assert message is not None
        return message

    # ---- trouble

    def fail(
        self,
        method: str,
        path_regex: str,
        status: int = 500,
        times: int = 1,
        retry_after: float = 0.05,
        lose_response: bool = False,
        global_limit: bool = False,
        code: int = 0,
        message: str = "injected fault",
        after_work: bool = False,
    ) -> Fault:
        """Let the next `times` matching requests fail, with `after_work` although they did what was asked; or with
        `lose_response` work and then lose the line."""
        fault = Fault(
            method,
            re.compile(path_regex),
            status,
            times,
            retry_after,
            global_limit,
            code,
            message,
            lose_response,
            after_work,
        )
        self._rest.faults.append(fault)
        return fault

    def ask_to_reconnect(self) -> None:
        """Opcode 7: clients should reconnect and resume."""
        self.gateway.ask_to_reconnect()

    def invalidate_sessions(self, resumable: bool = False) -> None:
        """Opcode 9: clients should identify anew, or resume."""
        self.gateway.invalidate(resumable)

    def drop_connections(self, code: int = 4000) -> None:
        """Cut all gateway lines; events from now on are replayed at the resume."""
        self.gateway.drop(code)
