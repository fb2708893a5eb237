"""One party that plays over HTTP: its players insist on an answer, and one of them follows the stream."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from typing import Any

import aiohttp

from tests.chaos.chronicle import Chronicle, Promise
from tests.chaos.follower import Follower
from tests.e2e.stack import Player, Stack

Json = dict[str, Any]
CAMPAIGN = "low_water_ledger"
HEROES = ("aldo_fisk", "isaure_venn", "nell_tarrow", "pim_cardew")
ANSWER_SECONDS = 6.0
IMPATIENT = 0.12  # share of requests whose answer is thrown away before it can come
DOUBLED = 0.12  # share of accepted requests that are sent once more
BUSY = ("unavailable", "internal", "rate_limited", "conflict")


class Insistent:
    """A player who repeats a request, under the same Idempotency-Key, until there is an answer that means something."""

    def __init__(self, player: Player, rng: random.Random, chronicle: Chronicle) -> None:
        self._player, self._rng, self._chronicle = player, rng, chronicle

    async def call(self, method: str, path: str, body: Json | None = None) -> tuple[int, Json]:
        """Status and envelope of the first definite answer: accepted, or refused by the game."""
        key = secrets.token_hex(12)
        tries = 0
        while True:
            answer = await self._once(method, path, body, key)
            if answer is not None:
                break
            tries += 1
            self._chronicle.counts["requests_repeated"] += 1
            await asyncio.sleep(min(1.0, 0.05 * 2**tries) * self._rng.uniform(0.5, 1.0))
        if method == "POST" and answer[0] < 400 and self._rng.random() < DOUBLED:
            await self._again(method, path, body, key, answer)
        return answer

    async def _again(
        self, method: str, path: str, body: Json | None, key: str, first: tuple[int, Json]
    ) -> None:
        """A nervous second click: it must get the first one's answer."""
        second = await self._once(method, path, body, key)
        if second is None:
            return
        self._chronicle.counts["answers_replayed"] += 1
        names = ("id", "turn_id", "turn_number")
        same = [((first[1]["result"] or {}).get(n), (second[1]["result"] or {}).get(n)) for n in names]
        if second[0] >= 400 or any(a != b for a, b in same):
            self._chronicle.broken(
                "idempotency", f"{method} {path} answered {first[0]} {same}, then {second[0]}"
            )

    async def _once(self, method: str, path: str, body: Json | None, key: str) -> tuple[int, Json] | None:
        """None when nobody can know what became of the request."""
        patience = self._rng.uniform(0.0, 0.05) if self._rng.random() < IMPATIENT else ANSWER_SECONDS
        headers = {"Idempotency_Key": key} if method == "POST" else {}
        try:
            async with asyncio.timeout(patience):
                status, envelope = await self._player.send(method, path, body, **headers)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return None
        if status >= 500:
            self._chronicle.counts[f"answers_{status}"] += 1
        if status >= 500 or (status >= 400 and envelope["error"]["code"] in BUSY):
            return None
        return status, envelope


class Table:
    """A party of players and its sessions, one after the other: who has come to an ending begins anew."""

    def __init__(
        self, stack: Stack, http: aiohttp.ClientSession, number: int, size: int, chronicle: Chronicle
    ) -> None:
        self._stack, self._chronicle = stack, chronicle
        self._rng = random.Random(f"table:{chronicle.seed}:{number}")
        self.players = [Player(stack, http, 1000 + 10 * number + i, "discord") for i in range(size)]
        self._insistent = [Insistent(p, self._rng, chronicle) for p in self.players]
        self.heroes: list[str] = []
        self.sessions: list[str] = []
        self.followers: list[Follower] = []
        self._follower: Follower | None = None
        self._said = 0
        self.name = f"table {number}"

    async def gather(self) -> None:
        for seat, player in enumerate(self._insistent):
            _, made = await player.call("POST", "/characters", {"hero": HEROES[seat % len(HEROES)]})
            self.heroes.append(made["result"]["id"])
        await self._open()

    async def _open(self) -> None:
        host, *guests = self._insistent
        mode = self._rng.choice(("beats", "beats", "ordered", "free"))
        wish = {"campaign": CAMPAIGN, "character_id": self.heroes[0], "mode": mode}
        _, opened = await host.call("POST", "/sessions", wish)
        session = str(opened["result"]["id"])
        self.sessions.append(session)
        for guest, hero in zip(guests, self.heroes[1:], strict=True):
            await guest.call("POST", f"/sessions/{session}/join", {"character_id": hero})
        self._follower = Follower(self.players[0], session, self._chronicle)
        self.followers.append(self._follower)
        self._follower.start()
        await host.call("POST", f"/sessions/{session}/begin", {})

    async def play(self, calm: asyncio.Event) -> None:
        """Turn after turn, until it is calm and no turn is half stated."""
        while True:
            _, shown = await self._insistent[0].call("GET", f"/sessions/{self.sessions[-1]}")
            view = shown["result"]
            turn = view["turn"]
            if calm.is_set() and not (turn and turn["state"] == "open" and turn["stated"]):
                return
            if view["status"] == "completed":
                self._chronicle.counts["stories_ended"] += 1
                await self._open()
                continue
            waiting = set(turn["waiting_for"]) if turn else set()
            asked = [i for i, hero in enumerate(self.heroes) if hero in waiting]
            if turn and turn["kind"] == "free":
                asked = asked[:1]
            await asyncio.gather(*(self._act(i, turn) for i in asked))
            assert self._follower is not None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0 if calm.is_set() else 5.0):
                    await self._follower.told(turn["number"] if turn and asked else 0)
            await asyncio.sleep(self._rng.uniform(0.0, 0.8))  # people read what they are told

    async def _act(self, seat: int, turn: Json) -> None:
        session, hero = self.sessions[-1], self.heroes[seat]
        wish = await self._wish(seat)
        body = {"character_id": hero, "seen_turn": turn["number"], **wish}
        status, envelope = await self._insistent[seat].call("POST", f"/sessions/{session}/action", body)
        if status != 202:
            self._chronicle.counts["actions_refused"] += 1
            return
        self._chronicle.counts["turns_accepted"] += 1
        self._chronicle.promises.append(
            Promise(session, envelope["result"]["turn_id"], hero, wish.get("text", ""))
        )

    async def _wish(self, seat: int) -> Json:
        if self._rng.random() < 0.4:
            self._said += 1
            return {
                "kind": "free",
                "text": f"I look around, thinking of {self.name} word {self._said} seat {seat}",
            }
        _, shown = await self._insistent[seat].call(
            "GET", f"/sessions/{self.sessions[-1]}?character_id={self.heroes[seat]}"
        )
        legal = [a for a in shown["result"]["legal"] if a["enabled"]]
        fight = [a for a in legal if a["kind"] == "ability"] if shown["result"]["encounter"] else []
        if not legal:
            return {"kind": "pass"}
        action = self._rng.choice(fight or legal)
        wish = {"kind": action["kind"], "id": action["id"]}
        if action["targets"]:
            wish["target"] = self._rng.choice(action["targets"])["id"]
        return {k: v for k, v in wish.items() if v}

    async def stop(self) -> None:
        for follower in self.followers:
            await follower.stop()
