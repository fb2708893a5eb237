"""The turn: state an action, close a beat, rule on free text, resolve, open the next (`docs/architecture.md`)."""

from __future__ import annotations

from dataclasses import dataclass

from api.clock import seconds_until
from api.errors import GameRefusal, Invalid
from api.rules import commands as cmd
from api.rules import engine
from api.rules.errors import RuleError
from api.rules.legal import legal_actions
from api.rules.state import PlayState
from api.services.deps import Actor, Deps, retrying
from api.services.idempotency import IdempotencyKey
from api.services.sessions_end import finish
from api.services.table import Json, Table
from api.services.texts import clean_text
from api.services.views import session_view
from api.tasks.queue import narration_job_id

ACTION_LIMIT = 1000
STRUCTURED = ("affordance", "talk", "item", "ability", "defend", "flee", "rest", "pass")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client sends: see `docs/wire.md`, action. `seen_turn` is the turn number that the player was shown."""

    character_id: str
    kind: str
    text: str = ""
    id: str = ""
    target: str = ""
    seen_turn: int | None = None


def take_turn(deps: Deps, actor: Actor, session_id: str, wish: Wish, key: IdempotencyKey) -> Json:
    """State one action. Returns the 202 result. Raises GameRefusal with what is legal, NotFound, Invalid, LostRace."""

    def attempt() -> Json:
        earlier = key.earlier(deps)
        if earlier is not None:
            return {**earlier, "session": session_view(Table.load(deps, session_id), wish.character_id)}
        table = Table.load(deps, session_id)
        table.require_member(actor)
        if table.body["status"] == "timeout" and table.seat_of_user(actor.user_id) is not None:
            # On its own, so that the table is awake even when this very action is refused.
            _resume(table)
            return attempt()
        try:
            turn, state = _ready_turn(table, actor, wish)
        except GameRefusal:
            if key.earlier(deps) is not None:  # its twin has just done it
                return attempt()
            raise
        entry = _entry(table, turn, state, wish, actor)
        _state_entry(table, turn, state, entry)
        result = {
            "job_id": narration_job_id(turn["id"], turn["attempt"]) if turn["state"] != "open" else None,
            "status": "queued" if turn["state"] != "open" else "waiting",
            "turn_id": turn["id"],
            "turn_number": turn["number"],
            "state": turn["state"],
            "events": [e for each in turn["entries"] for e in each["events"]] + turn["closing"],
            "waiting_for": table.waiting_for(turn),
        }
        table.body["last_activity"] = deps.clock.iso()
        table.add(*key.changes(deps, result))
        closed = turn["state"] != "open"
        table.commit(tell=turn if closed else None)
        busy = None
        if closed:
            outlook = deps.jobs.outlook()
            busy = outlook.notice() if outlook else None
        # As it was committed: reading it all again would cost as much as the turn itself.
        view = session_view(table, wish.character_id)
        return {**result, "session": view, **({"queue": busy} if busy else {})}

    return retrying(attempt)


def refusal(table: Table, state: PlayState, character_id: str, code: str, message: str) -> GameRefusal:
    """A refusal that can be played: the reason, the current turn and what is legal now."""
    legal = [a.to_json() for a in legal_actions(state, character_id, table.deps.content)]
    return GameRefusal(code, message, legal=legal, current_turn=table.body["turn_number"])


def _ready_turn(table: Table, actor: Actor, wish: Wish) -> tuple[Json, PlayState]:
    """The open turn in which this wish can be stated; raises the refusal that fits."""
    user_id = actor.require_user()
    seat = next((s for s in table.party if s["character_id"] == wish.character_id), None)
    if seat is None:
        raise GameRefusal("not_in_session", "That hero does not sit at this table.")
    if seat["user_id"] != user_id:
        raise GameRefusal("not_in_session", f"{seat['player_name']} plays that hero.")
    status = table.body["status"]
    if status == "lobby":
        raise GameRefusal("not_started", "The story has not begun; the host presses Begin.")
    if status == "completed":
        raise GameRefusal("session_over", "This story is over. Start a new campaign to play on.")
    state = table.state()
    turn = table.open_turn()
    if turn is None or turn["state"] != "open":
        raise refusal(
            table, state, wish.character_id, "stale_turn",
            "The game master is weighing what was said; the next turn opens in a moment.",
        )  # fmt: skip
    if wish.seen_turn is not None and wish.seen_turn != turn["number"]:
        moved = turn["scene"] != table.body.get("previous_scene", turn["scene"])
        code = "scene_changed" if moved and wish.seen_turn == turn["number"] - 1 else "stale_turn"
        raise refusal(
            table, state, wish.character_id, code,
            f"The table has moved on to turn {turn['number']} since you looked; see what is possible now.",
        )  # fmt: skip
    if turn["actor"] and turn["actor"] != wish.character_id:
        name = state.heroes[turn["actor"]].name
        raise refusal(table, state, wish.character_id, "not_your_turn", f"It is {name}'s turn.")
    return turn, state


def _entry(table: Table, turn: Json, state: PlayState, wish: Wish, actor: Actor) -> Json:
    earlier = next((e for e in turn["entries"] if e["character_id"] == wish.character_id), None)
    if earlier is not None and earlier["resolved"]:
        raise refusal(
            table, state, wish.character_id, "already_stated",
            f"{earlier['character_name']} has acted in this beat; the others are still to come.",
        )  # fmt: skip
    hero = state.heroes[wish.character_id]
    command, text = None, ""
    if wish.kind == "free":
        text = clean_text(wish.text, "text", limit=ACTION_LIMIT)
    else:
        command = structured_command(wish)
        try:
            engine.check_legal(command, state, table.deps.content)
        except RuleError as error:
            raise refusal(table, state, wish.character_id, error.code, error.message) from error
        text = _label(state, command, table)
    return {
        "user_id": actor.user_id,
        "character_id": hero.id,
        "character_name": hero.name,
        "text": text,
        "source": "text" if command is None else "button",
        "command": command.to_json() if command else None,
        "events": [],
        "resolved": False,
        "stated_at": table.deps.clock.iso(),
    }


def structured_command(wish: Wish) -> cmd.Command:
    """The command that a button means. Raises Invalid for a kind that does not exist or lacks its id."""
    who = wish.character_id
    if wish.kind in ("affordance", "item", "ability") and not wish.id:
        raise Invalid("id", f"is needed for kind '{wish.kind}'")
    match wish.kind:
        case "affordance":
            return cmd.UseAffordance(who, wish.id)
        case "talk":
            return cmd.Talk(who, wish.target)
        case "item":
            return cmd.UseItem(who, wish.id, wish.target or who)
        case "ability":
            return cmd.UseAbility(who, wish.id, wish.target)
        case "defend":
            return cmd.Defend(who)
        case "flee":
            return cmd.Flee(who)
        case "rest":
            return cmd.Rest(who)
        case "pass":
            return cmd.Pass(who)
    raise Invalid("kind", f"must be free or one of {', '.join(STRUCTURED)}")


def _label(state: PlayState, command: cmd.Command, table: Table) -> str:
    """How the action reads in the log: the button's words, with the target."""
    named = isinstance(command, (cmd.UseAffordance, cmd.UseItem, cmd.UseAbility))
    raw = command.to_json()
    for action in legal_actions(state, command.actor, table.deps.content) if named else ():
        if action.id in (raw.get("affordance"), raw.get("ability"), raw.get("item")):
            target = next((t.name for t in action.targets if t.id == raw.get("target")), "")
            if isinstance(command, cmd.UseItem):
                name = table.deps.content.items[command.item].name
                return (
                    f"Use {name} on {target}" if target and command.target != command.actor else f"Use {name}"
                )
            return f"{action.label}: {target}" if target and len(action.targets) > 1 else action.label
    match command:
        case cmd.Talk(person=person):
            people = {p.key: p.name for p in table.deps.content.scenes[state.scene].people}
            return f"Talk to {people.get(person, 'the others')}"
        case cmd.Rest():
            return "Rest for an hour"
        case cmd.Defend():
            return "Defend"
        case cmd.Flee():
            return "Flee with the party"
    return "Wait and watch"


