"""Everything that exists on the stand-in's side, and the news about it that bots are told."""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.discord import permissions, shapes
from tests.fakes.discord.changes import Changes
from tests.fakes.discord.clock import Clock, RunningClock, Snowflakes, timestamp
from tests.fakes.discord.contract import Contract
from tests.fakes.discord.errors import Violation, missing_access, missing_permissions, unknown
from tests.fakes.discord.model import (
    PRIVATE_CONVERSATION,
    TEXT_CHANNEL,
    Account,
    Channel,
    Guild,
    Member,
    Message,
    Overwrite,
    Role,
)
from tests.fakes.discord.permissions import BOT_DEFAULT, EVERYONE_DEFAULT, NOTHING, Permission
from tests.fakes.discord.session_starts import SessionStarts

if TYPE_CHECKING:
    from tests.fakes.discord.interactions import Interaction


@dataclass(frozen=True)
class Windows:
    """Discord's time limits, in seconds."""

    acknowledge: float = 3.0
    token: float = 15 * 60.0
    nonce: float = 5 * 60.0
    resume: float = 3 * 60.0
    """How long a session without a line can still be resumed."""
    old_message: float = 3600.0
    """From this age on, edits of a message count towards `old_edits` ..."""
    old_edits: int = 30
    """... so many in one channel ..."""
    old_edits_window: float = 3600.0
    """... within this time; the next meets 429/30046. Discord does not tell the true number."""


@dataclass(frozen=True)
class Event:
    """News for the gateway, with what decides who is told it."""

    name: str
    data: dict[str, Any]
    guild_id: str | None = None
    intents: int = 0
    """A session needs one of these; 0 means that every session hears it."""
    channel: Channel | None = None
    """The bot has to see this channel."""
    hides_content: bool = False
    """Without the message-content intent the message arrives blank."""


