"""The frozen world of the golden logs, read from `world.yaml`: figures only, prose filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from api.content.catalogue import Content
from api.content.definitions import KINDS

FILE = Path(__file__).with_name("world.yaml")
CAMPAIGN = "marches"
HEROES = ("ann", "bob", "cat", "dan")
SCENERY: dict[str, Any] = {
    "place": "the place", "opening": ["Here.", "Now."], "details": ["It is so."] * 8, "threat": "It comes.",
    "pressure": ["It comes closer."] * 4, "prompts": ["What now?"] * 3,
}  # fmt: skip


def frozen_world() -> Content:
    """Its definitions are read as they stand: the checks of `data/` may grow without touching it."""
    raw = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    raw["scenes"] = {key: {**SCENERY, **scene} for key, scene in raw["scenes"].items()}
    return Content.from_definitions(
        {
            kind: {key: KINDS[kind].model_validate(one) for key, one in found.items()}
            for kind, found in raw.items()
        }
    )
