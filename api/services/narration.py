"""The worker's half of a turn: rule on free text, then tell what was committed, once, in order, under a lease."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from api.clock import seconds_until
from api.llm.checking import checker_of
from api.llm.checking.telling import NotWanted, Telling, Told, Wanted, tell_checked
from api.llm.plain import PlainTeller
from api.llm.port import (
    NarrationRequest,
    Narrator,
    Ruler,
)
from api.llm.ruler import BuiltInRuler
from api.rules.commands import Command
from api.rules.proposals import Proposal
from api.services.asking import asks_a_model, claim_rulings
from api.services.deps import Deps, retrying
from api.services.pen import Pen
from api.services.proposals import take_up
from api.services.questions import narration_request, ruling_requests
from api.services.remembering import remember
from api.services.resolving import rule_turn, turn_seconds
from api.services.retelling import settle, together
from api.services.story_settings import note_language
from api.services.table import Json, Table, events_of
from api.store.port import Conflict, Delete, Document, Insert, Query, Update

log = structlog.get_logger()

MERGED = 3


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to tell one session's next passage. `revision` is its fence."""

    id: str
    revision: int


async def serve_turn(deps: Deps, ruler: Ruler, narrators: list[Narrator], turn_id: str) -> None:
    """Bring one turn as far as it goes: ruled, then everything of its session that waits is narrated.

    May run twice or late: each step looks at what is committed and does nothing that was done.
    """
    document = await asyncio.to_thread(deps.store.get, "turns", turn_id)
    if document is None:
        log.warning("turn_unknown", turn_id=turn_id)
        return
    session_id = document.body["session_id"]
    log.info("turn_served", turn_id=turn_id, session_id=session_id, state=document.body["state"])
    if document.body["state"] == "accepted":
        if asks_a_model(ruler) and not await asyncio.to_thread(claim_rulings, deps, document):
            log.info("rulings_asked_elsewhere", turn_id=turn_id)
            return
        rulings = await decide_rulings(deps, ruler, session_id, turn_id)
        await asyncio.to_thread(rule_turn, deps, session_id, turn_id, rulings)
    while await narrate_next(deps, narrators, session_id):
        if await asyncio.to_thread(remember, deps, session_id):
            deps.jobs.summarise(session_id, document.body["number"])
        if not await asyncio.to_thread(untold_turns, deps, session_id):
            break  # a look costs less than a lease


async def decide_rulings(deps: Deps, ruler: Ruler, session_id: str, turn_id: str) -> dict[str, Command]:
    """One command for each free-text entry, by character id: one question about all, and the built-in ruler for what
    stays unanswered."""
    asked = await asyncio.to_thread(ruling_requests, deps, session_id, turn_id)
    answers: dict[str, Command] = {}
    try:
        if asked:
            answers = await ruler.rule_all(list(asked.values()))
    except Exception:  # whatever a ruler does wrong, nobody's turn is lost
        log.exception("ruler_failed", ruler=ruler.name, turn_id=turn_id)
    built_in = BuiltInRuler(deps.content)
    return {who: _own(answers.get(who), who) or built_in.read(request) for who, request in asked.items()}


def _own(command: Command | None, who: str) -> Command | None:
    """A ruling counts for the hero alone whose text it was."""
    return command if command is not None and command.actor == who else None


async def narrate_next(deps: Deps, narrators: list[Narrator], session_id: str) -> bool:
    """Tell the oldest untold turns of a session, if nobody else is at it. True when a passage was committed."""
    lease = await asyncio.to_thread(claim, deps, session_id)
    if lease is None:
        return False
    turns = await asyncio.to_thread(untold_turns, deps, session_id)
    if not turns:
        await asyncio.to_thread(release, deps, lease)
        # A turn that resolved between the look and the release found the lease held: look once more.
        return bool(await asyncio.to_thread(untold_turns, deps, session_id))
    table = await asyncio.to_thread(Table.load, deps, session_id)
    request = await asyncio.to_thread(narration_request, table, [t.body for t in turns])
    pen = Pen(deps, lease.id, lease.revision)
    try:
        telling = await _tell(deps, narrators, request, turns[-1].body["attempt"], pen.is_held)
    except NotWanted:
        log.info("narration_stopped", session_id=session_id, turn_ids=request.turn_ids)
        return True
    named = event_ids([t.body for t in turns])
    sentences = [{**s, "events": [named[int(e)] for e in s["events"]]} for s in telling.sentences]
    return await asyncio.to_thread(
        commit_narration, deps, lease, session_id, request.turn_ids, telling.text, telling.narrator,
        sentences, telling.repairs, telling.proposals, turns[-1].body.get("asked_again", 0),
    )  # fmt: skip


async def _tell(
    deps: Deps,
    narrators: list[Narrator],
    request: NarrationRequest,
    attempt: int,
    wanted: Wanted | None = None,
) -> Telling:
    """The passage from the first narrator that can tell it; each checked sentence is shown as it comes.

    Whatever a narrator does wrong, the next one takes over; when all fail, the plain facts are told. Raises NotWanted
    when the passage was withdrawn meanwhile.
    """

    def show(offset: int, text: str) -> None:
        if request.retelling:
            return  # the old text stands until the new one is whole
        deps.publisher.delta(request.session_id, request.turn_ids[-1], attempt, offset, text)

    tellers = [PlainTeller()] if request.plain else narrators
    checker = checker_of(deps.content, deps.moderator)
    telling = await tell_checked(checker, tellers, request, show, wanted)
    return telling or Telling("plain", [Told(plain_facts(request))])


