"""What the store must show in the end: every accepted turn told once, feeds whole and in order, sheets that fold."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

from api.content.catalogue import Content
from api.rules import engine
from api.rules.apply import fold
from api.rules.events import event_from_json
from api.rules.state import Hero, PlayState
from api.services.characters import NewCharacter, new_hero
from tests.chaos.chronicle import Chronicle
from tests.chaos.stores import Books, Json


class Ledger:
    """Everything that a run left in its store, read once."""

    def __init__(self, books: Books) -> None:
        read = books.read(("game_sessions", "characters", "turns", "feed"))
        self.sessions = dict(read["game_sessions"])  # in the order of their making
        self.characters = dict(read["characters"])
        self.turns: dict[str, list[Json]] = defaultdict(list)
        for _, turn in read["turns"]:
            self.turns[turn["session_id"]].append(turn)
        self.feeds: dict[str, list[Json]] = defaultdict(list)
        for _, row in read["feed"]:
            self.feeds[row["session_id"]].append(row)  # in the order of their commits

    def events(self, session_id: str) -> Iterator[tuple[Json, Json]]:
        """Each event of a session with its feed row."""
        for row in self.feeds[session_id]:
            for event in row["events"]:
                yield row, event

    def told(self, session_id: str) -> list[Json]:
        return [e for _, e in self.events(session_id) if e["type"] == "turn_narrated"]

    def unsettled(self) -> list[str]:
        """Turns that somebody still has to resolve or to tell."""
        return [
            f"turn {t['number']} of {session_id[-6:]} is {t['state']}"
            for session_id, turns in self.turns.items()
            for t in turns
            if t["state"] in ("accepted", "resolved") or (t["state"] == "open" and t["entries"])
        ]


def prove_store(ledger: Ledger, chronicle: Chronicle, content: Content) -> None:
    for session_id in ledger.sessions:
        _prove_feed(ledger, session_id, chronicle)
        _prove_turns(ledger, session_id, chronicle)
    _prove_promises(ledger, chronicle)
    _prove_sheets(ledger, chronicle, content)


def _prove_feed(ledger: Ledger, session_id: str, chronicle: Chronicle) -> None:
    """Rows stand in the order in which they were committed, numbered without a gap up to the session's head."""
    feed, head = ledger.feeds[session_id], ledger.sessions[session_id]["seq"]
    numbers = [row["seq"] for row in feed]
    if numbers != list(range(1, head + 1)):
        wrong = next((i for i, n in enumerate(numbers, 1) if i != n), len(numbers))
        story = f"the head says {head}, the rows are {len(numbers)}, wrong from row {wrong}"
        chronicle.broken("feed", story, session_id=session_id)
    chronicle.counts["feed_rows_proved"] += len(feed)


def _prove_turns(ledger: Ledger, session_id: str, chronicle: Chronicle) -> None:
    """Numbers are consecutive; each turn was opened, resolved and told once, and told in the order of the numbers."""
    turns = sorted(ledger.turns[session_id], key=lambda t: t["number"])
    if [t["number"] for t in turns] != list(range(len(turns))):
        story = f"the turns are numbered {[t['number'] for t in turns]}"
        chronicle.broken("turns", story, session_id=session_id)
    happened: dict[str, Counter[str]] = {t["id"]: Counter() for t in turns}
    order: list[int] = []
    number = {t["id"]: t["number"] for t in turns}
    for _, event in ledger.events(session_id):
        kind = event["type"]
        if kind == "turn_narrated":
            for turn_id in event["turn_ids"]:
                happened[turn_id][kind] += 1
                order.append(number[turn_id])
        elif kind in ("turn_opened", "turn_ruled", "turn_resolved", "turn_withdrawn"):
            happened[event["turn_id"]][kind] += 1
    for turn in turns:
        _prove_turn(turn, happened[turn["id"]], chronicle)
    if order != sorted(order):
        chronicle.broken("turns", f"told in the order {order}", session_id=session_id)


def _prove_turn(turn: Json, happened: Counter[str], chronicle: Chronicle) -> None:
    expected = {"open": (0, 0), "narrated": (1, 1), "withdrawn": (0, 0)}.get(turn["state"])
    about = {"session_id": turn["session_id"], "turn_id": turn["id"], "moment": turn["opened_at"]}
    if expected is None:
        chronicle.broken("lost", f"turn {turn['number']} is still {turn['state']}", **about)
        return
    opening = turn["kind"] == "opening"
    resolved, narrated = expected
    wanted = {
        "turn_opened": 0 if opening else 1,
        "turn_resolved": 0 if opening else resolved,
        "turn_narrated": narrated,
    }
    for kind, count in wanted.items():
        if happened[kind] != count:
            story = f"turn {turn['number']} ({turn['state']}) has {happened[kind]} {kind}, not {count}"
            chronicle.broken("doubled" if happened[kind] > count else "lost", story, **about)
    if turn["state"] == "narrated":
        chronicle.counts["turns_narrated"] += 1


