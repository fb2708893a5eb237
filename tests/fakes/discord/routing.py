"""Requests, answers and the table that leads one to the code for the other."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord.errors import FormProblem
from tests.fakes.discord.messages import Upload
from tests.fakes.discord.world import World


@dataclass(eq=False)
class Call:
    """One request of a bot and what became of it."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    files: list[Upload] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    status: int | None = None
    answer: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    """The rate-limit headers of the answer."""

    def __repr__(self) -> str:
        return f"<{self.method} {self.path} -> {self.status}>"


Answer = tuple[int, Any]
Handler = Callable[[World, Call], Answer]
Rules = Callable[[World, Call], Iterable[FormProblem]]
SchemaChoice = Callable[[World, Call], str | None]


@dataclass(frozen=True)
class Route:
    """One operation. `rules` are its hand-written checks, `schema` narrows a union in the description."""

    method: str
    template: str
    """The path with its parameters in braces."""
    pattern: re.Pattern[str]
    handler: Handler
    rules: Rules | None = None
    schema: SchemaChoice | None = None


class Routes:
    """A table of operations, filled by decorators."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def on(
        self, method: str, path: str, rules: Rules | None = None, schema: SchemaChoice | None = None
    ) -> Callable[[Handler], Handler]:
        """Register a handler for `GET /channels/{channel}` and the like."""
        pattern = re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "$")

        def register(handler: Handler) -> Handler:
            self._routes.append(Route(method, path, pattern, handler, rules, schema))
            return handler

        return register

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The operation for a path, and the path's parameters. Earlier entries win."""
        for route in self._routes:
            match = route.pattern.match(path)
            if route.method == method and match:
                return route, match.groupdict()
        return None

    def include(self, other: "Routes") -> None:
        """Add all operations of another table."""
        self._routes.extend(other._routes)
