"""Decorators that say at the route who may come in; what they found stands in `g.actor` and `current_login()`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, g

from api.errors import EmailUnverified, Forbidden
from api.identity.port import Login
from api.routes.http import actor_and_login, current_actor, deps
from api.services.tiers import require_feature

P = ParamSpec("P")


def require_auth(view: Callable[P, Response]) -> Callable[P, Response]:
    """For people who signed in themselves: what a service vouches for plays, but does not manage an account.

    Raises Unauthenticated, ScopeMissing, Forbidden.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
        g.actor, login = actor_and_login()
        if login is None:
            raise Forbidden("Sign in yourself for this; a service cannot do it in your name.")
        g.login = login
        return view(*args, **kwargs)

    return guarded


def require_email_verified(view: Callable[P, Response]) -> Callable[P, Response]:
    """The same, for accounts with an address that was confirmed. Raises EmailUnverified besides."""

    @require_auth
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
        if not current_login().account.verified:
            raise EmailUnverified("This needs an account with a confirmed e-mail address.")
        return view(*args, **kwargs)

    return guarded


def require_tier(feature: str) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """For players whose own tier has a right such as `market`. Raises TierNeeded, and as `current_actor`."""

    def decorate(view: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
            g.actor = current_actor()
            require_feature(deps(), g.actor.require_user(), feature)
            return view(*args, **kwargs)

        return guarded

    return decorate


def current_login() -> Login:
    """The sign-in of this request, below one of the decorators."""
    login: Login = g.login
    return login
