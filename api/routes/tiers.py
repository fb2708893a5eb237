"""The decorator that says at a route which right of one's own tier it needs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response

from api.routes.http import current_actor, deps
from api.services.tiers import require_feature

P = ParamSpec("P")


def require_tier(feature: str) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """For players whose own tier has a right such as `market`; stands below `operation`. Raises TierNeeded."""

    def decorate(view: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
            require_feature(deps(), current_actor().require_user(), feature)
            return view(*args, **kwargs)

        return guarded

    return decorate
