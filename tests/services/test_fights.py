"""A fight through the services: its own endpoint, locked intents, standing orders, and what it came to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.content.catalogue import Content
from api.errors import GameRefusal, Invalid
from api.services.fight_figures import finalize_combat
from api.services.fights import combat_action
from api.services.safety import play_x
from api.services.sheets import SheetWish, change_part
from api.services.turns import serve_deadline
from api.services.wishes import Wish
from api.store.sql import SqlStore
from tests.fakes.battles import battle_content
from tests.fakes.game import CAMPAIGN, Game, RunningTable

BRAWL = {
    "key": "brawl", "label": "Begin a brawl", "kind": "force", "doing": "begins a brawl", "words": ["brawl"],
    "success": {"tell": ["Fists!"], "encounter": "t_rats"},
}  # fmt: skip
END = {"tell": ["It is over."], "ending": "struck_off"}


def brawling(content: Content) -> Content:
    """The starter campaign with a weak foe that can be met at once, and another whose defeat ends the story."""
    content = battle_content(content)
    start = content.campaigns[CAMPAIGN].start
    scene = content.scenes[start]
    kind = type(scene.affordances[0])
    affordances = (
        kind.model_validate(BRAWL),
        kind.model_validate({**BRAWL, "key": "last", "success": {"tell": ["Now!"], "encounter": "t_last"}}),
    )
    weak = content.creatures["t_cur"].model_copy(update={"hp": 4, "evade": 1, "xp": 60, "gold": (6, 6)})
    fight = content.encounters["t_four"]
    cur = fight.groups[0].model_copy(update={"creature": "t_cur", "count": 2})
    rats = fight.model_copy(update={"name": "Two Curs", "groups": (cur,)})
    last = rats.model_copy(update={"victory": type(fight.victory).model_validate(END)})
    return replace(
        content,
        scenes={**content.scenes, start: scene.model_copy(update={"affordances": affordances})},
        creatures={**content.creatures, "t_cur": weak},
        encounters={**content.encounters, "t_rats": rats, "t_last": last},
    )


@pytest.fixture
def game(tmp_path: Path, content: Content) -> Iterator[Game]:
    made = Game(tmp_path, brawling(content))
    yield made
    made.store.close()


def in_a_fight(game: Game, players: int, affordance: str = "brawl") -> RunningTable:
    table = game.table(players, seed="fixed")
    for player in range(1, players + 1):
        table.act(player, "affordance", id=affordance)
    assert table.view()["encounter"]["name"] == "Two Curs"
    return table


def actor_of(table: RunningTable) -> int:
    """The player whose turn it is."""
    return table.heroes.index(table.view()["encounter"]["actor"]) + 1


def foes(table: RunningTable) -> list[dict[str, Any]]:
    return [c for c in table.view()["encounter"]["order"] if c["side"] == "foes" and not c["down"]]


def intents(table: RunningTable) -> dict[str, str]:
    return {c["id"]: c["intent"] for c in table.view()["encounter"]["order"] if c["intent"]}


def combat(table: RunningTable, player: int, kind: str, *, lock: bool = False, **fields: Any) -> Any:
    actor = table.actors[player - 1]
    wish = Wish(table.heroes[player - 1], kind, seen_turn=table.load().body["turn_number"], **fields)
    return combat_action(table.game.deps, actor, table.id, wish, table.game.key(actor), lock=lock)


def fight_on(table: RunningTable) -> None:
    for _ in range(60):
        if table.view()["encounter"] is None:
            return
        combat(table, actor_of(table), "attack", target=foes(table)[0]["id"])
    raise AssertionError("the fight does not end")


def test_every_kind_that_is_offered_in_a_fight_is_taken(game: Game) -> None:
    table = in_a_fight(game, 2)
    offered = [a for a in table.view(actor_of(table))["legal"] if a["enabled"]]
    assert {"attack", "defend", "row", "flee", "parley", "surrender", "pass"} <= {a["kind"] for a in offered}
    for action in offered:
        if table.view()["encounter"] is None:
            break
        player = actor_of(table)
        now = {(a["kind"], a["id"]): a for a in table.view(player)["legal"] if a["enabled"]}
        if (action["kind"], action["id"]) in now:
            again = now[action["kind"], action["id"]]
            target = again["targets"][0]["id"] if again["targets"] else ""
            done = combat(table, player, action["kind"], id=action["id"], target=target)
            assert done["state"] == "resolved"


def test_outside_a_fight_the_endpoint_says_what_is_legal(game: Game) -> None:
    table = game.table(1)
    with pytest.raises(GameRefusal) as refused:
        combat(table, 1, "defend")
    assert refused.value.code == "no_fight" and refused.value.details["legal"]


def test_what_is_locked_is_done_when_the_turn_comes(game: Game) -> None:
    table = in_a_fight(game, 2)
    first = actor_of(table)
    other = 3 - first
    target = foes(table)[0]["id"]
    locked = combat(table, other, "attack", target=target, lock=True)
    assert (locked["status"], locked["waiting_for"]) == ("locked", [table.heroes[first - 1]])
    assert "Attack" in intents(table)[table.heroes[other - 1]]
    done = combat(table, first, "defend")
    mine = [e for e in done["events"] if e.get("source") == table.heroes[other - 1]]
    assert {"attack_hit", "attack_missed"} & {e["type"] for e in mine}
    assert actor_of(table) == first and not intents(table)
    assert len(table.feed("intent_changed")) == 1


def test_what_is_locked_can_be_taken_back(game: Game) -> None:
    table = in_a_fight(game, 2)
    other = 3 - actor_of(table)
    combat(table, other, "defend", lock=True)
    assert combat(table, other, "unlock")["status"] == "unlocked"
    assert intents(table) == {}
    with pytest.raises(GameRefusal, match="Nothing is locked"):
        combat(table, other, "unlock")


def test_nobody_locks_in_the_own_turn_or_in_free_words(game: Game) -> None:
    table = in_a_fight(game, 2)
    with pytest.raises(GameRefusal, match="act at once"):
        combat(table, actor_of(table), "defend", lock=True)
    with pytest.raises(Invalid, match="only what a button means"):
        combat(table, 3 - actor_of(table), "free", text="I hide", lock=True)


def test_a_deadline_in_a_fight_follows_the_standing_orders(game: Game) -> None:
    table = game.table(1, seed="fixed")
    orders = ({"use": "attack", "target": "weakest"},)
    actor = game.actor(1)
    change_part(
        game.deps, actor, table.heroes[0], "equipment", SheetWish("orders", orders=orders), game.key(actor)
    )
    table.act(1, "affordance", id="brawl")
    game.clock.advance(3600)
    assert serve_deadline(game.deps, table.id)
    entry = table.turns()[-2]["entries"][0]
    assert entry["source"] == "deadline" and entry["action"].endswith("(standing orders)")
    events = table.turns()[-2]["events"]
    assert {"attack_hit", "attack_missed"} & {e["type"] for e in events if e.get("source") == table.heroes[0]}


def test_an_order_that_cannot_be_read_says_what_would_be_legal(game: Game) -> None:
    hero, actor = game.character(game.actor(1))["id"], game.actor(1)
    wish = SheetWish("orders", orders=({"use": "attack", "target": "the nearest"},))
    with pytest.raises(GameRefusal, match=r"Order 1, target: should be 'random', 'weakest'"):
        change_part(game.deps, actor, hero, "equipment", wish, game.key(actor))


def test_without_orders_who_is_missing_defends(game: Game) -> None:
    table = in_a_fight(game, 1)
    game.clock.advance(3600)
    assert serve_deadline(game.deps, table.id)
    assert "defended" in {e["type"] for e in table.turns()[-2]["events"]}


def test_a_fight_is_summed_up_once_and_its_figures_are_those_of_its_events(game: Game) -> None:
    table = in_a_fight(game, 2)
    fight_on(table)
    assert game.jobs.fights == [table.id]
    assert finalize_combat(game.deps, table.id) and not finalize_combat(game.deps, table.id)
    (told,) = table.feed("fight_summed_up")
    events = [e for t in table.turns() for e in t["events"]]
    dealt = [e for e in events if e["type"] == "damage_dealt"]
    assert told["outcome"] == "victory" and told["encounter_name"] == "Two Curs"
    assert sum(h["dealt"] for h in told["heroes"]) == sum(
        e["amount"] for e in dealt if e["source"] in table.heroes
    )
    assert sum(h["taken"] for h in told["heroes"]) == sum(
        e["amount"] for e in dealt if e["target"] in table.heroes
    )
    assert sum(h["felled"] for h in told["heroes"]) == len(told["foes"]) > 0
    assert (told["xp"], told["gold"]) == (60 * len(told["foes"]), 6 * len(told["foes"]))


def test_a_lost_job_is_asked_for_again_with_the_next_turn(game: Game) -> None:
    table = in_a_fight(game, 1)
    fight_on(table)
    asked = len(game.jobs.fights)
    table.act(1, "pass")
    assert len(game.jobs.fights) == asked + 1
    finalize_combat(game.deps, table.id)
    table.act(1, "pass")
    assert len(game.jobs.fights) == asked + 1


def test_a_fight_that_ends_the_story_is_summed_up_before_it_ends(game: Game) -> None:
    table = in_a_fight(game, 1, "last")
    fight_on(table)
    kinds = [e["type"] for e in table.feed("fight_summed_up", "session_ended")]
    assert kinds == ["fight_summed_up", "session_ended"]
    assert not finalize_combat(game.deps, table.id)


def test_the_x_card_works_in_a_fight_and_the_fight_goes_on(game: Game) -> None:
    table = in_a_fight(game, 2)
    table.serve_all()
    before = table.view(1)["encounter"]
    play_x(game.deps, table.actors[1], table.id, "", "")
    table.serve_all()
    assert table.view(1)["encounter"] == before
    told = [t for t in table.turns() if t["dm_response"]][-1]
    assert (told["narrator"], "A fight begins." in told["dm_response"]) == ("plain", True)
    fight_on(table)


def test_g08_a_refresh_in_mid_combat_restores_the_fight(game: Game) -> None:
    """Another process, with nothing but the store, shows the same fight to everybody and takes the next blow."""
    table = in_a_fight(game, 2)
    combat(table, actor_of(table), "attack", target=foes(table)[0]["id"])
    before = [table.view(player) for player in (1, 2)]
    again = Game.__new__(Game)
    again.__dict__.update(game.__dict__)
    again.store = SqlStore(game.settings.database_url)
    again.deps = replace(game.deps, store=again.store)
    try:
        fresh = RunningTable(again, table.id, table.actors, table.heroes)
        assert [fresh.view(player) for player in (1, 2)] == before
        assert fresh.view(1)["encounter"]["round"] >= 1
        combat(fresh, actor_of(fresh), "attack", target=foes(fresh)[0]["id"])
        assert fresh.view(1)["encounter"] != before[0]["encounter"]
        assert table.view(1) == fresh.view(1), "and who never left sees the same"
    finally:
        again.store.close()
