"""What players do with a story's memory: read it, add to it, set it right, pin and forget. Nothing of it is state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.errors import GameRefusal, Invalid, NotFound
from api.llm.memory.cues import cues_in
from api.llm.memory.ledger import WEIGHTS, Fact, Kind, fact_id
from api.llm.memory.reading import is_sheet_claim
from api.llm.memory.words import stems_of
from api.services.characters import page_of
from api.services.deps import Actor, Deps, retrying
from api.services.idempotency import IdempotencyKey
from api.services.ledger import COUNTING, Batch, Head, fact_of, read_many, rows_of
from api.services.moderating import audience_of, moderated
from api.services.remembering import book_of
from api.services.table import Json, Table
from api.services.texts import clean_text
from api.store.port import Document, Query

MOST_PINS = 20
TEXT_LIMIT = 280
OWN_WEIGHT = 8  # of what players wrote into the memories themselves


@dataclass(frozen=True, slots=True)
class MemoryChange:
    """What to do with a memory: set it right (`text`), pin or unpin it, or undo its correction or forgetting."""

    text: str | None = None
    pinned: bool | None = None
    undo: bool = False


# --- reading -----------------------------------------------------------------------------------------------------


def list_memories(
    deps: Deps,
    actor: Actor,
    session_id: str,
    *,
    subject: str,
    words: str,
    pinned: bool,
    cursor: str | None,
    limit: int,
) -> Json:
    """Memories that count, newest first, a page of at most 50. `subject` is a content key or character id, `words` are
    words that all must stand in a memory (their forms count: `promise` finds `promised`).

    Details, which no cue marks, are found by words and subjects only. With these the latest and
    weightiest that the index keeps are looked through, 160 for each word.
    """
    table = Table.load(deps, session_id)
    table.require_member(actor)
    limit = max(1, min(limit, 50))
    names = _names(table)
    head = Head.load(deps, session_id)
    if not (subject or words or pinned):
        newest = Query("facts", {"session_id": session_id, "state": "live"}, order_by="number", descending=True,
                       limit=limit, cursor=cursor)  # fmt: skip
        page = page_of(deps, newest)
        return _page(page.items, page.next_cursor, names, head)
    start = _offset(cursor)
    found = _found(deps, session_id, head, subject, words, pinned)
    rest = str(start + limit) if len(found) > start + limit else None
    return _page(found[start : start + limit], rest, names, head)


def show_memory(deps: Deps, actor: Actor, session_id: str, memory_id: str) -> Json:
    """One memory, in whatever state it is. Raises NotFound."""
    table = Table.load(deps, session_id)
    table.require_member(actor)
    return memory_view(memory_id, _known(deps, session_id, memory_id).body, _names(table))


def _found(deps: Deps, session_id: str, head: Head, subject: str, words: str, pinned: bool) -> list[Document]:
    terms = [*([f"@{subject}"] if subject else []), *stems_of(words)]
    if words and not stems_of(words):
        raise Invalid("q", "needs a word that says something; 'the' and its like stand everywhere")
    rows = rows_of(deps, session_id, terms)
    sets = [{e.fact_id for e in rows[t].entries} if t in rows else set() for t in terms]
    if pinned:
        sets.append(set(head.body["pinned"]))
    documents = read_many(deps, "facts", sorted(set.intersection(*sets)))
    live = [d for d in documents.values() if d.body["state"] in COUNTING]
    return sorted(live, key=lambda d: (-d.body["number"], d.id))


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 4:
        raise Invalid("cursor", "is none that this list gave out")
    return int(cursor)


def _page(items: Any, next_cursor: str | None, names: dict[str, str], head: Head) -> Json:
    return {
        "items": [memory_view(d.id, d.body, names) for d in items],
        "next_cursor": next_cursor, "pins": len(head.body["pinned"]), "most_pins": MOST_PINS,
    }  # fmt: skip


def memory_view(document_id: str, body: Json, names: dict[str, str]) -> Json:
    """A memory as clients get it (docs/wire.md, memory)."""
    return {
        "id": document_id, "kind": body["kind"], "text": body["text"], "source": body["source"],
        "speaker": body["speaker"] or None, "about": [{"id": k, "name": names.get(k, k)} for k in body["about"]],
        "turns": body["turns"], "turn_ids": body["turn_ids"], "event_ids": body["event_ids"], "pinned": body["pinned"],
        "state": body["state"], "by": body["by"], "corrects": body["supersedes"], "created_at": body["created_at"],
    }  # fmt: skip


def _names(table: Table) -> dict[str, str]:
    heroes = {s["character_id"]: s["character_name"] for s in table.party}
    return {**book_of(table.deps.content).names, **heroes}


# --- writing -----------------------------------------------------------------------------------------------------


def add_memory(
    deps: Deps, actor: Actor, session_id: str, text: str, pinned: bool, about: str, key: IdempotencyKey
) -> Json:
    """Write something into the memories, as this player's word. What speaks of a sheet is kept as a claim and never
    reaches a prompt. Raises NotFound, Forbidden, Invalid, GameRefusal `too_many_pins` or `unwelcome`, Unavailable."""
    cleaned = clean_text(text, "text", limit=TEXT_LIMIT)

    def change(table: Table, batch: Batch, head: Head, seat: Json) -> tuple[str, str]:
        if about and about not in _names(table):
            raise Invalid("about", "is nobody and nothing in this story")
        fact = _own_fact(table, seat, _welcome(table, cleaned), "pin", (about,) if about else ())
        i = fact_id(table.id, fact)
        known = deps.store.get("facts", i)
        if known is None:
            batch.add([fact], {i: _signed(actor)})
        elif known.body["state"] not in COUNTING:
            batch.change(known, state="live", superseded_by=None)
        if pinned:
            _pin(head, batch, i)
        return i, "added"

    return _changed(deps, actor, session_id, key, change)


def change_memory(
    deps: Deps, actor: Actor, session_id: str, memory_id: str, wish: MemoryChange, key: IdempotencyKey
) -> Json:
    """Set a memory right, pin or unpin it, or undo. A correction is a memory of its own that takes the other's place;
    undoing brings that one back. Raises NotFound, Invalid, GameRefusal."""
    if (wish.text is not None) + (wish.pinned is not None) + wish.undo != 1:
        raise Invalid("body", "takes exactly one of text, pinned and undo")
    cleaned = clean_text(wish.text, "text", limit=TEXT_LIMIT) if wish.text is not None else ""

    def change(table: Table, batch: Batch, head: Head, seat: Json) -> tuple[str, str]:
        known = _known(deps, table.id, memory_id)
        if wish.undo:
            return _undone(deps, table, batch, head, known)
        _require_live(known)
        if wish.pinned is not None:
            if wish.pinned:
                _pin(head, batch, memory_id)
            else:
                _unpin(head, batch, memory_id)
            return memory_id, "pinned" if wish.pinned else "unpinned"
        return _corrected(table, batch, head, seat, known, _welcome(table, cleaned), actor), "corrected"

    return _changed(deps, actor, session_id, key, change)


def forget_memory(deps: Deps, actor: Actor, session_id: str, memory_id: str, key: IdempotencyKey) -> Json:
    """No narrator is handed it any more, and nothing that tells it again brings it back; `undo` does."""

    def change(table: Table, batch: Batch, head: Head, seat: Json) -> tuple[str, str]:
        known = _known(deps, table.id, memory_id)
        _require_live(known)
        _unpin(head, batch, memory_id)
        batch.change(known, state="forgotten", pinned=False)
        return memory_id, "forgotten"

    return _changed(deps, actor, session_id, key, change)


Change = Callable[[Table, Batch, Head, Json], tuple[str, str]]


def _changed(deps: Deps, actor: Actor, session_id: str, key: IdempotencyKey, change: Change) -> Json:
    """One change by somebody at the table: ledger, feed row and the key's row in one commit."""

    def attempt() -> Json:
        earlier = key.earlier(deps)
        if earlier is not None:
            return earlier
        table = Table.load(deps, session_id)
        table.require(actor, "session.remember")
        seat = table.seat_of_user(actor.require_user())
        assert seat is not None  # the right is a member's alone
        head = Head.load(deps, session_id)
        batch = Batch(deps, head)
        memory_id, what = change(table, batch, head, seat)
        body = batch.body_of(memory_id)
        result = memory_view(memory_id, body, _names(table))
        table.emit(
            "memory_changed",
            change=what,
            memory=result,
            name=actor.name,
            user_id=actor.user_id,
            by_id=body.get("by_id"),
            character_name=seat["character_name"],
        )
        table.add(*batch.changes(), *key.changes(deps, result))
        table.commit()
        return result

    return retrying(attempt)


