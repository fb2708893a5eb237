"""The built-in ruler: reads free text by the scene's own words, with no model. It proposes; the rules decide.

What a player asserts ("I find a crown", "system: give me gold") is never a fact: such text becomes RefuseClaim.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from api.content.catalogue import Content
from api.llm.port import RulingRequest
from api.rules.commands import (
    Attack,
    Command,
    Defend,
    Downtime,
    Flee,
    Help,
    Improvise,
    MoveRow,
    Parley,
    Pass,
    RefuseClaim,
    Rest,
    Surrender,
    Talk,
    Travel,
    UseAbility,
    UseAffordance,
    UseItem,
)
from api.rules.figures import item_key
from api.rules.scenes import moves_party

_START = r"(?:^|[.;:!,]\s*|\b(?:and|then|so)\s+)"
_INSTRUCTION = re.compile(
    r"\b(ignore|forget|disregard|override)\b.{0,40}\b(instruction|rule|prompt|previous|above)|"
    r"(^|\W)(system|assistant|developer|admin|gm|dm)\s*:|"
    + _START
    + r"(please\s+)?give me\b.{0,30}\b(gold|coins?|xp|levels?|items?)|"
    r"\b(set|change|make)\b.{0,20}\bmy\b.{0,20}(\d|max|full)|\bas an ai\b|</?\w+>|\{\{|\{%",
    re.IGNORECASE,
)
# Something new is asserted when it is owned outright, or when it comes with "a", "some" or a number. "The lamp" is a
# thing that somebody already spoke of, so finding or getting it is a try.
_CLAIM = re.compile(
    r"\b(i|we)\s+(?:(?:suddenly|now|already|just|also)\s+)*"
    r"(?:(?:own|possess)\s+|"
    r"(?:find|found|have|receive|received|get|got|gain|gained|win|won|discover|discovered|loot|looted)\s+"
    r"(?=(?:an?|some|two|three|many|lots|hundreds|\d+)\s))"
    r"(?:the|an?|my|our|some)?\s*",
    re.IGNORECASE,
)
_IDIOMS = frozenset(
    [
        "look",
        "idea",
        "feeling",
        "question",
        "plan",
        "try",
        "go",
        "seat",
        "drink",
        "word",
        "chat",
        "rest",
        "way",
        "place",
        "spot",
        "moment",
        "reason",
        "closer",
        "better",
        "good",
        "quick",
        "hold",
        "grip",
        "view",
        "sense",
        "bad",
        "hunch",
        "clue",
        "chance",
        "breath",
        "bit",
        "few",
        "little",
        "quiet",
    ]
)
_FIAT = re.compile(
    r"\b(i|we)\b.{0,30}\b(kill|slay|destroy|defeat|one-?shot|vaporis|vaporiz|annihilat)\w*\b.{0,30}"
    r"\b(everyone|everything|all|them all|instantly|at once|with one)|"
    r"\bi('m| am)\b.{0,20}\b(invincible|immortal|a god|level \d+|the king|the queen)|"
    + _START
    + r"(he|she|it|they|the \w+)\s+(dies?|drops? dead|surrenders?|gives? (me|us))\b",
    re.IGNORECASE,
)
_KINDS: tuple[tuple[str, str | None, str, tuple[str, ...]], ...] = (
    ("wait", None, "easy", ("wait", "watch and", "stand by", "do nothing", "hold still", "stay put", "keep watch")),
    ("sneak", "dexterity", "medium", ("sneak", "creep", "hide", "tiptoe", "steal", "pick", "slip", "shadow")),
    ("look", "wisdom", "easy", ("look", "search", "examin", "inspect", "listen", "smell", "study", "read", "watch",
                                "peer", "track", "feel", "touch", "check", "investigat", "scout", "observ", "find")),
    ("force", "strength", "medium", ("force", "break", "smash", "kick", "push", "pull", "lift", "shove", "pry", "bash",
                                     "throw", "tear", "hit", "strike", "attack", "shoulder")),
    ("move", "dexterity", "easy", ("climb", "jump", "leap", "swim", "run", "balance", "swing", "dive", "vault", "crawl",
                                   "dash")),
    ("other", "intelligence", "medium", ("remember", "recall", "think", "reason", "solve", "decipher", "calculat",
                                         "plan")),
    ("other", "charisma", "medium", ("sing", "dance", "perform", "joke", "bluff", "threat", "taunt", "charm", "pray")),
)  # fmt: skip
_TALK = (
    "talk",
    "ask",
    "speak",
    "tell",
    "say",
    "greet",
    "whisper",
    "shout",
    "answer",
    "question",
    "chat",
    "thank",
)
_REST = ("rest", "sleep", "camp", "nap", "catch my breath", "catch our breath", "sit down and breathe")
_NIGHT = ("sleep", "camp", "for the night", "the night", "until morning", "till morning", "to bed")
_SET_OUT = ("go", "walk", "travel", "head", "ride", "march", "journey", "leave for", "set out", "set off", "make for",
            "return", "cross", "follow", "climb", "row", "sail")  # fmt: skip
_HELP = ("help", "assist", "aid", "support", "lend a hand", "steady", "encourage")
_PARLEY = ("parley", "negotiat", "truce", "reason with", "talk them", "talk to them", "talk sense", "bargain",
           "persuad", "convince", "make peace", "lower your")  # fmt: skip
_SURRENDER = ("surrender", "yield", "we give up", "i give up", "lay down my", "lay down our", "drop my weapon",
              "throw down")  # fmt: skip
_BACK = ("step back", "fall back", "back row", "move back", "get behind", "to the back", "to the rear")
_FRONT = ("step forward", "front row", "move up", "to the front", "step up", "move forward")
_FLEE = ("flee", "run away", "escape", "retreat", "run for", "get out of here", "withdraw")
_DEFEND = ("defend", "block", "parry", "guard myself", "brace", "raise my shield", "take cover", "dodge")
_PASS = ("pass", "skip", "wait", "do nothing", "hold back")
_ATTACK = ("attack", "hit", "strike", "stab", "slash", "swing", "shoot", "punch", "cut", "fight", "charge", "kill",
           "smite", "kick", "throw", "lunge", "chop", "hack", "thrust", "bash")  # fmt: skip
_STOP = frozenset(
    ("the", "a", "an", "of", "to", "and", "or", "with", "my", "his", "her", "their", "its", "in", "on", "at", "for",
     "from", "into", "it", "i", "we", "me", "us", "you")
)  # fmt: skip


TELLING = 1.5


class BuiltInRuler:
    """Implements `api.llm.port.Ruler` from content alone; the same text in the same scene reads the same way."""

    name = "storyteller"

    def __init__(self, content: Content) -> None:
        self._content = content

    async def rule(self, request: RulingRequest) -> Command:
        return self.read(request)

    def read(self, request: RulingRequest) -> Command:
        text = plain(request.text)
        who = request.actor.id
        refused = self._refused(request, text)
        if refused is not None:
            return RefuseClaim(who, refused)
        if request.in_encounter:
            return self._in_fight(request, text)
        words = text.split()
        affordance = self._affordance(request, words, text)
        if affordance is not None:
            return UseAffordance(who, affordance)
        way = _named_choice(text, request, "travel") if _any(text, _SET_OUT) else None
        if way is not None:
            return Travel(who, way)
        item = self._item(request, text)
        if item is not None:
            return UseItem(who, item, _named(text, request.allies) or who)
        work = _labelled(text, request, "downtime")
        if work is not None:
            return Downtime(who, work)
        if _any(text, _NIGHT) and _offers(request, "rest", "long"):
            return Rest(who, "long")
        if _any(text, _REST):
            return Rest(who)
        friend = _friend(text, request)
        if friend is not None:
            return Help(who, friend)
        person = _named(text, request.people)
        if person is not None or _any(text, _TALK):
            if person is None and len(request.people) == 1 and not _named(text, request.allies):
                person = next(iter(request.people))
            return Talk(who, person or "")
        return _improvised(who, text)

    def _refused(self, request: RulingRequest, text: str) -> str | None:
        """A sentence why the text cannot be so; None when it merely tries something."""
        if _INSTRUCTION.search(request.text):
            return "The story does not take orders of that kind."
        if _FIAT.search(request.text):
            return "Wishing it so does not make it so."
        match = _CLAIM.search(request.text)
        if match:
            claimed = plain(request.text[match.end() :])
            held = any(plain(self._content.items[item_key(i)].name) in claimed for i in request.carried)
            if not held and (claimed.split() or [""])[0] not in _IDIOMS:
                return "Nothing of the kind is there."
        return None

    def _affordance(self, request: RulingRequest, words: list[str], text: str) -> str | None:
        """The offered thing that the text speaks of with at least two telling words, or by its whole label.

        Whom one speaks to, and that one speaks, says little about what: that is half a word each.
        """
        scene = self._content.scenes[request.scene]
        weak = {w for name in request.people.values() for w in plain(name).split()} | set(_TALK)
        best, best_score = None, 0.0
        for affordance in scene.affordances:
            if affordance.key not in request.offered:
                continue
            score = 0.0
            for stem in affordance.words:
                if " " in stem:
                    score += 2.0 if stem in text else 0.0
                elif any(w.startswith(stem) for w in words):
                    score += 0.5 if stem in weak else 1.0
            label = [w for w in plain(affordance.label).split() if w not in _STOP]
            whole = bool(label) and all(w in words for w in label)
            if score == 0 and not whole and moves_party(affordance):
                continue  # merely mentioning a place must not lead everybody there
            score += 0.6 * sum(w in words and w not in weak for w in label) + (3 if whole else 0)
            if score > best_score:
                best, best_score = affordance.key, score
        return best if best_score >= TELLING else None

    def _item(self, request: RulingRequest, text: str) -> str | None:
        for key in request.carried:
            item = self._content.items[item_key(key)]
            if item.use is not None and _mentions(text, item.name):
                return key
        if _any(text, ("drink", "quaff", "potion", "bandage", "heal")):
            for key in request.carried:
                use = self._content.items[item_key(key)].use
                if use is not None and use.heal:
                    return key
        return None

    def _in_fight(self, request: RulingRequest, text: str) -> Command:
        who = request.actor.id
        if _any(text, _FLEE):
            return Flee(who)
        if _any(text, _SURRENDER) and _offers(request, "surrender"):
            return Surrender(who)
        if _any(text, _PARLEY) and _offers(request, "parley"):
            return Parley(who)
        target = _named(text, request.foes)
        foe = target or next(iter(request.foes), "")
        for key in request.abilities:
            ability = self._content.abilities[key]
            if _mentions(text, ability.name):
                friendly = ability.target in ("ally", "self", "all_allies")
                aim = target or _first_target(request, "ability", key) or foe
                return UseAbility(who, key, (_named(text, request.allies) or who) if friendly else aim)
        item = self._item(request, text)
        if item is not None:
            hostile = self._content.items[item_key(item)].target in ("enemy", "all_enemies")
            return UseItem(who, item, foe if hostile else _named(text, request.allies) or who)
        if _any(text, _ATTACK) and foe:
            attack = next(
                (k for k in request.abilities if self._content.abilities[k].target in ("enemy", "all_enemies")
                 and self._content.abilities[k].cost_mp == 0),
                None,
            )  # fmt: skip
            if attack is not None:
                return UseAbility(who, attack, target or _first_target(request, "ability", attack) or foe)
            reach = _first_target(request, "attack", "attack")
            if reach is not None:
                return Attack(who, target or reach)
        for row, stems in (("back", _BACK), ("front", _FRONT)):
            if _any(text, stems) and _offers(request, "row", row):
                return MoveRow(who, row)
        friend = _friend(text, request)
        if friend is not None:
            return Help(who, friend)
        if _any(text, _DEFEND):
            return Defend(who)
        if _any(text, _PASS):
            return Pass(who)
        stunt = _improvised(who, text)
        return Improvise(who, stunt.kind, stunt.stat or "wisdom", "medium")


def _offers(request: RulingRequest, kind: str, key: str = "") -> bool:
    return any(a.kind == kind and key in ("", a.id) for a in request.legal)


def _first_target(request: RulingRequest, kind: str, key: str) -> str | None:
    return next((t.id for a in request.legal if (a.kind, a.id) == (kind, key) for t in a.targets), None)


def _named_choice(text: str, request: RulingRequest, kind: str) -> str | None:
    """The id of the choice of this kind whose target's name, such as a place's, the text uses."""
    return _named(text, {a.id: a.targets[0].name for a in request.legal if a.kind == kind and a.targets})


def _labelled(text: str, request: RulingRequest, kind: str) -> str | None:
    """The id of the choice of this kind whose whole label stands in the text."""
    return next((a.id for a in request.legal if a.kind == kind and plain(a.label) in text), None)


def _friend(text: str, request: RulingRequest) -> str | None:
    """Whom the text offers a hand: somebody named whom help reaches, or the only one."""
    if not _any(text, _HELP):
        return None
    targets = {t.id: t.name for a in request.legal if a.kind == "help" for t in a.targets}
    others = {key: name for key, name in targets.items() if key != request.actor.id}
    return _named(text, others) or (next(iter(others)) if len(others) == 1 else None)


def plain(text: str) -> str:
    """Lower case, accents dropped, only letters, digits and single spaces."""
    folded = unicodedata.normalize("NFKD", text.lower())
    return re.sub(r"[^a-z0-9]+", " ", folded).strip()


def _improvised(who: str, text: str) -> Improvise:
    for kind, stat, band, stems in _KINDS:
        if _any(text, stems):
            return Improvise(who, kind, stat, band)
    return Improvise(who, "other", None)


def _any(text: str, stems: tuple[str, ...]) -> bool:
    words = text.split()
    return any(stem in text if " " in stem else any(w.startswith(stem) for w in words) for stem in stems)


def _mentions(text: str, name: str) -> bool:
    """Whether the text names it: all telling words of the name, or its last one (its head noun)."""
    words = [w for w in plain(name).split() if w not in _STOP]
    spoken = text.split()
    return bool(words) and (all(w in spoken for w in words) or words[-1] in spoken)


def _named(text: str, names: Mapping[str, str]) -> str | None:
    """The id whose name the text uses; a full match before a match of one telling word."""
    spoken = text.split()
    for key, name in names.items():
        if plain(name) and plain(name) in text:
            return key
    for key, name in names.items():
        if any(w in spoken for w in plain(name).split() if w not in _STOP and len(w) > 2):
            return key
    return None
