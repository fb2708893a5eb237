"""REST: who the bot is, guilds, members, private conversations."""

from typing import Any

from tests.fakes.discord import membership, permissions, shapes
from tests.fakes.discord.errors import invalid, unknown
from tests.fakes.discord.permissions import Permission
from tests.fakes.discord.routing import Answer, Call, Routes
from tests.fakes.discord.world import World

routes = Routes()


def _me(world: World) -> dict[str, Any]:
    return {**world.bot.json(), "mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}


def _application(world: World) -> dict[str, Any]:
    owner = next(iter(world.guilds.values())).owner_id if world.guilds else world.bot.id
    name = world.bot.name
    return shapes.application_json(world.application_id, name, world.accounts[owner], len(world.guilds))


@routes.on("GET", "/users/@me")
def own_user(world: World, call: Call) -> Answer:
    """The bot itself."""
    return 200, _me(world)


@routes.on("GET", "/users/@me/guilds")
def own_guilds(world: World, call: Call) -> Answer:
    """The guilds that the bot is in."""
    return 200, [
        {
            "id": guild.id,
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": False,
            "permissions": str(int(permissions.in_guild(guild, world.bot.id))),
            "features": [],
        }
        for guild in world.guilds.values()
    ]


@routes.on("DELETE", "/users/@me/guilds/{guild}")
def leave_guild(world: World, call: Call) -> Answer:
    """The bot leaves a guild."""
    membership.remove_bot(world, world.guild(call.params["guild"]))
    return 204, None


@routes.on("POST", "/users/@me/channels")
def open_private_conversation(world: World, call: Call) -> Answer:
    """The conversation with one person."""
    recipient = world.accounts.get(str(call.body.get("recipient_id")))
    if recipient is None or recipient is world.bot:
        raise invalid("recipient_id", "BASE_TYPE_CHOICES", "Not a user that the bot can write to.")
    return 200, world.channel_json(world.private_conversation(recipient))


@routes.on("GET", "/users/{user}")
def user(world: World, call: Call) -> Answer:
    """Anyone."""
    account = world.accounts.get(call.params["user"])
    if account is None:
        raise unknown("User")
    return 200, account.json()


@routes.on("GET", "/gateway")
def gateway(world: World, call: Call) -> Answer:
    """Where the gateway is."""
    return 200, {"url": world.address.replace("http", "ws", 1) + "/gateway/"}


@routes.on("GET", "/gateway/bot")
def gateway_for_bots(world: World, call: Call) -> Answer:
    """Where the gateway is, and how many shards to use."""
    limit = world.session_starts.json()
    url = world.address.replace("http", "ws", 1) + "/gateway/"
    return 200, {"url": url, "shards": world.shards, "session_start_limit": limit}


@routes.on("GET", "/oauth2/applications/@me")
@routes.on("GET", "/applications/@me")
def application(world: World, call: Call) -> Answer:
    """The bot's application."""
    return 200, _application(world)


@routes.on("GET", "/applications/{application}/emojis")
def application_emojis(world: World, call: Call) -> Answer:
    """The application's own emojis: none here."""
    return 200, {"items": []}


@routes.on("GET", "/guilds/{guild}")
def guild(world: World, call: Call) -> Answer:
    """A guild."""
    found = world.guild(call.params["guild"])
    shape = shapes.guild_json(found)
    if call.query.get("with_counts") in ("1", "true"):
        shape["approximate_member_count"] = shape["approximate_presence_count"] = len(found.members)
    return 200, shape


@routes.on("GET", "/guilds/{guild}/roles")
def roles(world: World, call: Call) -> Answer:
    """A guild's roles."""
    return 200, [role.json() for role in world.guild(call.params["guild"]).roles.values()]


@routes.on("GET", "/guilds/{guild}/channels")
def channels(world: World, call: Call) -> Answer:
    """A guild's channels, threads not included."""
    found = world.guild(call.params["guild"])
    return 200, [world.channel_json(channel) for channel in world.channels_of(found)]


@routes.on("GET", "/guilds/{guild}/threads/active")
def active_threads(world: World, call: Call) -> Answer:
    """The threads that are not archived and that the bot can see."""
    threads = [
        thread
        for thread in world.threads_of(world.guild(call.params["guild"]))
        if not thread.archived and world.bot_may(thread, Permission.VIEW_CHANNEL)
    ]
    own = [thread for thread in threads if world.bot.id in thread.thread_members]
    return 200, {
        "threads": [world.channel_json(thread) for thread in threads],
        "members": [shapes.thread_member_json(thread, world.bot.id) for thread in own],
        "has_more": False,
    }


@routes.on("GET", "/guilds/{guild}/members")
def members(world: World, call: Call) -> Answer:
    """A page of members, in the order of their ids."""
    found = world.guild(call.params["guild"])
    after, limit = int(call.query.get("after", "0")), int(call.query.get("limit", "1"))
    page = sorted((one for one in found.members if int(one) > after), key=int)[:limit]
    return 200, [found.members[one].json() for one in page]


@routes.on("GET", "/guilds/{guild}/members/search")
def search_members(world: World, call: Call) -> Answer:
    """Members whose names start with a text."""
    found = world.guild(call.params["guild"])
    start, limit = call.query.get("query", "").lower(), int(call.query.get("limit", "1"))
    hits = [member for member in found.members.values() if member.account.name.lower().startswith(start)]
    return 200, [member.json() for member in hits[:limit]]


@routes.on("PATCH", "/guilds/{guild}/members/@me")
def change_own_member(world: World, call: Call) -> Answer:
    """The bot's nickname."""
    found = world.guild(call.params["guild"])
    member = found.members[world.bot.id]
    if "nick" in call.body:
        member.nick = call.body["nick"]
    allowed = permissions.in_guild(found, world.bot.id)
    return 200, {**member.json(), "permissions": str(int(allowed))}


@routes.on("GET", "/guilds/{guild}/members/{user}")
def member(world: World, call: Call) -> Answer:
    """One member."""
    found = world.guild(call.params["guild"]).members.get(call.params["user"])
    if found is None:
        raise unknown("Member")
    return 200, found.json()
