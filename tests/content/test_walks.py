"""Parties that play the campaign with a map from its opening to each of its endings, by the rules, with real dice."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from api.content.loader import load_content
from tests.content.sensible import fought, ready_made
from tests.content.walks import CAMPAIGN, Walk

CONTENT = load_content(Path(__file__).resolve().parents[2] / "data")
PARTY = ("isaure_venn", "solace_bright", "ruth_ambery", "quill_maddern")


def the_names(walk: Walk) -> Walk:
    """The eleven: the hat, the book, the mudlark's name, and then all of them said aloud."""
    walk.go("second_anchor").do("ask_about_the_pegs")
    walk.go("dry_mile").until("stakes_settled", "push_past_the_stakes")
    walk.do("bargain_with_sukey", "sit_with_sukey", "search_the_wreck").go("second_anchor").do(
        "hang_up_the_cap"
    )
    walk.rest().go("sluice_house").do("ask_mother_ismay", "read_the_book_of_names", "enter_the_eleventh")
    return walk


def one_breath(walk: Walk) -> Walk:
    """Names spoken, net strung, goose at home: the river breathes out."""
    walk.do("ask_strake", "chip_a_bottle").go("long_moor").do("ask_benna")
    the_names(walk).rest()
    walk.go("alder_carr").do("ask_fenner").until("caught_the_goose", "catch_mister_pym")
    walk.go("glass_reach").do("look_at_the_girl", "ask_corin", "bring_home_the_goose")
    walk.go("long_moor").do("give_back_the_ring", "talk_to_ivo").go("glass_reach")
    walk.do(
        "string_the_net", "go_down_into_the_river", "ask_alys", "speak_the_names", "climb_back_to_the_bridge"
    )
    walk.go("second_anchor").do("buy_ned_a_drink").rest().go("persuader_camp").do("ask_stamp")
    walk.until("persuader_stopped", "attack_the_engine")
    return walk.go("the_lean").do("listen_to_the_amble", "let_the_goose_ask")


def the_long_way_round(walk: Walk) -> Walk:
    """Rats, an order for the survey, the novice's key, the watch, the beans: the river goes by its old bed."""
    walk.go("tansleys_mill").do("promise_the_miller").until("loft_quiet", "climb_to_the_loft")
    walk.talk("hob_tansley").do("send_flour_to_the_tow").go("second_anchor").rest()
    walk.go("navigation_house").do("ask_the_commissioner").go("old_bed").do("ask_dilly")
    walk.go("sluice_house").attempt("carry_oil_to_the_gates").do("ask_mother_ismay")
    if "held_the_gate" in walk.state.notes:
        walk.do("ask_for_the_key")
    else:
        the_names(walk).do("ask_for_the_key")
    walk.rest().go("glass_reach").do("look_at_the_girl").go("old_bed").until(
        "plug_taken", "drive_off_the_watch"
    )
    walk.attempt("move_the_house").do("open_the_plug")
    walk.go("navigation_house").attempt("tell_crake_the_truth")
    return walk.go("the_lean").do("listen_to_the_amble", "show_it_the_old_way")


def top_of_the_flood(walk: Walk) -> Walk:
    """Everybody is warned, the valley is empty, and the river may let go. The Alderman is seen to first."""
    walk.do("chip_a_bottle").go("aldermans_pool").do("ask_the_clerk", "pour_the_river")
    walk.go("tansleys_mill").until("knows_the_lean", "look_from_the_hoist")
    walk.go("long_moor").do("warn_the_tow").go("paddock_hithe").until("hithe_warned", "ring_the_flood_bell")
    return walk.go("the_lean").do("listen_to_the_amble", "tell_it_to_let_go")


def in_her_place(walk: Walk) -> Walk:
    """Straight up the river, and one of them stays."""
    walk.go("glass_reach").do("look_at_the_girl").go("the_lean")
    return walk.do("listen_to_the_amble", "take_her_place")


