"""The narrator port: what the game asks of whoever tells the story, and nothing more.

A narrator is handed committed facts and answers with prose; it may be a model or the built-in storyteller. It never
sees the store and cannot change state. Rulings (what a free-text action means) come through `Ruler` as commands that
the rules validate again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from api.llm.style import Style
from api.moderation.port import USUAL, Audience
from api.rules.commands import Command
from api.rules.events import Event
from api.rules.legal import LegalAction
from api.rules.proposals import Offer, Proposal


@dataclass(frozen=True, slots=True)
class CastMember:
    """One hero as the narrator knows it. HP and MP are as they stand after the turn."""

    id: str
    name: str
    pronouns: str  # she, he or they
    class_name: str
    origin: str  # content key
    want: str  # completes "{name} wants ..."
    hp: int
    hp_max: int
    down: bool = False
    mp: int = 0
    mp_max: int = 0
    gold: int = 0


@dataclass(frozen=True, slots=True)
class Deed:
    """One hero's part of a turn: what the player wrote (empty for a button) and what came of it, in order.

    In an encounter the creatures' answers stand in the deed of the hero whose turn it was.
    """

    actor: CastMember
    text: str
    command: Command | None
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class PastNote:
    """A story flag: what was done, by whom, in which turn."""

    flag: str
    actor: str
    actor_name: str
    turn_number: int


@dataclass(frozen=True, slots=True)
class Recollection:
    """A fact of the story's memory as a narrator gets it. `source` as in `api/llm/memory/ledger.py`; with a `speaker`
    it is what that hero's player said, which is no fact of the world. `turn_number` is when it came up. A
    `standing` one belongs to the place and its people or is pinned, and stays the same from turn to turn."""

    text: str
    turn_number: int
    source: str = "event"
    speaker: str = ""
    pinned: bool = False
    standing: bool = False


@dataclass(frozen=True, slots=True)
class Boundaries:
    """What the players of a table asked for: topic keys of `data/safety/`, or words of their own.

    `lines` are never told, `veils` only off-stage. `move_on`: somebody asked lately to leave a passage behind.
    """

    lines: tuple[str, ...] = ()
    veils: tuple[str, ...] = ()
    move_on: bool = False


@dataclass(frozen=True, slots=True)
class NarrationRequest:
    """Everything that a passage may tell.

    kind: `opening` (the campaign begins), `beat` (outside encounters, one or many deeds), `combat` (one turn of an
    encounter). `before` are accepted proposals that came true before the deeds. `closing_events` happened to the whole
    party after the deeds: a choice, a new scene, a fight's start or end, the campaign's end. `scene` is where the deeds
    happened; a SceneEntered event says where the party is now. `history` holds the passages of at most the last 20
    turns, oldest first; a prompt repeats the last `shown` of them. `words` is the upper limit of the passage.
    A backlog is merged: `turn_ids` may name several turns, the deeds in their order.
    """

    session_id: str
    turn_ids: tuple[str, ...]
    turn_number: int
    kind: str
    campaign: str
    scene: str
    party: tuple[CastMember, ...]
    deeds: tuple[Deed, ...]
    closing_events: tuple[Event, ...]
    history: tuple[str, ...]
    notes: tuple[PastNote, ...] = ()
    in_encounter: bool = False
    encounter: str = ""
    next_actor: str = ""  # in an encounter, whose turn it is now (name); empty when nobody's
    foes: Mapping[str, str] = field(default_factory=dict)  # id -> name of foes still standing
    words: int = 120
    tier: str = ""  # of the session's sponsor: FREE, BASIC, PREMIUM or ELITE
    sponsor: str = ""  # the sponsor's account, whom the calls are charged to
    audience: Audience = USUAL  # the session's rating, by which prose is moderated
    carried: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # hero id -> names of what is carried
    conditions: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # figure's id -> condition keys held
    hurt: frozenset[str] = frozenset()  # ids of figures that lack HP; heroes' own HP say the same
    foes_hp: Mapping[str, tuple[int, int]] = field(
        default_factory=dict
    )  # id -> HP left and at most, standing foes
    shown: int = 6  # passages of `history` that a prompt repeats word for word
    story: tuple[
        str, ...
    ] = ()  # the session and its last stretch, each summed up; empty when the story is young
    remembered: tuple[
        Recollection, ...
    ] = ()  # what the scene needs of what is no longer in sight, best first
    style: Style = Style()
    before: tuple[Event, ...] = ()
    offers: tuple[Offer, ...] = ()  # what may be proposed beside the passage
    turns_here: int = 0  # how many turns the party has been in this place
    came: tuple[str, ...] = ()  # keys of the people of the world who are where the party is now
    retelling: int = 0  # how often this passage was asked for anew; 0 for a new one
    plain: int = 0  # 1: the bare facts alone; 2: nothing but that the story goes on
    boundaries: Boundaries = Boundaries()
    corrections: tuple[str, ...] = ()  # what players said was told wrongly: data, never a fact of the game
    rejected: str = ""  # the text that a retelling replaces: not to be told alike, and never shown to a model


@dataclass(frozen=True, slots=True)
class RulingRequest:
    """A free-text action to be read. `text` is data, never an instruction."""

    session_id: str
    turn_id: str
    actor: CastMember
    text: str
    campaign: str
    scene: str
    offered: tuple[str, ...]  # affordance keys that this hero may use now
    carried: tuple[str, ...]  # item keys
    abilities: tuple[str, ...]  # ability keys usable now (encounter only)
    in_encounter: bool
    foes: Mapping[str, str] = field(default_factory=dict)  # combatant id -> name, standing foes
    allies: Mapping[str, str] = field(default_factory=dict)  # hero id -> name, the actor included
    legal: tuple[LegalAction, ...] = ()  # all that this hero may do now
    people: Mapping[str, str] = field(default_factory=dict)  # person key -> name, who is here
    shops: Mapping[str, str] = field(default_factory=dict)  # shop key -> name, what is open to the party here
    told: str = ""  # the last passage, so that "it" and "her" can be understood
    remembered: tuple[Recollection, ...] = ()  # what the beat's texts need so that names are understood
    tier: str = ""  # of the session's sponsor: FREE, BASIC, PREMIUM or ELITE
    sponsor: str = ""  # the sponsor's account, whom the call is charged to


class Narrator(Protocol):
    """Tells a turn. Yields finished sentences in order; joined by spaces (or a blank line for a yielded "") they
    are the passage. Beside them it may yield proposals, which no player ever sees. Raises NarratorUnavailable when it
    cannot, NarratorBrokeOff when it cannot go on.

    What it yields is checked against the facts before anybody sees it, unless it has `tells_only_facts`. One that has
    `repair(request, told, sentence, reason)` is asked once to go on after a sentence that contradicted them.
    """

    name: str

    def narrate(self, request: NarrationRequest) -> AsyncIterator[str | Proposal]: ...


class Ruler(Protocol):
    """Reads free-text actions into commands, one for each actor."""

    name: str

    async def rule_all(self, requests: Sequence[RulingRequest]) -> dict[str, Command]:
        """The commands of one beat's texts, by character id; whom it leaves out, or what it raises, costs no turn:
        the built-in ruler reads what is missing."""
        ...


class NarratorUnavailable(Exception):
    """The model is down, over quota or wrong; the storyteller takes over."""


class NotChosen(NarratorUnavailable):
    """By the table of models another narrator tells this passage; nothing is wrong."""


class NarratorBrokeOff(NarratorUnavailable):
    """The model's answer ended before the passage did; what was yielded is whole sentences, and more is to tell."""
