"""The evening in docs/examples: reproducible, sixty beats long, and without what a reader would stumble on."""

from __future__ import annotations

import os
import re
from collections import Counter

import pytest

from api.content.catalogue import Content
from tests.llm.sixty_beats import HEAD, ROOT, Evening, transcript

PAGE = ROOT / "docs" / "examples" / "sixty-beats.md"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, content: Content) -> tuple[str, Evening]:
    return transcript(content, tmp_path_factory.mktemp("evening"))


def passages(evening: Evening) -> list[str]:
    return [str(e["text"]) for e in evening.table.feed("turn_narrated")]


def test_the_page_is_what_the_command_prints(played: tuple[str, Evening]) -> None:
    """A wanted change of words or content: `RENEW_SNAPSHOTS=1`, then read it from start to end."""
    text, _ = played
    if os.environ.get("RENEW_SNAPSHOTS"):
        PAGE.write_text(HEAD + text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == HEAD + text


def test_it_runs_for_sixty_beats_to_an_ending(played: tuple[str, Evening]) -> None:
    _, evening = played
    assert evening.beats >= 60
    assert evening.table.view()["ending"]["good"]


def test_every_passage_but_the_last_leaves_something_to_decide(played: tuple[str, Evening]) -> None:
    *told, ending = passages(played[1])
    prompts = [p for scene in played[1].content.scenes.values() for p in scene.prompts]
    for passage in told:
        last = re.split(r"(?<=[.?!…])\s+", passage.strip())[-1]
        asked = any(name.split()[0] in last for name in played[1].names)  # in a fight: whose move it is
        open_end = last.endswith("?") or asked
        assert open_end or any(passage.endswith(p) for p in prompts), passage[-200:]
    assert not ending.rstrip().endswith("?")


def test_no_sentence_is_told_twice_in_an_evening_but_the_shortest(played: tuple[str, Evening]) -> None:
    said: Counter[str] = Counter()
    for passage in passages(played[1]):
        said.update(s for s in re.split(r"(?<=[.?!…])\s+", passage) if len(s.split()) > 14)
    authored = "\n".join(s.model_dump_json() for s in played[1].content.scenes.values())
    again = [s for s, n in said.items() if n > 3 and s[:40] not in authored]
    assert again == []


def test_the_story_comes_back_to_what_was_done(played: tuple[str, Evening]) -> None:
    _, evening = played
    kinds = Counter(e["type"] for t in evening.table.turns() for e in t["events"])
    assert kinds["hook_came_due"] == 3
    assert kinds["clue_found"] >= 8 and kinds["quest_completed"] >= 4
    assert len(evening.table.feed("story_moved")) >= 2
