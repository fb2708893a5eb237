"""Interactions: a person's command, click or form, from being told to a bot until its token dies."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord import permissions, shapes
from tests.fakes.discord.errors import DiscordError, unknown
from tests.fakes.discord.model import EPHEMERAL, Account, Channel, Message
from tests.fakes.discord.world import Event, World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5

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
            "authorizing_integration_owners": self.payload["authorizing_integration_owners"],
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
) -> Interaction:
    """Tell bots about a new interaction. `data` is the payload's inner part."""
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
        "locale": "en-US",
        "app_permissions": str(int(permissions.in_channel(channel, world.bot.id))),
        "entitlements": [],
        "attachment_size_limit": 10 * 1024 * 1024,
        **_whereabouts(account, channel),
    }
    if source is not None:
        payload["message"] = shapes.message_json(source, world.bot)
    interaction = Interaction(
        interaction_id, token, kind, account, channel, payload, world.clock.time(), source, parent
    )
    world.interactions[token] = interaction
    guild_id = channel.guild.id if channel.guild else None
    world.publish(Event("INTERACTION_CREATE", payload, guild_id))
    return interaction


def _whereabouts(account: Account, channel: Channel) -> dict[str, Any]:
    guild = channel.guild
    if guild is None:
        owners = {"0": "0"}
        return {"user": account.json(), "context": 1, "authorizing_integration_owners": owners}
    allowed = permissions.in_channel(channel, account.id)
    return {
        "member": {**guild.members[account.id].json(), "permissions": str(int(allowed))},
        "guild_id": guild.id,
        "guild": {"id": guild.id, "features": [], "locale": "en-US"},
        "guild_locale": "en-US",
        "context": 0,
        "authorizing_integration_owners": {"0": guild.id},
    }


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


def is_hidden(body: dict[str, Any], account: Account) -> str | None:
    """The one reader of an answer with the ephemeral flag."""
    return account.id if (body.get("flags") or 0) & EPHEMERAL else None
