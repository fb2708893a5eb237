"""What people and heroes may be called: the one place that judges a name, for characters and accounts alike.

A name is read as a reader sees it, not as its characters are numbered: two alphabets that look alike do not mix, and
nobody passes for the game master or for those who run the game.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from confusable_homoglyphs import categories, confusables

from api.errors import Invalid
from api.services.texts import clean_text

SHORTEST, LONGEST = 2, 32
PLAIN = "Player"  # for whoever comes with a name that cannot be shown
_LISTS = Path(__file__).resolve().parent.parent / "config" / "names.yaml"
_SIGNS = " '-.’"
# Letters that show nothing: fillers of Hangul, and Khmer's inherent vowels.
_UNSEEN = re.compile("[\u115f\u1160\u17b4\u17b5\u3164\uffa0]")
# Alphabets that one language writes together.
_TOGETHER = (
    {"HAN", "HIRAGANA", "KATAKANA"},
    {"HAN", "HANGUL"},
    {"HAN", "BOPOMOFO"},
)
_NO_ALPHABET = {"COMMON", "INHERITED", "UNKNOWN"}
_DIGITS = str.maketrans("0134578@$!|", "oleastbasil")


def clean_name(text: str, field: str = "name") -> str:
    """A name of 2 to 32 characters: letters of one alphabet, digits, spaces and ' - . only, with at least one letter.

    Raises Invalid with the reason, also for a name that looks like one that is not for players, or is rude.
    """
    name = clean_text(text, field, limit=LONGEST)
    if len(name) < SHORTEST or not any(c.isalpha() for c in name):
        raise Invalid(field, f"needs at least {SHORTEST} characters and a letter")
    bad = sorted(
        {c for c in name if not (c.isalnum() or c in _SIGNS or unicodedata.category(c) in ("Mn", "Mc"))}
    )
    if bad or _UNSEEN.search(name):
        shown = " ".join(c for c in bad if c.isprintable()) or "characters that cannot be seen"
        raise Invalid(field, f"may not hold {shown}; letters, digits, spaces, ' - and . are fine")
    if len(alphabets(name)) > 1 and not any(alphabets(name) <= together for together in _TOGETHER):
        mixed = " and ".join(sorted(a.capitalize() for a in alphabets(name)))
        raise Invalid(field, f"mixes letters of {mixed}; keep to one alphabet")
    if why := objection(name):
        raise Invalid(field, why)
    return name


def borne_name(name: str) -> str:
    """A name that somebody bears elsewhere, cut to what can be shown; a plain one for what may not be shown here."""
    try:
        shown = clean_text(name[:200], "name", limit=200)[:40].strip()
    except Invalid:
        return PLAIN
    return PLAIN if objection(shown) else shown


def objection(name: str) -> str | None:
    """Why nobody may bear a name that is otherwise well-formed; None when there is nothing against it."""
    lists = _lists()
    for read in readings(name):
        if read in lists.reserved or any(word in read for word in lists.within):
            return "looks like a name of the game's own; take another"
    for word in re.split(r"[\s.'’-]+", name):
        if readings(word) & lists.rude:
            return "is not a name for this table; take another"
    return None


def alphabets(name: str) -> set[str]:
    """The scripts of its letters, such as LATIN; what belongs to all of them does not count."""
    return {alias for c in name if (alias := categories.alias(c).upper()) not in _NO_ALPHABET}


def readings(name: str) -> set[str]:
    """How a name reads at a glance: Latin letters alone, with digits as they are and as the letters they resemble."""
    plain = "".join(_latin(c) for c in unicodedata.normalize("NFKC", name))
    folded = unicodedata.normalize("NFKD", plain.casefold())
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    spelt = bare.translate(_DIGITS)
    return {re.sub(r"[^a-z]", "", text) for text in (bare, spelt, spelt.replace("l", "i"))} - {""}


@cache
def _latin(char: str) -> str:
    """The Latin letter that a character of another alphabet looks like; the character itself when it is none."""
    if categories.alias(char).upper() in ("LATIN", "COMMON", "INHERITED"):
        return char
    found = confusables.is_confusable(char, preferred_aliases=["latin"])
    return str(found[0]["homoglyphs"][0]["c"]) if found else char


@dataclass(frozen=True, slots=True)
class _Lists:
    reserved: frozenset[str]
    within: frozenset[str]
    rude: frozenset[str]


@cache
def _lists() -> _Lists:
    """The words of names.yaml in the form in which names are compared."""
    raw = yaml.safe_load(_LISTS.read_text(encoding="utf-8"))
    as_read = {
        key: frozenset(re.sub(r"[^a-z]", "", w.casefold()) for w in words) for key, words in raw.items()
    }
    return _Lists(as_read["reserved"], as_read["reserved_within"], as_read["rude"])
