"""What is written beside a turn so that it can be played again, and how a session's log is read back.

Each turn keeps its steps (`api/rules/replay.py`) and, once resolved, a seal: the hash of the state it left, with the
rules version and the content hash that made it. A snapshot of the state stands before the first turn, before every
`auto_save_interval`-th one, and wherever rules or content have changed since. Everything is part of the turn's own
commit, so the log can neither run ahead of the game nor fall behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from api.errors import GameRefusal, NotFound
from api.rules.replay import (
    RULES_VERSION,
    BrokenLog,
    LoggedTurn,
    Replayed,
    Step,
    replay,
    snapshot_of,
    state_hash,
)
from api.rules.state import PlayState
from api.services.deps import Deps
from api.services.table import Json, Table
from api.store.port import Insert, Query

PAGE = 200


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay found. `from_turn` is the snapshot's turn, `seed_hash` that of the server's seed."""

    session_id: str
    from_turn: int
    seed_hash: str
    replayed: Replayed

    @property
    def ok(self) -> bool:
        return self.replayed.mismatch is None

    def to_json(self) -> Json:
        found = self.replayed
        wrong = found.mismatch
        return {
            "session_id": self.session_id,
            "from_turn": self.from_turn,
            "turns": found.turns,
            "actions": found.actions,
            "rules_version": RULES_VERSION,
            "seed_hash": self.seed_hash,
            "made_by_other_rules": list(found.foreign),
            "mismatch": {
                "turn": wrong.turn,
                "logged": wrong.logged,
                "replayed": wrong.replayed,
                "reason": wrong.reason,
            }
            if wrong
            else None,
            "ok": self.ok,
        }


def record(table: Table, turn: Json, state: PlayState, step: Step) -> None:
    """Note a step, before it is taken: `state` is the one before it. The first of a turn may need a snapshot."""
    body, content = table.body, table.deps.content
    now = {"rules": RULES_VERSION, "content": content.content_hash[:16]}
    if not turn.get("steps"):
        changed = body["rules_version"] != RULES_VERSION or body["content_hash"] != content.content_hash
        if (
            changed
            or (turn["number"] - 1) % body["config"]["auto_save_interval"] == 0
            or not body.get("logged")
        ):
            body["rules_version"], body["content_hash"] = RULES_VERSION, content.content_hash
            body["logged"] = True
            shot = {"session_id": table.id, "number": turn["number"], **now, **snapshot_of(state)}
            table.add(Insert("snapshots", f"{table.id}.{turn['number']}", shot))
        turn["steps"], turn["log"] = [], now
    elif {k: turn["log"][k] for k in now} != now:
        turn["log"] |= {"content": ""}  # half of it was made by others: no version can be named
    turn["steps"].append(step.to_json())


def seal(turn: Json, state: PlayState) -> None:
    """Close a resolved turn's log with the hash of the state that it left."""
    if "log" in turn:
        turn["log"]["seal"] = state_hash(state)


def replay_session(deps: Deps, session_id: str, *, from_turn: int | None = None) -> ReplayReport:
    """Play a session's turns again and compare each state with its seal.

    Starts at the last snapshot at or before `from_turn`, by default at the oldest one. Raises NotFound, GameRefusal
    where nothing was logged, BrokenLog.
    """
    document = deps.store.get("game_sessions", session_id)
    if document is None:
        raise NotFound("session")
    body = document.body
    below = {"number": from_turn + 1} if from_turn is not None else {}
    shots = deps.store.query(
        Query("snapshots", {"session_id": session_id}, below=below, order_by="number",
              descending=from_turn is not None, limit=1)
    ).items  # fmt: skip
    if not shots:
        raise GameRefusal("nothing_logged", "Nothing of this session was logged for a replay.")
    shot = shots[0].body
    turns = _logged_turns(deps, session_id, shot["number"])
    return ReplayReport(
        session_id, shot["number"], body["seed_hash"], replay(shot, turns, body["seed"], deps.content)
    )


def _logged_turns(deps: Deps, session_id: str, first: int) -> Iterator[LoggedTurn]:
    """The turns from number `first` on that changed something, in order. Raises BrokenLog."""
    above = first - 1
    while True:
        page = deps.store.query(
            Query("turns", {"session_id": session_id}, above={"number": above}, order_by="number", limit=PAGE)
        ).items
        for document in page:
            turn = document.body
            if not turn.get("steps"):
                continue
            log = turn.get("log")
            if not log:
                raise BrokenLog(f"turn {turn['number']} has steps and no seal")
            yield LoggedTurn(
                turn["number"],
                tuple(Step.from_json(s) for s in turn["steps"]),
                log.get("seal", ""),
                log["rules"],
                log["content"],
            )
        if len(page) < PAGE:
            return
        above = page[-1].body["number"]