def _state_entry(table: Table, turn: Json, state: PlayState, entry: Json) -> None:
    """Put the entry into the turn, resolve what can be resolved at once, and close the turn when all have spoken."""
    turn["entries"] = [e for e in turn["entries"] if e["character_id"] != entry["character_id"]] + [entry]
    left = table.waiting_for(turn)
    if left and table.body["deadline"] is None:  # an idle table's clock starts with the first who speaks
        table.body["deadline"] = table.deps.clock.iso(after=turn_seconds(table))
    table.emit(
        "action_stated", turn_id=turn["id"], turn_number=turn["number"], character_id=entry["character_id"],
        character_name=entry["character_name"], text=entry["text"], button=entry["source"] == "button",
        waiting_for=left,
    )  # fmt: skip
    if turn["kind"] == "beat" and left:
        command = cmd.command_from_json(entry["command"]) if entry["command"] else None
        if command is not None and not engine.waits_for_party(command, state, table.deps.content):
            dice = table.dice(turn)
            done = engine.resolve_one_deed(state, command, dice, table.deps.content)
            turn["dice_index"] = dice.index
            turn["minutes"] = max(turn["minutes"], done.minutes)
            entry["events"] = [e.to_json() for e in done.deeds[0]]
            entry["resolved"] = True
            table.save_state(done.state)
            table.emit(
                "deed_resolved", turn_id=turn["id"], character_id=entry["character_id"],
                character_name=entry["character_name"], text=entry["text"], events=entry["events"],
            )  # fmt: skip
        return
    close_turn(table, turn)


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
    if rest or turn["kind"] == "beat":
        try:
            done = engine.resolve_together(
                state, commands, dice, table.deps.content, tolerant=True, spent=turn["minutes"]
            )
        except RuleError as error:
            raise refusal(table, state, rest[-1]["character_id"], error.code, error.message) from error
        for entry, deed in zip(rest, done.deeds, strict=True):
            entry["events"] = [e.to_json() for e in deed]
            entry["resolved"] = True
        # From here on the entries stand in the order in which things happened.
        turn["entries"] = [e for e in turn["entries"] if e not in rest] + [rest[i] for i in done.sequence]
        closing = [e.to_json() for e in done.closing]
        state = done.state
    turn["dice_index"] = dice.index
    turn["closing"] = closing
    turn["state"] = "resolved"
    turn["resolved_at"] = table.deps.clock.iso()
    turn["due_at"] = table.deps.clock.iso(after=table.deps.settings.narration_lease_seconds)
    table.save_state(state)
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
    if state.ending is not None:
        finish(table, reason="ending")
    else:
        open_next_turn(table, state)


