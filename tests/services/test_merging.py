"""Merging two accounts: random worlds, killed at every batch, lose nothing and double nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.content.catalogue import Content
from api.content.loader import load_content
from api.services import characters, sessions
from api.services.deps import Actor, Deps
from api.services.linking.merging import SETTLE_SECONDS, begin_merge, run_merge
from api.services.linking.pairs import pair_of
from api.services.personal import KEPT
from api.services.sweeper import sweep
from api.store.pages import every
from api.store.port import Change, Document, Insert, StoreError, Update
from api.store.schema import COLLECTIONS
from tests.fakes.game import Game

GOES, STAYS = "goes", "stays"
DATA = Path(__file__).resolve().parents[2] / "data"


class Killed(StoreError):
    """The process died before this commit."""


class DyingStore:
    """A store whose process dies before the commit after `lives` of them."""

    def __init__(self, inner: Any, lives: int) -> None:
        self.inner, self.lives = inner, lives

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def commit(self, changes: Sequence[Change]) -> None:
        assert len(changes) <= 90
        if self.lives == 0:
            raise Killed("killed")
        self.lives -= 1
        self.inner.commit(changes)


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content(DATA)


def actor(user_id: str, provider: str = "discord") -> Actor:
    act_for = {GOES: "discord:77", STAYS: f"web:{STAYS}"}.get(user_id, f"discord:{user_id}")
    return Actor(provider, user_id, user_id.title(), act_for)


def world(tmp_path: Path, content: Content, seed: int) -> Game:
    """Both accounts with heroes, gold, tables that they host, sponsor or visit, in the lobby, under way or over."""
    chance = random.Random(seed)
    game = Game(tmp_path, content)
    now = game.clock.iso()
    for who, mail in ((GOES, None), (STAYS, "ann@example.org"), ("cat", None), ("dan", None)):
        grants = [{"id": "operator", "tier": chance.choice(["BASIC", "ELITE"]), "source": "operator", "since": now,
                   "until": None, "reason": "x"}] if chance.random() < 0.5 else []  # fmt: skip
        body = {"name": who.title(), "email": mail, "password": None, "created_at": now, "verified": bool(mail),
                "epoch": 0, "grants": grants}  # fmt: skip
        game.store.commit([Insert("accounts", who, body)])
    link = {"user_id": GOES, "provider": "discord", "created_at": now}
    game.store.commit([Insert("links", "discord.77", link)])
    for n in range(chance.randint(0, 100)):  # more than one batch holds
        row = {"user_id": GOES, "expires_at": now, "epoch": 0}
        game.store.commit([Insert("devices", f"device{n}", row)])
    for who in (GOES, STAYS):
        for _ in range(chance.randint(1, 5)):
            _hero(game, chance, who)
        for _ in range(chance.randint(0, 4)):
            _session(game, chance, who)
    return game


def _hero(game: Game, chance: random.Random, who: str) -> str:
    game.clock.advance(1)
    hero = str(game.character(actor(who), chance.choice(game.ready))["id"])
    found = game.store.get("characters", hero)
    assert found is not None
    game.store.commit(
        [Update("characters", hero, found.revision, {**found.body, "gold": chance.randint(0, 900)})]
    )
    return hero


def _session(game: Game, chance: random.Random, who: str) -> None:
    party = [who, *chance.sample(["cat", "dan"], chance.randint(0, 2))]
    chance.shuffle(party)
    first, *others = party
    new = sessions.NewSession(game.campaign, _hero(game, chance, first))
    made = sessions.create_session(game.deps, actor(first), new, game.key(actor(first)))["id"]
    for other in others:
        hero = _hero(game, chance, other)
        sessions.join_session(game.deps, actor(other), made, hero, game.key(actor(other)))
    if chance.random() < 0.7:
        sessions.begin_session(game.deps, actor(first), made, game.key(actor(first)))
    if chance.random() < 0.3:
        sessions.take_sponsorship(game.deps, actor(party[-1]), made, game.key(actor(party[-1])))
    if chance.random() < 0.2:
        sessions.end_session(game.deps, actor(first), made, game.key(actor(first)))
    elif chance.random() < 0.2 and len(party) > 1:
        sessions.leave_session(game.deps, actor(who), made, game.key(actor(who)))


def holdings(game: Game) -> dict[str, Any]:
    """All that two accounts have between them, whoever of the two has it."""
    one = {GOES: "us", STAYS: "us"}
    heroes = list(every(game.store, "characters"))
    tables = list(every(game.store, "game_sessions"))
    return {
        "heroes": Counter((h.id, one.get(h.body["user_id"], h.body["user_id"])) for h in heroes),
        "gold": sum(h.body["gold"] for h in heroes),
        "things": Counter(str(sorted(h.body["inventory"].items())) for h in heroes),
        "seated": {h.id: h.body["seated_in"] for h in heroes},
        "seats": Counter(
            (s.body["session_id"], s.body["character_id"], one.get(s.body["user_id"], s.body["user_id"]))
            for s in every(game.store, "seats")
        ),
        "hosts": {t.id: one.get(t.body["host_user_id"], t.body["host_user_id"]) for t in tables},
        "sponsors": {t.id: one.get(t.body["sponsor_user_id"], t.body["sponsor_user_id"]) for t in tables},
        "parties": {t.id: [(s["character_id"], one.get(s["user_id"], s["user_id"])) for s in t.body["party"]]
                    for t in tables},
        "tiers": Counter(g["tier"] for a in (GOES, STAYS) for g in account(game, a).body.get("grants", ())),
    }  # fmt: skip


def account(game: Game, who: str) -> Document:
    found = game.store.get("accounts", who)
    assert found is not None
    return found


def merge(deps: Deps) -> None:
    pair = pair_of(deps, GOES, STAYS)
    at, until = deps.clock.iso(), deps.clock.iso(after=900)
    body = {
        "giver": GOES,
        "taker": STAYS,
        "confirmed": [STAYS],
        "state": "open",
        "at": at,
        "expires_at": until,
    }
    if deps.store.get("link_requests", "r") is None:
        deps.store.commit([Insert("link_requests", "r", body)])
    begin_merge(deps, pair, Document("r", 1, body))
    run_merge(deps, GOES)


def assert_all_is_one(game: Game, before: dict[str, Any]) -> None:
    assert holdings(game) == before
    looked_through = set(COLLECTIONS) - {"accounts", "audit", "merges", "turns", "feed", "idempotency"}
    left = [f"{name}/{row.id}" for name in looked_through for row in every(game.store, name)
            if f"'{GOES}'" in str([row.id, row.body])]  # fmt: skip
    assert left == [], "something names the old account still"
    assert account(game, GOES).body["merged_into"] == STAYS and account(game, GOES).body["grants"] == []
    owners = {c.body["user_id"] for c in every(game.store, "characters")}
    assert GOES not in owners


@pytest.mark.parametrize("seed", range(12))
def test_a_merge_loses_nothing_and_doubles_nothing(tmp_path: Path, content: Content, seed: int) -> None:
    game = world(tmp_path, content, seed)
    before = holdings(game)
    merge(game.deps)
    assert_all_is_one(game, before)


@pytest.mark.parametrize("seed", range(8))
def test_a_merge_that_is_killed_between_any_two_batches_is_finished_by_the_sweeper(
    tmp_path: Path, content: Content, seed: int
) -> None:
    game = world(tmp_path, content, seed)
    before = holdings(game)
    alive = game.store
    for lives in range(1, 400):
        game.deps = replace(game.deps, store=DyingStore(alive, lives))
        try:
            if alive.get("merges", GOES) is None and not account(game, GOES).body.get("merged_into"):
                merge(game.deps)
            else:
                run_merge(game.deps, GOES)
        except Killed:
            assert holdings(game) == before, "half a merge has lost or doubled something"
            continue
        break
    else:
        raise AssertionError("it never came to an end")
    game.deps = replace(game.deps, store=alive)
    assert_all_is_one(game, before)


def test_what_was_under_way_as_the_old_account_is_found_a_while_later(
    tmp_path: Path, content: Content
) -> None:
    game = world(tmp_path, content, 3)
    merge(game.deps)
    late = characters.create_character(
        game.deps, actor(GOES), characters.NewCharacter(hero="aldo_fisk"), game.key(actor(GOES))
    )
    game.clock.advance(SETTLE_SECONDS + 1)
    sweep(game.deps)
    found = game.store.get("characters", late["id"])
    assert found is not None and found.body["user_id"] == STAYS
    assert game.store.get("merges", GOES) is None, "the journal is closed"


def test_the_heroes_of_both_play_on_at_their_tables(tmp_path: Path, content: Content) -> None:
    game = world(tmp_path, content, 5)
    merge(game.deps)
    mine = actor(STAYS, "web")
    played = 0
    for table in list(every(game.store, "game_sessions")):
        seat = next((s for s in table.body["party"] if s["user_id"] == STAYS), None)
        if table.body["status"] == "active" and seat is not None:
            view = sessions.get_session(game.deps, mine, table.id, None)
            assert view["legal"], "one's own hero may act"
            played += 1
    assert played


def test_every_collection_is_in_the_list_of_what_is_kept() -> None:
    assert set(KEPT) == set(COLLECTIONS)
    for name, kept in KEPT.items():
        assert set(kept.fields) <= set(COLLECTIONS[name].fields), name
        assert kept.why or kept.export or kept.leave == "own", f"{name}: say why it is not exported"
        personal = {"user_id", "giver", "taker", "owner"} & set(COLLECTIONS[name].fields)
        assert not personal or kept.reached == "field", f"{name} has {personal}: say what becomes of it"
