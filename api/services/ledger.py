"""The fact ledger in the store: documents of facts, rows of words that lead to them, and how far the memory is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.llm.memory.ledger import Fact, fact_id
from api.llm.memory.ranking import Entry, Row, leading, row_id, terms_of
from api.services.deps import Deps
from api.store.port import Change, Document, Insert, Update

Json = dict[str, Any]

MOST_CHANGES = 84  # of one commit; the store takes 90
MOST_TURNS_NAMED = 6  # turns that a fact names as where it comes from
AT_ONCE = 100  # documents of one read
NEW_HEAD: Json = {
    "upto": -1, "facts": 0, "pinned": [], "again": [], "calls": 0,
    "story": {"session": "", "scene": "", "upto": -1, "by": "", "scene_from": 0},
}  # fmt: skip


class Head:
    """How far a session's memory is. `upto` is the last turn read, `again` are turns whose passage was withdrawn and
    is to be read anew, `pinned` fact ids, `story` the current summary, `calls` what models were asked for summaries."""

    def __init__(self, session_id: str, document: Document | None) -> None:
        self.session_id = session_id
        self.revision = document.revision if document else None
        self.body: Json = (
            document.body
            if document
            else {"session_id": session_id, **NEW_HEAD, "story": dict(NEW_HEAD["story"])}
        )

    @classmethod
    def load(cls, deps: Deps, session_id: str) -> Head:
        return cls(session_id, deps.store.get("memory_heads", session_id))

    def change(self) -> Change:
        """The change that writes it back, if nobody else has meanwhile."""
        if self.revision is None:
            return Insert("memory_heads", self.session_id, self.body)
        return Update("memory_heads", self.session_id, self.revision, self.body)

    def written(self) -> None:
        """Note that `change` was committed."""
        self.revision = (self.revision or 0) + 1


COUNTING = ("live", "detail")  # states of facts that may reach a prompt


def state_of(kind: str) -> str:
    """The state of a fact that counts: details are kept apart, so that lists show only what a reader would note."""
    return "detail" if kind == "detail" else "live"


def body_of(session_id: str, fact: Fact, now: str, **more: Any) -> Json:
    """A fact as the store keeps it; `state` is live, detail, superseded, forgotten or withdrawn."""
    return {
        "session_id": session_id, "state": state_of(fact.kind), "number": fact.turn_number, "kind": fact.kind,
        "text": fact.text, "source": fact.source, "speaker": fact.speaker, "about": list(fact.about),
        "event_ids": list(fact.event_ids), "turn_ids": [fact.turn_id] if fact.turn_id else [],
        "turns": [fact.turn_number], "weight": fact.weight, "pinned": False, "created_at": now, "superseded_by": None,
        "supersedes": None, "by": None, **more,
    }  # fmt: skip


def fact_of(body: Json) -> Fact:
    """The fact of a stored body."""
    return Fact(
        body["kind"], body["text"], body["source"], body["number"], (body["turn_ids"] or [""])[-1],
        tuple(body["about"]), tuple(body["event_ids"]), body["speaker"], body["weight"],
    )  # fmt: skip


def read_many(deps: Deps, collection: str, ids: Sequence[str]) -> dict[str, Document]:
    """As `get_many`, however many ids."""
    found: dict[str, Document] = {}
    for start in range(0, len(ids), AT_ONCE):
        found |= deps.store.get_many(collection, ids[start : start + AT_ONCE])
    return found


def rows_of(deps: Deps, session_id: str, terms: Iterable[str]) -> dict[str, Row]:
    """The index rows of these terms that exist, by term; one read for up to 100."""
    by_id = {row_id(session_id, term): term for term in terms}
    documents = read_many(deps, "fact_rows", list(by_id))
    return {by_id[i]: _row(d.body) for i, d in documents.items()}


def _row(body: Mapping[str, Any]) -> Row:
    return Row(body["count"], tuple(Entry(*raw) for raw in body["facts"]))


class Batch:
    """Facts on their way into the store, with their rows, in commits that each leave the ledger whole."""

    def __init__(self, deps: Deps, head: Head) -> None:
        self._deps = deps
        self._head = head
        self._docs: dict[str, tuple[int | None, Json]] = {}
        self._rows: dict[str, tuple[int | None, str, Row]] = {}
        self._changed: set[str] = set()  # of the rows, those that have grown

    def add(self, found: Sequence[Fact], extra: Mapping[str, Json] | None = None) -> list[str]:
        """Put facts in, commit by commit as they fill up; the ids of those that are new. `extra` are fields by id.

        A fact that is known already is only said to come up again; one that players forgot or corrected stays so. The
        last commit is `finish`'s.
        """
        ids = {fact_id(self._head.session_id, f): f for f in found}
        known = read_many(self._deps, "facts", list(ids))
        terms = {
            i: terms_of(f) for i, f in ids.items() if i not in known or known[i].body["state"] == "withdrawn"
        }
        self._read_rows({t for own in terms.values() for t in own})
        fresh = []
        for i, fact in ids.items():
            if self.size + 1 + len(terms.get(i, ())) > MOST_CHANGES:
                self.finish()
                self._read_rows({t for own in terms.values() for t in own})
            if i in known:
                self._again(known[i], fact)
            else:
                self._docs[i] = (
                    None,
                    body_of(self._head.session_id, fact, self._deps.clock.iso(), **(extra or {}).get(i, {})),
                )
                self._head.body["facts"] += 1
            if i in terms:
                fresh.append(i)
                self._index(i, fact, terms[i])
        return fresh

    @property
    def size(self) -> int:
        return 1 + len(self._docs) + len(self._changed)

    def change(self, document: Document, **fields: Any) -> None:
        """Change fields of a stored fact in the same commit."""
        if self.size + 1 > MOST_CHANGES:
            self.finish()
        revision, body = self._docs.get(document.id) or (document.revision, document.body)
        self._docs[document.id] = (revision, {**body, **fields})

    def amend(self, fact: str, **fields: Any) -> None:
        """Change fields of a fact that is in this batch or in the store."""
        revision, body = self._docs.get(fact) or self._stored(fact)
        self._docs[fact] = (revision, {**body, **fields})

    def body_of(self, fact: str) -> Json:
        """A fact as it will be once this batch is committed."""
        return (self._docs.get(fact) or self._stored(fact))[1]

    def _stored(self, fact: str) -> tuple[int | None, Json]:
        document = self._deps.store.get("facts", fact)
        if document is None:
            raise LookupError(f"there is no fact {fact}")
        return document.revision, document.body

    def changes(self) -> list[Change]:
        """Everything that has gathered, the head included."""
        session_id = self._head.session_id
        gathered: list[Change] = [self._head.change()]
        gathered += [_write("facts", i, revision, body) for i, (revision, body) in self._docs.items()]
        for i, (revision, term, row) in self._rows.items():
            if i in self._changed:
                facts = [[e.fact_id, e.turn_number, e.weight, e.leads] for e in row.entries]
                body = {"session_id": session_id, "term": term, "count": row.count, "facts": facts}
                gathered.append(_write("fact_rows", i, revision, body))
        return gathered

    def finish(self, *extra: Change) -> None:
        """Commit what has gathered. Raises Conflict when somebody else wrote to this memory meanwhile."""
        self._deps.store.commit([*self.changes(), *extra])
        self._head.written()
        self._docs.clear()
        self._rows.clear()
        self._changed.clear()

    # --- how rows grow ---

    def _read_rows(self, terms: Iterable[str]) -> None:
        session_id = self._head.session_id
        wanted = {row_id(session_id, t): t for t in terms if row_id(session_id, t) not in self._rows}
        documents = read_many(self._deps, "fact_rows", list(wanted))
        for i, term in wanted.items():
            document = documents.get(i)
            self._rows[i] = (
                (document.revision, term, _row(document.body)) if document else (None, term, Row(0, ()))
            )

    def _index(self, fact: str, found: Fact, terms: Iterable[str]) -> None:
        leads = leading(found)
        for term in terms:
            i = row_id(self._head.session_id, term)
            revision, _, row = self._rows[i]
            self._rows[i] = (
                revision,
                term,
                row.with_entry(Entry(fact, found.turn_number, found.weight, term in leads)),
            )
            self._changed.add(i)

    def _again(self, document: Document, fact: Fact) -> None:
        _, body = self._docs.get(document.id, (document.revision, document.body))
        if body["state"] == "withdrawn":
            anew = body_of(body["session_id"], fact, body["created_at"])
            self._docs[document.id] = (document.revision, anew)
        elif (
            fact.turn_id and fact.turn_id not in body["turn_ids"] and len(body["turn_ids"]) < MOST_TURNS_NAMED
        ):
            more = {
                "turn_ids": [*body["turn_ids"], fact.turn_id],
                "turns": [*body["turns"], fact.turn_number],
            }
            self._docs[document.id] = (document.revision, {**body, **more})


def _write(collection: str, i: str, revision: int | None, body: Json) -> Change:
    return Insert(collection, i, body) if revision is None else Update(collection, i, revision, body)
