"""What a content author may write: one frozen definition per kind of file under `data/`.

The definitions are the single source of the shapes: `data/schemas/*.json` is generated from them, the loader
checks every file against them, and the rules read nothing else. A definition holds figures and words, never
behaviour: no code, no expressions. Keys are the file names.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,47}$")]
Line = Annotated[str, Field(min_length=1, max_length=400)]
Name = Annotated[str, Field(min_length=2, max_length=60)]
DiceText = Annotated[str, Field(pattern=r"^([1-9][0-9]?)d(4|6|8|10|12|20)([+-][1-9][0-9]?)?$")]
StatName = Literal["strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma"]
Band = Literal["trivial", "easy", "medium", "hard", "heroic"]
Degree = Literal["critical", "success", "partial", "failure", "fumble"]
DamageType = Literal[
    "slashing", "piercing", "bludgeoning", "fire", "frost", "lightning", "radiant", "shadow", "poison"
]
ConditionKey = Literal[
    "guarded", "inspired", "bleeding", "poisoned", "burning", "stunned", "weakened", "marked"
]
TargetKind = Literal["self", "ally", "enemy", "all_allies", "all_enemies"]


class Definition(BaseModel):
    """A frozen piece of content. Unknown fields are refused, so a typing slip never passes silently."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Stats(Definition):
    """The six abilities, each 1 to 30; 10 is an ordinary person. Modifier = (score - 10) // 2."""

    strength: int = Field(10, ge=1, le=30)
    dexterity: int = Field(10, ge=1, le=30)
    constitution: int = Field(10, ge=1, le=30)
    intelligence: int = Field(10, ge=1, le=30)
    wisdom: int = Field(10, ge=1, le=30)
    charisma: int = Field(10, ge=1, le=30)


class AppliedCondition(Definition):
    """A condition put on a target for a number of its own turns."""

    key: ConditionKey
    rounds: int = Field(2, ge=1, le=10)


class Effect(Definition):
    """What a use does to each target. At least one part must be given."""

    damage: DiceText | None = None
    damage_type: DamageType = "bludgeoning"
    heal: DiceText | None = None
    restore_mp: DiceText | None = None
    condition: AppliedCondition | None = None

    @model_validator(mode="after")
    def _does_something(self) -> Effect:
        if not (self.damage or self.heal or self.restore_mp or self.condition):
            raise ValueError("an effect needs damage, heal, restore_mp or condition")
        return self


class AbilityDef(Definition):
    """Something a hero can do in an encounter. `stat` adds its modifier to attack roll, damage and healing.

    `verb` is the narrator's third-person verb phrase ("brings the blade down on"); the target's name follows.
    """

    name: Name
    summary: Line
    cost_mp: int = Field(0, ge=0, le=50)
    cooldown: int = Field(0, ge=0, le=10, description="rounds before it can be used again; 0 is every round")
    target: TargetKind
    stat: StatName
    uses_weapon: bool = Field(
        False, description="add the equipped weapon's damage dice to the effect's damage"
    )
    effect: Effect
    verb: Line


class ItemDef(Definition):
    """A thing that can be carried. Gold values are whole gold pieces."""

    name: Name
    summary: Line
    kind: Literal["weapon", "armour", "consumable", "key", "treasure", "trinket"]
    value: int = Field(0, ge=0, le=100_000)
    damage: DiceText | None = Field(None, description="weapons only")
    damage_type: DamageType = "slashing"
    defence: int = Field(0, ge=0, le=10, description="armour and shields: added to the wearer's defence")
    use: Effect | None = Field(
        None, description="consumables only: what drinking, throwing or reading it does"
    )
    target: TargetKind = "self"
    article: Literal["a", "an", "the", "some"] = "a"


class ClassDef(Definition):
    """A hero's calling. `stats` are the starting scores before the origin's bonus."""

    name: Name
    summary: Line
    role: Literal["defender", "striker", "caster", "support"]
    stats: Stats
    hp: int = Field(ge=1, le=60, description="maximum at level 1, before constitution")
    mp: int = Field(ge=0, le=60)
    defence: int = Field(ge=8, le=16, description="what an attack must reach, before armour and dexterity")
    abilities: tuple[Key, ...] = Field(min_length=1)
    starting_items: tuple[Key, ...] = ()
    tier: Literal["FREE", "BASIC", "PREMIUM", "ELITE"] = "FREE"


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


class CreatureAttack(Definition):
    name: Name
    verb: Line = Field(description="third person, the target's name follows: 'rakes its claws across'")
    damage: DiceText
    damage_type: DamageType
    to_hit: int = Field(ge=0, le=15)
    condition: AppliedCondition | None = None


class LootEntry(Definition):
    item: Key
    percent: int = Field(ge=1, le=100)


class CreatureDef(Definition):
    """A foe or bystander. `behaviour` picks its target: any, weakest, strongest, or who hurt it last."""

    name: Name
    summary: Line
    level: int = Field(1, ge=1, le=20)
    stats: Stats
    hp: int = Field(ge=1, le=500)
    defence: int = Field(ge=5, le=25)
    attacks: tuple[CreatureAttack, ...] = Field(min_length=1)
    behaviour: Literal["random", "weakest", "strongest", "vengeful"] = "random"
    xp: int = Field(ge=0, le=10_000)
    gold: tuple[int, int] = (0, 0)
    loot: tuple[LootEntry, ...] = ()
    boss: bool = False
    plural: str = ""
    down: tuple[Line, ...] = Field(min_length=1, description="how it falls; may use {target} and {actor}")


class Requirement(Definition):
    """When something is offered. Every part must hold."""

    flags: tuple[Key, ...] = ()
    without: tuple[Key, ...] = ()
    item: Key | None = Field(None, description="the acting hero carries it")


