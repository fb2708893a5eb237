"""What the terminal makes of typed lines, views, events and scripts: all without a network."""

from __future__ import annotations

import io

import pytest
from rich.text import Text

from bot.table_terminal import paint
from bot.table_terminal.autofight import fight_action
from bot.table_terminal.conditions import BadCondition, Facts, holds, parse_condition
from bot.table_terminal.feed import Draft
from bot.table_terminal.options import Choice, options
from bot.table_terminal.receipt_lines import blocks
from bot.table_terminal.screen import Screen
from bot.table_terminal.script import ScriptProblem, parse_script
from bot.table_terminal.start import running, seats_of, session_row
from bot.table_terminal.teller import Teller
from bot.table_terminal.typed import Command, Nothing, Number, Typed, Words, command_for, pick, read


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("", Typed(Nothing())),
        ("  3 ", Typed(Number(3))),
        ("3 2", Typed(Number(3, 2))),
        ("3 hounds come closer", Typed(Words("3 hounds come closer"))),
        ("/say hello there", Typed(Command("/say", "hello there"))),
        ("2: I open the door", Typed(Words("I open the door"), 2)),
        ("2: 1", Typed(Number(1), 2)),
        ("9: 30 and no ferry", Typed(Words("9: 30 and no ferry"))),
        ("I say: no", Typed(Words("I say: no"))),
        ("/", Typed(Words("/"))),
    ],
)
def test_a_typed_line_is_a_number_a_command_or_words(line: str, meaning: Typed) -> None:
    assert read(line, seats=3) == meaning


def test_a_command_may_be_cut_short_while_it_stays_the_only_one() -> None:
    assert command_for("/rec") == "/recap"
    assert command_for("/s") is None
    assert command_for("/nonsense") is None


def test_a_target_is_picked_by_number_by_name_or_with_enter() -> None:
    names = ["Inkhound 1", "Inkhound 2", "Gull"]
    assert [pick(a, names) for a in ("", "2", "gull", "inkhound 2", "inkhound", "7")] == [
        0,
        1,
        2,
        1,
        None,
        None,
    ]


def test_a_name_that_two_share_means_the_first_of_them() -> None:
    assert pick("pim", ["Nell", "Pim Cardew", "Pim Cardew"]) == 1


def test_suggestions_come_first_and_only_if_this_hero_may_do_them() -> None:
    view = {
        "suggested": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}, {"id": "gone", "label": "Gone"}],
        "legal": [
            {"kind": "pass", "id": "pass", "label": "Wait"},
            {"kind": "affordance", "id": "c", "label": "C"},
            {"kind": "affordance", "id": "b", "label": "B"},
            {"kind": "affordance", "id": "a", "label": "A", "enabled": False, "reason": "Tried."},
        ],
    }
    found = options(view)
    assert [c.id for c in found.choices] == ["b", "c", "pass"]
    assert found.shown == 2
    assert found.blocked == (("A", "Tried."),)
    assert found.find("C").id == "c"


def test_an_action_body_names_its_only_target_and_no_other() -> None:
    two = Choice("ability", "cut", "Cut", (("h.1", "Hound 1"), ("h.2", "Hound 2")))
    assert two.body("h.2") == {"kind": "ability", "id": "cut", "target": "h.2"}
    assert "target" not in two.body()
    assert Choice("talk", "talk", "Talk", (("odile", "Odile"),)).body() == {"kind": "talk", "target": "odile"}


def screen_of(width: int = 40) -> tuple[Screen, io.StringIO]:
    out = io.StringIO()
    return Screen(out, width=width, tty=False), out


