"""A hero of one's own: one form for name, calling, origin and pronouns, shown again when something is refused."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import discord
from discord.ext import commands

from bot import cards
from bot.api_client import ApiError
from bot.cards import ids
from bot.cards.ids import Target
from bot.cards.plain import one_line
from bot.replies import Interaction, TooLate, player_of
from bot.texts import N, tr

if TYPE_CHECKING:
    from bot.app import ConquestBot
    from bot.cogs.lobby import LobbyCog

Json = dict[str, Any]
KINDS = ("play", "lobby", "hero")  # for a new lobby, for a lobby that stands, for no table at all
PRONOUNS = (("they", N("they / them")), ("she", N("she / her")), ("he", N("he / him")))
NAME = 32
WITHIN = 2.0  # seconds; a form must be the first answer, and Discord gives up at 3
FRESH = 600.0  # seconds that classes and origins are good for
DRAFTS = 500
SHOWN = 25


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody put into the form; kept for a while, so that nothing is typed twice."""

    name: str = ""
    character_class: str = ""
    origin: str = ""
    pronouns: str = ""

    def body(self) -> Json:
        return {
            "name": self.name,
            "character_class": self.character_class,
            "origin": self.origin,
            "pronouns": self.pronouns or "they",
        }


def hero_form(custom_id: str, classes: list[Json], origins: list[Json], draft: Draft) -> discord.ui.Modal:
    """The form; answered by its custom_id, see `ConquestBot.on_interaction`."""
    form = discord.ui.Modal(title=tr("A hero of your own"), custom_id=custom_id, timeout=900)
    name: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id="name",
        placeholder=tr("Mara of the Ferry"),
        min_length=2,
        max_length=NAME,
        default=draft.name or None,
    )
    form.add_item(discord.ui.Label(text=tr("Name"), component=name))
    parts = [(f"character_class{n or ''}", rows) for n, rows in enumerate(_parts(classes))]
    fields = [
        (key, tr("What do they do?"), rows, draft.character_class, len(parts) == 1) for key, rows in parts
    ]
    fields.append(("origin", tr("Where do they come from?"), origins[:SHOWN], draft.origin, True))
    for key, label, rows, chosen, required in fields:
        options = [
            discord.SelectOption(
                label=one_line(r["name"], 100),
                value=str(r["key"]),
                description=one_line(r.get("summary") or "", 100) or None,
                default=r["key"] == chosen,
            )
            for r in rows
        ]
        form.add_item(discord.ui.Label(text=label, component=_select(key, options, required=required)))
    pronouns = [
        discord.SelectOption(label=tr(words), value=key, default=key == (draft.pronouns or "they"))
        for key, words in PRONOUNS
    ]
    form.add_item(discord.ui.Label(text=tr("Pronouns"), component=_select("pronouns", pronouns)))
    return form


def _parts(classes: list[Json]) -> list[list[Json]]:
    """The callings in one select, or in two where they are more than a select holds."""
    return [classes[:SHOWN], classes[SHOWN : 2 * SHOWN]] if len(classes) > SHOWN else [classes]


def _select(
    custom_id: str, options: list[discord.SelectOption], *, required: bool = True
) -> discord.ui.Select[Any]:
    return discord.ui.Select(
        custom_id=custom_id, options=options, required=required, min_values=int(required)
    )


def draft_of(values: list[str]) -> Draft:
    """What the form's fields hold; of two selects of callings, the one in which something was chosen."""
    if len(values) > 4:
        values = [values[0], values[1] or values[2], *values[3:]]
    return Draft(*values[:4])


class MakingCog(commands.Cog):
    """From "a hero of my own" to a seat, without a dead end."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot
        self._drafts: OrderedDict[int, Draft] = OrderedDict()
        self._choices: tuple[float, list[Json], list[Json]] = (0.0, [], [])
        for kind in KINDS:
            bot.presses.on(kind, "make", self.press_make)
            bot.presses.on_modal(kind, "made", self.submit_made)

    @property
    def lobby(self) -> LobbyCog:
        cog = self.bot.get_cog("LobbyCog")
        assert cog is not None, "LobbyCog is loaded before MakingCog"
        return cog  # type: ignore[return-value]

    async def press_make(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        """Show the form, with what was typed before; only an API that does not answer in time comes first."""
        try:
            classes, origins = await self._what_there_is()
        except ApiError:
            await self.bot.replies.acknowledge(interaction)
            raise
        custom_id = ids.make(target.kind, target.id, "made", *target.args)
        form = hero_form(custom_id, classes, origins, self._drafts.get(interaction.user.id, Draft()))
        try:
            await interaction.response.send_modal(form)
        except discord.NotFound as error:
            raise TooLate from error

    async def submit_made(self, interaction: Interaction, target: Target, values: list[str]) -> None:
        """Make the hero and take the seat; a refused name brings the form back with everything in it."""
        await self.bot.replies.acknowledge(interaction)
        draft = draft_of([one_line(v) for v in values])
        self._keep(interaction.user.id, draft)
        try:
            made = await self.bot.api.create_character(
                player_of(interaction), draft.body(), key=f"{interaction.id}:hero"
            )
        except ApiError as error:
            if error.is_passing or error.status == 401:
                raise
            again = ids.make(target.kind, target.id, "make", *target.args)
            await self.bot.replies.show(
                interaction, cards.hero_refused(draft.name, error.details, error.message, again)
            )
            return
        self._drafts.pop(interaction.user.id, None)
        choice = f"c|{made['id']}"
        match target.kind:
            case "lobby":
                await self.lobby.take_seat(interaction, target.id, choice)
            case "play":
                await self.lobby.sit_down(interaction, target, choice)
            case _:
                await self.bot.replies.show(interaction, cards.sheet(made))

    async def _what_there_is(self) -> tuple[list[Json], list[Json]]:
        """Classes and origins, asked for now and then. Raises ApiError."""
        at, classes, origins = self._choices
        if not classes or time.monotonic() - at > FRESH:
            classes = await self._asked("classes")
            origins = await self._asked("origins")
            self._choices = (time.monotonic(), classes, origins)
        return classes, origins

    async def _asked(self, kind: str) -> list[Json]:
        answer = await self.bot.api.call("GET", kind, timeout=WITHIN / 2, tries=1)
        return list(answer["items"])

    def _keep(self, user_id: int, draft: Draft) -> None:
        self._drafts[user_id] = draft
        self._drafts.move_to_end(user_id)
        while len(self._drafts) > DRAFTS:
            self._drafts.popitem(last=False)
