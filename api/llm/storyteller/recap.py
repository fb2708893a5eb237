"""The recap: "previously on", told from story flags and the last turns in sentences of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.content.catalogue import Content
from api.content.definitions import CampaignDef, Outcome
from api.llm.port import PastNote
from api.llm.storyteller.english import clean_name, finish, join_list, lower_first
from api.llm.storyteller.grammar import Chooser, Ref, Voice, fill
from api.llm.storyteller.naming import Naming

PARTY = Ref("", "the party", "party")
RECENT = 6  # places after the first that are told, the latest last
CALLED_BACK = 6  # deeds told at most, the latest last

_FIRST = (
    "All of this goes back to {place}.",
    "First there was {place}.",
    "{place} was where it began.",
)
_LATER = ("Before all else one remembers {place}.", "{place} was where one found the party.")
_NEXT = (
    "After that came {place}.",
    "The way led on from there, and {place} was next.",
    "Then it was {place}.",
    "Next there was {place}.",
    "The trail went on to {place}.",
)
_BACK = (
    "Then {place} saw the party once more.",
    "So it was {place} again.",
    "After that the way led back to {place}.",
)
_DEEDS = (
    "Not all of it is forgotten.",
    "Some of what was done there has come along.",
    "A few things have stayed with them.",
    "What they did has not stayed behind.",
)
_COMPANY = (
    "{names} had it in hand last.",
    "When the light went, it was {names} who stood in the middle of it.",
    "Last seen in the thick of it: {names}.",
    "The last word was with {names}.",
)
_HERE = (
    "Now it is {place}, and the night is not done.",
    "What lies before them now is {place}.",
    "That leaves them where they stand: {place}.",
)
_OPEN = "What is still to do: {quest}"
_WHAT_NOW = ("What do you do?", "Where do you go on?", "Who goes first?")
_OVER = (
    "The last of it was {place}, and those who were there can tell the rest.",
    "There it ended, and {place} is a name that all of them will know each other by.",
    "There it was brought to its end, by the ones who had begun it; {place} keeps the rest.",
)


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A told turn: its scene's key, the names of those who acted in it, and its passage."""

    turn_number: int
    scene: str
    actors: tuple[str, ...]
    passage: str = ""


def recap(
    content: Content,
    campaign: str,
    notes: Sequence[PastNote],
    past_turns: Sequence[PastTurn],
    *,
    over: bool = False,
) -> list[str]:
    """Paragraphs for "previously on": where the party went, what it did, and, unless the story is over, what is open.

    `past_turns` are the latest turns, oldest first; the way before them is read from the scenes in which the notes'
    flags are set. The same arguments always give the same paragraphs.
    """
    definition = content.campaigns.get(campaign)
    chooser = Chooser("recap", campaign, len(notes), *(t.turn_number for t in past_turns[-RECENT:]))
    names = [n.actor_name for n in notes] + [name for turn in past_turns for name in turn.actors]
    naming = Naming([clean_name(n, "a stranger") for n in dict.fromkeys(names) if n.strip()])
    way = _way(content, definition, notes, past_turns)
    paragraphs = [
        _journey(content, definition, way, chooser),
        _deeds(definition, notes, chooser),
        _end(content, way, chooser) if over else _now(content, definition, past_turns, chooser),
    ]
    out = []
    for paragraph in paragraphs:
        out.append(naming.shorten(paragraph))
        naming.mark(paragraph)
    return [p for p in out if p]


def way_and_deeds(
    content: Content, campaign: str, notes: Sequence[PastNote], past_turns: Sequence[PastTurn]
) -> str:
    """The first part of a recap alone: where the party went and what came of it, for a summary of a running story."""
    definition = content.campaigns.get(campaign)
    chooser = Chooser("summary", campaign, len(notes), *(t.turn_number for t in past_turns[-RECENT:]))
    way = _way(content, definition, notes, past_turns)
    parts = (_journey(content, definition, way, chooser), _deeds(definition, notes, chooser))
    return " ".join(part for part in parts if part)


# --- where the party went --------------------------------------------------------------------------------------------


