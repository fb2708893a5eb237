"""Lobbies, seats, hosts and surfaces."""

from __future__ import annotations

import threading

import pytest

from api.errors import BadDiceExpression, Forbidden, GameRefusal, Invalid, LostRace, NotFound
from api.services import characters, sessions, surfaces, table_talk
from api.services.deps import Actor
from api.store.port import Update
from tests.fakes.game import CAMPAIGN, Game, RunningTable

BOT = Actor("discord", None, "discord service")


def join(game: Game, table: RunningTable, number: int) -> dict[str, object]:
    actor = game.actor(number)
    hero = game.character(actor)["id"]
    return sessions.join_session(game.deps, actor, table.id, hero, game.key(actor))


def test_a_character_sits_at_one_table(game: Game) -> None:
    table = game.lobby(1)
    host = table.actors[0]
    with pytest.raises(GameRefusal) as caught:
        sessions.create_session(
            game.deps, host, sessions.NewSession(CAMPAIGN, table.heroes[0]), game.key(host)
        )
    assert caught.value.code == "seat_taken"
    with pytest.raises(GameRefusal):
        characters.retire_character(game.deps, host, table.heroes[0], game.key(host))


def test_t4_two_claims_on_one_hero_give_one_seat(game: Game) -> None:
    actor = game.actor(1)
    hero = game.character(actor)["id"]
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def create() -> None:
        start.wait()
        try:
            sessions.create_session(game.deps, actor, sessions.NewSession(CAMPAIGN, hero), game.key(actor))
            outcomes.append("made")
        except GameRefusal as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=create) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", "seat_taken"]


def test_the_last_seat_is_given_once(game: Game) -> None:
    table = game.lobby(5)
    outcomes: list[str] = []
    start = threading.Barrier(3)

    def take(number: int) -> None:
        start.wait()
        try:
            join(game, table, number)
            outcomes.append("seated")
        except GameRefusal as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=take, args=(n,)) for n in (11, 12, 13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["party_full", "party_full", "seated"]


def test_only_the_host_begins_and_only_once(game: Game) -> None:
    table = game.lobby(2)
    host, guest = table.actors
    with pytest.raises(Forbidden):
        sessions.begin_session(game.deps, guest, table.id, game.key(guest))
    sessions.begin_session(game.deps, host, table.id, game.key(host))
    with pytest.raises(GameRefusal) as caught:
        sessions.begin_session(game.deps, host, table.id, game.key(host))
    assert caught.value.code == "already_begun"


def test_when_the_host_leaves_the_chair_passes_on(game: Game) -> None:
    table = game.lobby(2)
    host, guest = table.actors
    view = sessions.leave_session(game.deps, host, table.id, game.key(host))
    assert view["host"] == guest.user_id
    assert game.store.get("characters", table.heroes[0]).body["seated_in"] is None  # type: ignore[union-attr]
    view = sessions.leave_session(game.deps, guest, table.id, game.key(guest))
    assert view["status"] == "completed"


def test_a_leaver_does_not_stall_the_beat(game: Game) -> None:
    table = game.table(2)
    table.act(1, "pass")
    sessions.leave_session(game.deps, table.actors[1], table.id, game.key(table.actors[1]))
    assert table.view()["turn"]["number"] == 2


def test_a_late_joiner_plays_from_the_open_beat_on(game: Game) -> None:
    table = game.table(1)
    view = join(game, table, 7)
    assert len(view["turn"]["waiting_for"]) == 2  # type: ignore[index]


def test_ending_frees_every_seat(game: Game) -> None:
    table = game.table(2)
    sessions.end_session(game.deps, table.actors[0], table.id, game.key(table.actors[0]))
    for hero in table.heroes:
        assert game.store.get("characters", hero).body["seated_in"] is None  # type: ignore[union-attr]
    assert table.feed("session_ended")[0]["reason"] == "host"


def test_somebody_elses_character_does_not_exist(game: Game) -> None:
    mine = game.character(game.actor(1))
    with pytest.raises(NotFound):
        characters.get_character(game.deps, game.actor(2), mine["id"])


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("hero", {"hero": "nobody"}),
        ("character_class", {"name": "Ann", "character_class": "wizard", "origin": "noble_exile"}),
        ("origin", {"name": "Ann", "character_class": "vanguard", "origin": "moon"}),
        ("name", {"name": "@everyone", "character_class": "vanguard", "origin": "noble_exile"}),
        ("name", {"name": "", "character_class": "vanguard", "origin": "noble_exile"}),
        ("name", {"name": "x" * 33, "character_class": "vanguard", "origin": "noble_exile"}),
        ("name", {"name": "<b>Bo</b>", "character_class": "vanguard", "origin": "noble_exile"}),
    ],
)
def test_a_bad_character_names_the_field_and_what_is_legal(
    game: Game, field: str, values: dict[str, str]
) -> None:
    actor = game.actor(1)
    with pytest.raises(Invalid) as caught:
        characters.create_character(game.deps, actor, characters.NewCharacter(**values), game.key(actor))
    assert caught.value.details["field"] == field
    assert characters.list_characters(game.deps, actor)["items"] == []


