"""People at their Discord clients. They can do what Discord's own client lets them do, and no more."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.fakes.discord import (
    components,
    contexts,
    interactions,
    membership,
    messages,
    options,
    permissions,
    shop,
    slow_mode,
    thread_members,
    threads,
)
from tests.fakes.discord.errors import Refused
from tests.fakes.discord.forms import filled_form
from tests.fakes.discord.menus import chosen
from tests.fakes.discord.model import Account, Channel, Guild, Message
from tests.fakes.discord.passing_time import catch_up
from tests.fakes.discord.permissions import Permission, may
from tests.fakes.discord.replies import Modal, Reply
from tests.fakes.discord.routes_commands import find
from tests.fakes.discord.world import World

if TYPE_CHECKING:
    from tests.fakes.discord.messages import Upload


class User:
    """A person. Every action that a bot answers returns a `Reply` at once; wait on that."""

    def __init__(self, world: World, account: Account, guild: Guild) -> None:
        self._world = world
        self.account = account
        self.guild = guild

    @property
    def id(self) -> str:
        """The user's id."""
        return self.account.id

    @property
    def name(self) -> str:
        """The user's name."""
        return self.account.name

    @property
    def mention(self) -> str:
        """What one writes to call this user."""
        return self.account.mention

    @property
    def dm(self) -> Channel:
        """The private conversation with the bot."""
        return self._world.private_conversation(self.account)

    def close_dms(self) -> None:
        """Take no private messages from the bot any more (403/50007)."""
        self._world.closed_to_bot.add(self.id)

    def open_dms(self) -> None:
        """Take private messages from the bot again."""
        self._world.closed_to_bot.discard(self.id)

    # ---- belonging

    async def join_guild(self, guild: Guild | None = None) -> None:
        """Become a member of a guild, by default again of the user's own."""
        self._world.add_member(guild or self.guild, self.account)

    async def leave_guild(self, guild: Guild | None = None) -> None:
        """Leave a guild, by default the user's own."""
        membership.remove_member(self._world, guild or self.guild, self.account)

    def install_app(self) -> None:
        """Install the bot's application for oneself: its commands come along to all guilds and talks."""
        self._world.installed_by.add(self.id)

    def uninstall_app(self) -> None:
        """Remove one's own installation of the application."""
        self._world.installed_by.discard(self.id)

    def buy(
        self, sku: dict[str, Any], seconds: float | None = None, guild: Guild | None = None
    ) -> dict[str, Any]:
        """Buy something, which `seconds` may end, for oneself or for a guild; gives the entitlement."""
        return shop.grant(self._world, sku, self.id, guild.id if guild else None, seconds)

    # ---- talking

    async def say(
        self,
        text: str,
        channel: Channel | None = None,
        reply_to: Message | None = None,
        files: "Sequence[Upload]" = (),
    ) -> Message:
        """Write a message."""
        place = self._place(channel)
        self._require(place, permissions.sending_permission(place), "write here")
        if not text and not files:
            raise Refused("an empty message cannot be sent")
        if len(text) > 2000:
            raise Refused("a message has at most 2000 characters")
        body: dict[str, Any] = {"content": text}
        if reply_to is not None:
            self._require_sees(reply_to)
            body["message_reference"] = {"message_id": reply_to.id}
        if place.archived and place.locked:
            raise Refused(f"the thread {place.name!r} is locked")
        slow_mode.hold_back(self._world, place, self.account)
        threads.reopen_for_writing(self._world, place)
        if place.is_thread:
            thread_members.join(self._world, place, self.account)
        return messages.send(self._world, place, self.account, body, files)

    async def edit(self, message: Message, text: str) -> None:
        """Change an own message."""
        if message.author is not self.account:
            raise Refused("only own messages can be edited")
        messages.edit(self._world, message, {"content": text})

    async def delete(self, message: Message) -> None:
        """Delete a message: an own one, or any with Manage Messages."""
        if message.author is not self.account:
            self._require(message.channel, Permission.MANAGE_MESSAGES, "delete others' messages")
        messages.delete(self._world, message)

    async def react(self, message: Message, emoji: str) -> None:
        """Add a reaction."""
        self._require_sees(message)
        if message.only_for:
            raise Refused("ephemeral messages take no reactions")
        self._require(message.channel, Permission.ADD_REACTIONS, "react here")
        messages.react(self._world, message, self.account, emoji)

    async def unreact(self, message: Message, emoji: str) -> None:
        """Take a reaction back."""
        messages.unreact(self._world, message, self.account, emoji)

    async def join(self, thread: Channel) -> None:
        """Enter a thread that can be seen."""
        self._require(thread, Permission.VIEW_CHANNEL, "see this thread")
        thread_members.join(self._world, thread, self.account)

    async def invite(self, user: "User", thread: Channel) -> None:
        """Bring somebody into a thread."""
        self._require(thread, permissions.sending_permission(thread), "write here")
        if not threads.may_bring_in(thread, self.id):
            raise Refused(f"{self.name} may not bring people into {thread.name!r}")
        if thread.parent is None or not may(thread.parent, user.id, Permission.VIEW_CHANNEL):
            raise Refused(f"{user.name} does not see the channel of {thread.name!r}")
        threads.bring_in(self._world, thread, self.account, user.account)

    async def put_out(self, user: "User", thread: Channel) -> None:
        """Put somebody out of a thread."""
        if not (thread.is_private and thread.owner_id == self.id):
            self._require(thread, Permission.MANAGE_THREADS, "put people out")
        threads.put_out(self._world, thread, self.account, user.account)

    async def archive(self, thread: Channel, locked: bool = False) -> None:
        """Close a thread, one's own or any with Manage Threads; only the latter may lock it."""
        if locked or thread.owner_id != self.id:
            self._require(thread, Permission.MANAGE_THREADS, "close this thread")
        threads.change(self._world, thread, {"archived": True, "locked": locked})

    async def leave(self, thread: Channel) -> None:
        """Leave a thread."""
        thread_members.leave(self._world, thread, self.account)

    def sees(self, what: Message | Channel) -> bool:
        """Whether a message or a channel is visible to this user."""
        if isinstance(what, Message):
            return what.visible_to(self)
        return may(what, self.id, Permission.VIEW_CHANNEL)

    # ---- commands

    async def slash(
        self,
        command: str,
        channel: Channel | None = None,
        options: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> Reply:
        """Use a slash command, "name", "name sub" or "name group sub".

        Options are keywords, or stand in `options` where a keyword would clash (`channel`, `command`).
        """
        place, found, words = self._command(command, channel)
        return self._use(interactions.COMMAND, place, found, words, {**(options or {}), **values})

    async def autocomplete(
        self,
        command: str,
        focused: str,
        value: Any = "",
        channel: Channel | None = None,
        **others: Any,
    ) -> Reply:
        """Type `value` into the option `focused` and wait for suggestions; `others` are filled already."""
        place, found, words = self._command(command, channel)
        declared, _ = options.declared(found, words)
        option = next((one for one in declared if one["name"] == focused), None)
        if option is None or not option.get("autocomplete"):
            raise Refused(f"/{command} has no option {focused!r} with autocomplete")
        values = {**others, focused: value}
        return self._use(interactions.AUTOCOMPLETE, place, found, words, values, focused)

    def commands(self, channel: Channel | None = None) -> list[str]:
        """The names of the slash commands that Discord's client would offer here."""
        place = self._place(channel)
        guild_id = place.guild.id if place.guild else None
        offered = [*self._world.commands.get(guild_id, []), *self._world.commands.get(None, [])]
        return sorted({one["name"] for one in offered if one["type"] == 1 and not self._why_not(place, one)})

    def _use(
        self,
        kind: int,
        place: Channel,
        command: dict[str, Any],
        words: list[str],
        values: Mapping[str, Any],
        focused: str | None = None,
    ) -> Reply:
        declared, steps = options.declared(command, words)
        filled = options.fill(self._world, place.guild, declared, values, focused)
        data: dict[str, Any] = {
            "id": command["id"],
            "name": command["name"],
            "type": command["type"],
            "options": options.nested(steps, filled.options),
        }
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        if filled.resolved:
            data["resolved"] = filled.resolved
        return self._begin(kind, place, data, kinds=command["integration_types"])

    def _command(self, text: str, channel: Channel | None) -> tuple[Channel, dict[str, Any], list[str]]:
        place = self._place(channel)
        name, *words = text.lstrip("/").split()
        guild_id = place.guild.id if place.guild else None
        command = find(self._world, guild_id, name)
        if command is None:
            raise Refused(f"/{name} is not registered")
        reason = self._why_not(place, command)
        if reason:
            raise Refused(f"/{name} is not offered to {self.name}: {reason}")
        return place, command, words

    def _why_not(self, place: Channel, command: dict[str, Any]) -> str | None:
        return contexts.why_not(self._world, self.account, place, command)

    # ---- components and forms

    async def click(self, message: Message, label: str | None = None, custom_id: str | None = None) -> Reply:
        """Press a button, found by its label or its custom id."""
        self._require_sees(message)
        hits = [
            button
            for button in message.buttons
            if (label is not None and button.get("label") == label)
            or (custom_id is not None and button.get("custom_id") == custom_id)
        ]
        if len(hits) != 1:
            what = f"{len(hits)} buttons" if hits else "no button"
            raise Refused(f"{what} {label or custom_id!r} on {message!r}; there are {message.labels}")
        button = hits[0]
        if button.get("disabled"):
            raise Refused(f"the button {label or custom_id!r} is disabled")
        if "custom_id" not in button:
            raise Refused(f"the button {label!r} is a link or a purchase, which no bot is told about")
        return self._use_component(message, button, {})

    async def select(self, message: Message, custom_id: str, values: Sequence[Any]) -> Reply:
        """Choose from a menu: its options' values or labels, or users, roles, channels."""
        self._require_sees(message)
        menus = [
            part for _, part in components.walk(message.components) if part["type"] in components.SELECTS
        ]
        menu = next((part for part in menus if part["custom_id"] == custom_id), None)
        if menu is None:
            raise Refused(f"no menu {custom_id!r}; there are {[part['custom_id'] for part in menus]}")
        if menu.get("disabled"):
            raise Refused(f"the menu {custom_id!r} is disabled")
        return self._use_component(message, menu, chosen(self._world, self.guild, menu, values))

    async def submit(self, form: Reply | Modal, values: Mapping[str, Any] | None = None) -> Reply:
        """Fill in a form, field by custom id or label, and send it off."""
        modal = form.modal if isinstance(form, Reply) else form
        if modal is None:
            raise Refused(f"{form!r} showed no form")
        if modal.interaction.account is not self.account:
            raise Refused(f"the form {modal.title!r} is not on {self.name}'s screen")
        if modal.submitted:
            raise Refused(f"the form {modal.title!r} was sent already")
        data = filled_form(self._world, self.guild, modal, values or {})
        modal.submitted = True
        opener = modal.interaction
        source = opener.source
        interaction = interactions.begin(
            self._world, interactions.MODAL_SUBMIT, self.account, opener.channel, data, source, opener
        )
        return Reply(self._world, interaction)

    def _use_component(self, message: Message, part: dict[str, Any], extra: dict[str, Any]) -> Reply:
        data = {"custom_id": part["custom_id"], "component_type": part["type"], "id": part["id"], **extra}
        return self._begin(interactions.COMPONENT, message.channel, data, message)

    def _begin(
        self,
        kind: int,
        place: Channel,
        data: dict[str, Any],
        source: Message | None = None,
        kinds: list[int] | None = None,
    ) -> Reply:
        interaction = interactions.begin(self._world, kind, self.account, place, data, source, kinds=kinds)
        return Reply(self._world, interaction)

    # ---- rights

    def _place(self, channel: Channel | None) -> Channel:
        place = channel or self._world.channels_of(self.guild)[0]
        self._require(place, Permission.VIEW_CHANNEL, "see this channel")
        return place

    def _require(self, place: Channel, wanted: Permission, what: str) -> None:
        catch_up(self._world)
        if not may(place, self.id, wanted):
            raise Refused(f"{self.name} may not {what} (#{place.name})")

    def _require_sees(self, message: Message) -> None:
        if not message.visible_to(self):
            raise Refused(f"{self.name} does not see {message!r}")

    def __repr__(self) -> str:
        return f"<User {self.name}>"
