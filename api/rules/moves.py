"""How the whole party moves: into another scene or location, into a fight, to the end, and on after a fight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.content.definitions import Outcome
from api.rules import events as ev
from api.rules import world
from api.rules.encounters import start_encounter

if TYPE_CHECKING:
    from api.rules.resolution import Resolution

WON = ("victory", "parley")


def move_party(res: Resolution, outcome: Outcome, leader: str) -> None:
    """Go where an outcome leads: another scene, a fight or the end."""
    if outcome.goto is not None:
        enter_scene(res, outcome.goto)
    elif outcome.encounter is not None:
        start_fight(res, outcome.encounter, leader)
    elif outcome.ending is not None:
        ending = res.content.campaigns[res.state.campaign].endings[outcome.ending]
        res.emit(ev.CampaignEnded(res.state.campaign, outcome.ending, ending.name))


def enter_scene(res: Resolution, key: str) -> None:
    """Enter a scene; on a map, a location's own scene leads into that location."""
    if res.state.location is not None:
        place = world.location_of_scene(res.content, key)
        if place is not None and place != res.state.location:
            world.reach_location(res, place)
    scene = res.content.scenes[key]
    res.emit(ev.SceneEntered(key, scene.name, scene.place, key not in res.state.visited))


def arrive(res: Resolution, location: str) -> None:
    """A journey's end: the location and its scene."""
    world.reach_location(res, location)
    enter_scene(res, res.content.locations[location].scene)


def start_fight(res: Resolution, encounter: str, leader: str) -> None:
    """A fight begins; creatures that won initiative may have ended it before any hero acts."""
    at_once = start_encounter(res, encounter)
    if res.state.encounter is None:
        after_fight(res, at_once, leader)


def after_fight(res: Resolution, outcome: Outcome | None, leader: str) -> None:
    """Go on after a fight: where its outcome leads, else on with the journey that it interrupted.

    Who won or talked the foes round arrives; who fled, gave up or was beaten is back where the journey began.
    """
    if outcome is not None and outcome.moves:
        move_party(res, outcome, leader)
        return
    if res.state.heading is None:
        return
    result = next((e.outcome for e in reversed(res.events) if isinstance(e, ev.EncounterEnded)), "")
    if result in WON and res.state.heading in res.content.locations:
        arrive(res, res.state.heading)
        return
    origin = res.state.location or ""
    place = res.content.locations.get(origin)
    res.emit(ev.TurnedBack(origin, place.name if place else origin))
