"""What players read, in their language: English stands in the code, the other languages in `<language>.po` beside this.

`tr("The party")` is a text in the language that is spoken now; `speaking("de")` says which that is.
A new text needs nothing but its `tr`; `./coc texts` collects it and says which language lacks it (ADR 0030).
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent
SOURCE = "en"  # the language of the code
LANGUAGES = (SOURCE, *sorted(path.stem for path in FOLDER.glob("*.po")))
COMMAND = (
    "command"  # the context of command names, so that a name is not mistaken for the same word in a sentence
)

_spoken: ContextVar[str] = ContextVar("language", default=SOURCE)


def language_for(*locales: object) -> str:
    """The first of these that we speak, such as `de` for `de-AT`; English when there is none."""
    for locale in locales:
        try:
            found = Locale.parse(str(locale or ""), sep="-" if "-" in str(locale) else "_").language
        except (ValueError, UnknownLocaleError):
            continue
        if found in LANGUAGES:
            return str(found)
    return SOURCE


def spoken() -> str:
    """The language of the current task."""
    return _spoken.get()


def speak(language: str) -> None:
    """Say it in this language from now on, in the current task and those it starts. Raises ValueError."""
    if language not in LANGUAGES:
        raise ValueError(f"no language {language!r}; there are {', '.join(LANGUAGES)}")
    _spoken.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say it in this language inside the block. Raises ValueError for one that we do not speak."""
    before = _spoken.get()
    speak(language)
    try:
        yield
    finally:
        _spoken.set(before)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    path = FOLDER / f"{language}.po"
    if language == SOURCE:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def template(message: str) -> str:
    """The text with its `{placeholders}` as they are."""
    return _catalogue(_spoken.get()).gettext(message) if message else ""


def tr(message: str, **values: object) -> str:
    """The text in the language that is spoken, its `{placeholders}` filled."""
    text = template(message)
    return text.format(**values) if values else text


def trn(one: str, many: str, count: int, **values: object) -> str:
    """The text for this many; `{count}` may stand in it."""
    return _catalogue(_spoken.get()).ngettext(one, many, count).format(count=count, **values)


def trc(context: str, message: str) -> str:
    """A word that means something else elsewhere, such as a command's name."""
    return _catalogue(_spoken.get()).pgettext(context, message)


def N(message: str) -> str:
    """Marks a text that is chosen now and said later, with `tr`."""
    return message


def command(name: str) -> str:
    """`/campaign start` as Discord shows it to whoever reads this language."""
    return "/" + " ".join(trc(COMMAND, word) for word in name.split())


def names(rows: Sequence[str]) -> str:
    """Ana; Ana and Bo; Ana, Bo and Cy."""
    locale = "en_GB" if _spoken.get() == SOURCE else _spoken.get()
    return str(format_list(list(rows), locale=locale)) if rows else ""
