"""One party that plays in Discord, by commands and buttons alone, and presses again when nothing answers."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any

import aiohttp

from tests.chaos.chronicle import Chronicle
from tests.chaos.table import CAMPAIGN, Insistent
from tests.e2e.friends import ONWARD, Party, targets
from tests.e2e.stack import Player, Stack
from tests.fakes.discord import DiscordStandin
from tests.fakes.discord.errors import Refused

Json = dict[str, Any]
# What a person at a broken Discord sees: nothing comes, or the button is gone. Then they look and press again.
NO_ANSWER = (TimeoutError, Refused, AssertionError, IndexError, KeyError, AttributeError)


class ChannelParty(Party):
    """Friends in a channel of their own."""

    def __init__(self, discord: DiscordStandin, names: tuple[str, ...], channel: Any) -> None:
        super().__init__(discord, names)
        self.channel = channel

    async def open_table(self) -> None:
        """The lobby, the seats and the thread, while nothing is broken yet."""
        host, *guests = self.friends
        hero = f"h|{self.heroes[host.name]}"
        opened = await host.slash("campaign start", channel=self.channel, campaign=CAMPAIGN, hero=hero)
        await opened.settled(timeout=20)
        lobby = await self.discord.message(lambda m: "Begin" in m.labels, self.channel, timeout=20)
        self.session = next(t.id for t in targets(lobby) if t.kind == "lobby")
        for guest in guests:
            asked = await guest.click(lobby, "Join")
            await asked.settled(timeout=20)
            menu = asked.message
            custom_id = menu.components[0]["components"][0]["custom_id"]
            chosen = await guest.select(menu, custom_id, [f"h|{self.heroes[guest.name]}"])
            await chosen.settled(timeout=20)
        await self.discord.until(
            lambda: self._seated(lobby, len(self.friends)), timeout=20, what=f"{len(self.friends)} seats"
        )
        begun = await host.click(lobby, "Begin")
        await begun.settled(timeout=20)
        self.thread = await self.discord.until(
            lambda: next(iter(self.discord.threads(self.channel)), None), timeout=30, what="the thread"
        )
        await self.table(timeout=30)


class DiscordTable:
    """Plays on whatever the channel shows; asks the API only whose turn it is."""

    def __init__(
        self,
        stack: Stack,
        http: aiohttp.ClientSession,
        party: ChannelParty,
        number: int,
        chronicle: Chronicle,
    ) -> None:
        self.party, self._chronicle = party, chronicle
        self._rng = random.Random(f"discord:{chronicle.seed}:{number}")
        host = Player(stack, http, int(party.friends[0].id), "discord")
        self._look = Insistent(host, self._rng, chronicle)
        self._by_user = {f"discord:{f.id}": f for f in party.friends}
        self._said = 0
        self.name = f"channel {number}"

    async def _view(self) -> Json:
        _, shown = await self._look.call("GET", f"/sessions/{self.party.session}")
        view: Json = shown["result"]
        return view

    async def play(self, calm: asyncio.Event) -> None:
        while True:
            view = await self._view()
            turn = view["turn"]
            if view["status"] == "completed":
                return
            if calm.is_set() and not (turn and turn["state"] == "open" and turn["stated"]):
                return
            seats = {s["character_id"]: s for s in view["party"]}
            for character_id in turn["waiting_for"] if turn and turn["state"] == "open" else []:
                friend = self._by_user[seats[character_id]["act_for"]]
                try:
                    await self._press(friend, view)
                    self._chronicle.counts["presses_answered"] += 1
                except NO_ANSWER:
                    self._chronicle.counts["presses_unanswered"] += 1
                    break
            with contextlib.suppress(TimeoutError):
                await self.party.table(after=turn["number"] if turn else 0, timeout=2 if calm.is_set() else 6)
            await asyncio.sleep(self._rng.uniform(0.0, 0.8))

    async def _press(self, friend: Any, view: Json) -> None:
        table, _ = await self.party.table(after=view["turn"]["number"] - 1, timeout=6)
        if view["encounter"]:
            await self.party.attack(friend, table)
        elif self._rng.random() < 0.15 and view["scene"]["key"] in ONWARD:
            await self.party.choose(friend, table, f"affordance|{ONWARD[view['scene']['key']]}")
        else:
            self._said += 1
            await self.party.say(friend, f"I look around, thinking of {self.name} word {self._said}")