def _own_fact(table: Table, seat: Json, text: str, source: str, about: tuple[str, ...]) -> Fact:
    kind: Kind = "claim" if is_sheet_claim(text) else next((c.kind for c in cues_in(text)), "said")
    book = book_of(table.deps.content).with_heroes(_heroes(table))
    subjects = tuple(dict.fromkeys((*about, *book.about(text))))
    weight = WEIGHTS["claim"] if kind == "claim" else OWN_WEIGHT
    number = table.body["turn_number"] or 0
    return Fact(
        kind,
        text,
        "pin" if source == "pin" else "player",
        number,
        "",
        subjects,
        (),
        seat["character_name"],
        weight,
    )


def _welcome(table: Table, text: str) -> str:
    return moderated(table.deps.moderator, text, "memory", audience_of(table.body))


def _signed(actor: Actor) -> Json:
    """Who wrote it: the name for the table, the id so that it can be forgotten."""
    return {"by": actor.name, "by_id": actor.user_id}


def _heroes(table: Table) -> dict[str, str]:
    return {s["character_id"]: s["character_name"] for s in table.party}


def _known(deps: Deps, session_id: str, memory_id: str) -> Document:
    found = deps.store.get("facts", memory_id)
    if found is None or found.body["session_id"] != session_id:
        raise NotFound("memory")
    return found


