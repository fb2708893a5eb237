"""Counts what a data folder holds, in the form of the project's printed figures."""

from __future__ import annotations

from typing import Any

from api.content.catalogue import Content


def counts(content: Content) -> dict[str, int]:
    """Figure -> count. Kinds that content does not have yet count 0; a location is a scene's place."""
    people = {(scene, person.key) for scene, one in content.scenes.items() for person in one.people}
    found = {
        "classes": len(content.classes),
        "skill_nodes": 0,
        "abilities": len(content.abilities),
        "origins": len(content.origins),
        "items": len(content.items),
        "creatures": len(content.creatures),
        "bosses": sum(creature.boss for creature in content.creatures.values()),
        "loot_tables": 0,
        "regions": 0,
        "locations": len({scene.place for scene in content.scenes.values()}),
        "quests": 0,
        "npcs": len({person for _scene, person in people}),
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
