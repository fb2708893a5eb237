"""What the worker does for a session's memory: read told turns into the ledger, and find what a passage needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import structlog

from api.content.catalogue import Content
from api.llm.checking.names import NameBook
from api.llm.facts import Facts
from api.llm.memory.budget import budget, fitting
from api.llm.memory.deeds import facts_of_events, facts_of_flags
from api.llm.memory.ledger import Fact, plain
from api.llm.memory.ranking import Asked, apart, asked, candidates, mixed
from api.llm.memory.reading import Reader
from api.llm.memory.story import is_due
from api.llm.memory.subjects import SubjectBook
from api.llm.memory.words import stems_of, words_of
from api.llm.port import CastMember, NarrationRequest, Recollection
from api.rules.events import Event, event_from_json
from api.services.deps import Deps, retrying
from api.services.ledger import COUNTING, NEW_HEAD, Batch, Head, fact_of, read_many, rows_of
from api.services.table import Json, Table
from api.store.port import Change, Delete, Document, Query, Update

log = structlog.get_logger()

TURNS_AT_ONCE = 20  # told turns that one step reads
MOST_REMEMBERED = 24  # facts of one prompt that the turn asks for, at most
STANDING = 8  # facts about place and people that stay from turn to turn, with the pinned ones
_SUBJECTS = ("person", "location", "quest", "scene")
RULING_FACTS = 4


# --- into the ledger ---------------------------------------------------------------------------------------------


def remember(deps: Deps, session_id: str) -> bool:
    """Read every told turn that was not read yet, and those that were told again, into the ledger. True when a summary
    is due.

    Runs after the passage is posted, so nobody waits for it. Runs twice or in two workers: the same facts have the
    same ids, and who comes second finds nothing left. Only what was posted is read, so what the checker kept back or
    a player had withdrawn never comes in.
    """

    def attempt() -> bool:
        head = Head.load(deps, session_id)
        page = deps.store.query(
            Query("turns", {"session_id": session_id, "state": "narrated"}, above={"number": head.body["upto"]},
                  order_by="number", limit=TURNS_AT_ONCE)
        )  # fmt: skip
        retold = _retold(deps, head)
        turns = [d.body for d in (*retold, *page.items)]
        if not turns:
            return False
        table = Table.load(deps, session_id)
        batch = Batch(deps, head)
        for document in retold:
            _unsay(deps, batch, session_id, document.body["number"])
        batch.add(facts_of_turns(table, turns))
        head.body["again"] = [n for n in head.body["again"] if n not in {t["number"] for t in turns}]
        head.body["upto"] = max(head.body["upto"], turns[-1]["number"])
        batch.finish()
        closing = [e["type"] for e in turns[-1]["closing"]]
        return is_due(head.body["upto"], head.body["story"]["upto"], closing)

    try:
        return retrying(attempt)
    except Exception:  # a memory that fails must not stop the story; the next turn reads again
        log.exception("memory_not_kept", session_id=session_id)
        return False


def facts_of_turns(table: Table, turns: Sequence[Json]) -> list[Fact]:
    """All that is worth knowing of these told turns."""
    content = table.deps.content
    book = book_of(content).with_heroes({s["character_id"]: s["character_name"] for s in table.party})
    found: list[Fact] = []
    for turn in turns:
        number, turn_id = turn["number"], turn["id"]
        events = numbered_events(turn)
        found += facts_of_events(events, _Teller(table, turn).fact, book, number, turn_id)
        found += facts_of_flags(events, content, table.body["campaign"], book, number, turn_id)
        reader = Reader(
            book, number, turn_id, familiar(content, turn["scene"]), _name_book(content).small.__contains__,
            _names(content, table).__contains__,
            frozenset(s["character_id"] for s in table.party),
        )  # fmt: skip
        for entry in turn["entries"]:
            if entry["source"] == "text":
                refused = any(e["type"] == "claim_refused" for e in entry["events"])
                found += reader.player_text(
                    entry["text"], entry["character_id"], entry["character_name"], refused=refused
                )
        if turn["dm_response"] and turn["narrator"] != "storyteller":  # whose sentences say what events say
            told = [(s["text"], tuple(s["events"])) for s in turn.get("sentences") or ()]
            found += reader.passage(turn["dm_response"], told)
    return found


def numbered_events(turn: Json) -> list[tuple[str, Event]]:
    """The events of a turn with their ids, `<turn number>.<place>`, as sentences of a passage name them."""
    raw = [*(e for entry in turn["entries"] for e in entry["events"]), *turn["closing"]]
    return [(f"{turn['number']}.{n}", event_from_json(e)) for n, e in enumerate(raw)]


class _Teller:
    """Says the events of one turn in sentences; the party is read only when there is something to say."""

    def __init__(self, table: Table, turn: Json) -> None:
        self._table, self._turn = table, turn
        self._facts: Facts | None = None

    def fact(self, event: Event) -> str:
        if self._facts is None:
            table, turn = self._table, self._turn
            party = []
            for seat in table.party:
                body = table.character(seat["character_id"]).body
                party.append(
                    CastMember(seat["character_id"], body["name"], body["pronouns"], "", "", "", 1, 1)
                )
            request = NarrationRequest(
                session_id=table.id, turn_ids=(turn["id"],), turn_number=turn["number"], kind=turn["kind"],
                campaign=table.body["campaign"], scene=turn["scene"], party=tuple(party), deeds=(),
                closing_events=(), history=(),
            )  # fmt: skip
            self._facts = Facts(table.deps.content, request)
        return self._facts.fact(event)


class _Names:
    """Whether a capitalised word is a name that content or party have."""

    def __init__(self, book: NameBook, heroes: Iterable[str]) -> None:
        self._book = book
        self._heroes = {word.lower() for name in heroes for word in name.split()}

    def __contains__(self, word: str) -> bool:
        return word.lower() in self._heroes or self._book.knows(word)


def _names(content: Content, table: Table) -> _Names:
    return _Names(_name_book(content), (s["character_name"] for s in table.party))


# Content is read once at the start of a process, so one entry each is enough.
@cache
def _kept(content_hash: str) -> dict[str, Any]:
    return {}


def _once(content: Content, what: str, make: Any) -> Any:
    kept = _kept(content.content_hash)
    if what not in kept:
        kept[what] = make()
    return kept[what]


def book_of(content: Content) -> SubjectBook:
    """The names of this content, read once in a process."""
    book: SubjectBook = _once(content, "subjects", lambda: SubjectBook(content))
    return book


def _name_book(content: Content) -> NameBook:
    book: NameBook = _once(content, "names", lambda: NameBook(content))
    return book


def known_words(content: Content, heroes: Iterable[str]) -> set[str]:
    """Every word that the content uses, as a name or otherwise, and the names of these heroes."""
    book = _name_book(content)
    return {*book.small, *book.names, *(w for name in heroes for w in words_of(name))}


def familiar(content: Content, scene: str) -> frozenset[str]:
    """Stems of the words that a scene's own texts have: a sentence of nothing else is no news."""

    def read() -> frozenset[str]:
        definition = content.scenes.get(scene)
        return frozenset(stems_of(" ".join(_texts(definition.model_dump())))) if definition else frozenset()

    stems: frozenset[str] = _once(content, f"scene {scene}", read)
    return stems


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


