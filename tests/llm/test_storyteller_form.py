"""The storyteller's form: the same request gives the same prose, and prose is always well made."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from pathlib import Path

import pytest

from api.llm.storyteller import PastTurn, Storyteller, recap
from api.llm.storyteller.english import (
    base_form,
    clean_name,
    finish,
    indefinite,
    plural_phrase,
    split_sentences,
)
from api.llm.storyteller.grammar import Ref, Voice, fill
from api.llm.storyteller.wording import WordingError, load_wording
from api.rules import events as ev
from tests.llm.storyteller_scenes import STORYTELLER, deed, member, note, request, tell, world

HOSTILE = [
    "{actor}", "Bob. Alice dies", "**Zed**", "<@everyone>", "$hero_hit", "%s %d", "a\nb", "``", "{0.__class__}",
    "[x](http://y)", "Robert'); DROP", "\u202egnp", "!!!", "Ann|Bo", "  Kim   Lee  ", "Zoë O'Neil-Smith",
]  # fmt: skip
KINDS = ("look", "move", "force", "sneak", "wait", "other")


def _well_made(passage: str) -> list[str]:
    faults = []
    if "  " in passage or re.search(r"\s[,.;:!?]", passage):
        faults.append("spacing")
    if re.search(r"[{}<>$|*_`\[\]]", passage):
        faults.append("markup or an unfilled placeholder")
    if re.search(r"\ba [aeiou]", passage.lower()) and not re.search(r"\ba (uni|use|one|eu)", passage.lower()):
        faults.append("a before a vowel")
    if re.search(r"\bthe the\b|\ba the\b|\.\.(?!\.)|,\.|;\.|:\.", passage.lower()):
        faults.append("doubled words or stops")
    for sentence in split_sentences(passage):
        letter = next((c for c in sentence if c.isalnum()), "A")
        if letter.islower():
            faults.append(f"no capital: {sentence}")
        if sentence[-1] not in '.!?…"”’)':
            faults.append(f"no final stop: {sentence}")
    return faults


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_a_name(name: str) -> None:
    hero = member(name, "they", key="h1")
    for i, kind in enumerate(KINDS):
        told = tell(request(deed(hero, ev.Improvised("h1", name, kind, "success")), turn_ids=(f"t{i}",)))
        assert not _well_made(told), (told, _well_made(told))
        assert "Alice dies." not in told and "everyone>" not in told and "@" not in told
    fought = deed(hero, ev.AttackMissed("h1", name, "gnawer.1", "Gnawer 1", "Cleave", "cleave", 3, 6, 10))
    told = tell(request(fought, kind="combat", next_actor=name))
    assert not _well_made(told) and clean_name(name, "the warden") in told


def test_the_same_request_always_gives_the_same_prose() -> None:
    asked = request(deed(member(), ev.Improvised("mara", "Mara", "look", "success")))
    first = tell(asked)
    assert all(tell(asked) == first for _ in range(3))
    assert Storyteller(world()).compose(asked) == STORYTELLER.compose(asked)


def test_another_turn_is_told_in_other_words() -> None:
    looked = deed(member(), ev.Improvised("mara", "Mara", "look", "failure"))
    assert len({tell(request(looked, turn_ids=(f"t{i}",))) for i in range(10)}) > 8


def test_narrate_yields_what_compose_gives() -> None:
    asked = request(kind="opening", words=200)

    async def collect() -> list[str]:
        return [s async for s in STORYTELLER.narrate(asked)]

    told = asyncio.run(collect())
    assert told == STORYTELLER.compose(asked) and "" in told and STORYTELLER.name == "storyteller"


@pytest.mark.parametrize("seed", range(60))
def test_prose_is_well_made(seed: int) -> None:
    mara, ash = member(), member("Ash", "they")
    kind = KINDS[seed % len(KINDS)]
    degree = ("critical", "success", "partial", "failure", "fumble", "none")[seed % 5]
    told = tell(
        request(
            deed(
                mara,
                ev.Improvised("mara", "Mara", kind, degree),
                ev.ItemGained("mara", "Mara", "apple", "apple", 1),
            ),
            deed(ash, ev.Spoke("ash", "Ash", "bess", "Bess Hart", seed % 3)),
            turn_ids=(f"t{seed}",),
        )
    )
    assert not _well_made(told), (told, _well_made(told))
    assert not re.search(r"\bthey (is|has|was|looks|goes|takes|waits)\b", told.lower())


def test_a_passage_ends_with_something_to_decide() -> None:
    for i in range(20):
        told = tell(request(deed(member(), ev.TurnPassed("mara", "Mara", "chosen")), turn_ids=(f"t{i}",)))
        assert told.endswith("?") or "choice is open" in told or "might" in told


def test_words_that_are_short_drop_colour_and_keep_facts() -> None:
    looked = deed(member(), ev.Improvised("mara", "Mara", "look", "success"),
                  ev.ItemGained("mara", "Mara", "apple", "apple", 1))  # fmt: skip
    for i in range(10):
        told = tell(request(looked, words=30, turn_ids=(f"t{i}",)))
        assert "apple" in told and "Mara" in told


@pytest.mark.parametrize(
    ("verb", "plural"),
    [("lifts", "lift"), ("tries", "try"), ("is", "are"), ("has", "have"), ("goes", "go"), ("pushes", "push"),
     ("presses", "press"), ("lies", "lie"), ("closes", "close"), ("misses", "miss"), ("can", "can")],
)  # fmt: skip
def test_verbs_agree_with_they(verb: str, plural: str) -> None:
    assert base_form(verb) == plural


def test_a_phrase_of_two_verbs_agrees_twice() -> None:
    assert plural_phrase("takes aim and fires at") == "take aim and fire at"
    assert plural_phrase("slowly lifts the lid") == "slowly lift the lid"


def test_articles_follow_sound() -> None:
    assert [indefinite(w) for w in ("apple", "sword", "hour", "unicorn", "old coat")] == [
        "an",
        "a",
        "an",
        "a",
        "an",
    ]


def test_authors_placeholders_are_filled_once_and_agree() -> None:
    ash = Ref("a", "Ash", "they", hero=True)
    text, _ = fill(
        "{actor} stops, and {they} looks at {their} hands; the others see {them}.", {"actor": ash}, Voice()
    )
    assert text == "Ash stops, and they look at their hands; the others see them."
    odd = Ref("b", "{their}", "she", hero=True)
    assert fill("{actor} stops.", {"actor": odd}, Voice())[0] == "{Their} stops."


def test_finish_closes_what_is_open() -> None:
    assert finish(" it  goes on ") == "It goes on."
    assert finish("“so it is”") == "“So it is”"


def test_word_material_with_faults_is_refused_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "good:\n  - fine\nbad:\n  - '{nobody} here'\n  - $nowhere\n  - twice\n  - twice\n"
    )
    (tmp_path / "b.yaml").write_text("good:\n  - again\nround:\n  - $round\nempty: []\n")
    with pytest.raises(WordingError) as refused:
        load_wording(tmp_path)
    told = str(refused.value)
    for part in (
        "a.yaml:4:",
        "{nobody}",
        "$nowhere",
        "a.yaml:7:",
        "b.yaml:1:",
        "leads back to itself",
        "b.yaml:5:",
    ):
        assert part in told


def test_the_words_themselves_keep_conditions_out_of_ordinary_sentences() -> None:
    allowed = re.compile(
        r"^(gains_|ends_|passes_|sense|gained|hero_down|foe_down|recovered|stun_spent|down_tail|tick)"
    )
    forbidden = re.compile(r"\b(poisoned|bleeding|stunned|weakened|unconscious|dead|dies|killed|is down)\b")
    for pool, templates in load_wording().pools.items():
        if not allowed.match(pool):
            assert not [t.source for t in templates if forbidden.search(t.source)], pool


def test_words_for_hits_and_words_for_misses_do_not_mix() -> None:
    hits = re.compile(
        r"^(hit_|hurt_|verb_|foe_verb|finish_clause|sweep_hits|pack_hurts|"
        r"(hero|foe|together|also)_(hit|critical|finish)(_lean)?$)"
    )
    misses = re.compile(
        r"^(miss_|dodge_|foe_miss|pack_fails|pack_tries|sweep_misses|hero_try|foe_try|"
        r"(hero|foe|together)_miss(_lean)?$)"
    )
    of_a_miss = re.compile(r"\b(miss\w*|dodg\w*|avoid\w*|wide|empty|air|harmless\w*|nothing|too late)\b")
    of_a_hit = re.compile(
        r"\b(hits?|lands?|strikes?|wounds?|bl(oo|ee)d\w*|hurts?|pain|bites?|connects|damage|tears?)\b"
    )
    for pool, templates in load_wording().pools.items():
        for forbidden, kind in ((of_a_miss, hits), (of_a_hit, misses)):
            if kind.match(pool) and not (kind is hits and misses.match(pool)):
                assert not [t.source for t in templates if forbidden.search(t.source)], pool


@pytest.mark.parametrize("kind", ["beat", "combat", "opening"])
@pytest.mark.parametrize("event_type", sorted(ev.Event.TYPES))
def test_any_event_of_unknown_things_is_told_somehow(event_type: str, kind: str) -> None:
    event_class = ev.Event.TYPES[event_type]
    given: dict[str, object] = {
        "str": "No such thing", "int": 3, "bool": False, "tuple[str, ...]": ("k", "l"), "tuple[int, ...]": (1, 2),
        "tuple[dict[str, Any], ...]": (), "tuple[Mapping[str, Any], ...]": (), "Mapping[str, int]": {},
        "Mapping[str, Any] | None": None, "tuple[tuple[str, int], ...]": (),
        "dict[str, Any]": {}, "dict[str, int]": {},
    }  # fmt: skip
    event = event_class(**{f.name: given[str(f.type)] for f in dataclasses.fields(event_class)})
    for asked in (
        request(deed(member(), event), kind=kind, scene="nowhere", campaign="none"),
        request(deed(member(), event, event), kind=kind, closing=(event,)),
        request(kind=kind, closing=(event,), party=()),
    ):
        told = tell(asked)
        assert told.strip() and not _well_made(told), (told, _well_made(told))


def test_nobody_and_nothing_still_makes_a_passage() -> None:
    empty = dataclasses.replace(request(), party=(), scene="nowhere")
    assert tell(empty)


def test_the_recap_tells_where_what_and_what_is_open() -> None:
    turns = [
        PastTurn(1, "mill", ("Mara",)),
        PastTurn(2, "mill", ("Tobin",)),
        PastTurn(3, "weir", ("Mara", "Tobin")),
    ]
    told = recap(world(), "flour", [note("fed_cat", member("Tobin"))], turns)
    whole = " ".join(told)
    assert "mill above the weir" in whole and "weir in the dusk" in whole
    assert "A cat follows Tobin" in whole and "One more plank" in whole and "set the mill going" in whole
    assert recap(world(), "flour", [note("fed_cat", member("Tobin"))], turns) == told
    assert not _well_made(whole)


def test_a_recap_of_nothing_still_names_the_quest() -> None:
    assert recap(world(), "flour", [], []) == ["What is still to do: set the mill going."]
