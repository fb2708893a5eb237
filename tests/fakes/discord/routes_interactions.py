"""REST: answering interactions, and the follow-ups that their tokens allow for a while."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.fakes.discord import (
    command_rules,
    component_rules,
    interactions,
    message_rules,
    messages,
    shapes,
    threads,
)
from tests.fakes.discord.errors import DiscordError, FormProblem, invalid
from tests.fakes.discord.interactions import (
    ALLOWED_CALLBACKS,
    CHOICES,
    COMMAND,
    DEFER,
    DEFER_UPDATE,
    LAUNCH,
    MESSAGE,
    MODAL,
    UPDATE,
    Interaction,
)
from tests.fakes.discord.model import COMMAND_REPLY, EPHEMERAL, LOADING, REPLY, Message
from tests.fakes.discord.routes_messages import refuse_empty
from tests.fakes.discord.routing import Answer, Call, Routes
from tests.fakes.discord.world import World

routes = Routes()

CHOICES_LIMIT = 25
WEBHOOK = "/webhooks/{application}/{token}"

CALLBACK_SCHEMAS = {
    1: "PongInteractionCallbackRequest",
    MESSAGE: "CreateMessageInteractionCallbackRequest",
    DEFER: "CreateMessageInteractionCallbackRequest",
    DEFER_UPDATE: "UpdateMessageInteractionCallbackRequest",
    UPDATE: "UpdateMessageInteractionCallbackRequest",
    CHOICES: "ApplicationCommandAutocompleteCallbackRequest",
    MODAL: "ModalInteractionCallbackRequest",
    LAUNCH: "LaunchActivityInteractionCallbackRequest",
}


def _callback_schema(world: World, call: Call) -> str | None:
    return CALLBACK_SCHEMAS.get(call.body.get("type"))


def _callback_rules(world: World, call: Call) -> Iterator[FormProblem]:
    kind, data = call.body.get("type"), call.body.get("data") or {}
    if kind not in CALLBACK_SCHEMAS:
        yield FormProblem(("type",), "BASE_TYPE_CHOICES", f"Value must be one of {tuple(CALLBACK_SCHEMAS)}.")
    elif kind in (MESSAGE, DEFER, UPDATE):
        interaction = world.interactions.get(call.params["token"])
        source = interaction.source if interaction and kind == UPDATE else None
        fields = message_rules.REPLY_FIELDS
        for problem in message_rules.message_problems(data, fields, source.flags if source else 0):
            yield FormProblem(("data", *problem.path), problem.code, problem.message)
    elif kind == CHOICES:
        choices = data.get("choices") or []
        if len(choices) > CHOICES_LIMIT:
            yield message_rules.too_long(("data", "choices"), CHOICES_LIMIT)
        yield from command_rules.choice_list_problems(choices, ("data", "choices"))
    elif kind == MODAL:
        yield from component_rules.modal_problems(data)


def _followup_rules(world: World, call: Call) -> Iterator[FormProblem]:
    return message_rules.message_problems(call.body or {}, message_rules.REPLY_FIELDS)


def _edit_rules(world: World, call: Call) -> Iterator[FormProblem]:
    interaction = world.interactions.get(call.params["token"])
    flags = 0
    if interaction is not None:
        message_id = call.params.get("message", "@original")
        target = interaction.original if message_id == "@original" else world.messages.get(message_id)
        flags = target.flags if target else 0
    return message_rules.message_problems(call.body or {}, message_rules.REPLY_FIELDS, flags)


@routes.on(
    "POST",
    "/interactions/{interaction}/{token}/callback",
    rules=_callback_rules,
    schema=_callback_schema,
)
def callback(world: World, call: Call) -> Answer:
    """The first answer, due within three seconds."""
    interaction = interactions.waiting(world, call.params["interaction"], call.params["token"])
    kind, data = call.body["type"], call.body.get("data") or {}
    if kind not in ALLOWED_CALLBACKS[interaction.kind] or (
        kind in (UPDATE, DEFER_UPDATE) and interaction.source is None
    ):
        raise invalid("type", "INTERACTION_CALLBACK_INVALID", "This interaction takes no such callback")
    CALLBACKS[kind](world, interaction, data, call)
    interaction.callback = kind
    interaction.answered_after = world.clock.time() - interaction.born
    if call.query.get("with_response") in ("1", "true"):
        return 200, _callback_answer(world, interaction, kind)
    return 204, None


def _reply(world: World, interaction: Interaction, data: dict[str, Any], call: Call) -> None:
    refuse_empty(data, len(call.files))
    interaction.original = _answer(world, interaction, data, call)


def _defer(world: World, interaction: Interaction, data: dict[str, Any], call: Call) -> None:
    flags = LOADING | ((data.get("flags") or 0) & EPHEMERAL)
    interaction.original = _answer(world, interaction, {"flags": flags}, call)
    interaction.waits_for_content = True


def _defer_update(world: World, interaction: Interaction, data: dict[str, Any], call: Call) -> None:
    interaction.original = interaction.source


def _update(world: World, interaction: Interaction, data: dict[str, Any], call: Call) -> None:
    assert interaction.source is not None
    refuse_empty(data, len(call.files), interaction.source)
    messages.edit(world, interaction.source, data, call.files)
    interaction.original = interaction.source


def _suggest(world: World, interaction: Interaction, data: dict[str, Any], call: Call) -> None:
    interaction.choices = data.get("choices") or []


def _show_modal(world: World, interaction: Interaction, data: dict[str, Any], call: Call) -> None:
    interaction.modal = data


def _refuse_launch(world: World, interaction: Interaction, data: dict[str, Any], call: Call) -> None:
    raise DiscordError(400, 50234, "This application has no activity to launch")


CALLBACKS: dict[int, Callable[[World, Interaction, dict[str, Any], Call], None]] = {
    MESSAGE: _reply,
    DEFER: _defer,
    DEFER_UPDATE: _defer_update,
    UPDATE: _update,
    CHOICES: _suggest,
    MODAL: _show_modal,
    LAUNCH: _refuse_launch,
}


def _answer(world: World, interaction: Interaction, body: dict[str, Any], call: Call) -> Message:
    """A message that answers an interaction; it needs no permission to send."""
    more: dict[str, Any] = {
        "application_id": world.application_id,
        "webhook_id": world.application_id,
        "interaction_metadata": interaction.metadata(),
    }
    first = interaction.original is None
    if interaction.must_hide:
        body = {**body, "flags": (body.get("flags") or 0) | EPHEMERAL}
    kind = (COMMAND_REPLY if interaction.kind == COMMAND else REPLY) if first else REPLY
    answered = interaction.source if first else interaction.original
    if answered is not None:
        more["message_reference"] = {
            "type": 0,
            "channel_id": answered.channel.id,
            "message_id": answered.id,
        }
    only_for = interaction.account.id if (body.get("flags") or 0) & EPHEMERAL else None
    if only_for is None:
        threads.reopen_for_writing(world, interaction.channel)
    return messages.send(world, interaction.channel, world.bot, body, call.files, kind, only_for, **more)


def _callback_answer(world: World, interaction: Interaction, kind: int) -> dict[str, Any]:
    about: dict[str, Any] = {"id": interaction.id, "type": interaction.kind}
    answer: dict[str, Any] = {"interaction": about}
    message = interaction.original
    if kind in (MESSAGE, DEFER, UPDATE, DEFER_UPDATE) and message is not None:
        about.update(
            response_message_id=message.id,
            response_message_loading=message.loading,
            response_message_ephemeral=message.ephemeral,
        )
        if kind in (MESSAGE, UPDATE):
            answer["resource"] = {"type": kind, "message": shapes.message_json(message, world.bot)}
    return answer


@routes.on("POST", WEBHOOK, rules=_followup_rules, schema=lambda world, call: "IncomingWebhookRequestPartial")
def follow_up(world: World, call: Call) -> Answer:
    """One more message. The first after a deferral replaces "is thinking" and is as visible as that was."""
    interaction = _interaction(world, call)
    body = call.body or {}
    refuse_empty(body, len(call.files))
    interactions.count_follow_up(interaction)
    original = interaction.original
    if interaction.waits_for_content and original is not None and not original.deleted:
        interaction.waits_for_content = False
        messages.fill(world, original, body, call.files)
        return 200, shapes.message_json(original, world.bot)
    message = _answer(world, interaction, body, call)
    interaction.followups.append(message)
    return 200, shapes.message_json(message, world.bot)


@routes.on("GET", WEBHOOK + "/messages/{message}")
def read(world: World, call: Call) -> Answer:
    """One of the answers."""
    interaction = _interaction(world, call)
    message = interactions.addressed(interaction, call.params["message"])
    return 200, shapes.message_json(message, world.bot)


@routes.on("PATCH", WEBHOOK + "/messages/{message}", rules=_edit_rules)
def edit(world: World, call: Call) -> Answer:
    """Edit one of the answers; editing a deferred one fills it in."""
    interaction = _interaction(world, call)
    message = interactions.addressed(interaction, call.params["message"])
    refuse_empty(call.body, len(call.files), message)
    if message.loading:
        interaction.waits_for_content = False
        message.data["flags"] &= ~LOADING
    messages.edit(world, message, call.body, call.files)
    return 200, shapes.message_json(message, world.bot)


@routes.on("DELETE", WEBHOOK + "/messages/{message}")
def delete(world: World, call: Call) -> Answer:
    """Delete one of the answers."""
    interaction = _interaction(world, call)
    messages.delete(world, interactions.addressed(interaction, call.params["message"]))
    interaction.waits_for_content = False
    return 204, None


def _interaction(world: World, call: Call) -> Interaction:
    return interactions.open_for_followups(world, call.params["application"], call.params["token"])


def note_refusal(world: World, call: Call, error: DiscordError) -> None:
    """Let tests see which errors an interaction's answers met."""
    interaction = world.interactions.get(call.params.get("token", ""))
    if interaction is not None:
        interaction.refused.append(error)