# --- what was withdrawn ------------------------------------------------------------------------------------------


def withdrawn(deps: Deps, session_id: str, numbers: Sequence[int]) -> list[Change]:
    """The changes with which the passages of these turns leave the memory: commit them together with the withdrawal.

    From then on nothing that they told is handed to a narrator; once a turn is told again, the new passage is read.
    Summaries that hold one are dropped and made anew.
    """
    head = Head.load(deps, session_id)
    if head.revision is None or not numbers:
        return []
    first = min(numbers)
    head.body["again"] = list(dict.fromkeys([*head.body["again"], *numbers]))
    changes: list[Change] = []
    if head.body["story"]["upto"] >= first:
        summaries = deps.store.query(
            Query("summaries", {"session_id": session_id}, order_by="number", descending=True, limit=10)
        ).items
        gone = [s for s in summaries if s.body["number"] >= first]
        changes += [Delete("summaries", s.id, s.revision) for s in gone]
        left = next((s.body["story"] for s in summaries if s.body["number"] < first), None)
        head.body["story"] = left or dict(NEW_HEAD["story"])
    for document in _told_only_in(deps, session_id, numbers):
        # The words go as well: whoever had a passage taken back has a right to find it nowhere.
        body = {**document.body, "state": "withdrawn", "text": "", "about": []}
        changes.append(Update("facts", document.id, document.revision, body))
    return [head.change(), *changes]


