"""Carries the plan out: every part of the house is struck in a lane of its own, one blow after the other."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict

from tests.chaos.chronicle import Chronicle
from tests.chaos.house import House
from tests.chaos.model import Model
from tests.chaos.schedule import Strike
from tests.fakes.discord import DiscordStandin

KILLS = ("kill", "wipe")
OUTSIDE = ("discord", "model")  # others' houses: they are always there
MESSAGES = r"/channels/\d+/messages"


class Misfortune:
    def __init__(self, house: House, discord: DiscordStandin, model: Model, chronicle: Chronicle) -> None:
        self._house, self._discord, self._model, self._chronicle = house, discord, model, chronicle

    async def run(self, strikes: list[Strike]) -> None:
        """Until every blow has fallen. One that finds its part still down waits for it."""
        lanes: dict[str, list[Strike]] = defaultdict(list)
        for strike in strikes:
            lanes[strike.lane].append(strike)
        start = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for lane in lanes.values():
                group.create_task(self._lane(lane, start))

    async def _lane(self, strikes: list[Strike], start: float) -> None:
        for strike in strikes:
            await asyncio.sleep(max(0.0, start + strike.at - time.monotonic()))
            if strike.lane not in OUTSIDE:
                await self._house.up(strike.lane)
            self._chronicle.blow(_story(strike))
            await self._strike(strike)
            self._chronicle.counts[f"{strike.kind}:{strike.target}"] += 1
            self._chronicle.counts["kills"] += strike.kind in KILLS

    async def _strike(self, strike: Strike) -> None:
        house, name = self._house, strike.target
        match strike.kind, name:
            case (("kill" | "wipe"), "redis"):
                await house.strike_redis(strike.seconds, wipe=strike.kind == "wipe")
            case "kill", "api-child" | "postgres-child":
                if not await house.strike_child(strike.lane):
                    await house.strike_dead(strike.lane, strike.seconds)
            case "kill", _:
                await house.strike_dead(name, strike.seconds)
            case "stop", _:
                await house.pause(name, strike.seconds)
            case "full_disk", _:
                await house.fill_disk(name, strike.seconds)
            case _, "model":
                self._model.trouble(strike.kind)
            case "drop_gateway", _:
                self._discord.drop_connections()
            case "invalidate_gateway", _:
                self._discord.invalidate_sessions()
            case "lose_answers", _:
                self._discord.fail("POST", MESSAGES, times=2, lose_response=True)
            case "errors", _:
                self._discord.fail("POST", MESSAGES, status=502, times=2)
                self._discord.fail("PATCH", MESSAGES, status=500, times=1)
            case "rate_limit", _:
                self._discord.fail("POST", MESSAGES, status=429, times=2, retry_after=0.3)
            case _:
                raise ValueError(f"nobody knows how to {strike.kind} {name}")


def _story(strike: Strike) -> str:
    words = {
        "kill": f"SIGKILL {strike.target}, down for {strike.seconds:.1f} s",
        "wipe": f"SIGKILL {strike.target}, its data lost, down for {strike.seconds:.1f} s",
        "stop": f"SIGSTOP {strike.target} for {strike.seconds:.1f} s",
        "full_disk": f"disk full for {strike.target} for {strike.seconds:.1f} s",
    }
    return words.get(strike.kind, f"{strike.target}: {strike.kind.replace('_', ' ')}")
