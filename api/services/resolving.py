"""How a turn ends and the next begins: close it, put rulings in, resolve, open the next (`docs/architecture.md`)."""

from __future__ import annotations

from api.rules import commands as cmd
from api.rules import engine
from api.rules.replay import Step
from api.rules.state import PlayState
from api.services import game_log
from api.services.deps import Deps, retrying
from api.services.fight_figures import note_fight, sum_up_fight
from api.services.sessions_end import finish
from api.services.table import Json, Table


def close_turn(table: Table, turn: Json) -> None:
    """Everyone has spoken: resolve, or wait for the ruling on free text. Order of entries is order of resolution."""
    if any(e["command"] is None for e in turn["entries"]):
        turn["state"] = "accepted"
        turn["due_at"] = table.deps.clock.iso(after=table.deps.settings.narration_lease_seconds)
        turn["accepted_at"] = table.deps.clock.iso()
        table.body["deadline"] = None
    else:
        # What was just stated is legal; what others stated before may no longer be, and must not stop the beat.
        resolve_turn(table, turn)


def rule_turn(
    deps: Deps,
    session_id: str,
    turn_id: str,
    rulings: dict[str, cmd.Command],
    *,
    attempt_number: int | None = None,
) -> bool:
    """Put rulings (by character id) on the free-text entries of an accepted turn and resolve it.

    Each ruling is validated again by the rules; what they refuse is told as impossible. Returns False when the turn
    was ruled already (the job ran twice) or its session has ended, so that nothing changes. `attempt_number` is that
    of the narration job which the caller enqueues next.
    """

    def attempt() -> bool:
        table = Table.load(deps, session_id)
        turn = table.turn(turn_id)
        if turn["state"] != "accepted" or table.body["status"] not in ("active", "timeout"):
            return False
        if attempt_number is not None:
            turn["attempt"] = attempt_number
        for entry in turn["entries"]:
            if entry["command"] is None:
                entry["command"] = rulings[entry["character_id"]].to_json()
        table.emit("turn_ruled", turn_id=turn_id)
        resolve_turn(table, turn)
        table.commit()
        return True

    return retrying(attempt)


def resolve_turn(table: Table, turn: Json) -> None:
    """Roll what is left, apply it, tell the feed and open the next turn. What became impossible is told as such."""
    state = table.state()
    dice = table.dice(turn)
    rest = [e for e in turn["entries"] if not e["resolved"]]
    commands = [cmd.command_from_json(e["command"]) for e in rest]
    closing: list[Json] = []
    before = state
    if rest or turn["kind"] == "beat":
        spent = turn["minutes"]
        step = Step("close", dice.index, tuple(e["command"] for e in rest), spent)
        game_log.record(table, turn, state, step)
        done = engine.resolve_together(state, commands, dice, table.deps.content, tolerant=True, spent=spent)
        for entry, deed in zip(rest, done.deeds, strict=True):
            entry["events"] = [e.to_json() for e in deed]
            entry["resolved"] = True
        # From here on the entries stand in the order in which things happened.
        turn["entries"] = [e for e in turn["entries"] if e not in rest] + [rest[i] for i in done.sequence]
        closing = [e.to_json() for e in done.closing]
        state = done.state
    turn["dice_index"] = dice.index
    turn["closing"] = closing
    _mark_resolved(table, turn, state)
    told = [e for entry in turn["entries"] for e in entry["events"]] + closing
    note_fight(table, turn, before, state, told)
    if before.encounter is not None or state.encounter is not None:
        table.body["fought_at"] = turn["number"]
    table.save_state(state)
    _tell_resolved(table, turn, closing)
    if state.ending is not None:
        if "fight_due" in table.body:  # nobody follows a table that is over
            sum_up_fight(table, turn)
        finish(table, reason="ending")
    else:
        open_next_turn(table, state)


