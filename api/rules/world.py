"""The map, the one clock, and regions that move on without the party (`docs/rules.md`, World)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from api.content.catalogue import Content
from api.content.definitions import LocationDef, RegionDef
from api.rules import events as ev
from api.rules.state import START_CLOCK, PlayState

if TYPE_CHECKING:
    from api.rules.resolution import Resolution

DAY_MINUTES = 24 * 60
DAYBREAK = 6 * 60
NIGHTFALL = 21 * 60


def day_of(clock: int) -> int:
    """Which day of the world it is; the story begins on day 0."""
    return clock // DAY_MINUTES


def time_of_day(clock: int) -> str:
    """day (06:00 to 20:59) or night."""
    return "day" if DAYBREAK <= clock % DAY_MINUTES < NIGHTFALL else "night"


def here(state: PlayState, content: Content) -> LocationDef | None:
    """The location whose own scene this is. None without a map, in a side scene, and in a place lost from content.

    Ways, shops, beds and downtime are a location's, so they are out of reach where this is None.
    """
    place = content.locations.get(state.location) if state.location else None
    return place if place is not None and place.scene == state.scene else None


def location_of_scene(content: Content, scene: str) -> str | None:
    """The location that has this scene as its own; None for side scenes."""
    return next((key for key, place in content.locations.items() if place.scene == scene), None)


def reach_location(res: Resolution, key: str) -> None:
    """Stand in a location from now on; its scene is entered apart."""
    place = res.content.locations[key]
    first = f"visit.{key}" not in res.state.tally
    res.emit(ev.LocationReached(key, place.name, place.region, first))


def advance_clock(res: Resolution, minutes: int) -> None:
    """Move the world's clock, and with it every region of the campaign's map."""
    if minutes <= 0:
        return
    res.advance_clock(minutes)
    for key, region in regions_of(res.state, res.content).items():
        _advance_region(res, key, region)


def regions_of(state: PlayState, content: Content) -> Mapping[str, RegionDef]:
    """The regions of this campaign's map: those of the locations whose scenes it lists. None without a map."""
    if state.location is None:
        return {}
    scenes = content.campaigns[state.campaign].scenes
    keys = {place.region for place in content.locations.values() if place.scene in scenes}
    return {key: content.regions[key] for key in sorted(keys) if key in content.regions}


def _advance_region(res: Resolution, key: str, region: RegionDef) -> None:
    """Reach the stages that are due, one after the other."""
    for number in range(res.state.regions.get(key, 0), len(region.stages)):
        stage = region.stages[number]
        if res.state.clock - START_CLOCK < stage.hours * 60:
            return
        averted = any(flag in res.state.notes for flag in stage.without)
        tell = -1 if averted else res.pick(len(stage.tell))
        res.emit(ev.RegionStageReached(key, region.name, number, tell, averted))
        for flag in () if averted else stage.flags:
            if flag not in res.state.notes:
                res.emit(ev.FlagSet(flag, "", region.name))  # nobody's deed: the world did it


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where and when the party is, for a client to show. `location` is empty without a map."""

    location: str
    location_name: str
    region: str
    region_name: str
    rest: str
    clock: int
    day: int
    time: str
    heading: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def whereabouts(state: PlayState, content: Content) -> Whereabouts:
    """The party's place and time; `rest` is the best rest that the place offers, `heading` an interrupted journey's."""
    place = content.locations.get(state.location) if state.location else None
    region = content.regions.get(place.region) if place else None
    return Whereabouts(
        location=state.location or "",
        location_name=place.name if place else "",
        region=place.region if place else "",
        region_name=region.name if region else "",
        rest=place.rest if place else "short",
        clock=state.clock,
        day=day_of(state.clock),
        time=time_of_day(state.clock),
        heading=state.heading or "",
    )
