"""The things that a Discord server consists of: plain state; what happens to it stands in other modules."""

from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord import components, permissions
from tests.fakes.discord.permissions import NOTHING, Permission

TEXT_CHANNEL, PRIVATE_CONVERSATION = 0, 1
PUBLIC_THREAD, PRIVATE_THREAD = 11, 12
THREADS = (10, PUBLIC_THREAD, PRIVATE_THREAD)

EPHEMERAL, LOADING, COMPONENTS_V2, HAS_THREAD = 1 << 6, 1 << 7, 1 << 15, 1 << 5

PLAIN, BROUGHT_IN, PUT_OUT, PINNED_NOTICE, THREAD_CREATED, REPLY = 0, 1, 2, 6, 18, 19
COMMAND_REPLY, THREAD_STARTER = 20, 21
SYSTEM_MESSAGES = (BROUGHT_IN, PUT_OUT, PINNED_NOTICE, THREAD_CREATED, THREAD_STARTER)


@dataclass(eq=False)
class Account:
    """A person or the bot."""

    id: str
    name: str
    bot: bool = False
    locale: str = "en-US"  # what this person's client is set to

    @property
    def mention(self) -> str:
        """What one writes into a message to call this account."""
        return f"<@{self.id}>"

    def json(self) -> dict[str, Any]:
        """The user object."""
        return {
            "id": self.id,
            "username": self.name,
            "discriminator": "0",
            "global_name": None if self.bot else self.name.title(),
            "avatar": None,
            "bot": self.bot,
            "public_flags": 0,
            "flags": 0,
            "banner": None,
            "accent_color": None,
            "primary_guild": None,
        }


@dataclass(eq=False)
class Role:
    """A role of a guild; the one with the guild's own id is @everyone."""

    id: str
    name: str
    permissions: Permission = NOTHING
    mentionable: bool = False
    managed: bool = False
    position: int = 0

    @property
    def mention(self) -> str:
        """What one writes into a message to call everyone with this role."""
        return f"<@&{self.id}>"

    def json(self) -> dict[str, Any]:
        """The role object."""
        return {
            "id": self.id,
            "name": self.name,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "position": self.position,
            "permissions": str(int(self.permissions)),
            "managed": self.managed,
            "mentionable": self.mentionable,
            "flags": 0,
            "icon": None,
            "unicode_emoji": None,
        }


@dataclass
class Overwrite:
    """What a channel allows or denies to one role (`kind` 0) or one member (`kind` 1)."""

    kind: int
    allow: Permission = NOTHING
    deny: Permission = NOTHING


@dataclass(eq=False)
class Member:
    """An account in a guild."""

    account: Account
    joined_at: str
    role_ids: list[str] = field(default_factory=list)
    nick: str | None = None

    def json(self) -> dict[str, Any]:
        """The guild member object."""
        return {"user": self.account.json(), **self.json_without_user()}

    def json_without_user(self) -> dict[str, Any]:
        """The member as it rides on a message event, whose author is already told."""
        return {
            "nick": self.nick,
            "avatar": None,
            "banner": None,
            "roles": list(self.role_ids),
            "joined_at": self.joined_at,
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
            "communication_disabled_until": None,
        }


@dataclass(eq=False)
class Guild:
    """A Discord server."""

    id: str
    name: str
    owner_id: str
    roles: dict[str, Role] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    locale: str = "en-US"

    @property
    def everyone(self) -> Role:
        """The role that all members have."""
        return self.roles[self.id]


