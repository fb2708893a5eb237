"""The states that an evening seldom shows all at once: full tables, long names, empty lists, errors, every step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot import cards
from bot.cards import belongings, choices, ids
from bot.cards.model import Card
from bot.errors import sentence_for
from bot.texts import tr

Json = dict[str, Any]
LONG = "Wilhelmina-Octavia Thistlewood"  # 30 of the 32 characters that a name may have
WORDS = "I wedge the door with the oar, hold my breath and count the steps on the stairs above."


def _option(kind: str, ident: str, label: str, **more: Any) -> Json:
    plain = {"targets": [], "most": 1, "price": 0, "shop": "", "detail": "", "enabled": True, "reason": ""}
    return {"kind": kind, "id": ident, "label": label, **plain, **more}


def _carried(n: int, name: str, **more: Any) -> Json:
    return {"item": f"thing_{n}", "name": name, "quantity": 1, "worn": 0, "kind": "tool", "rarity": "common",
            "summary": "", **more}  # fmt: skip


SHOP: Json = {"key": "chandler", "name": "The Wick and Anchor", "keeper": "Old Pell", "summary": "",
              "greeting": "Close the door, the light is not free."}  # fmt: skip
BAG: Json = {
    "character_id": "C1", "gold": 12, "places": {"taken": 5, "total": 24}, "shops": [SHOP],
    "items": [
        _carried(1, "red cordial", quantity=2, kind="consumable", summary="Warms from inside."),
        _carried(2, "tarred eel spear of the ebb", kind="weapon", rarity="rare", worn=1),
        _carried(3, "forty fathoms of tarred rope"),
    ],
    "cache": [_carried(4, "the town's bond", kind="key")],
    "options": [
        _option("give", "thing_1", "red cordial", targets=[{"id": "C2", "name": "Pim Cardew"}], most=2),
        _option("drop", "thing_1", "red cordial", most=2),
        _option("buy", "lamp", "a storm lamp", price=4, shop="chandler", detail="tool"),
        _option("buy", "boat", "a boat, nearly dry", price=90, shop="chandler", enabled=False,
                reason="It costs 90 gold."),
        _option("sell", "thing_3", "forty fathoms of tarred rope", price=2, shop="chandler"),
    ],
}  # fmt: skip
FULL_BAG: Json = BAG | {"items": [_carried(n, f"numbered crate {n}") for n in range(40)], "cache": []}
GEAR: Json = {
    "character_id": "C1", "row": "back", "worn": {"weapon": {"item": "spear", "name": "tarred eel spear"},
                                                  "body": {"item": "coat", "name": "oilskin coat"}},
    "figures": {"hp": 12, "mp": 4, "attack": 3, "defence": 2, "evade": 13},
    "receipt": {"hp": [{"amount": 10, "kind": "class", "source": "Vanguard"},
                       {"amount": 2, "kind": "ability", "source": "constitution"}],
                "attack": [{"amount": 1, "kind": "affix", "source": "tarred"},
                           {"amount": 2, "kind": "item", "source": "eel spear"}]},
    "affinities": {"cold": "resist", "fire": "weak"}, "orders": [{"use": "attack"}, {"use": "defend"}],
    "orders_can_use": [], "options": [_option("unequip", "weapon", "tarred eel spear"),
                                      _option("row", "front", "Fight in the front row")],
}  # fmt: skip
_NODE: Json = {
    "cost": 1,
    "min_level": 1,
    "requires": [],
    "abilities": [],
    "bonuses": {},
    "learnt": False,
    "reason": "",
}
SKILLS: Json = {
    "character_id": "C1", "level": 3, "xp": 130, "xp_next": 300, "skill_points": 2,
    "tree": [
        _NODE | {"key": "a", "name": "Stand Fast", "branch": "wall", "summary": "You stay.", "learnt": True},
        _NODE | {"key": "b", "name": "Iron Door", "branch": "wall", "summary": "You shut what others open."},
        _NODE | {"key": "c", "name": "Long Reach", "branch": "spear", "summary": "You poke.",
                 "reason": "It needs level 4."},
    ],
    "options": [_option("learn", "b", "Iron Door", price=1, detail="wall: You shut what others open.")],
}  # fmt: skip
SUMMED_UP: Json = {
    "encounter": "hounds", "encounter_name": "The Counting-House", "outcome": "victory", "rounds": 4,
    "heroes": [{"id": "n", "name": "Nell Tarrow", "dealt": 24, "taken": 9, "healed": 0, "felled": 2, "falls": 0},
               {"id": "p", "name": LONG, "dealt": 7, "taken": 14, "healed": 6, "felled": 0, "falls": 1}],
    "foes": ["Inkhound", "Inkhound", "Bailiff Sorrel"], "xp": 90, "gold": 14,
    "found": [{"name": "brass seal", "quantity": 1, "by": "Nell Tarrow"}],
    "levels": [{"name": "Nell Tarrow", "level": 2}],
}  # fmt: skip


def party_of(view: Json, count: int) -> list[Json]:
    """So many seats, every other one with a long name, in every state that a hero can be in."""
    first = view["party"][0]
    out = []
    for n in range(count):
        state: Json = {
            "stated": n % 2 == 0,
            "down": n == 3,
            "hp": 0 if n == 3 else max(1, first["hp_max"] - n),
        }
        if n == 3:
            state["dying"] = [1, 2]
        if n in (1, 4):
            state["conditions"] = [{"key": "poisoned", "rounds": 2}, {"key": "blessed", "rounds": 3}]
        name = LONG if n % 2 else f"Ada Ninefold {n}"
        out.append({**first, **state, "character_id": f"C{n}", "user_id": f"U{n}", "name": name,
                    "player_name": f"Player {n}"})  # fmt: skip
    return out


def table_of(view: Json, count: int) -> Json:
    party = party_of(view, count)
    waiting = [m["character_id"] for m in party if not m["stated"]]
    quest = {"quest": "bell", "name": "The Bell of Saltmere", "objective": "Find who took the bell."}
    turn = {**view["turn"], "waiting_for": waiting}
    return {**view, "party": party, "max_players": 10, "turn": turn, "quests": [quest]}


def fight_of(fight: Json, count: int) -> Json:
    view = table_of(fight, count)
    foe = next(one for one in fight["encounter"]["order"] if one["kind"] == "creature")
    heroes = [
        {"id": m["character_id"], "name": m["name"], "kind": "hero", "side": "party",
         "row": "back" if n % 3 else "front", "hp": m["hp"], "hp_max": m["hp_max"],
         "conditions": m.get("conditions") or [], "down": m["down"],
         "dying": m.get("dying") or []}
        for n, m in enumerate(view["party"])
    ]  # fmt: skip
    foes = [foe | {"id": f"hound.{n}", "name": f"Inkhound {n}", "down": n == 3} for n in (1, 2, 3)]
    turn = {**view["turn"], "kind": "encounter", "actor": "C0", "waiting_for": ["C0"]}
    return {**view, "turn": turn, "encounter": {**fight["encounter"], "order": [*heroes, *foes]}}


def legal_of(count: int) -> list[Json]:
    return [{"kind": "affordance", "id": f"thing_{n}", "label": f"Look into crate {n}", "enabled": True}
            for n in range(count)]  # fmt: skip


def state_cards(view: Json, fight: Json, character: Json) -> dict[str, Card]:
    """By a name that says which. `view` and `fight` are session views, `character` is a sheet."""
    session = str(view["id"])
    lobby = {**view, "status": "lobby", "turn": None, "scene": None, "max_players": 10}
    return {
        "lobby, nobody in it": cards.lobby(lobby | {"party": []}),
        "lobby, one player": cards.lobby(lobby | {"party": party_of(view, 1), "min_players": 2}),
        "lobby, ten players": cards.lobby(lobby | {"party": party_of(view, 10)}),
        "lobby, by post": cards.lobby(lobby | {"mode": "ordered", "pace": "by_post"}),
        "table, one hero": cards.table(table_of(view, 1)),
        "table, ten heroes": cards.table(table_of(view, 10)),
        "table, nothing open": cards.table(view | {"turn": None}),
        "fight, one hero": cards.table(fight_of(fight, 1)),
        "fight, ten heroes": cards.table(fight_of(fight, 10)),
        "fight, summed up": cards.fight_summary(SUMMED_UP),
        "fight, lost": cards.fight_summary(SUMMED_UP | {"outcome": "defeat", "rounds": 1, "xp": 0, "gold": 0,
                                                        "found": [], "levels": [], "foes": []}),
        "refusal with words": cards.refusal(sentence_for("stale_turn"), session, 5, legal_of(3), WORDS),
        "refusal, nothing legal": cards.refusal(sentence_for("hero_down"), session, 5, []),
        "what can I do, first page": choices.chooser(session, 2, legal_of(130)),
        "what can I do, nothing": choices.chooser(session, 2, [
            {"kind": "rest", "id": "rest", "label": "Rest", "enabled": False, "reason": "Not in a fight."}]),
        "choosing a hero, newcomer": cards.hero_choice("coc:lobby:S1:hero", [
            {"key": "nell", "name": "Nell Tarrow", "summary": "Small, fast and never where the shouting is."}], [],
            sentence_for("not_in_session")),
        "a refused name": cards.hero_refused(
            "Mara!!", {"field": "name", "problem": "may not hold !"}, "", "coc:play:1:make"),
        "a refused hero": cards.hero_refused(
            "Mara", {}, "You have all the heroes that your tier allows.", "coc:play:1:make"),
        "your heroes": cards.roster(
            [character, character | {"id": "C2", "name": LONG, "seated_in": None}], character["id"]),
        "your heroes, none": cards.roster([], ""),
        "your heroes, many": cards.roster(
            [character | {"id": f"C{n}", "name": f"Ada Ninefold {n}"} for n in range(60)], "C1", 1),
        "sheet, a beginner": cards.sheet(character | {"abilities": [], "inventory": [], "mp": 0, "mp_max": 0, "xp": 0}),
        "party of ten": cards.party(table_of(view, 10)),
        "bag": _with_choice("bag", cards.bag(BAG), BAG),
        "bag, empty": cards.bag({"gold": 0, "places": {"taken": 0, "total": 24}}),
        "bag, second page": _with_choice("bag", cards.bag(FULL_BAG, page=1), FULL_BAG, 1),
        "gear": _with_choice("gear", cards.gear(GEAR), GEAR),
        "gear, nothing worn": cards.gear({"figures": {"hp": 10}, "receipt": {}}),
        "skills": _with_choice("skills", cards.skills(SKILLS), SKILLS),
        "skills, none": cards.skills({"level": 1, "xp": 0, "xp_next": None, "skill_points": 0}),
        "shop": _with_choice("shop", cards.shop(BAG) or cards.notice("", ""), BAG),
        "recap, nothing yet": cards.recap({}),
        "journal, full": cards.journal({
            "where": {"location_name": "Candle Quay", "region_name": "The Low Coast", "day": 3, "time": "night"},
            "quests": [{"quest": "q", "name": "The Bell of Saltmere", "giver": "Mother Neap", "status": "active",
                        "stage": 2, "stages": 3, "objective": "Find who took the bell.",
                        "goals": [{"kind": "defeat", "key": "hound", "name": "", "have": 2, "wanted": 6}]}],
            "people": [{"person": "o", "name": "Odile Marrash", "role": "archivist", "disposition": value,
                        "memories": ["They paid."]} for value in (70, 30, 6, 0, -10, -30, -80)],
            "factions": [{"faction": "w", "name": "The Wardens", "reputation": -30}],
            "clues": ["A thumbprint, no bigger than a lentil."]}),
        **_telling(view),
        **_guidance(view, fight, lobby),
        **{f"error, {code}": cards.notice(tr("That did not work"), sentence_for(code), bad=True) for code in (
            "unreachable", "rate_limited", "not_in_session", "party_full", "forbidden")},
    }  # fmt: skip


def _with_choice(shown: str, card: Card, part: Json, page: int = 0) -> Card:
    custom_id = ids.make("sheet", "C1", "change", shown, page)
    pages = belongings.pages_of(shown, part)
    return replace(
        card,
        selects=belongings.choice(custom_id, shown, part, page),
        buttons=belongings.page_buttons("C1", shown, page, pages),
    )


def _telling(view: Json) -> dict[str, Card]:
    chosen = {"tone": "wry", "length": "short", "rating": "teen", "language": "de"}
    recap = {
        "title": "The Low-Water Ledger",
        "so_far": ["A bell rang."],
        "last_choice": "Take the hidden stair down",
    }
    return {
        "settings": cards.settings(view | {"settings": chosen}, change="/settings tone: grim"),
        "a line, settings changed": cards.settings_changed({"settings": chosen}),
        "a line, the story moves": cards.story_moved({}),
        "a line, a notice": cards.notice_line({"text": "The storyteller speaks English."}),
        "a line, a pause": cards.pause({"cliffhanger": "Below, somebody answers the bell."}),
        "previously": cards.previously({"previously": recap}) or cards.notice("", ""),
    }


def _guidance(view: Json, fight: Json, lobby: Json) -> dict[str, Card]:
    me = view["party"][0]
    done = view | {"turn": {**view["turn"], "waiting_for": []}}
    return {
        "help, no table": cards.help_card(),
        "help, a lobby without you": cards.help_card(lobby),
        "help, your lobby": cards.help_card(lobby | {"host": me["user_id"]}, me),
        "help, your turn": cards.help_card(
            view | {"turn": {**view["turn"], "waiting_for": [me["character_id"]]}}, me),
        "help, the others' turn": cards.help_card(done, me),
        "help, a fight": cards.help_card(fight, me),
        "help, down": cards.help_card(done, me | {"down": True, "dying": [1, 0]}),
        "help, paused": cards.help_card(view | {"status": "timeout"}, me),
        **{f"tutorial, step {n}": cards.lesson(n, {2: "boats", 4: "attack"}.get(n, "")) for n in range(1, 6)},
    }  # fmt: skip
