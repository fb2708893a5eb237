"""Those in whose name the API is fuzzed, and the heroes and tables that they have: kept full, so that requests hit."""

from __future__ import annotations

import itertools
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any

import requests

Json = dict[str, Any]
PASSWORD = "three words here"
KEPT = 4  # of each thing for each person
TO_A_FIGHT = {"kind": "affordance", "id": "climb_to_the_quay"}


@dataclass
class Person:
    """Somebody with things: `heroes` without a table, `lobbies`, running `sessions` and `fights` with their hero."""

    name: str
    heads: dict[str, str]
    email: str = ""
    token: str = ""
    heroes: list[str] = field(default_factory=list)
    lobbies: list[tuple[str, str]] = field(default_factory=list)
    sessions: list[tuple[str, str]] = field(default_factory=list)
    fights: list[tuple[str, str]] = field(default_factory=list)


class Crew:
    """A player with an address, one whom the bot vouches for, the bot itself, and nobody."""

    def __init__(self, api: str, seed: int) -> None:
        self.api = f"{api}/api/v1"
        self.http = requests.Session()
        self.dice = random.Random(seed)
        self.count = itertools.count(1)
        self.run = seed
        bot = {"Authorization": "Bearer bot-token"}
        self.player = Person("player", {}, email=self.address())
        self.vouched = Person("vouched", {**bot, "X-Act-For": f"discord:{1000 + seed}", "X-Act-Name": "Fuzz"})
        self.bot = Person("bot", bot)
        self.nobody = Person("nobody", {})
        self.surfaces: list[str] = []
        self.ended: set[str] = set()  # sign-ins of the player that are over
        self.enrol(self.player)
        self.sign_in(self.player)

    def address(self) -> str:
        return f"fuzz.{self.run}.{next(self.count)}@example.org"

    def people(self) -> list[Person]:
        return [self.player, self.vouched, self.bot, self.nobody]

    def call(
        self, method: str, path: str, body: Json | None = None, heads: dict[str, str] | None = None
    ) -> Any:
        """A request whose success the crew needs; raises RuntimeError with the refusal."""
        for _ in range(8):
            answer = self.http.request(
                method, f"{self.api}{path}", json=body, headers=self.heads(heads), timeout=60
            )
            self.http.cookies.clear()
            if answer.status_code != 429:
                break
            time.sleep(min(30, int(answer.headers["Retry-After"])))  # guessing is paused, as it should be
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.text[:300]}")
        return answer.json()["result"]

    def heads(self, heads: dict[str, str] | None = None) -> dict[str, str]:
        """With a visitor's network of its own, so that pauses for guessing meet nobody else."""
        network = f"10.{self.dice.randrange(256)}.{self.dice.randrange(256)}.{self.dice.randrange(1, 255)}"
        return {**(heads or {}), "X-Forwarded-By": "web-token", "X-Client-Address": network}

    # --- accounts ---

    def enrol(self, person: Person) -> None:
        wish = {"email": person.email, "password": PASSWORD, "name": "Fuzz"}
        self.call("POST", "/auth/register", wish)
        self.call("POST", "/auth/verify-email", {"token": self.link(person.email)})

    def sign_in(self, person: Person) -> None:
        made = self.call("POST", "/auth/login", {"email": person.email, "password": PASSWORD})
        self.ended.add(f"Bearer {person.token}")
        person.token = made["token"]
        person.heads = {"Authorization": f"Bearer {person.token}"}

    def spare_login(self) -> str:
        """Another sign-in of the player, to be ended."""
        made = self.call("POST", "/auth/login", {"email": self.player.email, "password": PASSWORD})
        heads = {"Authorization": f"Bearer {made['token']}"}
        items = self.call("GET", "/account/sessions", heads=heads)["items"]
        return str(next(one["id"] for one in items if one["current"]))

    def fresh_link(self, kind: str) -> str:
        """The token of a letter that nobody has used: `verify` or `reset`."""
        address = self.address()
        if kind == "verify":
            self.call("POST", "/auth/register", {"email": address, "password": PASSWORD, "name": "Fuzz"})
            return self.link(address)
        self.enrol(Person("", {}, email=address))
        self.call("POST", "/auth/forgot-password", {"email": address})
        return self.link(address, "/reset")

    def link(self, address: str, page: str = "/verify") -> str:
        """Waits for the worker to send it."""
        for _ in range(1200):
            for line in self._outbox()["items"]:
                if line["to"] == address:
                    text = self._outbox(f"/{line['id']}")["text"]
                    if found := re.search(rf"{page}[?]token=([\w-]+)", text):
                        return found[1]
            time.sleep(0.05)  # the folder has no way to tell that a letter has come
        raise RuntimeError(f"no letter came to {address}")

    def _outbox(self, path: str = "") -> Any:
        return self.http.get(f"{self.api}/dev/outbox{path}", timeout=30).json()["result"]

    def letter(self) -> str:
        return str(self._outbox()["items"][0]["id"])

    # --- things ---

    def hero(self, person: Person) -> str:
        """One without a table."""
        while len(person.heroes) < KEPT:
            made = self.call("POST", "/characters", {"hero": "aldo_fisk"}, person.heads)
            person.heroes.append(made["id"])
        return self.dice.choice(person.heroes)

    def lobby(self, person: Person) -> tuple[str, str]:
        if not person.lobbies:
            hero = self.call("POST", "/characters", {"hero": "pim_cardew"}, person.heads)["id"]
            wish: Json = {"campaign": "low_water_ledger", "character_id": hero}
            if person is self.vouched:
                wish["surface"] = {"kind": "discord", "guild_id": "1", "channel_id": "42"}
            made = self.call("POST", "/sessions", wish, person.heads)
            if person is self.vouched:
                self.surfaces.append(f"discord.{made['id']}")
            person.lobbies.append((made["id"], hero))
        return self.dice.choice(person.lobbies)

    def session(self, person: Person) -> tuple[str, str]:
        while len(person.sessions) < KEPT:
            session, hero = self.lobby(person)
            person.lobbies.remove((session, hero))
            self.call("POST", f"/sessions/{session}/begin", {}, person.heads)
            person.sessions.append((session, hero))
        return self.dice.choice(person.sessions)

    def fight(self, person: Person) -> tuple[str, str]:
        if not person.fights:
            session, hero = self.session(person)
            person.sessions.remove((session, hero))
            self.call(
                "POST", f"/sessions/{session}/action", {"character_id": hero, **TO_A_FIGHT}, person.heads
            )
            person.fights.append((session, hero))
        return self.dice.choice(person.fights)

    def job(self, person: Person) -> str:
        session, _ = self.session(person)
        page = self.call("GET", f"/sessions/{session}/turns?limit=1", heads=person.heads)
        turns = page["items"]
        return f"narrate-{turns[0]['id']}-1"

    # --- links ---

    def newcomer(self) -> Person:
        """Somebody whom the bot vouches for, and who has nothing yet."""
        heads = {
            **self.bot.heads,
            "X-Act-For": f"discord:{self.run}{next(self.count):06}",
            "X-Act-Name": "New",
        }
        return Person("newcomer", heads)

    def code(self) -> str:
        """What somebody else would enter to link their account with the player's."""
        return str(self.call("POST", "/links", {}, self.newcomer().heads)["code"])

    def link_request(self) -> str:
        """One that waits for the player's word."""
        return str(self.call("POST", "/links/redeem", {"code": self.code()}, self.player.heads)["id"])

    def link_discord(self) -> None:
        """Give the player's account a way in from Discord, as both sides confirm it."""
        other = self.newcomer()
        code = self.call("POST", "/links", {}, other.heads)["code"]
        asked = self.call("POST", "/links/redeem", {"code": code}, self.player.heads)["id"]
        self.call("POST", f"/links/{asked}/confirm", {}, other.heads)
        self.call("POST", f"/links/{asked}/confirm", {"password": PASSWORD}, self.player.heads)

    def browser_token(self) -> str:
        url = self.call("POST", "/links/browser", {}, self.newcomer().heads)["url"]
        return str(url.partition("token=")[2])

    def turn(self, person: Person, session: str) -> str:
        """The latest that was told, if any was."""
        items = self.call("GET", f"/sessions/{session}/turns?limit=20", heads=person.heads)["items"]
        told = [turn for turn in items if turn["narrated_at"]]
        return str((told or items)[0]["id"])

    def memory(self, person: Person, session: str) -> str:
        """One that somebody wrote down, and that nobody has changed."""
        wish = {"text": f"The ferryman owes the party {next(self.count)} crowns."}
        return str(self.call("POST", f"/sessions/{session}/memories", wish, person.heads)["id"])

    def thing(self, person: Person, hero: str) -> str:
        """Something that the hero carries."""
        return str(self.call("GET", f"/characters/{hero}/inventory", heads=person.heads)["items"][0]["item"])

    def forget(self, thing: str) -> None:
        """That is gone, or no longer what it was."""
        for person in self.people():
            person.heroes = [h for h in person.heroes if h != thing]
            for kept in ("lobbies", "sessions", "fights"):
                setattr(person, kept, [pair for pair in getattr(person, kept) if thing not in pair])
