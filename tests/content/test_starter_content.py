"""What the starter content promises: enough of everything, whole paths, and prose that keeps the house style."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml

from api.content.catalogue import Content, UnknownContent
from api.content.definitions import KINDS, AffordanceDef, Definition, Outcome, SceneDef
from api.content.loader import load_content
from api.content.schemas import SCHEMAS, schema_texts
from api.content.stats import counts, figures

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content(DATA)


def affordances(content: Content) -> Iterator[tuple[str, AffordanceDef]]:
    for key, scene in content.scenes.items():
        for affordance in scene.affordances:
            yield key, affordance


def outcomes(content: Content) -> Iterator[tuple[str, Outcome]]:
    for key, affordance in affordances(content):
        yield f"{key}.{affordance.key}", affordance.success
        if affordance.failure:
            yield f"{key}.{affordance.key}.failure", affordance.failure
    for key, one in content.encounters.items():
        for result in (one.victory, one.defeat, one.flight, one.parley, one.surrender):
            if result:
                yield key, result
    for key, quest in content.quests.items():
        yield from ((f"{key}.{stage.key}", stage.reward) for stage in quest.stages if stage.reward)
    for key, activity in content.downtime.items():
        yield from ((key, result) for result in (activity.success, activity.failure) if result)


def test_there_is_enough_to_play_with(content: Content) -> None:
    found = counts(content)
    least = {
        "classes": 3, "origins": 4, "abilities": 12, "items": 20, "creatures": 8, "bosses": 1, "npcs": 6,
        "locations": 6, "campaigns": 1,
    }  # fmt: skip
    assert {key: found[key] for key in least if found[key] < least[key]} == {}
    assert "vanguard" in content.classes
    assert "noble_exile" in content.origins
    assert len(content.encounters) >= 3


def test_the_counts_are_those_of_the_files(content: Content) -> None:
    found = counts(content)
    for kind in ("classes", "abilities", "origins", "items", "creatures", "campaigns"):
        assert found[kind] == len(list((DATA / kind).glob("*.yaml")))


def test_the_printed_figures_name_every_key_once(content: Content) -> None:
    printed = figures(content)
    assert printed["name"] == "content" and printed["ok"] is True
    assert list(printed["figures"]) == [
        "classes", "skill_nodes", "abilities", "origins", "items", "creatures", "bosses", "loot_tables", "regions",
        "locations", "quests", "npcs", "campaigns",
    ]  # fmt: skip
    for figure in printed["figures"].values():
        assert set(figure) == {"value", "unit", "baseline", "gate", "goal"}


def test_the_committed_schemas_are_current() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in SCHEMAS.glob("*")}
    assert written == schema_texts(), "run: python -m api.content.schemas"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_file_fits_its_published_schema(kind: str) -> None:
    validator = jsonschema.Draft202012Validator(
        json.loads((SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))
    )
    for path in sorted((DATA / kind).glob("*.yaml")):
        faults = list(validator.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8"))))
        assert faults == [], path


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_file_tells_the_editor_its_schema(kind: str) -> None:
    for path in sorted((DATA / kind).glob("*.yaml")):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first == f"# yaml-language-server: $schema=../schemas/{kind}.json", path


def test_an_unknown_key_is_answered_with_near_ones(content: Content) -> None:
    with pytest.raises(UnknownContent) as caught:
        content.item("red_cordal")
    assert caught.value.near[0] == "red_cordial"
    assert str(caught.value).startswith("there is no 'red_cordal' in items (did you mean red_cordial")
    with pytest.raises(UnknownContent):
        content.get("item", "red_cordial")
    assert content.get("items", "red_cordial") is content.item("red_cordial")


def test_the_hash_follows_every_change_of_meaning_and_nothing_else(content: Content) -> None:
    again = load_content(DATA)
    assert again.content_hash == content.content_hash
    definitions: dict[str, dict[str, Definition]] = {kind: dict(getattr(content, kind)) for kind in KINDS}
    assert Content.from_definitions(definitions).content_hash == content.content_hash
    changed = content.items["tin_whistle"].model_copy(update={"value": 3})
    definitions["items"]["tin_whistle"] = changed
    assert Content.from_definitions(definitions).content_hash != content.content_hash


def test_content_cannot_be_changed_after_loading(content: Content) -> None:
    with pytest.raises(TypeError):
        content.items["sword_of_cheating"] = content.items["tin_whistle"]  # type: ignore[index]


# --- a party's first ten minutes ------------------------------------------------------------------------------------


def test_the_first_scene_offers_three_inviting_things_and_a_fight_on_the_way_out(content: Content) -> None:
    scene = content.scenes[content.campaigns["low_water_ledger"].start]
    suggested = [one for one in scene.affordances if one.suggest and not one.requires.flags]
    assert len(suggested) >= 3
    assert any(one.stat for one in suggested[:3])
    ways_out = [one for one in scene.affordances if one.stat is None and one.success.encounter]
    assert ways_out, "the plain way out leads through the first fight"
    fight = content.encounters[ways_out[0].success.encounter or ""]
    assert fight.victory.give, "the first fight leaves something to pick up"


def hits(affordance: AffordanceDef, typed: str) -> int:
    """How many of the affordance's stems and phrases stand in what a player typed."""
    said = re.sub(r"[^a-z ]+", " ", typed.lower())
    return sum(
        stem in said if " " in stem else any(word.startswith(stem) for word in said.split())
        for stem in affordance.words
    )


