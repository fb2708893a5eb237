"""A session's log read back and played again, and old parts of it forgotten (`docs/rules.md`, Log; `./coc replay`).

For operators: what it finds names hidden things of the story. The seed itself is part of a report only once the session
is over, when players see it, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from api.content.catalogue import Content
from api.errors import NotFound
from api.rules.audit import Replayed, replay
from api.rules.differences import Difference, differences
from api.rules.equipment import sheet_from_document
from api.rules.replay import BrokenLog, LoggedTurn, Step, Told, plain
from api.rules.state import PlayState
from api.services.deps import retrying
from api.services.table import Json
from api.store.port import Change, Document, Query, Store, Update

PAGE = 200
BATCH = 40
SETTLED = ("resolved", "narrated")


class NothingLogged(Exception):
    """Raised for a session that cannot be played again from there; the text says why."""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay found.

    `from_turn` is the snapshot's turn. `seed_hash` was shown from the lobby on; `seed_fits` says that the dice's seed
    is the one that it promised; `seed` is there once the session is over. `under_way` is the number of the turn that is
    still open. `present` are the places at which the stored state is not the one replayed; None when they could not be
    compared (play went on meanwhile). `stranded` is the last turn whose steps no snapshot leads to, 0 for none.
    """

    session_id: str
    campaign: str
    status: str
    from_turn: int
    seed_hash: str
    seed_fits: bool
    seed: str | None
    under_way: int | None
    replayed: Replayed
    present: tuple[Difference, ...] | None
    stranded: int

    @property
    def ok(self) -> bool:
        """Whether nothing was altered: turns of other rules or content may differ with good reason."""
        return self.replayed.mismatch is None and self.seed_fits and not self.present and not self.stranded


def replay_session(
    store: Store, content: Content, session_id: str, *, from_turn: int | None = None
) -> ReplayReport:
    """Play a session's turns again and compare each state with its seal, and the last one with what is stored.

    Starts at the last snapshot at or before `from_turn`, by default at the oldest one whose steps are kept. A session
    under way is played up to what has been done. Raises NotFound, NothingLogged, BrokenLog.
    """
    head = store.get("game_sessions", session_id)
    if head is None:
        raise NotFound("session")
    body = head.body
    first = _first_snapshot(store, head, from_turn)
    turns = _logged_turns(store, session_id, first.body["number"], body["turn_number"])
    replayed = replay(turns, body["seed"], content)
    promised = {first.body.get("seed_hash", body["seed_hash"]), body["seed_hash"]}
    open_turn = store.get("turns", body["open_turn_id"]) if body["open_turn_id"] else None
    return ReplayReport(
        session_id,
        body["campaign"],
        body["status"],
        first.body["number"],
        body["seed_hash"],
        len(promised) == 1 and seed_fits(body),
        body["seed"] if body["status"] == "completed" else None,
        open_turn.body["number"] if open_turn is not None else None,
        replayed,
        _present(store, content, head, replayed),
        _stranded(store, session_id, first.body["number"]) if from_turn is None else 0,
    )


def seed_fits(body: Json) -> bool:
    """Whether the seed is the server's, whose hash was shown, mixed with clicks (R-DICE-9).

    Sessions of the first version also noted the clicks of those who came later.
    """
    if hashlib.sha256(body["server_seed"].encode()).hexdigest() != body["seed_hash"]:
        return False
    for count in range(len(body["entropy"]), -1, -1):
        sealed = ":".join([body["server_seed"], *body["entropy"][:count]])
        if hashlib.sha256(sealed.encode()).hexdigest() == body["seed"]:
            return True
    return False


def forget_steps(store: Store, session_id: str, before: int) -> int:
    """Forget the steps and seals of old turns: a replay then begins at the last snapshot at or before turn `before`.

    Returns how many turns lost theirs. May be interrupted and done again at any time. Raises NothingLogged.
    """
    head = store.get("game_sessions", session_id)
    if head is None:
        raise NotFound("session")
    keep: int = _first_snapshot(store, head, before).body["number"]
    # Snapshots first: from then on nobody starts at one whose steps are about to go.
    _rewrite(store, "snapshots", session_id, keep, _forgotten)
    return _rewrite(store, "turns", session_id, keep, _bare)


def _forgotten(snapshot: Json) -> Json:
    return {**snapshot, "forgotten": True}


def _bare(turn: Json) -> Json:
    return {name: value for name, value in turn.items() if name not in ("steps", "log")}


def _rewrite(
    store: Store, collection: str, session_id: str, below: int, change: Callable[[Json], Json]
) -> int:
    """Change every document of the session with a number under `below`; returns how many had to be changed."""
    number, changed = -1, 0
    while True:

        def attempt(above: int = number) -> tuple[tuple[Document, ...], int]:
            query = Query(
                collection, {"session_id": session_id}, above={"number": above}, below={"number": below},
                order_by="number", limit=BATCH,
            )  # fmt: skip
            found = store.query(query).items
            changes: list[Change] = [
                Update(collection, d.id, d.revision, after)
                for d in found
                if (after := change(d.body)) != d.body
            ]
            if changes:
                store.commit(changes)
            return found, len(changes)

        found, count = retrying(attempt)
        changed += count
        if len(found) < BATCH:
            return changed
        number = found[-1].body["number"]


