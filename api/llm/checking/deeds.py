"""What heroes do and what befalls them: beyond a list of plain doings, only what the events or the player say.

Lists of bad words never end, so the last look at a sentence is the other way round: who is a hero may be told to walk,
look and handle things, and anything else needs an event, the player's words or the content's own text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from api.llm.checking.authored import Authored
from api.llm.checking.facts import Figure
from api.llm.checking.lexicon import BODY, word_set
from api.llm.checking.reading import Mention, Reading
from api.llm.checking.sentences import words
from api.llm.checking.verdicts import Fault

_ADVERB = re.compile(
    r"(?:\w+ly|then|now|also|still|just|again|only|never|at|once|last|soon|first|always|"
    r"often|ever|even|both|all|quietly|almost|no|longer|not)$",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[A-Za-z'-]+")
_DETERMINERS = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "his",
        "her",
        "their",
        "its",
        "my",
        "your",
        "these",
        "those",
        "all",
        "some",
        "many",
        "more",
        "no",
        "other",
        "both",
        "few",
        "several",
        "this",
        "that",
    ]
)
_PAST = {
    "thrown": "throw",
    "bitten": "bite",
    "struck": "strike",
    "hit": "hit",
    "fell": "fall",
    "rose": "rise",
    "lost": "lose",
    "took": "take",
    "gave": "give",
    "drew": "draw",
    "drawn": "draw",
    "caught": "catch",
    "swept": "sweep",
    "torn": "tear",
    "broke": "break",
    "broken": "break",
    "held": "hold",
    "kept": "keep",
    "left": "leave",
    "found": "find",
    "stood": "stand",
    "sat": "sit",
    "ran": "run",
    "saw": "see",
    "seen": "see",
    "went": "go",
    "gone": "go",
    "came": "come",
    "done": "do",
    "made": "make",
    "put": "put",
    "set": "set",
    "cut": "cut",
    "let": "let",
    "got": "get",
    "been": "be",
    "had": "have",
    "spent": "spend",
    "bent": "bend",
    "sent": "send",
    "slept": "sleep",
    "crept": "creep",
    "heard": "hear",
    "read": "read",
    "led": "lead",
    "met": "meet",
    "won": "win",
    "bought": "buy",
    "brought": "bring",
}
_ODD_COMES = re.compile(
    r"\b(?:comes?|came|goes|went|turns?|takes?|leaves?|falls?|drops?|runs?|rises?|closes?|"
    r"opens?|breaks?|burns?) (?:over|upon|black|dark|cold|numb|to (?:lead|stone|ash|water)|"
    r"ent\d+x's (?:coat|cloak|sleeve|hair|hand|life|mind|breath)|ent\d+x \w+ing|under ent\d+x)\b",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(r"\{(?:actor|name|they|who)\} (?:\w+ly )?<?(\w+)>?|<(\w+)>")
_PART = re.compile(
    rf"(?P<who>ent\d+x)'s (?:\w+ )?(?:{BODY}|voice|breath|heart|pulse|soul|mind|sight|joints?|"
    rf"limbs?|tongue|hair|ears?|strength|life)\b (?P<verb>\w+)",
    re.IGNORECASE,
)


def harvest(texts: Iterable[str]) -> frozenset[str]:
    """The verbs that content and word material use of heroes: `{actor} leans ...`, `<waits>`."""
    found: set[str] = set()
    for text in texts:
        found |= {b for m in _TEMPLATE.finditer(text) for b in _bases((m[1] or m[2]).lower())}
    return frozenset(found)


def deeds(reading: Reading, authored: Authored) -> Fault | None:
    """Doings of heroes, and of things to heroes, that are neither plain nor told by events."""
    for mention in reading.mentions:
        hero = _hero(mention)
        if hero is None or reading.unreal(mention.end):
            continue
        if reading.masked[mention.end : mention.end + 2] != "'s":
            fault = _acts(reading, mention, hero, authored)
            if fault is not None:
                return fault
        if mention.named and not _touched(reading, hero):
            fault = _befalls(reading, mention, hero, authored)
            if fault is not None:
                return fault
    for match in _PART.finditer(reading.masked):
        at = next((m for m in reading.mentions if m.start == match.start("who")), None)
        hero = _hero(at) if at else None
        if hero is None or _touched(reading, hero) or reading.unreal(match.start()):
            continue
        if (
            _verbal(match["verb"])
            and not _plain(match["verb"], "body")
            and not _told(match["verb"], hero, authored)
        ):
            return Fault(
                "damage", f"The facts do not say that {hero.names[0]}'s body does this ({match['verb']})."
            )
    return None


def _hero(mention: Mention) -> Figure | None:
    """The one hero whom a mention surely means."""
    heroes = [f for f in mention.figures if f.kind == "hero"]
    return heroes[0] if len(heroes) == len(mention.figures) == 1 else None


def _touched(reading: Reading, hero: Figure) -> bool:
    """Whether the events did anything to a hero, so that many a word may be right."""
    if (
        hero.hits
        or hero.heals
        or hero.fell
        or hero.died
        or hero.down
        or hero.rose
        or hero.ended
        or hero.conditions
    ):
        return True
    return any(getattr(event, "target", "") == hero.id for _, event in reading.facts.events)


def _acts(reading: Reading, mention: Mention, hero: Figure, authored: Authored) -> Fault | None:
    """The verb right behind a hero's name or pronoun."""
    if reading.masked[mention.start : mention.end].lower() in (
        "her",
        "him",
        "them",
        "his",
        "their",
        "it",
        "its",
    ):
        return None
    tail = reading.masked[mention.end : mention.end + 60]
    if not re.match(r" [a-z]", tail):
        return None
    found = _TOKEN.findall(tail)
    if any(t in ("not", "never", "no", "nothing") for t in found[:3]):
        return None
    following = [t for t in found if not _ADVERB.match(t)]
    if not following:
        return None
    verb = following[0].lower()
    if verb in ("is", "was", "are") and len(following) > 1:
        state = following[1].lower()
        if state in word_set("deeds", "is") or _touched(reading, hero) or _told(state, hero, authored):
            return None
        # `is reading` is as plain as `reads`; `is bitten`, `is dizzy` are not.
        return None if state.endswith("ing") and _plain(state, "does") else _unsaid(hero, f"is {state}")
    if verb in ("has", "had", "have") and len(following) > 1:
        verb = following[1].lower()
        if not (verb.endswith("ed") or verb in _PAST):
            return None
    if verb in word_set("minds", "thinks") or verb in word_set("minds", "says"):
        return None  # looked at by `voices`
    if not _verbal(verb) or _plain(verb, "does") or _told(verb, hero, authored) or _touched(reading, hero):
        return None
    return _unsaid(hero, verb)


