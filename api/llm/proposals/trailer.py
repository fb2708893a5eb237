"""Proposals in plain text, for models without tools: lines after the story that no player ever sees.

The line that begins the trailer, and all after it, is kept from the prose, whatever it holds; at most MOST_READ
characters of it are read, and at most as many proposals as are looked at anyway.
"""

from __future__ import annotations

import re

from api.llm.proposals.tools import LONGEST
from api.rules.proposals import KINDS, Proposal

MARK = "PROPOSE:"
MOST_READ = 600
MOST = 8
_DRESS = " \t*_`>#-\"'([{"  # what models put round a line
# A line opens the trailer by the mark, or by one of our kinds where no prose would hold it.
_OPENS = re.compile(
    r"[\s*_`>#\-\"'(\[{]*(?:propos(?:e|es|ed|al|als)\b\W{0,4}:|(?:" + "|".join(KINDS) + r")\b)", re.I
)
_LONGEST_OPENING = 48
_ONE = re.compile(
    r"\b("
    + "|".join(k.replace("_", r"[_ \-]?") for k in KINDS)
    + r")\b(?:[\s:=(,\"'`\[]|\bid\b)*([a-z][a-z0-9_]*)?"
    r"(?:[\s:=,\"'`]|\bamount\b|\bby\b)*([+\-−]?\d{1,3})?",
    re.I,
)


class Trailer:
    """Splits a streamed answer into prose and what stands after it."""

    def __init__(self) -> None:
        self._held = ""  # the line at hand, while it may still open the trailer
        self._open = True  # whether the line at hand may still open the trailer
        self._after: list[str] = []
        self._read = 0
        self._found = False

    def feed(self, text: str) -> str:
        """The prose in the next piece; what may belong to the trailer is held back until it is known."""
        if self._found:
            self._keep(text)
            return ""
        out = ""
        for piece in re.split(r"(\n)", text):
            out += self._piece(piece)
            if self._found and piece:
                continue
        return out

    def rest(self) -> str:
        """What was held back and turned out to be prose, once the answer is over."""
        held, self._held = self._held, ""
        return held

    def proposals(self) -> list[Proposal]:
        """What the trailer proposes; empty when there was none or it cannot be read."""
        return read_trailer("".join(self._after))

    def _piece(self, piece: str) -> str:
        if self._found:
            self._keep(piece)
            return ""
        if piece == "\n":
            held, self._held, self._open = self._held, "", True
            return held + piece
        if not self._open:
            return piece
        self._held += piece
        if _OPENS.match(self._held):
            self._found = True
            self._keep(self._held)
            self._held = ""
            return ""
        if len(self._held) < _LONGEST_OPENING and _may_open(self._held):
            return ""
        held, self._held, self._open = self._held, "", False
        return held

    def _keep(self, text: str) -> None:
        room = MOST_READ - self._read
        if room > 0:
            self._after.append(text[:room])
            self._read += min(len(text), room)


def _may_open(line: str) -> bool:
    """Whether more text could still make this the first line of a trailer."""
    bare = line.lstrip(_DRESS).lower()
    words = ("propose:", "proposes:", "proposed:", "proposal:", "proposals:", *KINDS)
    if any(word.startswith(bare) for word in words):
        return True
    head = re.sub(r"\W+$", "", bare)  # `**Proposal** :`
    return head in ("propose", "proposes", "proposed", "proposal", "proposals")


def read_trailer(text: str) -> list[Proposal]:
    """The proposals in a trailer, in order, however they are dressed. What names no kind of ours is left out, but for
    a line with the mark: its first word counts as the kind, so that it is refused by name."""
    found: list[Proposal] = []
    for line in text[:MOST_READ].splitlines():
        hits = list(_ONE.finditer(line))
        for hit in hits:
            kind = re.sub(r"[ \-]", "_", hit[1].lower())
            known = next((k for k in KINDS if k.replace("_", "") == kind.replace("_", "")), kind)
            amount = int((hit[3] or "0").replace("−", "-"))
            found.append(Proposal(known, (hit[2] or "")[:LONGEST].lower(), amount))
        marked = re.match(rf"[{re.escape(_DRESS)}]*propos\w*\W+(\w+)(?:\W+(\w+))?", line, re.I)
        if not hits and marked and marked[1].lower() not in ("none", "nothing", "no"):
            found.append(Proposal(marked[1][:LONGEST], (marked[2] or "")[:LONGEST]))
    return found[:MOST]
