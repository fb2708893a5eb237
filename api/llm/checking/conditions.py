"""Claims about states: poisoned, stunned, burning and the rest, in whatever words."""

from __future__ import annotations

import re

from api.llm.checking.facts import Figure
from api.llm.checking.reading import Reading, names_of
from api.llm.checking.verdicts import Fault

# What a state is called in prose, by the keys of the conditions that make it true. A key of content that is missing
# here is looked for by its adjective.
_BE = r"(?:is|are|was|were|been|becomes?|turns?|goes|went|grows?|lies?|stands?|leaves? (?:ent\d+x|him|her|them)|left|sits?|remains?|now|made|feels)(?: \w+)? "
STATES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("poisoned",), r"poison(?:ed|s)?\b|venom(?!ous glance)|\btoxins?\b|envenomed|lips (?:go|turn) blue"),
    (("stunned", "shocked"), rf"{_BE}(?:stunned|dazed|senseless|reeling)|\bstuns?\b|\bdazes\b"),
    (("blinded",), rf"{_BE}(?:blind|blinded|sightless)\b|\bblinds\b|loses? (?:her|his|their|its) sight|cannot see"),
    (("burning",), r"catch(?:es)? fire|\bon fire\b|\bablaze\b|\bin flames\b|bursts? into flames?"
                   r"|\bent\d+x (?:is|are) (?:now )?burning(?! (?:\w+ )?(?:letters?|candles?|papers?|with))|cloak is burning"),
    (("frightened",), rf"{_BE}(?:frightened|terrified|petrified|panicked)\b|\bin terror\b|\b(?:fear|terror|panic|dread) (?:takes?|took|seizes?|grips?|holds?|overcomes?|has)"
                      r"|\bcowers?\b|frozen (?:with|in|by) (?:fear|terror|dread)|out of (?:its|her|his|their) wits"),
    (("cursed", "doomed"), r"\bcurse[sd]?\b (?:settles?|falls?|takes?|lies|is upon|from)|" + _BE + r"(?:cursed|doomed|hexed)\b|\bdoom (?:settles|falls)"
                           r"|marked for death|the curse (?:has|is)"),
    (("asleep",), r"falls? (?:fast )?asleep|" + _BE + r"(?:fast )?asleep|\bslumber|sinks? into sleep|put to sleep|sleep (?:takes|claims|overcomes)"),
    (("rooted",), rf"{_BE}(?:rooted|entangled|ensnared|snared|trapped|pinned)\b|\b(?:vines|roots|chains) (?:hold|bind|grip)|cannot move a (?:limb|muscle)"),
    (("silenced",), rf"{_BE}(?:silenced|struck dumb|mute)\b|\bnot a word will come|voice is (?:gone|stolen)"),
    (("weakened", "drained"), rf"{_BE}(?:weakened|enfeebled|drained|sapped)\b|can barely lift|drained of"),
    (("stunned",), rf"{_BE}(?:paralysed|paralyzed|immobile)\b|\bparalys|turns? to stone|turned to stone|petrif"),
    (("blessed", "inspired"), rf"{_BE}(?:blessed|hallowed)\b|\bblessing (?:settles|falls|takes)"),
    (("shielded", "warded", "guarded", "braced", "reflecting"), r"(?:shield|ward|barrier|dome|armour) (?:of \w+ )?(?:surrounds|wraps|springs up|forms|shimmers|closes) (?:round|around|about|over)?"),
    (("unseen",), rf"{_BE}(?:invisible|unseen)\b|(?:fades|vanishes) from (?:sight|view)"),
    (("hasted",), rf"{_BE}(?:hasted|quickened)\b|twice as fast|\bhasted\b|with unnatural speed"),
    (("bleeding",), rf"\bent\d+x (?:is|are) (?:now )?bleeding\b"),
    (("slowed", "chilled"), rf"{_BE}(?:slowed|sluggish|chilled|frozen solid)\b|\bslowed to a|numb and slow|frost creeps over|frozen (?:solid|stiff|in place)"),
    (("marked",), rf"{_BE}marked (?:for|by|as)"),
    (("taunted", "stunned"), rf"{_BE}(?:charmed|bewitched|enchanted|entranced|under (?:a|the|its|her|his) (?:charm|spell))\b|under a (?:charm|spell)"),
    (("inspired", "blessed", "focused", "strengthened"), rf"{_BE}(?:inspired|emboldened|strengthened|empowered)\b"),
    (("regenerating",), rf"{_BE}regenerating\b"),
)  # fmt: skip
_STATES = tuple((frozenset(keys), re.compile(pattern, re.IGNORECASE)) for keys, pattern in STATES)
_OVER = re.compile(
    r"no longer(?! than)|rid of|shakes? off|wears? off|(?:has|have) (?:run|passed|lifted|ended|been lifted)|is lifted|lifted|is over|runs? its course|cured",
    re.IGNORECASE,
)
_ENDS = re.compile(r"^.{0,12}\b(?:lets? go|loosens?|breaks?|fades?|passes|leaves|clears?|gives? way|ebbs?|goes out)\b", re.IGNORECASE)
_OF_DAMAGE = {"poisoned": "poison", "burning": "fire", "shocked": "lightning", "chilled": "cold", "frightened": "psychic"}
_NAMED = re.compile(r"condition (?:gained|added)|\bstatus\b", re.IGNORECASE)


