"""The bot in its own process, over the wire: every press and command is answered, whatever the API does."""

from __future__ import annotations

import asyncio
import signal
import sys

import pytest
import pytest_asyncio

from tests.bot.bot_process import ROOT, BotProcess
from tests.bot.canned_api import CannedApi
from tests.bot.canned_stage import Refusal, Session
from tests.fakes.discord import DiscordStandin
from tests.fakes.discord.driver import User
from tests.fakes.discord.model import Channel, Message

pytestmark = [pytest.mark.asyncio, pytest.mark.e2e]
HOUNDS = [{"id": "hound.1", "name": "Hound 1"}, {"id": "hound.2", "name": "Hound 2"}]
LEGAL = [
    {"kind": "affordance", "id": "search_boats", "label": "Search the boats", "targets": [], "enabled": True},
    {
        "kind": "talk",
        "id": "talk",
        "label": "Talk",
        "targets": [{"id": "odile", "name": "Odile"}],
        "enabled": True,
    },
    {"kind": "ability", "id": "cut", "label": "Cut", "enabled": True, "targets": HOUNDS},
    {"kind": "rest", "id": "rest", "label": "Rest", "targets": [], "enabled": False, "reason": "Not now."},
]


class Table:
    """A begun session with Ana and Bo, its thread and its table card."""

    def __init__(self, discord: DiscordStandin, api: CannedApi, bot: BotProcess) -> None:
        self.discord, self.api, self.bot = discord, api, bot
        self.ana, self.bo = discord.add_user("ana"), discord.add_user("bo")
        users = [(self.ana.id, "Ana"), (self.bo.id, "Bo")]
        self.session: Session = api.add_session(discord.general.id, discord.guild.id, users, status="lobby")
        self.session.legal = list(LEGAL)

    @property
    def thread(self) -> Channel:
        return self.discord.threads()[0]

    async def card(self) -> Message:
        return await self.discord.message(lambda m: "What can I do?" in m.labels, self.thread)

    async def open(self) -> Message:
        await self.bot.start()
        await self.api.begin(self.session)
        await self.discord.until(lambda: self.discord.threads())
        return await self.card()

    def actions(self) -> list[dict]:
        return [c.body for c in self.api.calls_to("POST", ".*/action")]


@pytest_asyncio.fixture
async def table(discord: DiscordStandin, api: CannedApi, bot: BotProcess) -> Table:
    return Table(discord, api, bot)


async def test_a_suggestion_acts_in_the_turn_that_the_card_showed(
    table: Table, discord: DiscordStandin
) -> None:
    card = await table.open()
    reply = await table.ana.click(card, "Search the boats")
    answer = await reply.settled()
    assert answer.ephemeral and "Noted" in answer.text and "Search the boats" in answer.text
    hero = table.session.view["party"][0]["character_id"]
    assert table.actions() == [
        {"character_id": hero, "kind": "affordance", "id": "search_boats", "seen_turn": 1}
    ]
    call = table.api.calls_to("POST", ".*/action")[0]
    assert call.key == reply.interaction.payload["id"] and call.acting == f"discord:{table.ana.id}"
    await discord.until(lambda: "1 of 2 are in" in card.text)  # the table shows everyone who has spoken


async def test_words_of_ones_own_go_through_a_form(table: Table) -> None:
    card = await table.open()
    form = await table.ana.click(card, "Something else…")
    await form.acknowledged()
    assert form.modal is not None and form.modal.title == "What do you do?"
    reply = await table.ana.submit(form, {"words": "I listen at the water"})
    assert "I listen at the water" in (await reply.settled()).text
    assert table.actions()[0]["kind"] == "free" and table.actions()[0]["text"] == "I listen at the water"


async def test_d3_a_form_that_was_open_during_a_restart_still_counts(
    table: Table, discord: DiscordStandin
) -> None:
    card = await table.open()
    form = await table.ana.click(card, "Something else…")
    await form.acknowledged()
    await table.bot.kill()
    await table.bot.start()
    await discord.until(lambda: discord.gateway.live_sessions)
    reply = await table.ana.submit(form, {"words": "I wait"})
    await reply.settled()
    assert table.actions()[0]["text"] == "I wait"


