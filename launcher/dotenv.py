"""Reads the root's `.env` without a library, because the launcher runs before any is installed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from launcher.errors import LauncherError

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def parse_dotenv(text: str, name: str = ".env") -> dict[str, str]:
    """KEY=value lines; `#` comments, `export `, single quotes (literal) and double quotes (\\n, \\", \\\\).

    Raises LauncherError with file and line number for a line that is none of these.
    """
    values: dict[str, str] = {}
    for number, raw in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        line = line.removeprefix("export ").lstrip()
        key, equals, value = line.partition("=")
        key = key.strip()
        if not equals or not _KEY.match(key):
            raise LauncherError(
                f"{name}, line {number}: not of the form KEY=value.", "Mend or remove that line."
            )
        values[key] = _value(value.strip(), name, number)
    return values


def _value(text: str, name: str, number: int) -> str:
    if text[:1] in {"'", '"'}:
        quote = text[0]
        end = _closing(text, quote)
        if end < 0:
            raise LauncherError(f"{name}, line {number}: the quote {quote} is never closed.", "Close it.")
        inner = text[1:end]
        if quote == "'":
            return inner
        return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), inner)
    return re.split(r"(?:^|\s)#", text, maxsplit=1)[0].rstrip()


def _closing(text: str, quote: str) -> int:
    position = 1
    while position < len(text):
        if text[position] == "\\" and quote == '"':
            position += 2
            continue
        if text[position] == quote:
            return position
        position += 1
    return -1


def load_environment(root: Path, process_env: Mapping[str, str]) -> dict[str, str]:
    """The process environment over the `.env` file; an empty line in `.env` counts as unset."""
    path = root / ".env"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return dict(process_env)
    except (OSError, UnicodeDecodeError) as problem:
        raise LauncherError(
            f"cannot read {path}: {problem}.", "Make it a UTF-8 text file that you may read."
        ) from problem
    from_file = {key: value for key, value in parse_dotenv(text).items() if value}
    return {**from_file, **process_env}
