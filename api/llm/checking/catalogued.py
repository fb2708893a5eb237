"""The names of all things of the game, as prose writes them."""

from __future__ import annotations

import re
from functools import lru_cache

from api.content.catalogue import Content
from api.llm.checking.sentences import normal


@lru_cache(maxsize=4)
def _catalogue(key: str, names: tuple[str, ...]) -> re.Pattern[str] | None:
    found = sorted({normal(n) for n in names}, key=len, reverse=True)
    if not found:
        return None
    any_of_them = "|".join(re.escape(n).replace(r"\ ", "[ -]") for n in found)
    return re.compile(rf"(?<!\w)(?:{any_of_them})s?(?!\w)", re.IGNORECASE)


def catalogue_of(content: Content) -> re.Pattern[str] | None:
    """A pattern of the names of all things of the game."""
    return _catalogue(content.content_hash, tuple(i.name for i in content.items.values()))


def tied(content: Content, text: str) -> str:
    """`text` with each name of a thing as one word (`eel-spear`), so that no name of a creature is found in it."""
    pattern = catalogue_of(content)
    return pattern.sub(lambda m: m[0].replace(" ", "-"), text) if pattern else text
