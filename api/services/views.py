"""What clients are shown of sessions, turns and characters (`docs/wire.md`, Shapes)."""

from __future__ import annotations

from api.content.catalogue import Content
from api.rules.encounters import intent_label
from api.rules.legal import legal_actions, suggested_actions
from api.rules.people import acquaintances, people_here, standings
from api.rules.quests import journal
from api.rules.state import Combatant, Hero, PlayState
from api.rules.world import whereabouts
from api.services.retelling import retries_left
from api.services.sheet_views import shop_views
from api.services.story_settings import style_of
from api.services.table import Json, Table, events_of
from api.services.tiers import limits_of


def turn_view(turn: Json) -> Json:
    """The design's history shape, and what came of it."""
    entries = turn["entries"]
    events = events_of(turn)
    return {
        "id": turn["id"],
        "turn": turn["number"],
        "character_id": ",".join(e["character_id"] for e in entries),
        "character_name": ", ".join(e["character_name"] for e in entries),
        "action": "; ".join(e["text"] for e in entries if e["text"]),
        "dm_response": turn["dm_response"],
        "narrated_with": turn["narrated_with"],
        "combat_log": [line for e in events if (line := combat_line(e))],
        "state": turn["state"],
        "kind": turn["kind"],
        "scene": turn["scene"],
        "entries": [
            {
                "character_id": e["character_id"],
                "character_name": e["character_name"],
                "action": e["text"],
                "state": "resolved" if e["resolved"] else "ruled" if e["command"] else "accepted",
                "source": e["source"],
            }
            for e in entries
        ],
        "events": events,
        "sentences": turn.get("sentences", []),
        "retold": turn.get("asked_again", 0),
        "retries_left": retries_left(turn),
        "cleared": bool(turn.get("cleared")),
        **{k: turn[k] for k in ("opened_at", "resolved_at", "narrated_at", "narrator")},
    }


def combat_line(event: Json) -> str:
    """One line of a combat log; empty for events that are no part of a fight."""
    match event["type"]:
        case "attack_hit":
            crit = ", critical" if event["critical"] else ""
            return (
                f"{event['source_name']} hits {event['target_name']} with {event['means']} "
                f"({event['total']} against {event['against']}{crit})"
            )
        case "attack_missed":
            return (
                f"{event['source_name']} misses {event['target_name']} with {event['means']} "
                f"({event['total']} against {event['against']})"
            )
        case "damage_dealt":
            return f"{event['target_name']} takes {event['amount']} {event['damage_type']} damage"
        case "healed":
            return f"{event['target_name']} regains {event['amount']} HP"
        case "went_down":
            return f"{event['target_name']} goes down"
        case "condition_gained":
            return f"{event['target_name']} is {event['condition']}"
        case "encounter_ended":
            return f"{event['encounter_name']}: {event['outcome']}"
    return ""


def seats_offered(table: Table) -> int:
    """How many can sit here: as many as the story takes and the sponsor's tier has room for."""
    most = table.deps.content.campaigns[table.body["campaign"]].max_players
    return max(len(table.party), min(most, limits_of(table.deps, table.body["sponsor_user_id"]).party))


def session_view(table: Table, character_id: str | None = None) -> Json:
    """The whole table as a member sees it; `character_id` adds that hero's legal actions."""
    body, content = table.body, table.deps.content
    campaign = content.campaigns[body["campaign"]]
    heroes = table.heroes()
    state = table.state() if body["world"] else None
    turn = table.open_turn()
    playing = state if body["status"] in ("active", "timeout") else None
    over = body["status"] == "completed"
    return {
        "id": table.id,
        "status": body["status"],
        "campaign": body["campaign"],
        "campaign_name": campaign.name,
        "quest": campaign.quest,
        "mode": body["mode"],
        "pace": body["pace"],
        "settings": style_of(body).to_json(),
        "host": body["host_user_id"],
        "host_name": body["host_name"],
        "sponsor": body["sponsor_user_id"],
        "min_players": body["config"]["min_players"],
        "max_players": seats_offered(table) if body["status"] == "lobby" else campaign.max_players,
        "seq": body["seq"],
        "turn_number": body["turn_number"],
        "party": [_seat_view(table, s, heroes[s["character_id"]], state, turn) for s in table.party],
        "scene": _scene_view(state, content) if state else None,
        "turn": _turn_head(table, turn) if turn else None,
        "encounter": _encounter_view(playing, content) if playing else None,
        "suggested": [{"id": a.id, "label": a.label} for a in suggested_actions(playing, content)]
        if playing
        else [],
        "legal": [a.to_json() for a in legal_actions(playing, character_id, content)]
        if playing and character_id
        else [],
        "where": whereabouts(playing, content).to_json() if playing else None,
        "shops": shop_views(playing, content) if playing and not playing.encounter else [],
        "quests": [
            {"quest": q.quest, "name": q.name, "objective": q.objective}
            for q in journal(playing, content)
            if q.status == "active"
        ]
        if playing
        else [],
        "ending": _ending_view(state, content) if state else None,
        "seed_hash": body["seed_hash"],
        "seed": body["server_seed"] if over else None,
        "seed_entropy": body["entropy"] if over else None,
        "last_narration": body["last_narration"],
        "surface": _surface(table),
        "clock": state.clock if state else None,
        "created_at": body["created_at"],
        "last_activity": body["last_activity"],
    }


