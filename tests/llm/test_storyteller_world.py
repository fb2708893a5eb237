"""The wider game is told: journeys, quests, people, nights, growth, gear, and what turns a fight."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from api.content.definitions import KINDS
from api.llm.facts import BOOKKEEPING, Facts
from api.llm.storyteller import Storyteller
from api.llm.storyteller.demo import as_passage
from api.rules import events as ev
from tests.llm.storyteller_scenes import deed, member, request, tell, world

MARA, TOBIN = member("Mara Holt", key="mara"), member("Tobin Reed", "he", key="tobin")
M, T, G = ("mara", "Mara Holt"), ("tobin", "Tobin Reed"), ("gnawer.1", "Gnawer 1")
FIGURES = {"hp_max": 20, "mp_max": 4, "evade": 12, "hp": 20, "mp": 4}
SEEDS = [f"t{i}" for i in range(8)]
MISS = ev.AttackMissed(*M, *G, "Cleave", "cleave", 3, 6, 10)
BITE = ev.AttackHit(*G, *T, "bite", "bite", 15, 17, 11, False)


def told(turn: str, *events: ev.Event, closing: tuple[ev.Event, ...] = (), **more: Any) -> str:
    return tell(request(deed(MARA, *events), closing=closing, party=(MARA, TOBIN), turn_ids=(turn,), **more))


def fought(turn: str, *events: ev.Event, closing: tuple[ev.Event, ...] = (), words: int = 120) -> str:
    return told(turn, *events, closing=closing, kind="combat", words=words, next_actor="")


# --- the world -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", SEEDS)
def test_a_journey_names_who_leads_and_where_it_ends(turn: str) -> None:
    began = ev.JourneyBegan(*M, "mill", "The Mill", "saltmere", "Saltmere", 90, 0)
    reached = ev.LocationReached("saltmere", "Saltmere", "fen", True)
    text = told(turn, began, closing=(ev.MetOnTheWay("x", 0, "", "saltmere"), reached))
    assert "Mara Holt" in text and "Saltmere" in text
    back = told(turn, began, closing=(ev.TurnedBack("mill", "The Mill"),))
    assert "the Mill" in back or "The Mill" in back


def test_the_authors_own_sentences_of_a_way_a_table_and_a_region_are_used() -> None:
    content = world()
    raw: dict[str, dict[str, dict[str, Any]]] = {
        "locations": {"mill": {"name": "The Mill", "summary": "m", "region": "fen", "scene": "mill", "ways": [
            {"to": "saltmere", "minutes": 9, "label": "Walk", "tell": ["{actor} walks the dike with {their} hat on."],
             "dangers": "dike"}]}},
        "encounter_tables": {"dike": {"name": "Dike", "lines": [{"tell": "A heron looks up, and down again."}]}},
        "regions": {"fen": {"name": "The Fen", "summary": "f",
                            "stages": [{"hours": 1, "tell": ["The water is over the lane."]}]}},
    }  # fmt: skip
    made = {kind: {k: KINDS[kind].model_validate(v) for k, v in found.items()} for kind, found in raw.items()}
    content = dataclasses.replace(content, **made)
    events = (
        ev.MetOnTheWay("dike", 0, "", "saltmere"),
        ev.RegionStageReached("fen", "The Fen", 0, 0, False),
        ev.LocationReached("saltmere", "Saltmere", "fen", True),
    )
    began = ev.JourneyBegan(*M, "mill", "The Mill", "saltmere", "Saltmere", 9, 0)
    asked = request(deed(MARA, began), closing=events, party=(MARA,))
    text = as_passage(Storyteller(content).compose(asked))
    for line in (
        "Mara Holt walks the dike with her hat on.",
        "A heron looks up",
        "The water is over the lane.",
    ):
        assert line in text
        assert line in " ".join(Facts(content, asked).fact(e) for e in (began, *events))


@pytest.mark.parametrize("turn", SEEDS)
def test_quests_are_told_with_their_objectives(turn: str) -> None:
    begun = ev.QuestStarted("q", "The Bell of Saltmere", "Bess Hart", "Find who took the bell.")
    assert "find who took the bell" in told(turn, ev.Spoke(*M, "bess", "Bess Hart", 1), begun)
    step = ev.QuestStageDone("q", "The Bell of Saltmere", 0, "Find who took the bell.", "Bring it back.", -1)
    text = told(turn, ev.Improvised(*M, "look", "success"), step)
    assert "bring it back" in text
    done = told(turn, ev.Improvised(*M, "look", "success"), ev.QuestCompleted("q", "The Bell of Saltmere"))
    assert "Bell of Saltmere" in done
    failed = told(
        turn, ev.Improvised(*M, "look", "success"), ev.QuestFailed("q", "The Bell of Saltmere", "f")
    )
    assert "Bell of Saltmere" in failed and "finished" not in failed


@pytest.mark.parametrize("turn", SEEDS)
def test_opinions_are_told_by_their_direction_and_small_talk_is_not_counted_aloud(turn: str) -> None:
    better = ev.DispositionChanged("bess", "Bess Hart", 10, 10, "deed")
    worse = ev.ReputationChanged("p", "The Pilots", -5, -5)
    text = told(turn, ev.Improvised(*M, "look", "success"), better, worse)
    assert "Bess Hart" in text and "ilots" in text
    chatted = ev.DispositionChanged("bess", "Bess Hart", 1, 1, "talk")
    with_it = told(turn, ev.Spoke(*M, "bess", "Bess Hart", 1), chatted)
    assert with_it == told(turn, ev.Spoke(*M, "bess", "Bess Hart", 1))


@pytest.mark.parametrize("turn", SEEDS)
def test_a_night_is_told_once_for_all_of_them(turn: str) -> None:
    slept = [ev.Rested(*who, 20, 4, "long") for who in (M, T)]
    night = ev.NightSpent(*M, "heron", "The Heron", 0)
    text = told(turn, night, closing=(ev.WoundsHealed(*T, 1, 20, 4, 12), *slept))
    assert "Heron" in text and "Mara Holt" in text and "Tobin Reed" in text
    assert text.count("Mara") == 1  # not a second time for her own sleep


@pytest.mark.parametrize("turn", SEEDS)
def test_who_grows_together_is_told_together(turn: str) -> None:
    grown = [ev.LevelGained(*who, 2, {}, 1, **FIGURES) for who in (M, T)]
    text = told(turn, ev.Improvised(*M, "look", "success"), *grown)
    assert "Mara and Tobin Reed" in text and "level" not in text.lower()


@pytest.mark.parametrize("turn", SEEDS)
def test_growth_is_told_before_the_party_is_elsewhere(turn: str) -> None:
    entered = ev.SceneEntered("weir", "The Weir", "the weir in the dusk", True)
    grown = ev.LevelGained(*T, 2, {}, 1, **FIGURES)
    text = told(turn, ev.Improvised(*M, "look", "success"), closing=(grown, entered), words=200)
    assert text.index("Tobin Reed") < text.index("The weir is louder than the talk.")


@pytest.mark.parametrize("turn", SEEDS)
def test_gear_and_trade_name_things_prices_and_people(turn: str) -> None:
    worn = ev.ItemEquipped(*M, "hat", "brass hat", "head", ("x",), ("straw hat",), **FIGURES)
    text = told(turn, worn, ev.ItemBought(*M, "s", "The Chandlery", "apple", "apple", 2, 6, 3))
    assert "brass hat" in text and "straw hat" in text
    assert "two apples" in text and "6 gold" in text and "Chandlery" in text
    handed = told(turn, ev.ItemHanded(*M, *T, "apple~x1", "apple", 1), ev.ItemCached(*M, "apple", "apple", 1))
    assert "Tobin Reed" in handed and handed.count("an apple") == 2


@pytest.mark.parametrize("turn", SEEDS)
def test_everybody_of_a_group_check_is_told_once_and_the_helper_is_thanked(turn: str) -> None:
    rolls = [ev.CheckRolled(*who, "wisdom", "easy", 9, (12,), 12, 1, 13, "success") for who in (M, T)]
    both = ev.GroupChecked(
        "wisdom", "easy", 9, ("mara", "tobin"), (M[1], T[1]), ("success",) * 2, 2, 1, 4, "success"
    )
    used = ev.AffordanceUsed(*M, "mill", "sweep", "Look behind the hopper", "success", 0)
    text = told(turn, *rolls, both, used)
    assert "tin" in text and text.count("Mara Holt") == 1 and "Tobin" not in text
    helped = ev.CheckRolled(*M, "wisdom", "easy", 9, (3, 12), 12, 1, 13, "success", 4, ("+Tobin Reed",), *T)
    assert "Tobin Reed" in told(turn, helped, used)


@pytest.mark.parametrize("turn", SEEDS)
def test_a_person_of_the_world_never_says_a_line_that_was_not_drawn(turn: str) -> None:
    """A scene's own people may say another line where one is worn; what others know must first be earned."""
    others = ("It was turning on Monday", "Ask the cat")
    own, of_the_world = (
        told(turn, ev.Spoke(*M, "bess", "Bess Hart", 0, npc), history=("Mind the third step.",))
        for npc in (False, True)
    )
    assert any(line in own for line in others)
    assert "Bess Hart" in of_the_world and not any(line in of_the_world for line in others)


