"""What every use case is given: the ports, wired once at start (`api/wiring.py`), and who is asking."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from api.assets.port import Assets, NoAssets
from api.clock import Clock
from api.content.catalogue import Content
from api.content.tiers import TierTable, standard_tiers
from api.errors import LostRace
from api.moderation.builtin import standard_moderator
from api.moderation.port import Moderator
from api.services.entitlements import Entitlements
from api.settings import Settings
from api.store.port import Conflict, Store

T = TypeVar("T")
ATTEMPTS = 12


class Publishing(Protocol):
    def wake(self, session_id: str, seq: int) -> None: ...
    def delta(self, session_id: str, turn_id: str, attempt: int, offset: int, text: str) -> None: ...
    def forget(self, session_id: str, turn_id: str, attempt: int) -> None: ...


class Outlook(Protocol):
    """How busy the game master is; `notice` is what a player should know of it, or None."""

    def notice(self) -> dict[str, Any] | None: ...


class Jobs(Protocol):
    def narrate(
        self,
        turn_id: str,
        attempt: int,
        *,
        session_id: str = "",
        sponsor_id: str = "",
        seq: int | None = None,
    ) -> bool: ...
    def is_waiting(self, turn_id: str, attempt: int) -> bool: ...
    def outlook(self) -> Outlook | None: ...
    def process_combat_round(self, session_id: str, occasion: str) -> bool: ...
    def finalize_combat(self, session_id: str, occasion: str) -> bool: ...
    def summarise(self, session_id: str, number: int) -> bool: ...
    def deliver_mail(self, mail_id: str, number: int) -> bool: ...
    def clean_logs(self, day: str, occasion: str) -> bool: ...
    def depths(self) -> dict[str, int]: ...


@dataclass(frozen=True, slots=True)
class Deps:
    store: Store
    content: Content
    clock: Clock
    publisher: Publishing
    jobs: Jobs
    settings: Settings
    tiers: TierTable = field(default_factory=standard_tiers)
    assets: Assets = field(default_factory=NoAssets)
    entitlements: tuple[Entitlements, ...] = ()  # sources of grants besides those that stand on the account
    moderator: Moderator = field(default_factory=standard_moderator)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking. A service on its own has no `user_id`; `provider` is web, discord or terminal.

    `login_id` names the sign-in that was shown, and is empty for somebody whom a service vouches for.
    """

    provider: str
    user_id: str | None
    name: str
    act_for: str = ""
    login_id: str = ""
    verified: bool = False  # signed in with an address that was confirmed
    tier: str = ""  # of a person, where it was found out with the account

    @property
    def is_service(self) -> bool:
        return self.user_id is None

    def require_user(self) -> str:
        """The account's id. The policy lets no service come this far, so that one here is a fault of ours."""
        if self.user_id is None:
            raise RuntimeError("a right that is not for services was given to one")
        return self.user_id


def retrying(attempt: Callable[[], T]) -> T:
    """Run a read-decide-commit step again when it lost a race, a bounded number of times. Raises LostRace."""
    for number in range(ATTEMPTS):
        try:
            return attempt()
        except Conflict:
            # Losers step aside a little longer each time, so that eight racers do not collide in lockstep.
            time.sleep(0.002 * number)
    raise LostRace("Too many people changed this at once; please try again.")