async def test_d3_buttons_work_after_a_restart_and_nothing_is_posted_twice(
    table: Table, discord: DiscordStandin
) -> None:
    card = await table.open()
    before = [m.id for m in discord.bot_messages(table.thread)]
    await table.bot.kill()
    table.api.expire_leases()
    await table.bot.start()
    reply = await table.bo.click(card, "What can I do?")
    choice = await reply.settled()
    picked = await table.bo.select(
        choice, choice.components[0]["components"][0]["custom_id"], ["ability|cut|hound.2"]
    )
    await picked.settled()
    assert table.actions() == [
        {"character_id": table.session.view["party"][1]["character_id"], "kind": "ability", "id": "cut",
         "target": "hound.2", "seen_turn": 1}
    ]  # fmt: skip
    await discord.until(lambda: "1 of 2 are in" in card.text)
    assert [m.id for m in discord.bot_messages(table.thread) if not m.ephemeral] == before


async def test_a_refusal_is_seen_by_one_and_can_be_played(table: Table) -> None:
    card = await table.open()
    table.session.view["turn"]["number"] = 7  # the table has moved on since the card was drawn
    reply = await table.ana.click(card, "Search the boats")
    answer = await reply.settled()
    assert answer.ephemeral and not answer.visible_to(table.bo) and "moved on" in answer.text
    assert (
        "🧭" in str(answer.components) and "Search the boats" in answer.labels and "Rest" not in answer.labels
    )
    again = await table.ana.click(answer, "Search the boats")
    assert "Noted" in (await again.settled()).text
    assert [a["seen_turn"] for a in table.actions()] == [1, 7]


async def test_an_action_with_several_targets_asks_whom(table: Table) -> None:
    card = await table.open()
    table.api.refusals["POST action"] = Refusal(
        409, "illegal_action", "That is not possible.", legal=LEGAL, current_turn=1
    )
    answer = await (await table.ana.click(card, "Search the boats")).settled()
    del table.api.refusals["POST action"]
    choice = await (await table.ana.click(answer, "Cut")).settled()
    menu = choice.components[0]["components"][0]
    assert [o["label"] for o in menu["options"]] == ["⚔️ Cut → Hound 1", "⚔️ Cut → Hound 2"]


async def test_whoever_has_no_seat_is_told_how_to_get_one(table: Table, discord: DiscordStandin) -> None:
    card = await table.open()
    await discord.owner.join(table.thread)
    reply = await discord.owner.click(card, "Search the boats")
    assert "/play" in (await reply.settled()).text and table.actions() == []


@pytest.mark.parametrize(
    "command", ["act", "sheet", "party", "recap", "roll", "say", "play", "help", "lore", "usage"]
)
async def test_d1_every_command_is_acknowledged_and_answered_with_the_api_down(
    command: str, bot: BotProcess, discord: DiscordStandin, api: CannedApi
) -> None:
    await bot.start()
    await api.stop()
    ana = discord.add_user("ana")
    values = {"act": {"text": "I look"}, "say": {"text": "hi"}, "lore": {"item": "lamp"}}.get(command, {})
    reply = await ana.slash(command, options=values)
    await reply.acknowledged(3)
    answer = await reply.settled()
    assert reply.ack_seconds is not None and reply.ack_seconds < 3 and answer.ephemeral
    assert command == "help" or "does not answer" in answer.text


async def test_lore_and_usage_are_shown_to_the_asker_alone(table: Table) -> None:
    await table.open()
    told = await (await table.ana.slash("lore", table.thread, item="the lamp")).settled()
    assert told.ephemeral and "the lamp" in told.text and "A lamp of green glass." in told.text
    used = await (await table.ana.slash("usage", table.thread)).settled()
    assert used.ephemeral and "Today **3** of 50 calls of models, 47 left." in used.text
    assert table.api.calls_to("GET", "account/usage")[0].acting == f"discord:{table.ana.id}"


async def test_d1_a_press_is_acknowledged_while_the_api_hangs(table: Table) -> None:
    card = await table.open()
    table.api.lag = 3.5
    reply = await table.ana.click(card, "Search the boats")
    await reply.acknowledged(1)
    assert reply.ack_seconds is not None and reply.ack_seconds < 1
    table.api.lag = 0
    assert "Noted" in (await reply.settled(timeout=20)).text


