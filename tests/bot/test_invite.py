"""The invite link asks for what the bot uses: an evening goes well with it, and each permission is missed."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.invite import PERMISSIONS, client_id_of, link, main, permissions
from tests.bot.canned_api import CannedApi
from tests.bot.canned_stage import Session
from tests.bot.relay_process import Process, as_told, settled, story
from tests.fakes.discord import DiscordStandin
from tests.fakes.discord.permissions import Permission

Start = Callable[[], Awaitable[Process]]
TOKEN = base64.b64encode(b"123456789012345678").decode().rstrip("=") + ".x.y"


def test_the_link_names_both_scopes_and_the_permissions() -> None:
    asked = parse_qs(urlsplit(link(123456789012345678)).query)
    assert asked["client_id"] == ["123456789012345678"]
    assert asked["scope"] == ["bot applications.commands"]
    assert asked["permissions"] == [str(permissions().value)]


def test_the_id_is_in_the_token_or_typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert client_id_of(TOKEN) == 123456789012345678
    assert client_id_of("not a token") is None and client_id_of("") is None
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    assert main([]) == 0 and "client_id=123456789012345678" in capsys.readouterr().out
    assert main(["42"]) == 0 and "client_id=42&" in capsys.readouterr().out
    assert main(["forty-two"]) == 2 and "digits" in capsys.readouterr().err
    monkeypatch.delenv("DISCORD_TOKEN")
    assert main([]) == 2


def give_only(discord: DiscordStandin, names: set[str]) -> None:
    """The bot's own role gives these and @everyone gives the bot nothing besides."""
    wanted = Permission(0)
    for name in names:
        wanted |= Permission[name.upper()]
    discord.world.change_role(discord.guild, discord.everyone, Permission.VIEW_CHANNEL & wanted)
    discord.world.change_role(discord.guild, discord.bot_role, wanted)


async def evening(api: CannedApi, session: Session) -> None:
    await api.feed(session, {"type": "session_created"})
    await api.begin(session)
    await api.resolve(session, 1)
    await api.narrate(session, 1, "It is told: the boats are empty.")


@pytest.mark.asyncio
async def test_an_evening_needs_nothing_else(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    give_only(discord, set(PERMISSIONS))
    await start()
    await evening(api, session)
    await settled(api, discord, session)
    assert as_told(story(discord)) == ["The Drowned Bell", "Turn 1 told", "table"]
    assert discord.threads()[0].is_private and not discord.rejected and not discord.violations


@pytest.mark.asyncio
@pytest.mark.parametrize("name", sorted(set(PERMISSIONS) - {"create_public_threads", "read_message_history"}))
async def test_each_permission_is_missed(
    name: str, start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    give_only(discord, set(PERMISSIONS) - {name})
    await start()
    await evening(api, session)
    await discord.until(lambda: [c for c in discord.rejected if c.status == 403])


@pytest.mark.asyncio
async def test_where_private_threads_are_not_allowed_a_public_one_needs_its_own(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    give_only(discord, set(PERMISSIONS) - {"create_private_threads"})
    await start()
    await evening(api, session)
    await settled(api, discord, session)
    assert not discord.threads()[0].is_private


@pytest.mark.asyncio
@pytest.mark.parametrize("allowed", [True, False])
async def test_without_the_history_the_bot_does_not_find_its_own_messages_again(
    allowed: bool, start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    give_only(discord, set(PERMISSIONS) - (set() if allowed else {"read_message_history"}))
    process = await start()
    await evening(api, session)
    await settled(api, discord, session)
    found, _ = await process.relay.writer.history(discord.threads()[0].id, discord.guild.id)
    assert bool(found) is allowed
