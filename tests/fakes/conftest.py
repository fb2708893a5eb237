"""A stand-in for each test, and a bot that talks to it without a library."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.fakes.discord import DiscordStandin, FrozenClock, ThreadedStandin
from tests.fakes.raw_bot import RawBot


@pytest.fixture
def clock() -> FrozenClock:
    """Time that passes only when a test says so."""
    return FrozenClock()


@pytest_asyncio.fixture
async def discord(clock: FrozenClock) -> AsyncIterator[DiscordStandin]:
    """A stand-in whose time stands still."""
    async with DiscordStandin(clock=clock) as standin:
        yield standin


@pytest_asyncio.fixture(params=["all rules", "hand-written rules"])
async def strict_discord(clock: FrozenClock, request: pytest.FixtureRequest) -> AsyncIterator[DiscordStandin]:
    """Once with the published description (if it is there) and once with the hand-written rules alone."""
    async with DiscordStandin(clock=clock, use_contract=request.param == "all rules") as standin:
        yield standin


@pytest_asyncio.fixture
async def bot(discord: DiscordStandin) -> AsyncIterator[RawBot]:
    """A bot that sends what a test wants."""
    async with RawBot(discord) as raw:
        yield raw


@pytest_asyncio.fixture
async def strict_bot(strict_discord: DiscordStandin) -> AsyncIterator[RawBot]:
    """A bot for `strict_discord`."""
    async with RawBot(strict_discord) as raw:
        yield raw


@pytest.fixture
def threaded_discord():
    """The stand-in for tests without asyncio."""
    with ThreadedStandin() as standin:
        yield standin