def states(reading: Reading) -> Fault | None:
    """States that nobody has, and the end of states that nobody had."""
    if match := _NAMED.search(reading.masked):
        return Fault("condition", f"Conditions are told, not listed ({match[0]}).")
    for keys, pattern in _STATES:
        for match in pattern.finditer(reading.masked):
            fault = _claim(reading, keys, match)
            if fault is not None:
                return fault
    return _adjectives(reading)


def _claim(reading: Reading, keys: frozenset[str], match: re.Match[str]) -> Fault | None:
    over = bool(_OVER.search(reading.masked) or _ENDS.search(reading.masked[match.end() :]))
    if reading.unreal(match.start()) and not over and match[0].lower() not in ("cannot see", "not a word will come"):
        return None
    mention = reading.near(match.start(), match.end(), "before")
    inside = next((m for m in reversed(reading.mentions) if match.start() <= m.start < match.end()), None)
    mention = inside or mention
    if mention is None or not mention.figures or any(_has(reading, f, keys, over) for f in mention.figures):
        return None
    if any(f.kind == "person" for f in mention.figures):
        return None  # what people of the world feel and suffer is not tracked by conditions
    others = reading.near(match.start(), match.end(), "after")
    if others is not None and not mention.named and any(_has(reading, f, keys, over) for f in others.figures):
        return None
    state = sorted(keys)[0]
    what = "was not freed of it" if over else "is not so"
    return Fault("condition", f"{names_of(mention.figures)}: {match[0].strip()} ({state}); the facts say that this {what}.")


def _has(reading: Reading, figure: Figure, keys: frozenset[str], over: bool) -> bool:
    ended = bool(figure.ended & keys)
    if over and ended:
        return True
    if figure.conditions & keys and not over:
        return True
    if over and figure.conditions & keys and not ended:
        return bool(re.search(r"not (?:yet )?(?:rid|let|pass)", reading.masked))
    if figure.kind == "hero" and "burning" in keys and figure.hits and "fire" in reading.facts.damage_types:
        return True
    types = {_OF_DAMAGE[k] for k in keys if k in _OF_DAMAGE}
    if bool(figure.hits) and bool(types & reading.facts.damage_types):
        return True
    if "asleep" in keys and (0 in figure.heals or figure.down):
        return True
    return "stunned" in keys and (figure.down or figure.fell)


def _adjectives(reading: Reading) -> Fault | None:
    """Adjectives of conditions that content has beyond the list: `Nell is soaked`."""
    known = {key for keys, _ in _STATES for key in keys}
    low = reading.masked.lower()
    for key, condition in reading.facts.content.conditions.items():
        adjective = condition.adjective.lower()
        if key in known or adjective not in low:
            continue
        match = re.search(rf"\bent\d+x (?:is|are|becomes?) (?:now )?{re.escape(adjective)}\b", low)
        if match is None or reading.unreal(match.start()):
            continue
        mention = next((m for m in reading.mentions if m.start == match.start()), None)
        if mention is not None and not any(key in f.conditions | f.ended for f in mention.figures):
            return Fault("condition", f"{names_of(mention.figures)} is not {adjective}.")
    return None
