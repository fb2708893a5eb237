"""What somebody typed at the prompt: a number, a command, or what a hero does in the player's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("/help", "", "this list"),
    ("/look", "", "the scene, what threatens, and who is here"),
    ("/actions", "", "everything your hero could do now, numbered"),
    ("/party", "", "everyone at the table, and what each of them wants"),
    ("/sheet", "[SEAT]", "a hero's health, abilities and belongings"),
    ("/bag", "", "what your hero carries, and the party's cache"),
    ("/gear", "", "what your hero wears, and what every figure is made of"),
    ("/skills", "", "the skill tree, and what can be learnt"),
    ("/shop", "", "what is sold here, and what it costs"),
    ("/buy", "NAME [x2]", "buy something; /sell sells it"),
    ("/sell", "NAME [x2]", "sell something that is not worn"),
    ("/equip", "NAME", "wear or wield something; /unequip takes it off"),
    ("/unequip", "SLOT", "take off what is worn there"),
    ("/give", "NAME [x2] -> WHOM", "hand something over; /give 5 gold -> WHOM"),
    ("/drop", "NAME [x2]", "leave something in the party's cache; /take takes it"),
    ("/take", "NAME [x2]", "take something out of the party's cache"),
    ("/learn", "NAME", "spend skill points"),
    ("/respec", "", "give all skills back for gold"),
    ("/row", "front|back", "where your hero stands when a fight begins"),
    ("/journal", "", "quests, people, and what they think of you"),
    ("/lore", "NAME", "look closely at something that you carry or that is sold here"),
    ("/recap", "", "the story so far"),
    ("/memory", "[WORDS]", "what the story remembers; /memory help says how to pin, set right and forget"),
    ("/why", "[N]", "the dice and events behind each sentence of the last passage"),
    ("/retry", "", "the last passage in other words; the dice stay"),
    ("/correct", "[N:] TEXT", "say what was told wrongly, in sentence N"),
    ("/x", "[TOPIC]", "take the last passage back, at once and for any reason; nobody is told who did"),
    ("/lines", "[never|veil WORDS]", "what this table never tells, or only off-stage"),
    ("/usage", "", "how often the game master was asked today, and what it cost"),
    ("/say", "TEXT", "talk to your friends, out of character"),
    ("/roll", "2d6+3", "roll dice for fun; the game rolls its own"),
    ("/rest", "[long]", "your hero rests for an hour; long: the party stays the night"),
    ("/ready", "[N [M]]", "decide before your turn of a fight what to do in it; off forgets it"),
    ("/wait", "", "your hero lets this turn pass"),
    ("/seat", "N", "speak for seat N next; or begin a line with “N: ”"),
    ("/mode", "beats|ordered|free", "how turns go round the table"),
    ("/settings", "tone grim", "how the story is told: tone, length, rating, language"),
    ("/link", "[CODE]", "make this seat's account and your account on the website one"),
    ("/web", "", "a one-time address that opens your heroes in the browser"),
    ("/end", "", "end this adventure for everyone"),
    ("/quit", "", "leave; the story is kept and waits for you"),
)
NAMES = tuple(name for name, _, _ in COMMANDS)

_SEAT = re.compile(r"^([1-9][0-9]?)\s*:\s*(\S.*)$", re.DOTALL)
_NUMBER = re.compile(r"^([1-9][0-9]?)(?:\s+([1-9][0-9]?))?\.?$")


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty line: show the table again."""


@dataclass(frozen=True, slots=True)
class Number:
    """A choice from the list, and perhaps a target from that choice's list."""

    choice: int
    target: int | None = None


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A free-text action."""

    text: str


Meaning = Nothing | Number | Command | Words


@dataclass(frozen=True, slots=True)
class Typed:
    """`seat` is the number before a colon, None when the hero at the prompt is meant."""

    meaning: Meaning
    seat: int | None = None


def read(line: str, seats: int = 1) -> Typed:
    """`2: 1` is choice 1 for seat 2; a number before a colon that is no seat stays part of the words."""
    text = line.strip()
    match = _SEAT.match(text)
    if match and int(match[1]) <= seats:
        return Typed(_meaning(match[2].strip()), int(match[1]))
    return Typed(_meaning(text))


def _meaning(text: str) -> Meaning:
    if not text:
        return Nothing()
    number = _NUMBER.match(text)
    if number:
        return Number(int(number[1]), int(number[2]) if number[2] else None)
    if text.startswith("/") and len(text) > 1:
        name, _, rest = text.partition(" ")
        return Command(name.lower(), rest.strip())
    return Words(text)


def command_for(name: str) -> str | None:
    """The command that was meant: exactly, or by a beginning that fits only one (`/rec`)."""
    if name in NAMES:
        return name
    hits = [n for n in NAMES if n.startswith(name)]
    return hits[0] if len(hits) == 1 else None


def match(wanted: str, rows: Sequence[tuple[str, str]]) -> int | None:
    """Which of the (id, name) rows is meant: by id, else by the whole name, else by a part that only one name has."""
    low = wanted.strip().lower()
    for index, (ident, name) in enumerate(rows):
        if low in (ident.lower(), name.lower()):
            return index
    hits = [index for index, (_, name) in enumerate(rows) if low and low in name.lower()]
    return hits[0] if len(hits) == 1 else None


def pick(answer: str, names: Sequence[str]) -> int | None:
    """The index of a numbered or named answer among `names`; an empty answer takes the first."""
    text = answer.strip().lower()
    if not text:
        return 0 if names else None
    if text.isascii() and text.isdigit():
        index = int(text) - 1
        return index if 0 <= index < len(names) else None
    exact = [i for i, n in enumerate(names) if n.lower() == text]
    hits = exact or [i for i, n in enumerate(names) if text in n.lower()]
    return hits[0] if len({names[i].lower() for i in hits}) == 1 else None
