"""The story so far, in two short texts: what the session came to, and what happened in its last stretch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.content.catalogue import Content
from api.llm.checking.sentences import split
from api.llm.memory.budget import budget, last_fitting
from api.llm.memory.ledger import Fact
from api.llm.port import PastNote
from api.llm.storyteller.recap import PastTurn, way_and_deeds

EVERY = 10  # turns told between two summaries, unless a scene ends before
FEWEST = 4  # a scene that ended sooner is summed up with the next
STEP = 8  # passages that leave an overfull window together
OVERLAP = 3  # passages before a summary's end that the prompt still shows word for word
LONGEST_SUMMARY = 500  # characters of each of the two
TOLD_FACTS = 6
_TURNING = ("scene_entered", "encounter_ended", "campaign_ended", "location_reached")


@dataclass(frozen=True, slots=True)
class Summary:
    """`session` is all up to turn `upto`, `scene` the stretch before it. `by` is who wrote it: `storyteller` or a
    model's client."""

    session: str
    scene: str
    upto: int
    by: str


def is_due(told: int, upto: int, closing: Sequence[str]) -> bool:
    """Whether to sum up now: the last told turn is number `told`, the last summary ends at `upto`, and `closing` are
    the types of what closed the told turn."""
    stretch = told - upto
    return stretch >= EVERY or (stretch >= FEWEST and any(c in _TURNING for c in closing))


def shown(history: Sequence[str], numbers: Sequence[int], upto: int) -> int:
    """How many of the last passages a prompt shows: those after the summary with a few before it, within the budget.

    The window grows with each turn and is drawn anew with each summary, so that the beginning of the prompt stays the
    same from turn to turn and a provider can cache it.
    """
    wanted = sum(n > upto - OVERLAP for n in numbers)
    wanted = min(max(wanted, OVERLAP), len(history))
    fitting = len(last_fitting(history[len(history) - wanted :], budget().passages, str))
    if fitting == wanted:
        return wanted
    # Too much for the budget: let go of several at once, or the window would slide with every turn.
    kept = numbers[len(numbers) - fitting :]
    return next(
        (fitting - i for i, n in enumerate(kept) if n % STEP == 0 and fitting - i >= OVERLAP), fitting
    )


def composed(
    content: Content,
    campaign: str,
    notes: Sequence[PastNote],
    turns: Sequence[PastTurn],
    facts: Sequence[Fact],
    upto: int,
) -> Summary:
    """The storyteller's summary: its recap without what is yet to come, and the weightiest facts of the stretch."""
    session = way_and_deeds(content, campaign, notes, turns)
    weighty = sorted(facts, key=lambda f: (-f.weight, f.turn_number))[:TOLD_FACTS]
    stretch = " ".join(told(f) for f in sorted(weighty, key=lambda f: f.turn_number))
    return Summary(bounded(session), bounded(stretch), upto, "storyteller")


def told(fact: Fact) -> str:
    """A fact as a sentence of a summary; a player's words stay a player's words."""
    text = fact.text if fact.text[-1:] in '.!?…"”' else f"{fact.text}."
    return f'{fact.speaker}\'s player said: "{fact.text}"' if fact.speaker else text


def bounded(text: str, limit: int = LONGEST_SUMMARY) -> str:
    """Whole sentences from the end on, as many as fit: the latest is the most needed."""
    sentences = split(" ".join(text.split()))
    kept: list[str] = []
    room = limit
    for sentence in reversed(sentences):
        room -= len(sentence) + 1
        if room < 0:
            break
        kept.append(sentence)
    return " ".join(reversed(kept))
