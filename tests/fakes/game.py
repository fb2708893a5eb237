"""A table to test at: real services on a real SQLite store, null queue and publisher, a clock that stands still."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from api.content.catalogue import Content
from api.llm.port import Narrator, Ruler
from api.llm.ruler import BuiltInRuler
from api.llm.storyteller import Storyteller
from api.publishing.feed import NullPublisher
from api.services import characters, sessions
from api.services.deps import Actor, Deps
from api.services.history import list_turns, read_feed
from api.services.idempotency import IdempotencyKey
from api.services.narration import serve_turn
from api.services.table import Table
from api.services.turns import take_turn
from api.services.wishes import Wish
from api.settings import Settings
from api.store.port import Update
from api.store.sql import SqlStore
from api.tasks.queue import NullQueue
from tests.fakes.clock import MovableClock

CAMPAIGN = "low_water_ledger"
HEROES = ("aldo_fisk", "isaure_venn", "nell_tarrow", "pim_cardew")


def settings_for(folder: Path, **values: Any) -> Settings:
    plain = {
        "secret_key": "for-tests-only-0123456789",
        "database_url": f"sqlite:///{folder / 'test.sqlite3'}",
        "redis_url": "redis://127.0.0.1:1/0",
        "bot_service_token": "bot-token",
        "terminal_service_token": "terminal-token",
        "web_service_token": "web-token",
        "web_base_url": "http://web.test",
        "mail_folder": folder / "outbox",
        "assets_dir": folder / "assets",
        "secure_cookies": False,
        "rate_limit_factor": 10_000,  # tests ask faster than anybody may
    }
    return Settings(**{**plain, **values})


class Game:
    """One store and its services; `seat` makes players, `table` a running session."""

    def __init__(self, folder: Path, content: Content, *, store: Any = None, **settings: Any) -> None:
        self.content = content
        self.campaign, self.ready = CAMPAIGN, HEROES  # a test with content of its own names its own
        self.clock = MovableClock()
        self.jobs = NullQueue()
        self.settings = settings_for(folder, **settings)
        self.store = store if store is not None else SqlStore(self.settings.database_url)
        self.deps = Deps(self.store, content, self.clock, NullPublisher(), self.jobs, self.settings)
        self.ruler: Ruler = BuiltInRuler(content)
        self.narrators: list[Narrator] = [Storyteller(content)]

    def actor(self, number: int) -> Actor:
        return Actor("discord", f"user{number}", f"Player {number}", f"discord:{number}")

    def key(self, actor: Actor, header: str | None = None, body: Any = None) -> IdempotencyKey:
        return IdempotencyKey(actor, "test", header, body)

    def character(self, actor: Actor, hero: str = "") -> dict[str, Any]:
        wish = characters.NewCharacter(hero=hero or self.ready[0])
        return characters.create_character(self.deps, actor, wish, self.key(actor))

    def lobby(self, players: int, mode: str = "beats") -> RunningTable:
        actors = [self.actor(i + 1) for i in range(players)]
        heroes = [self.character(a, self.ready[i % len(self.ready)])["id"] for i, a in enumerate(actors)]
        new = sessions.NewSession(self.campaign, heroes[0], mode)
        session = sessions.create_session(self.deps, actors[0], new, self.key(actors[0]))
        for actor, hero in zip(actors[1:], heroes[1:], strict=True):
            sessions.join_session(self.deps, actor, session["id"], hero, self.key(actor))
        return RunningTable(self, session["id"], actors, heroes)

    def table(self, players: int, mode: str = "beats", seed: str | None = None) -> RunningTable:
        table = self.lobby(players, mode)
        sessions.begin_session(self.deps, table.actors[0], table.id, self.key(table.actors[0]))
        if seed is not None:
            table.set_seed(seed)
        return table


class RunningTable:
    """A session with its players, in words that tests can use."""

    def __init__(self, game: Game, session_id: str, actors: list[Actor], heroes: list[str]) -> None:
        self.game = game
        self.id = session_id
        self.actors = actors
        self.heroes = heroes

    def set_seed(self, seed: str) -> None:
        document = self.game.store.get("game_sessions", self.id)
        assert document is not None
        self.game.store.commit(
            [Update("game_sessions", self.id, document.revision, {**document.body, "seed": seed})]
        )

    def load(self) -> Table:
        return Table.load(self.game.deps, self.id)

    def view(self, player: int | None = None) -> dict[str, Any]:
        hero = self.heroes[player - 1] if player else None
        return sessions.get_session(self.game.deps, self.actors[(player or 1) - 1], self.id, hero)

    def act(
        self, player: int, kind: str, *, key: str | None = None, seen: int | None = -1, **fields: Any
    ) -> Any:
        """State an action for a player (1 is the host), by default having seen the current turn."""
        actor = self.actors[player - 1]
        number = self.load().body["turn_number"] if seen == -1 else seen
        wish = Wish(self.heroes[player - 1], kind, seen_turn=number, **fields)
        body = [kind, number, sorted(fields.items())]
        return take_turn(self.game.deps, actor, self.id, wish, self.game.key(actor, key, body))

    def serve(self, turn_id: str) -> None:
        """Do what the worker does with a turn's job."""
        asyncio.run(serve_turn(self.game.deps, self.game.ruler, self.game.narrators, turn_id))

    def serve_all(self) -> None:
        """Do every job that was asked for so far."""
        while self.game.jobs.narrated:
            turn_id, _ = self.game.jobs.narrated.pop(0)
            self.serve(turn_id)

    def turns(self) -> list[dict[str, Any]]:
        """All turns, oldest first."""
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = list_turns(self.game.deps, self.actors[0], self.id, cursor, 100)
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return list(reversed(found))

    def rows(self) -> list[dict[str, Any]]:
        """All rows of the feed, one for each commit."""
        rows: list[dict[str, Any]] = []
        while page := read_feed(self.game.deps, self.id, rows[-1]["seq"] if rows else 0, 200):
            rows += page
        assert [r["seq"] for r in rows] == list(range(1, len(rows) + 1))
        return rows

    def feed(self, *kinds: str) -> list[dict[str, Any]]:
        """All feed events in order, or only those of some types."""
        return [e for r in self.rows() for e in r["events"] if not kinds or e["type"] in kinds]
