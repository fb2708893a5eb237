"""How a passage reads: paragraphs, names, votes, spoils, questions, fights and the recap."""

from __future__ import annotations

import dataclasses
import re

import pytest

from api.llm.storyteller import PastTurn, recap
from api.llm.storyteller.demo import Session, as_passage, tougher
from api.llm.storyteller.memory import words_of
from api.llm.storyteller.naming import Naming, given_names
from api.llm.storyteller.narrator import Storyteller
from api.rules import events as ev
from tests.llm.storyteller_scenes import deed, member, note, request, tell, world

MARA = member("Mara Holt", key="mara")
TOBIN = member("Tobin Reed", "he", key="tobin")
ASH = member("Ash Vane", "they", key="ash")
SEEDS = [f"t{i}" for i in range(25)]


def _looked(who: object, degree: str = "success") -> ev.Improvised:
    return ev.Improvised(who.id, who.name, "look", degree)  # type: ignore[attr-defined]


def _used(who: object, key: str = "sweep", degree: str = "success", tell_index: int = 0) -> ev.AffordanceUsed:
    return ev.AffordanceUsed(who.id, who.name, "mill", key, key, degree, tell_index)  # type: ignore[attr-defined]


def _follows(who: object) -> ev.Improvised:
    return ev.Improvised(who.id, who.name, "follow", "none")  # type: ignore[attr-defined]


# --- paragraphs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", SEEDS)
def test_each_heros_deed_is_a_paragraph_of_its_own_and_so_is_the_question(turn: str) -> None:
    told = tell(request(deed(MARA, _looked(MARA)), deed(TOBIN, _looked(TOBIN, "failure")), turn_ids=(turn,)))
    first, second, last = told.split("\n\n")
    assert "Mara" in first and "Tobin" not in first
    assert "Tobin" in second and "Mara" not in second
    assert last.endswith(("?", ".")) and "Holt" not in last


@pytest.mark.parametrize("turn", SEEDS)
def test_a_fight_begins_in_a_new_paragraph(turn: str) -> None:
    order, names = ("gnawer.1", "mara", "gnawer.2"), ("Gnawer 1", "Mara Holt", "Gnawer 2")
    started = ev.EncounterStarted("cellar", "Cellar", order, names, (18, 12, 7))
    told = tell(request(deed(MARA, _used(MARA, "cellar")), closing=(started,), words=200, turn_ids=(turn,)))
    assert "\n\nThe sacks begin to move." in told


def test_a_new_scene_begins_in_a_new_paragraph_and_its_threat_in_another() -> None:
    entered = ev.SceneEntered("weir", "The Weir", "the weir in the dusk", True)
    told = tell(request(deed(MARA, _used(MARA, "leave")), closing=(entered,), words=200))
    assert "\n\nThe weir is louder than the talk." in told and "\n\nOne more plank" in told


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", SEEDS)
def test_a_hero_is_named_in_full_once_and_by_the_given_name_from_then_on(turn: str) -> None:
    struck = ev.AttackHit("mara", MARA.name, "gnawer.1", "Gnawer 1", "Cleave", "cleave", 15, 18, 10, False)
    hurt = ev.DamageDealt("mara", MARA.name, "gnawer.1", "Gnawer 1", 3, "slashing", 7)
    missed = ev.AttackMissed("gnawer.2", "Gnawer 2", MARA.id, MARA.name, "bite", "bite", 2, 4, 11)
    asked = request(deed(MARA, struck, hurt, missed), kind="combat", next_actor=MARA.name, turn_ids=(turn,))
    told = tell(asked)
    assert told.count("Mara Holt") == 1 and told.count("Holt") == 1
    assert told.index("Mara Holt") == told.index("Mara")


def test_a_given_name_that_somebody_else_answers_to_is_not_used() -> None:
    assert given_names(["Ann Lee", "Ann Moss", "Tom Moss"]) == {"Tom Moss": "Tom"}
    assert given_names(["Bess Kerr"], taken=["Bess"]) == {}
    assert given_names(["The Heron", "Sir Bors", "X Y", "Ash"]) == {}