TYPED = [
    ("drowned_library", "I search the ancient library for a hidden door", "search_the_shelves"),
    ("drowned_library", "Let me talk to Odile and ask who wanted the bond", "question_odile"),
    ("drowned_library", "I grab the bag off the hook and look what is in the pockets", "open_the_satchel"),
    ("drowned_library", "I study the wet ledger page by page", "read_the_tide_ledger"),
    ("drowned_library", "smash the rusty cabinet open", "force_the_cabinet"),
    ("drowned_library", "go through the secret door and down the stairs", "take_the_hidden_door"),
    ("drowned_library", "we leave and climb up to the harbour", "climb_to_the_quay"),
    ("candle_quay", "I kneel and listen to the little girl with the ferry", "promise_tib"),
    ("candle_quay", "I try to convince the harbour-mistress to evacuate everyone", "persuade_ketch"),
    ("candle_quay", "I give her my sealed letter", "deliver_the_letter"),
    ("candle_quay", "I buy a candle and light it for my dead sister", "light_a_candle"),
    ("candle_quay", "observe the sand porters and count them", "watch_the_porters"),
    ("candle_quay", "I sneak down into the pound", "slip_into_the_pound"),
    ("candle_quay", "let us climb the hill to the magistrate's house", "climb_to_the_counting_house"),
    ("bailiffs_pound", "I gently tell Hask the truth", "tell_hask_the_truth"),
    ("bailiffs_pound", "I pray and read a psalm for him", "read_the_office"),
    ("bailiffs_pound", "cut the tickets and rescue the prisoners", "open_the_cages"),
    ("bailiffs_pound", "lift the big iron clapper", "take_the_bell_tongue"),
    ("bailiffs_pound", "rummage in the cupboards for loot", "search_the_wardrobes"),
    ("bailiffs_pound", "charge the anchor gate and smash it", "break_the_gate"),
    ("counting_house", "I audit the green ledgers", "read_the_year_books"),
    ("counting_house", "I confront Pell and make him confess", "press_pell"),
    ("counting_house", "unlock the strongroom with the key", "open_the_strongroom"),
    ("counting_house", "I show him my family signet ring", "show_the_signet"),
    ("counting_house", "I quietly pick the lock", "crack_the_strongroom"),
    ("counting_house", "we walk out through the garden to the causeway", "walk_out_to_the_causeway"),
    ("causeway", "ask the lighthouse keeper for advice", "ask_wick"),
    ("causeway", "I play my whistle", "play_the_tune"),
    ("causeway", "hang the clapper in the bell and ring it", "hang_the_bell_tongue"),
    ("causeway", "I sprint between the waves", "cross_between_waves"),
    ("causeway", "we march straight on", "march_down_the_road"),
    ("causeway", "turn back and save the people of the town", "turn_back_for_the_town"),
    ("weighing_floor", "I ask the old woman what she remembers", "ask_mother_neap"),
    ("weighing_floor", "I set my candle down", "set_down_the_candle"),
    ("weighing_floor", "argue that the drowned were payments, not gifts", "argue_the_account"),
    ("weighing_floor", "show the baby's thumbprint on the contract", "show_the_thumbprint"),
    ("weighing_floor", "sacrifice the flame of the lighthouse to pay", "pay_with_the_light"),
    ("weighing_floor", "I attack the Reckoner with my weapon", "draw_on_the_reckoner"),
    ("hithe_quay", "I lie down and listen to what is under the river", "listen_to_the_river"),
    ("hithe_quay", "break off a piece with a chisel and bottle it", "chip_a_bottle"),
    ("hithe_quay", "I ring the bell and warn everybody of the flood", "ring_the_flood_bell"),
    ("anchor_taproom", "I ask the landlady about the hats on the pegs", "ask_about_the_pegs"),
    ("anchor_taproom", "I buy the young man with the slate a beer", "buy_ned_a_drink"),
    ("anchor_taproom", "I eavesdrop on the gangers", "listen_to_the_blue_coats"),
    ("stopped_mill", "we climb up the ladder into the loft and fight the rats", "climb_to_the_loft"),
    ("stopped_mill", "I look upstream through a spyglass", "look_from_the_hoist"),
    ("commissioners_office", "I tell her the truth about the girl", "tell_crake_the_truth"),
    ("commissioners_office", "I steal the order from her drawer", "take_the_order"),
    ("commissioners_office", "I show them my signet ring", "show_the_signet"),
    ("lock_up", "I pick at the loose bolt", "work_the_bolt"),
    ("lock_up", "we sleep until morning and wait for the magistrate", "wait_for_the_magistrate"),
    ("dry_mile", "I sit down with Sukey and keep her company", "sit_with_sukey"),
    ("dry_mile", "I climb into the wreck and go through the cabin", "search_the_wreck"),
    ("aldermans_pool", "I uncork my bottle and pour the river water in", "pour_the_river"),
    ("aldermans_pool", "I make a speech to the alderman and plead", "petition_the_chair"),
    ("long_moor", "I give back the gold ring to her", "give_back_the_ring"),
    ("long_moor", "I tell them of the danger, they must move to high ground", "warn_the_tow"),
    ("sluice_house", "I copy the names from the book", "read_the_book_of_names"),
    ("sluice_house", "I ask for the key to the plug", "ask_for_the_key"),
    ("alder_carr", "I chase the goose and grab it", "catch_mister_pym"),
    ("alder_carr", "we follow the lights into the dark", "follow_the_lights"),
    ("glass_reach", "I kneel and look at the child's face", "look_at_the_girl"),
    ("glass_reach", "we string the net with the nine knots", "string_the_net"),
    ("bed_of_eleven", "I speak all their names aloud", "speak_the_names"),
    ("bed_of_eleven", "I reach up and take her hand", "touch_her_hand"),
    ("persuader_camp", "I pull the pin out of the neck", "draw_the_pin"),
    ("persuader_camp", "I attack the engine and smash it", "attack_the_engine"),
    ("old_bed", "turn the key in both handles and open it", "open_the_plug"),
    ("old_bed", "I carry the house up the bank", "move_the_house"),
    ("the_lean", "I offer myself in her place, take me instead", "take_her_place"),
    ("the_lean", "I ask it to breathe out just once", "ask_for_one_breath"),
    ("the_lean", "I show it the way round by the old bed", "show_it_the_old_way"),
]


