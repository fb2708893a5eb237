"""Facts out of committed events: what code decided, in the sentences that narrators get of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from api.content.catalogue import Content
from api.llm.memory.ledger import Fact, Kind, short
from api.llm.memory.subjects import SubjectBook
from api.rules import events as ev

# Kinds of events worth knowing later, with the kind of fact and its weight. What a sheet shows (things, gold, HP) is
# not among them: the sheet stands in the prompt, once.
KEPT: dict[type[ev.Event], tuple[Kind, int]] = {
    ev.AffordanceUsed: ("deed", 4),
    ev.CampaignEnded: ("deed", 8),
    ev.CarriedBack: ("deed", 7),
    ev.ClueFound: ("clue", 7),
    ev.Died: ("deed", 7),
    ev.DowntimeSpent: ("deed", 3),
    ev.EncounterEnded: ("deed", 5),
    ev.EncounterStarted: ("deed", 4),
    ev.JourneyBegan: ("deed", 3),
    ev.LocationReached: ("place", 4),
    ev.NightSpent: ("deed", 3),
    ev.QuestCompleted: ("quest", 7),
    ev.QuestFailed: ("quest", 7),
    ev.QuestStageDone: ("quest", 5),
    ev.QuestStarted: ("quest", 6),
    ev.RegionStageReached: ("deed", 6),
    ev.Remembered: ("deed", 7),
    ev.SceneEntered: ("place", 4),
    ev.Spoke: ("said", 4),
}
_SUBJECT_FIELDS = ("actor", "person", "scene", "location", "quest", "to", "faction", "encounter")
FROM_EVENTS = 8  # facts of one turn's events at most, the weightiest
CALLBACK_WEIGHT = 8


def facts_of_events(
    numbered: Iterable[tuple[str, ev.Event]],
    tell: Callable[[ev.Event], str],
    book: SubjectBook,
    turn_number: int,
    turn_id: str,
) -> list[Fact]:
    """One fact for each event worth knowing later. `numbered` are event ids with events, `tell` is
    `Facts.fact` (`api/llm/facts.py`)."""
    found = []
    for event_id, event in numbered:
        kept = KEPT.get(type(event))
        if kept is None or not _is_news(event):
            continue
        text = short(tell(event))
        if text:
            kind, weight = kept
            about = tuple(dict.fromkeys((*_subjects(event, book), *book.about(text))))
            found.append(Fact(kind, text, "event", turn_number, turn_id, about, (event_id,), "", weight))
    return sorted(found, key=lambda f: -f.weight)[:FROM_EVENTS]


def facts_of_flags(
    numbered: Iterable[tuple[str, ev.Event]],
    content: Content,
    campaign: str,
    book: SubjectBook,
    turn_number: int,
    turn_id: str,
) -> list[Fact]:
    """What the campaign's author wants remembered of the flags that these events set, in the author's words."""
    definition = content.campaigns.get(campaign)
    texts = {c.flag: c.text for c in definition.callbacks} if definition else {}
    found = []
    for event_id, event in numbered:
        if isinstance(event, ev.FlagSet) and event.flag in texts:
            text = short(texts[event.flag].replace("{who}", event.actor_name or "the party"))
            about = tuple(dict.fromkeys((*_subjects(event, book), *book.about(text))))
            kind: Kind = "promise" if "promise" in text else "deed"
            found.append(
                Fact(kind, text, "event", turn_number, turn_id, about, (event_id,), "", CALLBACK_WEIGHT)
            )
    return found


def _is_news(event: ev.Event) -> bool:
    """Places only when they are new; talk only when somebody answered."""
    if isinstance(event, ev.SceneEntered | ev.LocationReached):
        return event.first_visit
    return not isinstance(event, ev.Spoke) or (bool(event.person) and event.line >= 0)


def _subjects(event: ev.Event, book: SubjectBook) -> list[str]:
    values = (getattr(event, name, "") for name in _SUBJECT_FIELDS)
    return [v for v in values if isinstance(v, str) and v in book.names]
