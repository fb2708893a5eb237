"""The policy table: resource and verb, and the roles that may. A new right is one row; nothing is allowed without one.

A role is what somebody is *to the thing in question*: the same player is the host of one session and nobody in another.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an asker can be. The first seven are known at the door, the others only beside the thing itself."""

    ANYONE = "anyone"  # also who did not sign in
    USER = "user"  # a person, signed in or vouched for by a service
    VOUCHED = "vouched for"  # a person who comes by a service
    SIGNED_IN = "signed in"  # a person who signed in here, not vouched for
    VERIFIED = "verified"  # the same with a confirmed address
    SERVICE = "service"  # a service's token acting for nobody
    OPERATOR = "operator"  # whoever sits at a development machine
    OWNER = "owner"  # whose thing it is
    MEMBER = "member"  # who sits at the table
    HOST = "host"  # who opened the table
    SHOWS = "its service"  # the service of the platform that shows the thing
    LOCAL = "its platform"  # that service, or a person whom it vouches for


@dataclass(frozen=True, slots=True)
class Rule:
    """`who` may. `known_to` may learn that the thing exists: to everybody else a refusal reads as if it did not, and
    `what` is how the answer calls it. Empty: that it exists is no secret.
    """

    who: frozenset[Role]
    known_to: frozenset[Role] = frozenset()
    what: str = ""


def _rule(*who: Role, known_to: tuple[Role, ...] = (), what: str = "") -> Rule:
    return Rule(frozenset(who), frozenset(known_to), what)


_R = Role
_AT_THE_TABLE = (_R.MEMBER, _R.HOST, _R.SHOWS)

RULES: dict[str, Rule] = {
    # what                     who may
    "catalogue.read": _rule(_R.ANYONE),
    "health.read": _rule(_R.ANYONE),
    "metrics.read": _rule(_R.SERVICE),
    "documentation.read": _rule(_R.ANYONE),
    "sign_in.use": _rule(_R.ANYONE),
    "outbox.read": _rule(_R.OPERATOR, what="outbox"),
    "account.read": _rule(_R.USER),
    "account.manage": _rule(_R.SIGNED_IN),
    "account.link": _rule(_R.USER),
    "account.browse": _rule(_R.VOUCHED),  # a way into the website without an address
    "link.decide": _rule(_R.MEMBER, known_to=(_R.MEMBER,), what="request to link"),  # either side
    "account.secure": _rule(_R.VERIFIED),
    "character.list": _rule(_R.USER),
    "character.create": _rule(_R.USER),
    "character.read": _rule(_R.OWNER, known_to=(_R.OWNER,), what="character"),
    "character.change": _rule(_R.OWNER, known_to=(_R.OWNER,), what="character"),
    "character.retire": _rule(_R.OWNER, known_to=(_R.OWNER,), what="character"),
    "portrait.read": _rule(
        *_AT_THE_TABLE, known_to=_AT_THE_TABLE, what="portrait"
    ),  # and who may read the sheet
    "session.list": _rule(_R.USER, _R.SERVICE),  # one of the next two, as the question is
    "session.mine": _rule(_R.USER),
    "session.find": _rule(_R.LOCAL),  # by the channel that shows it
    "session.create": _rule(_R.USER),
    "session.join": _rule(_R.USER),  # whoever was told its id is invited
    "session.read": _rule(*_AT_THE_TABLE, known_to=_AT_THE_TABLE, what="session"),
    "session.leave": _rule(_R.MEMBER, known_to=_AT_THE_TABLE, what="session"),
    "session.act": _rule(_R.MEMBER, known_to=_AT_THE_TABLE, what="session"),
    "session.remember": _rule(_R.MEMBER, known_to=_AT_THE_TABLE, what="session"),
    "session.retell": _rule(_R.MEMBER, known_to=_AT_THE_TABLE, what="session"),
    "session.correct": _rule(_R.MEMBER, known_to=_AT_THE_TABLE, what="session"),
    "session.draw_lines": _rule(_R.MEMBER, known_to=_AT_THE_TABLE, what="session"),  # lines and veils
    "session.play_x": _rule(_R.MEMBER, known_to=_AT_THE_TABLE, what="session"),  # the X-card
    "session.sponsor": _rule(_R.MEMBER, known_to=_AT_THE_TABLE, what="session"),
    "session.talk": _rule(_R.MEMBER, known_to=_AT_THE_TABLE, what="session"),
    "session.begin": _rule(_R.HOST, known_to=_AT_THE_TABLE, what="session"),
    "session.end": _rule(_R.HOST, known_to=_AT_THE_TABLE, what="session"),
    "session.settings": _rule(_R.HOST, known_to=_AT_THE_TABLE, what="session"),
    "session.mode": _rule(_R.HOST, known_to=_AT_THE_TABLE, what="session"),
    "session.follow": _rule(_R.ANYONE),  # the API only says where the stream is; the stream asks session.read
    "seat.play": _rule(_R.OWNER),  # the hero of a seat: its player alone
    "job.read": _rule(*_AT_THE_TABLE, known_to=_AT_THE_TABLE, what="job"),
    "feed.follow": _rule(_R.SHOWS),  # a service's own stream of wake-ups
    "surface.list": _rule(_R.SHOWS),
    "surface.create": _rule(_R.LOCAL),
    "surface.write": _rule(_R.SHOWS, known_to=(_R.SHOWS,), what="surface"),
}