async def test_d8_suggestions_while_typing_are_at_most_25_and_come_without_the_api_too(table: Table) -> None:
    await table.open()
    table.session.legal = [{"kind": "affordance", "id": f"thing_{n}", "label": f"Do thing {n}", "enabled": True}
                           for n in range(90)]  # fmt: skip
    reply = await table.ana.autocomplete("act", "text", "thing", channel=table.thread)
    await reply.acknowledged()
    assert len(reply.choices) == 25 and reply.choices[0]["value"] == "thing"
    picked = await table.ana.slash("act", table.thread, text=reply.choices[3]["value"])
    await picked.settled()
    assert table.actions()[0]["kind"] == "affordance" and table.actions()[0]["id"] == "thing_2"
    table.api.lag = 30
    late = await table.bo.autocomplete("act", "text", "listen", channel=table.thread)
    await late.acknowledged(3)
    assert [c["value"] for c in late.choices] == ["listen"]


async def test_d14_the_game_needs_no_message_content(table: Table, discord: DiscordStandin) -> None:
    await table.open()
    intents = {session.intents for session in discord.gateway.live_sessions}
    assert intents == {1}, "guilds and nothing else"


async def test_d5_ready_twice_starts_the_relay_once(table: Table, discord: DiscordStandin) -> None:
    await table.open()
    discord.invalidate_sessions()
    await table.api.until(lambda: '"again": true' in table.bot.log.read_text(), 20, poll=True)
    assert table.api.followers == 1
    await table.api.resolve(table.session, 1)
    await discord.message(lambda m: "Turn 1" in m.text, table.thread)
    await table.api.narrate(table.session, 1, "Told once.")
    await discord.message(lambda m: "Told once" in m.text, table.thread)
    assert len([m for m in discord.bot_messages(table.thread) if "Turn 1" in m.text]) == 1


async def test_d4_an_interaction_that_is_too_late_does_nothing(
    bot: BotProcess, discord: DiscordStandin, api: CannedApi
) -> None:
    session = api.add_session(discord.general.id, discord.guild.id, [(discord.owner.id, "Owner")])
    await api.begin(session)
    await bot.start()
    discord.fail("POST", "/interactions/.*/callback", 404, code=10062, message="Unknown interaction")
    await discord.owner.slash("act", text="I look")
    await api.until(lambda: "too late" in bot.log.read_text(), poll=True)
    assert api.calls_to("POST", ".*/action") == []


async def test_d6_nobody_is_pinged_in_sends_and_in_edits(table: Table, discord: DiscordStandin) -> None:
    table.session.view["party"][0]["name"] = f"@everyone {table.bo.mention}"
    await table.open()
    await table.api.resolve(table.session, 1)
    await table.api.narrate(table.session, 1, f"@everyone @here {table.bo.mention} <@&{discord.everyone.id}>")
    await discord.message(lambda m: "here" in m.text, table.thread)
    await (await table.ana.slash("say", table.thread, text=f"@everyone {table.bo.mention}")).settled()
    await discord.message(lambda m: "💬" in m.text, table.thread)
    assert [m for m in discord.messages() if m.pinged] == []
    for call in discord.calls:
        body = call.body if isinstance(call.body, dict) else {}
        if call.method in ("POST", "PATCH") and "embeds" in body:
            assert body["allowed_mentions"] == {"parse": []} or body["allowed_mentions"].get("parse") == []
    assert not discord.violations


async def test_the_lobby_fills_and_empties(bot: BotProcess, discord: DiscordStandin, api: CannedApi) -> None:
    await bot.start()
    ana, bo = discord.add_user("ana"), discord.add_user("bo")
    reply = await ana.slash("campaign start", campaign="drowned_bell", mode="ordered", hero="h|mara")
    await reply.settled()
    lobby = await discord.message(lambda m: "Begin" in m.labels, discord.general)
    offer = await (await bo.click(lobby, "Join")).settled()
    joined = await bo.select(offer, offer.components[0]["components"][0]["custom_id"], ["h|bram"])
    assert "You are in" in (await joined.settled()).text
    await discord.until(lambda: "2 of 4" in lobby.text)
    already = await (await bo.click(lobby, "Join")).settled()
    assert "already" in already.text
    await (await bo.click(lobby, "Leave")).settled()
    await discord.until(lambda: "1 of 4" in lobby.text)
    created = api.calls_to("POST", "sessions")[0].body
    assert created["mode"] == "ordered" and created["surface"]["channel_id"] == discord.general.id
    assert not discord.violations and not discord.rejected


