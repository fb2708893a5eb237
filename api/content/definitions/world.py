"""The world around the scenes: regions, places and ways between them, quests, people, factions, downtime."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.content.definitions.base import Band, Definition, Key, Line, Name, StatName
from api.content.definitions.story import Outcome, PersonDef, Requirement


class Way(Definition):
    """A way from one location to another. `dangers` may be met on it; `requires` closes it until it holds."""

    to: Key
    minutes: int = Field(ge=1, le=7 * 24 * 60)
    label: Line = Field(description="a phrase for the button: 'Row out to the light'")
    tell: tuple[Line, ...] = Field(min_length=1, description="told on the way; may use {actor}")
    dangers: Key | None = Field(None, description="an encounter table")
    danger_percent: int = Field(0, ge=0, le=100)
    requires: Requirement = Requirement(item=None)


class LocationDef(Definition):
    """A place on the map. Its `scene` holds what can be done there; `rest` is the best rest that it offers."""

    name: Name
    summary: Line
    region: Key
    scene: Key
    ways: tuple[Way, ...] = ()
    rest: Literal["none", "short", "long"] = "short"
    rest_price: int = Field(0, ge=0, le=100, description="gold for each hero's long rest")
    shops: tuple[Key, ...] = ()
    downtime: tuple[Key, ...] = ()


class RegionStage(Definition):
    """Once the world's clock has reached `hours` since the story began, unless `without` flags are set."""

    hours: int = Field(ge=0, le=24 * 365)
    tell: tuple[Line, ...] = Field(min_length=1)
    flags: tuple[Key, ...] = ()
    without: tuple[Key, ...] = ()


class RegionDef(Definition):
    """A part of the world with a clock of its own: it moves on without the party."""

    name: Name
    summary: Line
    stages: tuple[RegionStage, ...] = ()


class TableLine(Definition):
    """`encounter` absent means that nothing but `tell` happens."""

    encounter: Key | None = None
    tell: Line | None = None
    weight: int = Field(10, ge=1, le=1000)
    levels: tuple[int, int] = (1, 20)
    requires: Requirement = Requirement(item=None)


class EncounterTableDef(Definition):
    """Who is met on the way, drawn by weight among the lines that fit the party's level."""

    name: Name
    lines: tuple[TableLine, ...] = Field(min_length=1)


class Goal(Definition):
    """What an objective counts: `flag` set, `item` carried by somebody, `defeat` of creatures, `visit` of a location,
    `talk` with a person, `win` of an encounter, `clue` is not counted.
    """

    kind: Literal["flag", "item", "defeat", "visit", "talk", "win"]
    key: Key
    count: int = Field(1, ge=1, le=99)


class QuestStage(Definition):
    """Done when all `goals` hold; then `reward` is given (to everybody where it can be) and the next stage begins.

    While `eased_by` holds, the game master may count the stage as done without its goals.
    """

    key: Key
    objective: Line
    goals: tuple[Goal, ...] = Field(min_length=1)
    tell: tuple[Line, ...] = Field((), description="told when the stage is done")
    reward: Outcome | None = None
    eased_by: Requirement | None = None


class QuestDef(Definition):
    """A task with stages. It begins by an outcome's `quest`, or by itself once `starts` holds."""

    name: Name
    summary: Line
    giver: Name
    starts: Requirement | None = None
    stages: tuple[QuestStage, ...] = Field(min_length=1)
    fails_with: tuple[Key, ...] = Field((), description="flags of which any one ends it as failed")


class NpcDef(PersonDef):
    """Somebody who is met in more than one scene; scenes name it in `npcs` or `visitors`.

    Disposition runs from -100 to 100. The game master may move it by up to `sway` a passage, within `swayed`.
    """

    disposition: int = Field(0, ge=-100, le=100)
    sway: int = Field(2, ge=0, le=10)
    swayed: tuple[int, int] = Field(
        (-20, 20), description="[least, most] to which the game master may move it"
    )
    faction: Key | None = None


class FactionDef(Definition):
    """A group that has an opinion of the party: reputation from -100 to 100."""

    name: Name
    summary: Line
    reputation: int = Field(0, ge=-100, le=100)


class DowntimeDef(Definition):
    """What a hero can do with a free day: one activity a day of the world's clock."""

    name: Name
    summary: Line
    doing: Line = Field(description="third person without the subject")
    minutes: int = Field(480, ge=60, le=24 * 60)
    cost: int = Field(0, ge=0, le=1000)
    stat: StatName | None = None
    band: Band = "medium"
    success: Outcome
    failure: Outcome | None = None
