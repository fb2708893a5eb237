"""Account documents and the links that lead to them: by address, and by a provider's id."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from api.clock import Clock, seconds_until
from api.errors import Banned, GameRefusal, Invalid, Unauthenticated
from api.identity.port import Account, Ban
from api.moderation.builtin import standard_moderator
from api.moderation.port import Moderator
from api.services.names import PLAIN, borne_name
from api.store.port import Change, Conflict, Document, Insert, Store

# The part before the @ as mail servers take it without quoting; a domain of letters, digits and hyphens with a dot.
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]{0,62})?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,62})?)+"
)
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_-]{1,24}")


class Accounts:
    """Reads and makes accounts; changes are returned for the caller's commit."""

    def __init__(self, store: Store, clock: Clock, moderator: Moderator | None = None) -> None:
        self._store = store
        self._clock = clock
        self._moderator = moderator or standard_moderator()

    def document(self, account_id: str) -> Document | None:
        return self._store.get("accounts", account_id)

    def by_address(self, address: str) -> Document | None:
        """The account of an address in its plain form; None also costs a read of accounts, as a known one does."""
        link = self._store.get("links", email_link(address))
        return self._store.get("accounts", link.body["user_id"] if link else "nobody")

    def new(
        self, address: str, password_hash: str, name: str, *, verified: bool
    ) -> tuple[Account, list[Change]]:
        """An account with an address, and what to commit. The commit is a Conflict when the address is taken."""
        account_id, now = self._clock.new_id(), self._clock.iso()
        body = {
            "name": name, "email": address, "password": password_hash, "created_at": now, "verified": verified,
            "epoch": 0,
        }  # fmt: skip
        link = {"user_id": account_id, "provider": "email", "created_at": now}
        changes: list[Change] = [
            Insert("accounts", account_id, body), Insert("links", email_link(address), link),
        ]  # fmt: skip
        return Account(account_id, name, address, verified), changes

    def vouched(self, provider: str, external_id: str, name: str) -> Account:
        """The account of somebody a service vouches for; made on first sight. Raises Invalid."""
        if not _EXTERNAL_ID.fullmatch(external_id):
            raise Invalid("X-Act-For", "must name an id of 1 to 24 letters, digits, _ or -")
        link_id = f"{provider}.{external_id}"
        link = self._store.get("links", link_id)
        if link is None:
            account_id, now = self._clock.new_id(), self._clock.iso()
            shown = self.shown(name)
            body = {"name": shown, "email": None, "password": None, "created_at": now, "verified": False}
            joined: dict[str, Any] = {"user_id": account_id, "provider": provider, "created_at": now}
            known = self._store.get("bans", link_id)  # of somebody who was never here
            if known is not None:
                joined["ban"] = known.body["ban"]
            try:
                self._store.commit([Insert("accounts", account_id, body), Insert("links", link_id, joined)])
                return Account(account_id, shown, None, ban=ban_of(joined))
            except Conflict:
                link = self._store.get("links", link_id)
                if link is None:
                    raise GameRefusal("conflict", "Please try again.") from None
        found = self.document(link.body["user_id"])
        if found is None:
            raise Unauthenticated("That account is gone.")
        account = account_of(found)
        if name and account.email is None:
            # Born from the service: goes by the name that its player uses there now.
            account = replace(account, name=self.shown(name))
        return replace(account, ban=_longer(account.ban, ban_of(link.body)))

    def shown(self, name: str) -> str:
        """A name from outside as everybody may read it: nobody is kept out for what they are called elsewhere."""
        given = borne_name(name)
        return given if self._moderator.look(given, "name", "everyone").action == "allow" else PLAIN


def account_of(document: Document) -> Account:
    body: dict[str, Any] = document.body
    return Account(
        document.id,
        body["name"],
        body["email"],
        bool(body.get("verified")),
        int(body.get("epoch", 0)),
        ban_of(body),
        tuple(body.get("grants", ())),
    )


def ban_of(body: Mapping[str, Any]) -> Ban | None:
    """The ban that stands on an account or a link, also one that has run out."""
    raw = body.get("ban")
    return Ban(raw["reason"], raw["until"]) if raw else None


def _longer(one: Ban | None, other: Ban | None) -> Ban | None:
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda ban: (ban.until is None, ban.until or ""))


def require_welcome(account: Account, now: datetime) -> None:
    """Raises Banned while a ban holds."""
    ban = account.ban
    if ban is not None and (ban.until is None or seconds_until(ban.until, now) > 0):
        raise Banned(ban.reason, ban.until)


def plain_address(email: str) -> str:
    """The one form in which an address is kept and looked up. Raises Invalid."""
    address = email.strip().lower()
    if len(address) > 200 or not _EMAIL.fullmatch(address):
        raise Invalid("email", "must look like name@example.org")
    return address


def email_link(address: str) -> str:
    return "email." + hashlib.sha256(address.encode()).hexdigest()[:30]
