"""A small, ordinary discord.py bot. Run as `python -m tests.fakes.sample_bot` with the stand-in's environment."""

import asyncio
import os

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket

discord.http.Route.BASE = os.environ["DISCORD_API_BASE"]
DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY"])

SHARDED = os.environ.get("SAMPLE_BOT_SHARDED") == "1"
DOORS = ("open the door", "open the chest", "run away")
Client: type[discord.Client] = discord.AutoShardedClient if SHARDED else discord.Client


class SampleBot(Client):
    """Answers in every way that Discord knows."""

    def __init__(self) -> None:
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__(intents=intents, guild_ready_timeout=0.1)
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        self.tree.add_command(campaign)
        for command in (act, menu, note, panel, luck):
            self.tree.add_command(command)
        self.add_view(Menu())
        await self.tree.sync()

    async def on_ready(self) -> None:
        await self.change_presence(status=discord.Status.online)

    async def on_message(self, message: discord.Message) -> None:
        if message.author.bot or message.is_system():
            return
        if message.content.startswith("thread "):
            thread = await message.create_thread(name=message.content.removeprefix("thread "))
            await thread.send("the scene opens", nonce=f"turn-{message.id}"[:25])
            await message.add_reaction("🎲")
        elif message.content.startswith("count "):
            many = range(int(message.content.removeprefix("count ")))
            await asyncio.gather(*(message.channel.send(f"number {one}") for one in many))
        elif isinstance(message.channel, discord.DMChannel):
            await message.channel.send(f"psst: {message.content}")
        else:
            await message.reply(f"heard: {message.content}")

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await guild.text_channels[0].send(f"hello, {guild.name}")

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self.guilds[0].text_channels[0].send(f"farewell, {guild.name}")

    async def on_entitlement_create(self, entitlement: discord.Entitlement) -> None:
        await entitlement.consume()
        [sku] = [one for one in await self.fetch_skus() if one.id == entitlement.sku_id]
        held = [one async for one in self.entitlements() if one.consumed]
        await self.guilds[0].text_channels[0].send(f"sold {sku.name}, {len(held)} used")


class Speech(discord.ui.Modal, title="Speak up"):
    """A form with a labelled text and a labelled menu."""

    words = discord.ui.Label(text="Words", component=discord.ui.TextInput(max_length=50))
    tone = discord.ui.Label(
        text="Tone",
        component=discord.ui.Select(
            options=[discord.SelectOption(label="Loud"), discord.SelectOption(label="Soft")]
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        words, tone = self.words.component, self.tone.component
        assert isinstance(words, discord.ui.TextInput) and isinstance(tone, discord.ui.Select)
        await interaction.response.send_message(f"{tone.values[0]}: {words.value}", ephemeral=True)


class Menu(discord.ui.View):
    """Buttons and a select that survive a restart."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Roll", custom_id="menu:roll")
    async def roll(self, interaction: discord.Interaction, button: discord.ui.Button) -> None:
        await interaction.response.edit_message(content="rolled 17")

    @discord.ui.button(label="Later", custom_id="menu:later")
    async def later(self, interaction: discord.Interaction, button: discord.ui.Button) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="done later")

    @discord.ui.button(label="Speak", custom_id="menu:speak")
    async def speak(self, interaction: discord.Interaction, button: discord.ui.Button) -> None:
        await interaction.response.send_modal(Speech())

    @discord.ui.select(
        custom_id="menu:where",
        options=[
            discord.SelectOption(label="North", value="n"),
            discord.SelectOption(label="South", value="s"),
        ],
    )
    async def where(self, interaction: discord.Interaction, select: discord.ui.Select) -> None:
        await interaction.response.edit_message(content=f"went {select.values[0]}")


class Panel(discord.ui.LayoutView):
    """A message of Components V2."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        box: discord.ui.Container = discord.ui.Container(
            discord.ui.TextDisplay("## The gate\nTwo guards look at you."), discord.ui.Separator()
        )
        row: discord.ui.ActionRow = discord.ui.ActionRow()
        row.add_item(discord.ui.Button(label="Bow", custom_id="panel:bow"))
        box.add_item(row)
        self.add_item(box)


@app_commands.command(description="Act in the scene")
@app_commands.describe(what="What you do")
async def act(interaction: discord.Interaction, what: app_commands.Range[str, 1, 200]) -> None:
    """Defer, then follow up twice."""
    await interaction.response.defer(thinking=True)
    await interaction.followup.send(f"You {what}.")
    await interaction.followup.send("A second line.", embed=discord.Embed(title="Turn 1", description="x"))


@act.autocomplete("what")
async def suggest(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    """Suggest what starts with the text so far."""
    return [app_commands.Choice(name=one, value=one) for one in DOORS if one.startswith(current)]


@app_commands.command(description="Show buttons")
async def menu(interaction: discord.Interaction) -> None:
    """A message with components."""
    await interaction.response.send_message("menu", view=Menu())


@app_commands.command(description="Write a note with a file")
async def note(interaction: discord.Interaction, to: discord.Member, urgent: bool = False) -> None:
    """An ephemeral answer with an attachment."""
    await interaction.response.send_message(
        f"to {to.display_name}, urgent: {urgent}",
        file=discord.File(__file__, filename="note.txt"),
        ephemeral=True,
    )


@app_commands.command(description="Show a panel")
async def panel(interaction: discord.Interaction) -> None:
    """A message of Components V2."""
    await interaction.response.send_message(view=Panel())


@app_commands.command(description="Try your luck anywhere")
@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
async def luck(interaction: discord.Interaction) -> None:
    """Tell on whose authority this is, and what the person has bought."""
    by_guild = interaction.is_guild_integration()
    await interaction.response.send_message(
        f"by {'guild' if by_guild else 'user'}, {len(interaction.entitlements)} bought"
    )


campaign = app_commands.Group(name="campaign", description="Campaigns")


@campaign.command(name="start", description="Start a campaign")
@app_commands.choices(
    length=[app_commands.Choice(name="Short", value=1), app_commands.Choice(name="Long", value=9)]
)
async def start(interaction: discord.Interaction, title: str, length: int = 1) -> None:
    """Open a private thread and bring the person in."""
    channel = interaction.channel
    assert isinstance(channel, discord.TextChannel)
    await interaction.response.defer(ephemeral=True)
    thread = await channel.create_thread(name=title, type=discord.ChannelType.private_thread)
    await thread.add_user(interaction.user)
    first = await thread.send(
        f"Welcome {interaction.user.mention}", allowed_mentions=discord.AllowedMentions.none()
    )
    await first.pin()
    await interaction.edit_original_response(content=f"{title} is in {thread.mention}")


if __name__ == "__main__":
    asyncio.set_event_loop(asyncio.new_event_loop())
    SampleBot().run(os.environ["DISCORD_TOKEN"])
