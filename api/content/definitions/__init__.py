"""What a content author may write: one frozen definition per kind of file under `data/`.

The definitions are the single source of the shapes: `data/schemas/*.json` is generated from them, the loader
checks every file against them, and the rules read nothing else. A definition holds figures and words, never
behaviour: no code, no expressions. Keys are the file names.
"""

from __future__ import annotations

from api.content.definitions.base import (
    PHYSICAL as PHYSICAL,
)
from api.content.definitions.base import (
    Affinity as Affinity,
)
from api.content.definitions.base import (
    AppliedCondition as AppliedCondition,
)
from api.content.definitions.base import (
    Band as Band,
)
from api.content.definitions.base import (
    BonusTo as BonusTo,
)
from api.content.definitions.base import (
    DamageType as DamageType,
)
from api.content.definitions.base import (
    Definition as Definition,
)
from api.content.definitions.base import (
    Degree as Degree,
)
from api.content.definitions.base import (
    DiceText as DiceText,
)
from api.content.definitions.base import (
    Effect as Effect,
)
from api.content.definitions.base import (
    FigureName as FigureName,
)
from api.content.definitions.base import (
    Key as Key,
)
from api.content.definitions.base import (
    Line as Line,
)
from api.content.definitions.base import (
    Name as Name,
)
from api.content.definitions.base import (
    Rarity as Rarity,
)
from api.content.definitions.base import (
    Reach as Reach,
)
from api.content.definitions.base import (
    Row as Row,
)
from api.content.definitions.base import (
    Slot as Slot,
)
from api.content.definitions.base import (
    StatName as StatName,
)
from api.content.definitions.base import (
    Stats as Stats,
)
from api.content.definitions.base import (
    Summon as Summon,
)
from api.content.definitions.base import (
    TargetKind as TargetKind,
)
from api.content.definitions.base import (
    Tier as Tier,
)
from api.content.definitions.combat import (
    AbilityDef as AbilityDef,
)
from api.content.definitions.combat import (
    ConditionDef as ConditionDef,
)
from api.content.definitions.combat import (
    CreatureAttack as CreatureAttack,
)
from api.content.definitions.combat import (
    CreatureDef as CreatureDef,
)
from api.content.definitions.combat import (
    EncounterDef as EncounterDef,
)
from api.content.definitions.combat import (
    EncounterGroup as EncounterGroup,
)
from api.content.definitions.combat import (
    LootEntry as LootEntry,
)
from api.content.definitions.combat import (
    Phase as Phase,
)
from api.content.definitions.combat import (
    Reaction as Reaction,
)
from api.content.definitions.combat import (
    Tactic as Tactic,
)
from api.content.definitions.combat import (
    TargetRule as TargetRule,
)
from api.content.definitions.combat import (
    Trait as Trait,
)
from api.content.definitions.combat import (
    When as When,
)
from api.content.definitions.heroes import (
    ClassDef as ClassDef,
)
from api.content.definitions.heroes import (
    HeroDef as HeroDef,
)
from api.content.definitions.heroes import (
    OriginDef as OriginDef,
)
from api.content.definitions.heroes import (
    SkillDef as SkillDef,
)
from api.content.definitions.items import (
    AffixDef as AffixDef,
)
from api.content.definitions.items import (
    ItemDef as ItemDef,
)
from api.content.definitions.items import (
    ItemSetDef as ItemSetDef,
)
from api.content.definitions.items import (
    LootLine as LootLine,
)
from api.content.definitions.items import (
    LootTableDef as LootTableDef,
)
from api.content.definitions.items import (
    SetStep as SetStep,
)
from api.content.definitions.items import (
    ShopDef as ShopDef,
)
from api.content.definitions.items import (
    ShopLine as ShopLine,
)
from api.content.definitions.safety import (
    SafetyDef as SafetyDef,
)
from api.content.definitions.story import (
    AffordanceDef as AffordanceDef,
)
from api.content.definitions.story import (
    CampaignDef as CampaignDef,
)
from api.content.definitions.story import (
    EndingDef as EndingDef,
)
from api.content.definitions.story import (
    HookDue as HookDue,
)
from api.content.definitions.story import (
    Outcome as Outcome,
)
from api.content.definitions.story import (
    PersonDef as PersonDef,
)
from api.content.definitions.story import (
    Remembrance as Remembrance,
)
from api.content.definitions.story import (
    Requirement as Requirement,
)
from api.content.definitions.story import (
    SceneClose as SceneClose,
)
from api.content.definitions.story import (
    SceneClue as SceneClue,
)
from api.content.definitions.story import (
    SceneDef as SceneDef,
)
from api.content.definitions.story import (
    Visitor as Visitor,
)
from api.content.definitions.world import (
    DowntimeDef as DowntimeDef,
)
from api.content.definitions.world import (
    EncounterTableDef as EncounterTableDef,
)
from api.content.definitions.world import (
    FactionDef as FactionDef,
)
from api.content.definitions.world import (
    Goal as Goal,
)
from api.content.definitions.world import (
    LocationDef as LocationDef,
)
from api.content.definitions.world import (
    NpcDef as NpcDef,
)
from api.content.definitions.world import (
    QuestDef as QuestDef,
)
from api.content.definitions.world import (
    QuestStage as QuestStage,
)
from api.content.definitions.world import (
    RegionDef as RegionDef,
)
from api.content.definitions.world import (
    RegionStage as RegionStage,
)
from api.content.definitions.world import (
    TableLine as TableLine,
)
from api.content.definitions.world import (
    Way as Way,
)

KINDS: dict[str, type[Definition]] = {
    "classes": ClassDef,
    "skills": SkillDef,
    "origins": OriginDef,
    "abilities": AbilityDef,
    "conditions": ConditionDef,
    "items": ItemDef,
    "affixes": AffixDef,
    "item_sets": ItemSetDef,
    "loot_tables": LootTableDef,
    "shops": ShopDef,
    "heroes": HeroDef,
    "creatures": CreatureDef,
    "encounters": EncounterDef,
    "encounter_tables": EncounterTableDef,
    "scenes": SceneDef,
    "npcs": NpcDef,
    "factions": FactionDef,
    "regions": RegionDef,
    "locations": LocationDef,
    "quests": QuestDef,
    "downtime": DowntimeDef,
    "campaigns": CampaignDef,
    "safety": SafetyDef,
}