def test_a_shortened_name_keeps_its_possessive_and_names_within_words_are_left_alone() -> None:
    naming = Naming(["Ann Lee"])
    assert (
        naming.shorten("Ann Lee takes Ann Lee's coat to Ann Leeds.")
        == "Ann Lee takes Ann's coat to Ann Leeds."
    )
    naming.mark("Ann Lee waits.")
    assert naming.shorten("Ann Lee waits.") == "Ann waits."


def test_a_sentence_does_not_open_with_a_they_that_might_be_anybody() -> None:
    for turn in SEEDS:
        told = tell(
            request(deed(ASH, _used(ASH), ev.Healed("", "", "ash", ASH.name, 2, 9)), turn_ids=(turn,))
        )
        assert not re.search(r"(?:^|[.!?] )They\b", told), told


# --- what was just told ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", SEEDS)
def test_a_thing_that_the_tell_names_is_not_told_again(turn: str) -> None:
    gained = ev.ItemGained("mara", MARA.name, "tin", "tin", 1)
    told = tell(request(deed(MARA, _used(MARA), gained), turn_ids=(turn,)))
    assert len(re.findall(r"\btin\b", told)) == 1 and "Mara Holt" in told


@pytest.mark.parametrize("turn", SEEDS)
def test_a_thing_that_the_tell_hinted_at_is_spoken_of_as_known(turn: str) -> None:
    gained = ev.ItemGained("mara", MARA.name, "tea_tin", "tea tin", 1)
    told = tell(request(deed(MARA, _used(MARA), gained), turn_ids=(turn,)))
    assert "the tea tin" in told and "a tea tin" not in told


def test_a_clue_that_only_repeats_the_tell_is_left_out_and_another_is_led_in() -> None:
    said = ev.ClueFound("mara", MARA.name, "Behind it one finds a lid.")
    assert "one finds a lid" not in tell(request(deed(MARA, _used(MARA, tell_index=1), said)))
    new = ev.ClueFound("mara", MARA.name, "A miller hid money from the excise.")
    assert "A miller hid money from the excise." in tell(request(deed(MARA, _used(MARA), new)))


@pytest.mark.parametrize("turn", SEEDS)
def test_spoils_that_everyone_gets_are_told_once(turn: str) -> None:
    ended = ev.EncounterEnded("cellar", "Cellar", "victory", 3, 0)
    gains = [ev.ItemGained(m.id, m.name, "apple", "apple", 1) for m in (MARA, TOBIN)]
    more = ev.GoldChanged("mara", MARA.name, 4, 9)
    told = tell(
        request(
            deed(MARA, _looked(MARA)), party=(MARA, TOBIN), closing=(ended, *gains, more), turn_ids=(turn,)
        )
    )
    assert told.count("apple") == 1 and "4 gold" in told and "Tobin Reed" in told


# --- refusals --------------------------------------------------------------------------------------------------------


def test_a_refusal_without_a_reason_is_a_joke_or_the_plain_fact_never_both() -> None:
    refused = ev.ClaimRefused("mara", MARA.name, "Nothing of the kind is there.")
    tales = [tell(request(deed(MARA, refused), turn_ids=(turn,))) for turn in SEEDS]
    assert not any("Nothing of the kind is there." in told for told in tales)
    plain = [
        t
        for t in tales
        if re.search(r"nothing of (the|that) (kind|sort)|no such thing|only what was|not here", t)
    ]
    assert 3 < len(plain) < len(tales)


# --- votes -----------------------------------------------------------------------------------------------------------


