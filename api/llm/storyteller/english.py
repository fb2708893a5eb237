"""English mechanics: pronouns, agreement, numbers, lists, safe names and sentence boundaries."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pronouns:
    """One set of pronouns; `plural` ones take the plural verb."""

    they: str
    them: str
    their: str
    theirs: str
    themself: str
    which: str = "who"
    plural: bool = False


PRONOUNS: dict[str, Pronouns] = {
    "she": Pronouns("she", "her", "her", "hers", "herself"),
    "he": Pronouns("he", "him", "his", "his", "himself"),
    "they": Pronouns("they", "them", "their", "theirs", "themself", plural=True),
    "it": Pronouns("it", "it", "its", "its", "itself", "which"),
    "party": Pronouns("they", "them", "their", "theirs", "themselves", plural=True),
}

NUMBER_WORDS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
ORDINAL_WORDS = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]

_PLURAL_IRREGULAR = {
    "is": "are",
    "was": "were",
    "has": "have",
    "does": "do",
    "goes": "go",
    "isn't": "aren't",
    "doesn't": "don't",
    "hasn't": "haven't",
    "wasn't": "weren't",
    "aches": "ache",
    "caches": "cache",
    "bus": "bus",
    "plus": "plus",
    "focuses": "focus",
    "us": "us",
    "its": "its",
    "this": "this",
    "his": "his",
    "as": "as",
    "across": "across",
    "always": "always",
    "perhaps": "perhaps",
}
_NOT_VERBS = frozenset(
    [
        "as",
        "us",
        "its",
        "this",
        "his",
        "hers",
        "theirs",
        "across",
        "always",
        "perhaps",
        "less",
        "unless",
        "towards",
        "upwards",
        "besides",
        "sometimes",
        "afterwards",
        "backwards",
        "forwards",
        "inwards",
        "outwards",
        "onwards",
        "indoors",
        "nevertheless",
        "nonetheless",
        "else's",
    ]
)
_ADVERBS = frozenset(
    [
        "also",
        "never",
        "just",
        "still",
        "barely",
        "almost",
        "only",
        "then",
        "now",
        "even",
        "simply",
        "at",
        "last",
        "once",
        "again",
        "soon",
    ]
)
_SAFE_NAME = re.compile(r"[^\W_]+(?:[ '\u2019\-][^\W_]+)*", re.UNICODE)
_SENTENCE_END = re.compile(
    r"(?<=[.!?\u2026])([\"\u201d\u2019')\]]*)\s+"
    r"(?=[\"\u201c\u2018'(\[]?[^\W\d_a-z]|[\"\u201c\u2018'(]*\d)"
)


def base_form(verb: str) -> str:
    """The plural (base) form of a third-person singular verb: lifts -> lift, tries -> try, is -> are."""
    low = verb.lower()
    if low in _PLURAL_IRREGULAR:
        return _PLURAL_IRREGULAR[low]
    if not low.endswith("s") or low.endswith("ss"):
        return verb
    if low.endswith("ies") and len(low) > 4:
        return verb[:-3] + "y"
    if low.endswith(("sses", "shes", "ches", "xes", "zzes", "oes")):
        return verb[:-2]
    return verb[:-1]


def _is_singular_verb(word: str) -> bool:
    low = word.lower()
    if len(low) < 3 or low in _NOT_VERBS:
        return False
    return low.endswith("s") and not low.endswith(("ss", "'s", "\u2019s", "us"))


def plural_phrase(phrase: str) -> str:
    """A verb phrase in the third person singular, made to agree with `they`: the first verb and those after `and`."""
    words = phrase.split(" ")
    expecting = True
    for i, word in enumerate(words):
        bare = word.rstrip(",;:.")
        if expecting and (bare.lower() in ("is", "has", "was") or _is_singular_verb(bare)):
            words[i] = base_form(bare) + word[len(bare) :]
            expecting = False
        elif expecting and not (bare.lower() in _ADVERBS or bare.endswith("ly")):
            expecting = False
        if bare.lower() in ("and", "then", "but", "or") and i + 1 < len(words):
            expecting = True
    return " ".join(words)


def indefinite(phrase: str) -> str:
    """`a` or `an` for the phrase that follows."""
    low = phrase.lower()
    if low.startswith(("hour", "honest", "heir", "honour")):
        return "an"
    if low.startswith(("uni", "use", "eu", "one", "uk")):
        return "a"
    return "an" if low[:1] in "aeiou" else "a"


def number(n: int) -> str:
    """Small whole numbers in words, others in digits."""
    return NUMBER_WORDS[n] if 0 <= n < len(NUMBER_WORDS) else str(n)


def ordinal(n: int) -> str:
    return ORDINAL_WORDS[n] if 0 <= n < len(ORDINAL_WORDS) else f"{n}th"


def join_list(items: Sequence[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) <= 1:
        return items[0] if items else ""
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def possessive(name: str) -> str:
    return f"{name}'s"


def capitalise(text: str) -> str:
    """The first letter in upper case, past any opening quotation mark."""
    for i, char in enumerate(text):
        if char.isalnum():
            return text[:i] + char.upper() + text[i + 1 :]
    return text


def lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def clean_name(name: str, fallback: str) -> str:
    """A name as prose may carry it: letters, digits, spaces, hyphens and apostrophes, at most 40 characters.

    Whatever could end a sentence, open markup or fill a placeholder is dropped, so that a name stays a name.
    """
    text = unicodedata.normalize("NFC", name)
    text = re.sub(r"[._*~`|<>{}\[\]()#@!?:;,\"\\/&^%$+=\u2026]+", " ", text)
    text = " ".join(_SAFE_NAME.findall(text))[:40].strip(" -'\u2019")
    return capitalise(text) if text else fallback


def tidy(text: str) -> str:
    """Single spaces, no space before punctuation, no doubled full stops."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"\s+([,.;:!?])", r"\1", text)
    return re.sub(r"(?<!\.)\.\.(?!\.)", ".", text)


def finish(text: str) -> str:
    """A finished sentence: tidied, capitalised and closed."""
    text = capitalise(tidy(text))
    return text if text.endswith((".", "!", "?", "\u2026", '"', "\u201d", "'", "\u2019", ")")) else text + "."


def split_sentences(text: str) -> list[str]:
    """The sentences of a passage, in order."""
    marked = _SENTENCE_END.sub("\\1\n", text)
    return [part.strip() for part in marked.split("\n") if part.strip()]


def count_words(text: str) -> int:
    return len(text.split())
