"""Which facts a scene needs: an inverted index small enough to read at once, and a score that is always the same.

Library search engines keep an index of their own beside the store; here each term's row is a document of it, so that
every store backend has it and a turn of an old story reads as little as one of a young story (ADR 0021).
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from api.llm.memory.cues import kinds_wanted
from api.llm.memory.ledger import WEIGHTS, Fact
from api.llm.memory.words import concepts_of, stems_of

LONGEST_ROW = 160  # facts in a term's row; beyond it the least weighty and oldest go
TERMS_OF_FACT = 14
TERMS_ASKED = 90  # what one look may ask for; the store reads at most 100 documents at once
CANDIDATES = 80  # facts that are read in full; with the pinned ones no more than one read of the store
LEADING = 3  # stems at a fact's beginning that say what it is about
LEADS = 1.25  # how much more a term counts there
COMPANY = 0.4  # how much a subject counts at least, however many facts it has
RARE, RARE_SHARE = (
    10,
    0.012,
)  # facts that may have a word for it to be precise by itself: so many, or that share
MOST_DETAILS, MOST_WORDLESS = 4, 4  # of one look: details, and facts that only a name or a kind led to
SURE = 9  # facts that are handed out however far they are behind the best
FAR_BEHIND = 0.6  # of the best one's score; others than these first ones must come so near
COVERED = 0.3  # of a text's words, each by how rare it is, that a fact must share with it
SAYS_AGAIN = 0.8  # of its words in a better one: then a fact adds nothing
TIRES = 0.94  # how much less each further fact of one kind that fits for the same words counts
FADES = 400.0  # turns after which a fact's recency has fallen to a third
KIND_TERMS = frozenset(
    {"promise", "debt", "secret", "appointment", "question", "person", "place", "quest", "clue"}
)

# How much a term of each origin counts.
FROM_TEXT, FROM_NAMED, FROM_PERSON, FROM_EVENT = 3.0, 2.4, 1.6, 1.2
FROM_KIND, FROM_CONCEPT, FROM_PLACE, FROM_HERO, FROM_OWN_AFFAIRS = 0.9, 1.2, 0.8, 0.8, 2.4
# Who asks after their own affairs most likely means what they said themselves.
_OWN_AFFAIRS = re.compile(
    r"\b(?:my|our|mine|ours)\b|\b(?:did|do|have|had|were|was|am|are|should|will) (?:i|we)\b|\b(?:i|we) (?:had|were to"
    r"|owe|said|promised|agreed|left|hid|did|have to)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact as an index row knows it; `leads` says whether it is about the term before all."""

    fact_id: str
    turn_number: int
    weight: int
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One term's row: how many facts ever had the term, and the entries kept of them."""

    count: int
    entries: tuple[Entry, ...]

    def with_entry(self, entry: Entry) -> Row:
        """With this fact, and at most `LONGEST_ROW` long. The same fact again changes nothing but its weight."""
        others = [e for e in self.entries if e.fact_id != entry.fact_id]
        kept = [*others, entry]
        if len(kept) > LONGEST_ROW:
            newest = max(e.turn_number for e in kept)
            kept.remove(
                min(kept, key=lambda e: (e.weight + 4 * _recency(newest - e.turn_number), e.turn_number))
            )
        return Row(self.count + (len(others) == len(self.entries)), tuple(kept))


def row_id(session_id: str, term: str) -> str:
    """Where a term's row of a session stands."""
    return f"p{hashlib.sha256(f'{session_id}|{term}'.encode()).hexdigest()[:30]}"


def terms_of(fact: Fact) -> list[str]:
    """The terms that lead to a fact: `@` with a subject, `#` with a kind, `~` with a concept, and word stems."""
    subjects = [f"@{key}" for key in fact.about[:5]]
    kinds = [f"#{fact.kind}"] if fact.kind in KIND_TERMS else []
    stems = stems_of(fact.text)
    if len(stems) > TERMS_OF_FACT:  # long words say more than short ones
        longest = set(sorted(stems, key=lambda s: -len(s))[:TERMS_OF_FACT])
        stems = [s for s in stems if s in longest]
    return [*subjects, *kinds, *stems, *concepts_of(stems)]


def leading(fact: Fact) -> set[str]:
    """The terms that a fact begins with."""
    return set(stems_of(fact.text)[:LEADING])


@dataclass(frozen=True, slots=True)
class Asked:
    """What a scene asks the memory for: terms and how much each counts, the weightiest first. `own` are those of this
    turn alone: words that players wrote, whom they named, what kind of fact they ask for, and what happened."""

    terms: Mapping[str, float]
    own: frozenset[str]
    texts: tuple[frozenset[str], ...] = ()  # the words of each text


