"""Passwords: argon2id hashes, and which passwords are too easy to guess."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.errors import Invalid

SHORTEST, LONGEST = 10, 200
OWN_LIST = Path(__file__).parent / "weak_passwords.txt"
_SHA1_LINE = re.compile(rb"^[0-9A-Fa-f]{40}(:\d+)?\s*$")
_NO_WORD = re.compile(r"[\W_]+")
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
)
_LOOKALIKES = str.maketrans("013457@$!", "oieastasi")


class Passwords:
    """Hashes and checks. Every check costs one verification, also where there is nothing to check against."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        # Checked where no password is stored, so that an unknown address costs what a wrong password costs.
        self._decoy = self._hasher.hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        return self._hasher.hash(_same_form(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """False for None as well, after the same work."""
        try:
            self._hasher.verify(stored or self._decoy, _same_form(password))
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)


class PasswordPolicy:
    """Refuses what an attacker tries first. `more` is an operator's own list: plain lines, or the sorted SHA-1 lines
    (`HASH` or `HASH:count`) in which lists of breached passwords are published; the latter may be of any size."""

    def __init__(self, more: Path | None = None) -> None:
        """Raises ValueError when the operator's list cannot be read."""
        self._listed = set(_plain_lines(OWN_LIST))
        self._hashes: Path | None = None
        if more is not None:
            try:
                with more.open("rb") as file:
                    is_hashed = bool(_SHA1_LINE.match(file.readline(100)))
                if is_hashed:
                    self._hashes = more
                else:
                    self._listed |= set(_plain_lines(more))
            except (OSError, UnicodeDecodeError) as error:
                raise ValueError(f"PASSWORD_LIST: {more} cannot be read as text") from error

    def check(self, password: str, personal: Iterable[str | None] = (), field: str = "password") -> None:
        """`personal` are words of this person (address, name) that the password must not lean on. Raises Invalid."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise Invalid(field, f"must have {SHORTEST} to {LONGEST} characters")
        plain = _same_form(password).casefold()
        if len(set(plain)) < 5 or _is_run(plain):
            raise Invalid(field, "is a simple pattern; use a few words in a row")
        if self._is_listed(password, plain):
            raise Invalid(field, "is one that attackers try first; use a few words in a row")
        bare = _NO_WORD.sub("", plain)
        for text in filter(None, personal):
            words = [*_NO_WORD.split(text.casefold()), _NO_WORD.sub("", text.casefold())]
            if any(len(w) >= 4 and w in bare and len(bare) - len(w) < 8 for w in words):
                raise Invalid(field, "is too close to your name or address")

    def _is_listed(self, password: str, plain: str) -> bool:
        core = re.sub(r"[\W\d_]+$", "", plain)
        shapes = {plain, core, plain.translate(_LOOKALIKES), core.translate(_LOOKALIKES)}
        shapes |= {re.sub(r"\W+", "", shape) for shape in shapes}
        if shapes & self._listed or any(_is_doubled(shape, self._listed) for shape in shapes):
            return True
        return self._hashes is not None and is_in_sorted_hashes(self._hashes, password)


def is_in_sorted_hashes(path: Path, password: str) -> bool:
    """Binary search in a file of sorted SHA-1 lines, reading a few lines whatever its size."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with path.open("rb") as file:
        low, high = 0, file.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            file.seek(middle)
            if middle:
                file.readline()  # the rest of a line that begins earlier
            line = file.readline(200)[:40].upper()
            if not line or line > wanted:
                high = middle
            elif line < wanted:
                low = middle + 1
            else:
                return True
        file.seek(0)
        return file.readline(200)[:40].upper() == wanted


def _same_form(password: str) -> str:
    """The same keys pressed on another system may give other code points; they must be the same password."""
    return unicodedata.normalize("NFKC", password)


def _plain_lines(path: Path) -> Iterable[str]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            word = line.strip().casefold()
            if word and not word.startswith("# "):
                yield word


def _is_run(plain: str) -> bool:
    """Keys or letters in a row, forwards or backwards, once or again and again."""
    for row in _ROWS:
        for way in (row, row[::-1]):
            around = way * (len(plain) // len(way) + 2)
            if plain in around:
                return True
    return False


def _is_doubled(shape: str, listed: set[str]) -> bool:
    """`passwordpassword` is no better than `password`."""
    half = len(shape) // 2
    return len(shape) % 2 == 0 and shape[:half] == shape[half:] and shape[:half] in listed