def _retold(deps: Deps, head: Head) -> list[Document]:
    """Turns that were withdrawn and stand told again: a withdrawn one has another state, or no text."""
    found = []
    for number in head.body["again"]:
        page = deps.store.query(Query("turns", {"session_id": head.session_id, "number": number}, limit=1))
        found += [d for d in page.items if d.body["state"] == "narrated" and _told(d.body)]
    return found


def _told_only_in(deps: Deps, session_id: str, numbers: Sequence[int]) -> list[Document]:
    """Facts that count and that passages of these turns told, and no other."""
    found = [
        d
        for number in dict.fromkeys(numbers)
        for d in deps.store.query(
            Query("facts", {"session_id": session_id, "number": number}, limit=60)
        ).items
    ]
    return [
        d for d in found
        if d.body["source"] == "told" and d.body["state"] in COUNTING and set(d.body["turns"]) <= set(numbers)
    ]  # fmt: skip


def _told(turn: Json) -> bool:
    """Whether a turn has a passage: its own, or, of a backlog, the last turn's."""
    return bool(turn["dm_response"] or turn["narrated_with"])


def _unsay(deps: Deps, batch: Batch, session_id: str, number: int) -> None:
    """What the withdrawn passage of a turn told is no longer known, unless another passage told it, too."""
    for document in _told_only_in(deps, session_id, [number]):
        batch.change(document, state="withdrawn")


# --- out of the ledger -------------------------------------------------------------------------------------------


def recall_for_passage(
    table: Table, turns: Sequence[Json], people: Sequence[str], numbers: Sequence[int], shown: int, head: Head
) -> tuple[Recollection, ...]:
    """What the passage about these turns is handed of the past: first what stands as long as the party stays (pinned
    facts, then those about place and people), then what this turn's texts and events ask for.

    `numbers` are the turns of its history, of which the last `shown` stand in the prompt: what they told is in sight,
    and what the turns themselves brought is no memory yet. Costs two reads, however long the story is.
    """
    if head.revision is None or not head.body["facts"]:
        return ()
    scene, now = turns[0]["scene"], turns[0]["number"]
    look = _Look(table.deps, head, question_of(table, turns, people), now, min(numbers[-shown:], default=now))
    known = head.body["story"].get("standing") or {}
    here = known.get("scene") == scene
    standing = look.read(
        [*head.body["pinned"], *(known["facts"] if here else ())], budget().standing, STANDING
    )
    taken = {f for f, _ in standing}
    # Where the last summary knows nothing of the place, what is about it changes from turn to turn.
    passing = (
        [] if here or not known else look.read(look.company(), budget().standing, STANDING, besides=taken)
    )
    taken |= {f for f, _ in passing}
    said_again = {plain(e["text"]) for t in turns for e in t["entries"] if e["source"] == "text"}
    own = [
        (f, i)
        for f, i in look.read(look.own(), budget().remembered, MOST_REMEMBERED, besides=taken)
        if f.plain not in said_again
    ]
    pinned = set(head.body["pinned"])
    return (
        *(_recollection(f, pinned=i in pinned, standing=True) for f, i in standing),
        *(_recollection(f) for f, _ in (*own, *passing)),
    )


def recall_for_ruling(
    deps: Deps, session_id: str, texts: Sequence[str], now: int
) -> tuple[Recollection, ...]:
    """The few facts by which a ruler understands whom and what these texts mean."""
    head = Head.load(deps, session_id)
    if not budget().ruling or head.revision is None or not head.body["facts"]:
        return ()
    look = _Look(deps, head, asked(texts), now, now)
    return tuple(_recollection(f) for f, _ in look.read(look.own(), budget().ruling, RULING_FACTS))