def asked(
    texts: Sequence[str],
    named: Collection[str] = (),
    people: Iterable[str] = (),
    places: Iterable[str] = (),
    heroes: Iterable[str] = (),
    subjects: Collection[str] = (),
) -> Asked:
    """`texts` are what players wrote this turn, `named` the keys of whom and what they name in it; `people`, `places`,
    `heroes` and `subjects` (of events) are keys as well."""
    terms: dict[str, float] = {}

    def want(term: str, weight: float) -> None:
        terms[term] = max(terms.get(term, 0.0), weight)

    words = [frozenset(stems_of(text)) for text in texts]
    for text, own_words in zip(texts, words, strict=True):
        for word in own_words:
            want(word, FROM_TEXT)
        for concept in concepts_of(own_words):
            want(concept, FROM_CONCEPT)
        for kind in kinds_wanted(text):
            want(f"#{kind}", FROM_KIND)
    own_affairs = any(_OWN_AFFAIRS.search(text) for text in texts)
    for keys, weight in (
        (named, FROM_NAMED),
        (people, FROM_PERSON),
        (subjects, FROM_EVENT),
        (places, FROM_PLACE),
        (heroes, FROM_OWN_AFFAIRS if own_affairs else FROM_HERO),
    ):
        for key in keys:
            want(f"@{key}", weight)
    best = sorted(terms, key=lambda t: -terms[t])[:TERMS_ASKED]
    passing = {f"@{key}" for key in (*named, *subjects)}
    return Asked(
        {t: terms[t] for t in best}, frozenset(t for t in best if t[0] != "@" or t in passing), tuple(words)
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fact that may fit, how well, and for which terms. `own` says whether one of the turn's own led to it, and not
    only who and what is there anyway; `precise` whether two words did, or one that hardly any fact has;
    `worded` whether any word did, and not only a name or a kind."""

    fact_id: str
    score: float
    terms: frozenset[str]
    own: bool
    precise: bool
    worded: bool


def candidates(question: Asked, rows: Mapping[str, Row], facts: int, now: int) -> list[Candidate]:
    """The facts that fit best, at most `CANDIDATES`. `facts` is how many the session has, `now` the number of the turn
    that is told."""
    scores: dict[str, float] = {}
    entries: dict[str, Entry] = {}
    terms: dict[str, list[str]] = {}
    rarity: dict[str, float] = {}
    for term, weight in question.terms.items():
        row = rows.get(term)
        if row is None:
            continue
        rare = rarity[term] = _rarity(row.count, facts)
        if term.startswith("@"):  # whoever is there matters, however much there is to know of them
            rare = max(rare, COMPANY)
        for entry in row.entries:
            more = weight * rare * (LEADS if entry.leads else 1.0)
            scores[entry.fact_id] = scores.get(entry.fact_id, 0.0) + more
            entries[entry.fact_id] = entry
            terms.setdefault(entry.fact_id, []).append(term)
    ranked = []
    for i, score in scores.items():
        lasting = 0.06 * entries[i].weight + 0.25 * _recency(now - entries[i].turn_number)
        matched = question.own.intersection(terms[i])
        words = [t for t in matched if t[0] not in "@#~"]
        rare = any(rows[t].count <= max(RARE, RARE_SHARE * facts) for t in words)
        noted = entries[i].weight > WEIGHTS["detail"]
        if words and not (rare and noted) and not _covers(words, question.texts, rarity):
            continue
        precise = len(words) > 1 or rare
        ranked.append(Candidate(i, score + lasting, frozenset(terms[i]), bool(matched), precise, bool(words)))
    return sorted(ranked, key=lambda c: (-c.score, c.fact_id))[:CANDIDATES]


def _rarity(count: int, facts: int) -> float:
    """How much a term says that so many of the facts have: 1 for hardly any, towards 0 for all."""
    most = max(facts, count, 1)
    return math.log(1 + most / max(1, count)) / math.log(2 + most)


def _covers(words: Sequence[str], texts: Iterable[frozenset[str]], rarity: Mapping[str, float]) -> bool:
    """Whether these words are enough of one of the texts: a passing word of a long sentence leads to nothing."""
    for text in texts:
        whole = sum(rarity.get(w, 1.0) for w in text)
        if sum(rarity[w] for w in words if w in text) >= COVERED * whole:
            return True
    return False


def mixed(ranked: Sequence[Candidate], kind_of: Mapping[str, str]) -> list[Candidate]:
    """In the order in which they are handed out: of many facts of one kind that fit for the same words, the later ones
    stand back for the first of another kind, and a detail must fit precisely. `kind_of` holds those that may be handed
    out at all. Of details and of facts that no word led to there are few."""
    taken: Counter[tuple[str, frozenset[str]]] = Counter()
    scored = []
    for candidate in ranked:
        kind = kind_of.get(candidate.fact_id)
        if kind is not None and (candidate.precise or kind != "detail"):
            like = (kind, candidate.terms)
            scored.append((candidate.score * TIRES ** taken[like], candidate))
            taken[like] += 1
    scored.sort(key=lambda s: (-s[0], s[1].fact_id))
    least = FAR_BEHIND * scored[0][0] if scored else 0.0
    chosen: list[Candidate] = []
    room = {"detail": MOST_DETAILS, "wordless": MOST_WORDLESS}
    for score, candidate in scored:
        group = "detail" if kind_of[candidate.fact_id] == "detail" else "" if candidate.worded else "wordless"
        if len(chosen) >= SURE and score < least:
            break
        room[group] = room.get(group, len(scored)) - 1
        if room[group] >= 0:
            chosen.append(candidate)
    return chosen


def _recency(age: int) -> float:
    return math.exp(-max(0, age) / FADES)


def apart(facts: Sequence[Fact], most: int) -> list[Fact]:
    """The first `most` of ranked facts without those that say again what a better one says."""
    kept: list[Fact] = []
    stems: list[set[str]] = []
    for fact in facts:
        own = set(stems_of(fact.text))
        if any(own and len(own & other) >= SAYS_AGAIN * len(own) for other in stems):
            continue
        kept.append(fact)
        stems.append(own)
        if len(kept) == most:
            break
    return kept
