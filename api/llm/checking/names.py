"""Names that are nobody's: a proper name must be known to the content, the party or the story so far."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from api.content.catalogue import Content
from api.llm.checking.facts import Facts
from api.llm.checking.reading import Reading
from api.llm.checking.verdicts import Fault
from api.llm.storyteller.wording import WORDS_FOLDER

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Words that are written with a capital although they name nobody.
_CAPITALS = frozenset(
    [
        "i",
        "mr",
        "mrs",
        "ms",
        "dr",
        "sir",
        "madam",
        "madame",
        "lord",
        "lady",
        "god",
        "gods",
        "lords",
        "sea",
        "north",
        "south",
        "east",
        "west",
        "northern",
        "southern",
        "eastern",
        "western",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "latin",
        "english",
        "french",
        "german",
        "greek",
        "hp",
        "mp",
        "xp",
        "god's",
        "heaven",
        "hell",
        "ok",
        "okay",
        "o",
        "oh",
        "ah",
        "aye",
        "yes",
        "no",
    ]
)
_TITLE = re.compile(
    r"\b(?:Lord|Lady|King|Queen|Prince(?:ss)?|Duke|Duchess|Count(?:ess)?|Baron(?:ess)?|"
    r"Earl|Sir|Dame|Captain|Brother|Sister|Father|Mother|Uncle|Aunt|Professor|Doctor|Old|"
    r"Saint|Master|Mistress|Emperor|General|Sergeant)\s+(?P<name>[A-Z][\w'’-]+)"
)
_ACTS_AS_PERSON = re.compile(
    r"^\s*(?:says?|said|smiles?|smiled|waves?|waved|nods?|nodded|laughs?|laughed|grins?|"
    r"shrugs?|whispers?|mutters?|speaks?|spoke|frowns?|sighs?|bows?|winks?|barks?|replies|"
    r"replied|answers?|asks?|steps (?:out|forward|up)"
    r"|calls|cries|sneers?|snarls?|draws (?:his|her|their)|(?:shakes?|raises?|lowers?|lifts?|"
    r"turns?|folds?|crosses|clears?|puts?|opens?|closes?) (?:his|her|their|its)|has (?:come|"
    r"arrived)|is (?:waiting|here|behind|standing|watching)|looks (?:up|at|round)|glares?|"
    r"beckons?|waits for|appears|waits|enters|leaves|returns|sits|stands|comes|arrives|tells|gives|hands|kneels)\b"
)
_SUFFIX = re.compile(
    r"(?:ness|ing|ed|ly|tion|sion|ment|ity|ance|ence|ism|ship|hood|less|ful|ous|ible|able|"
    r"ward|wards|where|thing|body|one)$",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?:called|named|known as|name is|name's|true name|calls? (?:her|him|them|"
    r"it)self)\s+(?P<name>[\"“']?[A-Z][\w'’-]+)"
)


class NameBook:
    """The words that content and word material write: in small letters, and as names."""

    def __init__(self, content: Content) -> None:
        small, capital = _vocabulary(content)
        self.small = small | _CAPITALS
        self.names = capital

    def knows(self, word: str) -> bool:
        return _bare(word) in self.names


class Names:
    """The names that one passage may use."""

    def __init__(self, book: NameBook, facts: Facts) -> None:
        self._book = book
        request = facts.request
        known: set[str] = set()
        for figure in facts.figures.values():
            for name in figure.names:
                known |= set(_bare_words(name))
        for _, event in facts.events:
            for value in _texts(event.to_json()):
                known |= {w for w in _bare_words(value)}
        remembered = (r.text for r in request.remembered)
        for text in (*request.history, *request.story, *remembered, *(d.text for d in request.deeds)):
            known |= {_bare(m[0]) for m in _WORD.finditer(text) if m[0][:1].isupper()}
        for names in request.carried.values():
            known |= {w for name in names for w in _bare_words(name)}
        self._known = known

    def known(self, word: str) -> bool:
        bare = _bare(word)
        return bare in self._known or bare in self._book.names or bare in _CAPITALS

    def common(self, word: str) -> bool:
        """Whether a word is used in small letters somewhere, so that a sentence may begin with it."""
        bare = _bare(word)
        return bare in self._book.small or bare.removesuffix("s") in self._book.small

    def check(self, reading: Reading) -> Fault | None:
        sentence = reading.sentence
        for pattern in (_NAMED, _TITLE):
            for match in pattern.finditer(sentence):
                name = match["name"].lstrip("\"“'")
                if not self.known(name) and not (pattern is _TITLE and self.common(name)):
                    return Fault("name", f"Nobody here is called {name}.")
        for match in _WORD.finditer(sentence):
            word = match[0]
            if not word[0].isupper() or len(word) < 2 or self.known(word):
                continue
            if not _begins(sentence, match.start()):
                if word.isupper() and len(word) > 1 and self.common(word):
                    continue  # shouted
                if _in_title(sentence, match) and self.common(word):
                    continue
                return Fault("name", f"Nobody and nothing here is called {word}.")
            if self.common(word) or _SUFFIX.search(word):
                continue
            rest = sentence[match.end() :]
            following = _WORD.match(rest.lstrip())
            called = re.match(r"[!,?]", rest) and len(word) > 4 and _in_title(sentence, match)
            if called or _ACTS_AS_PERSON.match(rest) or (following and following[0][0].isupper()):
                return Fault("name", f"Nobody here is called {word}.")
        return None


def _in_title(sentence: str, match: re.Match[str]) -> bool:
    """A capitalised common word beside a known name: `the Weighing Floor`, `Tie Off`; or a word of a title in marks."""
    return (
        sentence[match.start() - 1 : match.start()] in "\"“'‘„«"
        or sentence[match.end() : match.end() + 1] in "\"”'’“»"
    )


def _begins(sentence: str, at: int) -> bool:
    """Whether a word begins a sentence, a quotation or what follows a colon or a dash."""
    head = sentence[:at].rstrip()
    if not head:
        return True
    if head[-1] in "\"“„«»‘'(*" and (len(head) == 1 or head[-2] in " (—" or not head[-2].isalnum()):
        return True
    return head[-1] in ".!?…:—–" and not re.search(r"\b(?:Mr|Mrs|Ms|Dr|St|Capt|Lt|Sgt|Prof)\.$", head)


def _bare(word: str) -> str:
    low = word.lower().replace("’", "'")
    for tail in ("'s", "'ll", "'d", "'re", "'ve", "'m", "'"):
        low = low.removesuffix(tail)
    return low


def _bare_words(text: str) -> list[str]:
    return [_bare(m[0]) for m in _WORD.finditer(text)]


def _texts(value: object) -> Iterable[str]:
    """What reads as a text or a name rather than as a key."""
    return (text for text in _texts_of(value) if " " in text or text[:1].isupper())


_cache: dict[str, tuple[frozenset[str], frozenset[str]]] = {}


def _vocabulary(content: Content) -> tuple[frozenset[str], frozenset[str]]:
    """Words in small letters, and words that stand with a capital within sentences (so: names), of all content."""
    if content.content_hash not in _cache:
        small: set[str] = set(_storyteller_words()) | set(_starters())
        capital: set[str] = set()
        kinds = (
            "scenes",
            "npcs",
            "creatures",
            "encounters",
            "campaigns",
            "items",
            "conditions",
            "abilities",
            "classes",
            "origins",
            "heroes",
            "regions",
            "locations",
            "quests",
            "factions",
            "shops",
            "skills",
            "affixes",
            "downtime",
            "encounter_tables",
        )
        for kind in kinds:
            for one in getattr(content, kind).values():
                name = getattr(one, "name", "")
                for shown in (name, getattr(one, "plural", "")):
                    capital |= {_bare(w) for w in _WORD.findall(shown) if w[0].isupper()}
                for text in _texts_of(one.model_dump(mode="json")):
                    _sort(text, small, capital)
        _cache.clear()
        _cache[content.content_hash] = (frozenset(small), frozenset(capital))
    return _cache[content.content_hash]


def _texts_of(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts_of(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts_of(inner)


def told_of_heroes(content: Content) -> Iterable[str]:
    """Texts that say what heroes do: the word material, the content's own sentences, what options and abilities do."""
    for path in sorted(WORDS_FOLDER.glob("*.yaml")):
        yield path.read_text(encoding="utf-8")
    for scene in content.scenes.values():
        yield from _texts_of(scene.model_dump(mode="json"))
        yield from (f"{{actor}} {a.doing}" for a in scene.affordances)
    yield from (f"{{actor}} {a.verb}" for a in content.abilities.values())


def _sort(text: str, small: set[str], capital: set[str]) -> None:
    for match in _WORD.finditer(text):
        word = match[0]
        if word[0].islower():
            small.add(_bare(word))
            small |= {_bare(part) for part in word.split("-")}
        elif not _begins(text, match.start()):
            capital.add(_bare(word))


@lru_cache(maxsize=1)
def _storyteller_words() -> frozenset[str]:
    found: set[str] = set()
    for path in sorted(WORDS_FOLDER.glob("*.yaml")):
        found |= {m[0] for m in re.finditer(r"\b[a-z]{2,}\b", path.read_text(encoding="utf-8"))}
    return frozenset(found)


@lru_cache(maxsize=1)
def _starters() -> frozenset[str]:
    """Common words that a sentence may begin with and that no content happens to use."""
    text = (Path(__file__).with_name("common_words.txt")).read_text(encoding="utf-8")
    return frozenset(w for line in text.splitlines() if not line.startswith("#") for w in line.split())
