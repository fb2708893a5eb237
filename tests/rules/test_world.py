"""The world: travel, quests, people, rest, time and downtime, one behaviour each, on the small map of `map_world`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from api.content.catalogue import Content
from api.content.definitions import LootTableDef, Outcome, Requirement
from api.rules import commands as cmd
from api.rules import engine, outcomes, people, quests, world
from api.rules import events as ev
from api.rules.apply import fold
from api.rules.dice import Dice
from api.rules.errors import DoneAlready, IllegalAction, NotEnoughGold, UnknownTarget
from api.rules.legal import LegalAction, legal_actions, suggested_actions
from api.rules.requirements import lacking
from api.rules.resolution import Resolution
from api.rules.state import START_CLOCK, Hero, Note, NpcState, PlayState, QuestState
from tests.fakes.dice import LoadedDice, ScriptedDice
from tests.fakes.game import Game, RunningTable
from tests.rules.map_world import Marches, kinds, thing, walker, with_affordance
from tests.rules.play import of

HOUR = 60
DAY = 24 * HOUR


@pytest.fixture
def marches(content: Content) -> Marches:
    return Marches(content)


def do(who: str, key: str) -> cmd.Command:
    return cmd.UseAffordance(who, key)


def flagged(state: PlayState, *flags: str) -> PlayState:
    return replace(state, notes={**state.notes, **{f: Note("ann", "Ann", 0) for f in flags}})


def at(state: PlayState, place: str, clock: int | None = None) -> PlayState:
    return replace(state, location=place, scene=place, clock=state.clock if clock is None else clock)


def legal(state: PlayState, who: str, world_: Marches, kind: str, key: str = "") -> list[LegalAction]:
    return [
        a for a in legal_actions(state, who, world_.content) if a.kind == kind and (not key or a.id == key)
    ]


def in_a_fight_on_the_road(marches: Marches, *heroes: Hero) -> PlayState:
    """Ann leads the party to the ford; an ogre bars the way, and the heroes are faster."""
    rolls = [20] * len(heroes) + [1]
    done = marches.beat(marches.begin(*heroes), [cmd.Travel(h.id, "ford") for h in heroes], 1, 50, 1, *rolls)
    assert done.state.encounter is not None and done.state.heading == "ford"
    return done.state


def ended(marches: Marches, state: PlayState, result: str, *faces: int) -> engine.Resolved:
    """What the engine makes of a fight that has just ended so, without the blows."""
    return marches.beat(state, [_End("ann", result)], *faces)


class _End(cmd.Command):
    """A command that ends the fight as the test says; see `fights_end_as_told`."""

    def __init__(self, actor: str, result: str) -> None:
        object.__setattr__(self, "actor", actor)
        object.__setattr__(self, "result", result)


@pytest.fixture
def fights_end_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(res: Resolution, command: cmd.Command) -> object:
        assert res.state.encounter is not None and isinstance(command, _End)
        key, result = res.state.encounter.key, command.__dict__["result"]
        outcome = getattr(res.content.encounters[key], result)
        res.emit(ev.EncounterEnded(key, "Duel", result, 1, 0))
        if outcome is not None:
            res.grant(outcome, command.actor, party=True)
        return outcome

    monkeypatch.setattr(engine, "take_combat_turn", end)


# --- World ---


def test_a_story_with_a_map_begins_at_its_location(marches: Marches) -> None:
    state = marches.begin(walker("ann"))
    assert (state.location, state.scene, state.clock) == ("inn", "inn", START_CLOCK)
    assert state.tally == {"visit.inn": 1}
    assert world.whereabouts(state, marches.content).location_name == "Inn"


def test_a_story_without_a_map_has_no_ways_beds_or_shops(content: Content) -> None:
    state = engine.begin(content, "low_water_ledger", {"ann": walker("ann")})
    offered = {(a.kind, a.id) for a in legal_actions(state, "ann", content)}
    assert not {kind for kind, _ in offered} & {"travel", "downtime"}
    assert ("rest", "long") not in offered
    for command in (cmd.Travel("ann", "ford"), cmd.Rest("ann", "long"), cmd.Downtime("ann", "chop")):
        with pytest.raises(IllegalAction):
            engine.check_legal(command, state, content)


def test_a_side_scene_belongs_to_its_location_and_has_no_ways(marches: Marches) -> None:
    state = marches.act(marches.begin(walker("ann")), do("ann", "arrested"), 1).state
    assert (state.scene, state.location) == ("cell", "inn")
    assert not {a.kind for a in legal_actions(state, "ann", marches.content)} & {"travel", "downtime"}
    with pytest.raises(IllegalAction, match="No way leads there"):
        marches.act(state, cmd.Travel("ann", "ford"))
    back = marches.act(state, do("ann", "walk_free"), 1)
    assert of(back, ev.LocationReached) == [] and back.state.location == "inn"
    assert back.state.tally["visit.inn"] == 1


def test_a_scene_that_is_a_locations_own_leads_into_it(marches: Marches) -> None:
    there = with_affordance(marches, "inn", thing("drift", once=False, success={"goto": "ford"}))
    done = there.act(there.begin(walker("ann")), do("ann", "drift"), 1)
    (reached,) = of(done, ev.LocationReached)
    assert (reached.location, reached.first_visit, done.state.location) == ("ford", True, "ford")
    assert done.state.tally["visit.ford"] == 1


@pytest.mark.parametrize(
    ("requires", "changed", "reason", "secret"),
    [
        ({"flags": ["xx"]}, {}, "The moment", True),
        ({"without": ["yy"]}, {}, "The moment", True),
        ({"item": "trophy"}, {}, "The moment", True),
        ({"quest": "ogres"}, {}, "The moment", True),
        ({"quest_done": "vigil"}, {}, "The moment", True),
        ({"level": 3}, {}, "Ann must be of level 3 for that, and is of level 1", False),
        ({"classes": ["lampwright"]}, {}, "Only Lampwright can do that", False),
        (
            {"reputation": {"wardens": 5}},
            {},
            "Wardens: a reputation of 5 is wanted, and the party has 4",
            False,
        ),
        ({"disposition": {"brynn": 5}}, {}, "Brynn does not like the party well enough", False),
        ({"time": "day"}, {"clock": 21 * HOUR}, "daylight", False),
        ({"time": "night"}, {"clock": 21 * HOUR - 1}, "night", False),
    ],
)
def test_a_requirement_says_what_is_missing_where_that_is_fair(
    marches: Marches, requires: dict[str, object], changed: dict[str, int], reason: str, secret: bool
) -> None:
    state = replace(flagged(marches.begin(walker("ann")), "yy"), reputation={"wardens": 4}, **changed)
    lack = lacking(Requirement.model_validate(requires), state, state.heroes["ann"], marches.content)
    assert lack is not None and lack.secret == secret
    assert reason in lack.reason


def test_a_requirement_that_is_met_lacks_nothing(marches: Marches) -> None:
    full = {
        "flags": ["yy"], "without": ["xx"], "item": "trophy", "level": 3, "classes": ["vanguard"],
        "reputation": {"wardens": 5}, "disposition": {"brynn": 5}, "quest": "ogres", "quest_done": "vigil",
        "time": "night",
    }  # fmt: skip
    ann = walker("ann", level=3, inventory={"trophy~aaaabbbbcccc": 1})
    state = replace(
        flagged(marches.begin(ann), "yy"), reputation={"wardens": 5}, npcs={"brynn": NpcState(5)},
        quests={"ogres": QuestState(0), "vigil": QuestState(0, "done")}, clock=5 * HOUR + 59,
    )  # fmt: skip
    assert lacking(Requirement.model_validate(full), state, ann, marches.content) is None


def test_secrets_are_not_listed_and_fair_reasons_are(marches: Marches) -> None:
    state = at(marches.begin(walker("ann")), "ford")
    shown = {a.id: a for a in legal(state, "ann", marches, "affordance")}
    assert "secret" not in shown and "bet" in shown and not shown["bet"].enabled
    with pytest.raises(IllegalAction, match="reputation of 20"):
        marches.act(state, do("ann", "bet"))


def test_a_contest_is_rolled_against_the_other(marches: Marches) -> None:
    state = at(marches.begin(walker("ann", strength=14)), "ford")
    done = marches.act(state, do("ann", "wrestle"), 10, 10, 1)
    (rolled,) = of(done, ev.ContestRolled)
    assert (rolled.total, rolled.rival_name, rolled.degree) == (12, "The Eel", "success")
    assert of(done, ev.AffordanceUsed)[0].degree == "success"
    worse = marches.act(state, do("ann", "wrestle"), 10, 15, 1)
    assert of(worse, ev.AffordanceUsed)[0].degree == "failure"


def test_in_a_group_check_everyone_rolls_and_all_have_tried(marches: Marches) -> None:
    heroes = [walker(n) for n in ("ann", "bob", "cat")]
    state = at(marches.begin(*heroes), "ford")
    done = marches.act(state, do("ann", "wade"), 15, 14, 1, 1)
    assert len(of(done, ev.CheckRolled)) == 3 and "waded" in done.state.notes
    lost = marches.act(state, do("ann", "wade"), 15, 2, 2, 1)
    assert "waded" not in lost.state.notes
    with pytest.raises(IllegalAction, match="tried that together"):
        marches.act(lost.state, do("bob", "wade"))


def test_help_gives_the_next_check_advantage_once(marches: Marches) -> None:
    helped = with_affordance(marches, "inn", thing("lift", stat="strength", once=False))
    state = helped.begin(walker("ann"), walker("bob"))
    done = helped.beat(state, [do("bob", "lift"), cmd.Help("ann", "bob")], 3, 17, 1)
    (rolled,) = of(done, ev.CheckRolled)
    assert (rolled.rolls, rolled.kept, rolled.helper) == ((3, 17), 17, "ann")
    assert done.state.helped == {} and done.sequence == (1, 0) and of(done, ev.HelpLapsed) == []
    again = helped.act(done.state, do("bob", "lift"), 5, 1)
    assert of(again, ev.CheckRolled)[0].rolls == (5,)


def test_help_that_is_not_used_lapses(marches: Marches) -> None:
    state = marches.begin(walker("ann"), walker("bob"))
    state = engine.resolve_one_deed(state, cmd.Help("ann", "bob"), ScriptedDice(), marches.content).state
    assert state.helped == {"bob": "ann"}
    assert legal(state, "ann", marches, "help")[0].enabled is False
    with pytest.raises(DoneAlready, match="has help already"):
        marches.act(state, cmd.Help("ann", "bob"))
    for target in ("ann", "zoe"):
        with pytest.raises(UnknownTarget):
            marches.act(state, cmd.Help("ann", target))
    done = marches.act(state, cmd.Pass("bob"))
    assert of(done, ev.HelpLapsed) and done.state.helped == {}


def test_an_outcome_may_draw_from_a_loot_table(marches: Marches) -> None:
    lines = [
        {"item": "trophy", "levels": [1, 4], "guaranteed": True},
        {"item": "trophy", "quantity": [5, 5], "levels": [5, 20], "guaranteed": True},
        {"gold": [9, 9], "guaranteed": True},
    ]
    heap = LootTableDef.model_validate({"name": "Heap", "draws": 0, "lines": lines})
    content = replace(marches.content, loot_tables={"heap": heap})
    state = marches.begin(walker("ann"), walker("bob"))
    outcome = Outcome(tell=("It is so.",), loot_table="heap")
    purses = []
    for grant in (
        lambda res: outcomes.grant(res, outcome, "ann"),
        lambda res: outcomes.grant(res, outcome, "ann", party=True),
        lambda res: outcomes.grant_to_all(res, outcome, "ann"),
    ):
        res = Resolution(state, ScriptedDice(), content)
        grant(res)
        assert res.state.heroes["ann"].inventory == {"trophy": 1}
        purses.append([h.gold for h in res.state.heroes.values()])
    assert purses == [[9, 0], [5, 4], [5, 4]]


# --- Travel ---


def test_a_journey_takes_its_time_and_arrives(marches: Marches) -> None:
    done = marches.act(marches.begin(walker("ann")), cmd.Travel("ann", "ford"), 1, 51)
    assert kinds(done) == ["JourneyBegan", "ClockAdvanced", "LocationReached", "SceneEntered"]
    assert (done.state.location, done.state.scene) == ("ford", "ford")
    assert done.state.clock == START_CLOCK + 120


def test_only_ways_of_the_map_lead_on(marches: Marches) -> None:
    state = marches.begin(walker("ann"))
    with pytest.raises(IllegalAction, match="ways lead to Ford, Chapel"):
        marches.act(state, cmd.Travel("ann", "moon"))
    with pytest.raises(IllegalAction, match="moment"):
        marches.act(state, cmd.Travel("ann", "chapel"))
    assert [a.id for a in legal(state, "ann", marches, "travel")] == ["ford"]
    assert marches.act(flagged(state, "key_found"), cmd.Travel("ann", "chapel"), 1).state.location == "chapel"


def test_a_closed_way_says_why(marches: Marches) -> None:
    state = at(marches.begin(walker("ann")), "ford", clock=22 * HOUR)
    (closed,) = legal(state, "ann", marches, "travel", "chapel")
    assert (closed.enabled, closed.reason, closed.minutes) == (False, "That waits for daylight.", 60)


def test_a_journey_is_the_partys_vote(marches: Marches) -> None:
    heroes = [walker(n) for n in ("ann", "bob", "cat", "dan")]
    state = marches.begin(*heroes)
    alone = marches.beat(state, [cmd.Travel("ann", "ford"), *(cmd.Pass(n) for n in ("bob", "cat", "dan"))])
    assert alone.state.location == "inn"
    assert [e.reason for e in of(alone, ev.TurnPassed)] == ["chosen"] * 3 + ["alone"]
    half = marches.beat(
        state,
        [cmd.Travel("ann", "ford"), do("bob", "arrested"), cmd.Travel("cat", "ford"), cmd.Pass("dan")],
        1, 100,
    )  # fmt: skip
    assert half.state.location == "ford"
    (choice,) = of(half, ev.ChoiceMade)
    assert (choice.affordance, choice.votes, choice.against) == ("ford", ("ann", "cat"), ("bob",))
    assert engine.waits_for_party(cmd.Travel("ann", "ford"), state, marches.content)


@pytest.mark.parametrize(("face", "line"), [(30, 0), (31, 1)])
def test_the_road_draws_by_weight_among_lines_that_fit(marches: Marches, face: int, line: int) -> None:
    fight = [20, 1] if line == 0 else []
    done = marches.act(marches.begin(walker("ann")), cmd.Travel("ann", "ford"), 1, 50, face, *fight)
    (met,) = of(done, ev.MetOnTheWay)
    assert (met.table, met.line) == ("road", line)
    assert (done.state.encounter is not None) == (line == 0)
    assert (done.state.heading, done.state.location) == (("ford", "inn") if line == 0 else (None, "ford"))


def test_the_road_minds_the_partys_average_level(marches: Marches) -> None:
    heroes = [walker("ann", level=6), walker("bob", level=5)]
    state = marches.begin(*heroes)
    assert outcomes.party_level(state) == 5
    both = [cmd.Travel("ann", "ford"), cmd.Travel("bob", "ford")]
    done = marches.beat(state, both, 1, 1, 71, 20, 20, 1)
    assert of(done, ev.MetOnTheWay)[0].line == 2
    weaker = marches.begin(heroes[0], walker("bob", level=3))
    assert outcomes.party_level(weaker) == 4
    assert of(marches.beat(weaker, both, 1, 1, 1, 20, 20, 1), ev.MetOnTheWay)[0].line == 0


@pytest.mark.usefixtures("fights_end_as_told")
@pytest.mark.parametrize("result", ["victory", "parley"])
def test_after_a_won_fight_the_party_arrives(marches: Marches, result: str) -> None:
    done = ended(marches, in_a_fight_on_the_road(marches, walker("ann")), result)
    assert (done.state.location, done.state.scene, done.state.heading) == ("ford", "ford", None)
    assert of(done, ev.LocationReached)


@pytest.mark.usefixtures("fights_end_as_told")
@pytest.mark.parametrize("result", ["flight", "surrender"])
def test_after_flight_the_party_is_back_where_it_set_out(marches: Marches, result: str) -> None:
    done = ended(marches, in_a_fight_on_the_road(marches, walker("ann")), result)
    assert (done.state.location, done.state.scene, done.state.heading) == ("inn", "inn", None)
    assert [e.location for e in of(done, ev.TurnedBack)] == ["inn"]


@pytest.mark.usefixtures("fights_end_as_told")
def test_after_a_defeat_the_encounters_outcome_rules(marches: Marches) -> None:
    done = ended(marches, in_a_fight_on_the_road(marches, walker("ann")), "defeat")
    assert (done.state.scene, done.state.heading, of(done, ev.TurnedBack)) == ("cell", None, [])


# --- Quests ---


def test_a_quest_begins_by_an_outcome_once(marches: Marches) -> None:
    done = marches.act(marches.begin(walker("ann")), do("ann", "notice"), 1)
    (started,) = of(done, ev.QuestStarted)
    assert (started.quest, started.objective) == ("ogres", "Look at the ford.")
    state = replace(done.state, quests={"ogres": QuestState(0, "failed")}, used=frozenset())
    assert of(marches.act(state, do("ann", "notice"), 1), ev.QuestStarted) == []


def test_a_quest_begins_by_itself_when_its_time_has_come(marches: Marches) -> None:
    done = marches.act(marches.begin(walker("ann")), do("ann", "find_key"), 1)
    assert [e.quest for e in of(done, ev.QuestStarted)] == ["vigil"]


def test_quests_are_looked_at_after_every_deed(marches: Marches) -> None:
    state = replace(marches.begin(walker("ann"), walker("bob")), quests={"ogres": QuestState(2)})
    state = replace(state, tally={"talk.brynn": 1})
    state = at(state, "ford")
    done = engine.resolve_one_deed(state, do("ann", "dig"), ScriptedDice(1), marches.content)
    assert done.state.quests["ogres"] == QuestState(2, "done")
    assert fold(state, done.events) == done.state


def test_stages_come_one_after_the_other_and_pay_everybody(marches: Marches) -> None:
    state = marches.begin(walker("ann"), walker("bob", hp=5))
    state = replace(state, quests={"ogres": QuestState(0)}, tally={"defeat.ogre": 2, "visit.ford": 1})
    done = marches.beat(state, [cmd.Pass("ann"), cmd.Pass("bob")], 1)
    assert [e.stage for e in of(done, ev.QuestStageDone)] == [0, 1]
    assert [e.next_objective for e in of(done, ev.QuestStageDone)] == [
        "Beat two ogres.", "Show a trophy to Brynn.",
    ]  # fmt: skip
    assert [(h.gold, h.xp) for h in done.state.heroes.values()] == [(20, 10), (20, 10)]
    assert done.state.clock == START_CLOCK, "a reward takes no time"
    assert done.state.quests["ogres"] == QuestState(2)


def test_the_last_stage_completes_the_quest_and_may_begin_another(marches: Marches) -> None:
    state = marches.begin(walker("ann"), walker("bob", inventory={"trophy": 2}))
    state = replace(state, quests={"ogres": QuestState(2)}, tally={"talk.brynn": 1})
    done = marches.beat(state, [cmd.Pass("ann"), cmd.Pass("bob")])
    assert [e.quest for e in of(done, ev.QuestCompleted)] == ["ogres", "thanks"]
    assert {k: q.status for k, q in done.state.quests.items()} == {"ogres": "done", "thanks": "done"}
    assert done.state.heroes["bob"].inventory == {"trophy": 1}, "it is taken from who carries it"
    assert done.state.reputation == {"wardens": 10}


def test_a_flag_can_spoil_a_quest(marches: Marches) -> None:
    state = replace(marches.begin(walker("ann")), quests={"ogres": QuestState(0)}, tally={"visit.ford": 1})
    done = marches.act(flagged(state, "deep_flood"), cmd.Pass("ann"))
    assert [e.flag for e in of(done, ev.QuestFailed)] == ["deep_flood"]
    assert done.state.quests["ogres"] == QuestState(0, "failed") and of(done, ev.QuestStageDone) == []


@pytest.mark.usefixtures("fights_end_as_told")
def test_quests_are_looked_at_after_fights(marches: Marches) -> None:
    state = replace(in_a_fight_on_the_road(marches, walker("ann")), quests={"ogres": QuestState(0)})
    done = ended(marches, replace(state, tally={"defeat.ogre": 2}), "victory", 1)
    # The first objective is reached by arriving, after the fight.
    assert [e.stage for e in of(done, ev.QuestStageDone)] == [0, 1]
    assert kinds(done).index("LocationReached") < kinds(done).index("QuestStageDone")


def test_the_journal_shows_how_far_one_is(marches: Marches) -> None:
    state = marches.begin(walker("ann", inventory={"trophy": 1}))
    state = replace(
        state, tally={"defeat.ogre": 1},
        quests={"vigil": QuestState(0, "done"), "ogres": QuestState(1), "lost_file": QuestState(0)},
    )  # fmt: skip
    first, second = quests.journal(state, marches.content)
    assert (first.name, first.objective, first.stage, first.stages) == ("Ogres", "Beat two ogres.", 2, 3)
    (goal,) = first.goals
    assert (goal.name, goal.have, goal.wanted) == ("Ogre", 1, 2)
    assert (second.status, second.objective, second.goals) == ("done", "", ())
    assert json.loads(json.dumps(first.to_json()))["goals"][0]["have"] == 1


# --- People ---


def test_talk_is_counted_and_pleases_once_a_scene(marches: Marches) -> None:
    state = marches.begin(walker("ann"))
    for _ in range(2):
        state = marches.act(state, cmd.Talk("ann", "brynn"), 1).state
    assert state.npcs["brynn"].disposition == 1 and state.tally["talk.brynn"] == 2
    state = marches.act(at(state, "ford"), cmd.Talk("ann", "brynn"), 1).state
    assert state.npcs["brynn"].disposition == 2


def test_a_person_of_the_world_tells_a_line_once_wherever_it_is_met(marches: Marches) -> None:
    state = replace(marches.begin(walker("ann")), npcs={"brynn": NpcState(30)})
    heard = []
    for place in ("inn", "ford", "inn", "ford", "inn"):
        faces = [1] if len(heard) < 4 else []
        done = marches.act(at(state, place), cmd.Talk("ann", "brynn"), *faces)
        heard.append(of(done, ev.Spoke)[0].line)
        state = done.state
    assert heard == [0, 1, 2, 3, -1]


@pytest.mark.parametrize(
    ("disposition", "reputation", "lines"),
    [
        (-51, 0, 0),
        (-50, 0, 2),
        (-1, 0, 2),
        (0, 0, 3),
        (24, 0, 3),
        (25, 0, 4),
        (0, 100, 4),
        (-49, -5, 0),
        (5, -24, 2),
    ],
)
def test_what_a_person_says_follows_its_opinion(
    marches: Marches, disposition: int, reputation: int, lines: int
) -> None:
    state = replace(
        marches.begin(walker("ann")),
        npcs={"brynn": NpcState(disposition)},
        reputation={"wardens": reputation},
    )
    (brynn,) = people.people_here(state, marches.content)
    assert people.lines_open(state, marches.content, brynn) == lines


def test_who_dislikes_the_party_turns_away(marches: Marches) -> None:
    state = replace(marches.begin(walker("ann")), npcs={"brynn": NpcState(-90)})
    with pytest.raises(IllegalAction, match="Brynn turns away"):
        marches.act(state, cmd.Talk("ann", "brynn"))
    (choice,) = legal(state, "ann", marches, "talk")
    assert choice.enabled is False and choice.targets == ()
    with pytest.raises(UnknownTarget, match="here is Brynn"):
        marches.act(state, cmd.Talk("ann", "wick"))


def test_a_scenes_own_people_say_everything(content: Content) -> None:
    state = engine.begin(content, "low_water_ledger", {"ann": walker("ann")})
    for person in people.people_here(state, content):
        assert people.lines_open(state, content, person) == len(person.lines)


def test_deeds_change_opinions_within_their_bounds(marches: Marches) -> None:
    state = marches.begin(walker("ann"))
    for _ in range(3):
        state = marches.act(state, do("ann", "insult"), 1).state
    assert state.npcs["brynn"].disposition == -100 and state.reputation["wardens"] == -100
    nothing_left = marches.act(state, do("ann", "insult"), 1)
    assert of(nothing_left, ev.ReputationChanged) == [] == of(nothing_left, ev.DispositionChanged)
    for _ in range(6):
        state = marches.act(state, do("ann", "toast"), 1).state
    assert state.npcs["brynn"].disposition == 100


def test_people_remember_each_thing_once_and_only_so_much(marches: Marches) -> None:
    state = marches.begin(walker("ann"))
    for _ in range(2):
        state = marches.act(state, do("ann", "toast"), 1).state
    assert state.npcs["brynn"].memories == ("A toast.",)
    many = NpcState(0, tuple(f"Memory {i}." for i in range(people.MEMORIES)))
    state = marches.act(replace(state, npcs={"brynn": many}), do("ann", "toast"), 1).state
    memories = state.npcs["brynn"].memories
    assert len(memories) == people.MEMORIES and memories[0] == "Memory 1." and memories[-1] == "A toast."
    (known,) = people.acquaintances(state, marches.content)
    assert (known.name, known.disposition) == ("Brynn", 40)


def test_opinions_begin_as_content_says(marches: Marches) -> None:
    other = marches.changed("npcs", "brynn", disposition=-7).changed("factions", "wardens", reputation=12)
    state = other.begin(walker("ann"))
    assert people.disposition_of(state, other.content, "brynn") == -7
    assert people.reputation_of(state, other.content, "wardens") == 12
    state = other.act(state, do("ann", "mend_dyke"), 1).state
    assert people.standings(state, other.content)[0].reputation == 42


# --- Rest ---


def test_on_a_map_an_hours_rest_returns_each_day(marches: Marches) -> None:
    state = at(marches.begin(walker("ann", hp=1, mp=0)), "ford")
    state = marches.act(state, cmd.Rest("ann")).state
    assert (state.heroes["ann"].hp, state.heroes["ann"].mp) == (11, 5)
    with pytest.raises(IllegalAction, match="here already today"):
        marches.act(state, cmd.Rest("ann"))
    assert marches.act(at(state, "ford", clock=DAY), cmd.Rest("ann")).state.heroes["ann"].hp == 16
    with pytest.raises(IllegalAction, match="no rest to be had at Chapel"):
        marches.act(at(state, "chapel"), cmd.Rest("ann"))
    with pytest.raises(IllegalAction, match="short or long"):
        marches.act(state, cmd.Rest("ann", "eternal"))


def test_a_night_restores_everyone_and_heals_wounds(marches: Marches, content: Content) -> None:
    ann, bob = walker("ann", hp=1, mp=0, gold=9, wounds=2), walker("bob", hp=3, gold=5)
    state = marches.begin(ann, bob)
    done = marches.beat(state, [cmd.Rest("ann", "long"), cmd.Rest("bob", "long")])
    after = done.state.heroes
    assert [(h.hp, h.mp, h.wounds) for h in after.values()] == [
        (h.hp_max, h.mp_max, 0) for h in after.values()
    ]
    assert [h.gold for h in after.values()] == [4, 0]
    assert done.state.clock == START_CLOCK + 8 * HOUR
    (healed,) = of(done, ev.WoundsHealed)
    assert (healed.actor, healed.wounds, healed.hp_max) == ("ann", 2, after["ann"].hp_max)


def test_a_night_is_had_once_a_day_in_a_bed_that_is_paid(marches: Marches) -> None:
    state = marches.begin(walker("ann", gold=100))
    slept = marches.act(state, cmd.Rest("ann", "long")).state
    assert slept.clock == 26 * HOUR
    slept = marches.act(slept, cmd.Rest("ann", "long"), 1).state  # it is another day by now
    with pytest.raises(IllegalAction, match="this day's long rest"):
        marches.act(slept, cmd.Rest("ann", "long"))
    with pytest.raises(IllegalAction, match="no beds"):
        marches.act(at(state, "ford"), cmd.Rest("ann", "long"))
    poor = marches.begin(walker("ann", gold=4))
    (choice,) = legal(poor, "ann", marches, "rest", "long")
    assert (choice.enabled, choice.cost_gold, choice.minutes) == (False, 5, 8 * HOUR)
    assert "A bed costs 5 gold" in choice.reason


def test_who_calls_for_the_night_makes_up_what_friends_lack(marches: Marches) -> None:
    state = marches.begin(walker("ann", gold=8), walker("bob", gold=2), walker("cat", gold=50))
    done = marches.beat(state, [cmd.Rest(n, "long") for n in ("ann", "bob", "cat")])
    assert [h.gold for h in done.state.heroes.values()] == [0, 0, 45]
    with pytest.raises(NotEnoughGold, match="cannot make up"):
        marches.beat(replace(state, heroes={**state.heroes, "ann": walker("ann", gold=7)}),
                     [cmd.Rest(n, "long") for n in ("ann", "bob", "cat")])  # fmt: skip


def test_a_night_is_the_partys_vote(marches: Marches) -> None:
    state = marches.begin(*(walker(n, gold=9) for n in ("ann", "bob", "cat")))
    done = marches.beat(state, [cmd.Rest("ann", "long"), cmd.Pass("bob"), cmd.Pass("cat")])
    assert of(done, ev.NightSpent) == [] and of(done, ev.TurnPassed)[-1].reason == "alone"
    done = marches.beat(state, [cmd.Rest("ann", "long"), cmd.Rest("bob", "long"), cmd.Travel("cat", "ford")])
    assert of(done, ev.NightSpent) and of(done, ev.ChoiceMade)[0].against == ("cat",)


# --- Time ---


@pytest.mark.parametrize(("minute", "time"), [(359, "night"), (360, "day"), (1259, "day"), (1260, "night")])
def test_the_day_is_from_six_to_nine(minute: int, time: str) -> None:
    assert world.time_of_day(minute) == time == world.time_of_day(minute + 3 * DAY)
    assert world.day_of(minute + 3 * DAY) == 3


def test_a_region_moves_on_without_the_party(marches: Marches) -> None:
    state = replace(marches.begin(walker("ann")), clock=START_CLOCK + 12 * HOUR - 10)
    before = marches.act(state, do("ann", "find_key"), 1)
    assert of(before, ev.RegionStageReached) == []
    after = marches.act(before.state, do("ann", "insult"), 1, 1)
    (stage,) = of(after, ev.RegionStageReached)
    assert (stage.region, stage.stage, stage.averted) == ("marsh", 0, False)
    assert after.state.notes["flood"].actor == "" and after.state.regions == {"marsh": 1}


def test_a_regions_stage_can_be_averted(marches: Marches) -> None:
    state = replace(flagged(marches.begin(walker("ann")), "dyke_mended"), clock=START_CLOCK + 70 * HOUR)
    done = marches.act(state, do("ann", "insult"), 1)
    assert [(e.stage, e.averted, e.tell) for e in of(done, ev.RegionStageReached)] == [
        (0, True, -1),
        (1, True, -1),
    ]
    assert "flood" not in done.state.notes and done.state.regions == {"marsh": 2}


def test_several_stages_are_reached_in_their_order(marches: Marches) -> None:
    state = replace(marches.begin(walker("ann")), clock=START_CLOCK + 70 * HOUR)
    done = marches.act(state, do("ann", "insult"), 1, 1, 1)
    assert [e.stage for e in of(done, ev.RegionStageReached)] == [0, 1]
    assert of(marches.act(done.state, do("ann", "insult"), 1), ev.RegionStageReached) == []


def test_r9_the_sessions_clock_is_the_worlds_clock(tmp_path: Path, marches: Marches) -> None:
    game = Game(tmp_path, marches.content)
    table = game.table(1)
    who = table.heroes[0]
    hero = replace(table.load().heroes()[who], hp=3, gold=50)
    state = engine.begin(marches.content, "marches", {who: hero})
    steps: list[tuple[cmd.Command, Dice]] = [
        (cmd.Travel(who, "ford"), LoadedDice(1)),
        (cmd.Rest(who), LoadedDice(1)),
        (cmd.Travel(who, "inn"), LoadedDice(1)),
        (cmd.Downtime(who, "chop"), LoadedDice(1)),
        (cmd.Rest(who, "long"), LoadedDice(1)),
        (cmd.Travel(who, "ford"), _QuickHeroes()),
        (cmd.Pass(who), LoadedDice(0)),
    ]
    seen = []
    for command, dice in steps:
        done = engine.resolve(state, command, dice, marches.content)
        moved = of(done, ev.ClockAdvanced)
        assert done.state.clock == state.clock + sum(e.minutes for e in moved)
        state = done.state
        seen.append(state.clock)
        assert _shown(table, state) == world.whereabouts(state, marches.content).clock == state.clock
    assert state.encounter is not None, "the last journey was to meet a fight"
    assert seen == [1200, 1260, 1380, 1860, 2340, 2460, 2460]
    game.store.close()


class _QuickHeroes:
    """Every die shows a one, but the first d20, which is a hero's initiative."""

    def __init__(self) -> None:
        self.quick = 20

    def roll(self, sides: int) -> int:
        if sides != 20:
            return 1
        face, self.quick = self.quick, 1
        return face


