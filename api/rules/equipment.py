"""What heroes wear and wield: slots, requirements, swaps, dressing (`docs/rules.md`, Equipment)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from api.content.catalogue import Content
from api.content.definitions import ItemDef, Slot
from api.rules import events as ev
from api.rules.errors import BagFull, CannotWear, NotCarried
from api.rules.figures import refreshed
from api.rules.items import BAG_PLACES, average, item_of, loose, name_of, places_taken
from api.rules.state import Hero

if TYPE_CHECKING:
    from api.rules.resolution import Resolution

SLOTS: tuple[Slot, ...] = get_args(Slot)


def why_not_wear(hero: Hero, carried: str, content: Content) -> str | None:
    """Why this hero cannot wear or wield it at all, as a sentence; None when it can.

    Own scores count, not what gear lends, so that taking one thing off never makes another illegal.
    """
    item = item_of(content, carried)
    name = name_of(content, carried, hero.rolled)
    if item is None or item.worn_in is None:
        return f"{name} is nothing to wear or wield."
    if hero.level < item.min_level:
        return f"{name} needs level {item.min_level}; {hero.name} is at level {hero.level}."
    if item.classes and hero.character_class not in item.classes:
        who = ", ".join(content.classes[k].name if k in content.classes else k for k in item.classes)
        return f"{name} is only for: {who}."
    for score, least in item.needs.items():
        if hero.stats[score] < least:
            return f"{name} needs {least} {score}; {hero.name} has {hero.stats[score]}."
    return None


def wear(res: Resolution, hero_id: str, carried: str, slot: str = "") -> None:
    """Put something on; what is in its way comes off in the same step. Raises NotCarried, CannotWear, BagFull."""
    hero = res.state.hero(hero_id)
    after, slot, replaced = worn_after(hero, carried, slot, res.content)
    names = tuple(name_of(res.content, each, hero.rolled) for each in replaced)
    name = name_of(res.content, carried, hero.rolled)
    figures = figures_of(refreshed(after, res.content))
    res.emit(ev.ItemEquipped(hero.id, hero.name, carried, name, slot, replaced, names, **figures))


def worn_after(hero: Hero, carried: str, slot: str, content: Content) -> tuple[Hero, str, tuple[str, ...]]:
    """The hero wearing it (figures not yet refreshed), the slot, and what came off. Raises as `wear`."""
    if not hero.inventory.get(carried):
        raise NotCarried(f"{hero.name} carries no '{name_of(content, carried, hero.rolled)}'.")
    reason = why_not_wear(hero, carried, content)
    if reason is not None:
        raise CannotWear(reason)
    item = item_of(content, carried)
    assert item is not None and item.worn_in is not None
    name = name_of(content, carried, hero.rolled)
    if slot not in ("", item.worn_in):
        raise CannotWear(f"{name} belongs in the slot {item.worn_in}.")
    if hero.equipment.get(item.worn_in) == carried:
        raise CannotWear(f"{hero.name} wears {name} already.")
    freed = [item.worn_in, *_hindered(hero, item, content)]
    replaced = tuple(hero.equipment[each] for each in freed if each in hero.equipment)
    kept = {s: i for s, i in hero.equipment.items() if s not in freed}
    after = replace(hero, equipment={**kept, item.worn_in: carried})
    _require_room(hero, after, content)
    return after, item.worn_in, replaced


def _hindered(hero: Hero, item: ItemDef, content: Content) -> list[str]:
    """Other slots that must be empty for it: two hands hold one weapon, or a weapon and something else."""
    if item.two_handed:
        return ["offhand"]
    if item.worn_in == "offhand":
        wielded = item_of(content, hero.equipment.get("weapon", ""))
        return ["weapon"] if wielded is not None and wielded.two_handed else []
    return []


def _require_room(before: Hero, after: Hero, content: Content) -> None:
    taken = places_taken(after, content)
    if taken > max(BAG_PLACES, places_taken(before, content)):
        raise BagFull(f"{before.name}'s bag has no room for what would come off; make some first.")


def take_off(res: Resolution, hero_id: str, slot: str) -> None:
    """Put what is worn in `slot` into the bag. Raises CannotWear (nothing is worn there), BagFull."""
    hero = res.state.hero(hero_id)
    after = bare_after(hero, slot, res.content)
    carried = hero.equipment[slot]
    name = name_of(res.content, carried, hero.rolled)
    figures = figures_of(refreshed(after, res.content))
    res.emit(ev.ItemUnequipped(hero.id, hero.name, carried, name, slot, **figures))


def bare_after(hero: Hero, slot: str, content: Content) -> Hero:
    """The hero with `slot` empty (figures not yet refreshed). Raises as `take_off`."""
    if slot not in hero.equipment:
        worn = ", ".join(hero.equipment) or "none"
        raise CannotWear(f"{hero.name} wears nothing in '{slot}'; slots in use: {worn}.")
    after = replace(hero, equipment={s: i for s, i in hero.equipment.items() if s != slot})
    _require_room(hero, after, content)
    return after


def figures_of(hero: Hero) -> dict[str, Any]:
    """The figures that every event about a sheet carries."""
    return {"hp_max": hero.hp_max, "mp_max": hero.mp_max, "evade": hero.evade, "hp": hero.hp, "mp": hero.mp}


def dressed(hero: Hero, content: Content) -> Hero:
    """The hero with the best carried thing in each empty slot, figures refreshed.

    A weapon is as good as its average damage, all else as good as its bonuses together; ties go to the first by key.
    """
    for slot in SLOTS:
        fitting = [
            carried
            for carried in sorted(hero.inventory)
            if (item := item_of(content, carried)) is not None
            and item.worn_in == slot
            and slot not in hero.equipment
            and loose(hero, carried) > 0
            and why_not_wear(hero, carried, content) is None
            and not any(other in hero.equipment for other in _hindered(hero, item, content))
        ]
        if fitting:
            best = max(fitting, key=lambda carried: worth_wearing(hero, carried, content))
            hero = replace(hero, equipment={**hero.equipment, slot: best})
    return refreshed(hero, content)


def worth_wearing(hero: Hero, carried: str, content: Content) -> float:
    item = item_of(content, carried)
    assert item is not None
    rolled = hero.rolled.get(carried)
    affixes = [content.affixes[k] for k in (rolled.affixes if rolled else ()) if k in content.affixes]
    bonuses = [item.bonuses, *(affix.bonuses for affix in affixes)]
    return sum(sum(each.values()) for each in bonuses) + (average(item.damage) if item.damage else 0)


def sheet_from_document(raw: Mapping[str, Any], content: Content) -> Hero:
    """A saved sheet. One of before equipment existed puts on its armour and takes its weapon in hand.

    HP and MP stay as they were unless the maxima of today are lower.
    """
    hero = Hero.from_json(raw)
    return hero if "equipment" in raw else upgrade_sheet(hero, content)


def upgrade_sheet(hero: Hero, content: Content) -> Hero:
    """A sheet that has never known equipment, as it is today: dressed, in its class's row, with its own figures."""
    character_class = content.classes.get(hero.character_class)
    if character_class is None:
        return hero
    return dressed(replace(hero, row=character_class.row), content)
