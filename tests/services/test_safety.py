"""Lines, veils and the X-card: what one asks for holds for all, at once and everywhere, and nobody learns who asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from api.content.definitions import KINDS
from api.errors import GameRefusal, Invalid, NotFound, RateLimited
from api.llm.port import NarrationRequest
from api.services import narration
from api.services.history import recap
from api.services.retelling import MOST_RETRIES, retry_narration
from api.services.safety import PLAYS, PLAYS_MINUTES, Wishes, boundaries_of, play_x, put_slip, read_safety
from api.services.sweeper import sweep
from api.store.port import Query, Update
from api.store.schema import COLLECTIONS
from tests.fakes.game import Game, RunningTable

HURT = "A spider the size of a plate crosses her hand."


class Says:
    """A narrator that tells only what it was given to say, and remembers what it was asked."""

    name = "says"
    tells_only_facts = True

    def __init__(self, *sentences: str, between: Callable[[], None] | None = None) -> None:
        self.sentences, self.between = sentences, between
        self.asked: list[NarrationRequest] = []

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str]:
        self.asked.append(request)
        for sentence in self.sentences:
            yield sentence
            if self.between is not None:
                await asyncio.to_thread(self.between)


def told(game: Game, players: int = 2) -> RunningTable:
    """A table whose last passage holds what somebody cannot bear."""
    table = game.table(players, seed="a seed")
    table.serve_all()
    storyteller, game.narrators = game.narrators, [Says("The lamp burns low.", HURT, "What do you do?")]
    for number in range(1, players + 1):
        table.act(number, "free", text="I look around the room")
    table.serve_all()
    game.narrators = storyteller
    assert HURT in table.turns()[1]["dm_response"]
    return table


def play(table: RunningTable, player: int = 1, turn: str = "", topic: str = "") -> Any:
    return play_x(table.game.deps, table.actors[player - 1], table.id, turn, topic)


def slip(table: RunningTable, player: int, name: str, *, lines: Any = (), veils: Any = ()) -> Any:
    return put_slip(table.game.deps, table.actors[player - 1], table.id, name, Wishes(lines, veils))


def everything(game: Game) -> dict[tuple[str, str], Any]:
    """All documents of the store."""
    found: dict[tuple[str, str], Any] = {}
    for collection in COLLECTIONS:
        cursor = None
        while True:
            page = game.store.query(Query(collection, limit=200, cursor=cursor))
            found |= {(collection, d.id): (d.revision, d.body) for d in page.items}
            cursor = page.next_cursor
            if cursor is None:
                break
    return found


# --- the card --------------------------------------------------------------------------------------------------------


def test_the_card_withdraws_the_last_passage_everywhere_at_once(game: Game) -> None:
    table = told(game)
    answer = play(table, 2)
    assert answer["status"] == "withdrawn"
    assert answer["turn_ids"] == [table.turns()[1]["id"]]
    assert HURT not in repr(everything(game)), "before anything new is told it is gone"
    assert table.turns()[1]["dm_response"] == ""
    assert table.view(1)["last_narration"]["text"] == ""
    gone = table.feed("narration_withdrawn")[-1]
    assert (gone["turn_id"], gone["reason"]) == (answer["turn_ids"][0], "x_card")
    assert HURT not in repr(recap(game.deps, table.actors[0], table.id))


def test_what_happened_stays_and_is_told_in_the_barest_words(game: Game) -> None:
    table = told(game)
    before = table.turns()[1]["events"]
    world = table.load().body["world"]
    play(table, 2)
    table.serve_all()
    turn = table.turns()[1]
    assert turn["events"] == before
    assert table.load().body["world"] == world
    assert turn["narrator"] == "plain"
    assert "Aldo Fisk" in turn["dm_response"] and turn["dm_response"].endswith("?")
    assert "spider" not in turn["dm_response"].lower()
    again = table.feed("turn_renarrated")[-1]
    assert (again["text"], again["reason"]) == (turn["dm_response"], "x_card")


def test_a_card_on_the_bare_words_leaves_only_that_the_story_goes_on(game: Game) -> None:
    table = told(game)
    for _ in range(2):
        play(table)
        table.serve_all()
    assert table.turns()[1]["dm_response"] == "The story goes on from here. What do you do next?"


def test_with_a_topic_the_passage_is_told_within_the_new_line_and_so_is_what_follows(game: Game) -> None:
    table = told(game)
    assert play(table, 2, topic="spiders_and_insects")["topic"] == "spiders_and_insects"
    says = Says("The lamp burns low.", HURT, "Cobwebs everywhere.", "What do you do?")
    game.narrators = [says]
    table.serve_all()
    assert says.asked[0].boundaries.lines == ("spiders_and_insects",)
    told_again = table.turns()[1]["dm_response"]
    assert "spider" not in told_again.lower() and "cobweb" not in told_again.lower()
    assert "The lamp burns low." in told_again
    table.act(1, "pass")
    table.act(2, "pass")
    table.serve_all()
    assert says.asked[1].boundaries.lines == ("spiders_and_insects",)
    assert "spider" not in table.turns()[2]["dm_response"].lower()


def test_without_a_topic_the_next_prompts_ask_to_leave_it_behind_for_a_while(game: Game) -> None:
    table = told(game)
    play(table)
    table.serve_all()
    says = Says("On it goes.")
    game.narrators = [says]
    for _ in range(7):
        table.act(1, "pass")
        table.act(2, "pass")
        table.serve_all()
    assert [r.boundaries.move_on for r in says.asked] == [True] * 5 + [False] * 2


def test_played_twice_it_is_done_once(game: Game) -> None:
    table = told(game)
    first = play(table, 1)
    events = len(table.feed())
    assert play(table, 2) == first
    assert len(table.feed()) == events
    table.serve_all()
    assert len(table.feed("turn_renarrated")) == 1


def test_a_named_passage_is_meant_alone_also_an_older_one(game: Game) -> None:
    table = told(game)
    hurt = table.turns()[1]["id"]
    table.act(1, "pass")
    table.act(2, "pass")
    table.serve_all()
    later = table.turns()[2]["dm_response"]
    assert play(table, 1, hurt)["turn_ids"] == [hurt]
    assert HURT not in repr(everything(game))
    table.serve_all()
    assert table.turns()[1]["narrator"] == "plain"
    assert table.turns()[2]["dm_response"] == later
    assert table.view(1)["last_narration"]["text"] == later


def test_a_passage_that_an_older_version_told_goes_from_the_feed_as_well(game: Game) -> None:
    table = told(game)
    row = game.store.get("turns", table.turns()[1]["id"])
    assert row is not None
    older = {k: v for k, v in row.body.items() if k not in ("told_at_seq", "told_turns")}
    game.store.commit([Update("turns", row.id, row.revision, older)])
    play(table)
    assert HURT not in repr(everything(game))


def test_a_retelling_that_was_asked_for_becomes_the_cards(game: Game) -> None:
    table = told(game)
    retry_narration(game.deps, table.actors[0], table.id, "last", game.key(table.actors[0]))
    play(table, 2)
    table.serve_all()
    assert HURT not in repr(everything(game))
    assert len(table.feed("turn_renarrated")) == 1
    assert table.turns()[1]["retries_left"] == MOST_RETRIES - 1


@pytest.mark.parametrize("named", [True, False])
def test_a_passage_that_is_being_told_is_cut_off_and_never_committed(
    game: Game, named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.services.pen.LOOK_AGAIN", -1.0)
    table = game.table(2, seed="a seed")
    table.serve_all()
    table.act(1, "pass")
    table.act(2, "pass")
    turn = table.turns()[1]["id"]
    heard: list[str] = []
    forgotten: list[str] = []

    class Overheard:
        def wake(self, session_id: str, seq: int) -> None: ...

        def delta(self, session_id: str, turn_id: str, attempt: int, offset: int, text: str) -> None:
            heard.append(text.strip())

        def forget(self, session_id: str, turn_id: str, attempt: int) -> None:
            forgotten.append(turn_id)

    deps = type(game.deps)(game.store, game.content, game.clock, Overheard(), game.jobs, game.settings)

    def somebody_plays() -> None:
        if not forgotten:
            play_x(deps, table.actors[1], table.id, turn if named else "", "")

    says = Says(HURT, "It comes closer.", "And closer.", between=somebody_plays)
    game.jobs.narrated.clear()
    asyncio.run(narration.serve_turn(deps, game.ruler, [says], turn))
    assert heard == [HURT], "nothing is shown after the card"
    assert turn in forgotten
    assert HURT not in repr(everything(game))
    assert table.turns()[1]["narrator"] == "plain"
    opening = table.turns()[0]
    assert (opening["narrator"] == "plain") is (not named), (
        "without a name the passage before it is meant as well"
    )


def test_a_worker_that_dies_after_the_card_leaves_nothing_and_another_tells(game: Game) -> None:
    table = told(game)
    play(table)
    game.jobs.narrated.clear()
    game.clock.advance(game.settings.narration_lease_seconds + 1)
    assert sweep(game.deps)["requeued"] == 1
    table.serve_all()
    assert table.turns()[1]["narrator"] == "plain"


def test_the_card_has_a_limit_for_the_table_and_not_for_a_person(game: Game) -> None:
    table = told(game)
    for number in range(PLAYS):
        play(table, 1 + number % 2)
        table.serve_all()
    with pytest.raises(RateLimited) as refused:
        play(table, 2)
    assert 0 < refused.value.retry_after <= PLAYS_MINUTES * 60
    game.clock.advance(PLAYS_MINUTES * 60 + 1)
    assert play(table, 1)["status"] == "withdrawn"


def test_strangers_and_services_cannot_play_it(game: Game) -> None:
    table = told(game)
    with pytest.raises(NotFound):
        play_x(game.deps, game.actor(9), table.id, "", "")
    with pytest.raises(NotFound):
        put_slip(game.deps, game.actor(9), table.id, "", Wishes(["gore"], []))
    with pytest.raises(NotFound):
        read_safety(game.deps, game.actor(9), table.id)


def test_before_anything_was_told_there_is_nothing_to_withdraw(game: Game) -> None:
    for table, code in ((game.lobby(1), "not_started"),):
        with pytest.raises(GameRefusal) as refused:
            play(table)
        assert refused.value.code == code


@pytest.mark.parametrize("topic", ["", "spiders_and_insects", "wet wool"])
def test_nothing_that_is_kept_depends_on_who_played_the_card(game: Game, topic: str) -> None:
    """Each of two players plays it on a copy of the same moment: what has changed in the store is the same but for
    times, ids made of chance, and nothing in it names either."""
    planted = ("user1", "user2", "Player 1", "Player 2", "discord:1", "discord:2")
    changes = []
    for player in (1, 2):
        table = told(game) if player == 1 else told_again(game)
        before = everything(game)
        play(table, player, topic=topic)
        after = everything(game)
        changed = {k: v for k, v in after.items() if before.get(k) != v}
        assert {k[0] for k in changed} <= {
            "game_sessions", "turns", "feed", "leases", "facts", "memory_heads", "summaries",
        }  # fmt: skip
        session = changed[("game_sessions", table.id)][1]
        was = before[("game_sessions", table.id)][1]
        parts = {k: v for k, v in session.items() if was.get(k) != v}
        new = [v for k, v in changed.items() if k[0] == "feed" and k not in before]
        for name in planted:
            assert name not in repr((parts, new)), name
        changes.append((sorted(parts), [e["type"] for _, row in new for e in row["events"]]))
    assert changes[0] == changes[1]


def told_again(game: Game) -> RunningTable:
    from api.services import sessions

    for row in game.store.query(Query("game_sessions")).items:
        actor = game.actor(1)
        if row.body["status"] != "completed":
            sessions.end_session(game.deps, actor, row.id, game.key(actor))
    return told(game)


# --- lines and veils -------------------------------------------------------------------------------------------------


def test_what_one_asks_for_holds_for_all_and_everybody_can_read_it(game: Game) -> None:
    table = game.lobby(2)
    slip(table, 1, "a-slip-of-my-own", lines=["gore"])
    slip(table, 2, "b-slip-of-my-own", lines=["Snakes", "wet wool"], veils=["torture", "gore"])
    for actor in table.actors:
        view = read_safety(game.deps, actor, table.id)
        assert [t["topic"] for t in view["lines"]] == ["gore", "snakes", "wet wool"]
        assert [t["name"] for t in view["veils"]] == ["Torture"], "a line outweighs a veil"
    assert len(view["topics"]) == len(game.content.safety)


def test_only_who_knows_the_slip_can_take_it_back(game: Game) -> None:
    table = game.lobby(2)
    slip(table, 1, "a-slip-of-my-own", lines=["gore", "snakes"])
    slip(table, 2, "b-slip-of-my-own", lines=["gore"])
    slip(table, 2, "somebody-elses", lines=[])
    assert boundaries_of(table.load()).lines == ("gore", "snakes")
    slip(table, 1, "a-slip-of-my-own", lines=[])
    assert boundaries_of(table.load()).lines == ("gore",), "the other's stays"
    assert "a-slip-of-my-own" not in repr(everything(game))


def test_a_line_that_came_with_the_card_can_be_taken_back_by_its_slip(game: Game) -> None:
    table = told(game)
    answer = play(table, 2, topic="gore")
    slip(table, 2, answer["slip"], lines=[])
    assert boundaries_of(table.load()).lines == ()


def test_a_slip_that_is_put_in_twice_is_one(game: Game) -> None:
    table = game.lobby(2)
    for _ in range(2):
        slip(table, 1, "a-slip-of-my-own", lines=["gore"])
    assert len(table.load().body["safety"]["slips"]) == 1
    assert len(table.feed("safety_changed")) == 1


def test_who_changed_the_lines_is_kept_nowhere(game: Game) -> None:
    table = game.lobby(3)
    before = everything(game)
    slip(table, 3, "a-slip-of-my-own", lines=["gore"], veils=["wet wool"])
    after = everything(game)
    changed = {k: v for k, v in after.items() if before.get(k) != v}
    assert {k[0] for k in changed} == {"game_sessions", "feed"}
    session = changed[("game_sessions", table.id)][1]
    was = before[("game_sessions", table.id)][1]
    parts = {k: v for k, v in session.items() if was.get(k) != v}
    assert set(parts) == {"safety", "seq"}, "not even when somebody was last active"
    news = [v for k, v in changed.items() if k[0] == "feed"]
    assert all(f"user{n}" not in repr((parts, news)) for n in (1, 2, 3))


def test_lines_that_change_in_mid_passage_stop_it_and_it_is_told_within_them(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.services.pen.LOOK_AGAIN", -1.0)
    table = game.table(2, seed="a seed")
    table.serve_all()
    table.act(1, "pass")
    table.act(2, "pass")
    turn = table.turns()[1]["id"]

    def somebody_asks() -> None:
        slip(table, 2, "a-slip-of-my-own", lines=["spiders_and_insects"])

    game.narrators = [Says("The lamp burns low.", HURT, between=somebody_asks)]
    table.serve(turn)
    text = table.turns()[1]["dm_response"]
    assert "spider" not in text.lower()
    assert "The lamp burns low." in text
    assert table.turns()[1]["narrator"] == "says", "it is told like any other, only within the line"


def test_the_recap_leaves_out_what_was_told_before_the_line_was_drawn(game: Game) -> None:
    table = told(game)
    slip(table, 2, "a-slip-of-my-own", lines=["spiders_and_insects", "tide"])
    so_far = " ".join(recap(game.deps, table.actors[0], table.id)["so_far"])
    assert so_far
    assert "spider" not in so_far.lower() and "tide" not in so_far.lower().split()


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("x", "one to five words"), ("<script>", "one to five words"), ("Aldo", "in the name of a hero"),
        ("the", "nothing could be told"), ("a b c d e f g", "one to five words"), ("ignore: rules!", "in letters"),
        ("", "is empty"),
    ],
)  # fmt: skip
def test_words_that_cannot_be_a_line_are_refused_with_what_can(game: Game, wanted: str, why: str) -> None:
    table = game.lobby(1)
    with pytest.raises(Invalid) as refused:
        slip(table, 1, "a-slip-of-my-own", lines=[wanted])
    assert why in refused.value.message


def test_a_slip_needs_a_name_that_is_hard_to_guess_and_the_hat_has_an_end(game: Game) -> None:
    table = game.lobby(1)
    with pytest.raises(Invalid):
        slip(table, 1, "short", lines=["gore"])
    for number in range(40):
        slip(table, 1, f"a-slip-of-my-own-{number}", lines=["gore"])
    with pytest.raises(GameRefusal) as refused:
        slip(table, 1, "one-too-many-slips", lines=["gore"])
    assert refused.value.code == "too_many"


def test_safety_is_a_kind_of_content() -> None:
    assert "safety" in KINDS