def _prove_promises(ledger: Ledger, chronicle: Chronicle) -> None:
    """What was accepted stands in its turn; nothing was stated more often than it was accepted."""
    turns = {t["id"]: t for turns in ledger.turns.values() for t in turns}
    stated: Counter[tuple[str, str]] = Counter()
    words: Counter[str] = Counter()
    for session_id in ledger.sessions:
        for _, event in ledger.events(session_id):
            if event["type"] == "action_stated":
                stated[event["turn_id"], event["character_id"]] += 1
                words[event["text"]] += 1
    accepted = Counter((p.turn_id, p.character_id) for p in chronicle.promises)
    for promise in chronicle.promises:
        turn = turns.get(promise.turn_id)
        about = {"session_id": promise.session_id, "turn_id": promise.turn_id}
        if turn is None:
            chronicle.broken("lost", "an accepted turn is not in the store", **about)
            continue
        about["moment"] = turn["opened_at"]
        if turn["state"] not in ("narrated", "withdrawn"):
            chronicle.broken("lost", f"an accepted action's turn is {turn['state']}", **about)
        if all(e["character_id"] != promise.character_id for e in turn["entries"]):
            chronicle.broken("lost", f"turn {turn['number']} lacks an accepted action", **about)
        if promise.text and words[promise.text] != 1:
            chronicle.broken("doubled", f"{promise.text!r} was stated {words[promise.text]} times", **about)
    for (turn_id, character_id), count in accepted.items():
        if stated[turn_id, character_id] != count:
            story = f"{count} actions were accepted, {stated[turn_id, character_id]} were stated"
            chronicle.broken("doubled", story, turn_id=turn_id, moment=turns[turn_id]["opened_at"])


def _prove_sheets(ledger: Ledger, chronicle: Chronicle, content: Content) -> None:
    """Folding every event of every session over the first sheets gives the worlds and sheets that are stored.

    A story begins with rested heroes.
    """
    heroes: dict[str, Hero] = {}
    for character_id, body in ledger.characters.items():
        ready = next(k for k, h in content.heroes.items() if h.name == body["name"])
        heroes[character_id] = new_hero(content, character_id, NewCharacter(hero=ready))
    for session_id, session in ledger.sessions.items():
        if session["world"] is None:
            continue
        party = [s["character_id"] for s in session["party"]]
        rested = {h: replace(heroes[h], hp=heroes[h].hp_max, mp=heroes[h].mp_max) for h in party}
        state = engine.begin(content, session["campaign"], rested)
        state = _folded(ledger, session_id, state)
        if json.loads(json.dumps(state.world_to_json())) != session["world"]:
            chronicle.broken("fold", "the stored world is not the fold of its events", session_id=session_id)
        heroes |= state.heroes
    for character_id, hero in heroes.items():
        body = ledger.characters[character_id]
        stored = {k: body[k] for k in hero.to_json()}
        folded = json.loads(json.dumps(hero.to_json()))
        if stored != folded:
            wrong = {k: (stored[k], folded[k]) for k in stored if stored[k] != folded[k]}
            chronicle.broken("fold", f"{body['name']}'s sheet is not the fold of its events: {wrong}")
        chronicle.counts["sheets_proved"] += 1


def _folded(ledger: Ledger, session_id: str, state: PlayState) -> PlayState:
    numbers = {t["id"]: t["number"] for t in ledger.turns[session_id]}
    ahead: set[tuple[str, str]] = set()  # deeds of an open beat that were resolved before it closed
    for _, event in ledger.events(session_id):
        if event["type"] == "deed_resolved":
            ahead.add((event["turn_id"], event["character_id"]))
            deeds, closing = [event], []
        elif event["type"] == "turn_resolved":
            deeds = [d for d in event["deeds"] if (event["turn_id"], d["character_id"]) not in ahead]
            closing = event["closing"]
        elif event["type"] == "story_moved":  # accepted proposals, between two turns
            deeds, closing = [], event["events"]
        else:
            continue
        state = replace(state, turn_number=numbers[event["turn_id"]])
        log = [raw for deed in deeds for raw in deed["events"]] + closing
        state = fold(state, (event_from_json(raw) for raw in log))
    return state
