"""Reading what happened: turns, the feed, and the story so far."""

from __future__ import annotations

import threading
import time

from api.errors import Gone
from api.llm.checking.boundaries import Fence
from api.llm.port import PastNote
from api.llm.storyteller import PastTurn
from api.llm.storyteller import recap as tell_recap
from api.services.characters import page_of
from api.services.deps import Actor, Deps
from api.services.safety import boundaries_of
from api.services.table import Json, Table, past_turns
from api.services.views import journal_view, turn_view
from api.store.port import Query

RECAP_TURNS = 12
MAX_WAIT = 25.0
LOOK_SECONDS = 0.25
# A request that waits holds a thread of the server; beyond these few, callers are answered at once and ask again.
_WAITERS = threading.BoundedSemaphore(3)


def list_turns(deps: Deps, actor: Actor, session_id: str, cursor: str | None, limit: int) -> Json:
    """Newest first, a page of at most 100."""
    table = Table.load(deps, session_id)
    table.require_member(actor)
    newest = Query("turns", {"session_id": session_id}, order_by="number", descending=True,
                   limit=max(1, min(limit, 100)), cursor=cursor)  # fmt: skip
    page = page_of(deps, newest)
    return {"items": [turn_view(d.body) for d in page.items], "next_cursor": page.next_cursor}


def read_feed(deps: Deps, session_id: str, after: int, limit: int) -> list[Json]:
    """Feed rows after a sequence number, in order; at most 200."""
    rows = deps.store.query(
        Query(
            "feed",
            {"session_id": session_id},
            above={"seq": after},
            order_by="seq",
            limit=max(1, min(limit, 200)),
        )
    ).items
    return [{k: r.body[k] for k in ("seq", "at", "session_id", "events")} for r in rows]


def require_above_floor(body: Json, session_id: str, after: int) -> None:
    """Raises Gone when rows after this number were cleared away (retention), with where to start instead."""
    floor = body.get("feed_floor", 0)
    if after < floor:
        raise Gone(
            f"The feed before {floor} is kept no longer; start from the session as it stands.",
            snapshot=f"/api/v1/sessions/{session_id}",
            feed_floor=floor,
        )


def list_events(deps: Deps, actor: Actor, session_id: str, after: int, limit: int, wait: float) -> Json:
    """The feed from `after` on. With `wait` seconds it long-polls: it answers as soon as there is something.

    Followers belong on the stream; this is the fallback, and it may answer empty before the time is up. Raises Gone
    below the retention floor.
    """
    table = Table.load(deps, session_id)
    table.require_member(actor)
    require_above_floor(table.body, session_id, after)
    rows = read_feed(deps, session_id, after, limit)
    if not rows and wait > 0 and _WAITERS.acquire(blocking=False):
        try:
            end = time.monotonic() + min(wait, MAX_WAIT)
            while not rows and time.monotonic() < end:
                time.sleep(LOOK_SECONDS)
                rows = read_feed(deps, session_id, after, limit)
        finally:
            _WAITERS.release()
    head = deps.store.get("game_sessions", session_id)
    return {"items": rows, "last_seq": head.body["seq"] if head else after}


def journal(deps: Deps, actor: Actor, session_id: str) -> Json:
    """Quests, people, groups and whereabouts of a session, for its members. Raises NotFound."""
    table = Table.load(deps, session_id)
    table.require_member(actor)
    return journal_view(table)


def recap(deps: Deps, actor: Actor, session_id: str) -> Json:
    """Previously on: a few paragraphs from what the story remembers and the latest passages."""
    table = Table.load(deps, session_id)
    table.require_member(actor)
    return recap_of(table)


def recap_of(table: Table) -> Json:
    """The recap of a table as it stands: also told when a story that had paused goes on."""
    deps, content, body = table.deps, table.deps.content, table.body
    campaign = content.campaigns[body["campaign"]]
    if not body["world"]:
        return {"title": campaign.name, "so_far": [campaign.summary], "last_choice": "", "quest": campaign.quest,
                "threat": ""}  # fmt: skip
    state = table.state()
    notes = [PastNote(f, n.actor, n.actor_name, n.turn_number) for f, n in state.notes.items()]
    turns = [
        turn_view(d.body)
        for d in past_turns(deps, table.id, below=body["turn_number"] + 1, count=RECAP_TURNS)
    ]
    choices = [e["label"] for t in turns for e in t["events"] if e["type"] == "choice_made"]
    actions = [t["action"] for t in turns if t["action"]]
    over = body["status"] == "completed"
    so_far = tell_recap(content, body["campaign"], notes, [_past(t) for t in turns], over=over)
    fence = Fence(content, boundaries_of(table))  # what was told before a line was drawn is not told again
    return {
        "title": campaign.name,
        "so_far": [told for p in so_far if (told := fence.without(p))],
        "last_choice": (choices or actions or [""])[-1],
        "quest": campaign.quest,
        "threat": content.scenes[state.scene].threat,
    }


def _past(turn: Json) -> PastTurn:
    names = tuple(dict.fromkeys(e["character_name"] for e in turn["entries"]))
    return PastTurn(turn["turn"], turn["scene"], names, turn["dm_response"])
