"""What a table leaves out, and the X-card: asked for by any member, kept and done without a trace of who (ADR 0025)."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from api.clock import iso, seconds_until
from api.content.catalogue import Content
from api.errors import GameRefusal, Invalid, RateLimited
from api.llm.checking.boundaries import topic_of
from api.llm.port import Boundaries
from api.services.deps import Actor, Deps, retrying
from api.services.remembering import withdrawn
from api.services.retelling import LATEST, scrub, take_the_pen, tell_again, untold
from api.services.table import Json, Table
from api.services.texts import clean_text

MOST_SLIPS = 40  # of one table
MOST_TOPICS = 24  # of one slip
MOST_WORDS = 40  # characters of a player's own words
PLAYS, PLAYS_MINUTES = 12, 10  # so often the card works within so many minutes, whoever plays it
MOVE_ON_TURNS = 5  # turns after a card without a topic in which the story keeps away from what was told
TOO_COMMON = 0.04  # of the content's own sentences: such words would leave nothing to tell
_SLIP = re.compile(r"^[A-Za-z0-9_-]{12,64}$")
_OWN = re.compile(r"^[^\W\d_][^\W\d_' -]*(?:[ '-][^\W\d_]+){0,4}$")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one slip asks for: topic keys or words of one's own."""

    lines: Sequence[str]
    veils: Sequence[str]


def boundaries_of(table: Table) -> Boundaries:
    """All that was asked for at a table, by anybody: what one asks for holds for everybody."""
    safety = table.body.get("safety") or {}
    slips = list((safety.get("slips") or {}).values())
    lines = sorted({t for s in slips for t in s["lines"]})
    veils = sorted({t for s in slips for t in s["veils"]} - set(lines))
    moved_on = safety.get("moved_on")
    recent = moved_on is not None and table.body["turn_number"] - moved_on <= MOVE_ON_TURNS
    return Boundaries(tuple(lines), tuple(veils), recent)


def read_safety(deps: Deps, actor: Actor, session_id: str) -> Json:
    """What the table leaves out, and what could be chosen; never who asked for it."""
    table = Table.load(deps, session_id)
    table.require_member(actor)
    return safety_view(table)


def safety_view(table: Table) -> Json:
    found, content = boundaries_of(table), table.deps.content
    return {
        "lines": [_shown(content, t) for t in found.lines],
        "veils": [_shown(content, t) for t in found.veils],
        "topics": [{"key": k, "name": t.name, "summary": t.summary} for k, t in content.safety.items()],
    }


def _shown(content: Content, topic: str) -> Json:
    return {"topic": topic, "name": content.safety[topic].name if topic in content.safety else topic}


def put_slip(deps: Deps, actor: Actor, session_id: str, slip: str, wishes: Wishes) -> Json:
    """Put a slip into the hat, change it or, with nothing on it, take it out again.

    `slip` is a secret that the asker's client makes; who knows it may change that slip, nobody can tell whose it is.
    Raises Invalid, NotFound, GameRefusal.
    """
    name = slip or secrets.token_urlsafe(16)
    if not _SLIP.match(name):
        raise Invalid("slip", "must be 12 to 64 of A-Z a-z 0-9 _ -, and hard to guess")

    def attempt() -> Json:
        table = Table.load(deps, session_id)
        table.require(actor, "session.draw_lines")
        kept = _checked(table, wishes)
        before = boundaries_of(table)
        _lay_down(table, _seal(session_id, name), kept)
        if boundaries_of(table) != before:
            _announce(table)
            # A passage that began before is stopped and told within the new lines.
            stopped = _told_now(table)
            _withdraw(table, {t["id"]: (t, "lines", 0) for t in stopped})
        else:
            table.commit()
        return {**safety_view(table), "slip": name}

    return retrying(attempt)


def _seal(session_id: str, slip: str) -> str:
    return hashlib.sha256(f"{session_id}|{slip}".encode()).hexdigest()[:32]


