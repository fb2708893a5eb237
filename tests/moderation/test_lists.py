"""The lists: what an operator may add, and how a bad file is told of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from api.moderation.builtin import ListModerator, standard_moderator
from api.moderation.lists import STANDARD_FILE, BadLists, digest, load_lists, term_of
from api.moderation.normalise import read
from api.settings import ROOT, load_settings
from api.wiring import CannotStart, wire
from tests.fakes.game import settings_for

OWN = """
version: 1
policy: {gore: {teen: refuse}}
terms:
  - {category: harassment, reason: the town's joke, words: [mudlark prince, wretch]}
  - {category: hate, reason: hashed, hashes: ["HASH"], where: [chat]}
allow: [kys]
real_people: [Ada Example]
"""


def own(tmp_path: Path, text: str = OWN) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(text.replace("HASH", digest("grobble")), encoding="utf-8")
    return path


def test_an_operators_file_adds_to_the_built_in_lists(tmp_path: Path) -> None:
    moderator = ListModerator(load_lists(STANDARD_FILE, own(tmp_path)))
    assert moderator.look("you Mudlark  Prince", "action", "teen").category == "harassment"
    assert moderator.look("w-r-e-t-c-h", "name", "teen").action == "refuse"
    assert moderator.look("what a grobble", "chat", "teen").category == "hate"
    assert moderator.look("what a grobble", "action", "teen").action == "allow"
    assert moderator.look("I kiss Ada Example", "action", "mature").category == "harassment"
    assert moderator.look("The hound disembowels him.", "prose", "teen").action == "refuse"
    assert standard_moderator().look("The hound disembowels him.", "prose", "teen").action == "allow"
    assert moderator.look("just kill yourself", "chat", "teen").category == "self_harm"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version: 2", "version: Input should be 1"),
        ("version: 1\nlists: []", "lists: Extra inputs"),
        ("version: 1\npolicy: {swearing: {teen: refuse}}", "'hate', 'minors', 'sexual'"),
        ("version: 1\npolicy: {hate: {teen: forbid}}", "'allow', 'soften' or 'refuse'"),
        ("version: 1\npolicy: {minors: {mature: allow}}", "policy.minors can only be refuse"),
        ("version: 1\nterms: [{category: hate, reason: some, hashes: [abc]}]", "terms.0.hashes.0"),
        ("version: 1\nterms: [{category: hate, reason: some, words: ['123']}]", "'123' has no letter"),
        (
            "version: 1\nterms: [{category: hate, reason: some, words: [x], where: [mail]}]",
            "'action', 'chat'",
        ),
        ("version: 1\npatterns: [{category: hate, reason: some, regex: '(('}]", "is no regular expression"),
        ("version: 1\npatterns: [{category: hate, reason: some, regex: 'a*'}]", "matches the empty text"),
        ("version: [1", "cannot be read"),
    ],
)
def test_a_bad_file_says_where_and_what_is_legal(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadLists) as refused:
        load_lists(STANDARD_FILE, own(tmp_path, text))
    assert says in str(refused.value) and "own.yaml" in str(refused.value)


def test_a_bad_or_missing_file_stops_the_start_in_clear_words(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="policy.hate.teen"):
        wire(settings_for(tmp_path, moderation_file=own(tmp_path, "version: 1\npolicy: {hate: {teen: 1}}")))
    with pytest.raises(CannotStart, match="nowhere.yaml: cannot be read"):
        wire(settings_for(tmp_path, moderation_file=tmp_path / "nowhere.yaml"))


def test_an_empty_setting_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODERATION_FILE", "")
    assert load_settings().moderation_file is None


def test_the_command_hashes_words_and_checks_files(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "api.moderation", *arguments], cwd=ROOT, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    assert run("hash", "Grobble", "mud lark") == (0, f"{digest('grobble')}\n{digest('mud lark')}\n")
    assert run("hash", "123")[0] == 1
    code, told = run("check", str(own(tmp_path)))
    assert code == 0 and "all well" in told
    code, told = run("check", str(own(tmp_path, "version: 3")))
    assert code == 1 and "version" in told
    assert run()[0] == 2


def test_the_repository_holds_no_term_in_clear() -> None:
    lists = load_lists(STANDARD_FILE)
    for path in [
        STANDARD_FILE,
        *(ROOT / "tests" / "moderation").glob("*"),
        *(ROOT / "api" / "moderation").glob("*"),
    ]:
        if path.is_file():
            words = {r for w in read(path.read_text(encoding="utf-8")).words for r in w.readings[:1]}
            shown = [w for w in words if lists.hashes.get(digest(w), ("", ()))[0] == "hate"]
            assert set(shown) <= {"faggot", "faggots"}, path  # bundles of sticks, which a list excepts


def test_a_term_is_read_as_texts_are() -> None:
    assert term_of("  Mud\u200bLark ") == term_of("MUDLARK") == "mudlark"
