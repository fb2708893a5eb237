"""Cards: every sample in every medium, within every limit, and harmless whatever somebody typed."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules import events as rule_events
from bot import cards
from bot.cards import as_discord, choices, fight_board, ids, samples, samples_states, samples_world
from bot.cards.as_discord import to_messages
from bot.cards.as_html import to_html
from bot.cards.as_text import to_text
from bot.cards.discord_text import escape
from bot.cards.model import Button, Card, Field, bar, i, line
from bot.cards.plain import neutralise, one_line, split_prose
from bot.cards.receipt_brief import brief
from bot.cards.receipts import RECEIPTS, receipt

SAMPLES = samples.all_cards()
NASTY = "@everyone <@123> <@&9> <#5> **b** `c` ||s|| [x](https://evil.example) # h\n> q\n- l"


def shown_text(message: dict[str, Any]) -> str:
    return "\n".join(str(e.to_dict()) for e in message["embeds"])


def check_limits(message: dict[str, Any]) -> None:
    """Everything that Discord would refuse with 50035."""
    embeds = message["embeds"]
    assert 1 <= len(embeds) <= 10
    assert sum(len(e) for e in embeds) <= as_discord.MESSAGE
    for e in embeds:
        assert len(e.title or "") <= 256 and len(e.description or "") <= 4096
        assert len(e.fields) <= 25 and len(e.footer.text or "") <= 2048 and len(e.author.name or "") <= 256
        for f in e.fields:
            assert 1 <= len(f.name or "") <= 256 and 1 <= len(f.value or "") <= 1024
    view = message["view"]
    if view is None:
        return
    rows = view.to_components()
    assert len(rows) <= 5
    seen: list[str] = []
    for row in rows:
        parts = row["components"]
        assert len(parts) <= (1 if parts[0]["type"] == 3 else 5)
        for p in parts:
            assert 1 <= len(p["custom_id"]) <= 100 and len(p.get("label") or "x") <= 80
            seen.append(p["custom_id"])
            if p["type"] == 3:
                assert 1 <= len(p["options"]) <= 25 and len(p["placeholder"]) <= 150
                values = [o["value"] for o in p["options"]]
                assert len(set(values)) == len(values) and all(len(v) <= 100 for v in values)
                assert all(len(o["label"]) <= 100 for o in p["options"])
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_a_discord_message_a_text_and_html(name: str) -> None:
    card = SAMPLES[name]
    for message in to_messages(card):
        check_limits(message)
    text, page = to_text(card), to_html(card)
    assert text.strip() and "<" not in re.sub(r"</?[a-z][^>]*>", "", page)
    if card.title:
        assert neutralise(card.title) in text


@pytest.mark.parametrize("name", SAMPLES)
def test_d6_no_card_can_ping(name: str) -> None:
    for message in to_messages(SAMPLES[name]):
        allowed = message["allowed_mentions"]
        assert not allowed.everyone and not allowed.users and not allowed.roles and not allowed.replied_user
        assert "content" not in message  # everything stands in embeds, where a mention cannot ping either


@pytest.mark.parametrize("name", SAMPLES)
def test_every_custom_id_can_be_read_back(name: str) -> None:
    card = SAMPLES[name]
    for custom_id in [b.custom_id for b in card.buttons] + [s.custom_id for s in card.selects]:
        target = ids.parse(custom_id)
        assert target is not None and target.kind and target.verb


def test_what_players_type_shows_as_they_typed_it() -> None:
    out = escape(NASTY)
    assert "@everyone" not in out and "<@" not in out.replace("\\<@", "") and "\\*\\*b\\*\\*" in out
    assert "https://" not in out and "\\# h" in out and "\n\\> q" in out and "\n\\- l" in out


def test_nasty_names_and_actions_stay_text_everywhere() -> None:
    resolved = samples.answers()["resolved"]
    resolved["deeds"][0] |= {"character_name": NASTY, "text": NASTY}
    narrated = samples.answers()["narrated"] | {"text": NASTY + "\n<script>alert(1)</script>"}
    view = samples.view()
    view["party"][0]["name"] = NASTY
    for card in (
        cards.outcome("S1", resolved), cards.narration("S1", narrated, resolved), cards.table(view),
        cards.lobby(view | {"status": "lobby"}), cards.party(view), cards.chat({"name": NASTY, "text": NASTY}),
        cards.corrected({"character_name": NASTY, "text": NASTY}),
        cards.boundaries({"lines": [{"name": NASTY}], "veils": [], "topics": []}, "S1", "s" * 40),
        cards.sentences({"turn_id": "T1", "sentences": [{"number": 1, "text": NASTY, "events": []}]}, "S1"),
    ):  # fmt: skip
        for message in to_messages(card):
            check_limits(message)
            for embed in message["embeds"]:
                embed.remove_author()  # an author line is no markdown: nothing in it can ping or link
            text = shown_text(message)
            assert "@everyone" not in text and "(https://evil" not in text
        assert "<script>" not in to_html(card)


@given(st.text(max_size=400))
def test_no_control_override_or_hidden_character_survives(text: str) -> None:
    out = neutralise(text)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\x00-\x08\x0e-\x1f\x7f]", out)
    assert not re.search("[\u0300-\u036f]{5}", out)
    assert "\n" not in one_line(text)


@given(st.text(max_size=300))
def test_escaped_text_never_holds_a_live_mention(text: str) -> None:
    out = escape(text)
    assert not re.search(r"@(everyone|here)", out) and not re.search(r"(?<!\\)<[@#]", out)


def test_towers_of_accents_are_cut_but_languages_are_not() -> None:
    assert neutralise("Z" + "\u0301" * 40).count("\u0301") <= 3
    assert neutralise("Nguyễn Ánh, Çağrı, हिन्दी, 👩‍🚀") == "Nguyễn Ánh, Çağrı, हिन्दी, 👩‍🚀"


@given(st.lists(st.text(alphabet="abc .!?\n", min_size=1, max_size=80), max_size=60), st.integers(40, 200))
def test_d7_split_prose_loses_no_word(parts: list[str], limit: int) -> None:
    text = " ".join(parts)
    cut = split_prose(text, limit)
    assert all(0 < len(p) <= limit for p in cut)
    assert "".join("".join(cut).split()) == "".join(text.split())


def test_d7_long_prose_is_split_at_sentence_ends() -> None:
    text = " ".join(f"This is sentence number {n} of a long tale." for n in range(400))
    messages = to_messages(cards.narration("S1", samples.NARRATED | {"text": text}, samples.RESOLVED))
    assert len(messages) > 1
    told = ""
    for message in messages:
        check_limits(message)
        for embed in message["embeds"]:
            assert (embed.description or "").rstrip().endswith((".", "HP", "+15", "×2"))
            told += embed.description or ""
    assert all(f"number {n} of" in told for n in range(400))
    # The continuation says whose it is, so that the relay finds it again.
    assert "why:S1:p2" in str(messages[1]["view"].to_components())


def test_d7_six_thousand_characters_count_across_all_embeds() -> None:
    fields = tuple(Field(f"name {n}", (line("x" * 1000),)) for n in range(25))
    card = Card(
        "outcome",
        "T" * 300,
        (line("word " * 900),),
        fields,
        footer="f" * 3000,
        buttons=(Button("a", "coc:a:b:c"),),
    )
    for message in to_messages(card):
        check_limits(message)


@pytest.mark.parametrize("kind", RECEIPTS)
def test_an_event_in_a_strange_shape_costs_its_line_and_nothing_else(kind: str) -> None:
    assert receipt({"type": kind}) is None or isinstance(receipt({"type": kind}), str)
    brief([{"type": kind}, {"type": "not_known_here"}])


def test_a_check_shows_how_it_was_rolled() -> None:
    check = samples.RESOLVED["deeds"][0]["events"][0]
    assert receipt(check) == "🎲 Intelligence 14 + 2 = 16 vs 10 — success"
    twice = check | {"rolls": [14, 3], "kept": 3, "total": 5, "degree": "failure"}
    assert receipt(twice) == "🎲 Intelligence 3 + 2 = 5 (of 14, 3) vs 10 — failure"


def test_a_check_says_by_how_much_and_what_helped_and_hindered() -> None:
    check = samples.RESOLVED["deeds"][0]["events"][0]
    both = check | {"rolls": [14, 3], "reasons": ["+Inspired", "-Blinded"], "margin": 6}
    assert receipt(both) == (
        "🎲 Intelligence 14 + 2 = 16 (of 14, 3: + Inspired, − Blinded) vs 10 — success by 6"
    )
    assert (receipt(check | {"margin": 0}) or "").endswith("— success, to the point")
    partial = receipt(check | {"degree": "partial", "margin": -1}) or ""
    assert partial.endswith("— success at a price, 1 short")


def test_damage_says_where_each_point_comes_from() -> None:
    hurt = samples_world.HARD["deeds"][0]["events"][1]
    assert receipt(hurt) == (
        "🩸 Bell Thief −7 HP (fire, weak to it: 1d6 = 4, intelligence +3, magic +6, resistance −2, weakness +5, "
        "Shielded −6, no HP left −3), 0 left"
    )
    assert sum(amount for _, amount in hurt["parts"]) == hurt["amount"]
    taken = hurt | {"parts": [["1d6", 7]]}
    assert receipt(taken) == "🩸 Bell Thief −7 HP (fire, weak to it, shielded took 6), 0 left"
    plain = {"type": "damage_dealt", "target": "n", "target_name": "Nell", "amount": 2, "damage_type": "slashing",
             "hp_after": 8, "parts": [["Bleeding", 2]], "means_key": "bleeding"}  # fmt: skip
    assert receipt(plain) == "🩸 Nell −2 HP (slashing), 8 left, from bleeding"


def test_contests_group_checks_and_saves_show_both_sides() -> None:
    contest = {"type": "contest_rolled", "actor": "n", "actor_name": "Nell", "stat": "charisma", "rolls": [9],
               "kept": 9, "modifier": 1, "total": 10, "rival_name": "Pell", "rival_roll": 12, "rival_modifier": -1,
               "rival_total": 11, "margin": -1, "degree": "failure"}  # fmt: skip
    assert receipt(contest) == "🎲 Charisma 9 + 1 = 10 vs Pell 12 − 1 = 11 — failure by 1"
    group = {"type": "group_checked", "stat": "dexterity", "band": "medium", "difficulty": 12, "actors": ["n", "p"],
             "names": ["Nell", "Pim"], "degrees": ["success", "failure"], "worked": 1, "needed": 1, "margin": 2,
             "degree": "success"}  # fmt: skip
    assert receipt(group) == ("👥 Together (dexterity vs 12): Nell ✓, Pim ✗ — 1 of 2, 1 needed: success by 2")
    save = samples_world.HARD["deeds"][0]["events"][2]
    assert receipt(save) == "🎲 Bell Thief against Burning: constitution 13 + 1 = 14 vs 12 — kept off"
    assert (receipt(save | {"moment": "end", "saved": False}) or "").endswith("— it stays")


UNSEEN = {  # no receipt: told by the story, or bookkeeping
    "affordance_used", "spoke", "improvised", "flag_set", "combat_turn_started", "combat_turn_ended",
    "cooldown_started", "fighters_renewed", "threat_changed",
}  # fmt: skip


def test_every_kind_of_event_has_a_receipt_or_is_known_to_show_none() -> None:
    kinds = set(rule_events.Event.TYPES)
    assert kinds - set(RECEIPTS) == UNSEEN
    assert set(RECEIPTS) <= kinds


def filled(kind: type[rule_events.Event]) -> dict[str, Any]:
    """An event with something in every field, as it goes over the wire."""
    values: dict[str, Any] = {"int": 1, "bool": True, "str": "ann"}
    values |= {
        "tuple[str, ...]": ("Ann",),
        "tuple[int, ...]": (1,),
        "tuple[tuple[str, int], ...]": (("1d6", 1),),
    }
    values |= {"Mapping[str, int]": {"strength": 12}, "Mapping[str, Any] | None": None}
    return kind(**{f.name: values.get(str(f.type), ()) for f in dataclasses.fields(kind)}).to_json()


@pytest.mark.parametrize("kind", sorted(set(RECEIPTS) - {"intent_cleared"}))
def test_a_receipt_can_be_drawn_from_what_the_api_sends(kind: str) -> None:
    event = filled(rule_events.Event.TYPES[kind])
    assert receipt(event)
    turn = {"turn_id": "T1", "turn_number": 1, "deeds": [], "closing": [event, {"type": "not_known_here"}]}
    for card in (cards.outcome("S1", turn), cards.narration("S1", {**turn, "text": "Told."}, turn)):
        for message in to_messages(card):
            check_limits(message)


def test_a_lost_plan_is_shown_and_a_plan_that_is_done_is_not() -> None:
    cleared = {
        "type": "intent_cleared",
        "actor": "n",
        "actor_name": "Nell",
        "why": "dropped",
        "reason": "Gone.",
    }
    assert receipt(cleared) == "🎯 Nell's plan cannot be done: Gone."
    assert receipt(cleared | {"why": "taken"}) is None


def test_what_a_turn_brought_stands_in_blocks_and_not_again_in_the_small_lines() -> None:
    told = cards.narration("S1", samples_world.HARD, samples_world.HARD)
    blocks = {f.name: to_text(Card("x", body=f.lines)) for f in told.fields}
    assert list(blocks) == ["📜 Quests", "🌟 Level up", "🎒 Spoils"]
    assert (
        "Nell Tarrow is level 4: 41 HP · 12 MP · strength 17 · 1 skill point to spend"
        in blocks["🌟 Level up"]
    )
    assert "Pim Cardew: Tarred Ring of the Ebb" in blocks["🎒 Spoils"]
    small = to_text(Card("x", body=told.body))
    assert "Tarred Ring" not in small and "level 4" not in small and "Bell of Saltmere" not in small
    road = cards.narration("S1", samples_world.ROAD, samples_world.ROAD)
    assert [f.name for f in road.fields] == ["🥾 The journey", "📜 Quests"]


def test_an_ordinary_turn_has_no_blocks() -> None:
    assert cards.narration("S1", samples.NARRATED, samples.RESOLVED).fields == ()


def test_the_fight_board_shows_rows_conditions_phases_and_who_is_dying() -> None:
    text = to_text(SAMPLES["table in a hard fight"])
    assert "Bell Thief" in text and "With Both Hands Free, burning ×2 2, shielded 3 (takes 6)" in text
    assert "dying, 1/3 to live, 2/3 to die, back row" in text
    assert "means to: Shoulder Charge: Bell Thief" in text
    assert "Gull" not in text  # has fled
    assert fight_board.fate({"down": True, "dead": True}) == "dead"
    assert fight_board.fate({"down": True, "stable": True}) == "down, stable"
    assert fight_board.fate({"down": False}) == ""


def test_the_journal_shows_the_objective_and_how_much_is_there() -> None:
    text = to_text(SAMPLES["quest journal"])
    assert "Find who took the bell. (part 2 of 3)" in text and "2/6" in text and "✅ Wick (done)" in text
    assert (
        "🏅 A Candle for Jory (done)" in text
        and "🥀 The Kettle (failed)" in text
        and "1 under way, 2 behind you" in text
    )


def test_a_journal_of_many_quests_stays_within_discords_limits() -> None:
    entries = [samples_world.JOURNAL[n % 3] | {"name": f"Quest {n} " + "x" * 80} for n in range(90)]
    for message in to_messages(cards.journal({"quests": entries})):
        check_limits(message)


def test_narration_stands_above_its_receipts() -> None:
    text = to_text(cards.narration("S1", samples.NARRATED, samples.RESOLVED))
    assert text.index("Those were in order") < text.index("Strength 6 − 1 = 5 vs 13 ✗")


def test_the_table_tells_who_is_awaited_and_until_when() -> None:
    message = to_messages(SAMPLES["table"])[0]
    text = shown_text(message)
    assert "Waiting for **Pim Cardew**" in text and "<t:1795638690:R>" in text
    assert [b.label for b in SAMPLES["table"].buttons][:3] == [
        s["label"] for s in samples.view()["suggested"]
    ]


def test_d8_choices_are_at_most_25_a_menu_and_nothing_is_lost() -> None:
    legal = [{"kind": "affordance", "id": f"thing_{n}", "label": f"Do thing {n}"} for n in range(130)]
    card = choices.chooser("S1", 3, legal)
    assert [len(s.options) for s in card.selects] == [25, 25, 25, 25] and card.buttons[0].label == "More…"
    check_limits(to_messages(card)[0])
    rest = choices.chooser("S1", 3, legal, page=1)
    assert sum(len(s.options) for s in rest.selects) == 30 and not rest.buttons


def test_d8_autocompletion_offers_at_most_25_and_the_typed_words_first() -> None:
    legal = [{"kind": "affordance", "id": f"thing_{n}", "label": f"Do thing {n}"} for n in range(130)]
    rows = choices.autocomplete(legal, "do thing")
    assert len(rows) == 25 and rows[0] == ("do thing", "do thing")
    assert all(len(name) <= 100 and len(value) <= 100 for name, value in rows)
    assert len(choices.autocomplete(legal, "")) == 25


def test_a_refusal_offers_what_is_legal_as_buttons() -> None:
    card = cards.refusal("Not now.", "S1", 5, samples.LEGAL)
    assert [b.label for b in card.buttons][1] == "Talk → Odile Marrash" and len(card.buttons) == 5
    assert card.buttons[2].custom_id == "coc:act:S1:pick:5:ability:measured_cut"  # two targets: asks whom
    assert not any("rest" in b.custom_id for b in card.buttons)  # not possible, so not offered


def test_an_action_goes_through_a_menu_value_unchanged() -> None:
    for action in (
        {"kind": "ability", "id": "cut", "target": "inkhound.1"},
        {"kind": "defend"},
        {"kind": "item", "id": "a"},
    ):
        value = ids.value_of(action["kind"], action.get("id"), action.get("target"))
        assert ids.action_of(value) == action


def test_a_bar_is_never_empty_while_something_is_left() -> None:
    assert (
        bar(1, 400) == "▰" + "▱" * 7
        and bar(0, 10) == "▱" * 8
        and bar(10, 10) == "▰" * 8
        and bar(5, 0) == "▱" * 8
    )


@pytest.mark.asyncio
async def test_cards_are_sent_without_keeping_their_views_in_memory() -> None:
    message = to_messages(SAMPLES["table"])[0]
    assert isinstance(message["view"], discord.ui.View) and message["view"].is_finished()


def test_a_card_without_words_is_still_a_message() -> None:
    check_limits(to_messages(Card("x", "", (line(i("")),), buttons=(Button("", "coc:a:b:c"),)))[0])


def test_a_player_reads_how_busy_the_game_master_is() -> None:
    answer = {"events": [], "waiting_for": [], "session": samples.view()}
    busy = {"queue": {"waiting": 7, "seconds": 12, "message": "Many tables are playing: 7 turns wait."}}
    assert "7 turns wait" in to_text(cards.noted(answer | busy, "I look around"))
    assert "⏳" not in to_text(cards.noted(answer, "I look around"))


@pytest.mark.parametrize(
    "name", ["table, ten heroes", "fight, ten heroes", "party of ten", "lobby, ten players"]
)
def test_ten_heroes_with_long_names_are_all_shown_in_one_message(name: str) -> None:
    (message,) = to_messages(SAMPLES[name])
    check_limits(message)
    text = shown_text(message)
    assert text.count(samples_states.LONG) >= 5 and "Ada Ninefold 8" in text and "more" not in text


def test_what_one_field_cannot_hold_goes_on_in_the_next() -> None:
    rows = tuple(line(f"line {n} " + "x" * 60) for n in range(40))
    (message,) = to_messages(Card("x", "T", (), (Field("Long", rows),)))
    check_limits(message)
    fields = message["embeds"][0].fields
    assert fields[0].name == "Long" and len(fields) > 1
    assert all(f"line {n} " in "".join(f.value for f in fields) for n in range(40))


def test_the_table_says_in_words_who_is_up_who_has_spoken_and_who_has_not() -> None:
    text = to_text(SAMPLES["table"])
    assert "✅ Nell Tarrow (has spoken)" in text and "⏳ Pim Cardew (still to speak)" in text
    assert "13/16 HP" in text and "8/8 MP" in text
    rests = to_text(SAMPLES["table, resting"])
    assert "still to speak" not in rests and "has spoken" not in rests


def test_the_fallen_foes_of_a_fight_stand_below_those_who_act() -> None:
    text = to_text(SAMPLES["fight, ten heroes"])
    assert "Out of the fight: Inkhound 3" in text and "Inkhound 2 (foe)" in text
    assert "Ada Ninefold 0 (is up)" in text


def test_a_refusal_without_legal_actions_still_has_a_way_on() -> None:
    assert [b.label for b in SAMPLES["refusal, nothing legal"].buttons] == ["What can I do?"]


def test_help_offers_deeds_to_whoever_is_asked_and_to_nobody_else() -> None:
    suggestion = samples.view()["suggested"][0]["label"]
    assert suggestion in [b.label for b in SAMPLES["help, your turn"].buttons]
    assert [b.label for b in SAMPLES["help, the others' turn"].buttons] == ["What can I do?", "My sheet"]


# --- what a player asks about ------------------------------------------------------------------------------------


def test_lore_shows_what_is_told_and_what_the_rules_say_of_it() -> None:
    text = cards.to_text(cards.lore({"name": "long lancet", "text": "Thin steel.", "facts": ["worn (body)"]}))
    assert "long lancet" in text and "Thin steel." in text and "worn (body)" in text


def test_usage_shows_calls_what_is_left_and_what_it_cost() -> None:
    today = {"used": 12, "limit": 50, "left": 38, "calls": {"narration": 9, "rulings": 3, "repairs": 0}}
    days = [{"day": "2026-11-25", "usd": 0.0123, "calls": 12, "estimated": 1, "sessions": []}]
    used = {"tier": "FREE", "today": today, "days": days, "ceiling_reached": False}
    text = cards.to_text(cards.usage(used))
    assert "Today 12 of 50 calls of models, 38 left." in text and "passages told: 9" in text
    assert "passages mended" not in text and "2026-11-25: $0.0123 for 12 calls, 1 of them guessed" in text
    unlimited = {**used, "today": {**today, "limit": None, "left": None}, "days": [], "ceiling_reached": True}
    assert "without limit" in cards.to_text(cards.usage(unlimited))
    assert "storyteller tells until then" in cards.to_text(cards.usage(unlimited))
