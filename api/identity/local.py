"""The built-in sign-in: e-mail with password (argon2id), Discord-born accounts, opaque tokens stored hashed.

What the port promises is in `port.py`; the parts are `accounts`, `logins`, `one_time`, `passwords` and `throttle`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from api.clock import Clock
from api.errors import EmailUnverified, Invalid, Unauthenticated
from api.identity.accounts import (
    Accounts,
    account_of,
    email_link,
    plain_address,
    require_welcome,
)
from api.identity.logins import Logins
from api.identity.one_time import HOURS, OneTimeTokens, Ticket
from api.identity.passwords import PasswordPolicy, Passwords
from api.identity.port import Account, Client, Login, SignedIn
from api.identity.throttle import Limit, Mark, Throttle, network
from api.mail.outbox import Outbox
from api.moderation.builtin import standard_moderator
from api.moderation.port import Moderator
from api.services.audit import audited
from api.services.deps import retrying
from api.services.moderating import moderated_name
from api.services.names import clean_name
from api.store.port import Change, Conflict, Delete, Document, Insert, Store, Update

log = structlog.get_logger()

# Guessing one password from one place; many passwords from one place; one password from many places. A device on which
# the account has signed in before is counted by itself, so that strangers' guesses never make its owner wait.
PAIR = Limit("sign-in-pair", free=5, first=1, longest=900)
SOURCE = Limit("sign-in-source", free=30, first=1, longest=900)
ADDRESS = Limit("sign-in-address", free=50, first=1, longest=300)
DEVICE = Limit("sign-in-device", free=10, first=1, longest=900)
AGAIN = Limit("password-again", free=10, first=1, longest=900)
FORMS = Limit("forms-source", free=20, first=5, longest=900)
BROWSERS = Limit("browser-links", free=5, first=30, longest=900)
LETTERS = Limit("letters", free=3, first=1200, longest=3600, forget=6 * 3600)

_WRONG = "That e-mail address and password do not match an account."
_STALE_LINK = "is not valid any more; ask for a new letter"


class LocalIdentity:
    """The `Identity` port on the store."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        outbox: Outbox,
        *,
        policy: PasswordPolicy | None = None,
        web_url: str = "",
        moderator: Moderator | None = None,
    ) -> None:
        """`web_url` is where the links of letters lead, without a slash at its end. `moderator` looks at names."""
        self._moderator = moderator or standard_moderator()
        self._store = store
        self._clock = clock
        self._outbox = outbox
        self._web_url = web_url
        self._policy = policy or PasswordPolicy()
        self.passwords = Passwords()
        self._accounts = Accounts(store, clock, self._moderator)
        self._logins = Logins(store, clock)
        self._tokens = OneTimeTokens(store, clock)
        self._throttle = Throttle(store, clock)

    # --- getting in ---

    def register(self, email: str, password: str, name: str | None, client: Client) -> None:
        address = plain_address(email)
        shown = clean_name(name) if name else self._accounts.shown(address.split("@")[0])
        if name:
            moderated_name(self._moderator, shown)
        self._policy.check(password, (address.split("@")[0], name))
        self._throttle.take([Mark(FORMS, network(client.source))])
        hashed = self.passwords.hash(password)
        if not self._throttle.allows(Mark(LETTERS, f"register|{address}")):
            return  # letters enough have gone there; whoever asked is told the same as ever
        retrying(lambda: self._ask_for_account(address, hashed, shown))

    def _ask_for_account(self, address: str, hashed: str, name: str) -> None:
        found = self._accounts.by_address(address)
        changes: list[Change] = []
        if found is not None and found.body.get("verified"):
            letter = self._outbox.row("address_taken", address, user_id=found.id)
        else:
            # The link carries the password that was chosen with it: somebody who asks first, with an address that is
            # not theirs, must not leave a password of theirs behind for whoever owns the address.
            if found is None:
                account, changes = self._accounts.new(address, hashed, name, verified=False)
            else:
                account = account_of(found)
                changes = [Update("accounts", found.id, found.revision, {**found.body, "password": hashed})]
            letter = self._outbox.row(
                "confirm_address", address, user_id=account.id, password=hashed, name=name
            )
        self._store.commit([*changes, letter])
        self._outbox.posted(letter)

    def add_account(self, email: str, password: str, name: str | None = None) -> Account:
        """A confirmed account at once, for operators and trials. Raises Invalid, Conflict when the address is taken."""
        address = plain_address(email)
        shown = clean_name(name) if name else self._accounts.shown(address.split("@")[0])
        account, changes = self._accounts.new(address, self.passwords.hash(password), shown, verified=True)
        self._store.commit(changes)
        return account

    def sign_in(self, email: str, password: str, *, remember: bool, client: Client) -> SignedIn:
        address = email.strip().lower()
        found = self._accounts.by_address(address)
        account = account_of(found) if found else None
        known = self._logins.knows(account, client.device)
        marks = _sign_in_marks(address, client, known)
        self._throttle.take(marks)
        if not self.passwords.matches(found.body["password"] if found else None, password) or found is None:
            log.info("sign_in_refused", known_device=known)
            raise Unauthenticated(_WRONG)
        account = account_of(found)
        self._throttle.succeeded(marks[:1], marks[1:])
        require_welcome(account, self._clock.now())
        if not account.verified:
            self._remind(found)
            raise EmailUnverified("Confirm your address first: we have sent you a letter with a link.")
        self._refresh_hash(found, password)
        token, seconds = self._logins.open(account, remember=remember, agent=client.agent)
        return SignedIn(
            account, token, seconds, client.device if known else self._logins.know_device(account)
        )

    def _remind(self, unverified: Document) -> None:
        """Send the confirmation once more to somebody who knows the password."""
        body = unverified.body
        if self._throttle.allows(Mark(LETTERS, f"register|{body['email']}")):
            facts = {"user_id": unverified.id, "password": body["password"], "name": body["name"]}
            self._post("confirm_address", body["email"], **facts)

    def _refresh_hash(self, found: Document, password: str) -> None:
        """Take today's parameters for a hash of the past, now that the password is at hand."""
        if not self.passwords.is_outdated(found.body["password"]):
            return
        old = found.body["password"]
        hashed = self.passwords.hash(password)

        def attempt() -> None:
            now = self._accounts.document(found.id)
            if now is not None and now.body["password"] == old:
                self._store.commit(
                    [Update("accounts", now.id, now.revision, {**now.body, "password": hashed})]
                )

        retrying(attempt)

    # --- links of letters ---

    def confirm(self, token: str) -> Account:
        return retrying(lambda: self._confirm(token))

    def _confirm(self, token: str) -> Account:
        ticket, document = self._ticket(token, "confirm_address", "change_address")
        body = dict(document.body)
        changes: list[Change] = [ticket.use]
        if ticket.purpose == "confirm_address":
            if body.get("verified"):
                raise Invalid("token", _STALE_LINK)
            body |= {"verified": True, "password": ticket.facts["password"], "name": ticket.facts["name"]}
        else:
            address = ticket.facts["email"]
            old = self._store.get("links", email_link(body["email"]))
            if self._store.get("links", email_link(address)) is not None or old is None:
                raise Invalid("token", _STALE_LINK)
            link = Insert("links", email_link(address), old.body)
            notice = self._outbox.row("address_changed", body["email"], name=body["name"], done=True)
            body["email"] = address
            changes.append(audited(self._clock, "address_changed", user_id=document.id))
            changes += [link, Delete("links", old.id, old.revision), notice]
            # Whoever still reads the old mailbox must not get in by a letter that lies there.
            changes += self._tokens.others(document.id, "reset_password", ticket.use.id)
        changes += self._tokens.others(document.id, ticket.purpose, ticket.use.id)
        self._store.commit([Update("accounts", document.id, document.revision, body), *changes])
        for change in changes:
            if isinstance(change, Insert) and change.collection == "mail_outbox":
                self._outbox.posted(change)
        return account_of(Document(document.id, document.revision + 1, body))

    def forgot(self, email: str, client: Client) -> None:
        address = plain_address(email)
        self._throttle.take([Mark(FORMS, network(client.source))])
        if self._throttle.allows(Mark(LETTERS, f"forgot|{address}")):
            # Whether there is such an account is found out by the worker: here nothing differs, not even the time.
            self._post("reset_password", address)

    def reset(self, token: str, password: str) -> str:
        _, document = self._ticket(token, "reset_password")
        self._check_new(document, password)
        hashed = self.passwords.hash(password)

        def attempt() -> Account:
            ticket, now = self._ticket(token, "reset_password")
            # Who can read the mailbox has shown that the address is theirs.
            return self._new_epoch(now, "password_reset", [ticket.use], password=hashed, verified=True)

        account = retrying(attempt)
        self._logins.clear(account)
        self._post("password_changed", str(account.email), name=account.name)
        log.info("password_reset", user_id=account.id)
        return self._logins.know_device(account)

    # --- changes by who is signed in ---

    def change_password(self, login: Login, current: str, new: str, client: Client) -> None:
        document = self._again(login, current, "current_password")
        self._check_new(document, new)
        hashed = self.passwords.hash(new)

        def attempt() -> Account:
            now = self._accounts.document(login.account.id)
            if now is None or now.body["password"] != document.body["password"]:
                raise Invalid("current_password", "was changed elsewhere meanwhile")
            return self._new_epoch(now, "password_changed", keep=login.id, password=hashed)

        account = retrying(attempt)
        self._logins.clear(account)
        self._post("password_changed", str(account.email), name=account.name)
        log.info("password_changed", user_id=account.id)

    def change_email(self, login: Login, password: str, email: str, client: Client) -> None:
        address = plain_address(email)
        document = self._again(login, password, "password")
        if address == document.body["email"]:
            raise Invalid("email", "is your address already")
        if self._throttle.allows(Mark(LETTERS, f"change|{login.account.id}")):
            account = account_of(document)
            self._post("change_address", address, user_id=account.id, epoch=account.epoch)
            self._post("address_changed", document.body["email"], name=account.name, done=False)

    def _again(self, login: Login, password: str, field: str) -> Document:
        """The account of a sign-in once its password was given again. Raises Invalid with the field, RateLimited."""
        mark = Mark(AGAIN, login.id)
        self._throttle.take([mark])
        document = self._accounts.document(login.account.id)
        if (
            not self.passwords.matches(document.body["password"] if document else None, password)
            or not document
        ):
            raise Invalid(field, "is wrong")
        self._throttle.succeeded([mark], [])
        return document

    def prove(self, login: Login, password: str) -> None:
        self._again(login, password, "password")

    # --- a browser for somebody whom a service vouches for ---

    def browser_link(self, account: Account) -> tuple[str, int]:
        self._throttle.take([Mark(BROWSERS, account.id)])
        token = self._tokens.issue("browser", account)
        self._store.commit([audited(self._clock, "browser_code_given", user_id=account.id)])
        return f"{self._web_url}/enter?token={token}", round(HOURS["browser"] * 3600)

    def browser_link_owner(self, token: str) -> Account:
        return account_of(self._ticket(token, "browser")[1])

    def use_browser_link(self, token: str, client: Client) -> SignedIn:
        ticket, document = self._ticket(token, "browser")
        account = account_of(document)
        require_welcome(account, self._clock.now())
        try:
            self._store.commit([ticket.use, audited(self._clock, "browser_code_used", user_id=account.id)])
        except Conflict:
            raise Invalid("token", _STALE_LINK) from None  # somebody was faster; it is used up
        opened, seconds = self._logins.open(account, remember=False, agent=client.agent)
        return SignedIn(account, opened, seconds, self._logins.know_device(account))

    # --- sign-ins ---

    def open_login(self, account: Account, *, remember: bool, agent: str = "") -> tuple[str, int]:
        """A fresh bearer token and its life in seconds, for whoever was found to be this account."""
        return self._logins.open(account, remember=remember, agent=agent)

    def login_of_token(self, token: str, *, note: bool = True) -> Login | None:
        return self._logins.of_token(token, note=note)

    def logins(self, account: Account) -> list[Login]:
        return self._logins.of_account(account)

    def close_login(self, token: str) -> None:
        self._logins.close(token)

    def revoke(self, account: Account, login_id: str) -> bool:
        return self._logins.revoke(account, login_id)

    def revoke_all(self, account: Account, *, keep: str | None = None) -> None:
        def attempt() -> Account | None:
            document = self._accounts.document(account.id)
            return self._new_epoch(document, "signed_out_everywhere", keep=keep) if document else None

        ended = retrying(attempt)
        if ended is not None:
            self._logins.clear(ended)

    def account(self, account_id: str) -> Account | None:
        found = self._accounts.document(account_id)
        return account_of(found) if found else None

    def vouched(self, provider: str, external_id: str, name: str) -> Account:
        return self._accounts.vouched(provider, external_id, name)

    # --- letters ---

    def letter(self, request: Mapping[str, Any]) -> Mapping[str, Any] | None:
        kind, facts, to = request["kind"], request["facts"], request["to"]
        pages = {"sign_in": f"{self._web_url}/sign-in", "forgot": f"{self._web_url}/forgot", "kind": kind}
        if kind in ("password_changed", "address_changed", "leaving"):
            return {**pages, **facts}
        document = (
            self._accounts.document(facts["user_id"]) if "user_id" in facts else self._accounts.by_address(to)
        )
        if document is None:
            return None
        account = account_of(document)
        pages["name"] = account.name
        if kind == "change_address":
            if account.epoch != facts["epoch"]:
                return None  # the password was changed since: whoever asked may not be the owner
            if self._accounts.by_address(to) is not None:
                return {**pages, "kind": "address_taken"}
            carried: dict[str, Any] = {"email": to}
        elif kind == "confirm_address":
            if account.verified:
                return None
            carried = {"password": facts["password"], "name": facts["name"]}
        elif kind == "reset_password":
            carried = {}
        else:
            return pages
        page = "reset" if kind == "reset_password" else "verify"
        token = self._tokens.issue(kind, account, **carried)
        return {**pages, "link": f"{self._web_url}/{page}?token={token}", "hours": HOURS[kind]}

    def _post(self, kind: str, to: str, **facts: Any) -> None:
        row = self._outbox.row(kind, to, **facts)
        self._store.commit([row])
        self._outbox.posted(row)

    # --- parts ---

    def _ticket(self, token: str, *purposes: str) -> tuple[Ticket, Document]:
        ticket = self._tokens.find(token, *purposes)
        document = self._accounts.document(ticket.user_id) if ticket else None
        if ticket is None or document is None or account_of(document).epoch != ticket.epoch:
            raise Invalid("token", _STALE_LINK)
        return ticket, document

    def _check_new(self, document: Document, password: str) -> None:
        self._policy.check(password, (str(document.body["email"]).split("@")[0], document.body["name"]))

    def _new_epoch(
        self,
        document: Document,
        what: str,
        more: Sequence[Change] = (),
        *,
        keep: str | None = None,
        **fields: Any,
    ) -> Account:
        """Void all that was handed out, but for one sign-in, and change fields with it; `what` is audited.

        Raises Conflict.
        """
        body = {**document.body, **fields, "epoch": int(document.body.get("epoch", 0)) + 1}
        changes: list[Change] = [Update("accounts", document.id, document.revision, body), *more]
        changes.append(audited(self._clock, what, user_id=document.id))
        if keep is not None:
            changes += self._logins.kept(keep, body["epoch"])
        self._store.commit(changes)
        return account_of(Document(document.id, document.revision + 1, body))


def _sign_in_marks(address: str, client: Client, known: bool) -> list[Mark]:
    """What a try is counted against; the first is forgotten by a success, the others lose one try."""
    if known:
        return [Mark(DEVICE, client.device)]
    source = network(client.source)
    return [Mark(PAIR, f"{address}|{source}"), Mark(SOURCE, source), Mark(ADDRESS, address)]
