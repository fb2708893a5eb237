"""To be forgotten: nothing of a person stays, nothing of anybody else goes, whenever it is killed; and the export."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.assets.disk import DiskAssets
from api.content.catalogue import Content
from api.content.loader import load_content
from api.mail.outbox import Outbox
from api.services import memories, sessions, table_talk
from api.services.deps import Actor
from api.services.linking.merging import begin_merge, run_merge
from api.services.linking.pairs import Pair
from api.services.memories import MemoryChange
from api.services.personal import KEPT
from api.services.privacy.departures import GRACE_DAYS, ask_to_leave, cancel
from api.services.privacy.export import PARTS, begin_export
from api.services.privacy.forgetting import FORMER, SILENCE
from api.services.replays import replay_session
from api.services.sweeper import sweep
from api.store.pages import every
from api.store.port import Change, Insert, StoreError
from api.store.schema import COLLECTIONS
from tests.fakes.game import Game, RunningTable
from tests.services.test_assets import PNG

DATA = Path(__file__).resolve().parents[2] / "data"
ANN = "01ANN0000000000000000000AN"  # an id that stands nowhere by chance
OLD = "01OLD0000000000000000000LD"
NAME, ADDRESS, SAID, TRIED = (
    "Annabel Quillfeather",
    "annabel@example.org",
    "my real name is Quill",
    "I whistle a tune",
)
NOTED = "The ferryman owes us a crossing"
THEIRS = "The toll is three crowns"


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content(DATA)


@pytest.fixture
def game(tmp_path: Path, content: Content) -> Game:
    game = Game(tmp_path, content)
    now = game.clock.iso()
    body = {"name": NAME, "email": ADDRESS, "password": "$argon2id$secret", "created_at": now, "verified": True,
            "epoch": 3, "grants": []}  # fmt: skip
    plain = {"name": "Bo", "email": None, "password": None, "created_at": now, "verified": False}
    later = game.clock.iso(after=99 * 86400)
    token = {"user_id": ANN, "epoch": 3, "expires_at": later, "purpose": "reset_password", "facts": {}}
    login = {
        "user_id": ANN,
        "created_at": now,
        "last_seen_at": now,
        "expires_at": later,
        "epoch": 3,
        "device": "Lynx",
    }
    letter = {"kind": "address_taken", "to": ADDRESS, "facts": {"user_id": ANN}, "state": "failed", "due_at": later,
              "tries": 9, "held_until": None, "created_at": now, "reason": ""}  # fmt: skip
    ask = {"giver": ANN, "taker": "bo", "confirmed": [], "state": "open", "at": now, "expires_at": later}
    game.store.commit(
        [
            Insert("accounts", ANN, body), Insert("accounts", "bo", plain),
            Insert("links", "email.hash", {"user_id": ANN, "provider": "email", "created_at": now}),
            Insert("links", "discord.4711", {"user_id": ANN, "provider": "discord", "created_at": now}),
            Insert("logins", "login1", login), Insert("devices", "device1", token), Insert("mail_outbox", "l1", letter),
            Insert("one_time_tokens", "token1", token), Insert("link_requests", "ask1", ask),
        ]
    )  # fmt: skip
    assets = DiskAssets(tmp_path / "assets", game.store, game.clock)
    game.deps = replace(game.deps, assets=assets)
    return game


def ann() -> Actor:
    return Actor("discord", ANN, NAME, "discord:4711")


def bo() -> Actor:
    return Actor("discord", "bo", "Bo", "discord:42")


def hero(game: Game, actor: Actor) -> str:
    game.clock.advance(1)
    return str(game.character(actor)["id"])


def table(game: Game, *party: Actor, begun: bool = True) -> RunningTable:
    heroes = [hero(game, one) for one in party]
    new = sessions.NewSession(game.campaign, heroes[0])
    made = sessions.create_session(game.deps, party[0], new, game.key(party[0]))["id"]
    for one, its in zip(party[1:], heroes[1:], strict=True):
        sessions.join_session(game.deps, one, made, its, game.key(one))
    if begun:
        sessions.begin_session(game.deps, party[0], made, game.key(party[0]))
    return RunningTable(game, made, list(party), heroes)


def full(game: Game) -> dict[str, RunningTable]:
    """Ann in every kind of table: alone, hosting friends, as a guest, in a fight, and at one that is over."""
    tables = {
        "alone": table(game, ann()), "alone_lobby": table(game, ann(), begun=False), "hosts": table(game, ann(), bo()),
        "guest": table(game, bo(), ann()), "over": table(game, ann(), bo()),
    }  # fmt: skip
    for one in tables.values():
        table_talk.say(game.deps, ann(), one.id, SAID, game.key(ann()))
        table_talk.roll(game.deps, ann(), one.id, "1d20", game.key(ann()))
    for name in ("alone", "hosts", "guest"):
        made = memories.add_memory(game.deps, ann(), tables[name].id, NOTED, True, "", game.key(ann()))
        wish = MemoryChange(text=f"{NOTED} again")
        made = memories.change_memory(game.deps, ann(), tables[name].id, made["id"], wish, game.key(ann()))
        if len(tables[name].actors) == 2:  # each of them changes what the other wrote
            theirs = memories.add_memory(game.deps, bo(), tables[name].id, THEIRS, True, "", game.key(bo()))
            for who, what in ((bo(), made), (ann(), theirs)):
                unpin = MemoryChange(pinned=False)
                memories.change_memory(game.deps, who, tables[name].id, what["id"], unpin, game.key(who))
        player = [a.user_id for a in tables[name].actors].index(ANN) + 1
        tables[name].act(player, "free", text=TRIED)
        if len(tables[name].actors) == 2:
            tables[name].act(3 - player, "pass")
        tables[name].serve_all()
    sessions.end_session(game.deps, ann(), tables["over"].id, game.key(ann()))
    game.deps.assets.put(ANN, f"portrait.{hero(game, ann())}", "image/png", PNG)
    return tables


def leave_for_good(game: Game) -> None:
    ask_to_leave(game.deps, Outbox(game.store, game.clock, game.jobs.deliver_mail), ANN, game.key(ann()))
    game.clock.advance(GRACE_DAYS * 86400 + 1)
    for _ in range(5):
        sweep(game.deps)


def traces(game: Game) -> list[str]:
    """Where something of Ann stands still."""
    # The number stands alone: ids by hash hold four such digits now and then.
    words = (ANN, NAME, ADDRESS, SAID, r"(?<![0-9a-f])4711(?![0-9a-f])", "$argon2id$")
    patterns = {word: re.compile(word if "4711" in word else re.escape(word)) for word in words}
    return [
        f"{name}/{row.id}: {word}"
        for name in COLLECTIONS
        for row in every(game.store, name)
        for word, pattern in patterns.items()
        if pattern.search(json.dumps([row.id, row.body], ensure_ascii=False))
    ]


def test_nothing_of_a_person_stays_but_what_must_be_provable(game: Game) -> None:
    full(game)
    leave_for_good(game)
    left = [one for one in traces(game) if not one.startswith(("audit/", "idempotency/"))]
    assert left == []
    assert all(one.endswith(ANN) for one in traces(game) if one.startswith("audit/")), (
        "the audit names an id alone"
    )
    assert not [p for p in (game.deps.assets._folder).rglob("*") if p.is_file()]  # type: ignore[attr-defined]


def test_what_a_repeated_request_would_answer_is_gone_with_the_day(game: Game) -> None:
    full(game)
    leave_for_good(game)
    assert [one for one in traces(game) if one.startswith("idempotency/")] == []


def test_stories_that_others_share_stay_theirs_and_tell_of_a_former_player(game: Game) -> None:
    tables = full(game)
    told = {name: [t["dm_response"] for t in tables[name].turns()] for name in ("hosts", "guest")}
    leave_for_good(game)
    for name in ("hosts", "guest", "over"):
        one = RunningTable(game, tables[name].id, [bo()], [])
        body = one.load().body
        assert body["host_user_id"] == "bo" and body["sponsor_user_id"] == "bo"
        said = one.feed("chat_said")[0]
        assert (said["name"], said["text"], said["user_id"]) == (FORMER, SILENCE, "")
        assert FORMER in {e["player_name"] for e in one.feed("member_joined")}
        assert one.view()["id"] == one.id
    for name in ("hosts", "guest"):
        one = RunningTable(game, tables[name].id, [bo()], [])
        assert [t["dm_response"] for t in one.turns()][: len(told[name]) - 1] == told[name][:-1]
        assert any(TRIED in t["action"] for t in one.turns()), "what the hero did is the others' story too"
        noted = [
            f.body for f in every(game.store, "facts", {"session_id": one.id}) if NOTED in f.body["text"]
        ]
        assert [f["by"] for f in noted] == [FORMER] * 2, "the memory stays without the name"
        changed = [(e["name"], e["memory"]["by"]) for e in one.feed("memory_changed")]
        assert changed == [(FORMER, FORMER)] * 2 + [("Bo", "Bo"), ("Bo", FORMER), (FORMER, "Bo")]
        assert [s["user_id"] for s in one.load().body["party"]] == ["bo"]
        assert replay_session(game.store, game.content, one.id).ok


def test_stories_of_ones_own_go_with_their_player(game: Game) -> None:
    tables = full(game)
    leave_for_good(game)
    for name in ("alone", "alone_lobby"):
        session = tables[name].id
        assert game.store.get("game_sessions", session) is None
        for collection in ("turns", "feed", "snapshots", "seats", "facts", "fact_rows", "summaries"):
            assert not list(every(game.store, collection, {"session_id": session})), collection
        assert game.store.get("memory_heads", session) is None


def test_nothing_is_orphaned(game: Game) -> None:
    full(game)
    leave_for_good(game)
    accounts = {a.id for a in every(game.store, "accounts")}
    known = {s.id for s in every(game.store, "game_sessions")}
    heroes = {c.id for c in every(game.store, "characters")}
    for name, kept in KEPT.items():
        for row in every(game.store, name):
            for field in kept.fields:
                assert name == "audit" or row.body[field] in accounts | {""}, f"{name}/{row.id}"
            assert row.body.get("session_id") in known | {None}, f"{name}/{row.id}"
    for session in every(game.store, "game_sessions"):
        assert {s["character_id"] for s in session.body["party"]} <= heroes


def test_everybody_elses_things_stay(game: Game) -> None:
    full(game)
    before = {c.id: c.body for c in every(game.store, "characters", {"user_id": "bo"})}
    leave_for_good(game)
    after = {c.id: c.body for c in every(game.store, "characters", {"user_id": "bo"})}
    assert before == after and game.store.get("accounts", "bo") is not None


def test_what_an_account_that_went_up_in_ones_own_said_is_exported_and_forgotten_as_well(game: Game) -> None:
    old = Actor("discord", OLD, "Oldham Birdwhistle", "discord:77")
    body = {
        "name": old.name,
        "email": None,
        "password": None,
        "created_at": game.clock.iso(),
        "verified": False,
    }
    link = {"user_id": OLD, "provider": "discord", "created_at": game.clock.iso()}
    game.store.commit([Insert("accounts", OLD, body), Insert("links", "discord.77", link)])
    shared = table(game, bo(), old)
    table_talk.say(game.deps, old, shared.id, "said long ago", game.key(old))
    asked, goes, stays = (game.store.get(*where) for where in
                          (("link_requests", "ask1"), ("accounts", OLD), ("accounts", ANN)))  # fmt: skip
    assert asked is not None and goes is not None and stays is not None
    begin_merge(game.deps, Pair(stays, goes), asked)
    run_merge(game.deps, OLD)
    assert b"said long ago" in b"".join(begin_export(game.deps, ANN))
    leave_for_good(game)
    words = (OLD, old.name, "said long ago", "discord.77")
    left = [name for name in COLLECTIONS for row in every(game.store, name)
            if name != "audit" and any(w in json.dumps([row.id, row.body]) for w in words)]  # fmt: skip
    assert left == []


class Dying:
    def __init__(self, inner: Any, lives: int) -> None:
        self.inner, self.lives = inner, lives

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def commit(self, changes: Sequence[Change]) -> None:
        assert len(changes) <= 90
        if self.lives == 0:
            raise StoreError("killed")
        self.lives -= 1
        self.inner.commit(changes)


def test_a_departure_that_is_killed_at_any_batch_is_finished(game: Game) -> None:
    from api.services.privacy.forgetting import forget

    full(game)
    ask_to_leave(game.deps, Outbox(game.store, game.clock, game.jobs.deliver_mail), ANN, game.key(ann()))
    game.clock.advance(GRACE_DAYS * 86400 + 1)
    whole = game.deps
    for lives in range(1, 200):
        dying = replace(whole, store=Dying(whole.store, lives % 4 + 1))
        try:
            if forget(dying, ANN):
                break
        except StoreError:
            assert lives < 150, "it comes no further"
    sweep(whole)
    assert [t for t in traces(game) if not t.startswith(("audit/", "idempotency/"))] == []


def test_in_the_middle_of_a_fight_the_hero_stays_and_the_player_goes(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.errors import GameRefusal
    from api.services.privacy import forgetting

    tables = full(game)

    def in_a_fight(*_: Any) -> None:
        raise GameRefusal("illegal_action", "Not in the middle of a fight.")

    monkeypatch.setattr(forgetting, "leave_session", in_a_fight)
    leave_for_good(game)
    body = RunningTable(game, tables["hosts"].id, [bo()], []).load().body
    assert [(s["user_id"], s["player_name"]) for s in body["party"]] == [("", FORMER), ("bo", "Bo")]
    assert (body["host_user_id"], body["host_name"]) == ("bo", "Bo")
    assert [t for t in traces(game) if not t.startswith(("audit/", "idempotency/"))] == []
    assert RunningTable(game, tables["hosts"].id, [bo()], []).view()["party"][0]["player_name"] == FORMER


def test_who_stays_after_all_keeps_everything(game: Game) -> None:
    full(game)
    before = len(traces(game))
    ask_to_leave(game.deps, Outbox(game.store, game.clock, game.jobs.deliver_mail), ANN, game.key(ann()))
    game.clock.advance(GRACE_DAYS * 86400 - 60)
    sweep(game.deps)
    cancel(game.deps, ANN)
    game.clock.advance(3600)
    sweep(game.deps)
    assert game.store.get("accounts", ANN) is not None and len(traces(game)) >= before - 20


def test_the_export_has_a_part_for_everything_that_is_kept_of_somebody() -> None:
    assert set(PARTS) == {name for name, kept in KEPT.items() if kept.export}


def test_the_export_holds_all_that_is_kept_and_nothing_of_others_or_secret(game: Game) -> None:
    tables = full(game)
    table_talk.say(game.deps, bo(), tables["hosts"].id, "bo has a secret", game.key(bo()))
    whole = b"".join(begin_export(game.deps, ANN))
    export = json.loads(whole)
    assert set(PARTS) < set(export) and export["account_id"] == ANN
    assert export["accounts"][0]["email"] == ADDRESS and export["logins"][0]["device"] == "Lynx"
    assert {one["id"] for one in export["links"]} == {ADDRESS, "4711"}
    assert len(export["characters"]) == 6 and len(export["game_sessions"]) == 5 and len(export["assets"]) == 1
    assert {e["text"] for e in export["feed"] if e["type"] == "chat_said"} == {SAID}
    assert [m["text"] for m in export["facts"] if m["text"].startswith(NOTED)] != []
    tried = [e["action"] for t in export["turns"] for e in t["entries"]]
    assert tried.count(TRIED) == 3 and all(t["told"] for t in export["turns"])
    for secret in (
        b"argon2id",
        b"bo has a secret",
        b"server_seed",
        b"login1",
        b"token1",
        b"device1",
        b"email.hash",
    ):
        assert secret not in whole
    seeds = [s.body["server_seed"] for s in every(game.store, "game_sessions")]
    assert not any(seed.encode() in whole for seed in seeds)
