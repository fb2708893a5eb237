"""Words that every kind of content shares: keys, lines, dice, scores, figures and bonuses."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,47}$")]
Line = Annotated[str, Field(min_length=1, max_length=400)]
Name = Annotated[str, Field(min_length=2, max_length=60)]
DiceText = Annotated[str, Field(pattern=r"^([1-9][0-9]?)d(4|6|8|10|12|20)([+-][1-9][0-9]?)?$")]
StatName = Literal["strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma"]
FigureName = Literal[
    "hp", "mp", "attack", "magic", "defence", "resistance", "speed", "hit", "evade", "crit", "block"
]
BonusTo = Literal[
    "strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma",
    "hp", "mp", "attack", "magic", "defence", "resistance", "speed", "hit", "evade", "crit", "block",
]  # fmt: skip
Band = Literal["trivial", "easy", "medium", "hard", "heroic"]
Degree = Literal["critical", "success", "partial", "failure", "fumble"]
DamageType = Literal[
    "slashing", "piercing", "bludgeoning", "fire", "frost", "lightning", "radiant", "shadow", "poison"
]
PHYSICAL: frozenset[str] = frozenset({"slashing", "piercing", "bludgeoning"})
Affinity = Literal["weak", "resist", "immune"]
TargetKind = Literal["self", "ally", "enemy", "all_allies", "all_enemies"]
Row = Literal["front", "back"]
Reach = Literal["melee", "ranged"]
Tier = Literal["FREE", "BASIC", "PREMIUM", "ELITE"]
Rarity = Literal["common", "uncommon", "rare", "epic", "legendary"]
Slot = Literal["weapon", "offhand", "head", "body", "hands", "feet", "neck", "ring"]


class Definition(BaseModel):
    """A frozen piece of content. Unknown fields are refused, so a typing slip never passes silently."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Stats(Definition):
    """The six ability scores, each 1 to 30; 10 is an ordinary person. Modifier = (score - 10) // 2."""

    strength: int = Field(10, ge=1, le=30)
    dexterity: int = Field(10, ge=1, le=30)
    constitution: int = Field(10, ge=1, le=30)
    intelligence: int = Field(10, ge=1, le=30)
    wisdom: int = Field(10, ge=1, le=30)
    charisma: int = Field(10, ge=1, le=30)


class AppliedCondition(Definition):
    """A condition put on a target for a number of its own turns. `save` lets the target resist it.

    With `save`, the target rolls a check of that score against `band` when it is put on; success keeps it off.
    """

    key: Key
    rounds: int = Field(2, ge=1, le=10)
    stacks: int = Field(1, ge=1, le=5)
    save: StatName | None = None
    band: Band = "medium"


class Summon(Definition):
    """Creatures that join the user's side and act by their own tactics until the fight ends or they fall."""

    creature: Key
    count: int = Field(1, ge=1, le=4)


class Effect(Definition):
    """What a use does to each target. At least one part must be given; parts happen in the order below.

    `dispel` removes that many dispellable conditions: harmful ones from allies, helpful ones from enemies. `cure` names
    conditions that it ends. `revive` brings a dead or fallen ally back with that percentage of HP. `threat` is added to
    (or, negative, taken from) what the target holds against the user.
    """

    damage: DiceText | None = None
    damage_type: DamageType = "bludgeoning"
    heal: DiceText | None = None
    restore_mp: DiceText | None = None
    revive: int = Field(0, ge=0, le=100)
    cure: tuple[Key, ...] = ()
    dispel: int = Field(0, ge=0, le=5)
    condition: AppliedCondition | None = None
    conditions: tuple[AppliedCondition, ...] = ()
    summon: Summon | None = None
    threat: int = Field(0, ge=-100, le=100)
    push: Row | None = Field(None, description="moves the target into that row")

    @model_validator(mode="after")
    def _does_something(self) -> Effect:
        if not any(
            (self.damage, self.heal, self.restore_mp, self.revive, self.cure, self.dispel, self.condition,
             self.conditions, self.summon, self.threat, self.push)
        ):  # fmt: skip
            raise ValueError("an effect needs damage, heal, restore_mp, revive, cure, dispel, condition, "
                             "summon, threat or push")  # fmt: skip
        return self

    @property
    def afflicts(self) -> tuple[AppliedCondition, ...]:
        """All conditions that it puts on."""
        return ((self.condition,) if self.condition else ()) + self.conditions
