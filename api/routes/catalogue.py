"""What can be chosen: classes, origins, ready-made heroes, campaigns. Public, from content."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from api.routes.http import deps, ok
from api.routes.operation import operation
from api.schemas.answers.base import Items
from api.schemas.answers.catalogue import CampaignOut, ClassOut, HeroOut, OriginOut
from api.schemas.answers.people import TierOut
from api.services.tiers import table_view

bp = Blueprint("catalogue", __name__)


@bp.get("/classes")
@operation("catalogue.read", Items[ClassOut], cached=True)
def classes() -> Response:
    """What a hero can be."""
    content = deps().content
    return _items(
        {
            "key": key, "name": c.name, "summary": c.summary, "role": c.role, "early_access": c.early_access,
            "hp": c.hp, "mp": c.mp,
            "stats": c.stats.model_dump(),
            "abilities": [
                {"key": a, "name": content.abilities[a].name, "summary": content.abilities[a].summary}
                for a in c.abilities
            ],
        }
        for key, c in content.classes.items()
    )  # fmt: skip


@bp.get("/origins")
@operation("catalogue.read", Items[OriginOut], cached=True)
def origins() -> Response:
    """Where a hero can come from."""
    return _items(
        {
            "key": k,
            "name": o.name,
            "summary": o.summary,
            "want": o.want,
            "bonus": dict(o.bonus),
            "gold": o.gold,
        }
        for k, o in deps().content.origins.items()
    )


@bp.get("/heroes")
@operation("catalogue.read", Items[HeroOut], cached=True)
def heroes() -> Response:
    """Ready-made heroes."""
    content = deps().content
    return _items(
        {
            "key": k, "name": h.name, "summary": h.summary, "pronouns": h.pronouns,
            "character_class": h.character_class, "class_name": content.classes[h.character_class].name,
            "origin": h.origin, "origin_name": content.origins[h.origin].name, "want": content.origins[h.origin].want,
        }
        for k, h in content.heroes.items()
    )  # fmt: skip


@bp.get("/campaigns")
@operation("catalogue.read", Items[CampaignOut], cached=True)
def campaigns() -> Response:
    """The stories that can be played."""
    return _items(
        {
            "key": k, "name": c.name, "summary": c.summary, "quest": c.quest, "scenes": len(c.scenes),
            "min_players": c.min_players, "max_players": c.max_players,
        }
        for k, c in deps().content.campaigns.items()
    )  # fmt: skip


@bp.get("/tiers")
@operation("catalogue.read", Items[TierOut], cached=True)
def tiers() -> Response:
    """What each tier gives."""
    return _items(table_view(deps()))


def _items(items: Any) -> Response:
    return ok({"items": list(items)})
