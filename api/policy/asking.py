"""The one path of every permission: which roles somebody holds to a thing, and what the table says to that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from api.errors import ApiError, EmailUnverified, Forbidden, NotFound, Unauthenticated
from api.policy.table import RULES, Role, Rule


class Asker(Protocol):
    """Who is asking (`Actor` in `api/services/deps.py`)."""

    @property
    def provider(self) -> str: ...
    @property
    def user_id(self) -> str | None: ...
    @property
    def login_id(self) -> str: ...
    @property
    def verified(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class About:
    """What the policy has to know of a thing: whose it is, who sits at it, and which platform shows it."""

    owner: str | None = None
    members: frozenset[str] = frozenset()
    host: str | None = None
    host_name: str = ""
    provider: str | None = None


NOTHING = About()

# What somebody must be at the door, before the thing itself has been looked at, to be any of these later.
_AT_THE_DOOR = {
    Role.OWNER: frozenset({Role.USER}),
    Role.MEMBER: frozenset({Role.USER}),
    Role.HOST: frozenset({Role.USER}),
    Role.SHOWS: frozenset({Role.SERVICE}),
    Role.LOCAL: frozenset({Role.USER, Role.SERVICE}),
}


def held_roles(asker: Asker | None, about: About = NOTHING, *, operator: bool = False) -> frozenset[Role]:
    """Every role that somebody holds to a thing. `asker` is None for who did not sign in."""
    held = {Role.ANYONE}
    if operator:
        held.add(Role.OPERATOR)
    if asker is None:
        return frozenset(held)
    if asker.provider == about.provider:
        held.add(Role.LOCAL)
    if asker.user_id is None:
        held.add(Role.SERVICE)
        if asker.provider == about.provider:
            held.add(Role.SHOWS)
        return frozenset(held)
    held.add(Role.USER)
    if not asker.login_id:
        held.add(Role.VOUCHED)
    else:
        held.add(Role.SIGNED_IN)
        if asker.verified:
            held.add(Role.VERIFIED)
    if asker.user_id == about.owner:
        held.add(Role.OWNER)
    if asker.user_id in about.members:
        held.add(Role.MEMBER)
    if asker.user_id == about.host:
        held.add(Role.HOST)
    return frozenset(held)


def may(asker: Asker | None, right: str, about: About) -> bool:
    """Whether the table allows it, for callers that have a refusal of their own."""
    return bool(held_roles(asker, about) & RULES[right].who)


def authorise(asker: Asker | None, right: str, about: About) -> None:
    """Let them do it, or say no. Raises NotFound where even existence is private, else Forbidden."""
    rule = RULES[right]
    held = held_roles(asker, about)
    if held & rule.who:
        return
    if rule.known_to and not held & rule.known_to:
        raise NotFound(rule.what)
    raise _refusal(held, rule.who, about)


def may_enter(asker: Asker | None, right: str, *, operator: bool = False) -> None:
    """The door: turn away who cannot hold any role that is needed, before anything is read.

    Raises Unauthenticated, Forbidden, EmailUnverified; NotFound where even existence is private.
    """
    rule = RULES[right]
    held = held_roles(asker, operator=operator)
    if held & door_of(rule):
        return
    if Role.OPERATOR in rule.who:
        raise NotFound(rule.what)
    if asker is None:
        raise Unauthenticated("Sign in first, or send a bearer token.")
    raise _refusal(held, door_of(rule), NOTHING)


def door_of(rule: Rule) -> frozenset[Role]:
    """The roles of which somebody needs one at the door."""
    wanted: set[Role] = set()
    for role in rule.who:
        wanted |= _AT_THE_DOOR.get(role, {role})
    return frozenset(wanted)


def _refusal(held: frozenset[Role], wanted: frozenset[Role], about: About) -> ApiError:
    if Role.HOST in wanted:
        return Forbidden(f"Only the host, {about.host_name}, can do that.")
    if Role.VERIFIED in wanted and Role.SIGNED_IN in held:
        return EmailUnverified("This needs an account with a confirmed e-mail address.")
    if wanted == {Role.VOUCHED} and Role.USER in held:
        return Forbidden("You are signed in yourself; this is for players who come by Discord.")
    if Role.USER in held and wanted & {Role.SIGNED_IN, Role.VERIFIED}:
        return Forbidden("Sign in yourself for this; a service cannot do it in your name.")
    if Role.SERVICE in held and not wanted & {Role.SERVICE, Role.SHOWS, Role.LOCAL}:
        return Forbidden("This is for players; say for whom with X-Act-For.")
    if about.provider:
        return Forbidden(f"Only the {about.provider} service may do that.")
    return Forbidden("This is for services.")
