"""One evening of chaos: gather the parties, let the plan strike while they play, calm down, and prove."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from api.content.loader import load_content
from api.settings import ROOT
from tests.chaos.channel_proof import is_complete, prove_channel
from tests.chaos.chronicle import Chronicle
from tests.chaos.discord_table import ChannelParty, DiscordTable
from tests.chaos.house import House
from tests.chaos.misfortune import Misfortune
from tests.chaos.model import Model
from tests.chaos.replay_proof import prove_replays
from tests.chaos.schedule import plan, victims
from tests.chaos.store_proof import Ledger, prove_store
from tests.chaos.stores import Books, shelf
from tests.chaos.table import Table
from tests.fakes.discord import DiscordStandin
from tests.fakes.discord.world import Windows

IN_DISCORD = 3
SETTLE_SECONDS = 90.0
LOOK_SECONDS = 0.5  # the store and the channels have no bell that another process could ring
FAST_CLOCKS = {
    "BEAT_SECONDS_LIVE": "12", "CLOCK_GRACE_SECONDS": "2", "RULING_SECONDS": "8", "LEASE_SECONDS": "3",
    "NARRATION_LEASE_SECONDS": "3", "TABLE_EDIT_SECONDS": "0.5",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """`seconds` is how long the blows fall; gathering, calming down and proving come on top. `store`: see STORES."""

    seed: int
    parties: int = 10
    kills: int = 60
    seconds: float = 150.0
    nonce_seconds: float = 300.0
    store: str = "sqlite"
    copies: int = 1  # of the API and of the bot; there are always two workers


@dataclass(frozen=True, slots=True)
class Scene:
    """All that an evening needs."""

    wish: Wish
    chronicle: Chronicle
    books: Books
    house: House
    discord: DiscordStandin
    model: Model
    http: aiohttp.ClientSession
    url: str


async def spend(wish: Wish, folder: Path) -> Chronicle:
    """Play the whole evening in an empty folder, which keeps the store and the logs."""
    chronicle = Chronicle(wish.seed)
    standin = DiscordStandin(windows=Windows(nonce=wish.nonce_seconds))
    patience = aiohttp.ClientTimeout(total=20)
    with shelf(wish.store, folder) as store:
        env = {**FAST_CLOCKS, "DATABASE_URL": store.url}
        async with (
            standin as discord,
            Model() as model,
            House(folder, copies=wish.copies, server=store.server, **env, **model.env()) as house,
            aiohttp.ClientSession(timeout=patience, read_bufsize=1 << 20) as http,
        ):
            house.extra |= discord.bot_env()
            await house.start_bots()
            await discord.bot_online()
            await _play(Scene(wish, chronicle, store.books, house, discord, model, http, store.url))
    chronicle.counts["seconds"] = round(time.time() - chronicle.started)
    return chronicle


async def _play(scene: Scene) -> None:
    wish, house, http, chronicle = scene.wish, scene.house, scene.http, scene.chronicle
    channels = await _open_channels(wish, scene.discord)
    tables = [Table(house, http, n, 1 + n % 3, chronicle) for n in range(wish.parties - len(channels))]
    await asyncio.gather(*(t.gather() for t in tables))
    players = [t.play for t in tables]
    players += [DiscordTable(house, http, p, n, chronicle).play for n, p in enumerate(channels)]
    calm = asyncio.Event()
    strikes = plan(wish.seed, kills=wish.kills, seconds=wish.seconds, killed=victims(wish.store, wish.copies))
    async with asyncio.TaskGroup() as group:
        for play in players:
            group.create_task(play(calm))
        await Misfortune(house, scene.discord, scene.model, chronicle).run(strikes)
        chronicle.blow("calm")
        await house.all_up()
        calm.set()
    ledger = await _settled(scene.books, channels, chronicle)
    await _streams_caught_up(tables, ledger, chronicle)
    for table in tables:
        await table.stop()
    content = load_content(ROOT / "data")
    prove_store(ledger, chronicle, content)
    prove_replays(scene.url, ledger.sessions, chronicle, content)
    for party in channels:
        prove_channel(party, ledger.told(party.session), chronicle, wish.nonce_seconds)
    _prove_quiet(house, scene.discord, chronicle)
    chronicle.counts["passages_by_the_model"] = sum(
        e["narrator"] == "anthropic" for s in ledger.sessions for e in ledger.told(s)
    )
    chronicle.counts["model_failures"] = sum(outcome != "answered" for outcome in scene.model.outcomes)


async def _open_channels(wish: Wish, discord: DiscordStandin) -> list[ChannelParty]:
    count = min(IN_DISCORD, (wish.parties + 1) // 2)
    parties = [
        ChannelParty(discord, (f"alice{n}", f"bob{n}"), discord.add_channel(f"table-{n}"))
        for n in range(count)
    ]
    await asyncio.gather(*(p.open_table() for p in parties))
    return parties


async def _settled(books: Books, channels: list[ChannelParty], chronicle: Chronicle) -> Ledger:
    """The store once nothing is left to do; or as it stands when the time is up, for the proof to say what lacks."""
    began = time.monotonic()
    while True:
        ledger = await asyncio.to_thread(Ledger, books)
        open_ends = ledger.unsettled()
        open_ends += [
            f"channel of {p.session}" for p in channels if not is_complete(p, ledger.told(p.session))
        ]
        waited = time.monotonic() - began
        if not open_ends or waited > SETTLE_SECONDS:
            chronicle.counts["settle_ms"] = round(1000 * waited)
            return ledger
        await asyncio.sleep(LOOK_SECONDS)


async def _streams_caught_up(tables: list[Table], ledger: Ledger, chronicle: Chronicle) -> None:
    """Every follower has every row in the end."""
    for follower in (f for table in tables for f in table.followers):
        head = ledger.sessions[follower.session_id]["seq"]
        try:
            async with asyncio.timeout(40):
                await follower.caught_up(head)
        except TimeoutError:
            story = f"a follower has {follower.seen} of {head} rows"
            chronicle.broken("stream", story, session_id=follower.session_id)


def _prove_quiet(house: House, discord: DiscordStandin, chronicle: Chronicle) -> None:
    """Whatever happened, it was foreseen: no crash of our own, no error that nobody had thought of."""
    for name, times in house.ended_alone.items():
        chronicle.counts[f"ended_alone:{name}"] = times
        chronicle.broken("crash", f"{name} ended by itself {times} times: {house.log(name)[-1500:]}")
    for name in (*house.apis, "stream"):
        surprises = house.log(name).count('"unexpected_error"')
        if surprises:
            chronicle.broken("surprise", f"{name} met {surprises} errors that it did not foresee")
    for violation in discord.violations:
        chronicle.broken("discord", repr(violation))
