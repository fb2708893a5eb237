"""Rolling summaries: a job of its own sums up what was told since the last one, and nobody waits for it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Protocol

import structlog

from api.llm.authored import people_of
from api.llm.checking import checker_of
from api.llm.checking.sentences import split
from api.llm.memory.ledger import Fact
from api.llm.memory.story import EVERY, LONGEST_SUMMARY, OVERLAP, Summary, bounded, composed
from api.llm.memory.words import words_of
from api.llm.port import NarrationRequest, PastNote
from api.llm.storyteller import PastTurn
from api.services.deps import Deps, retrying
from api.services.ledger import Head
from api.services.questions import narration_request
from api.services.remembering import facts_of_turns, known_words, standing_facts
from api.services.table import Json, Table, past_turns
from api.store.port import Insert, Query

log = structlog.get_logger()

AT_MOST = 40  # told turns that one summary holds
_CAPITALISED = re.compile(r"\b[A-Z][\w’'-]+")
LOOKED_BACK = 12  # turns from which the way of the party is read


class Summariser(Protocol):
    """Whoever can sum up passages: a model. What it writes is checked here."""

    async def summary(self, request: NarrationRequest, passages: Sequence[str]) -> str | None: ...


async def summarise(deps: Deps, summariser: Summariser | None, session_id: str) -> bool:
    """Sum up what was told since the last summary. True when one was committed.

    A model is asked only after `EVERY` turns, so that summaries cost at most a tenth of a call a turn; what it
    writes is read sentence by sentence like any narration. Otherwise, and where nothing of it stands, the
    storyteller sums up. Runs twice: who finds another summary in place changes nothing.
    """
    head = await asyncio.to_thread(Head.load, deps, session_id)
    since = head.body["story"]["upto"]
    turns = await asyncio.to_thread(_told_since, deps, session_id, since)
    if not turns:
        return False
    table = await asyncio.to_thread(Table.load, deps, session_id)
    written, calls = "", 0
    if summariser is not None and len(turns) >= EVERY:
        request = await asyncio.to_thread(narration_request, table, turns)
        passages = [t["dm_response"] for t in turns if t["dm_response"]]
        text = await summariser.summary(request, passages)
        calls = text is not None
        written = _checked(deps, request, passages, text or "")
    return await asyncio.to_thread(_commit, table, turns, since, written, int(calls))


def _told_since(deps: Deps, session_id: str, number: int) -> list[Json]:
    page = deps.store.query(
        Query("turns", {"session_id": session_id, "state": "narrated"}, above={"number": number},
              order_by="number", limit=AT_MOST)
    )  # fmt: skip
    return [d.body for d in page.items]


def _checked(deps: Deps, request: NarrationRequest, passages: Sequence[str], text: str) -> str:
    """The sentences of a model's summary that fit the facts of the stretch and bring no name into it; the others never
    come in."""
    passage = checker_of(deps.content).begin(request)
    told = words_of(" ".join((*request.history, *request.story, *passages)))
    known = known_words(deps.content, [m.name for m in request.party]) | set(told)
    kept = []
    for sentence in split(" ".join(text.split())):
        verdict = passage.check(sentence)
        strange = [w for w in _CAPITALISED.findall(sentence) if not known.issuperset(words_of(w))]
        if verdict.fault is None and not strange:
            passage.accept(sentence)
            kept.append(sentence)
        else:
            kind = verdict.fault.kind if verdict.fault else "name"
            log.info("summary_sentence_refused", session_id=request.session_id, kind=kind)
    return bounded(" ".join(kept))


def _commit(table: Table, turns: list[Json], since: int, written: str, calls: int) -> bool:
    deps = table.deps
    upto = turns[-1]["number"]
    facts = facts_of_turns(table, turns)
    made = _composed(table, facts, upto)

    def attempt() -> bool:
        head = Head.load(deps, table.id)
        story = head.body["story"]
        if story["upto"] != since or set(head.body["again"]) & {t["number"] for t in turns}:
            log.info("summary_not_needed", session_id=table.id, upto=upto)
            return False
        before = bounded(story["scene"], LONGEST_SUMMARY // 2)
        session = " ".join(part for part in (bounded(made.session, LONGEST_SUMMARY // 2), before) if part)
        fresh = {
            "session": session, "scene": written or made.scene, "upto": upto,
            "by": "model" if written else made.by, "scene_from": turns[0]["number"],
        }  # fmt: skip
        scene = table.body["world"]["scene"]
        here = [p.key for p in people_of(deps.content, deps.content.scenes[scene])]
        fresh["standing"] = standing_facts(table, head, scene, here, upto - OVERLAP)
        head.body["story"] = fresh
        head.body["calls"] += calls
        body = {
            "session_id": table.id, "number": upto, "story": fresh, "facts": len(facts),
            "turn_ids": [t["id"] for t in turns], "created_at": deps.clock.iso(),
        }  # fmt: skip
        deps.store.commit([head.change(), Insert("summaries", f"{table.id}.s{upto}", body)])
        return True

    return retrying(attempt)


def _composed(table: Table, facts: list[Fact], upto: int) -> Summary:
    deps = table.deps
    state = table.state()
    notes = [PastNote(f, n.actor, n.actor_name, n.turn_number) for f, n in state.notes.items()]
    past = [_past(d.body) for d in past_turns(deps, table.id, below=upto + 1, count=LOOKED_BACK)]
    return composed(deps.content, state.campaign, notes, past, facts, upto)


def _past(turn: Json) -> PastTurn:
    names = tuple(dict.fromkeys(e["character_name"] for e in turn["entries"]))
    return PastTurn(turn["number"], turn["scene"], names, turn["dm_response"])
