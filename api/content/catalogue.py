"""Content as the rest of the program reads it: frozen mappings from key to definition, and one hash."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from api.content.definitions import (
    KINDS,
    AbilityDef,
    AffixDef,
    CampaignDef,
    ClassDef,
    ConditionDef,
    CreatureDef,
    Definition,
    DowntimeDef,
    EncounterDef,
    EncounterTableDef,
    FactionDef,
    HeroDef,
    ItemDef,
    ItemSetDef,
    LocationDef,
    LootTableDef,
    NpcDef,
    OriginDef,
    QuestDef,
    RegionDef,
    SafetyDef,
    SceneDef,
    ShopDef,
    SkillDef,
)

T = TypeVar("T")


class UnknownContent(KeyError):
    """Raised for a key that no file has. `near` lists up to three keys that are spelt much like it."""

    def __init__(self, kind: str, key: str, near: tuple[str, ...] = ()) -> None:
        super().__init__(key)
        self.kind = kind
        self.key = key
        self.near = near

    def __str__(self) -> str:
        return f"there is no '{self.key}' in {self.kind}{did_you_mean(self.near)}"


def near_keys(key: str, known: Mapping[str, Any] | set[str]) -> tuple[str, ...]:
    """Up to three known keys that resemble `key`, best first."""
    return tuple(difflib.get_close_matches(key, sorted(known), n=3))


def did_you_mean(near: tuple[str, ...]) -> str:
    """A tail for a sentence: empty, or ' (did you mean a, b?)'."""
    return f" (did you mean {', '.join(near)}?)" if near else ""


@dataclass(frozen=True, slots=True)
class Content:
    """All definitions of one data folder, by kind and key. `content_hash` changes when any of them does but those of
    `safety`, which decide nothing that a replay could miss."""

    classes: Mapping[str, ClassDef]
    skills: Mapping[str, SkillDef]
    origins: Mapping[str, OriginDef]
    abilities: Mapping[str, AbilityDef]
    conditions: Mapping[str, ConditionDef]
    items: Mapping[str, ItemDef]
    affixes: Mapping[str, AffixDef]
    item_sets: Mapping[str, ItemSetDef]
    loot_tables: Mapping[str, LootTableDef]
    shops: Mapping[str, ShopDef]
    heroes: Mapping[str, HeroDef]
    creatures: Mapping[str, CreatureDef]
    encounters: Mapping[str, EncounterDef]
    encounter_tables: Mapping[str, EncounterTableDef]
    scenes: Mapping[str, SceneDef]
    npcs: Mapping[str, NpcDef]
    factions: Mapping[str, FactionDef]
    regions: Mapping[str, RegionDef]
    locations: Mapping[str, LocationDef]
    quests: Mapping[str, QuestDef]
    downtime: Mapping[str, DowntimeDef]
    campaigns: Mapping[str, CampaignDef]
    safety: Mapping[str, SafetyDef]
    content_hash: str

    @classmethod
    def from_definitions(cls, definitions: Mapping[str, Mapping[str, Any]]) -> Content:
        """Content of ready definitions, by kind and key; kinds may be missing. Nothing is checked here."""
        kinds: dict[str, Any] = {
            kind: MappingProxyType(dict(sorted(definitions.get(kind, {}).items()))) for kind in KINDS
        }
        plain = {
            kind: {key: one.model_dump(mode="json") for key, one in found.items()}
            for kind, found in kinds.items()
            if kind != "safety"
        }
        canonical = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return cls(**kinds, content_hash=hashlib.sha256(canonical.encode()).hexdigest())

    def get(self, kind: str, key: str) -> Definition:
        """The definition of `key` in a kind such as 'items'. Raises UnknownContent."""
        if kind not in KINDS:
            raise UnknownContent("the kinds of content", kind, near_keys(kind, set(KINDS)))
        found: Definition = _find(kind, key, getattr(self, kind))
        return found

    def character_class(self, key: str) -> ClassDef:
        return _find("classes", key, self.classes)

    def origin(self, key: str) -> OriginDef:
        return _find("origins", key, self.origins)

    def ability(self, key: str) -> AbilityDef:
        return _find("abilities", key, self.abilities)

    def item(self, key: str) -> ItemDef:
        return _find("items", key, self.items)

    def hero(self, key: str) -> HeroDef:
        return _find("heroes", key, self.heroes)

    def creature(self, key: str) -> CreatureDef:
        return _find("creatures", key, self.creatures)

    def encounter(self, key: str) -> EncounterDef:
        return _find("encounters", key, self.encounters)

    def scene(self, key: str) -> SceneDef:
        return _find("scenes", key, self.scenes)

    def campaign(self, key: str) -> CampaignDef:
        return _find("campaigns", key, self.campaigns)


def _find(kind: str, key: str, known: Mapping[str, T]) -> T:
    try:
        return known[key]
    except KeyError:
        raise UnknownContent(kind, key, near_keys(key, known)) from None