def _first_snapshot(store: Store, head: Document, from_turn: int | None) -> Document:
    """The snapshot to start from. Raises NothingLogged."""
    if head.body["world"] is None:
        raise NothingLogged("the story of this session has not begun, so there is nothing to play again")
    oldest: Document | None = None
    above = -1
    while oldest is None:
        page = _snapshots(store, head.id, above={"number": above})
        oldest = next((d for d in page if not d.body.get("forgotten")), None)
        if oldest is None and len(page) < PAGE:
            raise NothingLogged(_why_nothing(store, head))
        above = page[-1].body["number"] if page else above
    if from_turn is None:
        return oldest
    if from_turn < oldest.body["number"]:
        raise NothingLogged(
            f"no snapshot stands at or before turn {from_turn}; the first is at {oldest.body['number']}"
        )
    return _snapshots(store, head.id, below={"number": from_turn + 1}, descending=True)[0]


def _why_nothing(store: Store, head: Document) -> str:
    for turn in _turns_from(store, head.id, 0):
        if turn.get("steps"):
            return f"turn {turn['number']} was logged, but no snapshot stands before it any more"
    if head.body["turn_number"] <= 1:
        return "nothing has been done in this session yet"
    return "this session was played before turns were logged; its log begins with the next thing that is done in it"


def _snapshots(
    store: Store,
    session_id: str,
    *,
    above: dict[str, Any] | None = None,
    below: dict[str, Any] | None = None,
    descending: bool = False,
) -> tuple[Document, ...]:
    return store.query(
        Query("snapshots", {"session_id": session_id}, above=above or {}, below=below or {}, order_by="number",
              descending=descending, limit=1 if descending else PAGE)
    ).items  # fmt: skip


def _stranded(store: Store, session_id: str, first: int) -> int:
    """The last turn before the first snapshot that still has steps; 0 when there is none."""
    before = store.query(
        Query("turns", {"session_id": session_id}, below={"number": first}, order_by="number", descending=True,
              limit=1)
    ).items  # fmt: skip
    return before[0].body["number"] if before and before[0].body.get("steps") else 0


def _turns_from(store: Store, session_id: str, first: int) -> Iterator[Json]:
    above = first - 1
    while True:
        page = store.query(
            Query("turns", {"session_id": session_id}, above={"number": above}, order_by="number", limit=PAGE)
        ).items
        yield from (d.body for d in page)
        if len(page) < PAGE:
            return
        above = page[-1].body["number"]


def _logged_turns(store: Store, session_id: str, first: int, last: int) -> Iterator[LoggedTurn]:
    """Turns `first` to `last` in order, each with its snapshot where one was taken. Raises BrokenLog."""
    expected = first
    shots: dict[int, Json] = {}
    for turn in _turns_from(store, session_id, first):
        number = turn["number"]
        if number > last:
            break
        if number != expected:
            raise BrokenLog(f"turn {expected} is missing")
        expected += 1
        if (number - first) % PAGE == 0:
            page = _snapshots(
                store, session_id, above={"number": number - 1}, below={"number": number + PAGE}
            )
            shots = {d.body["number"]: d.body for d in page}
        if turn.get("steps"):
            yield _logged(turn, shots.get(number))
        elif turn["state"] in SETTLED:
            raise BrokenLog(f"turn {number} was resolved, and nothing is logged of it")
    if expected <= last:
        raise BrokenLog(f"turn {expected} is missing")


def _logged(turn: Json, snapshot: Json | None) -> LoggedTurn:
    log = turn.get("log")
    if not log or (turn["state"] in SETTLED and not log.get("seal")):
        raise BrokenLog(f"turn {turn['number']} has steps and no seal")
    before = log.get("before", ())
    deeds = {e["character_id"]: e["events"] for e in turn["entries"] if e["character_id"] not in before}
    meanwhile = turn.get("meanwhile", [])
    kept = any(deeds.values()) or bool(turn["closing"]) or bool(meanwhile)
    return LoggedTurn(
        turn["number"],
        tuple(Step.from_json(s) for s in turn["steps"]),
        log.get("seal", ""),
        log["rules"],
        log["content"],
        Told(deeds, turn["closing"], meanwhile) if kept else None,
        snapshot,
    )


def _present(
    store: Store, content: Content, head: Document, replayed: Replayed
) -> tuple[Difference, ...] | None:
    """Where what is stored now differs from where the replay ended; of a session that is over, the world alone."""
    if replayed.mismatch is not None or replayed.lost:
        return None
    body = head.body
    ids = [s["character_id"] for s in body["party"]] if body["status"] != "completed" else []
    sheets = {i: d for i, d in store.get_many("characters", ids).items()} if ids else {}
    now = store.get("game_sessions", head.id)
    if now is None or now.body["seq"] != body["seq"] or len(sheets) != len(ids):
        return None
    heroes = {i: sheet_from_document(sheets[i].body, content) for i in ids}
    stored = plain(PlayState.from_json(body["world"], body["turn_number"], heroes))
    found = plain(replayed.state)
    if not ids:
        stored, found = {"world": stored["world"]}, {"world": found["world"]}
    return tuple(differences(stored, found))
