"""Counts what a data folder holds, in the form of the project's printed figures."""

from __future__ import annotations

from typing import Any

from api.content.catalogue import Content


def counts(content: Content) -> dict[str, int]:
    """Figure -> count. In a campaign without a map each place of its scenes is a location."""
    people = {(scene, person.key) for scene, one in content.scenes.items() for person in one.people}
    unmapped = {
        content.scenes[key].place
        for campaign in content.campaigns.values()
        if campaign.location is None
        for key in campaign.scenes
    }
    found = {
        "classes": len(content.classes),
        "skill_nodes": len(content.skills),
        "abilities": len(content.abilities),
        "origins": len(content.origins),
        "items": len(content.items),
        "creatures": len(content.creatures),
        "bosses": sum(creature.boss for creature in content.creatures.values()),
        "loot_tables": len(content.loot_tables),
        "regions": len(content.regions),
        "locations": len(content.locations) + len(unmapped),
        "quests": len(content.quests),
        "npcs": len(people) + len(content.npcs),
        "campaigns": len(content.campaigns),
    }
    return found


def figures(content: Content) -> dict[str, Any]:
    """The one JSON object that `stats --json` prints last."""
    return {
        "name": "content",
        "figures": {
            key: {"value": value, "unit": "count", "baseline": None, "gate": None, "goal": None}
            for key, value in counts(content).items()
        },
        "ok": True,
    }