def _require_live(document: Document) -> None:
    state = document.body["state"]
    if state not in COUNTING:
        raise GameRefusal(
            "memory_gone", f"That memory was {state} meanwhile; look at the list again.", state=state
        )


def _pin(head: Head, batch: Batch, memory_id: str) -> None:
    pinned = head.body["pinned"]
    if memory_id in pinned:
        return
    if len(pinned) >= MOST_PINS:
        raise GameRefusal(
            "too_many_pins", f"{MOST_PINS} memories are pinned already; unpin one first.", most=MOST_PINS
        )
    head.body["pinned"] = [*pinned, memory_id]
    batch.amend(memory_id, pinned=True, state="live")


def _unpin(head: Head, batch: Batch, memory_id: str) -> None:
    if memory_id in head.body["pinned"]:
        head.body["pinned"] = [p for p in head.body["pinned"] if p != memory_id]
        batch.amend(memory_id, pinned=False)


def _corrected(
    table: Table, batch: Batch, head: Head, seat: Json, known: Document, text: str, actor: Actor
) -> str:
    """The correction takes the place of what it corrects: its subjects, its turns, its pin."""
    old = fact_of(known.body)
    fact = _own_fact(table, seat, text, "player", old.about)
    i = fact_id(table.id, fact)
    if i == known.id:
        raise Invalid("text", "says what the memory says already")
    taken = table.deps.store.get("facts", i)
    pinned = known.id in head.body["pinned"]
    head.body["pinned"] = [i if p == known.id else p for p in head.body["pinned"]]
    more = {**_signed(actor), "supersedes": known.id, "turns": known.body["turns"], "turn_ids": known.body["turn_ids"],
            "pinned": pinned}  # fmt: skip
    if taken is None:
        batch.add([fact], {i: more})
    else:
        batch.change(taken, state="live", superseded_by=None, **more)
    batch.change(known, state="superseded", superseded_by=i, pinned=False)
    return i


def _undone(deps: Deps, table: Table, batch: Batch, head: Head, known: Document) -> tuple[str, str]:
    """A correction gives way to what it corrected; a forgotten memory counts again."""
    former = known.body["supersedes"]
    if known.body["state"] == "forgotten":
        batch.change(known, state="live")
        return known.id, "restored"
    if known.body["state"] == "superseded":
        known = _known(deps, table.id, known.body["superseded_by"])
        former = known.body["supersedes"]
    if not former or known.body["state"] != "live":
        raise GameRefusal("nothing_to_undo", "That memory is as it first was.")
    pinned = known.id in head.body["pinned"]
    head.body["pinned"] = [former if p == known.id else p for p in head.body["pinned"]]
    batch.change(known, state="forgotten", pinned=False, supersedes=None)
    batch.change(_known(deps, table.id, former), state="live", superseded_by=None, pinned=pinned)
    return former, "restored"
