"""The recap: "previously on", told from story flags and the last turns in sentences of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.content.catalogue import Content
from api.content.definitions import CampaignDef
from api.llm.port import PastNote
from api.llm.storyteller.english import clean_name, finish, join_list
from api.llm.storyteller.grammar import Chooser, Ref, Voice, fill

PARTY = Ref("", "the party", "party")
RECENT = 6  # scenes' worth of turns looked at for where the party was
CALLED_BACK = 5  # deeds told at most, the latest last

_FIRST = (
    "It began in {place}.",
    "The story opened in {place}.",
    "All of this started in {place}.",
    "{place} was where it began.",
)
_NEXT = (
    "From there the way led to {place}.",
    "After that came {place}.",
    "Then it was on to {place}.",
    "Next there was {place}.",
    "The trail went on to {place}.",
)
_BACK = (
    "It led back to {place} once more.",
    "Then the party stood in {place} again.",
    "So back to {place} it was.",
)
_COMPANY = (
    "{names} had it in hand.",
    "When the light went, it was {names} who stood in the middle of it.",
    "Last seen in the thick of it: {names}.",
    "It was left with {names}.",
)
_OPEN = "What is still to do: {quest}"


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

    `past_turns` stand oldest first. The same arguments always give the same paragraphs.
    """
    definition = content.campaigns.get(campaign)
    chooser = Chooser("recap", campaign, len(notes), *(t.turn_number for t in past_turns[-RECENT:]))
    paragraphs = [
        _journey(content, past_turns, chooser),
        _deeds(definition, notes),
        "" if over else _now(content, definition, past_turns, chooser),
    ]
    return [p for p in paragraphs if p]


def _journey(content: Content, past_turns: Sequence[PastTurn], chooser: Chooser) -> str:
    visits = [t.scene for i, t in enumerate(past_turns) if i == 0 or past_turns[i - 1].scene != t.scene]
    places = [(key, content.scenes[key].place) for key in visits if key in content.scenes]
    seen: set[str] = set()
    out: list[str] = []
    pools = {
        "first": chooser.shuffled(_FIRST),
        "next": chooser.shuffled(_NEXT),
        "back": chooser.shuffled(_BACK),
    }
    for key, place in places[:1] + places[1:][-RECENT:]:
        kind = "first" if not out else "back" if key in seen else "next"
        shape = pools[kind][len([s for s in out if s]) % len(pools[kind])]
        out.append(finish(shape.replace("{place}", place)))
        seen.add(key)
    return " ".join(out)


def _deeds(definition: CampaignDef | None, notes: Sequence[PastNote]) -> str:
    if definition is None:
        return ""
    texts: Mapping[str, str] = {c.flag: c.text for c in definition.callbacks}
    told = [n for n in sorted(notes, key=lambda n: n.turn_number) if n.flag in texts][-CALLED_BACK:]
    return " ".join(fill(texts[n.flag], {"who": _who(n)}, Voice())[0] for n in told)


def _who(note: PastNote) -> Ref:
    name = clean_name(note.actor_name, "")
    return Ref(note.actor, name, "they", hero=True) if name else PARTY


def _now(
    content: Content, definition: CampaignDef | None, past_turns: Sequence[PastTurn], chooser: Chooser
) -> str:
    out: list[str] = []
    if past_turns:
        names = [clean_name(n, "a stranger") for n in dict.fromkeys(past_turns[-1].actors)]
        if names:
            out.append(finish(chooser.pick(_COMPANY).replace("{names}", join_list(names))))
        scene = content.scenes.get(past_turns[-1].scene)
        if scene is not None:
            out.append(finish(scene.threat))
    if definition is not None:
        quest = definition.quest.strip()
        out.append(finish(_OPEN.replace("{quest}", quest[:1].lower() + quest[1:])))
    return " ".join(out)