async def test_two_newcomers_in_one_channel_sit_at_one_table(
    bot: BotProcess, discord: DiscordStandin, api: CannedApi
) -> None:
    await bot.start()
    users: list[User] = [discord.add_user("ana"), discord.add_user("bo")]
    menus = [
        await (await u.slash("play")).settled() for u in users
    ]  # both are shown the heroes before anyone has chosen
    for user, menu in zip(users, menus, strict=True):
        await (
            await user.select(menu, menu.components[0]["components"][0]["custom_id"], ["h|mara"])
        ).settled()
    assert len(api.sessions) == 1 and len(next(iter(api.sessions.values())).view["party"]) == 2
    again = await (await users[0].slash("play")).settled()
    assert "You have a seat here" in again.text


async def test_ending_asks_first(table: Table, discord: DiscordStandin) -> None:
    await table.open()
    question = await (await table.ana.slash("campaign end", table.thread)).settled()
    assert "for everyone" in question.text and table.session.view["status"] == "active"
    await (await table.ana.click(question, "End it")).settled()
    await discord.message(lambda m: "🏁" in m.text and "Left unfinished" in m.text, table.thread)


async def test_what_happened_shows_every_roll_to_whoever_asks(table: Table, discord: DiscordStandin) -> None:
    await table.open()
    await table.api.resolve(table.session, 1)
    outcome = await discord.message(lambda m: "What happened?" in m.labels, table.thread)
    answer = await (await table.bo.click(outcome, "What happened?")).settled()
    assert answer.ephemeral and "Wisdom 14 + 2 = 16 vs 12 — success" in answer.text


async def test_terminating_ends_the_bot_cleanly_and_gives_its_lease_back(table: Table) -> None:
    await table.open()
    assert await table.bot.stop(signal.SIGTERM) == 0
    lease = table.api.calls_to("POST", "surfaces/.*/lease")[-1]
    assert lease.body["seconds"] == 1 and "Traceback" not in table.bot.log.read_text()


@pytest.mark.parametrize(
    ("env", "line"),
    [
        ({}, "DISCORD_TOKEN is missing"),
        (
            {"DISCORD_TOKEN": "x", "BOT_SERVICE_TOKEN": "y", "API_BASE_URL": "localhost"},
            "API_BASE_URL is wrong",
        ),
        ({"DISCORD_TOKEN": "x", "BOT_SERVICE_TOKEN": "y", "LEASE_SECONDS": "soon"}, "LEASE_SECONDS is wrong"),
    ],
)
async def test_a_bad_setting_is_one_clear_line(env: dict[str, str], line: str, tmp_path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", cwd=tmp_path, env=env | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 2 and line in err.decode() and "Traceback" not in err.decode()


async def test_a_token_that_discord_does_not_know_is_one_clear_line(bot: BotProcess) -> None:
    await bot.start(online=False, DISCORD_TOKEN="wrong")
    assert bot.process is not None
    assert await asyncio.wait_for(bot.process.wait(), 20) == 2
    assert "DISCORD_TOKEN is wrong" in bot.log.read_text()


async def test_d12_words_that_come_too_late_are_given_back(table: Table) -> None:
    card = await table.open()
    form = await table.ana.click(card, "Something else…")
    await form.acknowledged()
    table.session.view["turn"]["number"] = 9
    reply = await table.ana.submit(form, {"words": "I carve my name\ninto the oar"})
    answer = await reply.settled()
    assert "moved on" in answer.text and "> I carve my name\n> into the oar" in answer.text


async def test_a_player_alone_can_play_in_a_private_conversation(
    bot: BotProcess, discord: DiscordStandin, api: CannedApi
) -> None:
    ana = discord.add_user("ana")
    await bot.start()
    menu = await (await ana.slash("play", ana.dm)).settled()
    await (await ana.select(menu, menu.components[0]["components"][0]["custom_id"], ["h|mara"])).settled()
    lobby = await discord.message(lambda m: "Begin" in m.labels, ana.dm)
    await (await ana.click(lobby, "Begin")).settled()
    card = await discord.message(lambda m: "What can I do?" in m.labels, ana.dm)
    assert "Noted" in (await (await ana.click(card, "Search the boats")).settled()).text
    assert not discord.threads() and not discord.violations