class Outcome(Definition):
    """What follows. `tell` are finished sentences; the narrator picks one, and they may use {actor}, {they}, {them}
    and {their}.

    `goto`, `encounter` and `ending` move the whole party, at most one of them.
    """

    tell: tuple[Line, ...] = Field(min_length=1)
    flags: tuple[Key, ...] = ()
    give: tuple[Key, ...] = ()
    take: tuple[Key, ...] = ()
    gold: int = Field(0, ge=-500, le=500)
    xp: int = Field(0, ge=0, le=1000)
    heal: DiceText | None = None
    hurt: DiceText | None = None
    hurt_type: DamageType = "bludgeoning"
    clue: Line | None = None
    minutes: int = Field(5, ge=0, le=24 * 60)
    goto: Key | None = None
    encounter: Key | None = None
    ending: Key | None = None

    @model_validator(mode="after")
    def _moves_once(self) -> Outcome:
        if sum(x is not None for x in (self.goto, self.encounter, self.ending)) > 1:
            raise ValueError("an outcome has at most one of goto, encounter, ending")
        return self

    @property
    def moves(self) -> bool:
        """Whether the whole party is moved: a new scene, a fight or the end."""
        return self.goto is not None or self.encounter is not None or self.ending is not None


class AffordanceDef(Definition):
    """One thing that a scene invites people to do: a button, and what free text can turn out to mean.

    `words` are lower-case word stems that the built-in ruler matches; without `stat` it simply succeeds.
    `partial` falls back to `failure`'s place when absent: success at a cost is told by `success`.
    """

    key: Key
    label: Annotated[str, Field(min_length=3, max_length=60)]
    kind: Literal["search", "talk", "move", "take", "rest", "force", "sneak", "use", "choose"]
    words: tuple[str, ...] = Field(min_length=1)
    doing: Line = Field(description="third person without the subject: 'runs a thumb along the spines'")
    stat: StatName | None = None
    band: Band = "medium"
    once: bool = True
    requires: Requirement = Requirement(item=None)
    success: Outcome
    failure: Outcome | None = Field(None, description="needed when there is a roll")
    suggest: bool = True

    @model_validator(mode="after")
    def _failure_where_rolled(self) -> AffordanceDef:
        if self.stat is not None and self.failure is None:
            raise ValueError(f"'{self.key}' rolls {self.stat}, so it needs a failure")
        return self


class PersonDef(Definition):
    """Somebody in a scene who can be talked to."""

    key: Key
    name: Name
    role: Line
    wants: Line
    fears: Line
    voice: Line = Field(description="manner of speech in a few words")
    lines: tuple[Line, ...] = Field(
        min_length=3, description="spoken lines for talk that is not an affordance"
    )
    pronouns: Literal["she", "he", "they", "it"] = "they"


class SceneDef(Definition):
    """One place and moment of a campaign."""

    name: Name
    place: Line = Field(
        description="where, with its article, to stand after 'in'/'at': 'the drowned archive'"
    )
    opening: tuple[Line, ...] = Field(min_length=2, description="told once when the party arrives")
    details: tuple[Line, ...] = Field(
        min_length=8, description="finished sentences of mood and sense, told between"
    )
    threat: Line = Field(description="the open threat, a finished sentence")
    pressure: tuple[Line, ...] = Field(
        min_length=4, description="how the threat draws closer while time passes"
    )
    prompts: tuple[Line, ...] = Field(min_length=3, description="questions or choices to end a passage with")
    people: tuple[PersonDef, ...] = ()
    affordances: tuple[AffordanceDef, ...] = Field(min_length=3)


class EncounterGroup(Definition):
    creature: Key
    count: int = Field(1, ge=1, le=8)
    per_extra_hero: float = Field(
        0, ge=0, le=3, description="more of them for each hero beyond the first, rounded down"
    )


class EncounterDef(Definition):
    """A fight. Victory, defeat and flight each lead on: a fight never stops the story."""

    name: Name
    intro: tuple[Line, ...] = Field(min_length=1)
    groups: tuple[EncounterGroup, ...] = Field(min_length=1)
    boss: bool = False
    can_flee: bool = True
    stakes: Line = Field(description="what it is about, a finished sentence")
    victory: Outcome
    defeat: Outcome
    flight: Outcome | None = None

    @model_validator(mode="after")
    def _flight_where_allowed(self) -> EncounterDef:
        if self.can_flee and self.flight is None:
            raise ValueError("an encounter with can_flee needs a flight outcome")
        return self


class Remembrance(Definition):
    """A line of an ending that is told when the flag was set; {who} is the hero who set it."""

    flag: Key
    text: Line


class EndingDef(Definition):
    name: Name
    text: tuple[Line, ...] = Field(min_length=2)
    remembers: tuple[Remembrance, ...] = ()
    good: bool = True


class CampaignDef(Definition):
    """The story being played. `callbacks` let a later scene mention an earlier choice."""

    name: Name
    summary: Line
    quest: Line
    opening: tuple[Line, ...] = Field(min_length=2)
    start: Key
    scenes: tuple[Key, ...] = Field(min_length=1)
    endings: dict[Key, EndingDef] = Field(min_length=1)
    callbacks: tuple[Remembrance, ...] = ()
    min_players: int = Field(1, ge=1, le=10)
    max_players: int = Field(6, ge=1, le=10)


KINDS: dict[str, type[Definition]] = {
    "classes": ClassDef,
    "origins": OriginDef,
    "abilities": AbilityDef,
    "items": ItemDef,
    "heroes": HeroDef,
    "creatures": CreatureDef,
    "encounters": EncounterDef,
    "scenes": SceneDef,
    "campaigns": CampaignDef,
}
