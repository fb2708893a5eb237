"""Each kind of event is told, with the right names and nothing besides."""

from __future__ import annotations

import pytest

from api.rules import commands as cmd
from api.rules import events as ev
from tests.llm.storyteller_checks import HIT_WORDS, MISS_WORDS, spelled_out
from tests.llm.storyteller_scenes import deed, member, note, request, tell

MARA = member()
TOBIN = member("Tobin", "he")
ASH = member("Ash", "they")
SEEDS = [f"t{i}" for i in range(25)]


def _hit(*, amount: int = 3, critical: bool = False, target: str = "Gnawer 1") -> tuple[ev.Event, ...]:
    foe = "gnawer.1"
    return (
        ev.AttackHit("mara", "Mara", foe, target, "Cleave", "cleave", 15, 18, 10, critical),
        ev.DamageDealt("mara", "Mara", foe, target, amount, "slashing", 10 - amount),
    )


def _bite(name: str, *, hit: bool, foe: int = 1, hp_after: int = 8) -> tuple[ev.Event, ...]:
    common = (f"gnawer.{foe}", f"Gnawer {foe}", name.lower(), name, "bite", "bite", 15, 17, 11)
    if not hit:
        return (ev.AttackMissed(*common),)
    damage = ev.DamageDealt(*common[:4], 4, "piercing", hp_after)
    return (ev.AttackHit(*common, False), damage)


@pytest.mark.parametrize("turn", SEEDS)
def test_a_hit_names_both_and_is_not_told_as_a_miss(turn: str) -> None:
    told = tell(request(deed(MARA, *_hit()), kind="combat", turn_ids=(turn,)))
    assert "Mara" in told and "Gnawer 1" in told
    assert not MISS_WORDS.search(told.lower())


@pytest.mark.parametrize("turn", SEEDS)
def test_a_miss_never_hurts(turn: str) -> None:
    missed = ev.AttackMissed("mara", "Mara", "gnawer.1", "Gnawer 1", "Cleave", "cleave", 3, 6, 10)
    told = tell(request(deed(MARA, missed), kind="combat", turn_ids=(turn,)))
    assert "Mara" in told and "Gnawer 1" in told
    assert not HIT_WORDS.search(told.lower())


@pytest.mark.parametrize("turn", SEEDS)
def test_one_plain_action_stays_within_forty_words(turn: str) -> None:
    told = tell(request(deed(MARA, *_hit()), kind="combat", turn_ids=(turn,)))
    assert len(told.split()) <= 40


@pytest.mark.parametrize("turn", SEEDS)
def test_a_turn_that_four_creatures_answer_stays_near_seventy_words(turn: str) -> None:
    answers = [e for i in range(1, 5) for e in _bite("Mara", hit=i % 2 == 0, foe=i)]
    asked = request(deed(MARA, *_hit(), *answers), kind="combat", turn_ids=(turn,))
    told = spelled_out(asked, tell(asked), {"Gnawers": "Gnawer"})
    assert len(told.split()) <= 75
    assert all(f"Gnawer {i}" in told for i in range(1, 5))


def test_a_killing_blow_uses_the_authors_line() -> None:
    down = ev.WentDown("gnawer.1", "Gnawer 1", "mara", "Mara", False)
    told = tell(request(deed(MARA, *_hit(amount=10), down), kind="combat"))
    assert "Gnawer 1 rolls over" in told and "lies flat." in told


def test_a_lone_creature_takes_an_article_and_a_title_is_kept() -> None:
    assert "the Gnawer" in tell(request(deed(MARA, *_hit(target="Gnawer")), kind="combat"))
    struck = ev.AttackMissed("mara", "Mara", "old_king.1", "The Old King", "Cleave", "cleave", 3, 6, 10)
    told = tell(request(deed(MARA, struck), kind="combat"))
    assert "Old King" in told and "the The" not in told


def test_a_hero_who_goes_down_is_down_and_not_dead() -> None:
    fall = ev.WentDown("mara", "Mara", "gnawer.1", "Gnawer 1", True)
    told = tell(request(deed(MARA, *_bite("Mara", hit=True, hp_after=0), fall), kind="combat"))
    assert "Mara" in told and ("down" in told or "quiet" in told)
    assert "dead" not in told and "dies" not in told