def test_a_choice_goes_out_with_its_id_and_shows_what_it_costs() -> None:
    legal = [
        {"kind": "travel", "id": "saltmere", "label": "Walk to Saltmere", "minutes": 130,
         "targets": [{"id": "saltmere", "name": "Saltmere"}]},
        {"kind": "rest", "id": "long", "label": "Spend the night here", "minutes": 480, "cost_gold": 3},
        {"kind": "rest", "id": "rest", "label": "Rest for an hour", "minutes": 60},
        {"kind": "row", "id": "back", "label": "Step into the back row"},
    ]  # fmt: skip
    found = options({"legal": legal, "encounter": {"key": "x"}}).choices
    assert [c.text for c in found] == [
        "Walk to Saltmere (2 h 10 min)", "Spend the night here (3 gold)", "Rest for an hour", "Step into the back row",
    ]  # fmt: skip
    assert [c.body() for c in found] == [
        {"kind": "travel", "id": "saltmere", "target": "saltmere"}, {"kind": "rest", "id": "long"}, {"kind": "rest"},
        {"kind": "row", "id": "back"},
    ]  # fmt: skip


def test_prose_is_wrapped_indented_and_keeps_its_paragraphs() -> None:
    screen, out = screen_of()
    screen.prose("The tide has gone out of the library and the ceiling drips.\n\nNobody speaks.")
    rows = out.getvalue().splitlines()
    assert all(len(r) <= 40 for r in rows)
    assert rows[0] == "  The tide has gone out of the library"
    assert rows[-2:] == ["  Nobody speaks.", ""]
    assert "" in rows[1:-2]


def test_a_hanging_line_uses_the_whole_width_of_its_first_row() -> None:
    screen, out = screen_of()
    screen.line(Text("one two three four five six seven eight nine ten"), hang=20)
    first, second, *_ = out.getvalue().splitlines()
    assert len(first) > 30
    assert second.startswith(" " * 20 + second.strip()[0])


def test_what_a_player_wrote_cannot_send_escape_sequences_to_the_terminal() -> None:
    screen, out = screen_of()
    teller = Teller(screen)
    teller.show([{"type": "chat_said", "name": "x\x1b]0;pwned\x07", "text": "\x1b[2J[bold]hi[/bold]"}])
    assert "\x1b" not in out.getvalue() and "\x07" not in out.getvalue()
    assert "[bold]hi[/bold]" in out.getvalue()


def test_a_word_from_the_house_stands_on_a_line_of_its_own() -> None:
    screen, out = screen_of()
    Teller(screen).show(
        [{"type": "notice", "code": "quota_reached", "text": "The storyteller \x1bcarries on."}]
    )
    assert "The storyteller carries on." in out.getvalue() and "\x1b" not in out.getvalue()


def test_creatures_answer_under_their_own_name_and_awards_are_told_once() -> None:
    def xp(who: str) -> dict[str, object]:
        return {"type": "xp_gained", "actor": who, "actor_name": who, "amount": 5}

    hit = {"type": "attack_hit", "source": "h", "source_name": "Hound", "target": "n", "target_name": "Nell",
           "means": "bite", "roll": 12, "total": 15, "against": 13, "critical": False}  # fmt: skip
    hurt = {"type": "damage_dealt", "target": "n", "target_name": "Nell", "amount": 4, "damage_type": "piercing",
            "hp_after": 8}  # fmt: skip
    turn = {"type": "combat_turn_started", "actor": "h", "actor_name": "Hound"}
    own, hound = blocks([xp("Nell"), xp("Pim"), turn, hit, hurt], "Nell")
    assert own.lines == ["⭐ +5 XP for everyone"]
    assert hound.who == "Hound"
    assert len(hound.lines) == 1 and hound.lines[0].endswith("−4 HP (piercing), 8 left")


def test_what_everybody_gets_stands_on_one_line() -> None:
    def got(who: str, quantity: int = 1) -> dict[str, object]:
        return {"type": "item_gained", "actor": who, "actor_name": who, "item": "salt", "item_name": "warm salt",
                "quantity": quantity}  # fmt: skip

    (own,) = blocks([got("Nell"), got("Pim"), got("Pim"), got("Aldo", 2)], "Nell")
    assert own.lines == [
        "🎒 Nell and Pim get warm salt each",
        "🎒 Pim gets warm salt",
        "🎒 Aldo gets warm salt ×2",
    ]


