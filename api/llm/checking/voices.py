"""Who speaks and decides for whom: a hero says, thinks and resolves only what the player has stated."""

from __future__ import annotations

import re

from api.llm.checking.authored import Authored
from api.llm.checking.facts import SLIGHT, Figure
from api.llm.checking.lexicon import word_set
from api.llm.checking.reading import Reading, names_of
from api.llm.checking.sentences import normal, words
from api.llm.checking.verdicts import Fault
from api.rules import events as ev

_SAYS = (
    r"(?:says?|said|asks?|asked|calls?(?: out)?|called(?: out)?|cries|cried|shouts?|shouted|"
    r"whispers?|whispered|murmurs?|murmured|mutters?|muttered|repl(?:y|ies|ied)|answers?|"
    r"answered|tells?|told"
    r"|screams?|screamed|yells?|yelled|growls?|growled|hiss(?:es|ed)?|adds?|added|begs?|"
    r"pleads?|announces?|declares?|snaps?|snarls?|sighs?|laughs?|mumbles?|breathes?|offers?|"
    r"continues?|goes on|agrees?|admits?|demands?|exclaims?|insists?|warns?|explains?|observes?|"
    r"remarks?|grins?|smiles?|nods?|shrugs?|barks?|roars?|quips?|jokes?|thinks?|wonders?|"
    r"orders?|ordered)"
)
_SUBJECT = r"(?P<who>ent\d+x|she|he|they|you|the party)"
_QUOTE_THEN = re.compile(
    rf"QUOTE,? (?:(?:then|and|softly|quietly) )?{_SUBJECT} (?:\w+ly )?{_SAYS}\b|QUOTE,? "
    rf"{_SAYS} (?P<who2>ent\d+x|she|he|they|you)",
    re.IGNORECASE,
)
_THEN_QUOTE = re.compile(
    rf"{_SUBJECT} (?:\w+ly |then )?{_SAYS}\b(?: (?:to |at |back )?(?:\w+ ){{0,4}}?)?[:,—]? ?QUOTE",
    re.IGNORECASE,
)
_VOICE = re.compile(
    r"QUOTE,? (?P<who>ent\d+x)'s (?:\w+ )?(?:voice|words?|answer|reply|whisper|shout)\b|"
    r"(?P<who2>ent\d+x)'s (?:\w+ )?(?:voice|words?|answer|reply|whisper|shout)\b[^.!?]*[:,—] "
    r"?QUOTE",
    re.IGNORECASE,
)
_COLON_QUOTE = re.compile(r"(?P<who>ent\d+x)\b[^.!?]*[:,—] QUOTE", re.IGNORECASE)
# Decisions, promises, inner life and whatever else is only the player's.
_DECIDES = re.compile(
    rf"{_SUBJECT} (?:has |have |had )?(?:(?:now|then|at once|finally|silently|secretly|solemnly|"
    rf"suddenly|simply|quietly|is|are) )*"
    r"(?P<deed>decid(?:es?|ed)|agrees?|agreed|swears?|swore|accepts?|accepted|confess(?:es|"
    r"ed)?|promises?|promised|vows?|vowed|makes? up (?:her|his|their|your) minds? (?:to|"
    r"that)|thinks?(?! (?:better|aloud|twice|of it|as))|thought|realis(?:es?|ed)|realiz(?:es?|"
    r"ed)"
    r"|refus(?:es?|ed)|apologi[sz](?:es?|ed)|begs?|begged|falls? in love|fell in love|determined "
    r"to|resolv(?:es?|ed)|choos(?:es?|e)|chose|pledg(?:es?|ed)|regrets?|regretted|knows? "
    r"(?:that|in|it was|deep)|knew that"
    r"|gives? (?:\S+ )?(?:her|his|their|your|a|an) (?:\w+ )?(?:word|promise|oath|vow)\b"
    r"|admits?|admitted|volunteers?|volunteered|"
    r"announces?|announced|wonders? (?:whether|if|why|how|what)|declares?|declared|hates?|"
    r"loves?|forgives?|believes?|despairs?|wishes|longs? (?:to|for)"
    r"|consents?|concludes?|concedes?|surrenders? (?:to|herself|himself)|says? that|said "
    r"that|says? (?:yes|no)\b|tells? (?:\S+ ){1,3}(?:the|that|everything|all)|kneels? (?:before|"
    r"to)\b|betrays?|intends? to|plans? to"
    r"|feels? (?:guilty|ashamed|love|hatred|hate|proud|jealous|remorse|sorry|pity|tempted|"
    r"betrayed|hopeless|homesick))\b",
    re.IGNORECASE,
)
_BEFALLS = re.compile(
    r"\bit (?:dawns|dawned) on (?=ent)|\bit (?:occurs|occurred) to (?=ent)"
    r"|\b(?:shame|guilt|remorse|regret|doubt|despair|pride|hope|love|pity|jealousy|hatred|rage|grief|joy|relief)"
    r" (?:\w+ ){1,3}(?=ent\d+x)",
    re.IGNORECASE,
)
_FIRST = re.compile(r"\b(?:I|my|me|mine|we|our|us)\b|\bI'")
_HEART = re.compile(
    r"\bin (?:her|his|their|your|ent\d+x's) (?:heart|thoughts|mind)\b|\bto (?:her|him|them)self that\b",
    re.IGNORECASE,
)
_STEM = re.compile(r"(?:ises?|izes?|ied|ies|es|ed|s|e)$")
_ROOTS = {
    "chose": "choos",
    "swore": "swear",
    "fell": "fall",
    "thought": "think",
    "knew": "know",
    "said": "say",
    "told": "tell",
    "begged": "beg",
}
_THINKS = word_set("minds", "thinks")
_SAYINGS = word_set("minds", "says")
_FEELS = re.compile(
    r"\b(?:is|are|was|were|feels?|felt|grows|seems) (?:\w+ )?(?:"
    + "|".join(sorted(word_set("minds", "feels")))
    + (
        r")\b|\bhas had enough\b|\bdeep down\b|\bsettles on\b|\bin secret\b|\b(?:says?|said) "
        r"that\b|\blies to (?=ent)|\b(?:makes? peace with|tells? \S+ so"
        r"|solemn (?:promise|oath|vow)|wants? nothing)\b|\bturns? down (?:the|an|any|this|that|"
        r"her|his)\b|\bsides? with\b|\bspits? at (?=ent)|\bhas always\b"
    ),
    re.IGNORECASE,
)
_VERB = re.compile(r"\b[a-z]+\b", re.IGNORECASE)
_OBJECTS = frozenset(("her", "him", "them", "his", "their", "your", "its"))
_NOUN_AHEAD = re.compile(
    r"\b(?:the|a|an|her|his|their|its|my|of|to|no|in|with|for|by|at|on)\s*$", re.IGNORECASE
)
_WORD_GIVEN = frozenset(("prom", "promis", "word", "swear", "vow", "agree"))