def _shown(table: RunningTable, state: PlayState) -> int:
    """The clock that a member is shown once this state is saved at the table."""
    loaded = table.load()
    loaded.body["campaign"] = state.campaign
    loaded.save_state(state)
    loaded.commit()
    return int(table.view()["clock"])


# --- Downtime ---


def test_downtime_takes_the_day_and_pays(marches: Marches) -> None:
    done = marches.act(marches.begin(walker("ann")), cmd.Downtime("ann", "chop"), 1)
    assert done.state.heroes["ann"].gold == 6 and done.state.clock == START_CLOCK + 8 * HOUR
    (spent,) = of(done, ev.DowntimeSpent)
    assert (spent.activity, spent.degree, spent.day) == ("chop", "success", 0)


def test_downtime_is_had_once_a_day_by_each_hero(marches: Marches) -> None:
    state = marches.begin(walker("ann"), walker("bob"))
    both = marches.beat(state, [cmd.Downtime("ann", "chop"), cmd.Downtime("bob", "chop")], 1, 1)
    assert both.state.clock == START_CLOCK + 8 * HOUR, "they work side by side"
    today = replace(both.state, clock=START_CLOCK + 1)
    with pytest.raises(IllegalAction, match="spent this day already"):
        marches.act(today, cmd.Downtime("ann", "chop"))
    assert marches.act(both.state, cmd.Downtime("ann", "chop"), 1, 1).state.heroes["ann"].gold == 12