@pytest.mark.parametrize(
    "condition", ["guarded", "inspired", "bleeding", "poisoned", "burning", "stunned", "weakened", "marked"]
)
def test_a_condition_is_told_by_its_name(condition: str) -> None:
    gained = ev.ConditionGained("gnawer.1", "Gnawer 1", condition, 2, "mara")
    told = tell(request(deed(MARA, *_hit(), gained), kind="combat"))
    assert condition in told


@pytest.mark.parametrize("turn", SEEDS)
def test_no_condition_is_told_without_its_event(turn: str) -> None:
    told = tell(
        request(deed(MARA, *_hit(), *_bite("Mara", hit=True)), kind="combat", turn_ids=(turn,))
    ).lower()
    for word in (
        "poisoned",
        "bleeding",
        "burning",
        "stunned",
        "weakened",
        "marked",
        "inspired",
        "guarded",
        " down",
    ):
        assert word not in told


def test_healing_names_healer_and_healed_and_who_is_up_again() -> None:
    used = ev.AbilityUsed("mara", "Mara", "tobin", "Tobin", "Mend", "mend", False)
    told = tell(
        request(
            deed(
                MARA,
                used,
                ev.Healed("mara", "Mara", "tobin", "Tobin", 4, 4),
                ev.Recovered("tobin", "Tobin", 4),
            ),
            party=(MARA, TOBIN),
            kind="combat",
        )
    )
    assert "Mara" in told and told.count("Tobin") >= 2


def test_a_used_item_is_named_once_with_its_target() -> None:
    told = tell(
        request(
            deed(
                MARA,
                ev.ItemLost("mara", "Mara", "draught", "mending draught", 1, "used"),
                ev.AbilityUsed("mara", "Mara", "tobin", "Tobin", "mending draught", "draught", True),
                ev.Healed("mara", "Mara", "tobin", "Tobin", 3, 9),
            ),
            party=(MARA, TOBIN),
            kind="combat",
        )
    )
    assert told.count("mending draught") == 1 and "Mara" in told and "Tobin" in told


@pytest.mark.parametrize("reason", ["chosen", "deadline", "stunned", "down", "left", "outvoted"])
def test_a_passed_turn_is_told_without_blame(reason: str) -> None:
    told = tell(request(deed(MARA, ev.TurnPassed("mara", "Mara", reason))))
    assert "Mara" in told and "lazy" not in told


@pytest.mark.parametrize(
    "event",
    [
        ev.Defended("mara", "Mara"),
        ev.FleeFailed("mara", "Mara"),
        ev.Rested("mara", "Mara", 12, 4),
        ev.ManaChanged("mara", "Mara", -3, 0),
        ev.Spoke("mara", "Mara", "", "", -1),
        ev.CheckRolled("mara", "Mara", "wisdom", "easy", 9, (12,), 12, 1, 13, "success"),
        ev.DamageDealt("", "", "mara", "Mara", 2, "fire", 9),
        ev.Healed("", "", "mara", "Mara", 2, 11),
        ev.ConditionEnded("mara", "Mara", "bleeding"),
        ev.ItemLost("mara", "Mara", "apple", "apple", 1, "given"),
        ev.ItemLost("mara", "Mara", "apple", "apple", 1, "taken"),
        ev.GoldChanged("mara", "Mara", -3, 4),
        ev.ClueFound("mara", "Mara", "The sluice was opened from inside."),
    ],
    ids=lambda e: e.type_name() if isinstance(e, ev.Event) else str(e),
)
def test_a_lone_event_is_told_of_its_hero(event: ev.Event) -> None:
    told = tell(request(deed(MARA, event)))
    assert "Mara" in told
    if isinstance(event, ev.ItemLost):
        assert "apple" in told
    if isinstance(event, ev.GoldChanged):
        assert "3 gold" in told
    if isinstance(event, ev.ClueFound):
        assert event.clue in told