def test_a_deed_that_was_drawn_at_once_is_not_drawn_again_when_the_turn_resolves() -> None:
    screen, out = screen_of(80)
    teller = Teller(screen)
    deed = {"character_id": "C1", "character_name": "Nell", "text": "x",
            "events": [{"type": "clue_found", "actor_name": "Nell", "clue": "a door"}]}  # fmt: skip
    teller.show([{"type": "deed_resolved", "turn_id": "T1", **deed}])
    teller.show([{"type": "turn_resolved", "turn_id": "T1", "deeds": [deed], "closing": []}])
    assert out.getvalue().count("a door") == 1
    assert teller.untold == {"T1"}
    teller.show([{"type": "turn_narrated", "turn_id": "T1", "turn_ids": ["T1"], "text": "Told."}])
    assert teller.untold == set()


def test_a_new_attempt_starts_the_draft_again_and_a_second_delivery_changes_nothing() -> None:
    draft = Draft()
    one = {"turn_id": "T1", "attempt": 1, "offset": 0, "text": "One."}
    draft.add(one)
    draft.add(one)
    draft.add({"turn_id": "T1", "attempt": 1, "offset": 4, "text": " Two."})
    assert draft.text == "One. Two."
    draft.add({"turn_id": "T1", "attempt": 2, "offset": 0, "text": "Uno."})
    draft.add({"turn_id": "T1", "attempt": 1, "offset": 9, "text": "Late."})
    assert draft.text == "Uno."


def test_only_stories_that_can_go_on_are_offered_the_latest_first() -> None:
    rows = [
        {"id": "a", "status": "active", "last_activity": "2026-01-01", "campaign_name": "A", "party": ["Nell"],
         "turn_number": 4},
        {"id": "b", "status": "completed", "last_activity": "2026-01-03"},
        {"id": "c", "status": "timeout", "last_activity": "2026-01-02"},
    ]  # fmt: skip
    assert [r["id"] for r in running(rows)] == ["c", "a"]
    assert session_row(rows[0]).plain == "A — Nell, turn 4"


def test_only_the_seats_of_this_keyboard_are_taken_up_again() -> None:
    party = [
        {"act_for": "terminal:seat-2", "character_id": "C2", "name": "Pim", "player_name": "Bo"},
        {"act_for": "web:x", "character_id": "C9", "name": "Far", "player_name": "Web"},
        {"act_for": "terminal:seat-1", "character_id": "C1", "name": "Nell", "player_name": "Ana"},
    ]
    assert [(s.number, s.hero, s.player.name) for s in seats_of({"party": party})] == [
        (1, "Nell", "Ana"), (2, "Pim", "Bo"),
    ]  # fmt: skip


def test_the_clock_reads_as_a_time_of_day() -> None:
    assert [paint.clock(m) for m in (1110, 1450, None)] == ["18:30", "00:10", ""]


# --- scripts ---------------------------------------------------------------------------------------------------------


