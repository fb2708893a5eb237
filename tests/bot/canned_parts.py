"""Parts of a sheet as the API answers them (`docs/wire.md`): inventory, equipment, skills, and a session's journal."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def option(kind: str, ident: str, label: str, **more: Any) -> Json:
    plain = {"targets": [], "most": 1, "price": 0, "shop": "", "detail": "", "enabled": True, "reason": ""}
    return {"kind": kind, "id": ident, "label": label, **plain, **more}


def carried(item: str, name: str, **more: Any) -> Json:
    plain = {"quantity": 1, "worn": 0, "kind": "consumable", "rarity": "common", "summary": ""}
    return {"item": item, "name": name, **plain, **more}


def parts() -> dict[str, Json]:
    """Fresh each time."""
    friends = [{"id": "C2", "name": "Bo"}, {"id": "C3", "name": "Cy"}]
    shop = {
        "key": "store",
        "name": "The Store",
        "keeper": "Old Pell",
        "summary": "x",
        "greeting": "Close the door.",
    }
    inventory: Json = {
        "character_id": "C1",
        "gold": 12,
        "places": {"taken": 2, "total": 24},
        "items": [
            carried("red_cordial", "red cordial", quantity=2, summary="Warms from inside."),
            carried("eel_spear~abc", "tarred eel spear", kind="weapon", rarity="rare", worn=1),
        ],
        "cache": [carried("town_bond", "the town's bond", kind="key")],
        "shops": [shop],
        "options": [
            option("give", "red_cordial", "red cordial", targets=friends, most=2),
            option("drop", "red_cordial", "red cordial", most=2),
            option(
                "drop",
                "eel_spear~abc",
                "tarred eel spear",
                enabled=False,
                reason="It is worn; take it off first.",
            ),
            option("buy", "rope", "a rope", price=3, shop="store", most=4, detail="tool"),
            option(
                "buy", "lamp", "a lamp", price=30, shop="store", enabled=False, reason="It costs 30 gold."
            ),
            option("sell", "red_cordial", "red cordial", price=2, shop="store", most=2),
        ],
    }
    equipment: Json = {
        "character_id": "C1",
        "row": "front",
        "worn": {"weapon": {"item": "eel_spear~abc", "name": "tarred eel spear"}},
        "figures": {"hp": 12, "evade": 13, "attack": 1},
        "receipt": {
            "hp": [
                {"amount": 10, "kind": "class", "source": "Vanguard"},
                {"amount": 2, "kind": "ability", "source": "constitution"},
            ],
            "evade": [{"amount": 13, "kind": "class", "source": "Vanguard"}],
            "attack": [{"amount": 1, "kind": "affix", "source": "tarred"}],
        },
        "affinities": {"cold": "resist"},
        "orders": [{"use": "attack"}],
        "orders_can_use": ["attack", "defend"],
        "options": [
            option("unequip", "weapon", "tarred eel spear"),
            option("row", "back", "Fight in the back row"),
        ],
    }
    node: Json = {"cost": 1, "min_level": 1, "requires": [], "abilities": [], "bonuses": {}}
    skills: Json = {
        "character_id": "C1",
        "level": 2,
        "xp": 130,
        "xp_next": 300,
        "skill_points": 1,
        "tree": [
            {**node, "key": "a", "name": "Stand Fast", "branch": "wall", "summary": "You stay.", "learnt": True,
             "reason": ""},
            {**node, "key": "b", "name": "Iron Door", "branch": "wall", "summary": "You shut.", "learnt": False,
             "reason": ""},
            {**node, "key": "c", "name": "Long Reach", "branch": "spear", "summary": "You poke.", "learnt": False,
             "reason": "It needs level 4."},
        ],
        "options": [option("learn", "b", "Iron Door", price=1, detail="wall: You shut.")],
    }  # fmt: skip
    journal: Json = {
        "where": {"location": "quay", "location_name": "The Quay", "region": "coast", "region_name": "The Low Coast",
                  "rest": "long", "clock": 1200, "day": 1, "time": "day", "heading": ""},
        "quests": [
            {"quest": "bond", "name": "The Bond", "summary": "A debt.", "giver": "odile", "status": "active",
             "stage": 1, "stages": 2, "objective": "Find the bond.",
             "goals": [{"kind": "item", "key": "town_bond", "name": "the town's bond", "have": 0, "wanted": 1}]},
            {"quest": "cat", "name": "The Cat", "summary": "It was found.", "giver": "", "status": "done", "stage": 1,
             "stages": 1, "objective": "", "goals": []},
        ],
        "people": [{"person": "odile", "name": "Odile", "role": "archivist", "disposition": 30,
                    "memories": ["They paid."]}],
        "factions": [{"faction": "wardens", "name": "The Wardens", "reputation": -30}],
        "clues": ["A thumbprint, no bigger than a lentil."],
    }  # fmt: skip
    return {"inventory": inventory, "equipment": equipment, "skills": skills, "journal": journal}


def memories() -> list[Json]:
    """A session's memories as the API answers them."""
    plain: Json = {
        "kind": "promise", "text": "Tib was promised a new oar", "source": "player", "speaker": "Pim", "turns": [4],
        "about": [{"id": "tib", "name": "Tib"}], "turn_ids": ["T4"], "event_ids": [], "pinned": False, "state": "live",
        "by": None, "corrects": None, "created_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    return [
        {"id": "m1", **plain},
        {"id": "m2", **plain, "kind": "person", "text": "The ferryman is Wenzel", "source": "told", "speaker": None,
         "pinned": True},
        {"id": "m3", **plain, "kind": "claim", "text": "I own the crown", "source": "pin", "by": "Ana"},
    ]  # fmt: skip
