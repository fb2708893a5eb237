"""One sentence, read: what is spoken in it, who is named where, and which of its claims are denied or only wished."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from api.llm.checking.catalogued import tied
from api.llm.checking.facts import PRONOUN_WORDS, Facts, Figure
from api.llm.checking.sentences import spoken
from api.llm.storyteller.english import NUMBER_WORDS

_MENTION = re.compile(
    r"\b(?:ent(\d+)x|(she|her|hers|herself|he|him|his|himself|they|them|their|theirs|themself|themselves"
    r"|it|its|itself)|(you|your|yours|yourself|the party|everyone|everybody|all of (?:them|"
    r"you)|the (?:heroes|group)))\b",
    re.IGNORECASE,
)
_UNREAL = re.compile(
    r"\b(?:no|not|never|nothing|nobody|none|no one|without|neither|nor|hardly|barely|scarcely|almost|nearly|cannot"
    r"|would|could|might|may|should|must|can|will|if|though|unless|until|before|like|than|\w+n't"
    r"|refus\w+|threat\w*|tr(?:y|ies|ied)|mean[st]? to|about to|fail\w*|instead of|rather than"
    r"|whether|why|how|who|where|when|afraid|hope[sd]?|wants?|looks? for|ought)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:—.!?…()]|\b(?:and|but|so that|while|as|then)\b")
_SUBJECT = re.compile(
    r"(?:[,;:—]|\b(?:and|but|then|while|as|until|when))(?: and| but| then)? (?:the|a|an|"
    r"its|his|her|their|one|what|something|this|that|another) \w+"
)
_OWNING = frozenset(
    ("her", "hers", "his", "their", "theirs", "its", "herself", "himself", "itself", "themselves", "themself")
)
_STOP = re.compile(r"[.!?;:—]")
_TAIL = re.compile(
    r", (?:and |but |so |now )?(?:what|who|how|where|which|when|why|do|does|is|are|will|"
    r"can|could|would|has|have|did|right|ent\d+x)\b",
    re.IGNORECASE,
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {w: n for n, w in enumerate(NUMBER_WORDS) if n} | {w: 20 + 10 * i for i, w in enumerate(_TENS)}
_NUMBER = re.compile(
    r"\b(?:\d{1,6}(?:,\d{3})*|(?:(?:a|half a|" + "|".join(_SMALL) + r")[ -])?(?:hundred|thousand|dozen)"
    r"|(?:" + "|".join(_TENS) + r")-(?:" + "|".join(NUMBER_WORDS[1:10]) + r")|" + "|".join(_SMALL) + r")\b",
    re.IGNORECASE,
)
NUMBER = _NUMBER.pattern


@dataclass(slots=True)
class Context:
    """What the passage has said so far."""

    mentioned: list[Figure] = field(default_factory=list)  # latest last, each once
    last: list[Figure] = field(default_factory=list)  # of the sentence before
    told: list[str] = field(default_factory=list)
    open_mark: str = ""  # of a quotation that goes on in the next sentence


@dataclass(frozen=True, slots=True)
class Mention:
    start: int
    end: int
    figures: tuple[Figure, ...]  # those that it may mean
    named: bool
    every: bool = False  # it means all of them


class Reader:
    """Reads sentences of one passage; compiled once from the names that may stand in it."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.figures = list(facts.figures.values())
        self._numbers = {id(f): i for i, f in enumerate(self.figures)}
        by_name: dict[str, list[int]] = {}
        for i, figure in enumerate(self.figures):
            for name in figure.names:
                by_name.setdefault(name.lower(), []).append(i)
        self._by_name = by_name
        names = sorted(by_name, key=len, reverse=True)
        self._named = (
            re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, names)) + r")(?![\w-])", re.IGNORECASE)
            if names
            else None
        )
        scene = facts.content.scenes.get(facts.request.scene)
        labels = [re.escape(a.label.rstrip(".?!")) for a in scene.affordances] if scene else []
        self._offers = re.compile(r"\b(?:" + "|".join(labels) + r")\b", re.IGNORECASE) if labels else None
        # A hero called `Hope` is meant only where the word is written with a capital.
        self._proper = {
            n
            for f in self.figures
            if f.kind != "foe"
            for n in f.names
            if n[:1].isupper()
            for n in [n.lower()]
        }

    def read(self, sentence: str, context: Context) -> Reading:
        """What `sentence` says after all that the context holds. What the scene offers is named, not told as done."""
        if context.open_mark:
            sentence = context.open_mark + sentence
        quotes, still_open = spoken(sentence)
        outside: list[str] = []
        at = 0
        for start, end in quotes:
            outside += [
                sentence[at:start],
                " QUOTE" + ("," if sentence[end - 2 : end - 1] in ",?!—" else "") + " ",
            ]
            at = end
        outside.append(sentence[at:])
        narrated = " ".join("".join(outside).replace("’", "'").split()).replace(" ,", ",").replace(",,", ",")
        narrated = tied(self.facts.content, narrated)
        if self._offers is not None:
            narrated = self._offers.sub("do that", narrated)
        groups: list[tuple[int, ...]] = []

        def mask(match: re.Match[str]) -> str:
            key = match[0].lower()
            if key in self._proper and not match[0][:1].isupper():
                return match[0]
            groups.append(tuple(self._by_name[key]))
            return f"ent{len(groups) - 1}x"

        masked = self._named.sub(mask, narrated) if self._named else narrated
        reading = Reading(sentence, masked, tuple(sentence[s:e] for s, e in quotes), context, self.facts)
        reading.open_mark = sentence[quotes[-1][0]] if still_open else ""
        reading.find(groups, self.figures)
        return reading


