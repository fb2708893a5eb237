"""Worlds to prove the rules in: all content of `data/` with whatever content does not yet exercise beside it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from api.content.catalogue import Content
from api.content.definitions import AbilityDef, CreatureDef, EncounterDef, QuestDef
from api.rules.dice import KeyedDice
from api.rules.equipment import dressed, why_not_wear, worn_after
from api.rules.figures import refreshed
from api.rules.items import room_for
from api.rules.loot import RARITIES, fresh_id, roll_item
from api.rules.progress import MAX_LEVEL, raised_to, why_not_learn, with_skill, xp_for
from api.rules.state import Hero
from api.services.characters import NewCharacter, new_hero
from tests.fakes.battles import battle_content
from tests.rules.map_world import map_content

OVER = {"tell": ["It is over."]}
CURSER = "p_curser"
MAP = "marches"


def worlds(content: Content) -> dict[str, Content]:
    """Each campaign of the content, and one of our own with a map: the content in which it is played, by its key."""
    known = proving(content)
    return {
        **dict.fromkeys(sorted(content.campaigns), known),
        MAP: proving(_harder(map_content(content))),
    }


def _harder(content: Content) -> Content:
    """With ogres that one may have to run from, and a quest that begins by itself and cannot be kept for long."""
    vow = {
        "name": "Vow", "summary": "Do nothing.", "giver": "Nobody", "starts": {},
        "fails_with": ["dyke_mended", "waded", "key_found"],
        "stages": [{"key": "keep", "objective": "Keep it.", "goals": [{"kind": "flag", "key": "kept"}]}],
    }  # fmt: skip
    campaign = content.campaigns[MAP]
    quests = (*campaign.quests, "vow")
    return replace(
        content,
        quests={**content.quests, "vow": QuestDef.model_validate(vow)},
        creatures={**content.creatures, "ogre": content.creatures["ogre"].model_copy(update={"hp": 45})},
        campaigns={**content.campaigns, MAP: campaign.model_copy(update={"quests": quests})},
    )


def fighting(content: Content) -> Content:
    """The same, where no fight leads anywhere: each can be fought in any campaign."""
    known = proving(content)
    nowhere = {"goto": None, "encounter": None, "ending": None}
    encounters = {}
    for key, fight in known.encounters.items():
        ends = {name: getattr(fight, name) for name in ("victory", "defeat", "flight", "parley", "surrender")}
        still = {name: end.model_copy(update=nowhere) for name, end in ends.items() if end is not None}
        encounters[key] = fight.model_copy(update=still)
    return replace(known, encounters=encounters)


def proving(content: Content) -> Content:
    """The content with an ability for each condition, a foe that puts them all on, and a fight for each creature."""
    content = battle_content(content)
    abilities = {f"p_{key}": _puts_on(content, key) for key in content.conditions} | {
        "p_physic": _physic(content)
    }
    curser = CreatureDef.model_validate(
        {
            "name": "Curser", "summary": "x.", "level": 3, "stats": {}, "hp": 25, "mp": 5, "evade": 11, "xp": 5,
            "attacks": [
                {"name": "Poke", "verb": "pokes", "damage": "1d4", "damage_type": "piercing", "to_hit": 4,
                 "reach": "ranged"}
            ],
            "abilities": list(abilities), "down": ["{target} falls."],
            "tactics": [
                {"use": "flee", "when": {"self_hp_below": 40}, "chance": 20},
                # Each as likely as the others, and now and then none.
                *(
                    {"use": key, "target": "random", "chance": max(1, 90 // (len(abilities) - place))}
                    for place, key in enumerate(abilities)
                ),
            ],
        }
    )  # fmt: skip
    creatures = {**content.creatures, CURSER: curser}
    fights = {f"p_{key}": _fight_with(key) for key in creatures}
    return replace(
        content,
        abilities={**content.abilities, **abilities},
        creatures=creatures,
        encounters={**content.encounters, **fights},
    )


def _puts_on(content: Content, key: str) -> AbilityDef:
    kind = content.conditions[key].kind
    return AbilityDef.model_validate(
        {
            "name": f"Put {key}", "summary": "x.", "stat": "wisdom", "verb": "does it to", "sure": True,
            "target": "all_allies" if kind == "helpful" else "enemy", "reach": "ranged", "cooldown": 1,
            "effect": {"condition": {"key": key, "rounds": 2, "save": "wisdom", "band": "easy"}},
        }
    )  # fmt: skip


def _physic(content: Content) -> AbilityDef:
    """Cures whatever is harmful, and puts two conditions on at once."""
    harmful = [key for key, one in content.conditions.items() if one.kind == "harmful"]
    return AbilityDef.model_validate(
        {
            "name": "Physic", "summary": "x.", "stat": "wisdom", "verb": "does it to", "target": "all_allies",
            "effect": {
                "cure": harmful, "restore_mp": "1d4",
                "conditions": [{"key": "blessed", "rounds": 2}, {"key": "braced", "rounds": 3}],
            },
        }
    )  # fmt: skip


def _fight_with(creature: str) -> EncounterDef:
    groups = [{"creature": creature, "count": 1, "per_extra_hero": 0.5}, {"creature": CURSER, "row": "back"}]
    return EncounterDef.model_validate(
        {
            "name": "Trial", "intro": ["Here they come."], "stakes": "Everything.", "groups": groups,
            "victory": OVER, "defeat": OVER, "flight": OVER, "parley": OVER,
        }
    )  # fmt: skip


def party(content: Content, size: int, chance: random.Random, wanted: Sequence[str] = ()) -> dict[str, Hero]:
    """Heroes of any class and levels 1 to 20, trained by chance, with all kinds of abilities, things and wounds.

    `wanted` are keys of abilities, items and skills that they get before all others; they wear what of it they can.
    """
    level = chance.randint(1, MAX_LEVEL)
    return {f"h{n}": _hero(content, f"h{n}", level, chance, wanted) for n in range(size)}


def _hero(content: Content, who: str, level: int, chance: random.Random, wanted: Sequence[str]) -> Hero:
    kind, origin = chance.choice(sorted(content.classes)), chance.choice(sorted(content.origins))
    level = max(1, min(MAX_LEVEL, level + chance.randint(-1, 1)))
    learns = chance.choice((0, 2, 5, MAX_LEVEL))  # the last: every point is spent
    lessons = [key for key in wanted if key in content.skills]
    if lessons:
        kind, level, learns = content.skills[lessons[0]].character_class, MAX_LEVEL, MAX_LEVEL
    fresh = new_hero(content, who, NewCharacter(name=who.upper(), character_class=kind, origin=origin))
    hero = raised_to(fresh, level, content)
    for _ in range(learns):
        open_now = [k for k in sorted(content.skills) if why_not_learn(hero, k, content) is None]
        if open_now:
            hero = with_skill(hero, chance.choice(open_now), content)
    more = [key for key in wanted if key in content.abilities]
    more += chance.sample(sorted(content.abilities), 10)
    abilities = tuple(dict.fromkeys((*hero.abilities, *more)))
    hero = replace(hero, abilities=abilities, gold=chance.choice((0, 7, 60, 900)))
    hero = _packed(hero, content, chance, [key for key in wanted if key in content.items])
    hero = refreshed(replace(hero, wounds=chance.choice((0, 0, 1, 3))), content)
    most = xp_for(hero.level + 1) - 1
    return replace(
        hero, row=chance.choice(("front", "back")), hp=chance.randint(1, hero.hp_max),
        mp=chance.randint(0, hero.mp_max), xp=chance.choice((hero.xp, most)) if hero.level < MAX_LEVEL else hero.xp,
    )  # fmt: skip


def _packed(hero: Hero, content: Content, chance: random.Random, wanted: Sequence[str]) -> Hero:
    """Things in the bag as far as there is room (now and then it is full), some found with affixes, some worn."""
    drawn = chance.choices(sorted(content.items), k=chance.choice((6, 14, 50)))
    for key in (*wanted, *drawn):
        dice = KeyedDice(f"{hero.id}{chance.random()}", 0)
        find = roll_item(content, dice, key, chance.randint(1, len(RARITIES) - 1), hero.level)
        if find is not None and room_for(hero, key, content):
            carried = fresh_id(key, dice, set(hero.rolled))
            hero = replace(
                hero, inventory={**hero.inventory, carried: 1}, rolled={**hero.rolled, carried: find}
            )
        elif count := min(room_for(hero, key, content), chance.randint(1, 3)):
            hero = replace(hero, inventory={**hero.inventory, key: hero.inventory.get(key, 0) + count})
    for key in wanted:
        if why_not_wear(hero, key, content) is None and hero.inventory.get(key):
            hero, _, _ = worn_after(hero, key, "", content)
    return dressed(hero, content) if chance.random() < 0.7 else hero


def fields_set(effect: Any) -> set[str]:
    """The parts of an effect that do something, by the names of its fields."""
    if effect is None:
        return set()
    plain: Mapping[str, Any] = effect.model_dump(exclude_defaults=True)
    return {name for name, value in plain.items() if value}
