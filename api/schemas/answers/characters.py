"""Answers about characters: the sheet and its parts."""

from __future__ import annotations

from typing import Any

from pydantic import RootModel

from api.schemas.answers.base import Answer, Event, Moment, Named, Ref


class AbilityOut(Named):
    cost_mp: int


class Carried(Answer):
    item: str
    name: str
    quantity: int
    worn: int
    kind: str
    rarity: str
    summary: str


class CharacterOut(Answer):
    id: str
    user_id: str
    name: str
    pronouns: str
    character_class: str
    class_name: str
    origin: str
    origin_name: str
    want: str
    level: int
    xp: int
    xp_next: int | None
    stats: dict[str, int]
    hp: int
    hp_max: int
    mp: int
    mp_max: int
    evade: int
    gold: int
    row: str
    wounds: int
    skill_points: int
    figures: dict[str, Any]
    abilities: list[AbilityOut]
    inventory: list[Carried]
    seated_in: str | None
    is_active: bool
    created_at: Moment
    chosen_at: Moment | None
    revision: int


class SheetOptionOut(Answer):
    kind: str
    id: str
    label: str
    targets: list[Ref]
    most: int
    price: int
    shop: str
    detail: str
    enabled: bool
    reason: str


class SkillOut(Named):
    branch: str
    cost: int
    min_level: int
    requires: list[str]
    learnt: bool
    reason: str
    abilities: list[Named]
    bonuses: dict[str, Any]


class Skills(Answer):
    character_id: str
    level: int
    xp: int
    xp_next: int | None
    skill_points: int
    tree: list[SkillOut]
    options: list[SheetOptionOut]


class ReceiptLine(Answer):
    amount: float
    kind: str
    source: str


class Equipment(Answer):
    character_id: str
    row: str
    worn: dict[str, dict[str, str]]
    figures: dict[str, Any]
    receipt: dict[str, list[ReceiptLine]]
    affinities: dict[str, str]
    orders: list[dict[str, Any]]
    orders_can_use: list[str]
    options: list[SheetOptionOut]


class ShopOut(Named):
    keeper: str
    greeting: str


class Places(Answer):
    taken: int
    total: int


class Inventory(Answer):
    character_id: str
    gold: int
    places: Places
    items: list[Carried]
    cache: list[Carried]
    shops: list[ShopOut]
    options: list[SheetOptionOut]


class SheetPart(RootModel[Skills | Equipment | Inventory]):
    """Skills, Equipment or Inventory, as the path asks."""


class SheetChanged(Answer):
    """What happened, and the part as it is now under its own name."""

    events: list[Event]
    skills: Skills | None = None
    equipment: Equipment | None = None
    inventory: Inventory | None = None