@dataclass(slots=True)
class Reading:
    """`masked` is the narration without what is spoken, names replaced by `ent<n>x`."""

    sentence: str
    masked: str
    quotes: tuple[str, ...]
    context: Context
    facts: Facts
    mentions: list[Mention] = field(default_factory=list)
    open_mark: str = ""

    def find(self, groups: list[tuple[int, ...]], figures: list[Figure]) -> None:
        named: list[Figure] = []
        heroes = tuple(f for f in figures if f.kind == "hero")
        for match in _MENTION.finditer(self.masked):
            if match[1] is not None:
                meant = tuple(figures[i] for i in groups[int(match[1])])
                named += [f for f in meant if f not in named]
            elif match[2] is not None:
                meant = self._meant(match[2].lower(), named)
            else:
                meant = heroes
            # A pronoun of nobody known stays as a mention without figures: what it did, nobody else did.
            if not meant and match[2] is not None and match[2].lower() in _OWNING:
                continue
            every = match[3] is not None and not match[3].lower().startswith("you")
            self.mentions.append(Mention(match.start(), match.end(), meant, match[1] is not None, every))

    def _meant(self, pronoun: str, named: list[Figure]) -> tuple[Figure, ...]:
        """Whom a pronoun may mean: somebody of this sentence, else whoever fits of those told of before."""
        kinds = {kind for kind, forms in PRONOUN_WORDS.items() if pronoun in forms}
        here = tuple(f for f in named if f.pronouns in kinds)
        if here or "it" in kinds:
            return here
        if named and "they" in kinds:
            return tuple(named)
        before = tuple(f for f in self.context.last if f.pronouns in kinds)
        if before:
            return before
        if "they" in kinds:
            return ()  # it may be anybody
        known = self.context.mentioned or [f for f in self.facts.figures.values() if f.kind == "hero"]
        return tuple(f for f in known if f.pronouns in kinds)

    @property
    def named(self) -> list[Figure]:
        return list({id(f): f for m in self.mentions if m.named for f in m.figures}.values())

    def before(self, at: int) -> Mention | None:
        """The last mention before a place, if any."""
        return next((m for m in reversed(self.mentions) if m.end <= at), None)

    def after(self, at: int) -> Mention | None:
        return next((m for m in self.mentions if m.start >= at), None)

    def near(self, start: int, end: int, side: str) -> Mention | None:
        """Whom a claim is about: who is named within it, `before` it or `after` it, else on the other side."""
        inside = next((m for m in self.mentions if start <= m.start < end), None)
        if inside is not None:
            return inside
        first, second = (
            (self.before(start), self.after(end))
            if side == "before"
            else (self.after(end), self.before(start))
        )
        return first or second

    def unreal(self, at: int) -> bool:
        """Whether what stands at a place is denied, wished or compared: a word for it precedes in the same clause."""
        head = self.masked[:at]
        cut = 0
        for match in _CLAUSE.finditer(head):
            cut = match.end()
        return bool(_UNREAL.search(self.masked[cut:at])) or self.asked(at)

    def asked(self, at: int) -> bool:
        """Whether it stands in a question. What the question hangs on (`she has it, what now?`) is told as a fact."""
        stop = _STOP.search(self.masked, at)
        return bool(stop and stop[0] == "?" and not _TAIL.search(self.masked[at : stop.start()]))

    def subject_between(self, start: int, end: int) -> bool:
        """Whether somebody or something without a name comes between a mention and a claim as its subject."""
        return bool(_SUBJECT.search(self.masked[start:end]))

    def claims(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Matches of a pattern that are told as facts."""
        return (m for m in pattern.finditer(self.masked) if not self.unreal(m.start()))


def numbers_in(text: str) -> list[int]:
    """The numbers of a text, in digits or words."""
    return [value_of(m[0]) for m in _NUMBER.finditer(text)]


def value_of(text: str) -> int:
    """The value of a number as it is written: `40`, `forty-two`, `two hundred`, `half a dozen`."""
    low = text.lower().replace("-", " ").replace(",", "")
    if low.isdigit():
        return int(low)
    parts = low.split()
    scale = {"hundred": 100, "thousand": 1000, "dozen": 12}.get(parts[-1], 0)
    if scale:
        if parts[0] == "half":
            return scale // 2
        return scale * (_SMALL.get(parts[0], 1) if len(parts) > 1 else 1)
    return sum(_SMALL.get(p, 0) for p in parts)


def names_of(figures: Iterable[Figure]) -> str:
    return " or ".join(dict.fromkeys(f.names[0] for f in figures))
