"""The lists by which texts are judged: the built-in file and an operator's own, of one form, checked at the start."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from api.moderation.normalise import read
from api.moderation.port import AUDIENCES, CATEGORIES, PLACES, Action, Audience, Category, Where

STANDARD_FILE = Path(__file__).resolve().parent.parent / "config" / "moderation" / "standard.yaml"
SALT = "code-of-conquest"  # against reading the lists by eye; it is no secret


class BadLists(ValueError):
    """A file of lists that cannot work; the text has one line for each fault and says what is legal."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class Terms(_Strict):
    """Words and phrases of up to three words: as hashes (`python -m api.moderation hash`) or in clear."""

    category: Category
    reason: str = Field(min_length=3, max_length=200)
    hashes: tuple[Hash, ...] = ()
    words: tuple[str, ...] = ()
    where: tuple[Where, ...] = PLACES


class Pattern(_Strict):
    """A regular expression. It is held against the words as they are read (`reads: words`), or against the text
    with look-alikes undone and figures kept (`reads: text`)."""

    category: Category
    reason: str = Field(min_length=3, max_length=200)
    regex: str = Field(min_length=2, max_length=2000)
    reads: Literal["words", "text"] = "words"
    where: tuple[Where, ...] = PLACES

    @field_validator("regex")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            found = re.compile(value)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        if found.search(""):
            raise ValueError("matches the empty text, and so everything")
        return value


class Together(_Strict):
    """What is unwelcome only near each other: a match of `regex` within so many words of something of a category of
    `near`, or of a match of `beside`."""

    category: Category
    reason: str = Field(min_length=3, max_length=200)
    regex: str
    near: tuple[Category, ...] = ()
    beside: str = ""
    within: int = Field(12, ge=1, le=60)

    @field_validator("regex", "beside")
    @classmethod
    def _compiles(cls, value: str) -> str:
        return Pattern._compiles(value) if value else value


class File(_Strict):
    """One file of lists. An operator's may leave out everything but `version`; what it gives is added, and what stands
    in `policy` or `allow` wins."""

    version: Literal[1]
    policy: dict[Category, dict[Audience, Action]] = Field(default_factory=dict)
    terms: tuple[Terms, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    together: tuple[Together, ...] = ()
    allow: tuple[str, ...] = Field((), description="words that are welcome whatever a list says")
    real_people: tuple[str, ...] = Field((), description="names that stand in no story: category harassment")

    @model_validator(mode="after")
    def _never_minors(self) -> File:
        if any(action != "refuse" for action in self.policy.get("minors", {}).values()):
            raise ValueError("policy.minors can only be refuse")
        return self


@dataclass(frozen=True, slots=True)
class Lists:
    """All lists of an installation, ready to be looked up in."""

    policy: dict[tuple[Category, Audience], Action]
    hashes: dict[str, tuple[Category, tuple[Where, ...]]]
    patterns: tuple[tuple[re.Pattern[str], Pattern], ...]
    together: tuple[tuple[re.Pattern[str], re.Pattern[str] | None, Together], ...]
    allow: frozenset[str]


def digest(reading: str) -> str:
    """How a term stands in a list."""
    return hashlib.sha256(f"{SALT}|{reading}".encode()).hexdigest()[:16]


def term_of(written: str) -> str:
    """A term as it is looked up: read as texts are, words apart by one space. Raises ValueError without a letter."""
    told = read(written).told
    if not re.search(r"[^\W\d]", told):
        raise ValueError(f"'{written}' has no letter")
    return told


def load_lists(*files: Path) -> Lists:
    """The lists of these files, later ones winning where they disagree. Raises BadLists."""
    policy: dict[tuple[Category, Audience], Action] = {}
    hashes: dict[str, tuple[Category, tuple[Where, ...]]] = {}
    patterns: list[Pattern] = []
    together: list[Together] = []
    allow: set[str] = set()
    for path in files:
        file = _file(path)
        policy |= {(c, a): action for c, row in file.policy.items() for a, action in row.items()}
        try:
            for terms in file.terms:
                for hashed in (*terms.hashes, *(digest(term_of(w)) for w in terms.words)):
                    hashes[hashed] = (terms.category, terms.where)
            hashes |= {digest(term_of(n)): ("harassment", PLACES) for n in file.real_people}
            allow |= {term_of(w) for w in file.allow}
        except ValueError as error:
            raise BadLists(f"{path.name}: {error}") from error
        patterns += file.patterns
        together += file.together
    missing = [f"policy.{c}.{a}" for c in CATEGORIES for a in AUDIENCES if (c, a) not in policy]
    if missing:
        raise BadLists(f"{files[0].name}: {', '.join(missing)} missing; each is allow, soften or refuse")
    return Lists(
        policy,
        hashes,
        tuple((re.compile(p.regex), p) for p in patterns),
        tuple((re.compile(t.regex), re.compile(t.beside) if t.beside else None, t) for t in together),
        frozenset(allow),
    )


def _file(path: Path) -> File:
    try:
        return File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadLists(f"{path}: cannot be read: {error}") from error
    except ValidationError as error:
        raise BadLists("\n".join(f"{path.name}: {_line(e)}" for e in error.errors())) from error


def _line(error: object) -> str:
    """One fault in one line: where, and what is legal."""
    assert isinstance(error, dict)
    where = ".".join(str(part) for part in error["loc"] if part != "[key]")
    return ": ".join(filter(None, (where, str(error["msg"]).removeprefix("Value error, "))))


@cache
def standard_lists() -> Lists:
    """The built-in ones, read once."""
    return load_lists(STANDARD_FILE)


def hashes_of(words: Iterable[str]) -> list[str]:
    """For a list: the hash of each term."""
    return [digest(term_of(word)) for word in words]
