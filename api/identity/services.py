"""Service tokens and what each may do: a token without a scope is refused, whatever its holder claims."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from api.settings import Settings

FORWARD = "forward:client"  # say from where, and with what browser, the visitor of a website comes


@dataclass(frozen=True, slots=True)
class Service:
    """`provider` is whose users it speaks for; empty for one that speaks for nobody."""

    provider: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        return scope in self.scopes


def services(settings: Settings) -> dict[str, Service]:
    """The services of this installation by token; those without a token do not exist."""
    known = {
        settings.bot_service_token: Service("discord", frozenset({"act-for:discord", "serve:discord"})),
        settings.terminal_service_token: Service(
            "terminal", frozenset({"act-for:terminal", "serve:terminal"})
        ),
        settings.web_service_token: Service("", frozenset({FORWARD})),
    }
    return {token: service for token, service in known.items() if token}


def service_of(settings: Settings, token: str) -> Service | None:
    """Whose token that is. Every known one is compared, in constant time."""
    found = None
    for known, service in services(settings).items():
        if hmac.compare_digest(known.encode(), token.encode()):
            found = service
    return found
