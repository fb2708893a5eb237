"""Changing one's own sheet through the services: alone, at a lobby's table and at a running one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.content.catalogue import Content
from api.errors import GameRefusal, Invalid, NotFound
from api.services import characters, sheets
from api.services.sessions import join_session
from api.services.sheets import SheetWish, change_part, show_part
from api.store.port import Update
from tests.fakes.game import Game, RunningTable


def change(game: Game, number: int, hero: str, part: str, *, key: str | None = None, **wish: Any) -> Any:
    actor = game.actor(number)
    return change_part(
        game.deps, actor, hero, part, SheetWish(**wish), game.key(actor, key, sorted(wish.items()))
    )


def grant(game: Game, hero: str, **values: Any) -> None:
    document = game.store.get("characters", hero)
    assert document is not None
    game.store.commit([Update("characters", hero, document.revision, {**document.body, **values})])


def option(part: dict[str, Any], kind: str, key: str = "") -> dict[str, Any]:
    return next(o for o in part["options"] if o["kind"] == kind and key in ("", o["id"]))


def carried(part: dict[str, Any]) -> dict[str, int]:
    return {line["item"]: line["quantity"] for line in part["items"]}


def test_a_hero_without_a_table_takes_off_and_puts_on(game: Game) -> None:
    hero = game.character(game.actor(1))["id"]
    before = show_part(game.deps, game.actor(1), hero, "equipment")
    worn = before["worn"]["weapon"]["item"]
    off = change(game, 1, hero, "equipment", kind="unequip", id="weapon")
    assert [e["type"] for e in off["events"]] == ["item_unequipped"]
    assert "weapon" not in off["equipment"]["worn"]
    on = change(game, 1, hero, "equipment", kind="equip", id=worn)
    assert on["equipment"]["worn"] == before["worn"]
    assert on["equipment"]["figures"] == before["figures"]


def test_the_receipt_of_every_figure_adds_up(game: Game) -> None:
    hero = game.character(game.actor(1))["id"]
    part = show_part(game.deps, game.actor(1), hero, "equipment")
    for figure, value in part["figures"].items():
        assert sum(line["amount"] for line in part["receipt"][figure]) == value, figure


def test_what_is_offered_is_what_the_change_takes(game: Game) -> None:
    table = game.table(2)
    one, two = table.heroes
    grant(game, one, gold=30)
    part = show_part(game.deps, game.actor(1), one, "inventory")
    offered = option(part, "give_gold")
    assert offered["most"] == 30 and [t["id"] for t in offered["targets"]] == [two]
    change(game, 1, one, "inventory", kind="give_gold", id=offered["id"], to=two, quantity=30)
    theirs = show_part(game.deps, game.actor(2), two, "inventory")
    assert show_part(game.deps, game.actor(1), one, "inventory")["gold"] == 0
    assert theirs["gold"] >= 30


def test_a_change_at_a_running_table_is_told_to_everybody_and_takes_no_turn(game: Game) -> None:
    table = game.table(2)
    turn = table.view()["turn"]
    change(game, 1, table.heroes[0], "equipment", kind="row", id=other_row(table))
    (told,) = table.feed("sheet_changed")
    assert told["character_id"] == table.heroes[0]
    assert told["events"][0]["type"] == "row_chosen"
    assert table.view()["turn"] == turn


def other_row(table: RunningTable) -> str:
    row = table.view()["party"][0]["row"]
    return "back" if row == "front" else "front"


def test_at_a_lobbys_table_only_the_own_sheet_changes(game: Game) -> None:
    table = game.lobby(2)
    part = change(game, 1, table.heroes[0], "equipment", kind="row", id="back")["equipment"]
    assert part["row"] == "back"
    with pytest.raises(GameRefusal) as refused:
        change(game, 1, table.heroes[0], "inventory", kind="give_gold", to=table.heroes[1])
    assert refused.value.code == "no_table"
    assert table.feed("sheet_changed") == []


def test_the_same_key_changes_once(game: Game) -> None:
    table = game.table(2)
    one, two = table.heroes
    grant(game, one, gold=10)
    for _ in range(2):
        done = change(game, 1, one, "inventory", key="k1", kind="give_gold", to=two, quantity=4)
        assert done["inventory"]["gold"] == 6
    assert len(table.feed("sheet_changed")) == 1


def test_what_is_dropped_waits_in_the_cache_for_anybody(game: Game) -> None:
    table = game.table(2)
    one, two = table.heroes
    part = show_part(game.deps, game.actor(1), one, "inventory")
    thing = next(o["id"] for o in part["options"] if o["kind"] == "drop" and o["enabled"])
    had = carried(part)[thing]
    change(game, 1, one, "inventory", kind="drop", id=thing)
    theirs = show_part(game.deps, game.actor(2), two, "inventory")
    assert [line["item"] for line in theirs["cache"]] == [thing]
    before = carried(theirs).get(thing, 0)
    after = change(game, 2, two, "inventory", kind="pick_up", id=thing)["inventory"]
    assert carried(after)[thing] == before + 1 and after["cache"] == []
    assert carried(show_part(game.deps, game.actor(1), one, "inventory")).get(thing, 0) == had - 1


def test_a_refusal_has_its_code_and_says_what_is_legal(game: Game) -> None:
    table = game.table(1)
    hero = table.heroes[0]
    cases = {
        "not_enough_gold": ("inventory", {"kind": "give_gold", "to": "nobody", "quantity": 5}),
        "not_carried": ("inventory", {"kind": "drop", "id": "no_such_thing"}),
        "no_shop": ("inventory", {"kind": "buy", "id": "red_cordial", "shop": "no_such_shop"}),
        "skill_locked": ("skills", {"kind": "learn", "id": "no_such_skill"}),
    }
    found = {}
    for code, (part, wish) in cases.items():
        with pytest.raises(GameRefusal) as refused:
            change(game, 1, hero, part, **wish)
        found[code] = refused.value.code
        assert refused.value.message and isinstance(refused.value.details["legal"], list)
    assert found == {**{c: c for c in cases}, "not_enough_gold": "no_table"}


def test_a_kind_of_another_part_and_a_missing_field_are_named(game: Game) -> None:
    hero = game.character(game.actor(1))["id"]
    with pytest.raises(Invalid, match="kind: must be one of learn, respec"):
        change(game, 1, hero, "skills", kind="buy", id="x", shop="y")
    with pytest.raises(Invalid, match="shop: is needed for kind 'buy'"):
        change(game, 1, hero, "inventory", kind="buy", id="red_cordial")


def test_nobody_changes_or_reads_somebody_elses_sheet(game: Game) -> None:
    hero = game.character(game.actor(1))["id"]
    with pytest.raises(NotFound):
        show_part(game.deps, game.actor(2), hero, "inventory")
    with pytest.raises(NotFound):
        change(game, 2, hero, "equipment", kind="row", id="back")


@pytest.mark.parametrize("part", sorted(sheets.VIEWS))
def test_every_option_has_words_and_a_reason_when_it_is_closed(game: Game, part: str) -> None:
    table = game.table(2)
    for each in show_part(game.deps, game.actor(1), table.heroes[0], part)["options"]:
        assert each["label"] and "command" not in each
        assert each["enabled"] != bool(each["reason"])


def test_a_character_shows_its_figures_and_what_it_lacks_to_the_next_level(game: Game) -> None:
    hero = game.character(game.actor(1))
    assert hero["xp_next"] == 100 and hero["figures"]["hp"] == hero["hp_max"]
    shown = characters.get_character(game.deps, game.actor(1), hero["id"])
    assert shown == hero


def test_who_joins_late_is_raised_to_the_campaigns_level(tmp_path: Path, content: Content) -> None:
    campaigns = {k: c.model_copy(update={"level": 3}) for k, c in content.campaigns.items()}
    game = Game(tmp_path, replace(content, campaigns=campaigns))
    table = game.table(1)
    late = game.character(game.actor(2), "nell_tarrow")["id"]
    join_session(game.deps, game.actor(2), table.id, late, game.key(game.actor(2)))
    assert [seat["level"] for seat in table.view()["party"]] == [3, 3]
    game.store.close()
