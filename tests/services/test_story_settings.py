"""How a session is told: chosen at its creation and by its host later, shown to all, and followed by whoever tells."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.errors import Forbidden, GameRefusal, Invalid
from api.llm.port import NarrationRequest
from api.llm.style import CHOICES, LENGTHS, Style
from api.services import sessions
from api.services.sweeper import sweep
from tests.fakes.game import Game, RunningTable

WISH = {"tone": "grim", "length": "short", "rating": "everyone", "language": "de"}


class Listening:
    """A narrator that keeps what it is asked."""

    name = "listening"
    tells_only_facts = True

    def __init__(self) -> None:
        self.requests: list[NarrationRequest] = []

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str]:
        self.requests.append(request)
        yield "It rains. What now?"


def change(table: RunningTable, player: int, **wish: str) -> object:
    actor = table.actors[player - 1]
    return sessions.change_settings(table.game.deps, actor, table.id, wish, table.game.key(actor))


def test_a_new_session_has_the_standard_settings(game: Game) -> None:
    assert game.table(1).view()["settings"] == Style().to_json()


def test_they_can_be_chosen_when_it_is_created(game: Game) -> None:
    actor = game.actor(1)
    hero = game.character(actor)["id"]
    new = sessions.NewSession(game.campaign, hero, settings={"tone": "cosy", "length": None})
    made = sessions.create_session(game.deps, actor, new, game.key(actor))
    assert made["settings"] == {**Style().to_json(), "tone": "cosy"}


def test_the_host_changes_them_and_everybody_hears_of_it(game: Game) -> None:
    table = game.table(2)
    change(table, 1, **WISH)
    assert table.view(2)["settings"] == WISH
    assert table.feed("settings_changed") == [{"type": "settings_changed", "settings": WISH}]


def test_what_is_not_named_stays(game: Game) -> None:
    table = game.table(1)
    change(table, 1, tone="heroic")
    change(table, 1, length="long")
    assert table.view()["settings"] == {**Style().to_json(), "tone": "heroic", "length": "long"}


def test_nobody_else_changes_them(game: Game) -> None:
    table = game.table(2)
    with pytest.raises(Forbidden, match="host"):
        change(table, 2, tone="grim")
    assert table.feed("settings_changed") == []


@pytest.mark.parametrize("name", CHOICES)
def test_an_unknown_choice_is_refused_with_what_there_is(game: Game, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        change(game.table(1), 1, **{name: "klingon"})
    assert refused.value.details["field"] == name
    assert ", ".join(CHOICES[name]) in refused.value.details["problem"]


def test_a_wish_for_nothing_is_refused(game: Game) -> None:
    with pytest.raises(Invalid, match="at least one"):
        change(game.table(1), 1)


def test_a_story_that_is_over_is_told_no_other_way(game: Game) -> None:
    table = game.table(1)
    sessions.end_session(game.deps, table.actors[0], table.id, game.key(table.actors[0]))
    with pytest.raises(GameRefusal) as refused:
        change(table, 1, tone="grim")
    assert refused.value.code == "session_over"


def test_whoever_tells_is_asked_for_it(game: Game) -> None:
    table = game.table(1)
    listening = Listening()
    game.narrators = [listening]
    change(table, 1, **WISH)
    table.serve_all()
    table.act(1, "pass")
    table.serve_all()
    opening, beat = listening.requests
    assert opening.style == beat.style == Style(**WISH)
    assert (opening.words, beat.words) == (LENGTHS["short"]["big"], LENGTHS["short"]["beat"])


def test_no_length_goes_beyond_the_design() -> None:
    for words in LENGTHS.values():
        assert words["action"] <= 40 and words["beat"] <= 120 and words["big"] <= 200


def test_a_session_from_before_there_were_settings_has_the_standard_ones(game: Game) -> None:
    table = game.table(1)
    loaded = table.load()
    del loaded.body["story_settings"]
    loaded.commit()
    assert table.view()["settings"] == Style().to_json()
    assert Style.from_json({"tone": "gone", "length": "short", "more": 1}) == Style(length="short")


def test_the_storyteller_says_once_that_it_has_only_english(game: Game) -> None:
    table = game.table(1)
    change(table, 1, language="de")
    table.serve_all()
    table.act(1, "pass")
    table.serve_all()
    (said,) = table.feed("notice")
    assert said["code"] == "english_only" and "German" in said["text"]


def test_no_such_thing_is_said_where_a_model_tells_or_english_is_wanted(game: Game) -> None:
    english = game.table(1)
    english.serve_all()
    assert english.feed("notice") == []
    game.narrators = [Listening()]
    german = game.table(1)
    change(german, 1, language="de")
    german.serve_all()
    assert german.feed("notice") == []


# --- pauses ------------------------------------------------------------------------------------------------------


def test_a_table_that_falls_silent_is_left_with_a_cliffhanger(game: Game) -> None:
    table = game.table(1)
    table.serve_all()
    game.clock.advance(60 * (game.settings.session_timeout_minutes + 1))
    sweep(game.deps)
    (paused,) = table.feed("session_timeout")
    scene = game.content.scenes["drowned_library"]
    assert any(line in paused["cliffhanger"] for line in scene.pressure)
    assert any(line in paused["cliffhanger"] for line in scene.prompts)


def test_previously_on_is_told_when_it_goes_on(game: Game) -> None:
    table = game.table(1)
    table.serve_all()
    table.act(1, "affordance", id="open_the_satchel")
    table.serve_all()
    game.clock.advance(60 * (game.settings.session_timeout_minutes + 1))
    sweep(game.deps)
    table.act(1, "pass")
    (resumed,) = table.feed("session_resumed")
    told = resumed["previously"]
    assert told["title"] == "The Low-Water Ledger" and len(told["so_far"]) >= 1
    assert told["last_choice"] == "Open the drowned clerk's satchel" and told["threat"]


def test_a_host_who_closes_in_the_middle_leaves_a_cliffhanger_and_an_ending_none(game: Game) -> None:
    table = game.table(1)
    sessions.end_session(game.deps, table.actors[0], table.id, game.key(table.actors[0]))
    assert table.feed("session_ended")[0]["cliffhanger"]
    lobby = game.lobby(1)
    sessions.end_session(game.deps, lobby.actors[0], lobby.id, game.key(lobby.actors[0]))
    assert lobby.feed("session_ended")[0]["cliffhanger"] == ""
