"""Reading a text as people see it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.moderation.builtin import standard_moderator
from api.moderation.normalise import MOST_READINGS, read


@pytest.mark.parametrize(
    "written",
    ["goblin", "GOBLIN", "g0bl1n", "g.o.b.l.i.n", "g-o-b_l-i-n", "ｇｏｂｌｉｎ", "gоblіn", "g\u200bo\u00adblin",
     "gób́lín", "goooooblin", "g*blin", "“goblin!”"],
)  # fmt: skip
def test_a_word_is_read_through_its_disguise(written: str) -> None:
    (word,) = read(written).words
    assert "goblin" in word.readings
    assert (word.start, word.end) == (0, len(written))


def test_letters_that_stand_apart_are_read_together_and_words_of_one_letter_are_not() -> None:
    reading = read("I see a g o b l i n here")
    assert "goblin" in [r.readings[0] for r in reading.runs]
    assert reading.told == "i see goblin here" or "goblin" in reading.told.split()
    assert read("I am a cat").runs == ()


def test_doubled_letters_stay_doubled() -> None:
    assert read("butt").told == "butt" and "but" not in read("butt").words[0].readings
    assert set(read("buuut").words[0].readings) == {"but", "buut"}


def test_numbers_stay_numbers() -> None:
    assert read("in 1203 for 45 gold").told == "in 1203 for 45 gold"


@given(st.text(max_size=300))
def test_any_text_is_read_and_looked_at_within_bounds(text: str) -> None:
    reading = read(text)
    assert all(0 <= w.start < w.end <= len(text) and len(w.readings) <= MOST_READINGS for w in reading.words)
    assert len(reading.plain) == len(reading.at)
    verdict = standard_moderator().look(text, "chat", "everyone")
    assert 0 <= verdict.start <= verdict.end <= len(text)


def test_a_text_made_to_be_slow_is_bounded() -> None:
    for nasty in ("1!|" * 5000, "a " * 9000, "*" * 9000, "a.b-" * 4000, "ſ" * 9000):
        standard_moderator().look(nasty, "chat", "everyone")
