"""The texts by which moderation is measured: benign ones, unwelcome ones, and what people do to words to get by."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PART = re.compile(r"\[(.+?)\]")
CYRILLIC = str.maketrans("aeopcxyiks", "аеорсхуікѕ")
LEET = str.maketrans("aeiost", "4310$7")
WIDE = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(ord("a"), ord("z") + 1)})


@dataclass(frozen=True, slots=True)
class Sample:
    """One unwelcome text: its category, where it stands, for whom, and what was done to it."""

    category: str
    where: str
    audience: str
    evasion: str
    text: str


def _each(word: str, between: str) -> str:
    return between.join(word)


EVASIONS: dict[str, Callable[[str], str]] = {
    "as it is": lambda part: part,
    "capitals": str.upper,
    "digits": lambda part: part.translate(LEET),
    "look-alikes": lambda part: part.translate(CYRILLIC),
    "wide": lambda part: part.translate(WIDE),
    "hidden": lambda part: _each(part, "\u200b"),
    "accents": lambda part: "".join(c + "\u0301" if c in "aeiou" else c for c in part),
    "dots": lambda part: " ".join(_each(word, ".") for word in part.split(" ")),
    "apart": lambda part: " ".join(_each(word, " ") for word in part.split(" ")) if " " not in part else part,
    "drawn out": lambda part: re.sub(r"([aeiou])", r"\1\1\1\1", part, count=1),
    "stars": lambda part: re.sub(r"(?<=\w)[aeiou](?=\w)", "*", part, count=1),
}
# What cannot be spelt apart: figures and addresses mean something else then.
AS_THEY_ARE = {"personal", "links"}


def benign() -> Iterator[str]:
    """The benign texts, one by one."""
    for line in (HERE / "benign.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "==")):
            yield line


def unwelcome() -> Iterator[Sample]:
    """Every unwelcome text as it is and in each disguise that it can wear."""
    for line in (HERE / "unwelcome.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        category, place, coded = line.split("|", 2)
        where, _, audience = place.partition(":")
        text = codecs.decode(coded, "rot13")
        part = PART.search(text)
        assert part is not None, f"no part in brackets: {line}"
        for name, change in EVASIONS.items():
            if name != "as it is" and (category in AS_THEY_ARE or not part[1].replace(" ", "").isalpha()):
                continue
            changed = change(part[1] if name == "capitals" else part[1].lower())
            if name not in ("as it is", "capitals") and changed == part[1].lower():
                continue
            yield Sample(category, where, audience or "teen", name, text.replace(part[0], changed))
