"""By which words a sentence shows what kind of fact it holds: a promise, a debt, a place, a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from api.llm.memory.ledger import Kind

LEXICON = Path(__file__).parent / "lexicon"


class Cue(NamedTuple):
    """`strong` alone makes a sentence worth keeping; a weak one needs something new beside it."""

    kind: Kind
    strong: bool
    pattern: re.Pattern[str]


@cache
def _lexicon() -> tuple[tuple[Cue, ...], tuple[Cue, ...]]:
    """The cues by which a sentence is kept, and those by which a text asks for a kind."""
    raw: dict[str, Any] = yaml.safe_load((LEXICON / "cues.yaml").read_text(encoding="utf-8"))
    lists = {name: f"(?:{'|'.join(words)})" for name, words in raw["lists"].items()}

    def cue(entry: Mapping[str, Any]) -> Cue:
        return Cue(entry["kind"], entry.get("strong", True), _any_of(entry["patterns"], lists))

    return tuple(cue(e) for e in raw["cues"]), tuple(cue(e) for e in raw["asks"])


def _any_of(patterns: Iterable[str], lists: Mapping[str, str]) -> re.Pattern[str]:
    whole = "|".join(patterns)
    for name, words in lists.items():
        whole = whole.replace(f"{{{name}}}", words)
    return re.compile(rf"\b(?:{whole})\b", re.IGNORECASE)


# What a player says about a sheet: possession, sums, health, rank. The sheet knows, so no prompt repeats it.
SHEET_CLAIM = re.compile(
    r"""
    \b (?: i | we | he | she | they | (?-i: (?!You) [A-Z][\w’']+ ) ) \s+
    (?: (?: really | already | now | just | also | still | suddenly | secretly ) \s+ )*
    (?: owns? | possess(?:es)? | carr(?:y|ies) | holds? | wears? | wields? | have | has | found | finds? | got | gets?
      | receive[sd]? | gain(?:s|ed)? | won | wins? | looted | earn(?:s|ed)? ) \s+
    (?: (?! (?: in | at | of | from | what | out | under | to | \w+ (?:ed|en|wn|ght) | been | done ) \b ) \w+ \s+ )?
    (?: the | an? | some | my | \d+ | many | all | lots | hundreds | two | three | ten | twenty | hundred
      | thousand ) \b
    (?! \s (?: \w+ \s )? (?: brother | sister | daughter | son | mother | father | wife | husband | cousin | uncle
      | aunt | feeling | idea | plan | question | word | look | chance | secret | name | right | view | bet | debt
      | promise | bargain | friend ) \b )
    | \b (?: hp | hit \s points? | mana | mp | xp | level \s \d+ | max(?:imum)? \s health | full \s health
      | fully \s healed ) \b
    | \b (?: am | is | are ) \s (?: \w+ \s )? (?: invincible | immortal | unhurt | healed | dead | level ) \b
    | \b give \s me \b .{0,30} \b (?: gold | coins? | xp | levels? ) \b
    """,
    re.IGNORECASE | re.VERBOSE,
)
ORDER = re.compile(
    r"(?:^|\W)(?:system|assistant|developer|admin|gm|dm)\s*:|\b(?:ignore|disregard|override)\b.{0,40}\b(?:instructions?"
    r"|rules?|prompts?)|</?\w+>|\{\{|\{%",
    re.IGNORECASE,
)


def cues_in(text: str) -> list[Cue]:
    """All that match, the deciding one first: strong before weak."""
    found = [cue for cue in _lexicon()[0] if cue.pattern.search(text)]
    return sorted(found, key=lambda c: not c.strong)


def kinds_wanted(text: str) -> set[Kind]:
    """The kinds of facts that a text asks for: those that it would be, and those whose words it uses."""
    cues, asks = _lexicon()
    return {c.kind for c in (*cues, *asks) if c.strong and c.pattern.search(text)}
