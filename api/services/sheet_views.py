"""What a player is shown of one hero: the sheet, the skill tree, what is worn and why it counts, the bag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.content.catalogue import Content
from api.rules import progress, shops
from api.rules.equipment import sheet_from_document
from api.rules.figures import effective_stats
from api.rules.items import BAG_PLACES, item_of, loose, name_of, places_taken
from api.rules.legal import SheetOption, sheet_options
from api.rules.sheet import at_table, orders_for
from api.rules.state import Hero, PlayState, RolledItem

Json = dict[str, Any]
SKILL_KINDS = ("learn", "respec")
EQUIPMENT_KINDS = ("equip", "unequip", "row")
INVENTORY_KINDS = ("give", "give_gold", "drop", "pick_up", "buy", "sell")
PLAIN = ("name", "pronouns", "character_class", "origin", "level", "xp", "stats", "hp", "hp_max", "mp", "mp_max",
         "evade", "gold", "row", "wounds", "skill_points")  # fmt: skip
KEPT = ("seated_in", "is_active", "created_at", "user_id")


def character_view(content: Content, character_id: str, body: Mapping[str, Any]) -> Json:
    """The sheet as its owner reads it."""
    hero = sheet_from_document({**body, "id": character_id}, content)
    raw = hero.to_json()
    cls, origin = content.classes[hero.character_class], content.origins[hero.origin]
    figures = effective_stats(hero, content)
    return {
        "id": character_id,
        **{k: raw[k] for k in PLAIN},
        **{k: body[k] for k in KEPT},
        "chosen_at": body.get("chosen_at"),
        "class_name": cls.name,
        "origin_name": origin.name,
        "want": origin.want,
        "xp_next": xp_next(hero),
        "figures": dict(figures.values),
        "abilities": [
            {"key": k, "name": a.name, "summary": a.summary, "cost_mp": a.cost_mp}
            for k in figures.abilities
            if (a := content.abilities.get(k)) is not None
        ],
        "inventory": carried_lines(hero.inventory, hero.rolled, content, hero),
    }


def xp_next(hero: Hero) -> int | None:
    """All the XP that the next level wants; None at the last one."""
    return progress.xp_for(hero.level + 1) if hero.level < progress.MAX_LEVEL else None


def carried_lines(
    things: Mapping[str, int], rolled: Mapping[str, RolledItem], content: Content, hero: Hero | None = None
) -> list[Json]:
    """What lies in a bag or cache; `worn` counts how many of these the hero wears."""
    lines = []
    for carried, count in things.items():
        item = item_of(content, carried)
        lines.append(
            {
                "item": carried,
                "name": name_of(content, carried, rolled),
                "quantity": count,
                "worn": count - loose(hero, carried) if hero else 0,
                "kind": item.kind if item else "junk",
                "rarity": rolled[carried].rarity if carried in rolled else item.rarity if item else "common",
                "summary": item.summary if item else "",
            }
        )
    return lines


def skills_view(state: PlayState, hero: Hero, content: Content) -> Json:
    """The tree of the hero's class, each node with whether it is learnt or what is lacking."""
    tree = []
    for key in progress.tree_of(hero, content):
        skill = content.skills[key]
        refusal = progress.why_not_learn(hero, key, content) if key not in hero.skills else None
        tree.append(
            {
                "key": key, "name": skill.name, "branch": skill.branch, "summary": skill.summary,
                "cost": skill.cost, "min_level": skill.min_level, "requires": list(skill.requires),
                "learnt": key in hero.skills, "reason": refusal.message if refusal else "",
                "abilities": [
                    {"key": a, "name": content.abilities[a].name, "summary": content.abilities[a].summary}
                    for a in skill.abilities
                ],
                "bonuses": dict(skill.bonuses),
            }
        )  # fmt: skip
    return {
        "character_id": hero.id, "level": hero.level, "xp": hero.xp, "xp_next": xp_next(hero),
        "skill_points": hero.skill_points, "tree": tree, "options": _options(state, hero, content, SKILL_KINDS),
    }  # fmt: skip


def equipment_view(state: PlayState, hero: Hero, content: Content) -> Json:
    """What is worn where, what it all amounts to with a receipt for each figure, the row and the standing orders."""
    figures = effective_stats(hero, content)
    worn = {
        slot: {"item": carried, "name": name_of(content, carried, hero.rolled)}
        for slot, carried in hero.equipment.items()
    }
    return {
        "character_id": hero.id,
        "row": hero.row,
        "worn": worn,
        "figures": dict(figures.values),
        "receipt": {
            stat: [
                {"amount": line.amount, "kind": line.kind, "source": line.source}
                for line in figures.lines(stat)
            ]
            for stat in figures.values
        },
        "affinities": dict(figures.affinities),
        "orders": [dict(o) for o in hero.orders],
        "orders_can_use": sorted(orders_for(hero, content)),
        "options": _options(state, hero, content, EQUIPMENT_KINDS),
    }


def inventory_view(state: PlayState, hero: Hero, content: Content) -> Json:
    """The bag with its places, the gold, the party's cache, the shops that are here and what can be done with it."""
    here = at_table(state)
    return {
        "character_id": hero.id,
        "gold": hero.gold,
        "places": {"taken": places_taken(hero, content), "total": BAG_PLACES},
        "items": carried_lines(hero.inventory, hero.rolled, content, hero),
        "cache": carried_lines(state.cache, state.cached_rolls, content) if here else [],
        "shops": shop_views(state, content) if here else [],
        "options": _options(state, hero, content, INVENTORY_KINDS),
    }


def shop_views(state: PlayState, content: Content) -> list[Json]:
    """The counters that are open where the party stands."""
    return [
        {
            "key": key,
            "name": shop.name,
            "keeper": shop.keeper,
            "summary": shop.summary,
            "greeting": shop.greeting[0],
        }
        for key in shops.shops_here(state, content)
        if (shop := content.shops[key])
    ]


def option_views(options: Iterable[SheetOption], kinds: tuple[str, ...]) -> list[Json]:
    """Options without the rules' own command: `kind`, `id` and `shop` go into the request as they are."""
    return [{k: v for k, v in o.to_json().items() if k != "command"} for o in options if o.kind in kinds]


def _options(state: PlayState, hero: Hero, content: Content, kinds: tuple[str, ...]) -> list[Json]:
    return option_views(sheet_options(state, hero.id, content), kinds)
