"""A fight in figures, told to the table once it is over: who dealt and bore what, who fell, and what was won."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from api.rules.state import PlayState
from api.services.deps import Deps, retrying
from api.services.table import Json, Table, events_of
from api.store.port import Query

PAGE = 100
COUNTED = ("dealt", "taken", "healed", "felled", "falls")


def note_fight(table: Table, turn: Json, before: PlayState, after: PlayState, events: Iterable[Json]) -> None:
    """Keep in mind where a fight began, and once it is over that it is to be summed up (`Table.commit` asks for it)."""
    body = table.body
    kinds = [e["type"] for e in events]
    if before.encounter is None and "encounter_started" in kinds:
        body["fight_from"] = turn["number"]
    if "encounter_ended" not in kinds:
        return
    body["fight_due"] = {"from": body.pop("fight_from", turn["number"]), "to": turn["number"]}
    if after.encounter is not None:  # a won fight may lead straight into the next
        body["fight_from"] = turn["number"]


def finalize_combat(deps: Deps, session_id: str) -> bool:
    """Tell the table what the last fight came to, once. False when there is nothing to sum up."""

    def attempt() -> bool:
        table = Table.load(deps, session_id)
        if not table.body.get("fight_due"):
            return False
        sum_up_fight(table)
        table.commit()
        return True

    return retrying(attempt)


def sum_up_fight(table: Table, turn: Json | None = None) -> None:
    """Add the summary of the fight that is due to the table's next commit; `turn` is one that is not stored yet."""
    due = table.body.pop("fight_due")
    events = [*_told(table, due["from"], due["to"], turn)]
    table.emit("fight_summed_up", first_turn=due["from"], last_turn=due["to"], **fight_figures(events))


def _told(table: Table, first: int, last: int, turn: Json | None) -> Iterator[Json]:
    above = first - 1
    while True:
        page = table.deps.store.query(
            Query("turns", {"session_id": table.id}, above={"number": above}, below={"number": last + 1},
                  order_by="number", limit=PAGE)
        ).items  # fmt: skip
        for document in page:
            if turn is None or document.id != turn["id"]:
                yield from events_of(document.body)
        if len(page) < PAGE:
            break
        above = page[-1].body["number"]
    if turn is not None:
        yield from events_of(turn)


def fight_figures(events: Iterable[Json]) -> Json:
    """What a fight's events come to: for each hero damage dealt and taken, HP healed, foes felled and own falls;
    the foes that fell; and what was won. Events before the fight began and after what it brought are left out.
    """
    told: Json = {"encounter": "", "encounter_name": "", "outcome": "", "rounds": 0}
    heroes: dict[str, Json] = {}
    foes: list[str] = []
    won: Json = {"xp": 0, "gold": 0, "found": [], "levels": []}
    fighting = over = False
    for e in events:
        match e["type"]:
            case "encounter_started" if not over:
                fighting = True
                told |= {"encounter": e["encounter"], "encounter_name": e["encounter_name"]}
                heroes = {c["id"]: _blank(c) for c in e["combatants"] if c["is_hero"]}
                foes = []
            case "encounter_started" | "scene_entered" | "journey_began" if over:
                break
            case "encounter_ended" if fighting:
                over = True
                told |= {"outcome": e["outcome"], "rounds": e["rounds"]}
            case _ if fighting and not over:
                _count_blow(e, heroes, foes)
            case _ if over:
                _count_gain(e, won)
    return {**told, "heroes": list(heroes.values()), "foes": foes, **won}


def _blank(combatant: Json) -> Json:
    return {"id": combatant["id"], "name": combatant["name"], **dict.fromkeys(COUNTED, 0)}


def _count_blow(e: Json, heroes: dict[str, Json], foes: list[str]) -> None:
    source, target = heroes.get(e.get("source") or e.get("by") or ""), heroes.get(e.get("target") or "")
    match e["type"]:
        case "damage_dealt":
            _add(source, "dealt", e["amount"] if target is None else 0)
            _add(target, "taken", e["amount"])
        case "healed":
            _add(source, "healed", e["amount"])
        case "went_down":
            _add(target, "falls", 1)
            if not e["is_hero"]:
                _add(source, "felled", 1)
                foes.append(e["target_name"])


def _add(hero: Json | None, what: str, amount: int) -> None:
    if hero is not None:
        hero[what] += amount


def _count_gain(e: Json, won: dict[str, Any]) -> None:
    match e["type"]:
        case "xp_gained":
            won["xp"] += e["amount"]
        case "gold_changed":
            won["gold"] += e["amount"]
        case "item_gained" | "item_cached":
            won["found"].append({"name": e["item_name"], "quantity": e["quantity"], "by": e["actor_name"]})
        case "level_gained":
            won["levels"].append({"name": e["actor_name"], "level": e["level"]})