def test_events_that_are_bookkeeping_are_not_told() -> None:
    quiet = (
        ev.XpGained("mara", "Mara", 77, 99),
        ev.FlagSet("fed_cat", "mara", "Mara"),
        ev.CooldownStarted("mara", "Mara", "cleave", 2),
        ev.ManaChanged("mara", "Mara", -2, 2),
    )
    told = tell(request(deed(MARA, *_hit(), *quiet), kind="combat"))
    assert "77" not in told and "XP" not in told and "fed_cat" not in told


@pytest.mark.parametrize("degree", ["critical", "success", "partial", "failure", "fumble"])
def test_an_affordance_is_told_by_its_degree(degree: str) -> None:
    used = ev.AffordanceUsed("mara", "Mara", "mill", "sweep", "Look behind the hopper", degree, 0)
    told = tell(request(deed(MARA, used)))
    good = degree in ("critical", "success", "partial")
    assert ("tin" in told) is good
    assert ("only flour" in told) is not good


def test_a_worn_tell_gives_way_to_the_authors_other_one_and_then_to_other_words() -> None:
    used = ev.AffordanceUsed("mara", "Mara", "mill", "sweep", "Look behind the hopper", "success", 0)
    history: list[str] = []
    for turn in range(4):
        told = tell(
            request(deed(MARA, used), turn_ids=(f"t{turn}",), turn_number=turn, history=tuple(history))
        )
        assert "Mara" in told
        history.append(told)
    assert sum("draws out a tin" in h for h in history) == 1
    assert sum("a tin with a lid" in h for h in history) == 1


def test_they_takes_the_plural_verb() -> None:
    used = ev.AffordanceUsed("ash", "Ash", "mill", "sweep", "Look behind the hopper", "success", 0)
    told = tell(request(deed(ASH, used)))
    assert "they opens" not in told
    if "draws out a tin" in told:
        assert "they open it" in told


def test_gained_things_are_named_with_articles_and_numbers() -> None:
    gained = (ev.ItemGained("mara", "Mara", "apple", "apple", 1), ev.GoldChanged("mara", "Mara", 12, 20))
    told = tell(request(deed(MARA, *gained)))
    assert "an apple" in told and "12 gold" in told and "a apple" not in told
    assert "two apples" in tell(request(deed(MARA, ev.ItemGained("mara", "Mara", "apple", "apple", 2))))


def test_spoils_that_are_alike_are_shared_in_one_sentence() -> None:
    ended = ev.EncounterEnded("cellar", "Cellar", "victory", 3, 0)
    told = tell(
        request(
            deed(MARA, *_hit()),
            party=(MARA, TOBIN),
            kind="combat",
            in_encounter=False,
            closing=(ended, ev.GoldChanged("mara", "Mara", 5, 9), ev.GoldChanged("tobin", "Tobin", 5, 7)),
        )
    )
    assert told.count("5 gold") == 1 and "Mara and Tobin" in told


def test_a_person_answers_with_the_line_that_was_drawn() -> None:
    told = tell(request(deed(MARA, ev.Spoke("mara", "Mara", "bess", "Bess Hart", 2))))
    assert "Bess Hart" in told and "Ask the cat" in told


def test_what_a_player_claims_is_refused_with_the_reason_and_never_quoted() -> None:
    refused = ev.ClaimRefused("mara", "Mara", "There is no crown in the mill.")
    told = tell(request(deed(MARA, refused, text="I put on the crown of ages and rule")))
    assert "There is no crown in the mill." in told
    assert "rule" not in told and "ages" not in told


@pytest.mark.parametrize("kind", ["look", "move", "force", "sneak", "wait", "other", "follow", "dance"])
@pytest.mark.parametrize("degree", ["critical", "success", "partial", "failure", "fumble", "none"])
def test_free_text_is_paraphrased_by_its_kind(kind: str, degree: str) -> None:
    told = tell(request(deed(MARA, ev.Improvised("mara", "Mara", kind, degree), text="I juggle swordfish")))
    assert "Mara" in told and "swordfish" not in told


def test_the_opening_tells_campaign_heroes_scene_threat_and_a_first_choice() -> None:
    told = tell(request(kind="opening", party=(MARA, TOBIN), words=200))
    for part in (
        "The village has no bread.",
        "Mara",
        "Tobin",
        "to buy back the mill",
        "not turned since Tuesday",
    ):
        assert part in told
    assert "The weir is giving way." in told and told.rstrip().endswith("?")