def straight_water(walk: Walk) -> Walk:
    """They see her, and then nobody does anything in time: at noon on Monday the engine strikes."""
    walk.go("second_anchor").do("buy_ned_a_drink").go("glass_reach").do("look_at_the_girl", "ask_corin")
    walk.go("second_anchor")
    for _day in range(3):
        walk.downtime("wash_the_pots").rest()
    return walk.go("running_reach").do("speak_to_the_gangers", "see_what_is_left")


ROUTES: dict[str, Callable[[Walk], Walk]] = {
    "one_breath": one_breath, "the_long_way_round": the_long_way_round, "top_of_the_flood": top_of_the_flood,
    "in_her_place": in_her_place, "straight_water": straight_water,
}  # fmt: skip


@cache
def played(ending: str) -> Walk:
    return ROUTES[ending](Walk(CONTENT, ready_made(CONTENT, PARTY), ending))


@pytest.mark.parametrize("ending", sorted(CONTENT.campaigns[CAMPAIGN].endings))
def test_a_party_of_four_comes_to_every_ending(ending: str) -> None:
    assert played(ending).state.ending == ending


@pytest.mark.parametrize("quest", sorted(CONTENT.campaigns[CAMPAIGN].quests))
def test_every_quest_is_done_on_the_way_to_some_ending(quest: str) -> None:
    assert any(
        walk.state.quests.get(quest) is not None and walk.state.quests[quest].status == "done"
        for walk in map(played, ROUTES)
    )


def test_what_comes_too_late_has_failed() -> None:
    assert played("straight_water").state.quests["stop_the_persuader"].status == "failed"


@pytest.mark.parametrize(
    "location", sorted(key for key, one in CONTENT.locations.items() if one.scene in CONTENT.campaigns[CAMPAIGN].scenes)
)  # fmt: skip
def test_every_location_is_visited(location: str) -> None:
    assert any(f"visit.{location}" in walk.state.tally for walk in map(played, ROUTES))


@pytest.mark.parametrize("ending", sorted(ROUTES))
def test_an_ending_remembers_something_that_this_party_did(ending: str) -> None:
    walk = played(ending)
    remembered = [one.flag for one in CONTENT.campaigns[CAMPAIGN].endings[ending].remembers]
    assert [flag for flag in remembered if flag in walk.state.notes]


def test_a_thorough_party_ends_at_level_5_or_6_and_in_time() -> None:
    walk = played("one_breath")
    assert all(4 <= hero.level <= 6 for hero in walk.state.heroes.values())
    assert "persuader_struck" not in walk.state.notes


def test_the_shortest_way_leaves_heroes_low_and_most_untold() -> None:
    walk = played("in_her_place")
    assert all(hero.level <= 3 for hero in walk.state.heroes.values())


@pytest.mark.parametrize("size", [1, 2, 6])
@pytest.mark.parametrize("ending", ["in_her_place", "the_long_way_round"])
def test_it_can_be_played_alone_and_by_six(ending: str, size: int) -> None:
    keys = (*PARTY, "aldo_fisk", "pim_cardew")[:size]
    walk = ROUTES[ending](Walk(CONTENT, ready_made(CONTENT, keys), f"{ending}{size}"))
    assert walk.state.ending == ending


def won(encounter: str, level: int, fights: int) -> float:
    """The share of fights that three ready-made heroes win, with other heroes and dice each time."""
    trios = list(combinations(sorted(CONTENT.heroes), 3))
    wins = 0
    for n in range(fights):
        party = ready_made(CONTENT, trios[n * 7 % len(trios)], level)
        wins += f"win.{encounter}" in fought(CONTENT, CAMPAIGN, party, encounter, f"{encounter}{n}").tally
    return wins / fights


@pytest.mark.parametrize(
    "encounter", ["mill_loft_rats", "dry_mile_mudlarks", "gangers_on_the_road", "herons_at_the_ford"]
)
def test_three_new_heroes_win_most_first_fights(encounter: str) -> None:
    assert won(encounter, 1, 24) >= 0.85


@pytest.mark.parametrize(("encounter", "level"), [("aldermans_sitting", 3), ("the_persuader_stands", 4)])
def test_a_boss_is_beaten_more_often_than_not_and_not_always(encounter: str, level: int) -> None:
    assert 0.45 <= won(encounter, level, 40) <= 0.85