def standing_facts(table: Table, head: Head, scene: str, people: Sequence[str], upto: int) -> Json:
    """The facts about a place and its people that every prompt there begins with until the next summary."""
    look = _Look(table.deps, head, asked((), people=people, places=[scene]), upto + 1, upto)
    return {"scene": scene, "facts": look.company()}


def question_of(table: Table, turns: Sequence[Json], people: Iterable[str]) -> Asked:
    """What the passage about these turns should know: by players' texts, people and place, and the events' subjects."""
    book = book_of(table.deps.content)
    texts = [e["text"] for t in turns for e in t["entries"] if e["source"] == "text"]
    subjects: list[str] = []
    for turn in turns:
        raw = [*(e for entry in turn["entries"] for e in entry["events"]), *turn["closing"]]
        subjects += [v for e in raw for k in _SUBJECTS if (v := e.get(k)) in book.names]
    heroes = [e["character_id"] for t in turns for e in t["entries"]]
    named = [key for text in texts for key in book.about(text)]
    others = [book.besides(text) for text in texts]
    return asked(others, named, people, [t["scene"] for t in turns], heroes, list(dict.fromkeys(subjects)))


class _Look:
    """One look into the ledger: rows read once, facts read once."""

    def __init__(self, deps: Deps, head: Head, question: Asked, now: int, seen_from: int) -> None:
        self._deps, self._head = deps, head
        self._now, self._seen_from = now, seen_from
        rows = rows_of(deps, head.session_id, question.terms)
        self._ranked = candidates(question, rows, head.body["facts"], now)
        fixed = [*head.body["pinned"], *(head.body["story"].get("standing") or {}).get("facts", ())]
        ids = list(dict.fromkeys([*fixed, *(c.fact_id for c in self._ranked)]))
        documents = read_many(deps, "facts", ids)
        self._bodies = {i: d.body for i, d in documents.items() if self._usable(d.body)}

    def own(self) -> list[str]:
        """Facts that the turn's own words and events lead to, the best first."""
        kinds = {
            c.fact_id: self._bodies[c.fact_id]["kind"]
            for c in self._ranked
            if c.own and c.fact_id in self._bodies
        }
        return [c.fact_id for c in mixed(self._ranked, kinds)]

    def company(self) -> list[str]:
        """Facts about who and what is there, the best first."""
        kinds = {
            c.fact_id: self._bodies[c.fact_id]["kind"] for c in self._ranked if c.fact_id in self._bodies
        }
        return [c.fact_id for c in mixed(self._ranked, kinds)][:STANDING]

    def read(
        self, ids: Iterable[str], tokens: int, most: int, besides: Collection[Fact] = ()
    ) -> list[tuple[Fact, str]]:
        """The facts of these ids with them, as many as fit, none that says again what another one says."""
        facts = {fact_of(self._bodies[i]): i for i in dict.fromkeys(ids) if i in self._bodies}
        chosen = [f for f in apart([*besides, *facts], most + len(besides)) if f not in besides]
        return [
            (f, facts[f]) for f in fitting(chosen, tokens, lambda f: f"- (turn 0000) {f.speaker} {f.text}")
        ]

    def _usable(self, body: Json) -> bool:
        """Whether a fact may stand in a prompt: it counts, is no claim about a sheet, and is not in sight anyway."""
        if body["state"] not in COUNTING or body["kind"] == "claim":
            return False
        if body["by"]:  # a player wrote it into the memories: it is in no passage
            return True
        if body["number"] >= self._now:
            return False
        if body["source"] == "told" and body["number"] in self._head.body["again"]:
            return False
        return body["pinned"] or body["source"] in ("player", "pin") or body["number"] < self._seen_from


def _recollection(fact: Fact, *, pinned: bool = False, standing: bool = False) -> Recollection:
    return Recollection(fact.text, fact.turn_number, fact.source, fact.speaker, pinned, standing)
