"""Around a fight's turns: the endpoint of its own, and what is locked before the own turn.

The fight itself is decided by the rules inside the turns (`api/services/resolving.py`).
"""

from __future__ import annotations

from api.errors import Invalid
from api.rules import commands as cmd
from api.rules import engine
from api.rules.encounters import clear_intent, lock_intent
from api.rules.errors import RuleError
from api.rules.replay import Step
from api.services import game_log
from api.services.deps import Actor, Deps, retrying
from api.services.idempotency import IdempotencyKey
from api.services.table import Json, Table
from api.services.turns import answered_before, refusal, require_fight, require_seat, take_turn
from api.services.views import session_view
from api.services.wishes import STRUCTURED, Wish, structured_command


def combat_action(
    deps: Deps, actor: Actor, session_id: str, wish: Wish, key: IdempotencyKey, *, lock: bool = False
) -> Json:
    """An action in a fight. With `lock` it is decided for the hero's next own turn and done when that comes; the kind
    `unlock` takes that back. Raises GameRefusal (`no_fight` outside fights), NotFound, Invalid, LostRace.
    """
    if lock or wish.kind == "unlock":
        return _intend(deps, actor, session_id, wish, key)
    return take_turn(deps, actor, session_id, wish, key, in_fight=True)


def _intend(deps: Deps, actor: Actor, session_id: str, wish: Wish, key: IdempotencyKey) -> Json:
    if wish.kind == "free":
        raise Invalid(
            "kind", f"must be one of {', '.join(STRUCTURED)}: only what a button means can be locked"
        )

    def attempt() -> Json:
        earlier = answered_before(deps, session_id, wish, key)
        if earlier is not None:
            return earlier
        table = Table.load(deps, session_id)
        table.require(actor, "session.act")
        require_seat(table, actor, wish)
        state = require_fight(table, wish)
        turn = table.open_turn()
        assert turn is not None  # a fight is part of a running story, which always has a turn
        dice = table.dice(turn)
        at = dice.index
        try:
            command: cmd.Command
            if wish.kind == "unlock":
                command = clear_intent(state, wish.character_id)
            else:
                command = lock_intent(state, structured_command(wish), deps.content)
            done = engine.resolve(state, command, dice, deps.content)
        except RuleError as error:
            raise refusal(table, state, wish.character_id, error.code, error.message) from error
        game_log.record(table, turn, state, Step("intent", at, (command.to_json(),)))
        turn["dice_index"] = dice.index
        table.save_state(done.state)
        events = [e.to_json() for e in done.events]
        table.emit("intent_changed", turn_id=turn["id"], character_id=wish.character_id, events=events)
        table.body["last_activity"] = deps.clock.iso()
        result = {
            "status": "unlocked" if wish.kind == "unlock" else "locked", "turn_id": turn["id"],
            "turn_number": turn["number"], "events": events, "waiting_for": table.waiting_for(turn),
        }  # fmt: skip
        table.add(*key.changes(deps, result))
        table.commit()
        return {**result, "session": session_view(table, wish.character_id)}

    return retrying(attempt)