def test_table_talk_and_rolls_stand_in_the_feed(game: Game) -> None:
    table = game.lobby(1)
    host = table.actors[0]
    table_talk.say(game.deps, host, table.id, "anyone for tea?", game.key(host))
    rolled = table_talk.roll(game.deps, host, table.id, "2d6+1", game.key(host))
    assert 3 <= rolled["total"] <= 13
    assert [e["text"] for e in table.feed("chat_said")] == ["anyone for tea?"]
    assert table.feed("dice_rolled")[0]["total"] == rolled["total"]


def test_r8_looking_again_never_rolls_again(game: Game) -> None:
    table = game.lobby(1)
    host = table.actors[0]
    first = table_talk.roll(game.deps, host, table.id, "20d1000", game.key(host, "click-1"))
    again = table_talk.roll(game.deps, host, table.id, "20d1000", game.key(host, "click-1"))
    assert again == first
    table.view()
    (told,) = table.feed("dice_rolled")
    assert {**told, **first} == told and table.load().body["rolls"] == 1
    other = table_talk.roll(game.deps, host, table.id, "20d1000", game.key(host, "click-2"))
    assert other["tree"] != first["tree"]


def test_bad_dice_are_refused_with_their_place_and_use_up_no_roll(game: Game) -> None:
    table = game.lobby(1)
    host = table.actors[0]
    with pytest.raises(BadDiceExpression) as caught:
        table_talk.roll(game.deps, host, table.id, "1d20++5", game.key(host))
    assert (caught.value.code, caught.value.status) == ("bad_dice", 422)
    assert caught.value.details["field"] == "expression" and caught.value.details["suggestion"] == "1d20+5"
    assert caught.value.details["pointer"] == "1d20++5\n     ^"
    assert table.feed("dice_rolled") == [] and table.load().body["rolls"] == 0


def test_a_surface_is_held_by_one_and_a_stale_fence_writes_nothing(game: Game) -> None:
    table = game.lobby(1)
    surface = surfaces.create_surface(game.deps, BOT, table.id, "discord", {"channel_id": "5"})
    again = surfaces.create_surface(game.deps, BOT, table.id, "discord", {"channel_id": "6"})
    assert again["address"] == {"channel_id": "5"}
    first = surfaces.take_lease(game.deps, BOT, surface["id"], "bot-a", 30)
    with pytest.raises(LostRace):
        surfaces.take_lease(game.deps, BOT, surface["id"], "bot-b", 30)
    told = surfaces.Progress(first["fence"], 3, {"thread_id": "9"}, {"lobby": "77"})
    surfaces.write_surface(game.deps, BOT, surface["id"], told)
    game.clock.advance(31)
    second = surfaces.take_lease(game.deps, BOT, surface["id"], "bot-b", 30)
    assert second["fence"] == first["fence"] + 1
    with pytest.raises(LostRace):
        surfaces.write_surface(game.deps, BOT, surface["id"], surfaces.Progress(first["fence"], 99))
    (shown,) = surfaces.list_surfaces(game.deps, BOT, "discord")["items"]
    assert (shown["cursor"], shown["messages"], shown["address"]["thread_id"]) == (3, {"lobby": "77"}, "9")
    assert [s["id"] for s in surfaces.find_by_place(game.deps, BOT, "9")] == [surface["id"]]


def test_players_do_not_write_surfaces(game: Game) -> None:
    table = game.lobby(1)
    web = Actor("web", "user1", "Player 1")
    with pytest.raises(Forbidden):
        surfaces.create_surface(game.deps, web, table.id, "discord", {"channel_id": "5"})


def test_everybody_begins_a_story_whole(game: Game) -> None:
    table = game.lobby(1)
    hero = game.store.get("characters", table.heroes[0])
    assert hero is not None
    game.store.commit([Update("characters", hero.id, hero.revision, {**hero.body, "hp": 1, "mp": 0})])
    view = sessions.begin_session(game.deps, table.actors[0], table.id, game.key(table.actors[0]))
    (member,) = view["party"]
    assert (member["hp"], member["mp"]) == (member["hp_max"], member["mp_max"])