def _lay_down(table: Table, seal: str, wishes: Wishes) -> None:
    """Slips lie in the order of their seals: no place or time tells one from another."""
    safety = table.body.setdefault("safety", {})
    slips = dict(safety.get("slips") or {})
    slips.pop(seal, None)
    if wishes.lines or wishes.veils:
        if len(slips) >= MOST_SLIPS:
            raise GameRefusal("too_many", f"This table has {MOST_SLIPS} slips already; change one of them.")
        slips[seal] = {"lines": sorted(wishes.lines), "veils": sorted(wishes.veils)}
    safety["slips"] = dict(sorted(slips.items()))


def _announce(table: Table) -> None:
    found = safety_view(table)
    table.emit("safety_changed", lines=found["lines"], veils=found["veils"])


# --- topics ----------------------------------------------------------------------------------------------------------


def _checked(table: Table, wishes: Wishes) -> Wishes:
    """The same with every topic known or readable. Raises Invalid, which says what is possible."""
    read: list[list[str]] = []
    for field, topics in (("lines", wishes.lines), ("veils", wishes.veils)):
        if len(topics) > MOST_TOPICS:
            raise Invalid(field, f"takes at most {MOST_TOPICS} topics")
        read.append(sorted({topic_from(table, t, field) for t in topics}))
    return Wishes(*read)


def topic_from(table: Table, wanted: str, field: str) -> str:
    """A topic's key, or words of one's own made plain. Raises Invalid."""
    content = table.deps.content
    text = clean_text(wanted, field, limit=MOST_WORDS)
    for key, topic in content.safety.items():
        if text.lower() in (key, topic.name.lower()):
            return key
    words = text.lower().replace("’", "'")
    if not _OWN.match(words) or len(words) < 3:
        known = ", ".join(sorted(content.safety))
        raise Invalid(field, f"takes one to five words in letters, or one of: {known}")
    topic_words = topic_of(content, words)
    if any(topic_words.mentioned(s["character_name"]) for s in table.party):
        raise Invalid(field, f"“{words}” is in the name of a hero at this table; name it in other words")
    if _share(content, words) > TOO_COMMON:
        raise Invalid(
            field, f"“{words}” stands in so much of the story that nothing could be told; be more exact"
        )
    return words


def _share(content: Content, words: str) -> float:
    """How many of the scenes' own sentences have these words, from 0 to 1."""
    topic = topic_of(content, words)
    lines = [
        line for s in content.scenes.values() for line in (*s.opening, *s.details, *s.pressure, *s.prompts)
    ]
    return sum(topic.mentioned(line) for line in lines) / max(1, len(lines))


# --- the card --------------------------------------------------------------------------------------------------------


def play_x(deps: Deps, actor: Actor, session_id: str, turn_id: str, topic: str) -> Json:
    """Withdraw a passage everywhere at once and have it told without what hurt.

    `turn_id` names the passage, `last` or nothing the one that was told last and whatever is being told. With a `topic`
    it becomes a line of the table; without one the passage is told in the barest words and the story moves on. Nothing
    that is kept, sent or logged depends on who asked. Played twice it is done once. Raises NotFound, Invalid,
    GameRefusal, RateLimited.
    """

    def attempt() -> Json:
        table = Table.load(deps, session_id)
        table.require(actor, "session.play_x")
        meant, leaning = _meant(table, turn_id)
        line = topic_from(table, topic, "topic") if topic.strip() else ""
        slip = ""
        if line and line not in boundaries_of(table).lines:
            slip = secrets.token_urlsafe(16)
            _lay_down(table, _seal(session_id, slip), Wishes([line], []))
            _announce(table)
        elif all(_withdrawn_already(t) for t in meant):
            return _answer(meant, line, slip)
        _count_play(table)
        if not line:
            table.body["safety"]["moved_on"] = table.body["turn_number"]
        stopped = {t["id"]: (t, "told_anew", 0) for t in leaning}
        _withdraw(table, stopped | {t["id"]: (t, "x_card", _plainness(table, t, line)) for t in meant})
        return _answer(meant, line, slip)

    return retrying(attempt)


