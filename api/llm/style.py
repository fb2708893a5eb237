"""How a session is told: tone, length, content rating and language, as its host chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

# What each choice asks of whoever tells; one sentence that goes into the prompt.
TONES: Mapping[str, str] = {
    "heroic": "Heroic: brave deeds told with warmth and breath; danger is real, and courage is worth something.",
    "grim": "Grim: sparing, cold and physical; hope is small and dearly paid for. No gore for its own sake.",
    "wry": "Wry: dry and exact, the odd thing told with a straight face; nobody is made a fool of.",
    "cosy": "Cosy: small warm things noticed first; dangers frighten without cruelty, and people are mostly kind.",
}
RATINGS: Mapping[str, str] = {
    "everyone": "For everyone, children too: no blood, no cruelty, no swearing, nothing sexual; foes flee or sleep.",
    "teen": "For teenagers and up: fights hurt and people may die, without gore; no strong swearing, nothing sexual.",
    "mature": "For adults: harm and horror may be told plainly, never for their own sake; nothing sexual in detail.",
}
LENGTHS: Mapping[str, Mapping[str, int]] = {
    # Words at most: one action of a fight, a turn of one with its answers, a beat, an opening or turning point.
    "short": {"action": 30, "combat": 50, "beat": 75, "big": 130},
    "normal": {"action": 40, "combat": 70, "beat": 120, "big": 200},
    "long": {"action": 40, "combat": 70, "beat": 120, "big": 200},
}
FULLNESS: Mapping[str, str] = {
    "short": "Short: the facts and one telling detail; leave the rest out.",
    "normal": "Normal: tell what matters, and stop.",
    "long": "Long: use the words that you are given; dwell on place, people and what it is like to be there.",
}
LANGUAGES: Mapping[str, str] = {
    "en": "English", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch",
    "pl": "Polish", "pt": "Portuguese",
}  # fmt: skip
CHOICES: Mapping[str, Mapping[str, Any]] = {
    "tone": TONES, "length": LENGTHS, "rating": RATINGS, "language": LANGUAGES,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """The settings of one session. Every value is a key of `CHOICES`."""

    tone: str = "wry"
    length: str = "normal"
    rating: str = "teen"
    language: str = "en"

    def to_json(self) -> dict[str, str]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any] | None) -> Style:
        """What a session keeps; a session without settings, or with a choice that is gone, has the standard one."""
        known = {k: v for k, v in (raw or {}).items() if k in CHOICES and v in CHOICES[k]}
        return cls(**known)

    def words(self, kind: str) -> int:
        """The most words of a passage: of an `action`, `combat`, a `beat`, or something `big`."""
        return LENGTHS[self.length][kind]
