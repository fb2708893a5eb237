"""A moderation service asked over HTTP after the lists, and what is done when it does not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import structlog

from api.moderation.port import (
    Action,
    Audience,
    Category,
    ModerationUnavailable,
    Moderator,
    Verdict,
    Where,
)

log = structlog.get_logger()

SECONDS = 2.0  # that a player waits for it
# What holds when it does not answer in time: the lists have looked already, so that play goes on. A correction of the
# memory stays for good and can wait a minute.
GOES_ON: dict[Where, bool] = {"action": True, "chat": True, "name": True, "memory": False, "prose": True}
# Prose is checked sentence by sentence while it is written: no network call fits between two of them.
ASKED_ABOUT: frozenset[Where] = frozenset({"action", "chat", "name", "memory"})
# The categories of common services, as ours; what is not named here is left to the lists.
KNOWN: dict[str, Category] = {
    "hate": "hate", "hate/threatening": "hate", "harassment": "harassment", "harassment/threatening": "harassment",
    "sexual": "sexual", "sexual/minors": "minors", "self-harm": "self_harm", "self-harm/intent": "self_harm",
    "self-harm/instructions": "self_harm", "violence/graphic": "gore",
}  # fmt: skip
IN_PLAY: frozenset[str] = frozenset({"harassment", "harassment/threatening", "violence", "violence/graphic"})


class HttpModerator:
    """Implements the port with a service that takes `{"input": text}` and answers
    `{"results": [{"categories": {name: bool}}]}`, as the widespread ones do.

    Heroes threaten goblins: what the service calls harassment or violence counts in chat and names alone.
    """

    name = "provider"

    def __init__(
        self,
        url: str,
        key: str,
        policy: Mapping[tuple[Category, Audience], Action],
        *,
        seconds: float = SECONDS,
    ) -> None:
        head = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(headers=head, timeout=seconds, follow_redirects=False)
        self._url = url
        self._policy = policy

    def look(self, text: str, where: Where, audience: Audience) -> Verdict:
        """Raises ModerationUnavailable."""
        if where not in ASKED_ABOUT:
            return Verdict()
        try:
            answer = self._client.post(self._url, json={"input": text})
            answer.raise_for_status()
            flagged = _flagged(answer.json())
        except (httpx.HTTPError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise ModerationUnavailable(type(error).__name__) from None
        worst = Verdict()
        for name in flagged:
            category = KNOWN.get(name)
            if category is None or (name in IN_PLAY and where not in ("chat", "name")):
                continue
            action = self._policy[category, audience]
            if action == "refuse" or (action == "soften" and worst.action == "allow"):
                # It names no part: softening would leave nothing, so that is refused, too.
                worst = Verdict("refuse", category, 0, len(text))
        return worst

    def close(self) -> None:
        self._client.close()


def _flagged(body: Any) -> list[str]:
    """The names of the categories that the service found. Raises for an answer of another shape."""
    found: dict[str, bool] = body["results"][0]["categories"]
    return [name for name, is_so in found.items() if is_so is True]


class Moderators:
    """Several in order: the first that does not allow a text decides; one that cannot be asked is passed over,
    or stops the text, as the place says (`GOES_ON`)."""

    name = "moderators"

    def __init__(self, moderators: Sequence[Moderator]) -> None:
        self._moderators = tuple(moderators)

    def look(self, text: str, where: Where, audience: Audience) -> Verdict:
        """Raises ModerationUnavailable where a text cannot wait unseen."""
        for moderator in self._moderators:
            try:
                verdict = moderator.look(text, where, audience)
            except ModerationUnavailable as error:
                log.warning("moderator_unavailable", moderator=moderator.name, where=where, why=str(error))
                if not GOES_ON[where]:
                    raise
                continue
            if verdict.action != "allow":
                return verdict
        return Verdict()