def _answer(turns: list[Json], line: str, slip: str) -> Json:
    """What the player is told: which passages are gone, and the slip by which the new line can be taken back."""
    return {
        "status": "withdrawn", "turn_ids": [t["id"] for t in turns], "topic": line or None, "slip": slip or None,
    }  # fmt: skip


def _meant(table: Table, turn_id: str) -> tuple[list[Json], list[Json]]:
    """The turns whose passages hurt, and those that are being told now and lean on them.

    Nobody who is hurt looks for ids: without one, what is being told and what was told last are both meant.
    """
    if table.body["status"] == "lobby":
        raise GameRefusal("not_started", "The story has not begun; nothing was told yet.")
    telling = _told_now(table)
    last = table.body["last_narration"]
    if turn_id and turn_id != LATEST:
        named = table.turn(turn_id)
        if named["narrated_with"]:
            named = table.turn(named["narrated_with"])
        if named["state"] not in ("narrated", "resolved"):
            raise GameRefusal("nothing_told", "Nothing of that turn has been told yet.")
        return [named], [t for t in telling if t is not named]
    meant = [*([table.turn(last["turn_id"])] if last else []), *telling]
    if not meant:
        raise GameRefusal("nothing_told", "Nothing has been told yet.")
    return list({t["id"]: t for t in meant}.values()), []


def _told_now(table: Table) -> list[Json]:
    """The turns that somebody is telling at this moment."""
    lease = table.deps.store.get("leases", f"narration.{table.id}")
    if lease is None or seconds_until(lease.body["until"], table.deps.clock.now()) <= 0:
        return []
    return [table.turn(d.id) for d in untold(table.deps, table.id)]


def _withdrawn_already(turn: Json) -> bool:
    return turn["state"] == "resolved" and (turn.get("retelling") or {}).get("why") == "x_card"


def _plainness(table: Table, turn: Json, line: str) -> int:
    """How little of a passage may be told: within the new line like any other, without one or long after it barely."""
    if turn["narrator"] == "plain":
        return 2
    return int(not line or turn["number"] < (table.body["last_narration"] or {}).get("turn_number", 0))


def _withdraw(table: Table, turns: dict[str, tuple[Json, str, int]]) -> None:
    """Commit: these passages (turn, why, how plain from now on) are gone from turn, head, feed and buffer. Who tells
    them now can no longer commit, and they are asked for again."""
    attempts = {turn_id: turn["attempt"] for turn_id, (turn, _, _) in turns.items()}
    for turn, why, plain in turns.values():
        scrub(table, turn, why)
        last = table.body["last_narration"] or {}
        if last.get("turn_id") == turn["id"]:
            table.body["last_narration"] = {**last, "text": "", "retelling": True}
        turn.update(dm_response="", sentences=[], narrated_at=None)
        tell_again(table, turn, why, plain=max(plain, (turn.get("retelling") or {}).get("plain", 0)))
        table.emit(
            "narration_withdrawn", turn_id=turn["id"], turn_ids=turn.get("told_turns") or [turn["id"]],
            turn_number=turn["number"], kind=turn["kind"], reason=why,
        )  # fmt: skip
    if turns:
        numbers = [turn["number"] for turn, _, _ in turns.values()]
        table.add(*withdrawn(table.deps, table.id, numbers))  # what they told is remembered no more
        take_the_pen(table)
    table.commit()
    for turn_id, attempt in attempts.items():
        table.deps.publisher.forget(table.id, turn_id, attempt)
    for turn, _, _ in turns.values():
        table.ask_to_narrate(turn)


def _count_play(table: Table) -> None:
    """The card's own limit, for the table and not for a person. Raises RateLimited."""
    now = table.deps.clock.now()
    since = iso(now - timedelta(minutes=PLAYS_MINUTES))
    safety = table.body.setdefault("safety", {})
    plays = [p for p in safety.get("plays") or [] if p > since]
    if len(plays) >= PLAYS:
        raise RateLimited(max(1, int(PLAYS_MINUTES * 60 + seconds_until(plays[0], now))))
    safety["plays"] = [*plays, table.deps.clock.iso()]
