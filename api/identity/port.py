"""The sign-in port: what the rest of the API asks of whoever keeps accounts, and the words for it.

`local.py` is the built-in adapter. Another one (Appwrite Auth) offers the same methods and raises the same errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Ban:
    """Why somebody may not come in, and until when; None: for good. The reason is shown to them."""

    reason: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Who somebody is. `email` is None for an account that a service vouched for and nobody linked yet.

    `epoch` counts up whenever everything that was handed out for the account (sign-ins, links in letters, known
    devices) must end at once; what carries an older one is void. `ban` may be one that has run out, and
    so may `grants` (of tiers, as JSON).
    """

    id: str
    name: str
    email: str | None
    verified: bool = False
    epoch: int = 0
    ban: Ban | None = None
    grants: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: its network address, what it says of its browser, and its device token if any."""

    source: str = ""
    agent: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """One sign-in as its owner may see it. `id` names it and opens nothing."""

    id: str
    account: Account
    device: str
    created_at: str
    last_seen_at: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh sign-in: the bearer token, its life in seconds, and the token by which this device is known later."""

    account: Account
    token: str
    seconds: int
    device: str


class Identity(Protocol):
    """Accounts, sign-ins and the links that letters carry. Addresses that are unknown are answered like known ones."""

    def register(self, email: str, password: str, name: str | None, client: Client) -> None:
        """Ask for an account; a letter says how it goes on. Raises Invalid, RateLimited."""
        ...

    def sign_in(self, email: str, password: str, *, remember: bool, client: Client) -> SignedIn:
        """Raises Unauthenticated (unknown address and wrong password alike), EmailUnverified, RateLimited."""
        ...

    def confirm(self, token: str) -> Account:
        """Use the link of a confirmation letter, once. Raises Invalid."""
        ...

    def forgot(self, email: str, client: Client) -> None:
        """Ask for a reset letter. Raises Invalid for what is no address, RateLimited."""
        ...

    def reset(self, token: str, password: str) -> str:
        """Use the link of a reset letter, once; every sign-in ends. Returns a token for this device. Raises Invalid."""
        ...

    def change_password(self, login: Login, current: str, new: str, client: Client) -> None:
        """Every other sign-in ends. Raises Invalid, RateLimited."""
        ...

    def change_email(self, login: Login, password: str, email: str, client: Client) -> None:
        """Ask for a letter to the new address; the old one stays until its link is used.

        Raises Invalid, RateLimited.
        """
        ...

    def prove(self, login: Login, password: str) -> None:
        """Whoever holds a sign-in knows its password, too. Raises Invalid on field `password`, RateLimited."""
        ...

    def browser_link(self, account: Account) -> tuple[str, int]:
        """A link that signs a browser in as this account, once, and its life in seconds. Raises RateLimited."""
        ...

    def browser_link_owner(self, token: str) -> Account:
        """Whom such a link would sign in; it stays good. Raises Invalid."""
        ...

    def use_browser_link(self, token: str, client: Client) -> SignedIn:
        """Sign in by such a link, once. Raises Invalid, Banned."""
        ...

    def login_of_token(self, token: str, *, note: bool = True) -> Login | None:
        """The open sign-in of a token. Without `note` nothing remembers that it was used now."""
        ...

    def logins(self, account: Account) -> list[Login]:
        """All that are open, the latest first."""
        ...

    def close_login(self, token: str) -> None: ...

    def revoke(self, account: Account, login_id: str) -> bool:
        """End one sign-in of this account; False when it has none of that id."""
        ...

    def revoke_all(self, account: Account, *, keep: str | None = None) -> None:
        """End every sign-in at once, but for the one whose id is `keep`."""
        ...

    def account(self, account_id: str) -> Account | None: ...

    def vouched(self, provider: str, external_id: str, name: str) -> Account:
        """The account of somebody a service vouches for; made on first sight. Raises Invalid."""
        ...

    def letter(self, request: Mapping[str, Any]) -> Mapping[str, str] | None:
        """What a letter of the outbox says now, with a fresh link where it carries one; None: do not send it."""
        ...