def event_ids(turns: list[Json]) -> list[str]:
    """Ids of the events of these turns in the order of a request: `<turn number>.<place in the turn's events>`."""
    deeds: list[str] = []
    closing: list[str] = []
    for turn in turns:
        told = sum(len(e["events"]) for e in turn["entries"])
        ids = [f"{turn['number']}.{n}" for n in range(len(events_of(turn)))]
        deeds += ids[:told]
        closing += ids[told:]
    return deeds + closing


def plain_facts(request: NarrationRequest) -> str:
    """The last resort: who acted, in one dry sentence. The receipts carry the rest."""
    names = list(dict.fromkeys(d.actor.name for d in request.deeds)) or [m.name for m in request.party]
    return f"{', '.join(names)}: it is done, as the dice have it. What do you do?"


def claim(deps: Deps, session_id: str) -> Lease | None:
    """Take the session's narration lease; None while somebody else's is alive."""
    lease_id = f"narration.{session_id}"
    body = {"until": deps.clock.iso(after=deps.settings.narration_lease_seconds)}
    held = deps.store.get("leases", lease_id)
    try:
        if held is None:
            deps.store.commit([Insert("leases", lease_id, body)])
            return Lease(lease_id, 1)
        if seconds_until(held.body["until"], deps.clock.now()) > 0:
            return None
        deps.store.commit([Update("leases", lease_id, held.revision, body)])
        return Lease(lease_id, held.revision + 1)
    except Conflict:
        return None


def release(deps: Deps, lease: Lease) -> None:
    """Give it back; if it was taken over meanwhile there is nothing to give."""
    try:
        deps.store.commit([Delete("leases", lease.id, lease.revision)])
    except Conflict:
        log.info("lease_taken_over", lease=lease.id)


def untold_turns(deps: Deps, session_id: str) -> list[Document]:
    """The oldest resolved turns that one passage can tell: a backlog of fight turns or beats is merged."""
    page = deps.store.query(
        Query("turns", {"session_id": session_id, "state": "resolved"}, order_by="number", limit=MERGED)
    )
    chosen: list[Document] = []
    for document in page.items:
        if document.body.get("retelling"):
            return chosen or together(deps, document)
        if chosen and not _tell_together(chosen[-1].body, document.body):
            break
        chosen.append(document)
    return chosen


def _tell_together(first: Json, second: Json) -> bool:
    """Whether two turns make one passage: alike, in one place, and nothing turned in between."""
    alike = first["kind"] == second["kind"] != "opening" and first["scene"] == second["scene"]
    return alike and not first["closing"] and not first.get("meanwhile")


def commit_narration(
    deps: Deps,
    lease: Lease,
    session_id: str,
    turn_ids: tuple[str, ...],
    text: str,
    narrator: str,
    sentences: list[Json] | None = None,
    repairs: int = 0,
    proposals: Sequence[Proposal] = (),
    asked_again: int = 0,
) -> bool:
    """Store the passage once and give the lease back in the same commit. False when somebody else told it.

    `asked_again` is how often the last of the turns had been asked for anew when its telling began: one that was asked
    for since is told by who was asked.

    `sentences` are the passage in pieces, each with the ids of the events behind it; `repairs` the calls to mend it.
    `proposals` are taken up in the same commit, so each comes true once or never.
    """

    def attempt() -> bool:
        held = deps.store.get("leases", lease.id)
        if held is None or held.revision != lease.revision:
            log.warning("narration_lease_lost", session_id=session_id, turn_ids=turn_ids)
            return False
        table = Table.load(deps, session_id)
        turns = [table.turn(i) for i in turn_ids]
        again = turns[-1].get("asked_again", 0)
        if any(t["state"] != "resolved" for t in (turns[-1:] if again else turns)) or again != asked_again:
            deps.store.commit([Delete("leases", lease.id, lease.revision)])
            return False
        now = deps.clock.iso()
        for turn in turns:
            turn.update(state="narrated", narrated_at=now, due_at=None, narrator=narrator,
                        narrated_with=turn_ids[-1] if turn["id"] != turn_ids[-1] else None)  # fmt: skip
        turns[-1].update(dm_response=text, sentences=sentences or [], repairs=repairs)
        if turns[-1]["number"] >= (table.body["last_narration"] or {}).get("turn_number", 0):
            table.body["last_narration"] = {
                "turn_id": turn_ids[-1],
                "turn_number": turns[-1]["number"],
                "text": text,
            }
        _start_clock(table)
        retold = settle(table, turns[-1], turn_ids)
        told = "turn_renarrated" if retold else "turn_narrated"
        table.emit(told, turn_id=turn_ids[-1], turn_ids=list(turn_ids), turn_number=turns[-1]["number"],
                   kind=turns[-1]["kind"], text=text, narrator=narrator, sentences=sentences or [],
                   **retold)  # fmt: skip
        take_up(table, turns, () if retold else proposals)  # other words bring nothing else about
        note_language(table, narrator)
        table.add(Delete("leases", lease.id, lease.revision))
        table.commit()
        return True

    return retrying(attempt)


def _start_clock(table: Table) -> None:
    """The open turn's clock starts when the story before it is told, or after the grace time, whichever is first."""
    deps, due = table.deps, table.body["deadline"]
    if due is None:
        return
    table.body["deadline"] = min(due, deps.clock.iso(after=turn_seconds(table)))
