"""REST: a guild's scheduled events. The published cut lacks them, so only the rules below are checked."""

import datetime
from collections.abc import Iterator
from typing import Any

from tests.fakes.discord.errors import FormProblem, missing_permissions, unknown
from tests.fakes.discord.permissions import Permission, in_guild
from tests.fakes.discord.routing import Answer, Call, Routes
from tests.fakes.discord.world import Event, World

routes = Routes()

EVENTS = "/guilds/{guild}/scheduled-events"
SCHEDULED_EVENTS_INTENT = 1 << 16
GUILD_ONLY = 2
EXTERNAL = 3
SCHEDULED = 1


def _create_rules(world: World, call: Call) -> Iterator[FormProblem]:
    for name in ("name", "privacy_level", "scheduled_start_time", "entity_type"):
        if not call.body.get(name):
            yield FormProblem((name,), "BASE_TYPE_REQUIRED", "This field is required")
    yield from _rules(world, call)


def _rules(world: World, call: Call) -> Iterator[FormProblem]:
    body = call.body
    if len(body.get("name") or "") > 100:
        yield FormProblem(("name",), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    if len(body.get("description") or "") > 1000:
        yield FormProblem(("description",), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 1000 in length.")
    if body.get("privacy_level") not in (None, GUILD_ONLY):
        yield FormProblem(("privacy_level",), "BASE_TYPE_CHOICES", "Value must be one of (2,).")
    if body.get("entity_type") == EXTERNAL:
        if not (body.get("entity_metadata") or {}).get("location"):
            yield FormProblem(("entity_metadata", "location"), "BASE_TYPE_REQUIRED", "This field is required")
        if not body.get("scheduled_end_time"):
            yield FormProblem(("scheduled_end_time",), "BASE_TYPE_REQUIRED", "This field is required")
    start = body.get("scheduled_start_time")
    if start and datetime.datetime.fromisoformat(start).timestamp() <= world.clock.time():
        yield FormProblem(
            ("scheduled_start_time",),
            "GUILD_SCHEDULED_EVENT_SCHEDULE_PAST",
            "Cannot schedule event in the past.",
        )


@routes.on("GET", EVENTS)
def read_all(world: World, call: Call) -> Answer:
    """The events of a guild."""
    guild = world.guild(call.params["guild"])
    return 200, [event for event in world.scheduled_events.values() if event["guild_id"] == guild.id]


@routes.on("POST", EVENTS, rules=_create_rules)
def create(world: World, call: Call) -> Answer:
    """A new event."""
    guild = world.guild(call.params["guild"])
    if not in_guild(guild, world.bot.id) & Permission.CREATE_EVENTS:
        raise missing_permissions()
    body = call.body
    event = {
        "id": world.ids.next(),
        "guild_id": guild.id,
        "channel_id": body.get("channel_id"),
        "creator_id": world.bot.id,
        "creator": world.bot.json(),
        "name": body["name"],
        "description": body.get("description"),
        "scheduled_start_time": body["scheduled_start_time"],
        "scheduled_end_time": body.get("scheduled_end_time"),
        "privacy_level": GUILD_ONLY,
        "status": SCHEDULED,
        "entity_type": body["entity_type"],
        "entity_id": None,
        "entity_metadata": body.get("entity_metadata"),
        "image": None,
        "recurrence_rule": None,
        "user_count": 0,
    }
    world.scheduled_events[event["id"]] = event
    _tell(world, "GUILD_SCHEDULED_EVENT_CREATE", event)
    return 200, event


@routes.on("GET", EVENTS + "/{event}")
def read(world: World, call: Call) -> Answer:
    """One event."""
    return 200, _event(world, call)


@routes.on("PATCH", EVENTS + "/{event}", rules=_rules)
def change(world: World, call: Call) -> Answer:
    """Move, rename, start, end or cancel an event."""
    event = _own_event(world, call)
    event.update({name: value for name, value in call.body.items() if name in event})
    _tell(world, "GUILD_SCHEDULED_EVENT_UPDATE", event)
    return 200, event


@routes.on("DELETE", EVENTS + "/{event}")
def delete(world: World, call: Call) -> Answer:
    """Take an event away."""
    event = _own_event(world, call)
    del world.scheduled_events[event["id"]]
    _tell(world, "GUILD_SCHEDULED_EVENT_DELETE", event)
    return 204, None


def _event(world: World, call: Call) -> dict[str, Any]:
    event = world.scheduled_events.get(call.params["event"])
    if event is None or event["guild_id"] != world.guild(call.params["guild"]).id:
        raise unknown("Guild Scheduled Event")
    return event


def _own_event(world: World, call: Call) -> dict[str, Any]:
    """An event that the bot may change: its own, or any with Manage Events."""
    event = _event(world, call)
    allowed = in_guild(world.guild(event["guild_id"]), world.bot.id)
    if event["creator_id"] != world.bot.id and not allowed & Permission.MANAGE_EVENTS:
        raise missing_permissions()
    return event


def _tell(world: World, name: str, event: dict[str, Any]) -> None:
    world.publish(Event(name, event, event["guild_id"], SCHEDULED_EVENTS_INTENT))
