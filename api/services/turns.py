"""Stating an action: who may, what it means, and what a missing one becomes (`docs/architecture.md`)."""

from __future__ import annotations

from api.clock import seconds_until
from api.errors import GameRefusal
from api.policy import About, may
from api.rules import commands as cmd
from api.rules import engine
from api.rules.encounters import standing_order
from api.rules.errors import RuleError
from api.rules.legal import legal_actions
from api.rules.replay import Step
from api.rules.state import PlayState
from api.services import game_log
from api.services.deps import Actor, Deps, retrying
from api.services.history import recap_of
from api.services.idempotency import IdempotencyKey
from api.services.moderating import audience_of, moderated
from api.services.resolving import close_turn, turn_seconds
from api.services.table import Json, Table, events_of
from api.services.texts import clean_text
from api.services.views import session_view
from api.services.wishes import Wish, label_of, structured_command
from api.tasks.queue import narration_job_id

ACTION_LIMIT = 1000


def take_turn(
    deps: Deps, actor: Actor, session_id: str, wish: Wish, key: IdempotencyKey, *, in_fight: bool = False
) -> Json:
    """State one action; with `in_fight` only while there is a fight. Returns the 202 result.

    Raises GameRefusal with what is legal, NotFound, Invalid, LostRace.
    """

    def attempt() -> Json:
        earlier = answered_before(deps, session_id, wish, key)
        if earlier is not None:
            return earlier
        table = Table.load(deps, session_id)
        table.require(actor, "session.act")
        if in_fight:
            require_fight(table, wish)
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
            "events": events_of(turn),
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


def answered_before(deps: Deps, session_id: str, wish: Wish, key: IdempotencyKey) -> Json | None:
    """The result that this key's first request got, beside the session as it is now; None for the first."""
    earlier = key.earlier(deps)
    if earlier is None:
        return None
    return {**earlier, "session": session_view(Table.load(deps, session_id), wish.character_id)}


def refusal(table: Table, state: PlayState, character_id: str, code: str, message: str) -> GameRefusal:
    """A refusal that can be played: the reason, the current turn and what is legal now."""
    legal = [a.to_json() for a in legal_actions(state, character_id, table.deps.content)]
    return GameRefusal(code, message, legal=legal, current_turn=table.body["turn_number"])


def require_fight(table: Table, wish: Wish) -> PlayState:
    """The state of a table in a fight. Raises GameRefusal: not_started, no_fight."""
    state = table.state() if table.body["world"] else None
    if state is None:
        raise GameRefusal("not_started", "The story has not begun; the host presses Begin.")
    if state.encounter is None:
        raise refusal(table, state, wish.character_id, "no_fight", "There is no fight here.")
    return state


def require_seat(table: Table, actor: Actor, wish: Wish) -> None:
    """Raises GameRefusal unless the asker plays that hero in a story that is under way."""
    seat = next((s for s in table.party if s["character_id"] == wish.character_id), None)
    if seat is None:
        raise GameRefusal("not_in_session", "That hero does not sit at this table.")
    if not may(actor, "seat.play", About(owner=seat["user_id"])):
        raise GameRefusal("not_in_session", f"{seat['player_name']} plays that hero.")
    status = table.body["status"]
    if status == "lobby":
        raise GameRefusal("not_started", "The story has not begun; the host presses Begin.")
    if status == "completed":
        raise GameRefusal("session_over", "This story is over. Start a new campaign to play on.")


def _ready_turn(table: Table, actor: Actor, wish: Wish) -> tuple[Json, PlayState]:
    """The open turn in which this wish can be stated; raises the refusal that fits."""
    require_seat(table, actor, wish)
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
        text = _welcome(table, state, wish, clean_text(wish.text, "text", limit=ACTION_LIMIT))
    else:
        command = structured_command(wish)
        try:
            engine.check_legal(command, state, table.deps.content)
        except RuleError as error:
            raise refusal(table, state, wish.character_id, error.code, error.message) from error
        text = label_of(state, command, table)
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


def _welcome(table: Table, state: PlayState, wish: Wish, text: str) -> str:
    """A free text as it may be told and sent to a model; what is not welcome costs no turn and is seen by nobody."""
    try:
        return moderated(table.deps.moderator, text, "action", audience_of(table.body))
    except GameRefusal as error:
        raise refusal(table, state, wish.character_id, error.code, error.message) from error


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
            game_log.record(table, turn, state, Step("deed", dice.index, (entry["command"],)))
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


def _resume(table: Table) -> None:
    """Wake a table that timed out, with a fresh clock for its open turn."""
    table.body["status"] = "active"
    table.body["last_activity"] = table.deps.clock.iso()
    turn = table.open_turn()
    if turn is not None and turn["state"] == "open":
        table.body["deadline"] = table.deps.clock.iso(after=turn_seconds(table))
    table.emit("session_resumed", previously=recap_of(table))
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
            command, text = _in_absence(table, turn, character_id)
            turn["entries"].append(
                {
                    "user_id": seat["user_id"], "character_id": character_id,
                    "character_name": heroes[character_id].name, "text": text, "source": "deadline",
                    "command": command.to_json(), "events": [], "resolved": False,
                    "stated_at": deps.clock.iso(),
                }
            )  # fmt: skip
        close_turn(table, turn)
        table.commit(tell=turn)
        return True

    return retrying(attempt)


def _in_absence(table: Table, turn: Json, character_id: str) -> tuple[cmd.Command, str]:
    """What a hero does when time is up, and how it reads in the log: in a fight the standing orders, else nothing."""
    if turn["kind"] != "encounter":
        return cmd.Pass(character_id, "deadline"), ""
    state = table.state()
    command = standing_order(state, state.hero(character_id), table.deps.content)
    ordered = bool(state.hero(character_id).orders)
    return command, f"{label_of(state, command, table)} (standing orders)" if ordered else ""
