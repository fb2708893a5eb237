"""Checks: one d20 against a difficulty, against somebody, or the whole party's (`docs/rules.md`, Checks)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.rules import bearing
from api.rules import events as ev
from api.rules.dice import Dice
from api.rules.errors import BadValue
from api.rules.figures import SCORES, effective_stats
from api.rules.state import Hero

if TYPE_CHECKING:
    from api.rules.resolution import Resolution

BANDS = {"trivial": 5, "easy": 9, "medium": 12, "hard": 16, "heroic": 20}
WORKED = ("critical", "success", "partial")
CRITICAL_MARGIN = 10
PARTIAL_MARGIN = 2


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How a check went. `rolls` are all dice thrown, `roll` the one that counts; `margin` = `total` - what was needed.

    `degree` is critical, success, partial, failure or fumble.
    """

    rolls: tuple[int, ...]
    roll: int
    modifier: int
    total: int
    margin: int
    degree: str

    @property
    def worked(self) -> bool:
        """Critical, success and partial (success at a cost) work."""
        return self.degree in WORKED


@dataclass(frozen=True, slots=True)
class GroupResult:
    """A group check: `worked` of all who rolled; the `degree` and `margin` are those of the roll that decides."""

    results: tuple[CheckResult, ...]
    worked: int
    needed: int
    margin: int
    degree: str


def degree_of(roll: int, total: int, difficulty: int) -> str:
    """critical, success, partial (missed by at most 2), failure or fumble, from the natural roll and the margin."""
    margin = total - difficulty
    if roll == 20 or margin >= CRITICAL_MARGIN:
        return "critical"
    if margin >= 0:
        return "success"
    if roll == 1:
        return "fumble"
    return "partial" if margin >= -PARTIAL_MARGIN else "failure"


def roll_d20(dice: Dice, *, advantage: bool, disadvantage: bool) -> tuple[int, tuple[int, ...]]:
    """The die that counts and all dice thrown. However many sources there are of each, both together cancel."""
    if advantage == disadvantage:
        roll = dice.roll(20)
        return roll, (roll,)
    rolls = (dice.roll(20), dice.roll(20))
    return (max(rolls) if advantage else min(rolls)), rolls


def reasons(advantage: Sequence[str], disadvantage: Sequence[str]) -> tuple[str, ...]:
    """What helped and hindered a roll, as receipts show it: `+Inspired`, `-Blinded`."""
    return (*(f"+{name}" for name in advantage), *(f"-{name}" for name in disadvantage))


def why_not(stat: str | None, band: str) -> BadValue | None:
    """The refusal of a check that a ruling asks for: of no score, or of no difficulty. A stat of None needs no roll."""
    if (stat is None or stat in SCORES) and band in BANDS:
        return None
    return BadValue(f"A check is of {', '.join(SCORES)}; its difficulty is {', '.join(BANDS)}.")


def check(
    res: Resolution,
    hero: Hero,
    stat: str,
    band: str,
    *,
    advantage: Sequence[str] = (),
    disadvantage: Sequence[str] = (),
    helper: Hero | None = None,
) -> CheckResult:
    """Roll a hero's ability check and emit it. `advantage` and `disadvantage` name what the situation gives; a helper
    gives advantage. Conditions of the hero are added here, and those of a single use end with the roll.
    """
    if helper is not None:
        advantage = (*advantage, helper.name)
    own = _Own(res, hero, stat, advantage, disadvantage)
    difficulty = BANDS[band]
    rolled = own.roll(res.dice, difficulty)
    res.emit(
        ev.CheckRolled(
            hero.id, hero.name, stat, band, difficulty, rolled.rolls, rolled.roll, rolled.modifier, rolled.total,
            rolled.degree, rolled.margin, own.reasons, helper.id if helper else "", helper.name if helper else "",
        )
    )  # fmt: skip
    own.use_up(res)
    return rolled