def journal_view(table: Table) -> Json:
    """The party's quests, whom it knows, and what groups think of it, with where and when it is."""
    content = table.deps.content
    state = table.state() if table.body["world"] else None
    return {
        "where": whereabouts(state, content).to_json() if state else None,
        "quests": [q.to_json() for q in journal(state, content)] if state else [],
        "people": [p.to_json() for p in acquaintances(state, content)] if state else [],
        "factions": [f.to_json() for f in standings(state, content)] if state else [],
        "clues": list(state.clues) if state else [],
    }


def _surface(table: Table) -> Json | None:
    """Where the session is shown, for those who want to go there."""
    if table.body["provider"] == "web":
        return None
    shown = table.deps.store.get("surfaces", f"{table.body['provider']}.{table.id}")
    return {"kind": shown.body["kind"], "address": shown.body["address"]} if shown else None


def session_line(table_id: str, body: Json, content: Content) -> Json:
    """The short view in lists."""
    return {
        "id": table_id,
        "status": body["status"],
        "campaign": body["campaign"],
        "campaign_name": content.campaigns[body["campaign"]].name,
        "mode": body["mode"],
        "turn_number": body["turn_number"],
        "party": [s["character_name"] for s in body["party"]],
        "host": body["host_user_id"],
        "host_name": body["host_name"],
        "last_activity": body["last_activity"],
    }


def _turn_head(table: Table, turn: Json) -> Json:
    return {
        "id": turn["id"],
        "number": turn["number"],
        "kind": turn["kind"],
        "state": turn["state"],
        "actor": turn["actor"],
        "waiting_for": table.waiting_for(turn),
        "stated": [
            {"character_id": e["character_id"], "text": e["text"], "resolved": e["resolved"]}
            for e in turn["entries"]
        ],
        "deadline": table.body["deadline"],
    }


def _seat_view(table: Table, seat: Json, hero: Hero, state: PlayState | None, turn: Json | None) -> Json:
    content = table.deps.content
    fighter: Combatant | None = None
    if state and state.encounter:
        fighter = state.encounter.combatants.get(hero.id)
    now = fighter or hero
    return {
        **{k: seat[k] for k in ("character_id", "user_id", "player_name", "act_for")},
        "name": hero.name,
        "class_name": content.classes[hero.character_class].name,
        "origin_name": content.origins[hero.origin].name,
        "want": content.origins[hero.origin].want,
        "level": hero.level,
        "xp": hero.xp,
        "gold": hero.gold,
        "hp": now.hp,
        "hp_max": now.hp_max,
        "mp": now.mp,
        "mp_max": now.mp_max,
        "conditions": _conditions(fighter, content) if fighter else [],
        "down": now.hp <= 0,
        **(_lying(fighter) if fighter else {}),
        "row": fighter.row if fighter else hero.row,
        "wounds": hero.wounds,
        "skill_points": hero.skill_points,
        "stated": bool(turn and any(e["character_id"] == hero.id for e in turn["entries"])),
    }


def _conditions(fighter: Combatant, content: Content) -> list[Json]:
    """What still sits on somebody who stands; nobody counts rounds for the fallen."""
    if fighter.down:
        return []
    return [
        {
            "key": key,
            "name": name_of_condition(key, content),
            "rounds": on.rounds,
            "stacks": on.stacks,
            "shield_left": on.shield_left,
        }
        for key, on in fighter.conditions.items()
        if on.rounds > 0
    ]


def name_of_condition(key: str, content: Content) -> str:
    definition = content.conditions.get(key)
    return definition.adjective if definition is not None else key.replace("_", " ")


def _scene_view(state: PlayState, content: Content) -> Json:
    scene = content.scenes[state.scene]
    number = state.visited.index(state.scene) + 1 if state.scene in state.visited else 1
    people = [{"key": p.key, "name": p.name, "role": p.role} for p in people_here(state, content)]
    return {
        "key": state.scene, "name": scene.name, "place": scene.place, "threat": scene.threat, "number": number,
        "people": people,
    }  # fmt: skip


def _encounter_view(state: PlayState, content: Content) -> Json | None:
    encounter = state.encounter
    if encounter is None:
        return None
    definition = content.encounters[encounter.key]
    return {
        "key": encounter.key,
        "name": encounter.name,
        "round": encounter.round,
        "actor": encounter.actor.id,
        "stakes": definition.stakes,
        "order": [
            {**_fighter_view(c, content), "intent": intent_label(state, c.id, content)}
            for i in encounter.order
            if not (c := encounter.combatants[i]).gone
        ],
        "yielding": list(encounter.yielding),
        "can_parley": definition.parley is not None,
    }


def _fighter_view(c: Combatant, content: Content) -> Json:
    """One combatant. `dying` counts the death checks of a fallen hero: those passed and those failed, of three."""
    creature = None if c.is_hero else content.creatures.get(c.key)
    phase = creature.phases[c.phase - 1].name if creature and 0 < c.phase <= len(creature.phases) else ""
    return {
        "id": c.id,
        "name": c.name,
        "kind": "hero" if c.is_hero else "creature",
        "side": c.side,
        "hp": c.hp,
        "hp_max": c.hp_max,
        "phase": c.phase,
        "phase_name": phase,
        "summoned": bool(c.summoned_by),
        **_lying(c),
        "row": c.row,
        "conditions": _conditions(c, content),
    }


def _lying(c: Combatant) -> Json:
    dying = list(c.dying) if c.is_hero and c.down and not c.dead and not c.stable else []
    return {"down": c.down, "dead": c.dead, "stable": c.stable, "dying": dying}


def _ending_view(state: PlayState, content: Content) -> Json | None:
    if state.ending is None:
        return None
    ending = content.campaigns[state.campaign].endings[state.ending]
    return {"key": state.ending, "name": ending.name, "good": ending.good}
