"""Interactions: a person's command, click or form, from being told to a bot until its token dies."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord import contexts, permissions, shapes
from tests.fakes.discord.errors import DiscordError, unknown
from tests.fakes.discord.model import Account, Channel, Message
from tests.fakes.discord.permissions import Permission, may
from tests.fakes.discord.shop import entitlements_for
from tests.fakes.discord.world import Event, World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5

FOLLOW_UPS_WHERE_NOT_INSTALLED = 5

# Kinds of callback.
MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL, LAUNCH = 4, 5, 6, 7, 8, 9, 12

ALLOWED_CALLBACKS = {
    COMMAND: (MESSAGE, DEFER, MODAL, LAUNCH),
    COMPONENT: (MESSAGE, DEFER, DEFER_UPDATE, UPDATE, MODAL, LAUNCH),
    AUTOCOMPLETE: (CHOICES,),
    MODAL_SUBMIT: (MESSAGE, DEFER, DEFER_UPDATE, UPDATE),
}


@dataclass(eq=False)
class Interaction:
    """One interaction and what came of it."""

    id: str
    token: str
    kind: int
    account: Account
    channel: Channel
    payload: dict[str, Any]
    born: float
    source: Message | None = None
    """The message whose component was used."""
    parent: "Interaction | None" = None
    """For a submitted modal: the interaction that showed it."""
    callback: int | None = None
    answered_after: float | None = None
    original: Message | None = None
    """What `@original` means: the answer, or the source message after an update."""
    followups: list[Message] = field(default_factory=list)
    modal: dict[str, Any] | None = None
    choices: list[dict[str, Any]] | None = None
    refused: list[DiscordError] = field(default_factory=list)
    """Errors with which callbacks and follow-ups of this interaction were turned away."""
    waits_for_content: bool = False
    follow_ups_sent: int = 0

    @property
    def owners(self) -> dict[str, str]:
        """Whose installation of the app the interaction comes from: "0" a guild's, "1" a person's own."""
        return self.payload["authorizing_integration_owners"]

    @property
    def must_hide(self) -> bool:
        """Whether its answers are ephemeral in any case: an app from outside, where those may not speak."""
        outside = self.channel.guild is not None and "0" not in self.owners
        return outside and not may(self.channel, self.account.id, Permission.USE_EXTERNAL_APPS)

    @property
    def acknowledged(self) -> bool:
        """Whether the bot has answered in time."""
        return self.callback is not None

    def metadata(self) -> dict[str, Any]:
        """What a message that answers this interaction says about it."""
        data: dict[str, Any] = {
            "id": self.id,
            "type": self.kind,
            "user": self.account.json(),
            "authorizing_integration_owners": self.owners,
        }
        if self.kind == COMMAND:
            data.update(name=self.payload["data"]["name"], command_type=1)
        elif self.kind == COMPONENT:
            assert self.source is not None
            data["interacted_message_id"] = self.source.id
        elif self.kind == MODAL_SUBMIT:
            assert self.parent is not None
            data["triggering_interaction_metadata"] = self.parent.metadata()
        return data


def begin(
    world: World,
    kind: int,
    account: Account,
    channel: Channel,
    data: dict[str, Any],
    source: Message | None = None,
    parent: Interaction | None = None,
    kinds: list[int] | None = None,
) -> Interaction:
    """Tell bots about a new interaction. `data` is the payload's inner part.

    `kinds` are a command's `integration_types`; components and forms inherit what their message came from.
    """
    guild_id = channel.guild.id if channel.guild else None
    interaction_id = world.ids.next()
    token = f"interaction-{interaction_id}-{secrets.token_urlsafe(24)}"
    payload: dict[str, Any] = {
        "id": interaction_id,
        "application_id": world.application_id,
        "type": kind,
        "token": token,
        "version": 1,
        "data": data,
        "channel": world.channel_json(channel),
        "channel_id": channel.id,
        "locale": account.locale,
        "app_permissions": str(int(permissions.in_channel(channel, world.bot.id))),
        "entitlements": entitlements_for(world, account.id, guild_id),
        "attachment_size_limit": 10 * 1024 * 1024,
        "context": contexts.context_of(world, channel),
        "authorizing_integration_owners": _owners(world, account, channel, source, parent, kinds),
        **_whereabouts(account, channel),
    }
    if source is not None:
        payload["message"] = shapes.message_json(source, world.bot)
    interaction = Interaction(
        interaction_id, token, kind, account, channel, payload, world.clock.time(), source, parent
    )
    world.interactions[token] = interaction
    world.publish(Event("INTERACTION_CREATE", payload, guild_id))
    return interaction


def _whereabouts(account: Account, channel: Channel) -> dict[str, Any]:
    guild = channel.guild
    if guild is None:
        return {"user": account.json()}
    allowed = permissions.in_channel(channel, account.id)
    return {
        "member": {**guild.members[account.id].json(), "permissions": str(int(allowed))},
        "guild_id": guild.id,
        "guild": {"id": guild.id, "features": [], "locale": guild.locale},
        "guild_locale": guild.locale,
    }


def _owners(
    world: World,
    account: Account,
    channel: Channel,
    source: Message | None,
    parent: Interaction | None,
    kinds: list[int] | None,
) -> dict[str, str]:
    if parent is not None:
        return parent.owners
    if source is not None and "interaction_metadata" in source.data:
        return source.data["interaction_metadata"]["authorizing_integration_owners"]
    return contexts.owners(world, account, channel, kinds or [contexts.GUILD_INSTALL])


def waiting(world: World, interaction_id: str, token: str) -> Interaction:
    """The interaction that a callback may still answer; else 404/10062 or 400/40060."""
    interaction = world.interactions.get(token)
    if interaction is None or interaction.id != interaction_id:
        raise unknown("Interaction")
    if interaction.acknowledged:
        raise DiscordError(400, 40060, "Interaction has already been acknowledged.")
    if world.clock.time() - interaction.born > world.windows.acknowledge:
        raise unknown("Interaction")
    return interaction


def open_for_followups(world: World, application_id: str, token: str) -> Interaction:
    """The interaction behind a webhook token; else 404/10015, or 401/50027 when the token has died."""
    interaction = world.interactions.get(token)
    if interaction is None or application_id != world.application_id:
        raise unknown("Webhook")
    if world.clock.time() - interaction.born > world.windows.token:
        raise DiscordError(401, 50027, "Invalid Webhook Token")
    if not interaction.acknowledged:
        raise unknown("Webhook")
    return interaction


def addressed(interaction: Interaction, message_id: str) -> Message:
    """The message that a webhook path names: `@original` or one of the answers; else 404/10008."""
    if message_id == "@original":
        message = interaction.original
    else:
        answers = [*interaction.followups, interaction.original]
        message = next((one for one in answers if one is not None and one.id == message_id), None)
    if message is None or message.deleted:
        raise unknown("Message")
    return message


def count_follow_up(interaction: Interaction) -> None:
    """400/40094 for the sixth follow-up where the app is not installed but for the person."""
    sent = interaction.follow_ups_sent
    if "0" not in interaction.owners and sent >= FOLLOW_UPS_WHERE_NOT_INSTALLED:
        text = "This interaction has reached the maximum number of follow-up messages"
        raise DiscordError(400, 40094, text)
    interaction.follow_ups_sent += 1
