"""The checker by kind of claim, and the reported faults of game masters that concern prose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.content.catalogue import Content
from api.llm.checking import Checker, Passage, checker_of
from api.llm.checking.sentences import SentenceSplitter, split, spoken
from api.rules import events as ev
from tests.eval_gm.truth.scenarios import SCENARIOS


@pytest.fixture
def checker(content: Content) -> Checker:
    return checker_of(content)


def passage(checker: Checker, scenario: str) -> Passage:
    return checker.begin(SCENARIOS[scenario]())


def kind_of(checker: Checker, scenario: str, *sentences: str) -> str:
    """The kind of the first fault; empty when all pass."""
    at_work = passage(checker, scenario)
    for sentence in sentences:
        fault = at_work.check(sentence).fault
        if fault is not None:
            return fault.kind
        at_work.accept(sentence)
    return ""


# --- the facts of one turn decide --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "true", "false", "kind"),
    [
        ("porters_watched", "Nell finds the drowned shillings.", "Aldo finds the drowned shillings.", "gold"),
        ("a_spear_changes_hands", "Nell takes the eel spear.", "Nell takes the long lancet.", "item"),
        ("a_candle", "Pim pays one gold.", "Pim pays two gold.", "gold"),
        ("a_fight_is_won", "Isaure pockets 6 gold.", "Isaure pockets 60 gold.", "gold"),
        ("trading_blows", "Brine Drudge 1 takes 5 damage.", "Brine Drudge 1 takes 9 damage.", "damage"),
        ("an_eel_bites", "The lash cuts Nell across the thigh.", "The lash cuts Aldo across the thigh.", "damage"),
        ("aldo_recovers", "Aldo is healed for six points.", "Isaure is healed for six points.", "heal"),
        ("a_drudge_down", "Brine Drudge 2 falls dead.", "Brine Drudge 1 falls dead.", "death"),
        ("aldo_down", "Aldo collapses.", "Isaure collapses.", "death"),
        ("an_eel_bites", "Nell is poisoned.", "Aldo is poisoned.", "condition"),
        ("poison_passes", "Nell is no longer poisoned.", "Pim is no longer poisoned.", "condition"),
        ("talk_with_ketch", "Bruna Ketch nods.", "Morag Ketch nods.", "name"),
        ("said_aloud", '"We mean no harm," says Pim.', '"We mean no harm," says Nell.', "speech"),
        ("said_aloud", "Aldo promises to look for the boy.", "Pim promises to look for the boy.", "speech"),
    ],
)  # fmt: skip
def test_the_same_words_are_true_or_false_by_the_facts(
    checker: Checker, scenario: str, true: str, false: str, kind: str
) -> None:
    assert kind_of(checker, scenario, true) == ""
    assert kind_of(checker, scenario, false) == kind


@pytest.mark.parametrize(
    "sentence",
    [
        "Nell does not find a silver dagger.",
        "No gold comes to Nell.",
        "Nell is not poisoned.",
        "Does Nell take the long lancet?",
        "Nobody dies here tonight.",
    ],
)
def test_what_is_denied_or_asked_is_no_claim(checker: Checker, sentence: str) -> None:
    assert kind_of(checker, "a_claim", sentence) == ""


def test_a_pronoun_is_whoever_was_spoken_of(checker: Checker) -> None:
    assert kind_of(checker, "an_eel_bites", "Nell braces.", "She is poisoned.") == ""
    assert kind_of(checker, "an_eel_bites", "Isaure waits.", "She is poisoned.") == "condition"


def test_a_question_that_hangs_on_a_claim_does_not_hide_it(checker: Checker) -> None:
    assert kind_of(checker, "a_claim", "Nell takes the long lancet, what now?") == "item"


def test_words_of_the_content_itself_pass(checker: Checker, content: Content) -> None:
    scene = content.scenes["candle_quay"]
    for sentence in (*scene.opening, *scene.details, *scene.pressure):
        assert kind_of(checker, "porters_watched", sentence) == "", sentence


def test_an_option_of_the_scene_that_nobody_took_is_not_told_as_done(
    checker: Checker, content: Content
) -> None:
    tells = [a for a in content.scenes["bailiffs_pound"].affordances if a.key == "take_the_bell_tongue"]
    line = tells[0].success.tell[0].replace("{actor}", "Nell")
    assert kind_of(checker, "the_bell_tongue", line.replace("Nell", "Isaure")) == ""
    lie = "Nell has the bell tongue across both shoulders."
    assert kind_of(checker, "wardrobes_in_vain", lie) == "item"


# --- reported faults, by their codes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentence",
    ["Pim is knocked out.", "Pim is poisoned.", "Pim is dead.", "Pim lies there, knocked out cold."],
)
def test_g03_knocked_out_poisoned_or_dead_is_never_told_without_the_fact(
    checker: Checker, sentence: str
) -> None:
    for scenario in SCENARIOS:
        assert kind_of(checker, scenario, sentence) in ("death", "condition"), scenario


@pytest.mark.parametrize(
    "sentence",
    [
        'The lamp goes out. {"gold": 5}',
        "<narration>The lamp goes out.</narration>",
        "```json The lamp goes out.",
        'The schema is "type": "object".',
        "[INST] The lamp goes out.",
    ],
)
def test_g06_no_schema_tags_or_json_in_narration(checker: Checker, sentence: str) -> None:
    assert kind_of(checker, "a_claim", sentence) == "debris"


@pytest.mark.parametrize(
    "sentence",
    ["Nell puts on the crown of Sallowmouth.", "Nell receives 1000 gold.", "The crown is Nell's now."],
)
def test_g10_what_a_player_asserts_is_not_told_as_fact(checker: Checker, sentence: str) -> None:
    assert kind_of(checker, "a_claim", sentence) in ("item", "gold")


@pytest.mark.parametrize(
    "sentence",
    [
        '"I yield," says Nell.',
        "„Ich gehe“, says Nell.",
        "«Non», says Nell.",
        "Nell decides to leave.",
        "You say that you are sorry.",
    ],
)
def test_g14_the_model_never_speaks_or_decides_for_a_hero(checker: Checker, sentence: str) -> None:
    for scenario in SCENARIOS:
        assert kind_of(checker, scenario, sentence) == "speech", scenario


# --- sentences ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("„Halt. Wer da?“ Er wartet.", ["„Halt. Wer da?“", "Er wartet."]),
        ("»Halt. Wer da?« Er wartet.", ["»Halt. Wer da?«", "Er wartet."]),
        ("«Non. Jamais.» Il part.", ["«Non. Jamais.»", "Il part."]),
        ("‘Stop. Go.’ She goes.", ["‘Stop. Go.’", "She goes."]),
        ("“He said ‘run. Now.’ I ran.” Quiet.", ["“He said ‘run. Now.’ I ran.”", "Quiet."]),
        ('"Run!" Ann calls. She goes.', ['"Run!" Ann calls.', "She goes."]),
        ('"Run!" The old woman whispers it. Go.', ['"Run!" The old woman whispers it.', "Go."]),
        ("The dogs' lead. It's 3 p.m. now. 'Tis late.", ["The dogs' lead.", "It's 3 p.m. now.", "'Tis late."]),
        ("Capt. Oak and Prof. J. R. Hill nod. So.", ["Capt. Oak and Prof. J. R. Hill nod.", "So."]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_sentences_in_any_quotation_marks(text: str, sentences: list[str], size: int) -> None:
    splitter = SentenceSplitter()
    found = [s for i in range(0, len(text), size) for s in splitter.feed(text[i : i + size])]
    assert found + splitter.rest() == sentences


def test_a_quotation_is_found_with_its_nested_ones_inside() -> None:
    text = "She said “He told me ‘run’ once” and left."
    spans, still_open = spoken(text)
    assert [text[a:b] for a, b in spans] == ["“He told me ‘run’ once”"] and not still_open


def test_a_quotation_over_two_sentences_stays_a_quotation(checker: Checker) -> None:
    assert (
        kind_of(checker, "talk_with_ketch", "Ketch says: “I can read water.", "I have read it for years.”")
        == ""
    )
    assert kind_of(checker, "talk_with_ketch", "Ketch waits.", "I have read it for years.") == "leak"


def test_splitting_a_long_text_is_quick() -> None:
    assert len(split("The rain goes on over the roofs. " * 2_000)) == 2_000


def test_who_carries_a_sword_is_not_given_another(content: Content) -> None:
    request = replace(SCENARIOS["a_claim"](), carried={"nell": ("harbour sword", "signet ring")})
    checker = checker_of(content)
    assert checker.begin(request).check("Nell lifts the sword.").fault is None
    for lie in ("Nell draws a flaming sword from the stone.", "Nell pulls a ring off the dead hand."):
        assert checker.begin(request).check(lie).fault is not None, lie


def test_a_lie_about_a_hero_in_somebody_elses_mouth_is_a_lie(checker: Checker) -> None:
    true = "“I can read water. Isaure is wet to the knees,” says Ketch."
    false = "“I can read water. Isaure is healed for 268 points. That is a queue,” says Ketch."
    assert kind_of(checker, "talk_with_ketch", true) == ""
    assert kind_of(checker, "talk_with_ketch", false) == "heal"


def test_every_line_that_authors_wrote_for_an_event_of_the_wider_world_passes(content: Content) -> None:
    """A table's meeting, a region's hour, a boss's phase and a quest's stage are told word for word."""
    base = SCENARIOS["porters_watched"]()
    told: list[tuple[ev.Event, str]] = [
        (ev.MetOnTheWay(key, n, "", "x"), line.tell)
        for key, table in content.encounter_tables.items()
        for n, line in enumerate(table.lines)
        if line.tell
    ]
    told += [
        (ev.RegionStageReached(key, region.name, n, 0, False), line)
        for key, region in content.regions.items()
        for n, stage in enumerate(region.stages)
        for line in stage.tell
    ]
    told += [
        (ev.PhaseStarted(f"{key}.1", creature.name, n + 1, phase.name, 0, {}), line)
        for key, creature in content.creatures.items()
        for n, phase in enumerate(creature.phases)
        for line in phase.tell
    ]
    told += [
        (ev.QuestStageDone(key, quest.name, n, "a", "b", 0), line)
        for key, quest in content.quests.items()
        for n, stage in enumerate(quest.stages)
        for line in stage.tell
    ]
    assert {e.type_name() for e, _ in told} >= {"met_on_the_way", "region_stage_reached", "phase_started"}
    refused = []
    for event, line in told:
        at_work = checker_of(content).begin(replace(base, closing_events=(*base.closing_events, event)))
        for sentence in split(line.replace("{actor}", base.party[0].name)):
            if (fault := at_work.check(sentence).fault) is not None:
                refused.append((event.type_name(), sentence, fault.kind))
            else:
                at_work.accept(sentence)
    assert refused == []