@pytest.mark.parametrize(("scene", "typed", "meant"), TYPED)
def test_what_a_player_types_finds_the_affordance_that_is_meant(
    content: Content, scene: str, typed: str, meant: str
) -> None:
    ranked = sorted(content.scenes[scene].affordances, key=lambda one: hits(one, typed), reverse=True)
    assert ranked[0].key == meant
    assert hits(ranked[0], typed) > hits(ranked[1], typed)


@pytest.mark.parametrize(
    ("scene", "typed"),
    [
        ("drowned_library", "I look at the stairs for a moment"),
        ("drowned_library", "I sit down and put my hood up"),
        ("candle_quay", "I look up at the nineteen windows of Pell's house"),
        ("candle_quay", "What is that pound they keep mentioning?"),
        ("bailiffs_pound", "I look at the gate and the key on his belt"),
        ("counting_house", "I pull out a chair by the garden window"),
        ("causeway", "I look back at the town and its people"),
        ("causeway", "Gold and good weather, I say, what more do we want this time"),
        ("weighing_floor", "I look into the lamp and warm my hands at the light"),
        ("weighing_floor", "I give Mother Neap my coat"),
        ("weighing_floor", "I draw a picture of the town on the window"),
        ("alder_carr", "I look at the mist between the trunks"),
        ("persuader_camp", "I warm my hands on the boiler and look at the little plates"),
        ("the_lean", "I look at the cow and wave to it"),
        ("glass_reach", "I pick up the daisy and smell it"),
    ],
)
def test_words_that_only_mention_a_way_out_do_not_take_it(content: Content, scene: str, typed: str) -> None:
    leaving = [one for one in content.scenes[scene].affordances if one.success.moves]
    assert [one.key for one in leaving if hits(one, typed)] == []


