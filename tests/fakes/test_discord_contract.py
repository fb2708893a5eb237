"""The published description: found, missing, and held against our own answers."""

import pytest

from tests.fakes.discord import ContractMissing, DiscordStandin
from tests.fakes.discord.contract import contract_file, load_contract
from tests.fakes.raw_bot import RawBot


def test_a_missing_description_is_one_warning(monkeypatch, tmp_path):
    monkeypatch.setenv("COC_CONTRACTS", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    with pytest.warns(UserWarning, match="hand-written rules only"):
        assert load_contract() is None


def test_a_missing_description_is_an_error_in_ci(monkeypatch, tmp_path):
    monkeypatch.setenv("COC_CONTRACTS", str(tmp_path))
    monkeypatch.setenv("CI", "true")
    with pytest.raises(ContractMissing, match="COC_CONTRACTS"):
        load_contract()


@pytest.fixture
def contract():
    """The description, or a skip where it is not."""
    if not contract_file().is_file():
        pytest.skip("the published description is not here")
    return load_contract()


def test_a_fault_in_a_union_is_named_at_its_place(contract):
    button = {"type": 2, "style": 1, "label": "x" * 81, "custom_id": "b"}
    body = {"content": "x", "components": [{"type": 1, "components": [button]}]}
    problems = contract.request_problems("POST", "/channels/1/messages", body)
    assert [problem.path for problem in problems] == [("components", 0, "components", 0, "label")]


def test_an_unknown_kind_of_component_is_named_by_its_type(contract):
    body = {"components": [{"type": 99}]}
    problems = contract.request_problems("POST", "/channels/1/messages", body)
    assert [problem.path for problem in problems] == [("components", 0, "type")]


def test_ids_may_be_numbers_in_requests_and_not_in_answers(contract):
    body = {"content": "x", "message_reference": {"message_id": 5}}
    assert contract.request_problems("POST", "/channels/1/messages", body) == []
    assert contract.answer_problems("POST", "/users/@me/channels", 200, {"id": 5}) != []


@pytest.mark.asyncio
async def test_our_own_wrong_answers_are_violations(monkeypatch, contract):
    async with DiscordStandin() as discord, RawBot(discord) as bot:
        monkeypatch.setattr(discord.bot, "name", 5)
        await bot.call("GET", "/users/@me")
        assert discord.violations[0].kind == "response"


READABLE = [
    "/users/@me",
    "/users/@me/guilds",
    "/users/{user}",
    "/gateway",
    "/gateway/bot",
    "/applications/@me",
    "/oauth2/applications/@me",
    "/applications/{application}/commands",
    "/applications/{application}/emojis",
    "/applications/{application}/entitlements",
    "/guilds/{guild}",
    "/guilds/{guild}/roles",
    "/guilds/{guild}/channels",
    "/guilds/{guild}/members",
    "/guilds/{guild}/members/search",
    "/guilds/{guild}/members/{user}",
    "/guilds/{guild}/threads/active",
    "/channels/{channel}",
    "/channels/{channel}/messages",
    "/channels/{channel}/messages/pins",
    "/channels/{channel}/pins",
    "/channels/{dm}",
]


@pytest.mark.asyncio
@pytest.mark.parametrize("path", READABLE)
async def test_what_can_be_read_agrees_with_the_description(path):
    async with DiscordStandin() as discord, RawBot(discord) as bot:
        alice = discord.add_user("alice")
        names = {
            "user": alice.id,
            "application": discord.application_id,
            "guild": discord.guild.id,
            "channel": discord.general.id,
            "dm": alice.dm.id,
        }
        status, _ = await bot.call("GET", path.format(**names))
        assert status == 200 and discord.violations == []
