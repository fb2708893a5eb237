"""What happened: the facts that rules produce, stores keep, feeds carry and narrators tell (one module per field)."""

from __future__ import annotations

from api.rules.events.base import Event as Event
from api.rules.events.base import UnknownEvent as UnknownEvent
from api.rules.events.base import event_from_json as event_from_json
from api.rules.events.deeds import (
    AffordanceUsed as AffordanceUsed,
)
from api.rules.events.deeds import (
    CheckRolled as CheckRolled,
)
from api.rules.events.deeds import (
    ClaimRefused as ClaimRefused,
)
from api.rules.events.deeds import (
    ContestRolled as ContestRolled,
)
from api.rules.events.deeds import (
    DowntimeSpent as DowntimeSpent,
)
from api.rules.events.deeds import (
    GroupChecked as GroupChecked,
)
from api.rules.events.deeds import (
    Helped as Helped,
)
from api.rules.events.deeds import (
    HelpLapsed as HelpLapsed,
)
from api.rules.events.deeds import (
    Improvised as Improvised,
)
from api.rules.events.deeds import (
    NightSpent as NightSpent,
)
from api.rules.events.deeds import (
    Rested as Rested,
)
from api.rules.events.deeds import (
    Spoke as Spoke,
)
from api.rules.events.deeds import (
    TurnPassed as TurnPassed,
)
from api.rules.events.deeds import (
    WoundsHealed as WoundsHealed,
)
from api.rules.events.encounters import (
    CarriedBack as CarriedBack,
)
from api.rules.events.encounters import (
    DeathChecked as DeathChecked,
)
from api.rules.events.encounters import (
    Died as Died,
)
from api.rules.events.encounters import (
    Encouraged as Encouraged,
)
from api.rules.events.encounters import (
    FightersRenewed as FightersRenewed,
)
from api.rules.events.encounters import (
    Fled as Fled,
)
from api.rules.events.encounters import (
    IntentCleared as IntentCleared,
)
from api.rules.events.encounters import (
    IntentLocked as IntentLocked,
)
from api.rules.events.encounters import (
    ParleyTried as ParleyTried,
)
from api.rules.events.encounters import (
    PhaseStarted as PhaseStarted,
)
from api.rules.events.encounters import (
    ReactionUsed as ReactionUsed,
)
from api.rules.events.encounters import (
    RowChanged as RowChanged,
)
from api.rules.events.encounters import (
    Stabilised as Stabilised,
)
from api.rules.events.encounters import (
    Summoned as Summoned,
)
from api.rules.events.encounters import (
    SurrenderOffered as SurrenderOffered,
)
from api.rules.events.encounters import (
    Tended as Tended,
)
from api.rules.events.encounters import (
    ThreatChanged as ThreatChanged,
)
from api.rules.events.fights import (
    AbilityUsed as AbilityUsed,
)
from api.rules.events.fights import (
    AttackHit as AttackHit,
)
from api.rules.events.fights import (
    AttackMissed as AttackMissed,
)
from api.rules.events.fights import (
    CombatTurnEnded as CombatTurnEnded,
)
from api.rules.events.fights import (
    CombatTurnStarted as CombatTurnStarted,
)
from api.rules.events.fights import (
    ConditionEnded as ConditionEnded,
)
from api.rules.events.fights import (
    ConditionGained as ConditionGained,
)
from api.rules.events.fights import (
    ConditionResisted as ConditionResisted,
)
from api.rules.events.fights import (
    CooldownStarted as CooldownStarted,
)
from api.rules.events.fights import (
    DamageDealt as DamageDealt,
)
from api.rules.events.fights import (
    Defended as Defended,
)
from api.rules.events.fights import (
    EncounterEnded as EncounterEnded,
)
from api.rules.events.fights import (
    EncounterStarted as EncounterStarted,
)
from api.rules.events.fights import (
    FleeFailed as FleeFailed,
)
from api.rules.events.fights import (
    Healed as Healed,
)
from api.rules.events.fights import (
    ManaChanged as ManaChanged,
)
from api.rules.events.fights import (
    Recovered as Recovered,
)
from api.rules.events.fights import (
    Revived as Revived,
)
from api.rules.events.fights import (
    RoundStarted as RoundStarted,
)
from api.rules.events.fights import (
    SaveRolled as SaveRolled,
)
from api.rules.events.fights import (
    WentDown as WentDown,
)
from api.rules.events.sheet import (
    GoldHanded as GoldHanded,
)
from api.rules.events.sheet import (
    ItemBought as ItemBought,
)
from api.rules.events.sheet import (
    ItemCached as ItemCached,
)
from api.rules.events.sheet import (
    ItemDropped as ItemDropped,
)
from api.rules.events.sheet import (
    ItemEquipped as ItemEquipped,
)
from api.rules.events.sheet import (
    ItemHanded as ItemHanded,
)
from api.rules.events.sheet import (
    ItemPickedUp as ItemPickedUp,
)
from api.rules.events.sheet import (
    ItemSold as ItemSold,
)
from api.rules.events.sheet import (
    ItemUnequipped as ItemUnequipped,
)
from api.rules.events.sheet import (
    LevelGained as LevelGained,
)
from api.rules.events.sheet import (
    OrdersSet as OrdersSet,
)
from api.rules.events.sheet import (
    RowChosen as RowChosen,
)
from api.rules.events.sheet import (
    SkillLearned as SkillLearned,
)
from api.rules.events.sheet import (
    SkillsReset as SkillsReset,
)
from api.rules.events.story import (
    HookCameDue as HookCameDue,
)
from api.rules.events.story import (
    PersonCame as PersonCame,
)
from api.rules.events.story import (
    SceneClosed as SceneClosed,
)
from api.rules.events.story import (
    TroubleCame as TroubleCame,
)
from api.rules.events.world import (
    CampaignEnded as CampaignEnded,
)
from api.rules.events.world import (
    ChoiceMade as ChoiceMade,
)
from api.rules.events.world import (
    ClockAdvanced as ClockAdvanced,
)
from api.rules.events.world import (
    ClueFound as ClueFound,
)
from api.rules.events.world import (
    DispositionChanged as DispositionChanged,
)
from api.rules.events.world import (
    FlagSet as FlagSet,
)
from api.rules.events.world import (
    GoldChanged as GoldChanged,
)
from api.rules.events.world import (
    ItemGained as ItemGained,
)
from api.rules.events.world import (
    ItemLost as ItemLost,
)
from api.rules.events.world import (
    JourneyBegan as JourneyBegan,
)
from api.rules.events.world import (
    LocationReached as LocationReached,
)
from api.rules.events.world import (
    MetOnTheWay as MetOnTheWay,
)
from api.rules.events.world import (
    QuestCompleted as QuestCompleted,
)
from api.rules.events.world import (
    QuestFailed as QuestFailed,
)
from api.rules.events.world import (
    QuestStageDone as QuestStageDone,
)
from api.rules.events.world import (
    QuestStarted as QuestStarted,
)
from api.rules.events.world import (
    RegionStageReached as RegionStageReached,
)
from api.rules.events.world import (
    Remembered as Remembered,
)
from api.rules.events.world import (
    ReputationChanged as ReputationChanged,
)
from api.rules.events.world import (
    SceneEntered as SceneEntered,
)
from api.rules.events.world import (
    TurnedBack as TurnedBack,
)
from api.rules.events.world import (
    XpGained as XpGained,
)