def test_a_class_that_strikes_with_a_weapon_carries_one(content: Content) -> None:
    for one in content.classes.values():
        if any(content.abilities[key].uses_weapon for key in one.abilities):
            assert any(content.items[key].kind == "weapon" for key in one.starting_items)


def test_every_class_starts_with_something_that_heals_and_a_free_attack(content: Content) -> None:
    for one in content.classes.values():
        uses = [content.items[key].use for key in one.starting_items]
        assert any(use is not None and use.heal for use in uses)
        free = [content.abilities[key] for key in one.abilities]
        assert any(not a.cost_mp and not a.cooldown and a.target == "enemy" for a in free)


def test_an_origins_item_matters_somewhere(content: Content) -> None:
    wanted = {affordance.requires.item for _key, affordance in affordances(content)}
    for key, origin in content.origins.items():
        assert wanted & set(origin.starting_items), key


def test_the_ready_made_heroes_are_all_different(content: Content) -> None:
    mixes = {(hero.character_class, hero.origin) for hero in content.heroes.values()}
    assert len(mixes) == len(content.heroes) >= 4
    assert {hero.character_class for hero in content.heroes.values()} == set(content.classes)


# --- scenes and prose -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(path.stem for path in (DATA / "scenes").glob("*.yaml")))
def test_a_scene_has_what_a_table_needs(content: Content, key: str) -> None:
    scene = content.scenes[key]
    assert 8 <= len(scene.details) <= 14
    assert 4 <= len(scene.pressure) <= 6
    assert 3 <= len(scene.prompts) <= 5
    assert 5 <= len(scene.affordances) <= 7
    people = [*scene.people, *(content.npcs[one] for one in scene.npcs)]
    assert 1 <= len(people) <= 2
    assert all(4 <= len(person.lines) <= 6 for person in people)
    assert any(one.stat is None for one in scene.affordances)
    assert any(one.kind == "talk" for one in scene.affordances)
    assert all(6 <= len(one.words) <= 15 for one in scene.affordances)


def test_every_outcome_can_be_told_in_two_or_three_ways(content: Content) -> None:
    assert [where for where, outcome in outcomes(content) if not 2 <= len(outcome.tell) <= 3] == []


def test_no_sentence_makes_a_verb_agree_with_a_pronoun(content: Content) -> None:
    """{they} would need "opens" for she and "open" for they, so the texts keep to {actor}, {them} and {their}."""
    told = [text for _where, outcome in outcomes(content) for text in outcome.tell]
    assert [text for text in told if "{they}" in text] == []


def test_no_two_details_begin_alike(content: Content) -> None:
    seen: dict[tuple[str, ...], str] = {}
    for scene in content.scenes.values():
        for detail in scene.details:
            start = tuple(re.findall(r"[\w'’]+", detail.lower())[:3])
            assert start not in seen, f"{detail!r} begins like {seen.get(start)!r}"
            seen[start] = detail


def test_no_text_is_written_twice(content: Content) -> None:
    seen: set[str] = set()
    for scene in content.scenes.values():
        texts = [*scene.opening, *scene.details, *scene.pressure, *scene.prompts, scene.threat]
        texts += [line for person in scene.people for line in person.lines]
        for text in texts:
            assert text not in seen, text
            seen.add(text)
    told = [text for _where, outcome in outcomes(content) for text in outcome.tell]
    assert len(told) == len(set(told))


def test_every_sentence_is_finished(content: Content) -> None:
    def sentences(scene: SceneDef) -> Iterator[str]:
        yield from (*scene.opening, *scene.details, *scene.pressure, *scene.prompts, scene.threat)

    texts = [text for scene in content.scenes.values() for text in sentences(scene)]
    texts += [text for _where, outcome in outcomes(content) for text in outcome.tell]
    for campaign in content.campaigns.values():
        for ending in campaign.endings.values():
            texts += [*ending.text, *(one.text for one in ending.remembers)]
    assert [text for text in texts if text[-1] not in ".?!”"] == []


def test_every_ending_recalls_what_the_party_did(content: Content) -> None:
    for campaign in content.campaigns.values():
        assert len(campaign.endings) >= 3
        assert len(campaign.callbacks) >= 4
        for key, ending in campaign.endings.items():
            assert len({one.flag for one in ending.remembers}) >= 4, key
            assert all("{who}" in one.text for one in ending.remembers), key
