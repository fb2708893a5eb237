"""People of the world and factions: what they think of the party, what they say, what they remember."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from api.content.catalogue import Content
from api.content.definitions import PersonDef
from api.rules import events as ev
from api.rules.state import PlayState

if TYPE_CHECKING:
    from api.rules.resolution import Resolution

LEAST, MOST = -100, 100
TURNS_AWAY = -50  # below it a person says nothing
GUARDED = 0  # below it a person says the first half of the lines
FRANK = 25  # from it on a person says the last line too
FACTION_SHARE = 4  # a quarter of a faction's opinion colours that of its people
MEMORIES = 20


def disposition_of(state: PlayState, content: Content, person: str) -> int:
    """What a person of the world thinks of the party, -100 to 100; 0 for one that content does not have."""
    known = state.npcs.get(person)
    if known is not None:
        return known.disposition
    npc = content.npcs.get(person)
    return npc.disposition if npc else 0


def reputation_of(state: PlayState, content: Content, faction: str) -> int:
    """What a faction thinks of the party, -100 to 100; 0 for one that content does not have."""
    if faction in state.reputation:
        return state.reputation[faction]
    known = content.factions.get(faction)
    return known.reputation if known else 0


def attitude_of(state: PlayState, content: Content, person: str) -> int:
    """How a person meets the party: its disposition and a quarter of its faction's opinion, rounded down."""
    npc = content.npcs.get(person)
    colour = reputation_of(state, content, npc.faction) // FACTION_SHARE if npc and npc.faction else 0
    return clamped(disposition_of(state, content, person) + colour)


def clamped(opinion: int) -> int:
    return max(LEAST, min(MOST, opinion))


def people_here(state: PlayState, content: Content) -> tuple[PersonDef, ...]:
    """Everybody of the scene who can be talked to: its own people, then those of the world."""
    scene = content.scenes[state.scene]
    return (*scene.people, *(content.npcs[key] for key in npcs_here(state, content)))


def npcs_here(state: PlayState, content: Content) -> tuple[str, ...]:
    """The people of the world who are here by their files, and those who came (`PersonCame`)."""
    scene = content.scenes[state.scene]
    return scene.npcs + tuple(v.npc for v in scene.visitors if came_key(state.scene, v.npc) in state.used)


def came_key(scene: str, person: str) -> str:
    """How `used` remembers that a person of the world has come into this scene."""
    return f"{scene}.came.{person}"


def lines_open(state: PlayState, content: Content, person: PersonDef) -> int:
    """How many of a person's lines, from the first, the party may hear now. A scene's own people hide none.

    People of the world say nothing below -50, the first half (rounded up) below 0, all but the last below 25.
    """
    count = len(person.lines)
    if person.key not in npcs_here(state, content):
        return count
    attitude = attitude_of(state, content, person.key)
    if attitude < TURNS_AWAY:
        return 0
    if attitude < GUARDED:
        return (count + 1) // 2
    return count if attitude >= FRANK else count - 1


def heard_key(scene: str, person: str, line: int, *, npc: bool) -> str:
    """How `used` remembers a line: of the world's people once for everywhere, of a scene's own people there."""
    return f"talk.{person}.{line}" if npc else f"{scene}.talk.{person}.{line}"


def met_key(scene: str, person: str) -> str:
    """How `used` remembers that talk has pleased this person in this scene."""
    return f"{scene}.met.{person}"


def change_disposition(res: Resolution, person: str, amount: int, reason: str = "deed") -> None:
    now = disposition_of(res.state, res.content, person)
    then = clamped(now + amount)
    if then != now or reason == "talk":
        name = res.content.npcs[person].name
        res.emit(ev.DispositionChanged(person, name, then - now, then, reason))


def change_reputation(res: Resolution, faction: str, amount: int) -> None:
    now = reputation_of(res.state, res.content, faction)
    then = clamped(now + amount)
    if then != now:
        res.emit(ev.ReputationChanged(faction, res.content.factions[faction].name, then - now, then))


def remember(res: Resolution, person: str, text: str) -> None:
    """A person keeps a memory of the party, each once."""
    known = res.state.npcs.get(person)
    if known is None or text not in known.memories:
        name = res.content.npcs[person].name
        res.emit(ev.Remembered(person, name, text, disposition_of(res.state, res.content, person)))


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """A person of the world whom the party has dealt with, for a client to show."""

    person: str
    name: str
    role: str
    disposition: int
    memories: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "memories": list(self.memories)}


def acquaintances(state: PlayState, content: Content) -> list[Acquaintance]:
    """Everybody who has an opinion or a memory of the party, in the order of meeting."""
    return [
        Acquaintance(key, content.npcs[key].name, content.npcs[key].role, known.disposition, known.memories)
        for key, known in state.npcs.items()
        if key in content.npcs
    ]


@dataclass(frozen=True, slots=True)
class Standing:
    """A faction's opinion of the party, for a client to show."""

    faction: str
    name: str
    reputation: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def standings(state: PlayState, content: Content) -> list[Standing]:
    """The factions whose opinion of the party has changed, in that order."""
    return [
        Standing(key, content.factions[key].name, opinion)
        for key, opinion in state.reputation.items()
        if key in content.factions
    ]