def _moves(turn: str, against: bool) -> str:
    choice = ev.ChoiceMade("leave", "Leave by the weir", ("mara", "ash"), ("tobin",) if against else ())
    entered = ev.SceneEntered("weir", "The Weir", "the weir in the dusk", True)
    other = ev.TurnPassed("tobin", TOBIN.name, "outvoted") if against else _follows(TOBIN)
    return tell(
        request(
            deed(TOBIN, other),
            deed(MARA, _used(MARA, "leave")),
            deed(ASH, _follows(ASH)),
            closing=(choice, entered),
            words=200,
            turn_ids=(turn,),
        )
    )


@pytest.mark.parametrize("turn", SEEDS)
def test_all_who_follow_share_one_sentence_and_a_common_move_needs_no_vote(turn: str) -> None:
    told = _moves(turn, against=False)
    move = told.split("\n\n")[0]
    assert "small door" in move and re.search(r"Tobin Reed and Ash Vane|Ash Vane and Tobin Reed", move)
    assert move.index("Mara") < move.index("Tobin")
    assert not re.search(r"show of hands|decides|plan is|chooses|leave by the weir", told.lower())


@pytest.mark.parametrize("turn", SEEDS)
def test_a_divided_party_decides_before_it_moves(turn: str) -> None:
    told = _moves(turn, against=True)
    move = told.split("\n\n")[0]
    decided, moved = move.index("leave by the weir"), move.index("mall door lets the noise in")
    assert decided < moved < min(move.index("Tobin"), move.index("Ash"))


def test_who_waits_together_is_told_together() -> None:
    waits = [deed(m, ev.TurnPassed(m.id, m.name, "chosen")) for m in (MARA, TOBIN, ASH)]
    for turn in SEEDS:
        told = tell(request(*waits, turn_ids=(turn,)))
        assert "Mara Holt, Tobin Reed and Ash Vane" in told and "the others" not in told.lower()


@pytest.mark.parametrize("turn", SEEDS)
def test_who_would_go_alone_is_told_without_blame(turn: str) -> None:
    lonely = [deed(m, ev.TurnPassed(m.id, m.name, "alone")) for m in (MARA, TOBIN)]
    told = tell(request(*lonely, deed(ASH, _looked(ASH)), turn_ids=(turn,)))
    assert "Mara Holt and Tobin Reed" in told and "Nobody else" not in told


# --- fights ----------------------------------------------------------------------------------------------------------


def _sweep(hits: int, standing: int, turn: str) -> str:
    events: list[ev.Event] = []
    for i in range(hits, 0, -1):
        foe = (f"gnawer.{i}", f"Gnawer {i}")
        events += [
            ev.AttackHit("mara", MARA.name, *foe, "Cleave", "cleave", 15, 18, 10, False),
            ev.DamageDealt("mara", MARA.name, *foe, 3, "slashing", 7),
            ev.ConditionGained(*foe, "weakened", 1, "mara"),
        ]
    foes = {f"gnawer.{i}": f"Gnawer {i}" for i in range(1, standing + 1)}
    return tell(request(deed(MARA, *events), kind="combat", foes=foes, turn_ids=(turn,)))


@pytest.mark.parametrize("turn", SEEDS)
def test_many_targets_are_told_by_rising_numbers_and_all_only_when_nobody_is_left_out(turn: str) -> None:
    some = _sweep(4, 5, turn)
    assert "Gnawers 1, 2 and 3" in some and "Gnawers 1, 2, 3 and 4" in some and "all four" not in some.lower()
    every = _sweep(4, 4, turn)
    assert "ll four Gnawers" in every and "he other three Gnawers" in every


@pytest.mark.parametrize("heroes", [1, 3])
def test_a_hero_does_not_strike_by_the_same_verb_in_four_turns(heroes: int) -> None:
    content = tougher(world(), 6)
    session = Session(content, Storyteller(content), f"verbs-{heroes}", heroes)
    verb = words_of(content.abilities["cleave"].verb)
    strikes: dict[str, list[bool]] = {}
    for told in session.turns(80):
        if told.request.kind != "combat":
            strikes.clear()
            continue
        deed_of = told.request.deeds[0]
        own = " ".join(verb) in " ".join(words_of(told.passage))
        strikes.setdefault(deed_of.actor.id, []).append(own)
    assert all(sum(turns[i : i + 4]) <= 1 for turns in strikes.values() for i in range(len(turns)))