def voices(reading: Reading, authored: Authored) -> Fault | None:
    """A hero's direct speech, thoughts and decisions that no player stated and no event tells."""
    return _speech(reading, authored) or _decisions(reading, authored) or _minds(reading, authored)


def _speech(reading: Reading, authored: Authored) -> Fault | None:
    if not reading.quotes:
        return None
    said = [q for q in reading.quotes if len(words(q)) > 0]
    if not said or all(len(q) > 12 and normal(q).strip("\"',. ") in authored.text for q in said):
        return None
    for pattern in (_QUOTE_THEN, _VOICE, _THEN_QUOTE, _COLON_QUOTE):
        for match in pattern.finditer(reading.masked):
            who = match["who"] or (match.groupdict().get("who2") or "")
            figures = _meant(reading, match.start("who") if match["who"] else match.start("who2"))
            if pattern is not _QUOTE_THEN and _listens(reading, match):
                continue
            heroes = [f for f in figures if f.kind == "hero"]
            if who and heroes and len(heroes) == len(figures) and not _stated(said, heroes):
                return Fault(
                    "speech", f"{names_of(heroes)} did not say this; only the player speaks for a hero."
                )
            if figures and not heroes:
                return None
    if reading.masked.replace("QUOTE", "").strip(" ,.!?—") == "":
        party = reading.facts.heroes
        if not reading.context.last and _FIRST.search(" ".join(said)) and not _stated(said, party):
            return Fault("speech", "Nobody is there to say this; only the players speak for the heroes.")
        heroes = [f for f in reading.context.last if f.kind == "hero"]
        if heroes and len(heroes) == len(reading.context.last) and not _stated(said, heroes):
            return Fault(
                "speech", f"These words would be {names_of(heroes)}'s; only the player speaks for a hero."
            )
    return None


def _listens(reading: Reading, match: re.Match[str]) -> bool:
    """`Nell asks Ketch: "..."` speaks; `tells Nell, "..."` of somebody else does not."""
    return bool(
        re.search(rf"\b(?:to|at|{_SAYS})$", reading.masked[: match.start("who")].rstrip(), re.IGNORECASE)
    )


def _meant(reading: Reading, at: int) -> tuple[Figure, ...]:
    mention = next((m for m in reading.mentions if m.start == at), None)
    return mention.figures if mention else ()


def _stated(quotes: list[str], heroes: list[Figure]) -> bool:
    """Whether the players wrote these words, or nearly."""
    written = {w for h in heroes for w in words(h.text)} - SLIGHT
    told = [w for q in quotes for w in words(q) if w not in SLIGHT]
    return bool(written) and sum(w in written for w in told) >= 0.7 * len(told)