def test_a_script_is_settings_steps_and_blocks() -> None:
    script = parse_script(
        "# a comment\n@seats 2\n@hero 1 = nell\n@name 2 = Bo\n\nI look\n"
        "@if scene=library\n@choose a\n@else\n/wait\n@end\n@until fighting max=3 do: @all choose leave\n"
    )
    assert (script.seats, script.heroes, script.names) == (2, {1: "nell"}, {2: "Bo"})
    typed, branch, loop = script.steps
    assert (typed.text, typed.at.line) == ("I look", 6)
    assert [s.name for s in branch.body] == ["choose"] and [s.text for s in branch.other] == ["/wait"]
    assert loop.most == 3 and loop.do is not None and loop.do.name == "all"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("I look\n@jump high", "s.txt:2: there is no directive @jump"),
        ("@expect moon=full", "s.txt:1: “moon=full” is no check"),
        ("@expect hero 1 beard>0", "is no check"),
        ("@seats 9", "@seats takes a number"),
        ("@if fighting\nI look", "s.txt:1: this @if has no @end"),
        ("@end", "@end without an @if"),
        ("@until fighting do: 1", "@until is written"),
        ("@hero nell", "@hero 1 = KEY"),
        ("@choose", "@choose needs something"),
        ("@fight badly", "@fight knows only auto"),
        ("@go", "@go needs something"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named_by_file_and_line(text: str, says: str) -> None:
    with pytest.raises(ScriptProblem) as problem:
        parse_script(text, "s.txt")
    assert says in str(problem.value)


VIEW = {
    "status": "active", "mode": "beats", "turn_number": 12, "clock": 1110, "party": [1, 2, 3], "encounter": None,
    "scene": {"key": "library"}, "ending": None,
}  # fmt: skip
FACTS = Facts(
    VIEW, {1: {"hp": 7, "inventory": [{"item": "bond", "quantity": 2}]}}, {2: frozenset({"leave"})},
    {"check_rolled": 3}, untold=1, refusal="not_your_turn",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "so"),
    [
        ("status=active", True), ("scene=quay|library", True), ("scene!=library", False), ("ending=won", False),
        ("turn>=12", True), ("turn<12", False), ("party=3", True), ("clock>=18:30", True), ("clock>18:30", False),
        ("fighting", False), ("not fighting", True), ("narrated", False), ("hero 1 hp>0", True),
        ("hero 1 hp > 7", False),
        ("item 1 bond>=2", True), ("item 1 sword>=1", False), ("item 1 sword=0", True), ("seen check_rolled>=3", True),
        ("offered 2: leave", True), ("not offered 2: stay", True), ("refused", True), ("refused=not_your_turn", True),
        ("refused=no_mana", False),
    ],
)  # fmt: skip
def test_a_check_reads_the_state(text: str, so: bool) -> None:
    assert holds(parse_condition(text), FACTS)[0] is so


@pytest.mark.parametrize(
    "text", ["", "turn", "turn>=many", "status>=active", "hero x hp>0", "offered Leave!"]
)
def test_what_is_no_check_is_refused(text: str) -> None:
    with pytest.raises(BadCondition):
        parse_condition(text)


def test_an_automatic_fighter_helps_the_fallen_first_and_else_strikes_the_weakest() -> None:
    order = [
        {"id": "n", "kind": "hero", "name": "Nell", "hp": 0, "hp_max": 12, "down": True},
        {"id": "h.1", "kind": "creature", "name": "Hound 1", "hp": 9, "hp_max": 9},
        {"id": "h.2", "kind": "creature", "name": "Hound 2", "hp": 2, "hp_max": 9},
    ]
    foes = (("h.1", "Hound 1"), ("h.2", "Hound 2"))
    cut = Choice("ability", "cut", "Cut", foes)
    mend = Choice("ability", "mend", "Mend", (("n", "Nell"),), 3, "Heals a friend.")
    view = {"encounter": {"order": order}}
    assert fight_action(view, [cut, mend]) == {"kind": "ability", "id": "mend", "target": "n"}
    order[0] |= {"hp": 12, "down": False}
    assert fight_action(view, [cut, mend]) == {"kind": "ability", "id": "cut", "target": "h.2"}
    strike = Choice("attack", "attack", "Attack with bare hands", foes)
    assert fight_action(view, [strike, cut]) == {"kind": "ability", "id": "cut", "target": "h.2"}
    assert fight_action(view, [strike]) == {"kind": "attack", "target": "h.2"}
    assert fight_action(view, [Choice("defend", "defend", "Defend")]) == {"kind": "defend"}
