"""What goes wrong: Discord's error answers, and what Discord's own client would not let a person do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

UNKNOWN_CODES = {
    "Channel": 10003,
    "Guild": 10004,
    "Member": 10007,
    "Message": 10008,
    "Role": 10011,
    "User": 10013,
    "Emoji": 10014,
    "Webhook": 10015,
    "SKU": 10027,
    "Entitlement": 10029,
    "Interaction": 10062,
    "Application Command": 10063,
    "Guild Scheduled Event": 10070,
}


class Refused(Exception):
    """Discord's client would not let this person do that (a disabled button, an undeclared option ...)."""


class ContractMissing(Exception):
    """The published API description is needed here and is not there."""


class DiscordError(Exception):
    """An error answer of the REST API: HTTP status, Discord's code and its sentence."""

    def __init__(self, status: int, code: int, message: str, errors: dict[str, Any] | None = None) -> None:
        super().__init__(f"{status}/{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    def json(self) -> dict[str, Any]:
        """The body of the answer."""
        body: dict[str, Any] = {"message": self.message, "code": self.code}
        if self.errors is not None:
            body["errors"] = self.errors
        return body


@dataclass(frozen=True)
class FormProblem:
    """One thing that is wrong with a request's body, and where."""

    path: tuple[str | int, ...]
    code: str
    message: str

    def __str__(self) -> str:
        return f"{'/'.join(map(str, self.path)) or 'body'}: {self.message} ({self.code})"


@dataclass(frozen=True)
class Violation:
    """A body that breaks the contract. `kind` says whose: request (the bot's), response or event (ours)."""

    kind: str
    method: str
    where: str
    problem: str = field(default="")

    def __str__(self) -> str:
        return f"{self.kind} {self.method} {self.where}: {self.problem}"


class InvalidForm(DiscordError):
    """400 with code 50035 and Discord's nested `errors`, one `_errors` list per faulty place."""

    def __init__(self, problems: Iterable[FormProblem]) -> None:
        self.problems = list(problems)
        tree: dict[str, Any] = {}
        for problem in self.problems:
            node = tree
            for step in problem.path:
                node = node.setdefault(str(step), {})
            node.setdefault("_errors", []).append({"code": problem.code, "message": problem.message})
        super().__init__(400, 50035, "Invalid Form Body", tree)


class TooManyRequests(DiscordError):
    """429: come again in `retry_after` seconds. `scope` is "user" (a bucket), "shared" or "global"."""

    def __init__(
        self, retry_after: float, scope: str = "user", code: int | None = None, message: str | None = None
    ) -> None:
        super().__init__(429, code or 0, message or "You are being rate limited.")
        self.retry_after = round(retry_after, 3)
        self.scope = scope
        self._has_code = code is not None

    def json(self) -> dict[str, Any]:
        """The body of the answer; it has a code only where something other than a bucket is used up."""
        body = {
            "message": self.message,
            "retry_after": self.retry_after,
            "global": self.scope == "global",
        }
        return {**body, "code": self.code} if self._has_code else body

    def headers(self) -> dict[str, str]:
        """The headers of the answer."""
        headers = {"Retry-After": str(max(1, round(self.retry_after))), "X-RateLimit-Scope": self.scope}
        return {**headers, "X-RateLimit-Global": "true"} if self.scope == "global" else headers


def invalid(path: str, code: str, message: str) -> InvalidForm:
    """An `InvalidForm` with a single problem; `path` is dotted."""
    return InvalidForm([FormProblem(tuple(path.split(".")) if path else (), code, message)])


def unknown(what: str) -> DiscordError:
    """404 for a thing that does not exist, with the code that belongs to its kind."""
    return DiscordError(404, UNKNOWN_CODES[what], f"Unknown {what}")


def missing_access() -> DiscordError:
    """403 for a place that the bot cannot see."""
    return DiscordError(403, 50001, "Missing Access")


def missing_permissions() -> DiscordError:
    """403 for something that the bot's roles do not allow."""
    return DiscordError(403, 50013, "Missing Permissions")


def empty_message() -> DiscordError:
    """400 for a message without anything in it."""
    return DiscordError(400, 50006, "Cannot send an empty message")
