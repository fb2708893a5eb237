"""The built-in sign-in: e-mail with password (argon2id), Discord-born accounts, opaque tokens stored hashed."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from api.clock import Clock, iso, seconds_until
from api.errors import GameRefusal, Invalid, Unauthenticated
from api.services.texts import clean_name, clean_text
from api.store.port import Conflict, Delete, Insert, Store

_EMAIL = re.compile(r"^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$")
SESSION_HOURS = 24
REMEMBERED_DAYS = 30


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    name: str
    email: str | None


class LocalIdentity:
    """Accounts and their sign-ins in the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._hasher = PasswordHasher()
        # Checked for unknown addresses, so that they cost the same time as a wrong password.
        self._decoy = self._hasher.hash(secrets.token_hex(16))

    def register(self, email: str, password: str, name: str | None) -> Account:
        """Raises Invalid; an address that is taken is refused with the field's name."""
        address = self._address(email)
        if not 8 <= len(password) <= 200:
            raise Invalid("password", "must have 8 to 200 characters")
        shown = clean_name(name) if name else _display_name(address.split("@")[0])
        account_id = self._clock.new_id()
        now = self._clock.iso()
        body = {
            "name": shown, "email": address, "password": self._hasher.hash(password), "created_at": now,
            "verified": False,
        }  # fmt: skip
        link = {"user_id": account_id, "provider": "email", "created_at": now}
        try:
            self._store.commit(
                [Insert("accounts", account_id, body), Insert("links", _email_link(address), link)]
            )
        except Conflict as taken:
            raise Invalid("email", "is registered already; sign in instead") from taken
        return Account(account_id, shown, address)

    def sign_in(self, email: str, password: str) -> Account:
        """Raises Unauthenticated, the same for an unknown address and a wrong password."""
        link = self._store.get("links", _email_link(email.strip().lower()))
        account = self._store.get("accounts", link.body["user_id"]) if link else None
        stored = account.body["password"] if account else self._decoy
        try:
            self._hasher.verify(stored, password)
        except (VerifyMismatchError, InvalidHashError) as wrong:
            raise Unauthenticated("That e-mail address and password do not match an account.") from wrong
        if account is None:
            raise Unauthenticated("That e-mail address and password do not match an account.")
        return Account(account.id, account.body["name"], account.body["email"])

    def open_login(self, account: Account, *, remember: bool) -> tuple[str, int]:
        """A fresh bearer token and its life in seconds; the store keeps only its hash."""
        life = timedelta(days=REMEMBERED_DAYS) if remember else timedelta(hours=SESSION_HOURS)
        token = secrets.token_urlsafe(32)
        body = {
            "user_id": account.id, "created_at": self._clock.iso(), "expires_at": iso(self._clock.now() + life),
        }  # fmt: skip
        self._store.commit([Insert("logins", _token_id(token), body)])
        return token, int(life.total_seconds())

    def account_of_token(self, token: str) -> Account | None:
        login = self._store.get("logins", _token_id(token))
        if login is None or seconds_until(login.body["expires_at"], self._clock.now()) <= 0:
            return None
        return self.account(login.body["user_id"])

    def close_login(self, token: str) -> None:
        login = self._store.get("logins", _token_id(token))
        if login is not None:
            try:
                self._store.commit([Delete("logins", login.id, login.revision)])
            except Conflict:
                return  # signed out by somebody else this moment: that is what was asked

    def account(self, account_id: str) -> Account | None:
        found = self._store.get("accounts", account_id)
        return Account(found.id, found.body["name"], found.body["email"]) if found else None

    def vouched(self, provider: str, external_id: str, name: str) -> Account:
        """The account of somebody a service vouches for; made on first sight."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,24}", external_id):
            raise Invalid("X-Act-For", "must name an id of 1 to 24 letters, digits, _ or -")
        link_id = f"{provider}.{external_id}"
        link = self._store.get("links", link_id)
        if link is None:
            account_id, now = self._clock.new_id(), self._clock.iso()
            shown = _display_name(name)
            body = {"name": shown, "email": None, "password": None, "created_at": now, "verified": False}
            try:
                self._store.commit(
                    [
                        Insert("accounts", account_id, body),
                        Insert(
                            "links", link_id, {"user_id": account_id, "provider": provider, "created_at": now}
                        ),
                    ]
                )
                return Account(account_id, shown, None)
            except Conflict:
                link = self._store.get("links", link_id)
                if link is None:
                    raise GameRefusal("conflict", "Please try again.") from None
        account = self.account(link.body["user_id"])
        if account is None:
            raise Unauthenticated("That account is gone.")
        if (
            name and account.email is None
        ):  # born from the service: goes by the name that its player uses there now
            return Account(account.id, _display_name(name), None)
        return account

    def _address(self, email: str) -> str:
        address = email.strip().lower()
        if len(address) > 200 or not _EMAIL.match(address):
            raise Invalid("email", "is no e-mail address")
        return address


def _display_name(name: str) -> str:
    """A display name from outside, cut to what can be shown; a plain one where nothing is left."""
    try:
        return clean_text(name[:200], "name", limit=200)[:40]
    except Invalid:
        return "Player"


def _email_link(address: str) -> str:
    return "email." + hashlib.sha256(address.encode()).hexdigest()[:30]


def _token_id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:36]
