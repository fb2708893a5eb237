"""What a narrator proposed beside its passage, taken up in the very commit that stores the passage (ADR 0024)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import structlog

from api.rules import commands as cmd
from api.rules import proposals
from api.rules.errors import RuleError
from api.rules.proposals import Offer, Proposal, Taken
from api.rules.replay import Step
from api.rules.state import PlayState
from api.services import game_log
from api.services.resolving import resolve_by_story
from api.services.table import Json, Table

log = structlog.get_logger()

HEARD = 6  # proposals of one passage that are looked at; the rest is noise
FIGHT_GAP = 4  # turns after the last fight, or the story's beginning, before another may be proposed


def offers_now(table: Table, state: PlayState, turn_number: int) -> tuple[Offer, ...]:
    """What may be proposed beside the passage of turn `turn_number`; nothing once the table has moved on."""
    if not _is_next(table, turn_number):
        return ()
    found = proposals.offers(state, table.deps.content)
    return found if _may_fight(table) else tuple(o for o in found if o.kind != "start_encounter")


def take_up(table: Table, turns: Sequence[Json], said: Sequence[Proposal]) -> None:
    """Judge proposals against content and the state as it is now, and add what is accepted to the table's commit.

    What leaves the party where it is joins the open turn; what moves it closes that turn, if nobody has spoken in it.
    Everything else is refused and logged as `proposal_refused`; nobody is shown it.
    """
    if not said:
        return
    number = turns[-1]["number"]
    open_turn = table.open_turn()
    if open_turn is None or not _is_next(table, number) or open_turn["state"] not in ("open", "accepted"):
        _refuse_all(table, said, "the table has moved on")
        return
    state = table.state()
    commands = list(_commands(table, state, turns[-1], open_turn, said))
    if not commands:
        return
    dice = table.dice(open_turn)
    index = dice.index
    taken = proposals.take_up(state, commands, dice, table.deps.content)
    for command, refusal in taken.refused:
        _refused(table, _said_of(command), refusal.message)
    if taken.accepted:
        _commit(table, open_turn, state, taken, index)
        open_turn["dice_index"] = dice.index


def _commands(
    table: Table, state: PlayState, told: Json, open_turn: Json, said: Sequence[Proposal]
) -> Iterable[cmd.Command]:
    """The commands behind what was said; what has none, or is too much or too soon, is refused here."""
    actor = _speaker(state, told)
    untouched = open_turn["state"] == "open" and not open_turn["entries"]
    for place, proposal in enumerate(said):
        if place >= HEARD:
            _refused(table, proposal, f"more than {HEARD} proposals")
        elif proposal.kind in proposals.MOVERS and not untouched:
            _refused(table, proposal, "somebody has spoken in the next turn already")
        elif proposal.kind == "start_encounter" and not _may_fight(table):
            _refused(table, proposal, f"the last fight, or the beginning, is less than {FIGHT_GAP} turns ago")
        else:
            try:
                yield proposals.command_of(proposal, actor)
            except RuleError as error:
                _refused(table, proposal, error.message)


def _commit(table: Table, turn: Json, before: PlayState, taken: Taken, index: int) -> None:
    """One step of the log, the events on the open turn, the state, and what the feed tells."""
    step = Step("story", index, tuple(c.to_json() for c in taken.accepted))
    game_log.record(table, turn, before, step)
    events: list[dict[str, Any]] = [e.to_json() for e in taken.events]
    turn["meanwhile"] = events
    log.info("proposals_accepted", session_id=table.id, turn_id=turn["id"],
             kinds=[type(c).__name__ for c in taken.accepted])  # fmt: skip
    if taken.moved:
        resolve_by_story(table, turn, before, taken.state)
        return
    table.save_state(taken.state)
    table.emit("story_moved", turn_id=turn["id"], turn_number=turn["number"], events=events)


def turns_here(table: Table, number: int) -> int:
    """How many turns the party has been in one place, by turn `number`."""
    return max(0, int(number - table.body.get("came_at", 0)))


def _speaker(state: PlayState, told: Json) -> str:
    """The hero in whose name it happens: who acted last in the passage, else the first at the table."""
    acted = [e["character_id"] for e in told["entries"] if e["character_id"] in state.heroes]
    return acted[0] if acted else next(iter(state.heroes), "")


def _is_next(table: Table, number: int) -> bool:
    """Whether the open turn is the one right after: a proposal for an older scene comes too late."""
    open_turn = table.open_turn()
    fresh = open_turn is not None and not open_turn.get("meanwhile")
    return fresh and table.body["turn_number"] == number + 1 and table.body["status"] in ("active", "timeout")


def _may_fight(table: Table) -> bool:
    return bool(table.body["turn_number"] - table.body.get("fought_at", 0) > FIGHT_GAP)


def _said_of(command: cmd.Command) -> Proposal:
    raw = command.to_json()
    key = next((str(raw[n]) for n in ("encounter", "clue", "quest", "person") if n in raw), "")
    return Proposal(str(raw["type"]), key, int(raw.get("amount", 0)))


def _refuse_all(table: Table, said: Iterable[Proposal], reason: str) -> None:
    for proposal in said:
        _refused(table, proposal, reason)


def _refused(table: Table, proposal: Proposal, reason: str) -> None:
    """A model's words may be anything: they are cut, and JSON lines of the log keep them on one line."""
    log.warning("proposal_refused", session_id=table.id, kind=proposal.kind[:40], id=proposal.id[:60],
                amount=proposal.amount, reason=reason[:200])  # fmt: skip
