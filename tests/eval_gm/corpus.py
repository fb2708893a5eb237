"""The corpus of truthful passages: hand-written ones and the storyteller's of many seeds."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from api.content.catalogue import Content
from api.llm.checking import Checker
from api.llm.checking.sentences import split
from api.llm.port import NarrationRequest
from api.llm.storyteller import Storyteller
from api.llm.storyteller.demo import Session, tougher
from tests.eval_gm.truth.scenarios import SCENARIOS

PASSAGES = Path(__file__).parent / "truth" / "passages.txt"


@dataclass(slots=True)
class Alarms:
    """What the checker said of passages that are true. `alarms` are its faults, each with the sentence."""

    passages: int = 0
    stopped: int = 0
    alarms: list[str] = field(default_factory=list)
    microseconds: list[float] = field(default_factory=list)

    @property
    def passed_percent(self) -> float:
        return 100 * (self.passages - self.stopped) / max(1, self.passages)


def written() -> Iterator[tuple[NarrationRequest, str]]:
    """The hand-written passages, each with the facts that it tells."""
    name = ""
    for block in re.split(r"\n{2,}", PASSAGES.read_text(encoding="utf-8")):
        text = block.strip()
        if text.startswith("== "):
            name, _, text = text[3:].partition("\n")
        if text:
            yield SCENARIOS[name.strip()](), text


def composed(content: Content, seeds: range, turns: int) -> Iterator[tuple[NarrationRequest, str]]:
    """The storyteller's passages of so many sessions."""
    for seed in seeds:
        played = tougher(content, 4) if seed % 3 == 1 else content
        session = Session(played, Storyteller(played), f"truth-{seed}", 1 + seed % 4)
        yield from ((told.request, told.passage) for told in session.turns(turns))


def alarms(checker: Checker, passages: Iterator[tuple[NarrationRequest, str]]) -> Alarms:
    """Check every sentence of every passage."""
    found = Alarms()
    for request, text in passages:
        passage, stopped = checker.begin(request), False
        for sentence in split(text):
            if not sentence:
                continue
            began = time.thread_time()
            fault = passage.check(sentence).fault
            found.microseconds.append(1e6 * (time.thread_time() - began))
            passage.accept(sentence)
            if fault is not None:
                stopped = True
                found.alarms.append(f"{fault.kind}: {fault.reason} | {sentence}")
        found.passages += 1
        found.stopped += stopped
    return found