def _way(
    content: Content,
    definition: CampaignDef | None,
    notes: Sequence[PastNote],
    past_turns: Sequence[PastTurn],
) -> list[str]:
    """The scenes in the order in which they were visited, as far as flags and turns show it."""
    seen_at: list[tuple[int, int, tuple[str, ...]]] = [(t.turn_number, 1, (t.scene,)) for t in past_turns]
    if past_turns or notes:
        seen_at += [(0, 0, (definition.start,))] if definition else []
    homes = _homes_of_flags(content)
    first_known = min((t.turn_number for t in past_turns), default=None)
    for note in notes:
        if note.flag in homes and (first_known is None or note.turn_number < first_known):
            seen_at.append((note.turn_number, 1, homes[note.flag]))
    way: list[str] = []
    for _, _, scenes in sorted(seen_at, key=lambda s: s[:2]):
        here = [s for s in scenes if s in content.scenes]
        if len(here) == 1 and way[-1:] != here:
            way += here
    return way


def _homes_of_flags(content: Content) -> dict[str, tuple[str, ...]]:
    """For each flag the scenes in which it can be set, by what is done there or by the fights that begin there."""
    homes: dict[str, tuple[str, ...]] = {}
    for key, scene in content.scenes.items():
        outcomes = [o for a in scene.affordances for o in (a.success, a.failure) if o is not None]
        for encounter in [content.encounters.get(o.encounter) for o in outcomes if o.encounter]:
            ends: tuple[Outcome | None, ...] = ()
            if encounter is not None:
                ends = (encounter.victory, encounter.defeat, encounter.flight)
            outcomes += [o for o in ends if o is not None]
        for flag in dict.fromkeys(flag for outcome in outcomes for flag in outcome.flags):
            homes[flag] = (*homes.get(flag, ()), key)
    return homes


def _journey(content: Content, definition: CampaignDef | None, way: Sequence[str], chooser: Chooser) -> str:
    pools = {
        kind: chooser.shuffled(shapes)
        for kind, shapes in (("first", _FIRST), ("later", _LATER), ("next", _NEXT), ("back", _BACK))
    }
    seen: set[str] = set()
    out: list[str] = []
    for i, key in enumerate([*way[:1], *way[1:][-RECENT:]]):
        at_start = definition is None or key == definition.start
        kind = ("first" if at_start else "later") if i == 0 else "back" if key in seen else "next"
        shape = pools[kind][i % len(pools[kind])]
        out.append(finish(shape.replace("{place}", content.scenes[key].place)))
        seen.add(key)
    return " ".join(out)


# --- what was done, and what is open ---------------------------------------------------------------------------------


def _deeds(definition: CampaignDef | None, notes: Sequence[PastNote], chooser: Chooser) -> str:
    if definition is None:
        return ""
    texts: Mapping[str, str] = {c.flag: c.text for c in definition.callbacks}
    told = [n for n in sorted(notes, key=lambda n: n.turn_number) if n.flag in texts][-CALLED_BACK:]
    if not told:
        return ""
    filled = [fill(texts[n.flag], {"who": _who(n)}, Voice())[0] for n in told]
    return " ".join([chooser.pick(_DEEDS), *filled])


def _who(note: PastNote) -> Ref:
    name = clean_name(note.actor_name, "")
    return Ref(note.actor, name, "they", hero=True) if name else PARTY


def _end(content: Content, way: Sequence[str], chooser: Chooser) -> str:
    if not way:
        return ""
    return finish(chooser.pick(_OVER).replace("{place}", content.scenes[way[-1]].place))


def _now(
    content: Content, definition: CampaignDef | None, past_turns: Sequence[PastTurn], chooser: Chooser
) -> str:
    """Who acted last, the quest, the open threat and the next choice."""
    out: list[str] = []
    acted = [t.actors for t in past_turns if t.actors]
    if acted:
        names = join_list([clean_name(n, "a stranger") for n in dict.fromkeys(acted[-1])])
        out.append(finish(chooser.pick(_COMPANY).replace("{names}", names)))
    scene = content.scenes.get(past_turns[-1].scene) if past_turns else None
    if scene is not None:
        out.append(finish(chooser.pick(_HERE).replace("{place}", scene.place)))
    if definition is not None:
        out.append(finish(_OPEN.replace("{quest}", lower_first(definition.quest.strip()))))
    if scene is not None:
        out += [finish(scene.threat), chooser.pick(scene.prompts or _WHAT_NOW)]
    return " ".join(out)
