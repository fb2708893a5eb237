"""What heroes are made of: classes, their skill trees, origins and ready-made heroes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.content.definitions.base import BonusTo, Definition, Key, Line, Name, Row, StatName, Stats


class ClassDef(Definition):
    """A hero's calling. `stats` are the starting scores before the origin's bonus.

    `growth` are scores that rise by one at every fourth level (4, 8, 12, 16, 20), in turn.
    """

    name: Name
    summary: Line
    role: Literal["defender", "striker", "caster", "support"]
    stats: Stats
    hp: int = Field(ge=1, le=60, description="maximum at level 1, before constitution")
    hp_per_level: int = Field(5, ge=1, le=12)
    mp: int = Field(ge=0, le=60)
    mp_per_level: int = Field(2, ge=0, le=8)
    evade: int = Field(ge=8, le=16, description="what an attack must reach, before armour and dexterity")
    growth: tuple[StatName, ...] = ("constitution",)
    row: Row = "front"
    abilities: tuple[Key, ...] = Field(min_length=1)
    starting_items: tuple[Key, ...] = ()
    early_access: bool = Field(
        False, description="new: only for tiers with early access, until it is for all"
    )


class SkillDef(Definition):
    """A node of a class's skill tree: what learning it gives, what it needs, what it costs in skill points."""

    name: Name
    summary: Line
    character_class: Key
    cost: int = Field(1, ge=1, le=5)
    min_level: int = Field(1, ge=1, le=20)
    requires: tuple[Key, ...] = Field((), description="skills of the same tree that must be known")
    abilities: tuple[Key, ...] = ()
    bonuses: dict[BonusTo, int] = Field(default_factory=dict)
    branch: Name = Field(description="the branch of the tree, for display")


class OriginDef(Definition):
    """Where a hero comes from, and what that makes the hero want (`want` completes "{name} wants ...")."""

    name: Name
    summary: Line
    want: Line
    hook: Line = Field(description="one sentence that the story can bring back; may use {name}")
    bonus: dict[StatName, int] = Field(default_factory=dict)
    starting_items: tuple[Key, ...] = ()
    gold: int = Field(0, ge=0, le=500)


class HeroDef(Definition):
    """A ready-made hero for a newcomer: pick and play."""

    name: Name
    summary: Line
    character_class: Key
    origin: Key
    pronouns: Literal["she", "he", "they"] = "they"