# --- fights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", SEEDS)
def test_rows_words_and_help_are_told_of_who_did_it(turn: str) -> None:
    for event in (
        ev.RowChanged(*M, "back"), ev.RowChanged(*M, "front", *G), ev.ParleyTried(*M, "failure"),
        ev.SurrenderOffered(*M, 1, 2), ev.Encouraged(*M, *T), ev.Tended(*M, *T, "failure"),
    ):  # fmt: skip
        text = fought(turn, event)
        assert "Mara Holt" in text
        assert isinstance(event, ev.Encouraged | ev.Tended) == ("Tobin Reed" in text)


@pytest.mark.parametrize("turn", SEEDS)
def test_who_is_steadied_is_told_once(turn: str) -> None:
    check = ev.CheckRolled(*M, "wisdom", "medium", 12, (12,), 12, 1, 13, "success")
    text = fought(turn, check, ev.Tended(*M, *T, "success"), ev.Stabilised(*T, *M))
    assert text == fought(turn, check, ev.Tended(*M, *T, "success"))
    assert "Tobin" in text and "Mara" in text


@pytest.mark.parametrize("turn", SEEDS)
def test_a_blow_at_the_fallen_is_no_ordinary_hit(turn: str) -> None:
    lying = member("Tobin Reed", "he", hp=0, key="tobin")
    struck = (BITE, ev.DeathChecked(*T, 0, 0, 2, "failure"))
    text = tell(
        request(deed(MARA, MISS, *struck), kind="combat", party=(MARA, lying), turn_ids=(turn,), words=90)
    )
    assert "Tobin" in text and "Gnawer 1" in text
    assert not any(word in text for word in ("gives ground", "staggers", "winces", "steps back"))


