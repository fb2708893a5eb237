"""Claims about states: poisoned, stunned, burning and the rest, in whatever words."""

from __future__ import annotations

import re

from api.llm.checking.facts import Figure
from api.llm.checking.lexicon import sections
from api.llm.checking.reading import Reading, names_of
from api.llm.checking.verdicts import Fault

_BE = (
    r"(?:is|are|was|were|been|becomes?|turns?|goes|went|grows?|lies?|stands?|leaves? (?:ent\d+x|him|her|them)|left"
    r"|sits?|remains?|now|made|feels)(?: \w+)? "
)
_STATES = tuple(
    (frozenset(keys.split()), re.compile("|".join(lines).replace("<BE>", _BE), re.IGNORECASE))
    for keys, lines in sections("states").items()
)
_OVER = re.compile(
    r"no longer(?! than| see)|rid of|shakes? off|wears? off|(?:has|have) (?:run|passed|"
    r"lifted|ended|been lifted)|is lifted|lifted|is over|runs? its course|cured",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"^.{0,12}\b(?:lets? go|loosens?|breaks?|fades?|passes|leaves|clears?|gives? way|ebbs?|goes out)\b",
    re.IGNORECASE,
)
_OF_DAMAGE = {
    "poisoned": "poison",
    "burning": "fire",
    "shocked": "lightning",
    "chilled": "cold",
    "frightened": "psychic",
}
_NAMED = re.compile(r"condition (?:gained|added)|\bstatus\b", re.IGNORECASE)


def states(reading: Reading) -> Fault | None:
    """States that nobody has, and the end of states that nobody had."""
    if match := _NAMED.search(reading.masked):
        return Fault("condition", f"Conditions are told, not listed ({match[0]}).")
    for keys, pattern in _STATES:
        for match in pattern.finditer(reading.masked):
            fault = _claim(reading, keys, match)
            if fault is not None:
                return fault
    return _adjectives(reading)


def _claim(reading: Reading, keys: frozenset[str], match: re.Match[str]) -> Fault | None:
    over = bool(_OVER.search(reading.masked) or _ENDS.search(reading.masked[match.end() :]))
    if (
        reading.unreal(match.start())
        and not over
        and match[0].lower()
        not in (
            "cannot see",
            "not a word will come",
            "can no longer see",
            "will not obey",
            "will not let go",
            "without seeing",
            "stop shaking",
            "stop trembling",
        )
    ):
        return None
    mention = reading.near(match.start(), match.end(), "before")
    inside = next((m for m in reversed(reading.mentions) if match.start() <= m.start < match.end()), None)
    mention = inside or mention
    if mention is None or not mention.figures or any(_has(reading, f, keys, over) for f in mention.figures):
        return None
    if "until" in reading.masked and any(f.ended & keys for f in mention.figures):
        return None
    if any(f.kind == "person" for f in mention.figures):
        return None  # what people of the world feel and suffer is not tracked by conditions
    others = reading.near(match.start(), match.end(), "after")
    if others is not None and not mention.named and any(_has(reading, f, keys, over) for f in others.figures):
        return None
    state = sorted(keys)[0]
    what = "was not freed of it" if over else "is not so"
    return Fault(
        "condition",
        f"{names_of(mention.figures)}: {match[0].strip()} ({state}); the facts say that this {what}.",
    )


def _has(reading: Reading, figure: Figure, keys: frozenset[str], over: bool) -> bool:
    ended = bool(figure.ended & keys)
    if over and ended:
        return True
    if figure.conditions & keys and not over:
        return True
    if over and figure.conditions & keys and not ended:
        return bool(re.search(r"not (?:yet )?(?:rid|let|pass)", reading.masked))
    if figure.kind == "hero" and "burning" in keys and figure.hits and "fire" in reading.facts.damage_types:
        return True
    types = {_OF_DAMAGE[k] for k in keys if k in _OF_DAMAGE}
    if bool(figure.hits) and bool(types & reading.facts.damage_types):
        return True
    if "asleep" in keys and (0 in figure.heals or figure.down):
        return True
    return "stunned" in keys and (figure.down or figure.fell)


def _adjectives(reading: Reading) -> Fault | None:
    """Adjectives of conditions that content has beyond the list: `Nell is soaked`."""
    known = {key for keys, _ in _STATES for key in keys}
    low = reading.masked.lower()
    for key, condition in reading.facts.content.conditions.items():
        adjective = condition.adjective.lower()
        if key in known or adjective not in low:
            continue
        match = re.search(rf"\bent\d+x (?:is|are|becomes?) (?:now )?{re.escape(adjective)}\b", low)
        if match is None or reading.unreal(match.start()):
            continue
        mention = next((m for m in reading.mentions if m.start == match.start()), None)
        if mention is not None and not any(key in f.conditions | f.ended for f in mention.figures):
            return Fault("condition", f"{names_of(mention.figures)} is not {adjective}.")
    return None
