"""Expands templates into sentences: picks fresh texts, fills roles, makes verbs agree and chooses name or pronoun."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from api.llm.storyteller.english import (
    PRONOUNS,
    Pronouns,
    base_form,
    capitalise,
    finish,
    plural_phrase,
    possessive,
)
from api.llm.storyteller.memory import NEVER, Memory
from api.llm.storyteller.wording import Template, Wording

T = TypeVar("T")


class Chooser:
    """Choices that depend on the seed alone."""

    def __init__(self, *seed: object) -> None:
        digest = hashlib.sha256("\x1f".join(str(s) for s in seed).encode()).hexdigest()
        self._rng = random.Random(digest)

    def below(self, n: int) -> int:
        return int(self._rng.random() * n)

    def pick(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def chance(self, share: float) -> bool:
        return self._rng.random() < share

    def shuffled(self, items: Iterable[T]) -> list[T]:
        keyed = [(self._rng.random(), i, item) for i, item in enumerate(items)]
        return [item for _, _, item in sorted(keyed, key=lambda k: k[:2])]


@dataclass(frozen=True, slots=True)
class Ref:
    """Somebody or something that a sentence can be about. `name` is a ready noun phrase."""

    id: str
    name: str
    pronouns: str
    hero: bool = False
    plural: bool = False


@dataclass(frozen=True, slots=True)
class VerbPhrase:
    """A verb phrase in the third person singular that agrees with the subject before it."""

    text: str


Value = str | Ref | VerbPhrase
Scope = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Voice:
    """Who was spoken of: `subject` is the hero named last, to whom a pronoun may refer."""

    subject: str = ""


class Rendering:
    """One sentence being rendered."""

    def __init__(self, scope: Scope, voice: Voice) -> None:
        self.scope = scope
        self.voice = voice
        self.plural = False
        self.out: list[str] = []
        self.templates: list[Template] = []

    def role(self, role: str) -> None:
        """Fill a role; what opens a second or third sentence of a template gets its capital."""
        before, known = self.text(), len(self.out)
        self._fill(role)
        if before.endswith((". ", "? ", "! ")) and len(self.out) > known:
            self.out[known] = capitalise(self.out[known])

    def _fill(self, role: str) -> None:
        if role in ("they", "them", "their", "theirs", "themself"):
            self._pronoun("actor", role)
            return
        base, _, pronoun = role.partition(".")
        if pronoun:
            self._pronoun(base, pronoun)
            return
        owns = base.endswith("'s")
        base = base.removesuffix("'s")
        value = self.scope["actor" if base == "name" else base]
        if isinstance(value, Ref):
            self._person(value, smart=base == "actor", owns=owns)
        elif isinstance(value, VerbPhrase):
            self.out.append(plural_phrase(value.text) if self.plural else value.text)
        else:
            self.out.append(possessive(value) if owns else value)

    def verb(self, verb: str) -> None:
        self.out.append(plural_phrase(verb) if self.plural else verb)

    def _pronoun(self, role: str, form: str) -> None:
        ref = self.scope[role]
        if not isinstance(ref, Ref):
            raise TypeError(f"{{{role}.{form}}} needs somebody, not {ref!r}")
        pronouns = PRONOUNS[ref.pronouns]
        self.out.append(str(getattr(pronouns, form)))
        if form == "they":
            self.plural = pronouns.plural

    def _person(self, ref: Ref, *, smart: bool, owns: bool) -> None:
        pronouns = PRONOUNS[ref.pronouns]
        if smart and ref.hero and self.voice.subject == ref.id and self._opens_clause(pronouns.plural):
            self.out.append(pronouns.their if owns else pronouns.they)
            self.plural = pronouns.plural
            return
        self.out.append(possessive(ref.name) if owns else ref.name)
        if not owns:
            self.plural = ref.plural
        if ref.hero:
            self.voice = replace(self.voice, subject=ref.id)

    def _opens_clause(self, plural: bool) -> bool:
        """Whether what comes next is a subject that a pronoun may stand for: nothing stands before it, or a stop.

        A sentence does not open with a plural one: `they` might be anybody.
        """
        before = self.text().rstrip()
        return before.endswith((",", ";", ":")) or (not plural and (not before or before.endswith(".")))

    def text(self) -> str:
        return "".join(self.out)


class Grammar:
    """Draws sentences from the pools, preferring texts that were not told lately."""

    def __init__(self, wording: Wording, memory: Memory, chooser: Chooser) -> None:
        self._wording = wording
        self._memory = memory
        self._chooser = chooser

    def has(self, pool: str) -> bool:
        return pool in self._wording.pools

    def draw(
        self,
        pool: str,
        scope: Scope,
        voice: Voice,
        aliases: Mapping[str, str] | None = None,
        avoid: frozenset[str] = frozenset(),
    ) -> Rendering:
        """One sentence of the pool, not yet finished.

        `aliases` reads one pool's name as another's; `avoid` names top-level texts that were tried in vain.
        """
        rendering = Rendering(scope, voice)
        self._expand(self._choose(pool, frozenset(scope), avoid), rendering, aliases or {})
        return rendering

    def _choose(self, pool: str, roles: frozenset[str], avoid: frozenset[str] = frozenset()) -> Template:
        usable = self._wording.usable(pool, roles)
        if not usable:
            raise LookupError(f"pool '{pool}' has no text for the roles {sorted(roles)}")
        options = [t for t in usable if t.source not in avoid] or list(usable)
        ages = [self._memory.age(t.keys) for t in options]
        fresh = [t for t, age in zip(options, ages, strict=True) if age == NEVER]
        if fresh:
            return self._chooser.pick(fresh)
        ranked = sorted(zip(ages, range(len(options)), strict=True), reverse=True)
        oldest = [options[i] for _, i in ranked[: max(1, len(ranked) // 3)]]
        return self._chooser.pick(oldest)

    def _expand(self, template: Template, rendering: Rendering, aliases: Mapping[str, str]) -> None:
        rendering.templates.append(template)
        for part in template.parts:
            if part.kind == "text":
                rendering.out.append(part.value)
            elif part.kind == "pool":
                pool = aliases.get(part.value, part.value)
                used = frozenset(t.source for t in rendering.templates)
                self._expand(self._choose(pool, frozenset(rendering.scope), used), rendering, aliases)
            elif part.kind == "verb":
                rendering.verb(part.value)
            else:
                rendering.role(part.value)


_PLACEHOLDER = re.compile(r"\{(actor|they|them|their|name|who|target)\}")
_SUBJECT_VERB = re.compile(r"^(\s+(?:[a-z]+ly\s+|also\s+|never\s+|still\s+|just\s+|barely\s+)?)([a-z']+)")
_SENTENCE_START = re.compile(r"(?:^|[.!?\u2026][\"\u201d\u2019']*\s+)[\"\u201c\u2018']*$")


def fill(text: str, people: Mapping[str, Ref], voice: Voice, *, smart: bool = False) -> tuple[str, Voice]:
    """Fill an author's placeholders. `people` maps actor, name, who and target to somebody.

    A name stands in full at its first mention; with `smart`, a hero who was named last becomes a pronoun at the start
    of a sentence. After `{they}` the verb is made to agree, whichever form the author wrote.
    """
    out: list[str] = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        out.append(text[end : match.start()])
        end = match.end()
        role = match[1]
        ref = people.get("actor" if role in ("they", "them", "their") else role) or next(
            iter(people.values())
        )
        pronouns = PRONOUNS[ref.pronouns]
        before = "".join(out)
        starts = bool(_SENTENCE_START.search(before))
        if role in ("them", "their"):
            word = str(getattr(pronouns, role))
        elif role == "they":
            word = pronouns.they
            verb = _SUBJECT_VERB.match(text[end:])
            if verb is not None:
                agreed = base_form(verb[2]) if pronouns.plural else _singular(verb[2])
                word += verb[1] + agreed
                end += verb.end()
        elif smart and starts and ref.hero and voice.subject == ref.id and _can_shorten(pronouns):
            if text[end:].startswith(("'s ", "\u2019s ")):
                word, end = pronouns.their, end + 2
            else:
                word = pronouns.they
        else:
            word = ref.name
            if before.lower().endswith(("the ", "a ", "an ")) and word.lower().startswith("the "):
                word = word[4:]
            if ref.hero:
                voice = replace(voice, subject=ref.id)
        out.append(capitalise(word) if starts else word)
    out.append(text[end:])
    return finish("".join(out)), voice


def _can_shorten(pronouns: Pronouns) -> bool:
    """Whether a name that opens a sentence may become a pronoun: `they` might be anybody."""
    return not pronouns.plural


def _singular(verb: str) -> str:
    """`are`, `have`, `do` and `were` in the singular; other author's forms are left as written."""
    return {"are": "is", "have": "has", "do": "does", "were": "was", "go": "goes"}.get(verb, verb)