@pytest.mark.parametrize("turn", SEEDS)
def test_the_edge_of_death_is_told_without_dice(turn: str) -> None:
    for check, after in (
        (ev.DeathChecked(*T, 12, 1, 0, "success"), ()),
        (ev.DeathChecked(*T, 5, 0, 1, "failure"), ()),
        (ev.DeathChecked(*T, 20, 0, 1, "rises"), (ev.Recovered(*T, 1),)),
        (ev.DeathChecked(*T, 12, 3, 0, "stable"), (ev.Stabilised(*T, "", ""),)),
        (ev.DeathChecked(*T, 2, 0, 3, "dead"), (ev.Died(*T),)),
    ):
        text = fought(turn, MISS, check, *after)
        assert "Tobin Reed" in text and "check" not in text and "20" not in text, check
    won = ev.EncounterEnded("cellar", "Cellar", "victory", 2, 0)
    back = fought(turn, MISS, closing=(won, ev.CarriedBack(*T, 1, 1, 18, 4, 12)))
    assert "Tobin Reed" in back


@pytest.mark.parametrize("turn", SEEDS)
def test_who_died_is_back_before_anybody_is_the_better_for_the_end_of_the_fight(turn: str) -> None:
    won = ev.EncounterEnded("cellar", "Cellar", "victory", 2, 0)
    healed = [ev.Healed("", "", *who, 3, 9) for who in (M, T)]
    closing = (won, ev.CarriedBack(*T, 1, 1, 18, 4, 12), *healed)
    alone = fought(turn, MISS, closing=closing[:2]).split("\n\n")[1]
    assert alone in fought(turn, MISS, closing=closing)


@pytest.mark.parametrize("turn", SEEDS)
def test_a_slipped_blow_is_told_as_the_slip_alone(turn: str) -> None:
    slip = ev.ReactionUsed(*T, "slip", "Slip", "slip", *G, *T)
    missed = ev.AttackMissed(*G, *T, "bite", "bite", 15, 17, 11)
    text = fought(turn, MISS, slip, missed)
    assert text == fought(turn, MISS, slip) and "Gnawer 1" in text and "Tobin Reed" in text


@pytest.mark.parametrize("turn", SEEDS)
def test_who_covers_a_friend_is_told_before_the_blow_lands(turn: str) -> None:
    cover = ev.ReactionUsed(*T, "wall", "Shield Wall", "cover", *G, *M)
    text = fought(turn, MISS, cover, BITE, ev.DamageDealt(*G, *T, 3, "piercing", 7))
    assert text.index("Tobin Reed") < text.rindex("Gnawer 1")


@pytest.mark.parametrize("turn", SEEDS)
def test_conditions_without_words_of_their_own_are_told_by_their_author(turn: str) -> None:
    hit = (
        ev.AttackHit(*M, *G, "Cleave", "cleave", 15, 18, 10, False),
        ev.DamageDealt(*M, *G, 3, "slashing", 7),
    )
    gained = ev.ConditionGained(*G, "frightened", 2, "mara")
    lines = world().conditions["frightened"].gained
    text = fought(turn, *hit, gained)
    assert any(line.replace("{target}", "Gnawer 1") in text for line in lines)
    unknown = fought(turn, *hit, ev.ConditionGained(*G, "moonstruck", 2, "mara"))
    assert "moonstruck" in unknown


@pytest.mark.parametrize("turn", SEEDS)
def test_a_lost_turn_is_not_called_stunned_when_it_might_be_sleep(turn: str) -> None:
    text = fought(turn, MISS, ev.TurnPassed("gnawer.2", "Gnawer 2", "stunned"))
    assert "Gnawer 2" in text and "stunned" not in text


def test_several_blows_of_one_attack_are_told_as_one() -> None:
    blow = (BITE, ev.DamageDealt(*G, *T, 2, "piercing", 7))
    text = fought("t1", MISS, *blow, *blow, *blow)
    assert text.count("Tobin") == 1


def test_every_kind_of_bookkeeping_has_its_reason() -> None:
    assert all(len(reason) > 20 for reason in BOOKKEEPING.values())
    assert set(BOOKKEEPING) <= set(ev.Event.TYPES.values())