# --- questions and pressure ------------------------------------------------------------------------------------------


def test_scene_questions_do_not_return_while_others_are_fresh() -> None:
    history: list[str] = []
    for turn in range(12):
        asked = request(
            deed(MARA, _looked(MARA)), turn_ids=(f"t{turn}",), turn_number=turn, history=tuple(history)
        )
        history.append(tell(asked))
    questions = [h.split("\n\n")[-1].split(". ")[-1] for h in history]
    assert len(set(questions)) == len(questions)


def test_time_that_passes_at_the_close_of_a_beat_brings_pressure() -> None:
    pressed = ("A plank leaves", "Water climbs", "The floor hums", "A second plank")
    passed = ev.ClockAdvanced(15, 900)
    tales = [
        tell(
            request(deed(MARA, _looked(MARA, "failure")), closing=(passed,), turn_ids=(turn,), turn_number=1)
        )
        for turn in SEEDS
    ]
    assert sum(any(p in told for p in pressed) for told in tales) > len(SEEDS) * 0.6


# --- the opening and the recap ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", SEEDS)
def test_every_want_is_told_in_a_whole_sentence_with_the_heros_calling(turn: str) -> None:
    told = tell(request(kind="opening", party=(MARA, TOBIN), words=200, turn_ids=(turn,)))
    mara = next(p for p in told.split("\n\n") if "Mara Holt" in p)
    assert "a warden" in mara and "to buy back the mill" in mara
    assert re.search(r"\b(wants|wanted|wish is|give a good deal|means|matters)\b", mara), mara


def test_the_recap_goes_through_all_scenes_that_the_flags_show() -> None:
    content = world()
    weir = content.scenes["weir"]
    sweep = weir.affordances[0]
    won = sweep.success.model_copy(update={"flags": ("at_the_weir",)})
    changed = weir.model_copy(update={"affordances": (sweep.model_copy(update={"success": won}),)})
    content = dataclasses.replace(content, scenes={**content.scenes, "weir": changed})
    turns = [PastTurn(30, "mill", ("Mara Holt",)), PastTurn(31, "mill", ())]
    told = recap(content, "flour", [note("at_the_weir", TOBIN, 9)], turns)
    way = told[0]
    assert way.lower().index("mill above the weir") < way.index("weir in the dusk")
    assert way.lower().count("mill above the weir") == 2
    assert (
        told[-1].rstrip().endswith("?") and "The weir is giving way." in told[-1] and "Mara Holt" in told[-1]
    )


def test_the_recap_of_a_finished_story_leaves_nothing_to_do() -> None:
    told = recap(world(), "flour", [note("fed_cat", TOBIN)], [PastTurn(9, "weir", ("Mara Holt",))], over=True)
    assert 2 <= len(told) <= 4
    assert "still to do" not in " ".join(told) and not told[-1].endswith("?")
    assert told[0].lower().index("mill above the weir") < told[0].index("weir in the dusk")


def test_no_pronoun_follows_an_authors_sentence_about_somebody_else() -> None:
    content = world()
    mill = content.scenes["mill"]
    sweep = mill.affordances[0]
    line = ("{actor} asks, and Bess lets go of the sack. She has been crying.",)
    changed = sweep.model_copy(update={"success": sweep.success.model_copy(update={"tell": line})})
    scenes = {**content.scenes, "mill": mill.model_copy(update={"affordances": (changed,)})}
    storyteller = Storyteller(dataclasses.replace(content, scenes=scenes))
    for turn in SEEDS:
        healed = ev.Healed("", "", "mara", MARA.name, 2, 9)
        asked = request(deed(MARA, _used(MARA), healed), turn_ids=(turn,))
        told = as_passage(storyteller.compose(asked))
        assert not re.search(r"crying\. She\b", told), told