def resolve_by_story(table: Table, turn: Json, before: PlayState, state: PlayState) -> None:
    """Close the open turn, in which nobody has spoken, because an accepted proposal has moved the party on.

    What the turn tells stands in its `meanwhile`.
    """
    _mark_resolved(table, turn, state)
    note_fight(table, turn, before, state, turn["meanwhile"])
    if state.encounter is not None:
        table.body["fought_at"] = turn["number"]
    table.save_state(state)
    _tell_resolved(table, turn, turn["meanwhile"])
    if turn["kind"] == "ordered":  # nobody loses a turn to the story
        seats = [s["character_id"] for s in table.party]
        before_it = seats.index(turn["actor"]) - 1 if turn["actor"] in seats else -1
        table.body["last_ordered"] = seats[before_it]
    open_next_turn(table, state)


def _mark_resolved(table: Table, turn: Json, state: PlayState) -> None:
    turn["state"] = "resolved"
    turn["resolved_at"] = table.deps.clock.iso()
    turn["due_at"] = table.deps.clock.iso(after=table.deps.settings.narration_lease_seconds)
    game_log.seal(turn, state)


def _tell_resolved(table: Table, turn: Json, closing: list[Json]) -> None:
    table.emit(
        "turn_resolved",
        turn_id=turn["id"],
        turn_number=turn["number"],
        kind=turn["kind"],
        scene=turn["scene"],
        deeds=[
            {k: e[k] for k in ("character_id", "character_name", "text", "events")} for e in turn["entries"]
        ],
        closing=closing,
    )


def open_next_turn(table: Table, state: PlayState) -> Json:
    """A beat, a strict or free turn outside encounters; in one, the turn of whoever initiative names."""
    deps, body = table.deps, table.body
    if body.get("came_to") != state.scene:
        body["came_to"], body["came_at"] = state.scene, body["turn_number"]
    previous = table.turn(body["open_turn_id"]) if body["open_turn_id"] else None
    body["previous_scene"] = previous["scene"] if previous else state.scene
    body["turn_number"] += 1
    kind: str = "beat" if body["mode"] == "beats" else body["mode"]
    actor: str | None = None
    if state.encounter is not None:
        kind, actor = "encounter", state.encounter.actor.id
    elif kind == "ordered":
        seats = [s["character_id"] for s in table.party]
        last = body.get("last_ordered")
        actor = seats[(seats.index(last) + 1) % len(seats)] if last in seats else seats[0]
        body["last_ordered"] = actor
    turn_id = deps.clock.new_id()
    deadline = deps.clock.iso(after=turn_seconds(table) + deps.settings.clock_grace_seconds)
    turn: Json = new_turn(table, turn_id, body["turn_number"], kind, state.scene, actor)
    turn["deadline"] = deadline
    body["open_turn_id"] = turn_id
    body["current_turn"] = actor
    body["deadline"] = deadline
    table.add_turn(turn_id, turn)
    table.emit(
        "turn_opened", turn_id=turn_id, turn_number=turn["number"], kind=kind, actor=actor,
        waiting_for=table.waiting_for(turn), deadline=deadline,
    )  # fmt: skip
    return turn


def turn_seconds(table: Table) -> float:
    """How long a turn's clock runs: by the session's pace."""
    settings = table.deps.settings
    return settings.beat_seconds_live if table.body["pace"] == "live" else settings.beat_seconds_by_post


def new_turn(table: Table, turn_id: str, number: int, kind: str, scene: str, actor: str | None) -> Json:
    return {
        "id": turn_id, "session_id": table.id, "number": number, "kind": kind, "scene": scene, "actor": actor,
        "state": "open", "entries": [], "closing": [], "dice_index": 0, "minutes": 0, "attempt": 1, "due_at": None,
        "opened_at": table.deps.clock.iso(), "deadline": None, "accepted_at": None, "resolved_at": None,
        "narrated_at": None, "dm_response": "", "narrator": "", "narrated_with": None,
    }  # fmt: skip


def pending_texts(turn: Json) -> list[Json]:
    """The entries of a turn that still need a ruling."""
    return [e for e in turn["entries"] if e["command"] is None]
