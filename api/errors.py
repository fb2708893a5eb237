"""Refusals that reach people: a stable code, an HTTP status, a sentence and what would be legal instead."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """Base of every refusal that a service raises on purpose. `details` may hold field, legal, current_turn."""

    code = "internal"
    status = 500

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class Invalid(ApiError):
    """A value that cannot be used. `field` names it."""

    code, status = "invalid", 422

    def __init__(self, field: str, problem: str, **details: Any) -> None:
        super().__init__(f"{field}: {problem}", field=field, problem=problem, **details)


class BadDiceExpression(Invalid):
    """A dice expression that cannot be read or is too large; `details` show where, and what was probably meant."""

    code = "bad_dice"


class NotFound(ApiError):
    code, status = "not_found", 404

    def __init__(self, what: str = "that") -> None:
        super().__init__(f"There is no {what} here that you may see.")


class Unauthenticated(ApiError):
    code, status = "unauthenticated", 401


class Forbidden(ApiError):
    code, status = "forbidden", 403


class ScopeMissing(ApiError):
    code, status = "scope", 403


class Banned(ApiError):
    """Shut out by an operator; the message says why and until when."""

    code, status = "banned", 403

    def __init__(self, reason: str, until: str | None) -> None:
        end = f"until {until[:16].replace('T', ', ')} UTC" if until else "for good"
        super().__init__(f"You are shut out of this game {end}: {reason}", reason=reason, until=until)


class TierNeeded(ApiError):
    """Something that the asker's tier does not have; `details.enough` are the tiers that do."""

    code, status = "tier_needed", 403


class EmailUnverified(ApiError):
    """The password was right, but nobody has used the link that was sent to the address."""

    code, status = "email_unverified", 403


class CrossSite(ApiError):
    """A browser sent a write that this website's own pages did not make."""

    code, status = "csrf", 403


class RateLimited(ApiError):
    """Too many tries; `retry_after` is in whole seconds and stands in the details and the Retry-After header."""

    code, status = "rate_limited", 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many tries. Wait {retry_after} s and try again.", retry_after=retry_after)
        self.retry_after = retry_after


class Gone(ApiError):
    code, status = "gone", 410


class Unavailable(ApiError):
    code, status = "unavailable", 503


class NoMail(ApiError):
    """What needs a letter, on an installation that sends none; trying again does not help."""

    code, status = "no_mail", 409


class NoFiles(ApiError):
    """A file is to be kept, on an installation that keeps none; trying again does not help."""

    code, status = "no_files", 409


class LostRace(ApiError):
    code, status = "conflict", 409


class StaleRevision(ApiError):
    """`If-Match` named a revision that is no longer the present one; `details.revision` is."""

    code, status = "stale_revision", 412


class IdempotencyMismatch(ApiError):
    code, status = "idempotency_mismatch", 422


class BadJson(ApiError):
    code, status = "bad_json", 400


class TooLarge(ApiError):
    code, status = "too_large", 413


class GameRefusal(ApiError):
    """The game says no, and the table goes on. The code is given, since the rules bring theirs along."""

    status = 409

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.code = code
