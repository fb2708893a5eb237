"""A resolution in progress: emits events and applies each at once, so that later steps see what earlier ones did."""

from __future__ import annotations

from api.content.catalogue import Content
from api.content.definitions import Outcome
from api.rules import checks, items, outcomes, progress
from api.rules import events as ev
from api.rules.apply import apply
from api.rules.checks import BANDS as BANDS
from api.rules.checks import degree_of as degree_of
from api.rules.dice import Dice
from api.rules.state import Hero, PlayState


class Resolution:
    """Collects the events of one command. `state` is always the state after all of `events`."""

    def __init__(self, state: PlayState, dice: Dice, content: Content) -> None:
        self.state = state
        self.dice = dice
        self.content = content
        self.events: list[ev.Event] = []
        self.minutes = 0
        self.reacting = False  # reactions never set off reactions

    def emit(self, event: ev.Event) -> None:
        self.events.append(event)
        self.state = apply(self.state, event)

    def pick(self, count: int) -> int:
        """An index from 0 to count - 1."""
        return self.dice.roll(count) - 1

    def check(self, hero: Hero, stat: str, band: str) -> str:
        """Roll an ability check and emit it; returns its degree (`docs/rules.md`, Checks)."""
        return checks.check(self, hero, stat, band).degree

    def d20(self, *, advantage: bool, disadvantage: bool) -> tuple[int, tuple[int, ...]]:
        """The die that counts and all dice thrown; advantage and disadvantage together cancel."""
        return checks.roll_d20(self.dice, advantage=advantage, disadvantage=disadvantage)

    def conditions(self, who: str) -> frozenset[str]:
        encounter = self.state.encounter
        if encounter is None or who not in encounter.combatants:
            return frozenset()
        return frozenset(encounter.combatants[who].conditions)

    def pass_time(self, minutes: int) -> None:
        """Note how long this took; whoever resolves the turn moves the clock with `advance_clock`."""
        self.minutes += minutes

    def advance_clock(self, minutes: int) -> None:
        if minutes > 0:
            self.emit(ev.ClockAdvanced(minutes, self.state.clock + minutes))

    def give(self, hero_id: str, item: str, quantity: int = 1) -> None:
        """Into the bag, or into the cache where there is no room."""
        items.receive(self, hero_id, item, quantity)

    def change_gold(self, hero_id: str, amount: int) -> None:
        """Gold never falls below 0: what is not there cannot be taken."""
        hero = self.state.hero(hero_id)
        amount = max(amount, -hero.gold)
        if amount:
            self.emit(ev.GoldChanged(hero.id, hero.name, amount, hero.gold + amount))

    def gain_xp(self, hero_id: str, amount: int) -> None:
        """XP, and outside fights the levels that they earn."""
        progress.gain_xp(self, hero_id, amount)

    def grant(self, outcome: Outcome, hero_id: str, *, party: bool = False) -> None:
        """Everything of an outcome except where it leads the party: see `outcomes.grant`."""
        outcomes.grant(self, outcome, hero_id, party=party)
