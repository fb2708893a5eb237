"""What someone wishes to do: frozen commands, the only input that rules take besides state and dice."""

from __future__ import annotations

from api.rules.commands.base import Command as Command
from api.rules.commands.base import UnknownCommand as UnknownCommand
from api.rules.commands.base import command_from_json as command_from_json
from api.rules.commands.deeds import (
    Downtime as Downtime,
)
from api.rules.commands.deeds import (
    Help as Help,
)
from api.rules.commands.deeds import (
    Improvise as Improvise,
)
from api.rules.commands.deeds import (
    Pass as Pass,
)
from api.rules.commands.deeds import (
    RefuseClaim as RefuseClaim,
)
from api.rules.commands.deeds import (
    Rest as Rest,
)
from api.rules.commands.deeds import (
    Talk as Talk,
)
from api.rules.commands.deeds import (
    Travel as Travel,
)
from api.rules.commands.deeds import (
    UseAffordance as UseAffordance,
)
from api.rules.commands.deeds import (
    UseItem as UseItem,
)
from api.rules.commands.fights import (
    Attack as Attack,
)
from api.rules.commands.fights import (
    ClearIntent as ClearIntent,
)
from api.rules.commands.fights import (
    Defend as Defend,
)
from api.rules.commands.fights import (
    Flee as Flee,
)
from api.rules.commands.fights import (
    LockIntent as LockIntent,
)
from api.rules.commands.fights import (
    MoveRow as MoveRow,
)
from api.rules.commands.fights import (
    Parley as Parley,
)
from api.rules.commands.fights import (
    Surrender as Surrender,
)
from api.rules.commands.fights import (
    UseAbility as UseAbility,
)
from api.rules.commands.sheet import (
    Buy as Buy,
)
from api.rules.commands.sheet import (
    CorrectGold as CorrectGold,
)
from api.rules.commands.sheet import (
    CorrectItem as CorrectItem,
)
from api.rules.commands.sheet import (
    DropItem as DropItem,
)
from api.rules.commands.sheet import (
    Equip as Equip,
)
from api.rules.commands.sheet import (
    GiveGold as GiveGold,
)
from api.rules.commands.sheet import (
    GiveItem as GiveItem,
)
from api.rules.commands.sheet import (
    LearnSkill as LearnSkill,
)
from api.rules.commands.sheet import (
    Respec as Respec,
)
from api.rules.commands.sheet import (
    Sell as Sell,
)
from api.rules.commands.sheet import (
    SetOrders as SetOrders,
)
from api.rules.commands.sheet import (
    SetRow as SetRow,
)
from api.rules.commands.sheet import (
    TakeFromCache as TakeFromCache,
)
from api.rules.commands.sheet import (
    Unequip as Unequip,
)
from api.rules.commands.story import (
    AdvanceQuest as AdvanceQuest,
)
from api.rules.commands.story import (
    BringPerson as BringPerson,
)
from api.rules.commands.story import (
    EndScene as EndScene,
)
from api.rules.commands.story import (
    RevealClue as RevealClue,
)
from api.rules.commands.story import (
    StartEncounter as StartEncounter,
)
from api.rules.commands.story import (
    SwayPerson as SwayPerson,
)
