"""What people and heroes may be called."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.content.catalogue import Content
from api.errors import Invalid
from api.services.names import LONGEST, PLAIN, SHORTEST, alphabets, borne_name, clean_name, readings


@pytest.mark.parametrize(
    "name",
    ["Ann", "Ó Briain", "Jean-Luc", "D'Arcy", "Åsa Öberg", "Иван", "Ἀριάδνη", "山田花子", "さくらモモ子", "김민준",
     "R2 D2", "Admira Lord", "Hosta", "Systema", "Scunthorpe", "Dick van Dyke", "Master Goodman", "Botolph"],
)  # fmt: skip
def test_names_of_all_the_world_are_taken_as_they_are(name: str) -> None:
    assert clean_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "name",
    ["Game Master", "GAME-MASTER", "game.master", "G4me M4ster", "Gаme Mаster", "ＧａｍｅＭａｓｔｅｒ", "Gámè Mästér",
     "Sуstem", "SYSTEM", "5ystem", "Staff", "St4ff", "Admin", "Adm1n", "AdmlN",
     "The Game Master", "Your Dungeon Master", "Code of Conquest Team", "Moderator Joe", "everyone", "GM", "ЅТАFF"],
)  # fmt: skip
def test_nobody_passes_for_the_game_or_for_who_runs_it(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_name(name)
    assert refused.value.details["field"] == "name"


@pytest.mark.parametrize("name", ["Аnn", "Annα", "Bоb", "Яnn", "Αnn", "Ann Иван", "김Ann"])
def test_alphabets_that_look_alike_do_not_mix(name: str) -> None:
    with pytest.raises(Invalid, match="keep to one alphabet"):
        clean_name(name)


@pytest.mark.parametrize("name", ["", " ", "A", "1", "12", "--", "\u3164\u3164", "An\u3164n", "😀😀", "Ann<b>",
                                  "Ann@here", "A_b", "\u115f\u1160", "Ann\u2800",
                                  "x" * 33, "-.-", "\u0301\u0301"])  # fmt: skip
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        clean_name(name)


def test_what_cannot_be_seen_does_not_stay_in_a_name() -> None:
    assert clean_name("A\u200bn\u202en\u2066 B\x00o\ufeffb") == "Ann B ob"
    assert clean_name("Z" + "\u0301" * 40 + "ed") == "Ź\u0301\u0301ed"


@pytest.mark.parametrize("name", ["Fuck", "Sir Fuck", "sh1t", "Wänker Jones"])
def test_rude_names_are_refused_and_words_that_only_hold_one_are_not(name: str) -> None:
    with pytest.raises(Invalid, match="not a name for this table"):
        clean_name(name)
    assert clean_name("Cocker Titsworth") == "Cocker Titsworth"


def test_a_name_from_elsewhere_is_shown_unless_it_passes_for_the_game() -> None:
    assert borne_name("✨ Ann ✨ Иван") == "✨ Ann ✨ Иван"
    assert (
        borne_name("Game  Master") == borne_name("Ѕystem") == borne_name("\u200b") == borne_name("") == PLAIN
    )
    assert len(borne_name("x" * 500)) == 40


def test_every_ready_made_hero_has_a_name_that_players_may_bear(content: Content) -> None:
    assert [clean_name(h.name) for h in content.heroes.values()] == [h.name for h in content.heroes.values()]


@given(st.text(max_size=80))
def test_any_text_is_a_name_within_the_rules_or_is_refused(text: str) -> None:
    try:
        name = clean_name(text)
    except Invalid as refused:
        assert refused.details["problem"]
        return
    assert SHORTEST <= len(name) <= LONGEST and any(c.isalpha() for c in name)
    assert clean_name(name) == name
    assert all(unicodedata.category(c)[0] != "C" for c in name)
    assert len(alphabets(name)) <= 3 and "gamemaster" not in readings(name)
    assert borne_name(name) == name