def open_next_turn(table: Table, state: PlayState) -> Json:
    """A beat, a strict or free turn outside encounters; in one, the turn of whoever initiative names."""
    deps, body = table.deps, table.body
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


def _resume(table: Table) -> None:
    """Wake a table that timed out, with a fresh clock for its open turn."""
    table.body["status"] = "active"
    table.body["last_activity"] = table.deps.clock.iso()
    turn = table.open_turn()
    if turn is not None and turn["state"] == "open":
        table.body["deadline"] = table.deps.clock.iso(after=turn_seconds(table))
    table.emit("session_resumed")
    table.commit()


def serve_deadline(deps: Deps, session_id: str) -> bool:
    """Close an overdue turn: the missing pass. A beat in which nobody has spoken waits on. True when it closed."""

    def attempt() -> bool:
        table = Table.load(deps, session_id)
        turn = table.open_turn()
        due = table.body["deadline"]
        if table.body["status"] != "active" or turn is None or turn["state"] != "open" or due is None:
            return False
        if seconds_until(due, deps.clock.now()) > 0:
            return False
        if turn["kind"] in ("beat", "free") and not turn["entries"]:
            table.body["deadline"] = None  # nobody is waiting for anybody
            table.commit()
            return False
        heroes = table.heroes()
        for character_id in table.waiting_for(turn):
            seat = next(s for s in table.party if s["character_id"] == character_id)
            in_fight = turn["kind"] == "encounter"
            command: cmd.Command = (
                cmd.Defend(character_id) if in_fight else cmd.Pass(character_id, "deadline")
            )
            turn["entries"].append(
                {
                    "user_id": seat["user_id"], "character_id": character_id,
                    "character_name": heroes[character_id].name, "text": "", "source": "deadline",
                    "command": command.to_json(), "events": [], "resolved": False,
                    "stated_at": deps.clock.iso(),
                }
            )  # fmt: skip
        close_turn(table, turn)
        table.commit(tell=turn)
        return True

    return retrying(attempt)


def pending_texts(turn: Json) -> list[Json]:
    """The entries of a turn that still need a ruling."""
    return [e for e in turn["entries"] if e["command"] is None]