def _unsaid(hero: Figure, what: str) -> Fault:
    return Fault("speech", f"The facts do not say that {hero.names[0]} did this ({what}).")


def _befalls(reading: Reading, mention: Mention, hero: Figure, authored: Authored) -> Fault | None:
    """What something without a name does to a hero."""
    if any(m.end <= mention.start and m.figures for m in reading.mentions):
        return None  # somebody else of the story may be at it; that is looked at elsewhere
    head = reading.masked[: mention.start]
    clause = re.split(r"[.;:—!?]|,(?! (?:and|then))", head)[-1]
    if (
        re.search(r"\b(?:for|to|beside|behind|with|near|unlike|past|from|before|after|of)\s*$", clause)
        and "QUOTE" in clause
    ):
        return None
    if (
        re.search(r"(?:\b(?:and|but|while|as|then|until|when|where|so|that|if|for)|[,;:])\s*$", head)
        or not head.strip()
    ):
        return None  # the hero's own clause begins
    following = _TOKEN.match(reading.masked[mention.end :].lstrip())
    if following and _verbal(following[0]) and reading.masked[mention.end : mention.end + 1] == " ":
        return None  # the hero is who does it
    odd = _ODD_COMES.search(reading.masked[: mention.end + 20])
    if odd and odd.start() < mention.start:
        return Fault("damage", f"The facts do not say that this befell {hero.names[0]}.")
    tokens = _TOKEN.findall(clause)[-8:]
    for i in range(len(tokens) - 1, 0, -1):
        token = tokens[i].lower()
        if tokens[i - 1].lower() in _DETERMINERS or not _verbal(token):
            continue
        if _plain(token, "befalls") or _told(token, hero, authored):
            return None
        return Fault("damage", f"The facts do not say that this befell {hero.names[0]} ({token}).")
    return None


def _verbal(token: str) -> bool:
    """Whether a word looks like a verb in the third person or in the past."""
    low = token.lower()
    if low in _PAST:
        return True
    return len(low) > 3 and (
        (low.endswith("s") and not low.endswith(("ss", "us", "'s", "is"))) or low.endswith("ed")
    )


def _plain(token: str, section: str) -> bool:
    return bool(_bases(token.lower()) & word_set("deeds", section))


def _told(token: str, hero: Figure, authored: Authored) -> bool:
    """Whether the player or the content's text of the hero's deed uses the verb."""
    bases = _bases(token.lower())
    if bases & authored.verbs:
        return True
    said = {b for w in words(f"{hero.text} {authored.by_hero.get(hero.id, '')}") for b in _bases(w)}
    return bool(bases & said)


@lru_cache(maxsize=4096)
def _bases(word: str) -> frozenset[str]:
    """What a verb's form may come from: tries, tried -> try; stopped -> stop; takes -> take."""
    found = {word, _PAST.get(word, word)}
    if word.endswith("ies") or word.endswith("ied"):
        found.add(word[:-3] + "y")
    for ending in ("s", "es", "d", "ed", "ing"):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            stem = word.removesuffix(ending)
            found |= {stem, stem + "e"}
            if len(stem) > 2 and stem[-1] == stem[-2]:
                found.add(stem[:-1])
    return frozenset(found)
