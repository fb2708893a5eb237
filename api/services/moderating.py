"""Moderation where texts come in: a sentence that helps for what is refused, and nothing of a text in any log."""

from __future__ import annotations

import hashlib

import structlog

from api.errors import GameRefusal, Invalid, Unavailable
from api.moderation.port import (
    AUDIENCES,
    USUAL,
    Audience,
    Category,
    ModerationUnavailable,
    Moderator,
    Where,
)
from api.services.story_settings import style_of
from api.services.table import Json

log = structlog.get_logger()

# What a player reads: what to do instead. For oneself a hand, not a finger.
SENTENCES: dict[Category, str] = {
    "hate": "That word hurts people who play here. Say it without.",
    "minors": "That is not told here, in no story. Choose something else to do.",
    "sexual": "The story looks away at that point. Say what your hero does before or after it.",
    "gore": "The story does not look that closely here. Say what your hero does in fewer colours.",
    "gore_extreme": "That is crueller than this table wants. Say what your hero does in fewer colours.",
    "self_harm": "Nobody is told here to hurt themselves. If it is about you and not your hero, please talk to somebody"
    " near you or to a helpline; the table waits.",
    "harassment": "The people at this table are no foes. Take it out on the goblins.",
    "personal": "That looks like somebody's address or number. It is kept out of the story, for their sake.",
    "links": "Links and invitations are not passed on here. Say it in words.",
    "advertising": "This table buys nothing. Say what your hero does.",
}


def audience_of(body: Json) -> Audience:
    """The rating of a session, from its document; the usual one where none is set."""
    return next((a for a in AUDIENCES if a == style_of(body).rating), USUAL)


def moderated(moderator: Moderator, text: str, where: Where, audience: Audience) -> str:
    """The text as it may go on. Raises GameRefusal `unwelcome`, with a sentence that can be played and the category;
    Unavailable where it must be looked at and cannot."""
    try:
        verdict = moderator.look(text, where, audience)
    except ModerationUnavailable:
        raise Unavailable("Nobody can look at this text right now; try again in a minute.") from None
    if verdict.category is None or verdict.action == "allow":
        return text
    # Never the text: who reads logs must not read tables.
    log.info(
        "text_moderated", where=where, category=verdict.category, action=verdict.action, text=_hash(text)
    )
    if verdict.action == "refuse":
        raise GameRefusal("unwelcome", SENTENCES[verdict.category], category=verdict.category)
    softened = verdict.softened(text)
    if not any(c.isalnum() for c in softened):
        raise GameRefusal("unwelcome", SENTENCES[verdict.category], category=verdict.category)
    return softened


def moderated_name(moderator: Moderator, name: str, field: str = "name") -> str:
    """A name that everybody may read. Raises Invalid for the field, without repeating the name."""
    verdict = moderator.look(name, "name", "everyone")
    if verdict.category is None or verdict.action == "allow":
        return name
    log.info("name_moderated", category=verdict.category, text=_hash(name))
    raise Invalid(field, "is not a name for this table; choose another", category=verdict.category)


def _hash(text: str) -> str:
    """To count repetitions by, and nothing else."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
