"""What is told between the facts, as far as words reach: mood, mounting pressure, callbacks, tension, a hero's want."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from api.content.definitions import SceneDef
from api.llm.storyteller.deeds import minutes_of
from api.llm.storyteller.english import count_words
from api.llm.storyteller.fights import weakest_hero
from api.llm.storyteller.grammar import Ref, Voice, fill
from api.llm.storyteller.memory import TOO_LIKE
from api.llm.storyteller.telling import Block, Teller
from api.llm.storyteller.turning_points import who_did
from api.llm.storyteller.units import Unit

CALLBACK_AFTER = 3  # turns that a deed must lie back before the story mentions it again
SLOW_CALLBACK = 11  # from this turn on a callback that is due comes at once if none was told lately
# How a table's tone weighs what is told between the facts; what is not named keeps its weight.
TONES: Mapping[str, Mapping[str, float]] = {
    "heroic": {"_callback": 1.6, "_want": 2.5, "_pressure": 0.8},
    "grim": {"_pressure": 1.6, "_mood": 1.5, "_want": 0.5},
    "cosy": {"_detail": 1.6, "_pressure": 0.4, "_want": 1.5},
}


def add_colour(teller: Teller, units: Sequence[Unit]) -> None:
    """Colour a beat or a turn of a fight; the closing question is told after this and its words are kept free."""
    if teller.lean:
        return
    if teller.request.kind == "combat":
        _tension(teller, units)
        return
    weigh = TONES.get(teller.request.style.tone, {})
    sources: list[tuple[float, Callable[[Teller, SceneDef, Sequence[Unit]], str]]] = [
        (_callback_chance(teller), _callback),
        (0.85 if minutes_of(units) >= 10 else 0.45, _pressure),
        (0.6, _detail),
        (0.12, _want),
        (0.3, _mood),
    ]
    scene = teller.lore.scene(teller.request.scene)
    if scene is None:
        return
    wanted = 2 if len(teller.request.deeds) < 3 and teller.request.style.length != "short" else 1
    for chance, source in sources:
        if wanted and teller.chooser.chance(min(1.0, chance * weigh.get(source.__name__, 1.0))):
            text = source(teller, scene, units)
            if text and count_words(text) <= teller.room - 14:
                _place(teller, text, early=source is _detail and teller.chooser.chance(0.5))
                wanted -= 1


def _place(teller: Teller, text: str, *, early: bool) -> None:
    """Mood may open the passage; everything else stands between the last deed and the question."""
    teller.memory.remember(text)
    teller.naming.mark(text)
    if early:
        teller.blocks.insert(0, Block([text]))
    else:
        teller.open_last_block().sentences.append(text)


def _fresh(teller: Teller, lines: Sequence[str], people: dict[str, Ref] | None = None) -> str:
    for line in teller.chooser.shuffled(lines):
        text, _ = fill(line, people or {"who": Ref("", "the party", "party")}, Voice())
        text = teller.naming.shorten(text)
        new = teller.memory.likeness(text) < TOO_LIKE and text not in teller.request.rejected
        if new and teller.fence.allows(text):
            return text
    return ""


def _detail(teller: Teller, scene: SceneDef, units: Sequence[Unit]) -> str:
    """A detail of the place, unless somebody's look has found one already."""
    told = {sentence for block in teller.blocks for sentence in block.sentences}
    return "" if told & set(scene.details) else _fresh(teller, scene.details)


def _pressure(teller: Teller, scene: SceneDef, units: Sequence[Unit]) -> str:
    return _fresh(teller, scene.pressure)


def _mood(teller: Teller, scene: SceneDef, units: Sequence[Unit]) -> str:
    return teller.compose("mood", {})[0]


def _callback_chance(teller: Teller) -> float:
    return 1.0 if teller.request.turn_number >= SLOW_CALLBACK and _none_told(teller) else 0.3


def _callbacks(teller: Teller) -> list[tuple[str, dict[str, Ref]]]:
    campaign = teller.lore.content.campaigns.get(teller.request.campaign)
    if campaign is None:
        return []
    latest = teller.request.turn_number - CALLBACK_AFTER
    here = _flags_of(teller) if teller.request.turn_number < SLOW_CALLBACK else frozenset()
    done = {n.flag: n for n in teller.request.notes if n.turn_number <= latest and n.flag not in here}
    return [
        (c.text, {"who": who_did(teller, done[c.flag].actor, done[c.flag].actor_name)})
        for c in campaign.callbacks
        if c.flag in done
    ]


def _flags_of(teller: Teller) -> frozenset[str]:
    """Flags that this very scene sets: they are better called back elsewhere."""
    scene = teller.lore.scene(teller.request.scene)
    outcomes = [o for a in scene.affordances for o in (a.success, a.failure) if o] if scene else []
    return frozenset(flag for outcome in outcomes for flag in outcome.flags)


def _none_told(teller: Teller) -> bool:
    return all(teller.memory.likeness(fill(t, p, Voice())[0]) < TOO_LIKE for t, p in _callbacks(teller))


def _callback(teller: Teller, scene: SceneDef, units: Sequence[Unit]) -> str:
    for text, people in teller.chooser.shuffled(_callbacks(teller)):
        found = _fresh(teller, [text], people)
        if found:
            return found
    return ""


def _want(teller: Teller, scene: SceneDef, units: Sequence[Unit]) -> str:
    """A hero's origin hook, or what they want, comes back."""
    member = teller.chooser.pick(teller.request.party) if teller.request.party else None
    if member is None or teller.request.turn_number < 3:
        return ""
    hero = teller.heroes[member.id]
    origin = teller.lore.content.origins.get(member.origin)
    if origin is not None and teller.chooser.chance(0.6):
        found = _fresh(teller, [origin.hook], {"name": hero})
        if found:
            return found
    want = member.want.strip().rstrip(".")
    if not want or teller.memory.age_of_phrase(want) < 18:
        return ""
    return teller.compose("want_returns", {"actor": hero, "want": want})[0]


def _tension(teller: Teller, units: Sequence[Unit]) -> None:
    low = weakest_hero(teller, units)
    if low and not teller.members[low].down and teller.room > 20:
        teller.voice = Voice()
        text = teller.compose("low_hp", {"actor": teller.heroes[low]})[0]
        if count_words(text) <= teller.room - 9:
            _place(teller, text, early=False)