def _decisions(reading: Reading, authored: Authored) -> Fault | None:
    for match in _DECIDES.finditer(reading.masked):
        figures = _meant(reading, match.start("who"))
        heroes = [f for f in figures if f.kind == "hero"]
        if not heroes or len(heroes) < len(figures) or reading.asked(match.start()):
            continue
        if _denied(reading, match) or _backed(match["deed"], heroes, authored):
            continue
        if _root(match["deed"]) == "decid" and set(words(reading.sentence)) & reading.facts.item_words:
            continue  # the thing was used, so it was decided
        if (
            match["who"].lower() in ("they", "the party")
            and reading.facts.chose
            and _root(match["deed"]) in ("choos", "decid", "agree", "resolv")
        ):
            continue  # the party chose together
        return Fault(
            "speech",
            f"{names_of(heroes)} did not do this ({match['deed']}); only the player decides for a hero.",
        )
    if befell := _BEFALLS.search(reading.masked):
        mention = reading.after(befell.end())
        if mention is not None and any(f.kind == "hero" for f in mention.figures):
            return Fault("speech", f"What goes on in {names_of(mention.figures)} is the player's to say.")
    if heart := _HEART.search(reading.masked):
        mention = reading.before(heart.end())
        heroes = [f for f in mention.figures if f.kind == "hero"] if mention else []
        if heroes:
            return Fault("speech", f"What {names_of(heroes)} thinks is the player's to say.")
    return None


def _minds(reading: Reading, authored: Authored) -> Fault | None:
    """Verbs of thought, speech and feeling whose subject is a hero, wherever they stand in the sentence."""
    for match in _VERB.finditer(reading.masked):
        word = match[0].lower()
        says = word in _SAYINGS
        if not says and word not in _THINKS:
            continue
        hero = _subject(reading, match.start())
        if hero is None or reading.unreal(match.start()):
            continue
        if word in ("trusts", "trusted") and re.match(r" (?:her|his|their)\b", reading.masked[match.end() :]):
            continue  # luck, feet, instinct
        if _backed(word, [hero], authored) or (says and _talked(reading, hero)):
            continue
        if _root(word) == "decid" and set(words(reading.sentence)) & reading.facts.item_words:
            continue
        return Fault(
            "speech",
            f"{hero.names[0]} did not do this ({word}); only the player speaks and decides for a hero.",
        )
    for match in _FEELS.finditer(reading.masked):
        hero = _subject(reading, match.start())
        if hero is not None and not reading.unreal(match.start()):
            return Fault("speech", f"What {hero.names[0]} feels is the player's to say ({match[0]}).")
    return None


def _subject(reading: Reading, at: int) -> Figure | None:
    """The hero who does what stands at a place, if it is surely a hero."""
    mention = reading.before(at)
    if mention is not None and len(mention.figures) > 1 and reading.facts.chose:
        return None  # the party chose together
    if mention is None or not mention.figures or any(f.kind != "hero" for f in mention.figures):
        return None
    between = reading.masked[mention.end : at]
    if between.startswith("'s") or len(between.split()) > 7 or reading.subject_between(mention.end, at):
        return None
    if reading.masked[mention.start : mention.end].lower() in _OBJECTS or _NOUN_AHEAD.search(between):
        return None
    return mention.figures[0]


def _talked(reading: Reading, hero: Figure) -> bool:
    """Whether the hero's own deed of this turn was talk."""
    for _, event in reading.facts.events:
        if getattr(event, "actor", "") != hero.id:
            continue
        if isinstance(event, ev.Spoke | ev.ParleyTried | ev.SurrenderOffered | ev.Encouraged):
            return True
        if isinstance(event, ev.AffordanceUsed):
            scene = reading.facts.content.scenes.get(event.scene)
            return any(
                a.kind == "talk" for a in (scene.affordances if scene else ()) if a.key == event.affordance
            )
    return False


def _denied(reading: Reading, match: re.Match[str]) -> bool:
    return bool(re.search(r"\b(?:not|never|n't|nobody)\b", match[0])) or reading.unreal(match.start())


def _backed(deed: str, heroes: list[Figure], authored: Authored) -> bool:
    """Whether the player's words or the text of the hero's own deed say so."""
    written = {_root(w) for w in words(" ".join(h.text for h in heroes))}
    if _root(deed) in written:
        return True
    told = {_root(w) for h in heroes for w in words(authored.by_hero.get(h.id, ""))}
    given = _root(deed) in _WORD_GIVEN or "word" in deed
    return bool((written | told) & _WORD_GIVEN) if given else _root(deed) in told


def _root(word: str) -> str:
    first = word.lower().split()[0]
    first = _ROOTS.get(first, first)
    return _STEM.sub("", first) if len(first) > 4 else first.rstrip("s") if len(first) > 3 else first
