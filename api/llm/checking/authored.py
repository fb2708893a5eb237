"""What the content itself tells about a passage: sentences of its authors are facts, word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator

from api.content.definitions import Outcome
from api.llm.authored import fight_outcome, lines_for, outcome_of, people_of
from api.llm.checking.facts import Facts
from api.llm.checking.sentences import normal, words
from api.rules import events as ev

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PRONOUNS = re.compile(
    r"\b(?:she|her|hers|herself|he|him|his|himself|they|them|their|theirs|themself|themselves)\b"
)
LEAST = 12  # characters: what is shorter stands in any text


class Authored:
    """`text` is everything that may be told word for word, `by_hero` what tells a hero's own deeds, `words` the words
    of the scene's texts. Names of heroes and foes are written `@`, pronouns `~`."""

    def __init__(self, facts: Facts, verbs: frozenset[str] = frozenset()) -> None:
        """`verbs` are those that content and word material use of heroes anywhere."""
        self.verbs = verbs
        names = sorted(
            {n.lower() for f in facts.figures.values() if f.kind != "person" for n in f.names},
            key=len,
            reverse=True,
        )
        self._names = (
            re.compile(r"(?<!\w)(?:the )?(?:" + "|".join(map(re.escape, names)) + r")(?!\w)")
            if names
            else None
        )
        told = list(_deeds(facts))
        self._by_event: list[tuple[str, str]] = []
        deeds = [text for _, text in told]
        self.by_hero: dict[str, str] = {}
        for who, text in told:
            self.by_hero[who] = f"{self.by_hero.get(who, '')} {text}"
        scene = list(_scene(facts))
        self.text = " ".join(self.masked(t) for t in (*deeds, *scene))
        for number, event in facts.events:
            self._by_event += [(number, self.masked(text)) for text in _texts(facts, event)]
        self.words = frozenset(w for t in (*deeds, *scene) for w in words(t))

    def masked(self, text: str) -> str:
        """A text as it is compared: names and pronouns are out of it."""
        low = normal(
            _PLACEHOLDER.sub(lambda m: "@" if m[1] in ("actor", "name", "target", "who") else "they", text)
        )
        if self._names is not None:
            low = self._names.sub("@", low)
        return _PRONOUNS.sub("~", low)

    def behind(self, sentence: str) -> set[str]:
        """The ids of the events whose own text has this sentence."""
        masked = self.masked(sentence)
        return {n for n, text in self._by_event if masked in text} if len(masked) >= LEAST else set()

    def tells(self, sentence: str) -> bool:
        """Whether the content's authors wrote this sentence."""
        masked = self.masked(sentence)
        return len(masked) >= LEAST and masked in self.text


def _scene(facts: Facts) -> Iterator[str]:
    request, content = facts.request, facts.content
    keys = [request.scene, *(e.scene for _, e in facts.events if isinstance(e, ev.SceneEntered))]
    for key in keys:
        scene = content.scenes.get(key)
        if scene is None:
            continue
        yield from (
            scene.name,
            scene.place,
            *scene.opening,
            *scene.details,
            scene.threat,
            *scene.pressure,
            *scene.prompts,
        )
        for person in people_of(content, scene):
            yield from (person.name, person.role, *person.lines)
        yield from (a.label for a in scene.affordances)
    campaign = content.campaigns.get(request.campaign)
    if campaign is not None:
        yield from (campaign.name, campaign.quest, *campaign.opening)
        held = {n.flag for n in request.notes}
        yield from (c.text for c in campaign.callbacks if c.flag in held)
    encounter = content.encounters.get(request.encounter)
    if encounter is not None:
        yield from (encounter.name, encounter.stakes)
    for deed in request.deeds:
        origin = content.origins.get(deed.actor.origin)
        if origin is not None:
            yield origin.hook.replace("{name}", "{actor}")
    for member in request.party:
        origin = content.origins.get(member.origin)
        if origin is not None:
            yield origin.hook.replace("{name}", "{actor}")


def _deeds(facts: Facts) -> Iterator[tuple[str, str]]:
    """The texts of what happened in this passage, each with the id of who did it (or an empty one)."""
    for _, event in facts.events:
        doer = "" if isinstance(event, ev.ClaimRefused) else str(getattr(event, "actor", ""))
        for text in _texts(facts, event):
            yield doer, text


def _texts(facts: Facts, event: ev.Event) -> Iterator[str]:
    content = facts.content
    yield from (line.replace("{name}", "{actor}") for line in lines_for(content, event)[0])
    if isinstance(event, ev.AffordanceUsed):
        scene = content.scenes.get(event.scene)
        for affordance in scene.affordances if scene else ():
            if affordance.key == event.affordance:
                yield from (affordance.label, affordance.doing)
                yield from _tells(outcome_of(affordance, event.degree))
    elif isinstance(
        event, ev.ChoiceMade | ev.QuestStarted | ev.QuestStageDone | ev.Remembered | ev.ClueFound
    ):
        yield from (v for v in event.to_json().values() if isinstance(v, str) and " " in v)
    elif isinstance(event, ev.EncounterStarted):
        found = content.encounters.get(event.encounter)
        if found is not None:
            yield from (found.name, found.stakes, *found.intro)
    elif isinstance(event, ev.EncounterEnded):
        yield from _clue(fight_outcome(content.encounters.get(event.encounter), event.outcome))
    elif isinstance(event, ev.CampaignEnded):
        ending = content.campaigns[event.campaign].endings.get(event.ending)
        if ending is not None:
            yield from (ending.name, *ending.text, *(r.text for r in ending.remembers))
    elif isinstance(event, ev.ConditionGained | ev.ConditionEnded):
        condition = content.conditions.get(event.condition)
        if condition is not None:
            yield from condition.gained if isinstance(event, ev.ConditionGained) else condition.ended
    elif isinstance(event, ev.WentDown) and not event.is_hero:
        creature = content.creatures.get(event.target.rpartition(".")[0])
        yield from creature.down if creature else ()
    elif isinstance(event, ev.ClaimRefused):
        yield event.reason
    elif isinstance(event, ev.AttackHit | ev.AttackMissed | ev.AbilityUsed):
        yield event.means
    elif isinstance(event, ev.DowntimeSpent):
        activity = content.downtime.get(event.activity)
        if activity is not None:
            yield from (activity.name, activity.doing)
            yield from _clue(outcome_of(activity, event.degree))


def _tells(outcome: Outcome) -> Iterator[str]:
    yield from outcome.tell
    yield from _clue(outcome)


def _clue(outcome: Outcome | None) -> Iterator[str]:
    if outcome is not None and outcome.clue:
        yield outcome.clue
