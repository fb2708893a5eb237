"""What a game master may propose: what content and state allow comes true, and nothing else leaves a trace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import engine
from api.rules import events as ev
from api.rules.dice import Dice
from api.rules.errors import BadValue, Closed, DoneAlready, InFight, NotHere
from api.rules.people import npcs_here
from api.rules.proposals import KINDS, MOST, Offer, Proposal, Taken, command_of, offers, take_up
from api.rules.state import Note, PlayState, QuestState
from tests.content.sensible import ready_made
from tests.fakes.dice import LoadedDice, ScriptedDice


def story(content: Content, scene: str, *flags: str, campaign: str = "standing_water") -> PlayState:
    heroes = ready_made(content, ["nell_tarrow"])
    (hero,) = heroes.values()
    state = engine.begin(content, campaign, heroes)
    notes = {flag: Note(hero.id, hero.name, 1) for flag in flags}
    begun = {
        key: QuestState(0)
        for key in content.campaigns[campaign].quests
        if content.quests[key].starts is not None
    }
    return replace(state, scene=scene, notes=notes, quests=begun)


def who(state: PlayState) -> str:
    return next(iter(state.heroes))


def propose(state: PlayState, content: Content, *said: Proposal, dice: Dice | None = None) -> Taken:
    commands = [command_of(one, who(state)) for one in said]
    return take_up(state, commands, dice or LoadedDice(0.0), content)


def refusal(taken: Taken, kind: type[Exception]) -> str:
    assert taken.accepted == () and taken.events == ()
    (_command, error), *_ = taken.refused
    assert isinstance(error, kind)
    return error.message


def kinds(found: tuple[Offer, ...]) -> set[tuple[str, str]]:
    return {(o.kind, o.id) for o in found}


def test_a_scene_offers_what_its_author_wrote_for_it(content: Content) -> None:
    found = kinds(offers(story(content, "dry_mile"), content))
    assert found == {
        ("start_encounter", "eels_on_the_flats"), ("reveal_clue", "glass_shins"),
        ("introduce_npc", "sister_bracket"),
    }  # fmt: skip


def test_an_offer_does_not_give_the_clue_away(content: Content) -> None:
    for scene in ("dry_mile", "hithe_quay", "long_moor"):
        texts = [c.text for c in content.scenes[scene].clues]
        assert texts and not any(o.label in texts for o in offers(story(content, scene), content))


def test_a_clue_comes_to_light_once(content: Content) -> None:
    state = story(content, "dry_mile")
    taken = propose(state, content, Proposal("reveal_clue", "glass_shins"))
    (found,) = taken.events
    assert isinstance(found, ev.ClueFound) and found.clue in taken.state.clues
    assert "known already" in refusal(
        propose(taken.state, content, Proposal("reveal_clue", "glass_shins")), DoneAlready
    )


def test_a_clue_waits_for_its_moment(content: Content) -> None:
    state = story(content, "drowned_library", "found_hidden_door", campaign="low_water_ledger")
    refusal(propose(state, content, Proposal("reveal_clue", "dry_stone")), Closed)


def test_a_clue_of_another_scene_is_no_clue_here(content: Content) -> None:
    refusal(propose(story(content, "dry_mile"), content, Proposal("reveal_clue", "bright_nail")), NotHere)


def test_a_person_comes_and_can_then_be_talked_to(content: Content) -> None:
    state = story(content, "dry_mile")
    taken = propose(state, content, Proposal("introduce_npc", "sister_bracket"))
    assert [type(e) for e in taken.events] == [ev.PersonCame]
    assert "sister_bracket" in npcs_here(taken.state, content)
    talk = engine.resolve(taken.state, cmd.Talk(who(state), "sister_bracket"), LoadedDice(0.0), content)
    assert any(isinstance(e, ev.Spoke) and e.npc for e in talk.events)
    refusal(propose(taken.state, content, Proposal("introduce_npc", "sister_bracket")), NotHere)


def test_nobody_comes_whom_the_scene_does_not_name(content: Content) -> None:
    refusal(
        propose(story(content, "dry_mile"), content, Proposal("introduce_npc", "hepzibah_crake")), NotHere
    )


def test_an_opinion_moves_within_its_bounds_and_no_further(content: Content) -> None:
    state = story(content, "anchor_taproom")
    taken = propose(state, content, Proposal("change_disposition", "marrable_pease", -2))
    (moved,) = taken.events
    assert isinstance(moved, ev.DispositionChanged) and (moved.amount, moved.reason) == (-2, "told")
    for amount in (0, 3, -3, 100):
        said = refusal(
            propose(state, content, Proposal("change_disposition", "marrable_pease", amount)), BadValue
        )
        assert "1 to 2" in said
    for _ in range(20):
        taken = propose(taken.state, content, Proposal("change_disposition", "marrable_pease", -2))
    assert taken.state.npcs["marrable_pease"].disposition == -19  # from 5 in steps of 2; -21 is past -20
    refusal(propose(taken.state, content, Proposal("change_disposition", "marrable_pease", -2)), Closed)


def test_the_opinion_of_somebody_elsewhere_stays(content: Content) -> None:
    refusal(
        propose(story(content, "dry_mile"), content, Proposal("change_disposition", "marrable_pease", 1)),
        NotHere,
    )


def test_a_fight_of_the_scenes_table_comes_once(content: Content) -> None:
    state = story(content, "dry_mile")
    taken = propose(state, content, Proposal("start_encounter", "eels_on_the_flats"))
    assert [type(e) for e in taken.events[:2]] == [ev.TroubleCame, ev.EncounterStarted]
    assert taken.state.encounter is not None and taken.moved
    over = replace(taken.state, encounter=None)
    refusal(propose(over, content, Proposal("start_encounter", "eels_on_the_flats")), NotHere)


def test_no_other_fight_can_be_started(content: Content) -> None:
    said = refusal(
        propose(story(content, "dry_mile"), content, Proposal("start_encounter", "the_reckoning")), NotHere
    )
    assert "eels_on_the_flats" in said


def test_nothing_is_proposed_in_a_fight(content: Content) -> None:
    state = propose(
        story(content, "dry_mile"), content, Proposal("start_encounter", "eels_on_the_flats")
    ).state
    assert offers(state, content) == ()
    refusal(propose(state, content, Proposal("reveal_clue", "glass_shins")), InFight)


def test_a_stage_counts_as_done_only_where_its_author_allows_it(content: Content) -> None:
    quest = {"rats_in_the_loft": QuestState(1)}
    early = replace(story(content, "stopped_mill"), quests=quest)
    refusal(propose(early, content, Proposal("advance_quest", "rats_in_the_loft")), Closed)
    ready = replace(story(content, "stopped_mill", "loft_quiet"), quests=quest)
    taken = propose(ready, content, Proposal("advance_quest", "rats_in_the_loft"))
    assert [type(e) for e in taken.events[:2]] == [ev.QuestStageDone, ev.QuestCompleted]
    refusal(propose(taken.state, content, Proposal("advance_quest", "rats_in_the_loft")), NotHere)


def test_a_scene_ends_when_there_is_nothing_left_in_it(content: Content) -> None:
    refusal(propose(story(content, "bed_of_eleven"), content, Proposal("end_scene")), Closed)
    taken = propose(story(content, "bed_of_eleven", "names_spoken"), content, Proposal("end_scene"))
    assert isinstance(taken.events[0], ev.SceneClosed) and taken.state.scene == "glass_reach" and taken.moved
    refusal(propose(story(content, "dry_mile"), content, Proposal("end_scene")), NotHere)


def test_what_moves_the_party_comes_last_and_alone(content: Content) -> None:
    said = (Proposal("start_encounter", "eels_on_the_flats"), Proposal("reveal_clue", "glass_shins"))
    taken = propose(story(content, "dry_mile"), content, *said)
    assert [type(c) for c in taken.accepted] == [cmd.RevealClue, cmd.StartEncounter]


def test_at_most_two_come_true_and_one_of_a_kind(content: Content) -> None:
    state = story(content, "dry_mile")
    said = [Proposal("reveal_clue", "glass_shins"), Proposal("introduce_npc", "sister_bracket"),
            Proposal("start_encounter", "eels_on_the_flats")]  # fmt: skip
    taken = propose(state, content, *said)
    assert len(taken.accepted) == MOST and taken.state.encounter is None
    quay = story(content, "candle_quay", campaign="low_water_ledger")
    taken = propose(
        quay, content, Proposal("reveal_clue", "one_hand"), Proposal("reveal_clue", "packed_windows")
    )
    assert len(taken.accepted) == 1


@pytest.mark.parametrize(
    "kind", ["grant_item", "give_gold", "award_xp", "damage", "add_condition", "", "EndScene"]
)
def test_loot_gold_xp_harm_and_conditions_have_no_command(content: Content, kind: str) -> None:
    with pytest.raises(BadValue, match="start_encounter"):
        command_of(Proposal(kind, "nell_tarrow", 500), "x")


def test_no_player_action_is_a_proposal(content: Content) -> None:
    state = story(content, "dry_mile")
    for kind in KINDS:
        command = command_of(Proposal(kind, "eels_on_the_flats", 1), who(state))
        with pytest.raises(engine.RuleError):
            engine.resolve(state, command, LoadedDice(0.0), content)


def test_what_is_refused_uses_no_dice(content: Content) -> None:
    dice = ScriptedDice()
    said = [
        Proposal("start_encounter", "the_reckoning"),
        Proposal("introduce_npc", "nobody"),
        Proposal("end_scene"),
    ]
    taken = propose(story(content, "dry_mile"), content, *said, dice=dice)
    assert len(taken.refused) == 3 and taken.state == story(content, "dry_mile")
