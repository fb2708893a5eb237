"""Things: items, the affixes that make them better, sets, loot tables and shops."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from api.content.definitions.base import (
    Affinity,
    BonusTo,
    DamageType,
    Definition,
    DiceText,
    Effect,
    Key,
    Line,
    Name,
    Rarity,
    Reach,
    Slot,
    StatName,
    TargetKind,
    Tier,
)


class ItemDef(Definition):
    """A thing that can be carried. Gold values are whole gold pieces.

    What has a `slot` is worn or wielded; its `bonuses`, `affinities` and `abilities` count only then. `stack` is how
    many share one place of the bag. Keys and story pieces take no place.
    """

    name: Name
    summary: Line
    kind: Literal["weapon", "armour", "consumable", "key", "treasure", "trinket"]
    value: int = Field(0, ge=0, le=100_000)
    rarity: Rarity = "common"
    slot: Slot | None = None
    two_handed: bool = False
    damage: DiceText | None = Field(None, description="weapons only")
    damage_type: DamageType = "slashing"
    reach: Reach = "melee"
    bonuses: dict[BonusTo, int] = Field(default_factory=dict)
    affinities: dict[DamageType, Affinity] = Field(default_factory=dict)
    abilities: tuple[Key, ...] = ()
    min_level: int = Field(1, ge=1, le=20)
    needs: dict[StatName, int] = Field(default_factory=dict, description="scores that its wearer must have")
    classes: tuple[Key, ...] = Field((), description="only these can use it; empty is everybody")
    item_set: Key | None = None
    use: Effect | None = Field(
        None, description="consumables only: what drinking, throwing or reading it does"
    )
    target: TargetKind = "self"
    stack: int = Field(1, ge=1, le=99)
    article: Literal["a", "an", "the", "some"] = "a"
    exclusive: Tier | None = Field(None, description="shops sell it to this tier and better ones only")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> ItemDef:
        if self.kind == "weapon" and self.slot not in (None, "weapon", "offhand"):
            raise ValueError("a weapon's slot is weapon or offhand")
        if self.slot is not None and self.kind not in ("weapon", "armour", "trinket"):
            raise ValueError("only weapons, armour and trinkets have a slot")
        if self.two_handed and self.worn_in != "weapon":
            raise ValueError("only the weapon slot takes something two-handed")
        return self

    @property
    def worn_in(self) -> Slot | None:
        """Where it is worn or wielded: `slot`, else a weapon in the weapon hand and armour on the body."""
        default: dict[str, Slot] = {"weapon": "weapon", "armour": "body"}
        return self.slot or default.get(self.kind)


class AffixDef(Definition):
    """What makes a found thing better than its like. `pattern` is the new name, with {item}."""

    name: Name
    pattern: Line
    kind: Literal["prefix", "suffix"]
    slots: tuple[Slot, ...] = Field(min_length=1)
    bonuses: dict[BonusTo, int] = Field(default_factory=dict)
    affinities: dict[DamageType, Affinity] = Field(default_factory=dict)
    levels: tuple[int, int] = (1, 20)
    weight: int = Field(10, ge=1, le=1000)
    value_percent: int = Field(150, ge=100, le=1000, description="the price of the whole, in percent")


class SetStep(Definition):
    pieces: int = Field(ge=2, le=8)
    bonuses: dict[BonusTo, int] = Field(min_length=1)


class ItemSetDef(Definition):
    """Things that are better together: each step counts from that many worn pieces on."""

    name: Name
    summary: Line
    steps: tuple[SetStep, ...] = Field(min_length=1)


class LootLine(Definition):
    """One line of a loot table. Without `item` it is an empty draw or only gold. `levels` is the party's level band."""

    item: Key | None = None
    quantity: tuple[int, int] = (1, 1)
    gold: tuple[int, int] = (0, 0)
    weight: int = Field(10, ge=0, le=1000)
    levels: tuple[int, int] = (1, 20)
    guaranteed: bool = Field(False, description="always given, beside the draws")


class LootTableDef(Definition):
    """`draws` lines are drawn by weight, with replacement. Worn things may come with affixes: `quality` is the chance
    in percent for uncommon, rare, epic and legendary (the rest is common): 1, 2, 3 or 4 affixes, two of a kind at most.
    """

    name: Name
    draws: int = Field(1, ge=0, le=6)
    lines: tuple[LootLine, ...] = Field(min_length=1)
    quality: tuple[int, int, int, int] = (0, 0, 0, 0)

    @model_validator(mode="after")
    def _percentages(self) -> LootTableDef:
        if min(self.quality) < 0 or sum(self.quality) > 100:
            raise ValueError("quality are four percentages of at most 100 together")
        return self


class ShopLine(Definition):
    item: Key
    percent: int = Field(100, ge=10, le=1000, description="of the item's value")
    min_reputation: int = Field(-100, ge=-100, le=100)


class ShopDef(Definition):
    """Sells its stock without end and buys anything with a value. Prices follow the `faction`'s reputation."""

    name: Name
    summary: Line
    keeper: Name
    greeting: tuple[Line, ...] = Field(min_length=1)
    faction: Key | None = None
    stock: tuple[ShopLine, ...] = Field(min_length=1)
    buys_percent: int = Field(50, ge=0, le=90)
