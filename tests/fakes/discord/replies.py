"""What a person gets to see after a command, a click or a form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.discord import components
from tests.fakes.discord.errors import DiscordError, Refused
from tests.fakes.discord.interactions import CHOICES, MODAL, Interaction
from tests.fakes.discord.model import Message
from tests.fakes.discord.world import World

FIELD_KINDS = (components.TEXT_INPUT, *components.SELECTS, 19, 21, 22, 23)


@dataclass(frozen=True)
class Field:
    """One input of a modal."""

    custom_id: str
    label: str
    part: dict[str, Any]


@dataclass(eq=False)
class Modal:
    """A form that the bot has put before a person."""

    data: dict[str, Any]
    interaction: Interaction
    submitted: bool = False

    @property
    def title(self) -> str:
        """The form's title."""
        return self.data["title"]

    @property
    def custom_id(self) -> str:
        """The form's id."""
        return self.data["custom_id"]

    @property
    def fields(self) -> list[Field]:
        """The inputs, in reading order; an input inside a label has the label's text."""
        found, label = [], ""
        for _, part in components.walk(self.data["components"]):
            if part["type"] == components.LABEL:
                label = part["label"]
            elif part["type"] in FIELD_KINDS:
                found.append(Field(part["custom_id"], part.get("label") or label, part))
        return found

    def field(self, key: str) -> Field:
        """The input with this custom id or label."""
        for field in self.fields:
            if key in (field.custom_id, field.label):
                return field
        names = [field.label or field.custom_id for field in self.fields]
        raise Refused(f"the form {self.title!r} has no field {key!r}, only {names}")


class Reply:
    """The bot's answer to one interaction, as its person sees it. It lives on while the bot edits."""

    def __init__(self, world: World, interaction: Interaction) -> None:
        self._world = world
        self.interaction = interaction
        self._modal: Modal | None = None

    @property
    def is_acknowledged(self) -> bool:
        """Whether the bot has answered."""
        return self.interaction.acknowledged

    @property
    def ack_seconds(self) -> float | None:
        """How long the person waited for the acknowledgement."""
        return self.interaction.answered_after

    @property
    def callback(self) -> int | None:
        """The kind of acknowledgement: 4 message, 5 thinking, 6 and 7 update, 8 choices, 9 form."""
        return self.interaction.callback

    @property
    def message(self) -> Message | None:
        """The answer, or after an update the message whose component was used."""
        return self.interaction.original

    @property
    def followups(self) -> list[Message]:
        """Messages after the first answer."""
        return self.interaction.followups

    @property
    def messages(self) -> list[Message]:
        """The answer and all follow-ups that stand."""
        found = [self.message, *self.followups]
        return [message for message in found if message is not None and not message.deleted]

    @property
    def modal(self) -> Modal | None:
        """The form, if the bot showed one."""
        if self.interaction.modal is not None and self._modal is None:
            self._modal = Modal(self.interaction.modal, self.interaction)
        return self._modal

    @property
    def choices(self) -> list[dict[str, Any]]:
        """Suggestions of an autocomplete answer: `{"name": ..., "value": ...}`."""
        return self.interaction.choices or []

    @property
    def errors(self) -> list[DiscordError]:
        """Errors that the bot's answers to this interaction met."""
        return self.interaction.refused

    @property
    def response(self) -> Message | Modal | list[dict[str, Any]] | None:
        """What the person sees: a message, a form, suggestions; None before any acknowledgement."""
        if self.callback == MODAL:
            return self.modal
        return self.choices if self.callback == CHOICES else self.message

    @property
    def text(self) -> str:
        """All text of the answer and its follow-ups."""
        return "\n".join(message.text for message in self.messages)

    async def acknowledged(self, timeout: float = 5) -> "Reply":
        """Wait for the acknowledgement; TimeoutError when none comes."""
        await self._world.changes.until(lambda: self.is_acknowledged, timeout, f"an answer to {self!r}")
        return self

    async def settled(
        self, accept: Callable[[Message], object] | None = None, timeout: float = 10
    ) -> Message:
        """The first answer that no longer says "is thinking" and that `accept`, if given, agrees to."""

        def found() -> Message | None:
            for message in self.messages:
                if not message.loading and (accept is None or accept(message)):
                    return message
            return None

        message = await self._world.changes.until(found, timeout, f"the final answer to {self!r}")
        assert message is not None
        return message

    def __repr__(self) -> str:
        data = self.interaction.payload["data"]
        what = data.get("name") or data.get("custom_id")
        state = f"answered by callback {self.callback}" if self.is_acknowledged else "unanswered"
        errors = f", errors {[str(error) for error in self.errors]}" if self.errors else ""
        return f"<Reply to {self.interaction.account.name}'s {what!r}: {state}: {self.text[:80]!r}{errors}>"
