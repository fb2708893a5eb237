"""Who is asking: a person by cookie or bearer token, a service by its own, or nobody."""

from __future__ import annotations

import ipaddress
from urllib.parse import unquote

from flask import current_app, request

from api.errors import ScopeMissing, Unauthenticated
from api.identity.accounts import require_welcome
from api.identity.port import Account, Client, Login
from api.identity.services import FORWARD, service_of
from api.routes.browsers import COOKIE, DEVICE_COOKIE
from api.services.deps import Actor, Deps
from api.services.entitlements import Holder
from api.services.tiers import standing_with
from api.wiring import Wired


def wired() -> Wired:
    found: Wired = current_app.extensions["coc"]
    return found


def deps() -> Deps:
    return wired().deps


def identify(*, note: bool = True) -> tuple[Actor | None, Login | None]:
    """Who is asking, if anybody, and the sign-in that was shown, if any. Without `note` nothing remembers that it was
    used now. Raises Unauthenticated, ScopeMissing, Banned."""
    if not session_token():
        return None, None
    return _identified(wired(), request.headers.get("Authorization", ""), request.cookies.get(COOKIE, ""),
                       request.headers.get("X-Act-For", ""), request.headers.get("X-Act-Name", ""),
                       note=note)  # fmt: skip


def operator_here() -> bool:
    """Whether this comes from the very machine of a development installation."""
    if deps().settings.flask_env == "production":
        return False
    try:
        return ipaddress.ip_address(client().source).is_loopback
    except (ValueError, ScopeMissing):
        return False


def session_token() -> str:
    """The bearer token or cookie of this request; empty when it has neither."""
    return _shown(request.headers.get("Authorization", ""), request.cookies.get(COOKIE, ""))


def client(device: str = "") -> Client:
    """Where the request comes from. The website says it of its visitors, with its service token; nobody else may.

    Raises ScopeMissing for a word on somebody's behalf without that token.
    """
    heads = request.headers
    device = device or request.cookies.get(DEVICE_COOKIE, "")
    if "X-Forwarded-By" not in heads:
        return Client(request.remote_addr or "", heads.get("User-Agent", ""), device)
    service = service_of(deps().settings, heads["X-Forwarded-By"])
    if service is None or not service.may(FORWARD):
        raise ScopeMissing("This token does not speak for a website.")
    return Client(heads.get("X-Client-Address", ""), heads.get("X-Client-Agent", "")[:500], device)


def actor_of(parts: Wired, authorization: str, cookie: str, act_for: str, act_name: str) -> Actor:
    """The same for Flask and the stream: service token with or without X-Act-For, bearer token, or cookie."""
    return _identified(parts, authorization, cookie, act_for, act_name)[0]


def _identified(
    parts: Wired, authorization: str, cookie: str, act_for: str, act_name: str, *, note: bool = True
) -> tuple[Actor, Login | None]:
    token = _shown(authorization, cookie)
    if not token:
        raise Unauthenticated("Sign in first, or send a bearer token.")
    service = service_of(parts.deps.settings, token)
    if service is not None:
        provider = service.provider
        if not act_for:
            if not service.may(f"serve:{provider}"):
                raise ScopeMissing("This token does nothing by itself.")
            return Actor(provider, None, f"{provider} service"), None
        wanted, _, external_id = act_for.partition(":")
        if not service.may(f"act-for:{wanted}"):
            whom = f"{provider} users only" if provider else "nobody"
            raise ScopeMissing(f"This token vouches for {whom}.")
        account = parts.identity.vouched(provider, external_id, unquote(act_name))
        require_welcome(account, parts.deps.clock.now())
        tier = _tier(parts, account)
        return Actor(provider, account.id, account.name, act_for, tier=tier), None
    if act_for:
        raise ScopeMissing("Only a service's token can act for somebody.")
    login = parts.identity.login_of_token(token, note=note)
    if login is None:
        raise Unauthenticated("That sign-in has ended; sign in again.")
    account = login.account
    require_welcome(account, parts.deps.clock.now())
    who = f"web:{account.id}"
    tier = _tier(parts, account)
    return Actor("web", account.id, account.name, who, login.id, account.verified, tier), login


def _tier(parts: Wired, account: Account) -> str:
    """Found out here, where the account was just read: every request is counted by it."""
    return standing_with(parts.deps, Holder(account.id, account.grants)).tier


def _shown(authorization: str, cookie: str) -> str:
    return authorization.removeprefix("Bearer ").strip() if authorization.startswith("Bearer ") else cookie
