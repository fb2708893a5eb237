"""What the API says of links and browsers, for stand-ins: one other side, which has agreed already."""

from __future__ import annotations

import copy
from typing import Any

from bot.cards.samples import LINK

Json = dict[str, Any]


def links_answer(method: str, path: str, body: Any) -> tuple[int, Json] | None:
    """The answer to a call about links; None for any other call."""
    match (method, *path.split("/")):
        case ("GET", "links"):
            return 200, {"items": [], "requests": []}
        case ("POST", "links"):
            return 201, {"code": "7KQ2-M0XV", "expires_in": 600}
        case ("POST", "links", "redeem"):
            return 201, copy.deepcopy(LINK)
        case ("POST", "links", "browser"):
            return 201, {"url": "https://play.test/enter?token=once", "expires_in": 600, "name": "Mei"}
        case ("POST", "links", _, "confirm"):
            return 200, {"state": "linked", "name": "Ann"}
        case ("DELETE", "links", _):
            return 200, {}
    return None
