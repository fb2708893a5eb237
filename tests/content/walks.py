"""A party that is told where to go and what to do, and plays it by the rules: travel, deeds, fights, rolls and all."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import engine
from api.rules.dice import KeyedDice
from api.rules.legal import LegalAction, legal_actions
from api.rules.state import Hero, PlayState
from tests.content.sensible import choice

CAMPAIGN, MOST_TURNS = "standing_water", 2_000


class Stuck(Exception):
    """What was asked for is not open, or did not come about after every hero had tried."""


@dataclass
class Walk:
    """One party's evening. `seen` are the endings' remembrances, `visited` the locations, in order."""

    content: Content
    heroes: dict[str, Hero]
    seed: str
    turn: int = 0
    state: PlayState = field(init=False)

    def __post_init__(self) -> None:
        self.state = engine.begin(self.content, CAMPAIGN, self.heroes)

    # --- what is done -----------------------------------------------------------------------------------------------

    def go(self, *places: str) -> Walk:
        """Travel to each place by the shortest way that is open, fighting what is met."""
        for place in places:
            for _attempt in range(40):
                if self.state.location == place and not self._in_side_scene():
                    break
                self._leave_side_scene()
                step = self._next_step(place)
                self._all(lambda who, to=step: cmd.Travel(who, to))  # type: ignore[misc]
                self.fight()
            else:
                raise Stuck(f"never came to {place}")
        return self

    def do(self, *keys: str) -> Walk:
        """Do each affordance; where it rolls, one hero after the other tries. Fights are fought."""
        for key in keys:
            if not self._tried(key):
                raise Stuck(f"{key} did not work in {self.state.scene}: {self.offered()}")
        return self

    def until(self, flag: str, key: str, tries: int = 30) -> Walk:
        """Do it again and again (a fight that was lost), with rest between, until the flag is set."""
        for _ in range(tries):
            if flag in self.state.notes:
                return self
            here = self.state.location
            self._tried(key)
            if self.state.ending is None and here is not None:
                self.rest()
                self.go(here)
        raise Stuck(f"{key} never set {flag}")

    def attempt(self, *keys: str) -> Walk:
        """Try each deed with everybody; what does not work is let be."""
        for key in keys:
            self._tried(key)
        return self

    def talk(self, person: str) -> Walk:
        self._act(cmd.Talk(next(iter(self.state.heroes)), person))
        return self

    def rest(self) -> Walk:
        """A night where there is a bed, else an hour, for whoever can."""
        for kind in ("long", "short"):
            who = [h for h in self.state.heroes if self._legal(h, "rest", kind)]
            if kind == "long" and who:
                self._all(lambda h: cmd.Rest(h, "long"))
            elif kind == "short":
                for hero in who:
                    if self._legal(hero, "rest", kind):
                        self._act(cmd.Rest(hero, "short"))
        return self

    def downtime(self, key: str) -> Walk:
        for hero in list(self.state.heroes):
            self._act(cmd.Downtime(hero, key))
        return self

    def fight(self) -> Walk:
        while self.state.encounter is not None:
            who = self.state.encounter.actor.id
            self._act(choice(self.state, who, self.content))
        return self

    # --- how --------------------------------------------------------------------------------------------------------

    def _tried(self, key: str) -> bool:
        """Whether somebody did it with success (or it led to a fight)."""
        done = f"{self.state.scene}.{key}"
        for who in list(self.state.heroes):
            if not self._legal(who, "affordance", key):
                continue
            scene, ending = self.state.scene, self.state.ending
            known = set(self.state.notes)
            self._all(lambda each: cmd.UseAffordance(each, key), first=who, alone=not self._moves(key))
            if self.state.encounter is not None:
                self.fight()
                return True
            moved = self.state.scene != scene or self.state.ending != ending
            if done in self.state.used or moved or set(self.state.notes) - known:
                return True
        return False

    def _moves(self, key: str) -> bool:
        one = next(a for a in self.content.scenes[self.state.scene].affordances if a.key == key)
        return one.success.moves or (one.failure is not None and one.failure.moves)

    def _all(self, command: object, first: str = "", alone: bool = False) -> None:
        heroes = sorted(self.state.heroes, key=lambda h: h != first)
        wishes = [command(h) for h in (heroes[:1] if alone else heroes)]  # type: ignore[operator]
        self._resolve(wishes)

    def _act(self, command: cmd.Command) -> None:
        self._resolve([command])

    def _resolve(self, commands: list[cmd.Command]) -> None:
        self.turn += 1
        assert self.turn < MOST_TURNS, "the walk never ends"
        self.state = engine.resolve_together(
            self.state, commands, KeyedDice(self.seed, self.turn), self.content, tolerant=len(commands) > 1
        ).state

    def _legal(self, who: str, kind: str, key: str) -> LegalAction | None:
        found = (a for a in legal_actions(self.state, who, self.content) if a.kind == kind and a.id == key)
        return next((a for a in found if a.enabled), None)

    def offered(self) -> list[str]:
        who = next(iter(self.state.heroes))
        return [
            f"{a.id}{'' if a.enabled else ' (not)'}" for a in legal_actions(self.state, who, self.content)
        ]

    def _in_side_scene(self) -> bool:
        place = self.state.location
        return place is not None and self.content.locations[place].scene != self.state.scene

    def _leave_side_scene(self) -> None:
        """By what leads away for certain: a deed without a roll that goes to another scene."""
        if not self._in_side_scene():
            return
        for one in self.content.scenes[self.state.scene].affordances:
            if one.stat is None and one.success.goto and self._tried(one.key):
                return
        raise Stuck(f"no sure way out of {self.state.scene}")

    def _next_step(self, goal: str) -> str:
        """The first way of the shortest open route, by the map as the first hero sees it."""
        start = self.state.location
        assert start is not None
        came: dict[str, str] = {}
        queue = deque([start])
        while queue:
            here = queue.popleft()
            for way in self.content.locations[here].ways:
                closed = set(way.requires.flags) - set(self.state.notes)
                closed |= set(way.requires.without) & set(self.state.notes)
                if way.to not in came and way.to != start and not closed:
                    came[way.to] = here
                    queue.append(way.to)
        if goal not in came:
            raise Stuck(f"no open way from {start} to {goal}")
        while came[goal] != start:
            goal = came[goal]
        return goal
