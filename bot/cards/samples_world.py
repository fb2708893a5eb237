"""Sample events and answers of the wider game: a journey with a fight on it, quests, a night, growth, a hard fight."""

from __future__ import annotations

from typing import Any

from bot import cards
from bot.cards.model import Card

Json = dict[str, Any]
NELL, PIM, ALDO = "01KB0000000000000000000NE1", "01KB0000000000000000000PM2", "01KB0000000000000000000AD3"
_NELL = {"actor": NELL, "actor_name": "Nell Tarrow"}
_PIM = {"actor": PIM, "actor_name": "Pim Cardew"}

ROAD: Json = {
    "type": "turn_resolved", "turn_id": "01KB0000000000000000000T09", "turn_number": 9, "kind": "beat",
    "text": "Nell goes in front. The dike road bends where it likes, and a cart has lost a wheel here, not lately.\n\n"
            "By dusk there are lamps, and the lamps are Saltmere.",
    "deeds": [{"character_id": NELL, "character_name": "Nell Tarrow", "text": "Walk to Saltmere", "events": [
        {"type": "journey_began", **_NELL, "origin": "quay", "origin_name": "Candle Quay", "to": "saltmere",
         "to_name": "Saltmere", "minutes": 130, "tell": 0}]}],
    "closing": [
        {"type": "choice_made", "affordance": "saltmere", "label": "Walk to Saltmere", "votes": [NELL, PIM],
         "against": [ALDO]},
        {"type": "met_on_the_way", "table": "dike_road", "line": 1, "encounter": "", "to": "saltmere"},
        {"type": "location_reached", "location": "saltmere", "location_name": "Saltmere", "region": "fen",
         "first_visit": True},
        {"type": "quest_stage_done", "quest": "lost_bell", "quest_name": "The Bell of Saltmere", "stage": 0,
         "objective": "Reach Saltmere before the tide.", "next_objective": "Find who took the bell.", "tell": -1},
        {"type": "reputation_changed", "faction": "pilots", "faction_name": "The Pilots", "amount": 5,
         "reputation": 12},
    ],
}  # fmt: skip
HARD: Json = {
    "type": "turn_resolved", "turn_id": "01KB0000000000000000000T12", "turn_number": 12, "kind": "encounter",
    "text": "Pim's light finds the gap. Behind it there is nothing left that wants the bell.",
    "deeds": [{"character_id": PIM, "character_name": "Pim Cardew", "text": "Spark Flick: Bell Thief", "events": [
        {"type": "attack_hit", "source": PIM, "source_name": "Pim Cardew", "target": "bell_thief.1",
         "target_name": "Bell Thief", "means": "Spark Flick", "means_key": "spark_flick", "roll": 18, "total": 23,
         "against": 13, "critical": False, "rolls": [18, 4], "modifier": 5, "reasons": ["+Inspired"]},
        {"type": "damage_dealt", "source": PIM, "source_name": "Pim Cardew", "target": "bell_thief.1",
         "target_name": "Bell Thief", "amount": 7, "damage_type": "fire", "hp_after": 0,
         "parts": [["1d6", 4], ["intelligence", 3], ["magic", 6], ["resistance", -2], ["weakness", 5],
                   ["Shielded", -6], ["no HP left", -3]],
         "absorbed": [["shielded", 6]], "affinity": "weak", "blocked": False, "means_key": "spark_flick"},
        {"type": "save_rolled", "target": "bell_thief.1", "target_name": "Bell Thief", "condition": "burning",
         "condition_name": "Burning", "stat": "constitution", "band": "medium", "difficulty": 12, "roll": 13,
         "modifier": 1, "total": 14, "saved": True, "moment": "gain"},
        {"type": "condition_resisted", "target": "bell_thief.1", "target_name": "Bell Thief", "condition": "burning",
         "condition_name": "Burning", "source": PIM, "why": "save", "by": ""},
        {"type": "death_checked", "actor": ALDO, "actor_name": "Aldo Fisk", "roll": 14, "successes": 1, "failures": 2,
         "result": "success"},
        {"type": "went_down", "target": "bell_thief.1", "target_name": "Bell Thief", "by": PIM,
         "by_name": "Pim Cardew", "is_hero": False}]}],
    "closing": [
        {"type": "encounter_ended", "encounter": "bell", "encounter_name": "The Bell Thief", "outcome": "victory",
         "rounds": 4, "tell": 0},
        {"type": "xp_gained", **_NELL, "amount": 60, "xp_after": 310},
        {"type": "level_gained", **_NELL, "level": 4, "stats": {"strength": 17}, "skill_points": 1, "hp_max": 41,
         "mp_max": 12, "evade": 13, "hp": 30, "mp": 8},
        {"type": "gold_changed", **_NELL, "amount": 6, "gold_after": 28},
        {"type": "item_gained", **_PIM, "item": "ring~abc", "item_name": "Tarred Ring of the Ebb", "quantity": 1,
         "rolled": {"item": "ring", "rarity": "rare", "affixes": ["tarred", "of_the_ebb"],
                    "name": "Tarred Ring of the Ebb"}},
        {"type": "quest_completed", "quest": "lost_bell", "quest_name": "The Bell of Saltmere"},
    ],
}  # fmt: skip
NIGHT: Json = {
    "type": "turn_resolved", "turn_id": "01KB0000000000000000000T14", "turn_number": 14, "kind": "beat",
    "text": "They sleep in the Heron, all of them, the way stones sleep.",
    "deeds": [{"character_id": NELL, "character_name": "Nell Tarrow", "text": "Spend the night here", "events": [
        {"type": "night_spent", **_NELL, "location": "heron", "location_name": "The Heron", "price": 3}]}],
    "closing": [
        {"type": "wounds_healed", "actor": ALDO, "actor_name": "Aldo Fisk", "wounds": 1, "hp_max": 26, "mp_max": 20,
         "evade": 14},
        {"type": "rested", "actor": ALDO, "actor_name": "Aldo Fisk", "hp_after": 26, "mp_after": 20, "kind": "long"},
    ],
}  # fmt: skip
JOURNAL: list[Json] = [
    {"quest": "lost_bell", "name": "The Bell of Saltmere", "summary": "A bell is gone.", "giver": "Mother Neap",
     "status": "active", "stage": 2, "stages": 3, "objective": "Find who took the bell.",
     "goals": [{"kind": "talk", "key": "wick", "name": "Wick", "have": 1, "wanted": 1},
               {"kind": "defeat", "key": "inkhound", "name": "Inkhound", "have": 2, "wanted": 6}]},
    {"quest": "candle", "name": "A Candle for Jory", "summary": "Light it.", "giver": "Tib", "status": "done",
     "stage": 1, "stages": 1, "objective": "", "goals": []},
    {"quest": "kettle", "name": "The Kettle", "summary": "Lost.", "giver": "Ketch", "status": "failed", "stage": 1,
     "stages": 2, "objective": "", "goals": []},
]  # fmt: skip
ORDER: list[Json] = [
    {"id": "bell_thief.1", "name": "Bell Thief", "kind": "creature", "hp": 22, "hp_max": 40, "down": False,
     "row": "front", "phase": 1, "phase_name": "With Both Hands Free",
     "conditions": [{"key": "burning", "rounds": 2, "stacks": 2}, {"key": "shielded", "rounds": 3, "shield_left": 6}]},
    {"id": NELL, "name": "Nell Tarrow", "kind": "hero", "hp": 13, "hp_max": 16, "down": False, "row": "front",
     "conditions": [], "intent": "Shoulder Charge: Bell Thief"},
    {"id": PIM, "name": "Pim Cardew", "kind": "hero", "hp": 12, "hp_max": 12, "down": False, "row": "back",
     "conditions": [{"key": "inspired", "rounds": 1}]},
    {"id": ALDO, "name": "Aldo Fisk", "kind": "hero", "hp": 0, "hp_max": 14, "down": True, "row": "back",
     "dying": [1, 2], "conditions": []},
    {"id": "gull.1", "name": "Gull", "kind": "creature", "hp": 3, "hp_max": 9, "down": False, "gone": True,
     "conditions": []},
]  # fmt: skip


def world_cards(session: str, fight: Json) -> dict[str, Card]:
    """The cards of the wider game, by a name that says which. `fight` is a session view with an encounter."""
    hard = {**fight, "encounter": {**fight["encounter"], "name": "The Bell Thief", "order": ORDER}}
    return {
        "a journey, resolved": cards.outcome(session, ROAD),
        "a journey, told": cards.narration(session, ROAD, ROAD),
        "a won fight, resolved": cards.outcome(session, HARD),
        "a won fight, told": cards.narration(session, HARD, HARD),
        "how a fight was decided": cards.why(HARD),
        "a night, told": cards.narration(session, NIGHT, NIGHT),
        "quest journal": cards.journal({"quests": JOURNAL}),
        "quest journal, empty": cards.journal({}),
        "table in a hard fight": cards.table(hard),
    }
