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
    Improvised as Improvised,
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
    RoundStarted as RoundStarted,
)
from api.rules.events.fights import (
    WentDown as WentDown,
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
    SceneEntered as SceneEntered,
)
from api.rules.events.world import (
    XpGained as XpGained,
)
