"""What is no story at all: mentions, links, markup, code, and what stands in a prompt."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from api.llm.checking.reading import Reading
from api.llm.checking.sentences import words
from api.llm.checking.verdicts import Fault

PROMPTS = Path(__file__).parents[1] / "prompts"
RUN = 6  # so many words in a row from a prompt are a leak
_PING = re.compile(
    r"@\s*(?:everyone|here)\b|<[@#][!&]?\d+>|<a?:\w+:\d+>|@[A-Za-z]\w+|https?:|\bwww\.|"
    r"\bdiscord\.gg|\w\.(?:com|org|net|gg|io)\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    r"[{}<>|`~^\\=\[\]#*]|__|</|\w_\w|\b\w+\(\w*=|\(\)|\"\w+\":|^\s*[-+•]\s|\bnull\b|^\s*\d+[.)]\s"
)
_LEAK = re.compile(
    r"\b(?:as an? (?:AI|language model|assistant|narrator|game master|large)|language model|"
    r"(?:system|this|the|my) prompt|(?:my|these|the|your) (?:instructions|guidelines)"
    r"|(?:the )?facts (?:say|that|are|given|provided)|according to the facts|the (?:user|"
    r"player|players|model|assistant|narrator)\b(?! (?:piano|of))|what a player wrote|word "
    r"(?:count|limit)|number of words"
    r"|(?:in|of) at most \d+ words|\d+ words\b|partial success|critical failure|\bthe check "
    r"(?:was|is|fails?|succeeds?)|difficulty class|\bDC \d+|saving throw"
    r"|rules of (?:this|the) game|step by step|here(?: is|'s) the (?:passage|narration|"
    r"story|scene)|sure[,!]? here|certainly[,!]? here|I(?:'m| am) (?:Claude|Llama|GPT|an "
    r"AI|sorry|unable|the narrator)"
    r"|I apologi[sz]e|I can(?:'t|not) (?:continue|help|assist)|OpenAI|Anthropic|Meta AI|"
    r"as instructed|let me think|dramatic scene|present tense|third person|hit points are "
    r"never"
    r"|narrator of|code has already decided|note(?: to (?:self|the players))?: )",
    re.IGNORECASE,
)
_I = re.compile(r"(?<![\w'])I(?:'m|'ll|'ve|'d)?(?![\w'.])")


def debris(reading: Reading) -> Fault | None:
    """Mentions that could ping somebody, links, markup and code."""
    if match := _PING.search(reading.sentence):
        return Fault("ping", f"Mentions and links have no place in prose ({match[0]}).")
    if match := _MARKUP.search(reading.sentence):
        return Fault("debris", f"Plain prose has no {match[0].strip()!r}.")
    return None


def leaks(reading: Reading) -> Fault | None:
    """The narrator speaking of itself, of the game's workings, or in the words of its prompt."""
    if match := _LEAK.search(reading.sentence):
        return Fault("leak", f"The passage speaks of itself ({match[0].strip()}).")
    if match := _I.search(reading.masked):
        return Fault("leak", f"The narrator is nobody of the story and never says {match[0]}.")
    told = words(reading.sentence)
    known = _prompt_runs()
    for i in range(len(told) - RUN + 1):
        if tuple(told[i : i + RUN]) in known:
            return Fault("leak", "These words stand in the instructions.")
    return None


@lru_cache(maxsize=1)
def _prompt_runs() -> frozenset[tuple[str, ...]]:
    """Every run of words in the fixed text of the prompts' instructions (the block `system` where there is one)."""
    found: set[tuple[str, ...]] = set()
    for path in sorted(PROMPTS.glob("*.j2")):
        text = re.sub(r"\{#.*?#\}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        block = re.search(r"\{%-? block system -?%\}(.*?)\{%-? endblock", text, re.DOTALL)
        text = block[1] if block else text
        for piece in re.split(r"\{%.*?%\}|\{\{.*?\}\}", text, flags=re.DOTALL):
            told = words(piece)
            found |= {tuple(told[i : i + RUN]) for i in range(len(told) - RUN + 1)}
    return frozenset(found)