def contest(
    res: Resolution,
    hero: Hero,
    stat: str,
    rival: str,
    rival_modifier: int,
    *,
    advantage: Sequence[str] = (),
    disadvantage: Sequence[str] = (),
    helper: Hero | None = None,
) -> CheckResult:
    """The hero against somebody: both roll d20 + modifier, the margin is the difference, a tie goes to the hero.

    `rival` is the other's name; the rival rolls a plain d20 after the hero. Two natural 20 are judged by their totals.
    """
    if helper is not None:
        advantage = (*advantage, helper.name)
    own = _Own(res, hero, stat, advantage, disadvantage)
    roll, rolls = own.throw(res.dice)
    answer = res.dice.roll(20)
    total, against = roll + own.modifier, answer + rival_modifier
    degree = degree_of(0 if roll == answer == 20 else roll, total, against)
    rolled = CheckResult(rolls, roll, own.modifier, total, total - against, degree)
    res.emit(
        ev.ContestRolled(
            hero.id, hero.name, stat, rolls, roll, own.modifier, total, rival, answer, rival_modifier, against,
            rolled.margin, degree, own.reasons, helper.id if helper else "", helper.name if helper else "",
        )
    )  # fmt: skip
    own.use_up(res)
    return rolled


def group_check(res: Resolution, heroes: Sequence[Hero], stat: str, band: str) -> GroupResult:
    """Everyone rolls. It works when at least half of the rolls do, so the roll that decides is the one in the middle:
    the last of the better half. Its degree is the group's.
    """
    results = tuple(check(res, hero, stat, band) for hero in heroes)
    needed = (len(results) + 1) // 2
    # Degrees first: a natural 20 beats a higher margin without one.
    ranked = sorted(results, key=lambda one: (-_RANKS[one.degree], -one.margin))
    deciding = ranked[needed - 1]
    worked = sum(one.worked for one in results)
    res.emit(
        ev.GroupChecked(
            stat, band, BANDS[band], tuple(h.id for h in heroes), tuple(h.name for h in heroes),
            tuple(one.degree for one in results), worked, needed, deciding.margin, deciding.degree,
        )
    )  # fmt: skip
    return GroupResult(results, worked, needed, deciding.margin, deciding.degree)


_RANKS = {"fumble": 0, "failure": 1, "partial": 2, "success": 3, "critical": 4}


class _Own:
    """The hero's side of a roll: the modifier as it stands now and everything that helps or hinders it."""

    def __init__(
        self, res: Resolution, hero: Hero, stat: str, advantage: Sequence[str], disadvantage: Sequence[str]
    ) -> None:
        encounter = res.state.encounter
        fighter = encounter.combatants.get(hero.id) if encounter else None
        self._used: list[str] = []
        self._target = hero
        helps, hinders = tuple(advantage), tuple(disadvantage)
        if fighter is None:
            self.modifier = effective_stats(hero, res.content).modifier(stat)
        else:
            self.modifier = bearing.modifier(fighter, stat, res.content)
            if fighter.conditions:
                given = bearing.with_trait(fighter, "advantage", res.content)
                taken = bearing.with_trait(fighter, "disadvantage", res.content)
                helps += tuple(one.definition.name for one in given)
                hinders += tuple(one.definition.name for one in taken)
                counted = () if helps and hinders else (*given, *taken)
                self._used = [one.key for one in counted if one.definition.once]
                self._used += [
                    one.key
                    for one in bearing.borne(fighter, res.content)
                    if one.definition.once and stat in one.definition.bonuses and one.key not in self._used
                ]
        self.advantage, self.disadvantage = bool(helps), bool(hinders)
        self.reasons = reasons(helps, hinders)

    def throw(self, dice: Dice) -> tuple[int, tuple[int, ...]]:
        return roll_d20(dice, advantage=self.advantage, disadvantage=self.disadvantage)

    def roll(self, dice: Dice, difficulty: int) -> CheckResult:
        roll, rolls = self.throw(dice)
        total = roll + self.modifier
        degree = degree_of(roll, total, difficulty)
        return CheckResult(rolls, roll, self.modifier, total, total - difficulty, degree)

    def use_up(self, res: Resolution) -> None:
        """Conditions that last for one roll have had theirs."""
        for key in self._used:
            name = res.content.conditions[key].name
            res.emit(ev.ConditionEnded(self._target.id, self._target.name, key, "used", name))
