"""What fights are made of: conditions, abilities, tactics, creatures and encounters."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from api.content.definitions.base import (
    Affinity,
    AppliedCondition,
    Band,
    BonusTo,
    DamageType,
    Definition,
    DiceText,
    Effect,
    Key,
    Line,
    Name,
    Reach,
    Row,
    StatName,
    Stats,
    TargetKind,
)
from api.content.definitions.story import Outcome

# What a condition forbids or twists. Figures go into `bonuses`; everything else is one of these words:
#   no_turn (stun), no_abilities (silence: abilities that cost MP), advantage / disadvantage on the bearer's own
#   attacks and checks, exposed (attacks against the bearer have advantage) / hidden (disadvantage),
#   taunted (must attack the source while it stands), halved (deals half damage), rooted (cannot change row or flee),
#   untargetable by enemies
Trait = Literal[
    "no_turn", "no_abilities", "advantage", "disadvantage", "exposed", "hidden", "taunted", "halved", "rooted",
    "untargetable",
]  # fmt: skip


class ConditionDef(Definition):
    """Something that sits on a combatant for some of its own turns.

    Stacking: `refresh` keeps the longer count, `stack` adds stacks up to `max_stacks` (bonuses and ticks count once for
    each) and refreshes, `replace` starts anew with the new count, `keep` ignores a second one while it lasts.
    `tick` happens at the `moment` of the bearer's turn. `shield` absorbs that much damage before HP (per stack).
    `reflect` returns that percentage of damage taken from attacks to the attacker. `wakes` ends it when its bearer is
    damaged. `once` ends it after the first roll that it changed. `save` lets the bearer try to shake it off at the end
    of each own turn. `adjective` completes "{target} is ..."; `gained` and `ended` are sentences with {target}.
    """

    name: Name
    summary: Line
    kind: Literal["helpful", "harmful"]
    adjective: Line
    gained: tuple[Line, ...] = Field(min_length=1)
    ended: tuple[Line, ...] = Field(min_length=1)
    bonuses: dict[BonusTo, int] = Field(default_factory=dict)
    traits: tuple[Trait, ...] = ()
    affinities: dict[DamageType, Affinity] = Field(default_factory=dict)
    wards: tuple[Key, ...] = Field((), description="conditions that cannot be put on while it lasts")
    tick_damage: int = Field(0, ge=0, le=50)
    tick_type: DamageType = "slashing"
    tick_heal: int = Field(0, ge=0, le=50)
    tick_mp: int = Field(0, ge=-20, le=20)
    moment: Literal["start", "end"] = "start"
    stacking: Literal["refresh", "stack", "replace", "keep"] = "refresh"
    max_stacks: int = Field(1, ge=1, le=10)
    shield: int = Field(0, ge=0, le=100)
    reflect: int = Field(0, ge=0, le=100)
    wakes: bool = False
    once: bool = False
    save: StatName | None = None
    band: Band = "medium"
    dispellable: bool = True
    emoji: str = Field("•", max_length=4)


class Reaction(Definition):
    """What answers something that happens to the bearer (or, with `ally_hit`, to a friend), once a round.

    `strike_back` attacks the attacker, `brace` halves the damage, `cover` takes an ally's hit oneself, `slip` turns a
    melee hit into a miss. Reactions never set off reactions.
    """

    on: Literal["hit", "missed", "ally_hit", "ally_down"]
    does: Literal["strike_back", "brace", "cover", "slip", "use_effect"]


class AbilityDef(Definition):
    """Something a combatant can do in an encounter. `stat` adds its modifier to attack roll, damage and healing.

    `verb` is the narrator's third-person verb phrase ("brings the blade down on"); the target's name follows. With
    `reaction` it is never chosen on one's turn: it goes off by itself. `hits` attacks are rolled one by one.
    `sure` needs no attack roll. `rows` limits the user to rows.
    """

    name: Name
    summary: Line
    cost_mp: int = Field(0, ge=0, le=50)
    cooldown: int = Field(0, ge=0, le=10, description="rounds before it can be used again; 0 is every round")
    target: TargetKind
    stat: StatName
    reach: Reach = "melee"
    hits: int = Field(1, ge=1, le=5)
    sure: bool = False
    rows: tuple[Row, ...] = ("front", "back")
    uses_weapon: bool = Field(
        False, description="add the equipped weapon's damage dice to the effect's damage"
    )
    effect: Effect
    on_self: Effect | None = Field(None, description="what it also does to the user")
    reaction: Reaction | None = None
    passive: bool = Field(False, description="never used: only its `bonuses` count")
    bonuses: dict[BonusTo, int] = Field(default_factory=dict)
    verb: Line


class When(Definition):
    """When a tactic applies; every given part must hold. Percentages are of the maximum."""

    self_hp_below: int | None = Field(None, ge=1, le=100)
    self_hp_above: int | None = Field(None, ge=0, le=99)
    ally_hp_below: int | None = Field(None, ge=1, le=100)
    ally_down: bool | None = None
    foes_at_least: int | None = Field(None, ge=1, le=20)
    allies_at_most: int | None = Field(None, ge=1, le=20)
    round_at_least: int | None = Field(None, ge=1, le=30)
    every: int | None = Field(None, ge=2, le=10, description="only in rounds divisible by it")
    target_has: Key | None = None
    target_lacks: Key | None = None
    self_lacks: Key | None = None


TargetRule = Literal[
    "random", "weakest", "strongest", "lowest_percent", "threat", "vengeful", "back_row", "front_row", "caster",
    "marked", "self", "weakest_ally", "fallen_ally",
]  # fmt: skip


class Tactic(Definition):
    """One line of a plan: the first that applies and is legal is done. Creatures and standing orders share it.

    `use` is attack (any own attack), an attack's or ability's key, an item's key, defend, move_front, move_back, flee
    or pass. `chance` in percent.
    """

    when: When = When(
        self_hp_below=None, self_hp_above=None, ally_hp_below=None, ally_down=None, foes_at_least=None,
        allies_at_most=None, round_at_least=None, every=None, target_has=None, target_lacks=None, self_lacks=None,
    )  # fmt: skip
    use: Key
    target: TargetRule = "random"
    chance: int = Field(100, ge=1, le=100)


class CreatureAttack(Definition):
    """An attack that needs no MP. `key` defaults to the name in snake case."""

    name: Name
    verb: Line = Field(description="third person, the target's name follows: 'rakes its claws across'")
    damage: DiceText
    damage_type: DamageType
    to_hit: int = Field(ge=0, le=20)
    reach: Reach = "melee"
    hits: int = Field(1, ge=1, le=4)
    targets: Literal["one", "all"] = "one"
    condition: AppliedCondition | None = None

    @property
    def key(self) -> str:
        """How tactics name it."""
        return "_".join(self.name.lower().replace("'", "").replace("-", " ").split())


class LootEntry(Definition):
    item: Key
    percent: int = Field(ge=1, le=100)


class Phase(Definition):
    """A boss changes when its HP first fall to `at_percent` or less. `tactics` replace those before."""

    name: Name
    at_percent: int = Field(ge=1, le=99)
    tell: tuple[Line, ...] = Field(min_length=1)
    tactics: tuple[Tactic, ...] = ()
    bonuses: dict[BonusTo, int] = Field(default_factory=dict)
    conditions: tuple[AppliedCondition, ...] = ()
    heal_percent: int = Field(0, ge=0, le=50)
    summon: EncounterGroup | None = None


class EncounterGroup(Definition):
    creature: Key
    count: int = Field(1, ge=1, le=8)
    per_extra_hero: float = Field(
        0, ge=0, le=3, description="more of them for each hero beyond the first, rounded down"
    )
    row: Row = "front"


class CreatureDef(Definition):
    """A foe or bystander. `behaviour` picks its target when no tactic says otherwise: any, weakest, strongest, who
    hurt it last, or who it holds most against (`threat`).

    `evade` is what an attack must reach; `defence` and `resistance` lessen physical and magical damage. HP grow by
    `hp_per_extra_hero` for each hero beyond the first.
    """

    name: Name
    summary: Line
    level: int = Field(1, ge=1, le=20)
    stats: Stats
    hp: int = Field(ge=1, le=500)
    hp_per_extra_hero: int = Field(0, ge=0, le=100)
    mp: int = Field(0, ge=0, le=100)
    evade: int = Field(ge=5, le=25)
    defence: int = Field(0, ge=0, le=20)
    resistance: int = Field(0, ge=0, le=20)
    crit: int = Field(1, ge=0, le=5)
    block: int = Field(0, ge=0, le=10)
    affinities: dict[DamageType, Affinity] = Field(default_factory=dict)
    immune_to: tuple[Key, ...] = Field((), description="conditions that never stick")
    attacks: tuple[CreatureAttack, ...] = Field(min_length=1)
    abilities: tuple[Key, ...] = ()
    tactics: tuple[Tactic, ...] = ()
    behaviour: Literal["random", "weakest", "strongest", "vengeful", "threat"] = "random"
    row: Row = "front"
    phases: tuple[Phase, ...] = ()
    xp: int = Field(ge=0, le=10_000)
    gold: tuple[int, int] = (0, 0)
    loot: tuple[LootEntry, ...] = ()
    loot_table: Key | None = None
    boss: bool = False
    plural: str = ""
    down: tuple[Line, ...] = Field(min_length=1, description="how it falls; may use {target} and {actor}")

    @model_validator(mode="after")
    def _phases_fall(self) -> CreatureDef:
        at = [p.at_percent for p in self.phases]
        if at != sorted(set(at), reverse=True):
            raise ValueError("phases stand in falling order of at_percent, each once")
        return self


class EncounterDef(Definition):
    """A fight. Victory, defeat and flight each lead on: a fight never stops the story.

    `parley` is the outcome of talking the foes out of it (absent: they will not talk), `surrender` that of laying the
    weapons down (absent: as defeat).
    """

    name: Name
    intro: tuple[Line, ...] = Field(min_length=1)
    groups: tuple[EncounterGroup, ...] = Field(min_length=1)
    boss: bool = False
    can_flee: bool = True
    parley_band: Band = "hard"
    stakes: Line = Field(description="what it is about, a finished sentence")
    victory: Outcome
    defeat: Outcome
    flight: Outcome | None = None
    parley: Outcome | None = None
    surrender: Outcome | None = None
    loot_table: Key | None = None

    @model_validator(mode="after")
    def _flight_where_allowed(self) -> EncounterDef:
        if self.can_flee and self.flight is None:
            raise ValueError("an encounter with can_flee needs a flight outcome")
        return self


Phase.model_rebuild()
