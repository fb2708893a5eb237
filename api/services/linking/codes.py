"""One-time codes that people read off one screen and type on another: short, short-lived, kept as hashes, used once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from api.clock import seconds_until
from api.errors import Invalid
from api.identity.logins import digest
from api.identity.throttle import Limit, Mark, Throttle, network
from api.services.deps import Actor, Deps
from api.store.port import Change, Delete, Document, Insert, Query

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no letter that reads like a digit or another letter
LENGTH = 8  # 40 bits, tried at most some dozen times an hour
CODE_SECONDS = 600

GIVEN = Limit("link-codes", free=5, first=60, longest=900)
TRIED = Limit("link-tries", free=5, first=5, longest=900)
TRIED_FROM = Limit("link-tries-source", free=20, first=5, longest=900)
# All users of a service come from one place: nobody may shut the others out by guessing, and nobody guesses for long.
TRIED_BY_SERVICE = Limit("link-tries-service", free=300, first=1, longest=30)
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was found good: whose it is, and the change that uses it up."""

    user_id: str
    use: Delete


def give_code(deps: Deps, user_id: str) -> str:
    """A fresh code for this account; codes of before end. Raises RateLimited."""
    Throttle(deps.store, deps.clock).take([Mark(GIVEN, user_id)])
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    body = {
        "purpose": "link", "user_id": user_id, "epoch": 0, "facts": {},
        "expires_at": deps.clock.iso(after=CODE_SECONDS),
    }  # fmt: skip
    deps.store.commit([*_earlier(deps, user_id), Insert("one_time_tokens", _id(code), body)])
    return f"{code[:4]}-{code[4:]}"


def find_code(deps: Deps, actor: Actor, typed: str, source: str) -> Code:
    """The code that somebody typed. Every try counts, for the account and for the place or service it comes from.

    Raises Invalid alike for a code that never was, has expired or was used; RateLimited.
    """
    throttle = Throttle(deps.store, deps.clock)
    place = Mark(TRIED_FROM, network(source)) if actor.login_id else Mark(TRIED_BY_SERVICE, actor.provider)
    marks = [Mark(TRIED, actor.require_user()), place]
    throttle.take(marks)
    row = deps.store.get("one_time_tokens", _id(_read(typed)))
    if (
        row is None
        or row.body["purpose"] != "link"
        or seconds_until(row.body["expires_at"], deps.clock.now()) <= 0
    ):
        raise Invalid("code", "is not valid; ask for a new one on the other side")
    throttle.succeeded(marks[:1], marks[1:])
    return Code(row.body["user_id"], Delete("one_time_tokens", row.id, row.revision))


def _read(typed: str) -> str:
    """The code as it was given, whatever spaces, dashes and small letters somebody types."""
    return typed.upper().translate(_READ_AS).replace("-", "").replace(" ", "")[:LENGTH]


def _id(code: str) -> str:
    return digest(f"link|{code}")


def _earlier(deps: Deps, user_id: str) -> list[Change]:
    rows: tuple[Document, ...] = deps.store.query(
        Query("one_time_tokens", {"user_id": user_id}, limit=40)
    ).items
    return [Delete("one_time_tokens", r.id, r.revision) for r in rows if r.body["purpose"] == "link"]