def test_a_new_scene_opens_with_its_own_words_and_a_known_one_with_a_return() -> None:
    first = ev.SceneEntered("weir", "The Weir", "the weir in the dusk", True)
    told = tell(request(deed(MARA, ev.TurnPassed("mara", "Mara", "chosen")), closing=(first,)))
    assert "The weir is louder than the talk." in told
    again = ev.SceneEntered("weir", "The Weir", "the weir in the dusk", False)
    told = tell(request(deed(MARA, ev.TurnPassed("mara", "Mara", "chosen")), closing=(again,)))
    assert "louder than the talk" not in told and "the weir in the dusk" in told.lower()


def test_a_fight_begins_with_intro_stakes_and_initiative() -> None:
    order, names = ("gnawer.1", "mara", "gnawer.2"), ("Gnawer 1", "Mara", "Gnawer 2")
    started = ev.EncounterStarted("cellar", "Cellar", order, names, (18, 12, 7))
    told = tell(
        request(
            deed(MARA, ev.TurnPassed("mara", "Mara", "chosen")),
            closing=(started,),
            next_actor="Mara",
            words=200,
        )
    )
    assert "The sacks begin to move." in told and "They want the grain" in told
    assert "Gnawer 1" in told and "two Gnawers" in told


def test_a_fight_ends_with_the_authors_outcome() -> None:
    for outcome, words in (("victory", "sits on it"), ("defeat", "Flour fills"), ("flight", "door slams")):
        ended = ev.EncounterEnded("cellar", "Cellar", outcome, 3, 0)
        assert words in tell(request(deed(MARA, *_hit()), closing=(ended,)))


def test_leading_the_party_out_of_a_fight_is_told_of_its_leader() -> None:
    check = ev.CheckRolled("mara", "Mara", "dexterity", "medium", 11, (15,), 15, 0, 15, "success")
    ended = ev.EncounterEnded("cellar", "Cellar", "flight", 3, 0)
    told = tell(request(deed(MARA, check, command=cmd.Flee("mara")), kind="combat", closing=(ended,)))
    assert "Mara" in told and "tries it" not in told


def test_the_ending_remembers_what_was_done_and_by_whom() -> None:
    ended = ev.CampaignEnded("flour", "bread", "Bread")
    told = tell(
        request(
            deed(MARA, ev.TurnPassed("mara", "Mara", "chosen")),
            party=(MARA, TOBIN),
            closing=(ended,),
            notes=(note("fed_cat", TOBIN),),
            words=200,
        )
    )
    assert "By noon there is bread." in told and "The cat remembers Tobin." in told
    assert told.count("to buy back the mill") == 1 and "Mara" in told and not told.rstrip().endswith("?")


def test_an_earlier_choice_comes_back_by_the_twelfth_turn() -> None:
    history: list[str] = []
    for turn in range(4, 13):
        asked = request(
            deed(MARA, ev.Improvised("mara", "Mara", "look", "success")),
            party=(MARA, TOBIN),
            turn_ids=(f"t{turn}",),
            turn_number=turn,
            history=tuple(history),
            notes=(note("fed_cat", TOBIN),),
        )
        history.append(tell(asked))
    assert any("A cat follows Tobin" in told for told in history)


def test_a_party_of_ten_is_told_whole() -> None:
    names = ["Ada", "Bo", "Cy", "Dee", "Eli", "Fay", "Gus", "Hal", "Ivy", "Jo"]
    party = [member(n, ("she", "he", "they")[i % 3]) for i, n in enumerate(names)]
    deeds = [deed(m, ev.Improvised(m.id, m.name, "look", "failure")) for m in party]
    told = tell(request(*deeds, party=party))
    assert all(n in told for n in names) and len(told.split()) < 200
    assert all(n in tell(request(kind="opening", party=party, words=200)) for n in names)


def test_a_backlog_of_turns_is_one_passage() -> None:
    told = tell(
        request(
            deed(MARA, ev.Improvised("mara", "Mara", "look", "success")),
            deed(MARA, ev.TurnPassed("mara", "Mara", "deadline")),
            turn_ids=("t1", "t2"),
            party=(MARA,),
        )
    )
    assert told.count("Mara") >= 2