@dataclass(eq=False)
class World:
    """The state of the stand-in. All changes happen on one event loop, each in one go."""

    clock: Clock = field(default_factory=RunningClock)
    contract: Contract | None = None
    windows: Windows = field(default_factory=Windows)
    token: str = "test-token"
    address: str = ""
    shards: int = 1
    session_starts: SessionStarts = field(default_factory=lambda: SessionStarts(RunningClock()))

    def __post_init__(self) -> None:
        self.changes = Changes()
        self.ids = Snowflakes(self.clock)
        self.accounts: dict[str, Account] = {}
        self.guilds: dict[str, Guild] = {}
        """The guilds that the bot is in."""
        self.installed_by: set[str] = set()
        """Ids of those who have installed the app for themselves."""
        self.channels: dict[str, Channel] = {}
        self.messages: dict[str, Message] = {}
        self.interactions: dict[str, Interaction] = {}
        self.commands: dict[str | None, list[dict[str, Any]]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.nonces: dict[tuple[str, str], tuple[float, Message]] = {}
        self.scheduled_events: dict[str, dict[str, Any]] = {}
        self.skus: dict[str, dict[str, Any]] = {}
        self.entitlements: dict[str, dict[str, Any]] = {}
        self.old_edits: dict[str, deque[float]] = defaultdict(deque)
        """For each channel, when messages that were old already were edited."""
        self.typing: list[tuple[str, float]] = []
        self.closed_to_bot: set[str] = set()
        self.violations: list[Violation] = []
        self.listeners: list[Callable[[Event], None]] = []
        self.bot = self.add_account("game-master", bot=True)
        self.application_id = self.bot.id

    # ---- time and news

    def now(self) -> str:
        """The present moment as Discord writes it."""
        return timestamp(self.clock.time())

    def publish(self, event: Event) -> None:
        """Tell all listeners, and wake whoever waits for a change."""
        for listener in self.listeners:
            listener(event)
        self.changes.notify()

    def violate(self, kind: str, method: str, where: str, problem: str) -> None:
        """Remember a body that breaks the contract."""
        self.violations.append(Violation(kind, method, where, problem))

    # ---- looking things up

    def guild(self, guild_id: str) -> Guild:
        """A guild that the bot is in, or 404/10004."""
        guild = self.guilds.get(guild_id)
        if guild is None:
            raise unknown("Guild")
        return guild

    def channel(self, channel_id: str) -> Channel:
        """A channel by id, or 404/10003."""
        channel = self.channels.get(channel_id)
        if channel is None:
            raise unknown("Channel")
        return channel

    def visible_channel(self, channel_id: str) -> Channel:
        """A channel that the bot sees, or 404/10003, or 403/50001."""
        channel = self.channel(channel_id)
        if not self.bot_may(channel, Permission.VIEW_CHANNEL):
            raise missing_access()
        return channel

    def message(self, channel_id: str, message_id: str) -> Message:
        """A message that stands in a channel's history, or 404/10008: ephemeral ones do not."""
        message = self.messages.get(message_id)
        if message is None or message.deleted or message.channel.id != channel_id or message.only_for:
            raise unknown("Message")
        return message

    def bot_may(self, channel: Channel, wanted: Permission) -> bool:
        """Whether the bot has all of `wanted` in a channel."""
        return permissions.may(channel, self.bot.id, wanted)

    def require(self, channel: Channel, wanted: Permission) -> None:
        """403 with 50001 or 50013 unless the bot has all of `wanted`."""
        if not self.bot_may(channel, Permission.VIEW_CHANNEL):
            raise missing_access()
        if not self.bot_may(channel, wanted):
            raise missing_permissions()

    def channel_json(self, channel: Channel) -> dict[str, Any]:
        """The channel as the bot is told it."""
        return shapes.channel_json(channel, self.bot, self.accounts)

    def channels_of(self, guild: Guild) -> list[Channel]:
        """A guild's channels, without threads."""
        return [one for one in self.channels.values() if one.guild is guild and not one.is_thread]

    def threads_of(self, guild: Guild) -> list[Channel]:
        """A guild's threads."""
        return [one for one in self.channels.values() if one.guild is guild and one.is_thread]

    # ---- making things

    def add_account(self, name: str, bot: bool = False) -> Account:
        """A new person (or bot), in no guild yet."""
        account = Account(self.ids.next(), name, bot)
        self.accounts[account.id] = account
        return account

    def add_guild(self, name: str, owner: Account, with_bot: bool = True) -> Guild:
        """A new guild with its owner, a channel #general and, unless told otherwise, the bot."""
        guild = Guild(self.ids.next_apart(), name, owner.id)
        guild.roles[guild.id] = Role(guild.id, "@everyone", EVERYONE_DEFAULT)
        guild.members[owner.id] = Member(owner, self.now())
        self.add_channel(guild, "general")
        if with_bot:
            self.admit_bot(guild)
        return guild

    def admit_bot(self, guild: Guild) -> None:
        """Let the bot into a guild, with a role of its own."""
        role = Role(self.ids.next(), self.bot.name, BOT_DEFAULT, managed=True, position=1)
        guild.roles[role.id] = role
        guild.members[self.bot.id] = Member(self.bot, self.now(), [role.id])
        self.guilds[guild.id] = guild
        self.publish(Event("GUILD_CREATE", {}, guild.id, 1))

    def add_member(self, guild: Guild, account: Account, roles: list[Role] | None = None) -> Member:
        """Let an account join a guild."""
        member = Member(account, self.now(), [role.id for role in roles or []])
        guild.members[account.id] = member
        data = {**member.json(), "guild_id": guild.id}
        self.tell_guild(guild, "GUILD_MEMBER_ADD", data, intents=1 << 1)
        return member

    def add_role(self, guild: Guild, name: str, allowed: Permission, mentionable: bool) -> Role:
        """A new role."""
        role = Role(self.ids.next(), name, allowed, mentionable, position=len(guild.roles))
        guild.roles[role.id] = role
        self.tell_guild(guild, "GUILD_ROLE_CREATE", {"guild_id": guild.id, "role": role.json()})
        return role

    def change_role(self, guild: Guild, role: Role, allowed: Permission) -> None:
        """Give a role other permissions."""
        role.permissions = allowed
        self.tell_guild(guild, "GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": role.json()})

    def add_channel(
        self, guild: Guild, name: str, topic: str | None = None, age_restricted: bool = False
    ) -> Channel:
        """A new text channel."""
        position = len(self.channels_of(guild))
        channel = Channel(self.ids.next(), name, TEXT_CHANNEL, guild, topic=topic, position=position)
        channel.age_restricted = age_restricted
        self.channels[channel.id] = channel
        self.tell_channel("CHANNEL_CREATE", channel)
        return channel

    def private_conversation(self, account: Account) -> Channel:
        """The conversation between the bot and one person, made when first needed."""
        for channel in self.channels.values():
            if channel.kind == PRIVATE_CONVERSATION and channel.recipient_ids == [self.bot.id, account.id]:
                return channel
        channel = Channel(self.ids.next(), "", PRIVATE_CONVERSATION, None)
        channel.recipient_ids = [self.bot.id, account.id]
        self.channels[channel.id] = channel
        return channel

    def add_talk(self, accounts: list[Account]) -> Channel:
        """A private conversation between people, without the bot."""
        channel = Channel(self.ids.next(), "", PRIVATE_CONVERSATION, None)
        channel.recipient_ids = [account.id for account in accounts]
        self.channels[channel.id] = channel
        return channel

    def overwrite(
        self, channel: Channel, target: Any, allow: Permission = NOTHING, deny: Permission = NOTHING
    ) -> None:
        """Set what a channel allows and denies to a role or a user (anything with an id)."""
        kind = 0 if isinstance(target, Role) else 1
        channel.overwrites[target.id] = Overwrite(kind, allow, deny)
        self.tell_channel("CHANNEL_UPDATE", channel)

    def tell_guild(self, guild: Guild, name: str, data: dict[str, Any], intents: int = 1) -> None:
        """Publish news of a guild, if the bot is in it."""
        if guild.id in self.guilds:
            self.publish(Event(name, data, guild.id, intents))

    def tell_channel(self, name: str, channel: Channel) -> None:
        """Publish news about a guild's channel or thread."""
        if channel.guild is None or channel.guild.id not in self.guilds:
            return
        data = self.channel_json(channel)
        self.publish(Event(name, data, channel.guild.id, 1, channel if channel.is_thread else None))
