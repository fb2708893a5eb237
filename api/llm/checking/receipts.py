"""Receipts: which events stand behind a sentence, so that every surface can answer `why?`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from api.llm.checking.facts import SLIGHT, Facts
from api.llm.checking.reading import Reading
from api.llm.checking.sentences import words
from api.rules import events as ev

# What a sentence speaks of when it tells of such an event; without a word of it the names alone do not suffice.
_SPEAKS_OF: dict[str, str] = {
    "attack_hit": (
        r"hit|strik|struck|cut|blow|stroke|swing|edge|blade|steel|bit|slash|stab|lash|catch|"
        r"land|claw|rope|whip|open|find|drive|bring|take"
    ),
    "attack_missed": r"miss|wide|nothing|air|dodg|duck|past|fail|slip|not|only|goes|empty|short",
    "damage_dealt": (
        r"hurt|wound|damage|blood|bruis|cut|hit|strik|pain|welt|tear|bite|lash|burn|open|blow|"
        r"foot|shin|skin|slice|take"
    ),
    "healed": r"heal|mend|close|better|warm|breath|colour|strength|ache|rest|bandage|life|wake|ease|good|sore|smart",
    "went_down": (
        r"down|fall|fell|collapse|crumple|slump|out of|uncons|apart|heap|dead|die|lies|knot|"
        r"under|get up|beach|dissolv|still"
    ),
    "recovered": r"up|feet|rise|stand|wake|eyes|upright|sit",
    "revived": r"back|alive|breath|rise",
    "died": r"dead|die|death|last",
    "condition_gained": "",
    "condition_ended": "",
    "item_gained": "",
    "item_lost": "",
    "item_handed": "",
    "gold_changed": r"gold|coin|pay|purse|price|shilling|money|cost",
    "encounter_started": r"",
    "encounter_ended": r"over|fight|won|victory|quiet|end|road|last|done|flee|fled|away",
    "scene_entered": r"",
    "choice_made": r"vote|choose|chose|decide|together|party|most|they|agree|up, then",
    "spoke": r"say|said|ask|answer|tell|word|speak|voice|talk|repl|laugh|“|\"|„",
    "check_rolled": r"tr[iy]|listen|look|search|watch|wait|find|nothing|vain|luck|work|manage|fail|succe",
    "improvised": r"",
    "affordance_used": r"",
    "claim_refused": r"no |not|never|there is|isn't|only|would",
    "turn_passed": r"wait|nothing|pass|moment|time|stand|hesitat|hold|bide",
    "rested": r"rest|sleep|slept|hour|sit|breath|wake",
    "defended": r"guard|brace|ready|shield|defen|stance",
    "flee_failed": r"run|flee|away|escape|back",
}
_PATTERNS = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _SPEAKS_OF.items() if pattern}
_BOOKKEEPING = frozenset(
    (
        "xp_gained",
        "flag_set",
        "clock_advanced",
        "round_started",
        "combat_turn_started",
        "combat_turn_ended",
        "cooldown_started",
        "mana_changed",
        "threat_changed",
        "fighters_renewed",
        "disposition_changed",
        "reputation_changed",
        "remembered",
        "intent_locked",
        "intent_cleared",
    )
)
_DEEDS = frozenset(
    (
        "check_rolled",
        "contest_rolled",
        "improvised",
        "affordance_used",
        "spoke",
        "claim_refused",
        "turn_passed",
        "attack_hit",
        "attack_missed",
        "ability_used",
        "helped",
        "defended",
    )
)
_WHOSE = ("actor", "target", "source", "to", "person", "helper")


def receipts(reading: Reading, facts: Facts, behind: set[str]) -> tuple[str, ...]:
    """The ids of the events that a sentence tells, in order; none for a sentence of mood.

    An event counts when the sentence speaks of its kind of matter and of one of its figures (by name or pronoun), or
    uses the words of its own texts (a thing's name, a place, a state, an option's label), or is one of them (`behind`).
    """
    here = {f.id for m in reading.mentions for f in m.figures}
    told = {_stem(w) for w in words(reading.sentence)} - _SLIGHT
    found: list[str] = []
    for number, event in facts.events:
        kind = event.type_name()
        if kind in _BOOKKEEPING:
            continue
        theirs = {str(getattr(event, field)) for field in _WHOSE if getattr(event, field, "")}
        theirs |= {f"person.{event.person}"} if isinstance(event, ev.Spoke) else set()
        own = {_stem(w) for text in _texts(event, facts) for w in words(text)} - _SLIGHT
        shared = len(own & told)
        speaks = _PATTERNS.get(kind)
        if number in behind:
            found.append(number)
            continue
        if (here & theirs and speaks is not None and speaks.search(reading.sentence)) or shared >= (
            2 if len(own) > 3 else 1
        ):
            found.append(number)
    return tuple(found) or _own_deeds(reading, facts)


def _own_deeds(reading: Reading, facts: Facts) -> tuple[str, ...]:
    """What the heroes named in a sentence did, when its words point to no event of their own."""
    named = {f.id for f in reading.named if f.kind == "hero"}
    return tuple(
        number
        for number, event in facts.events
        if event.type_name() in _DEEDS and {getattr(event, "actor", ""), getattr(event, "source", "")} & named
    )


def _texts(event: ev.Event, facts: Facts) -> Iterator[str]:
    """The words that belong to an event and to no other."""
    for field in (
        "item_name",
        "means",
        "condition_name",
        "label",
        "clue",
        "scene_name",
        "place",
        "encounter_name",
        "quest_name",
        "objective",
        "location_name",
        "reason",
        "activity_name",
        "ability_name",
        "phase_name",
        "ending_name",
    ):
        value = getattr(event, field, "")
        if isinstance(value, str) and (" " in value or field in ("item_name", "condition_name")):
            yield value
    if isinstance(event, ev.ConditionGained | ev.ConditionEnded):
        yield event.condition
    elif isinstance(event, ev.AffordanceUsed):
        scene = facts.content.scenes.get(event.scene)
        yield from (a.doing for a in (scene.affordances if scene else ()) if a.key == event.affordance)
    elif isinstance(event, ev.Improvised):
        yield from (d.text for d in facts.request.deeds if d.actor.id == event.actor)


_SLIGHT = SLIGHT | frozenset(
    [
        "to",
        "at",
        "it",
        "its",
        "is",
        "are",
        "was",
        "be",
        "been",
        "as",
        "by",
        "from",
        "into",
        "onto",
        "up",
        "down",
        "out",
        "off",
        "over",
        "under",
        "that",
        "this",
        "there",
        "then",
        "than",
        "so",
        "but",
        "or",
        "not",
        "no",
        "her",
        "his",
        "their",
        "them",
        "him",
        "she",
        "he",
        "they",
        "you",
        "your",
        "what",
        "who",
        "where",
        "one",
        "all",
        "any",
        "some",
        "has",
        "have",
        "had",
        "do",
        "doe",
        "did",
        "go",
        "get",
        "got",
        "will",
        "would",
        "can",
        "could",
        "may",
        "only",
        "even",
        "just",
        "more",
        "most",
        "very",
        "too",
        "if",
        "when",
        "while",
    ]
)


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
