"""Stories: requirements and outcomes, scenes with what can be done in them, campaigns and their endings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from api.content.definitions.base import Band, DamageType, Definition, DiceText, Key, Line, Name, StatName


class Requirement(Definition):
    """When something is offered. Every part must hold."""

    flags: tuple[Key, ...] = ()
    without: tuple[Key, ...] = ()
    item: Key | None = Field(None, description="the acting hero carries it")
    level: int = Field(1, ge=1, le=20, description="of the acting hero, at least")
    classes: tuple[Key, ...] = Field((), description="the acting hero is of one of these classes")
    reputation: dict[Key, int] = Field(default_factory=dict, description="of a faction, at least")
    disposition: dict[Key, int] = Field(default_factory=dict, description="of a person, at least")
    quest: Key | None = Field(None, description="this quest is under way")
    quest_done: Key | None = None
    time: Literal["day", "night"] | None = Field(None, description="day is 06:00 to 20:59")


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
    loot_table: Key | None = None
    reputation: dict[Key, int] = Field(
        default_factory=dict, description="what is added to a faction's opinion"
    )
    disposition: dict[Key, int] = Field(
        default_factory=dict, description="what is added to a person's liking"
    )
    remember: dict[Key, Line] = Field(default_factory=dict, description="what a person will remember")
    quest: Key | None = Field(None, description="a quest that begins")
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


class Contest(Definition):
    """Who opposes a check: both roll d20 + modifier, the hero's margin is the difference; a tie goes to the hero."""

    name: Name
    modifier: int = Field(0, ge=-5, le=15)


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
    contest: Contest | None = Field(None, description="opposed instead of a fixed difficulty")
    group: bool = Field(False, description="everyone rolls; it works when at least half do")
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


class SceneClue(Definition):
    """Something that a scene can give away when the story asks for it; it is nobody's find by skill."""

    key: Key
    text: Line
    requires: Requirement = Requirement(item=None)


class Visitor(Definition):
    """A person of the world who may come into the scene when the story asks for it. `tell` are finished sentences."""

    npc: Key
    tell: tuple[Line, ...] = Field(min_length=1)
    requires: Requirement = Requirement(item=None)


class SceneClose(Definition):
    """Where the party goes on when the game master ends the scene, which takes more than a wish: `requires`."""

    goto: Key
    tell: tuple[Line, ...] = Field(min_length=1)
    requires: Requirement


class HookDue(Definition):
    """How the scene answers what an origin makes a hero want: told once, when the hero is here and `requires` holds.

    `tell` are finished sentences and may use {name}.
    """

    origin: Key
    tell: tuple[Line, ...] = Field(min_length=1)
    requires: Requirement = Requirement(item=None)


class SceneDef(Definition):
    """One place and moment of a campaign.

    `dangers`, `clues`, `visitors` and `close` are what the game master may propose here (`docs/ai.md`).
    """

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
    npcs: tuple[Key, ...] = Field((), description="people of the world who are here, by their files")
    dangers: Key | None = Field(
        None, description="an encounter table: who may come upon a party that lingers"
    )
    clues: tuple[SceneClue, ...] = ()
    visitors: tuple[Visitor, ...] = ()
    close: SceneClose | None = None
    hooks: tuple[HookDue, ...] = ()
    affordances: tuple[AffordanceDef, ...] = Field(min_length=3)


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
    location: Key | None = Field(None, description="where on the map it starts; absent: it has no map")
    quests: tuple[Key, ...] = Field((), description="quests that may be met in it")
    level: int = Field(1, ge=1, le=20, description="heroes below it are raised to it as they sit down")
