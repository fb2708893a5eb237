"""One session as it was read: its documents, its state for the rules, and the one commit that changes them."""

from __future__ import annotations

from typing import Any

from api.errors import NotFound
from api.policy import About, authorise
from api.rules.dice import KeyedDice
from api.rules.equipment import sheet_from_document
from api.rules.state import Hero, PlayState
from api.services.deps import Actor, Deps
from api.store.port import Change, Document, Insert, Query, Update

Json = dict[str, Any]


class Table:
    """Gathers what one step changes and commits it as one batch: head, feed row, documents."""

    def __init__(self, deps: Deps, document: Document) -> None:
        self.deps = deps
        self.id = document.id
        self.revision = document.revision
        self.body: Json = document.body  # fresh from the store: nobody else holds it
        self.events: list[Json] = []
        self._extra: list[Change] = []
        self._turns: dict[str, tuple[int | None, Json]] = {}
        self._characters: dict[str, Document] = {}
        self._heroes: dict[str, tuple[Document, Hero]] = {}

    @classmethod
    def load(cls, deps: Deps, session_id: str) -> Table:
        document = deps.store.get("game_sessions", session_id)
        if document is None:
            raise NotFound("session")
        return cls(deps, document)

    # --- who sits here ---

    @property
    def party(self) -> list[Json]:
        """Seats in the order of joining: character_id, user_id, player_name, act_for."""
        return list(self.body["party"])

    def seat_of_user(self, user_id: str | None) -> Json | None:
        return next((s for s in self.body["party"] if s["user_id"] == user_id), None)

    @property
    def about(self) -> About:
        """What the policy has to know of a session."""
        body = self.body
        members = frozenset(s["user_id"] for s in body["party"])
        return About(
            members=members, host=body["host_user_id"], host_name=body["host_name"], provider=body["provider"]
        )

    def require(self, actor: Actor, right: str) -> None:
        """Raises NotFound or Forbidden unless the policy gives this asker the right to this session."""
        authorise(actor, right, self.about)

    def require_member(self, actor: Actor) -> None:
        """Members read; a service reads what has a surface of its provider. Others learn nothing of it."""
        self.require(actor, "session.read")

    # --- the state for the rules ---

    def character(self, character_id: str) -> Document:
        if not self._characters:
            ids = [s["character_id"] for s in self.body["party"]]
            self._characters = self.deps.store.get_many("characters", ids)
        return self._characters[character_id]

    def heroes(self) -> dict[str, Hero]:
        return {s["character_id"]: self._hero(self.character(s["character_id"])) for s in self.body["party"]}

    def _hero(self, document: Document) -> Hero:
        # Heroes never change, so each is read once for each document that it was read from.
        known = self._heroes.get(document.id)
        if known is None or known[0] is not document:
            known = self._heroes[document.id] = (
                document,
                sheet_from_document(document.body, self.deps.content),
            )
        return known[1]

    def state(self) -> PlayState:
        return PlayState.from_json(self.body["world"], self.body["turn_number"], self.heroes())

    def save_state(self, state: PlayState) -> None:
        """Write the world back, and each hero whose sheet changed."""
        self.body["world"] = state.world_to_json()
        for hero_id, hero in state.heroes.items():
            document = self.character(hero_id)
            changed = {**document.body, **hero.to_json()}
            if changed != document.body:
                self._characters[hero_id] = Document(document.id, document.revision, changed)
                self.replace_character(Update("characters", hero_id, document.revision, changed))

    def replace_character(self, change: Update) -> None:
        """Write a character once, however often a step changed it."""
        self._extra = [c for c in self._extra if not (c.collection == "characters" and c.id == change.id)]
        self._extra.append(change)

    def dice(self, turn: Json) -> KeyedDice:
        return KeyedDice(self.body["seed"], turn["number"], turn["dice_index"])

    # --- turns ---

    def turn(self, turn_id: str) -> Json:
        """The turn's body, to be changed in place and passed to `save_turn`."""
        if turn_id not in self._turns:
            document = self.deps.store.get("turns", turn_id)
            if document is None or document.body["session_id"] != self.id:
                raise NotFound("turn")
            self._turns[turn_id] = (document.revision, document.body)
        return self._turns[turn_id][1]

    def open_turn(self) -> Json | None:
        turn_id = self.body["open_turn_id"]
        return self.turn(turn_id) if turn_id else None

    def waiting_for(self, turn: Json) -> list[str]:
        """Character ids of those who may still act in this turn; empty once it is closed."""
        if turn["state"] != "open":
            return []
        if turn["actor"]:
            return [] if turn["entries"] else [turn["actor"]]
        if turn["kind"] == "free":
            return [] if turn["entries"] else [s["character_id"] for s in self.party]
        stated = {e["character_id"] for e in turn["entries"]}
        return [s["character_id"] for s in self.party if s["character_id"] not in stated]

    def add_turn(self, turn_id: str, body: Json) -> None:
        self._turns[turn_id] = (None, body)

    # --- the commit ---

    def emit(self, event: str, /, **fields: Any) -> None:
        self.events.append({"type": event, **fields})

    def add(self, *changes: Change) -> None:
        self._extra.extend(changes)

    def commit(self, *, tell: Json | None = None) -> None:
        """Write everything at once. Raises Conflict when any part of it changed since it was read.

        `tell` is a turn whose narration is asked for once this stands: its job and the wake-up share one trip.
        """
        now = self.deps.clock.iso()
        if self.events:
            self.body["seq"] += 1
            row = {"session_id": self.id, "seq": self.body["seq"], "at": now, "events": self.events}
            self._extra.append(Insert("feed", f"{self.id}.{self.body['seq']}", row))
        changes: list[Change] = [Update("game_sessions", self.id, self.revision, self.body)]
        for turn_id, (revision, body) in self._turns.items():
            changes.append(
                Insert("turns", turn_id, body)
                if revision is None
                else Update("turns", turn_id, revision, body)
            )
        self.deps.store.commit(changes + self._extra)
        if tell is not None:
            self.ask_to_narrate(tell, seq=self.body["seq"] if self.events else None)
        elif self.events:
            self.deps.publisher.wake(self.id, self.body["seq"])
        if self._turns and (due := self.body.get("fight_due")):
            # Asked for at every turn until it is done, so that a lost job is no lost summary.
            self.deps.jobs.finalize_combat(self.id, f"{due['to']}-{self.body['turn_number']}")

    def ask_to_narrate(self, turn: Json, *, seq: int | None = None) -> None:
        """Enqueue a committed turn's job; with `seq`, wake who follows the feed. Without Redis the sweeper does it."""
        sponsor = self.body["sponsor_user_id"]
        self.deps.jobs.narrate(turn["id"], turn["attempt"], session_id=self.id, sponsor_id=sponsor, seq=seq)


def events_of(turn: Json) -> list[Json]:
    """All events of a turn in the order by which event ids count: deeds, accepted proposals, the closing."""
    deeds = [e for entry in turn["entries"] for e in entry["events"]]
    return [*deeds, *turn.get("meanwhile", []), *turn["closing"]]


def past_turns(deps: Deps, session_id: str, *, below: int, count: int) -> list[Document]:
    """The `count` turns before number `below`, oldest first."""
    page = deps.store.query(
        Query("turns", {"session_id": session_id}, below={"number": below}, order_by="number",
              descending=True, limit=count)
    )  # fmt: skip
    return list(reversed(page.items))
