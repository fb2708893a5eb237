"""Golden logs as files: recording one by play, writing it, reading it back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import engine
from api.rules.dice import KeyedDice
from api.rules.progress import raised_to
from api.rules.proposals import take_up
from api.rules.replay import RULES_VERSION, LoggedTurn, Step, Told, play_step, snapshot_of, state_hash
from api.services.characters import NewCharacter, new_hero
from tests.replays.world import CAMPAIGN, FILE

LOGS = Path(__file__).with_name("logs")


@dataclass
class Recorder:
    """A party at play by the rules alone: everything that it does is logged as the services log it."""

    content: Content
    seed: str
    heroes: Sequence[str]
    level: int = 1
    number: int = 1
    turns: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        party = {
            key: raised_to(new_hero(self.content, key, NewCharacter(hero=key)), self.level, self.content)
            for key in self.heroes
        }
        self.state = replace(engine.begin(self.content, CAMPAIGN, party), turn_number=1)
        self.snapshot = snapshot_of(self.state)
        self._open()

    def _open(self) -> None:
        self.steps: list[Step] = []
        self.told: dict[str, list[Any]] = {}
        self.meanwhile: list[dict[str, Any]] = []
        self.index = 0
        self.minutes = 0

    def _take(self, step: Step) -> None:
        self.steps.append(step)
        dice = KeyedDice(self.seed, self.number, self.index)
        done = play_step(self.state, step, dice, self.content)
        self.index, self.state = dice.index, done.state
        if step.how == "deed" and done.told is not None:
            self.told[str(step.commands[0]["actor"])] = [e.to_json() for e in done.told[0]]

    def ahead(self, *commands: cmd.Command) -> None:
        """Deeds of this beat that are resolved before the others have spoken."""
        for command in commands:
            before = self.state.clock
            self._take(Step("deed", self.index, (command.to_json(),)))
            assert self.state.clock == before, "a deed ahead of its beat moves no clock"

    def sheet(self, *commands: cmd.Command) -> None:
        for command in commands:
            self._take(Step("sheet", self.index, (command.to_json(),)))

    def join(self, key: str) -> None:
        """Somebody sits down in the middle of a turn."""
        hero = raised_to(new_hero(self.content, key, NewCharacter(hero=key)), self.level, self.content)
        self._take(Step("seated", hero=hero.to_json()))

    def leave(self, key: str) -> None:
        self._take(Step("left", who=key))

    def intend(self, command: cmd.LockIntent | cmd.ClearIntent) -> None:
        self._take(Step("intent", self.index, (command.to_json(),)))

    def story(self, *commands: cmd.Command) -> None:
        """Proposals that are accepted at the beginning of a turn."""
        step = Step("story", self.index, tuple(c.to_json() for c in commands))
        dice = KeyedDice(self.seed, self.number, self.index)
        taken = take_up(self.state, commands, dice, self.content)
        assert not taken.refused, taken.refused
        self._take(step)
        self.meanwhile = [e.to_json() for e in taken.events]

    def close(self, *commands: cmd.Command) -> engine.Resolved:
        """The rest of the turn together; it is sealed and the next one opens."""
        raw = tuple(c.to_json() for c in commands)
        step = Step("close", self.index, raw, self.minutes)
        dice = KeyedDice(self.seed, self.number, self.index)
        done = engine.resolve_together(
            self.state, commands, dice, self.content, tolerant=True, spent=self.minutes
        )
        self._take(step)
        assert state_hash(done.state) == state_hash(self.state)
        for place in done.sequence:
            self.told[commands[place].actor] = [e.to_json() for e in done.deeds[place]]
        turn = {
            "number": self.number,
            "steps": [s.to_json() for s in self.steps],
            "deeds": self.told,
            "closing": [e.to_json() for e in done.closing],
            **({"meanwhile": self.meanwhile} if self.meanwhile else {}),
            "seal": state_hash(self.state),
        }
        self.turns.append(turn)
        self.number += 1
        self.state = replace(self.state, turn_number=self.number)
        self._open()
        return done

    def log(self) -> dict[str, Any]:
        """What is kept of it."""
        raw = {
            "rules": RULES_VERSION, "world": world_hash(), "seed": self.seed, "snapshot": self.snapshot,
            "turns": self.turns,
        }  # fmt: skip
        clean: dict[str, Any] = json.loads(json.dumps(raw))
        return clean


def world_hash() -> str:
    """Of the frozen world's file, to notice that somebody thawed it."""
    return hashlib.sha256(FILE.read_bytes()).hexdigest()[:16]


def write_log(path: Path, log: Mapping[str, Any]) -> None:
    """One turn a line, so that a change shows as the turns that it touched."""
    head = {k: v for k, v in log.items() if k != "turns"}
    lines = [json.dumps(turn, separators=(",", ":"), ensure_ascii=False) for turn in log["turns"]]
    text = json.dumps(head, separators=(",", ":"), ensure_ascii=False)[:-1]
    path.write_text(f'{text},"turns":[\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")


def read_log(path: Path) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return log


def turns_of(log: Mapping[str, Any], content: Content) -> list[LoggedTurn]:
    """Its turns for `audit.replay`, as made by this content: that the world is frozen is checked by its own hash."""
    turns = [
        LoggedTurn(
            raw["number"],
            tuple(Step.from_json(s) for s in raw["steps"]),
            raw["seal"],
            log["rules"],
            content.content_hash[:16],
            Told(raw["deeds"], raw["closing"], raw.get("meanwhile", ())),
        )
        for raw in log["turns"]
    ]
    return [replace(turns[0], snapshot=log["snapshot"]), *turns[1:]]


def shown(log: Mapping[str, Any]) -> set[str]:
    """What a log has in it: the types of its events, and of the commands of its steps between deeds."""
    found = {
        event["type"]
        for turn in log["turns"]
        for events in (*turn["deeds"].values(), turn["closing"], turn.get("meanwhile", ()))
        for event in events
    }
    for step in (step for turn in log["turns"] for step in turn["steps"]):
        found.add(step["how"])
        if step["how"] in ("sheet", "intent", "story"):
            found |= {command["type"] for command in step["commands"]}
    return found