def test_downtime_may_cost_and_be_rolled_for(marches: Marches) -> None:
    state = marches.begin(walker("ann", gold=4, hp=9))
    done = marches.act(state, cmd.Downtime("ann", "carve"), 12, 1)
    ann = done.state.heroes["ann"]
    assert (ann.gold, ann.inventory, done.state.clock) == (0, {"trophy": 1}, START_CLOCK + 4 * HOUR)
    partly = marches.act(state, cmd.Downtime("ann", "carve"), 10, 1)
    assert of(partly, ev.DowntimeSpent)[0].degree == "partial"
    assert partly.state.heroes["ann"].inventory == {"trophy": 1}
    assert partly.state.clock == START_CLOCK + 4 * HOUR
    failed = marches.act(state, cmd.Downtime("ann", "carve"), 2, 1, 3)
    assert failed.state.heroes["ann"].hp == 6
    with pytest.raises(NotEnoughGold, match="costs 4 gold, and Ann has 0"):
        marches.act(marches.begin(walker("ann")), cmd.Downtime("ann", "carve"))
    with pytest.raises(IllegalAction, match="nothing that a day can be spent on here"):
        marches.act(at(state, "ford"), cmd.Downtime("ann", "chop"))


# --- what is offered ---


def test_a_location_offers_its_ways_beds_and_work(marches: Marches) -> None:
    state = marches.begin(walker("ann", gold=20, hp=3), walker("bob"))
    offered = {(a.kind, a.id): a for a in legal_actions(state, "ann", marches.content)}
    assert {("travel", "ford"), ("rest", "rest"), ("rest", "long"), ("downtime", "chop"),
            ("help", "help"), ("talk", "talk")} <= set(offered)  # fmt: skip
    assert offered["travel", "ford"].targets[0].name == "Ford"
    assert [t.id for t in offered["help", "help"].targets] == ["bob"]
    assert offered["downtime", "carve"].cost_gold == 4
    assert len(suggested_actions(state, marches.content)) <= 3


def test_what_is_offered_can_be_done(marches: Marches) -> None:
    state = marches.begin(walker("ann", gold=20, hp=3), walker("bob"))
    for action in legal_actions(state, "ann", marches.content):
        command = {
            "travel": cmd.Travel("ann", action.id), "downtime": cmd.Downtime("ann", action.id),
            "rest": cmd.Rest("ann", "long" if action.id == "long" else "short"), "help": cmd.Help("ann", "bob"),
        }.get(action.kind)  # fmt: skip
        if command is not None:
            assert action.enabled
            engine.check_legal(command, state, marches.content)
