"""What players may ask a table to leave out: topics, with the words by which code knows that a sentence touches one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.content.definitions.base import Definition, Line, Name

Word = Annotated[str, Field(min_length=2, max_length=40, pattern=r"^[a-z][a-z' -]*\*?$")]


class SafetyDef(Definition):
    """A topic of lines and veils.

    `words` mention it and `shows` describe it on stage: a line stops both, a veil the second. A word counts with its
    usual endings (`spider` also finds `spiders`), one with a star with any (`tortur*`). Where there is `near`, `words`
    count only in a sentence that has one of those as well. `but` are phrases that look like it and mean something else;
    they are not counted.
    """

    name: Name
    summary: Line
    words: tuple[Word, ...] = Field(min_length=1, max_length=120)
    shows: tuple[Word, ...] = Field((), max_length=120)
    near: tuple[Word, ...] = Field((), max_length=120)
    but: tuple[Word, ...] = Field((), max_length=60)
