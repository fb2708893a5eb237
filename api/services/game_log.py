"""What is written beside a turn so that it can be played again (`api/services/replays.py` reads it back).

Each turn keeps its steps (`api/rules/replay.py`) and, once resolved, a seal: the hash of the state it left, with the
rules version and the content hash that made it. A snapshot of the state stands before the first turn, before every
`auto_save_interval`-th one, and wherever rules or content have changed since. Everything is part of the turn's own
commit, so the log can neither run ahead of the game nor fall behind it.
"""

from __future__ import annotations

from api.rules.replay import RULES_VERSION, Step, snapshot_of, state_hash
from api.rules.state import PlayState
from api.services.table import Json, Table
from api.store.port import Insert


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
            shot = {
                "session_id": table.id, "number": turn["number"], "seed_hash": body["seed_hash"],
                **now, **snapshot_of(state),
            }  # fmt: skip
            table.add(Insert("snapshots", f"{table.id}.{turn['number']}", shot))
        turn["steps"], turn["log"] = [], now
        if earlier := [e["character_id"] for e in turn["entries"] if e["resolved"]]:
            turn["log"]["before"] = earlier  # done before anything was logged, by an older version
    elif any(turn["log"][k] != value for k, value in now.items()):
        turn["log"] |= {"content": ""}  # half of it was made by others: no version can be named
    turn["steps"].append(step.to_json())


def seal(turn: Json, state: PlayState) -> None:
    """Close a resolved turn's log with the hash of the state that it left."""
    if "log" in turn:
        turn["log"]["seal"] = state_hash(state)
