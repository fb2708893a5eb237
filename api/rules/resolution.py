"""A resolution in progress: emits events and applies each at once, so that later steps see what earlier ones did."""

from __future__ import annotations

from api.content.catalogue import Content
from api.content.definitions import Outcome
from api.rules import events as ev
from api.rules.apply import apply
from api.rules.dice import Dice, roll_amount
from api.rules.state import Hero, PlayState

BANDS = {"trivial": 5, "easy": 9, "medium": 12, "hard": 16, "heroic": 20}


class Resolution:
    """Collects the events of one command. `state` is always the state after all of `events`."""

    def __init__(self, state: PlayState, dice: Dice, content: Content) -> None:
        self.state = state
        self.dice = dice
        self.content = content
        self.events: list[ev.Event] = []
        self.minutes = 0

    def emit(self, event: ev.Event) -> None:
        self.events.append(event)
        self.state = apply(self.state, event)

    def pick(self, count: int) -> int:
        """An index from 0 to count - 1."""
        return self.dice.roll(count) - 1

    def check(self, hero: Hero, stat: str, band: str) -> str:
        """Roll an ability check and emit it; returns its degree (`docs/rules.md`, Checks)."""
        roll, rolls = self.d20(advantage="inspired" in self.conditions(hero.id), disadvantage=False)
        modifier = hero.modifier(stat)
        total = roll + modifier
        degree = degree_of(roll, total, BANDS[band])
        self.emit(
            ev.CheckRolled(hero.id, hero.name, stat, band, BANDS[band], rolls, roll, modifier, total, degree)
        )
        return degree

    def d20(self, *, advantage: bool, disadvantage: bool) -> tuple[int, tuple[int, ...]]:
        """The die that counts and all dice thrown; advantage and disadvantage together cancel."""
        if advantage == disadvantage:
            roll = self.dice.roll(20)
            return roll, (roll,)
        rolls = (self.dice.roll(20), self.dice.roll(20))
        return (max(rolls) if advantage else min(rolls)), rolls

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
        hero = self.state.hero(hero_id)
        self.emit(ev.ItemGained(hero.id, hero.name, item, self.content.items[item].name, quantity))

    def change_gold(self, hero_id: str, amount: int) -> None:
        """Gold never falls below 0: what is not there cannot be taken."""
        hero = self.state.hero(hero_id)
        amount = max(amount, -hero.gold)
        if amount:
            self.emit(ev.GoldChanged(hero.id, hero.name, amount, hero.gold + amount))

    def gain_xp(self, hero_id: str, amount: int) -> None:
        hero = self.state.hero(hero_id)
        if amount:
            self.emit(ev.XpGained(hero.id, hero.name, amount, hero.xp + amount))

    def grant(self, outcome: Outcome, hero_id: str, *, party: bool = False) -> None:
        """Everything of an outcome except where it leads the party (that is the party's, see `scenes.move_party`).

        Harm and healing reach the acting hero, or with `party` everyone: a fight's end is nobody's alone.
        """
        hero = self.state.hero(hero_id)
        for each in list(self.state.heroes) if party else [hero_id]:
            self._hurt_and_heal(outcome, each)
        for item in outcome.take:
            if self.state.hero(hero_id).inventory.get(item):
                name = self.content.items[item].name
                self.emit(ev.ItemLost(hero.id, hero.name, item, name, 1, "given"))
        for item in outcome.give:
            self.give(hero_id, item)
        self.change_gold(hero_id, outcome.gold)
        for each in self.state.heroes if outcome.xp else ():
            self.gain_xp(each, outcome.xp)
        for flag in outcome.flags:
            if flag not in self.state.notes:
                self.emit(ev.FlagSet(flag, hero.id, hero.name))
        if outcome.clue and outcome.clue not in self.state.clues:
            self.emit(ev.ClueFound(hero.id, hero.name, outcome.clue))
        self.pass_time(outcome.minutes)

    def _hurt_and_heal(self, outcome: Outcome, hero_id: str) -> None:
        hero = self.state.hero(hero_id)
        if outcome.hurt:
            # Outside a fight harm stops at 1 HP: a bad roll costs, it never ends a hero alone in a corridor.
            amount = min(roll_amount(outcome.hurt, self.dice), hero.hp - 1)
            if amount > 0:
                left = hero.hp - amount
                self.emit(ev.DamageDealt("", "", hero.id, hero.name, amount, outcome.hurt_type, left))
        if outcome.heal:
            hero = self.state.hero(hero_id)
            amount = min(roll_amount(outcome.heal, self.dice), hero.hp_max - hero.hp)
            if amount > 0:
                self.emit(ev.Healed("", "", hero.id, hero.name, amount, hero.hp + amount))


def degree_of(roll: int, total: int, difficulty: int) -> str:
    """critical, success, partial (missed by at most 2), failure or fumble, from the natural roll and the margin."""
    margin = total - difficulty
    if roll == 20 or margin >= 10:
        return "critical"
    if margin >= 0:
        return "success"
    if roll == 1:
        return "fumble"
    return "partial" if margin >= -2 else "failure"
