"""Cuts prose into sentences, whatever quotation marks it uses, and finds what is spoken in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST_SENTENCE = 700  # characters; what runs on longer without an end is no prose
LONGEST_SPEECH = 300  # characters; a quotation that is open for longer was probably never closed
# These end with a full stop without ending a sentence.
_SHORTENED = re.compile(
    r"(?:^|[\s(\"“„«])(?:Mr|Mrs|Ms|Messrs|Dr|St|Sr|Jr|No|vs|etc|Capt|Lt|Sgt|Col|Gen|Prof|Rev|Hon|Mme|Mlle"
    r"|approx|ca|cf|e\.g|i\.e|a\.m|p\.m|[A-Z])\.$"
)
_END = re.compile(r"[.!?…]+[\"”“’'»«)\]*_]*(?=\s)")
_FINISHED = re.compile(r"[.!?…][\"”“’'»«)\]*_]*$")
_BREAK = re.compile(r"\n[ \t]*\n\s*")
_MARKS = "\"”“’'»«"
# `Ann calls`, `the old woman says`: words that belong to the quotation before them.
_SPEAKER = re.compile(
    r"(?:[\w’'-]+ )?[\w-]+['’]s (?:\w+ )?(?:voice|words?|answer|reply|whisper|shout)\b"
    r"|(?:[Tt]he |[Aa]n? )?(?:[\w'’.-]+ ){1,3}(?:(?:\w+ly|then|back) )?(?:say|ask|call|"
    r"cr(?:y|ie)|shout|whisper|murmur|mutter|repl(?:y|ie)|answer|tell|scream|yell|growl|"
    r"hiss|add|beg|plead"
    r"|announce|declare|snap|snarl|bark|roar|demand|insist|warn|laugh|sigh|breathe|bellow|"
    r"rasp|croak|grunt|call)(?:s|es|d|ed)?\b"
)
# What opens a quotation, and what may close it. German quotes close with the mark that English opens with.
_CLOSES = {"“": "”", "„": '“”"', "«": "»", "»": "«", "‘": "’", "‚": "‘’"}


def spoken(text: str) -> tuple[list[tuple[int, int]], bool]:
    """The outermost quotations of `text` as (start, end) with their marks, and whether the last one is open."""
    found: list[tuple[int, int]] = []
    stack: list[tuple[str, int]] = []  # how each is closed, and where it began
    for i, char in enumerate(text):
        if stack and _closes(text, i, char, stack[-1][0]):
            closing, start = stack.pop()
            if not stack:
                found.append((start, i + 1))
        elif char in _CLOSES and not _apostrophe(text, i) and not (char == "»" and not _opens(text, i)):
            stack.append((_CLOSES[char], i))
        elif (char == '"' or (char == "'" and _opens(text, i))) and (
            not stack or stack[-1][0] not in ('"', "'") or _opens(text, i)
        ):
            stack.append((char, i))
    # An apostrophe that looked like an opening mark ('tis) opens nothing.
    real = [s for s in stack if text[s[1]] != "'"]
    if real:
        found.append((real[0][1], len(text)))
    return found, bool(real)


def _closes(text: str, i: int, char: str, closing: str) -> bool:
    if char not in closing:
        return False
    if char in "'’":
        return not _apostrophe(text, i) and not _elided(text, i)
    return True


def _elided(text: str, i: int) -> bool:
    """The apostrophe of `the brothers' boat`, which closes nothing: a small letter follows and no stop came before."""
    before = text[i - 1 : i]
    after = text[i + 1 : i + 3].lstrip()
    return before == "s" and after[:1].islower()


def _apostrophe(text: str, i: int) -> bool:
    return text[i - 1 : i].isalnum() and text[i + 1 : i + 2].isalnum()


def _opens(text: str, i: int) -> bool:
    return (i == 0 or text[i - 1] in ' \n\t(—–-“„«"') and text[i + 1 : i + 2].strip() != ""


def quoting(text: str) -> bool:
    """Whether a quotation is still open at the end of `text`."""
    return spoken(text)[1]


def closes(text: str) -> bool:
    """Whether `text` ends where prose may pause: at a stop, or at a colon or dash before what follows."""
    return bool(_FINISHED.search(text)) or text.rstrip()[-1:] in ":—–;"


def is_finished(text: str) -> bool:
    """Whether `text` ends as a sentence does, outside any open quotation."""
    return bool(_FINISHED.search(text)) and not quoting(text)


class SentenceSplitter:
    """Cuts a growing text into finished sentences; an empty one stands for a paragraph break.

    A sentence ends at its stop once the next word has begun with anything but a small letter, and not while a
    quotation is open: whatever is cut off later, what was given out is whole.
    """

    def __init__(self) -> None:
        self._text = ""
        self._begun = False

    @property
    def runs_on(self) -> bool:
        """Whether what is pending is too long to be a sentence."""
        return len(self._text) > LONGEST_SENTENCE

    @property
    def pending(self) -> bool:
        """Whether the text broke off within a sentence; look before `rest`."""
        last = " ".join(self._text.split())
        return bool(last) and not is_finished(last)

    def feed(self, text: str) -> list[str]:
        """The sentences that `text` finishes. A heading or a preface before the first one is dropped."""
        self._text = (self._text + text).lstrip()
        found: list[str] = []
        while (cut := self._next_cut()) is not None:
            end, start, paragraph = cut
            sentence = " ".join(self._text[:end].split())
            self._text = self._text[start:]
            if _FINISHED.search(sentence) or (self._begun and any(c.isalnum() for c in sentence)):
                self._begun = True
                found.append(sentence)
            if paragraph and self._begun:
                found.append("")
        return found

    def rest(self) -> list[str]:
        """What is left when no more text comes, as far as it is finished; forgets the rest."""
        found: list[str] = []
        while (cut := self._next_cut(whole=True)) is not None:
            found.append(" ".join(self._text[: cut[0]].split()))
            self._text = self._text[cut[1] :]
        last, self._text = " ".join(self._text.split()), ""
        return found + [last] if is_finished(last) else found

    def _next_cut(self, *, whole: bool = False) -> tuple[int, int, bool] | None:
        """Where the next sentence ends, where the following one starts, and whether a paragraph lies between.

        Who speaks may stand behind a quotation (`"Run!" Ann calls.`): as long as those words have not come, unless
        the text is `whole`, the cut waits.

        Only as much is looked at as a sentence may be long, so that a flood costs no more than its length.
        """
        text = self._text[: LONGEST_SENTENCE + 100]
        broken = _BREAK.search(text)
        for match in _END.finditer(text, 0, broken.start() + 1 if broken else len(text)):
            following = text[match.end() :].lstrip()
            if not following:
                return None
            if broken is not None and match.end() >= broken.start():
                break
            head = text[: match.end()]
            inside = len(head) < LONGEST_SPEECH and quoting(head)
            if head[-1] in _MARKS and not inside and (broken is None or len(head) + 40 < broken.start()):
                if _SPEAKER.match(following):
                    continue
                if not whole and len(following.split()) < 6 and not _END.search(following + " "):
                    return None
            if not following[0].islower() and not _SHORTENED.search(head) and not inside:
                return match.end(), len(text) - len(following), False
        if broken is not None and broken.end() < len(text):
            return broken.start(), broken.end(), True
        return None


def split(text: str) -> list[str]:
    """The finished sentences of a whole text, "" between paragraphs."""
    splitter = SentenceSplitter()
    found = splitter.feed(text + "\n")
    return found + splitter.rest()


def normal(text: str) -> str:
    """Lower case, straight marks, single blanks: for comparing what two sentences say."""
    straight = text.translate(_STRAIGHT).lower()
    return " ".join(straight.split())


_STRAIGHT = str.maketrans(
    {"’": "'", "‘": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "—"}
)


def words(text: str) -> list[str]:
    """Lower-case words of a text, possessives dropped."""
    return [w[:-2] if w.endswith("'s") else w for w in _WORDS.findall(normal(text))]


_WORDS = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def joined(parts: Sequence[str]) -> str:
    """Sentences to one text; an empty one is a paragraph break."""
    paragraphs: list[list[str]] = [[]]
    for part in parts:
        if part:
            paragraphs[-1].append(part.strip())
        elif paragraphs[-1]:
            paragraphs.append([])
    return "\n\n".join(" ".join(p) for p in paragraphs if p)