@dataclass(eq=False)
class Channel:
    """A text channel, a thread or a private conversation."""

    id: str
    name: str
    kind: int
    guild: Guild | None
    parent: "Channel | None" = None
    topic: str | None = None
    position: int = 0
    overwrites: dict[str, Overwrite] = field(default_factory=dict)
    recipient_ids: list[str] = field(default_factory=list)
    last_message_id: str | None = None
    pins: dict[str, str] = field(default_factory=dict)
    """Ids of pinned messages and when they were pinned."""
    age_restricted: bool = False
    slow_mode_seconds: int = 0
    spoke_at: dict[str, float] = field(default_factory=dict)
    """When each person last wrote here, for slow mode."""

    # Threads only:
    owner_id: str = ""
    created_at: str = ""
    archived: bool = False
    archived_at: str = ""
    locked: bool = False
    invitable: bool = True
    auto_archive_minutes: int = 1440
    active_at: float = 0.0
    """When something last happened in the thread; it archives itself some time after."""
    thread_members: dict[str, str] = field(default_factory=dict)
    """Ids of a thread's members and when they joined."""
    message_count: int = 0

    @property
    def is_thread(self) -> bool:
        """Whether this is a thread below another channel."""
        return self.kind in THREADS

    @property
    def is_private(self) -> bool:
        """Whether this is a thread for the invited alone."""
        return self.kind == PRIVATE_THREAD

    @property
    def member_ids(self) -> list[str]:
        """Who is in this thread."""
        return list(self.thread_members)

    @property
    def mention(self) -> str:
        """What one writes into a message to link this channel."""
        return f"<#{self.id}>"


@dataclass(eq=False)
class Message:
    """A message: its JSON as Discord tells it, and what only the stand-in knows."""

    data: dict[str, Any]
    channel: Channel
    author: Account
    only_for: str | None = None
    """The one user who sees it, when it is ephemeral."""
    pinged: list[str] = field(default_factory=list)
    """Whom its sending really notified: user names, "@role", "@everyone", "@here"."""
    nonce: str | int | None = None
    deleted: bool = False
    versions: list[str] = field(default_factory=list)
    """Its text at each state so far, the present one last."""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Emoji and who gave it, oldest first."""
    thread_id: str | None = None

    @property
    def id(self) -> str:
        """The message's id."""
        return self.data["id"]

    @property
    def content(self) -> str:
        """The plain text, without embeds and components."""
        return self.data["content"]

    @property
    def text(self) -> str:
        """All that a person reads here: plain text, embeds, and the text displays of Components V2."""
        parts = [self.content, *map(embed_text, self.data["embeds"])]
        parts.extend(components.texts(self.data["components"]))
        return "\n".join(part for part in parts if part)

    @property
    def embeds(self) -> list[dict[str, Any]]:
        """The embeds."""
        return self.data["embeds"]

    @property
    def components(self) -> list[dict[str, Any]]:
        """The top-level components."""
        return self.data["components"]

    @property
    def flags(self) -> int:
        """The message's flag bits."""
        return self.data["flags"]

    @property
    def ephemeral(self) -> bool:
        """Whether only one user sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """Whether it still says "is thinking"."""
        return bool(self.flags & LOADING)

    @property
    def pinned(self) -> bool:
        """Whether it is pinned to its channel."""
        return self.data["pinned"]

    @property
    def is_system(self) -> bool:
        """Whether Discord wrote it (a pin notice, a thread notice), not a person or a bot."""
        return self.data["type"] in SYSTEM_MESSAGES

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """All buttons, in reading order."""
        return [part for _, part in components.walk(self.components) if part["type"] == components.BUTTON]

    @property
    def labels(self) -> list[str]:
        """What is written on the buttons."""
        return [button.get("label") or "" for button in self.buttons]

    @property
    def attachments(self) -> list[dict[str, Any]]:
        """The attached files: `filename`, `size`, `url` ..."""
        return self.data["attachments"]

    def visible_to(self, user: Any) -> bool:
        """Whether a user (anything with an `id`) sees it."""
        if self.deleted or (self.only_for is not None and self.only_for != user.id):
            return False
        return permissions.may(self.channel, user.id, Permission.VIEW_CHANNEL)

    def __repr__(self) -> str:
        return f"<Message {self.id} by {self.author.name}: {self.text[:60]!r}>"


def embed_text(embed: dict[str, Any]) -> str:
    """What a person reads in an embed."""
    parts = [embed.get("author", {}).get("name"), embed.get("title"), embed.get("description")]
    for field_ in embed.get("fields", []):
        parts.append(f"{field_['name']}: {field_['value']}")
    parts.append(embed.get("footer", {}).get("text"))
    return "\n".join(part for part in parts if part)
