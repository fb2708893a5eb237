"""Battles in which everything of the engine happens: reactions, summons, phases, plans, parley, death, revival.

The starter content has little of that yet; properties and benchmarks must hold for all of it.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from api.content.catalogue import Content
from api.content.definitions import AbilityDef, CreatureDef, EncounterDef, ItemDef
from api.rules.encounters import start_encounter
from api.rules.progress import raised_to, trained, xp_for
from api.rules.resolution import Resolution
from api.rules.state import Hero, PlayState
from api.services.characters import NewCharacter, new_hero

CAMPAIGN = "low_water_ledger"


def _ability(**values: Any) -> AbilityDef:
    plain = {"name": "Thing", "summary": "x.", "stat": "strength", "verb": "does it to"}
    return AbilityDef.model_validate({**plain, **values})


ABILITIES = {
    "t_sweep": _ability(name="Sweep", target="all_enemies", cost_mp=3, cooldown=2, effect={"damage": "1d6"}),
    "t_flurry": _ability(name="Flurry", target="enemy", hits=3, cost_mp=2, uses_weapon=True, effect={"damage": "1d4"}),
    "t_bolt": _ability(
        name="Bolt", target="enemy", reach="ranged", stat="intelligence", cost_mp=2, sure=True,
        effect={
            "damage": "2d6", "damage_type": "fire",
            "condition": {"key": "burning", "rounds": 2, "save": "dexterity"},
        },
    ),
    "t_taunt": _ability(
        name="Jeer", target="enemy", reach="ranged", stat="charisma", cooldown=1, sure=True, rows=["front"],
        effect={"condition": {"key": "taunted", "rounds": 2}, "threat": 20},
    ),
    "t_shove": _ability(name="Shove", target="enemy", effect={"damage": "1d4", "push": "back"}),
    "t_mend": _ability(name="Mend", target="ally", stat="wisdom", cost_mp=2, effect={"heal": "2d6"}),
    "t_wake": _ability(
        name="Call Back", target="ally", stat="wisdom", cost_mp=4, cooldown=3, effect={"revive": 30}
    ),
    "t_ward": _ability(
        name="Ward", target="all_allies", stat="wisdom", cost_mp=3,
        effect={"condition": {"key": "shielded", "rounds": 3}, "dispel": 1},
    ),
    "t_beast": _ability(
        name="Whistle", target="self", stat="charisma", cost_mp=3, cooldown=5,
        effect={"summon": {"creature": "t_cur"}},
    ),
    "t_riposte": _ability(
        name="Riposte", target="enemy", effect={"damage": "1d6"}, cooldown=1,
        reaction={"on": "missed", "does": "strike_back"},
    ),
    "t_brace": _ability(
        name="Brace", target="self", effect={"heal": "1d4"}, cost_mp=1, reaction={"on": "hit", "does": "brace"}
    ),
    "t_cover": _ability(
        name="Cover", target="ally", effect={"heal": "1d4"}, reaction={"on": "ally_hit", "does": "cover"}
    ),
    "t_slip": _ability(
        name="Slip", target="self", effect={"heal": "1d4"}, cooldown=2, reaction={"on": "hit", "does": "slip"}
    ),
    "t_grief": _ability(
        name="Grief", target="self", effect={"condition": {"key": "strengthened", "rounds": 2}},
        reaction={"on": "ally_down", "does": "use_effect"},
    ),
    "t_hush": _ability(
        name="Hush", target="enemy", reach="ranged", stat="charisma", cost_mp=2,
        effect={"condition": {"key": "silenced", "rounds": 2, "save": "wisdom"}},
    ),
    "t_roots": _ability(
        name="Roots", target="all_enemies", stat="wisdom", cost_mp=3, sure=True,
        effect={"condition": {"key": "rooted", "rounds": 2}},
    ),
    "t_stout": _ability(name="Stout", target="self", passive=True, bonuses={"defence": 1}, effect={"heal": "1d4"}),
}  # fmt: skip

ITEMS = {
    "t_potion": ItemDef(name="Potion", summary="x.", kind="consumable", use={"heal": "2d4"}, target="ally", stack=9),
    "t_salts": ItemDef(name="Wake Salts", summary="x.", kind="consumable", use={"revive": 25}, target="ally", stack=9),
    "t_flask": ItemDef(
        name="Flask", summary="x.", kind="consumable", use={"damage": "1d6", "damage_type": "fire"},
        target="all_enemies", stack=9,
    ),
}  # fmt: skip

BITE = {"name": "Bite", "verb": "bites", "damage": "1d8+2", "damage_type": "piercing", "to_hit": 6}
SPIT = {**BITE, "name": "Spit", "damage": "1d6", "damage_type": "poison", "reach": "ranged",
        "condition": {"key": "poisoned", "rounds": 2, "save": "constitution"}}  # fmt: skip
GALE = {**BITE, "name": "Gale", "damage": "1d6", "targets": "all", "reach": "ranged"}


def _creature(name: str, **values: Any) -> CreatureDef:
    plain = {
        "name": name, "summary": "x.", "level": 10, "stats": {"strength": 14, "dexterity": 12}, "hp": 60,
        "evade": 15, "xp": 100, "gold": (0, 5), "attacks": [BITE], "down": ["{target} falls."],
    }  # fmt: skip
    return CreatureDef.model_validate({**plain, **values})


CREATURES = {
    "t_cur": _creature("Cur", hp=20, xp=10),
    "t_brute": _creature("Brute", behaviour="threat", abilities=["t_shove", "t_brace", "t_stout"], defence=2),
    "t_spitter": _creature("Spitter", hp=45, row="back", attacks=[SPIT, BITE], mp=12, abilities=["t_hush"], tactics=[
        {"use": "t_hush", "target": "caster", "when": {"target_lacks": "silenced"}, "chance": 60},
        {"use": "move_back", "when": {"self_lacks": "rooted"}, "chance": 50},
        {"use": "spit", "target": "back_row"},
    ]),
    "t_healer": _creature("Healer", hp=40, row="back", mp=20, abilities=["t_mend", "t_wake", "t_slip"], tactics=[
        {"use": "t_wake", "target": "fallen_ally", "when": {"ally_down": True}},
        {"use": "t_mend", "target": "weakest_ally", "when": {"ally_hp_below": 50}},
        {"use": "flee", "when": {"self_hp_below": 60, "allies_at_most": 2}},
        {"use": "attack", "target": "lowest_percent"},
    ]),
    "t_boss": _creature("Boss", hp=150, boss=True, mp=30, abilities=["t_roots", "t_taunt", "t_riposte"],
        attacks=[BITE, GALE], immune_to=["stunned"], tactics=[
            {"use": "gale", "when": {"every": 3}}, {"use": "t_roots", "when": {"round_at_least": 2}, "chance": 30},
        ], phases=[
            {"name": "Angry", "at_percent": 60, "tell": ["It roars."], "bonuses": {"attack": 2},
             "conditions": [{"key": "strengthened", "rounds": 3}]},
            {"name": "Desperate", "at_percent": 25, "tell": ["It howls."], "heal_percent": 10,
             "summon": {"creature": "t_cur", "count": 1, "per_extra_hero": 0.5},
             "tactics": [{"use": "gale", "chance": 50}, {"use": "defend", "chance": 20}]},
        ]),
}  # fmt: skip
OVER = {"tell": ["It is over."]}


def _encounter(*groups: dict[str, Any], **values: Any) -> EncounterDef:
    plain = {
        "name": "Battle", "intro": ["Here they come."], "stakes": "Everything.", "groups": list(groups),
        "victory": OVER, "defeat": OVER, "flight": OVER, "parley": OVER,
    }  # fmt: skip
    return EncounterDef.model_validate({**plain, **values})


ENCOUNTERS = {
    "t_four": _encounter(
        {"creature": "t_brute", "count": 2}, {"creature": "t_spitter"}, {"creature": "t_healer"}
    ),
    "t_lair": _encounter(
        {"creature": "t_boss"}, {"creature": "t_cur", "count": 1, "per_extra_hero": 0.5}, boss=True,
        can_flee=False, flight=None, parley=None, surrender={"tell": ["They yield."]},
    ),
}  # fmt: skip


def battle_content(content: Content) -> Content:
    """The content with all of the above beside it; its campaign knows every ending, whichever fight leads to it."""
    endings = {key: one for each in content.campaigns.values() for key, one in each.endings.items()}
    campaign = content.campaigns[CAMPAIGN].model_copy(update={"endings": endings})
    return replace(
        content,
        campaigns={**content.campaigns, CAMPAIGN: campaign},
        abilities={**content.abilities, **ABILITIES},
        items={**content.items, **ITEMS},
        creatures={**content.creatures, **CREATURES},
        encounters={**content.encounters, **ENCOUNTERS},
    )


def battle_party(content: Content, size: int, level: int, chance: random.Random) -> dict[str, Hero]:
    """Heroes of that level with the skills of their class, some of the abilities above, and things to use up."""
    keys = sorted(content.heroes)
    party = {}
    for number in range(size):
        who = f"h{number}"
        made = new_hero(content, who, NewCharacter(hero=keys[number % len(keys)]))
        made = trained(raised_to(made, level, content), content)
        more = chance.sample(sorted(ABILITIES), 5)
        party[who] = replace(
            made,
            xp=chance.choice((made.xp, xp_for(level + 1) - 1)),
            abilities=(*made.abilities, *more),
            inventory={**made.inventory, "t_potion": 2, "t_salts": 1, "t_flask": 1},
            row=chance.choice(("front", "back")),
        )
    return party


def opened(res: Resolution, encounter: str) -> PlayState:
    """The state in which the fight waits for the first hero; over at once in the rare case."""
    start_encounter(res, encounter)
    return res.state
