"""Whose tier counts: by it the models of a session's calls are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.services.deps import Deps

if TYPE_CHECKING:
    from api.llm.models import Tier


def tier_of(deps: Deps, sponsor_user_id: str) -> Tier:
    """The tier of whoever pays for a session: the installation's default, as long as nobody can subscribe.

    `sponsor_user_id` is empty where a session has no sponsor.
    """
    del sponsor_user_id  # a subscription will be looked up by it
    return deps.settings.default_tier
