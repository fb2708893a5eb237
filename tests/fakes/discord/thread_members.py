"""Who is in a thread."""

from typing import Any

from tests.fakes.discord import shapes
from tests.fakes.discord.model import Account, Channel
from tests.fakes.discord.world import Event, World

GUILDS, MEMBERS = 1 << 0, 1 << 1


def join(world: World, thread: Channel, account: Account) -> None:
    """Let an account into a thread; a second time changes nothing."""
    if account.id in thread.thread_members:
        return
    thread.thread_members[account.id] = world.now()
    if account is world.bot:
        world.tell_channel("THREAD_CREATE", thread)
    _tell_members(world, thread, account, added=[shapes.thread_member_json(thread, account.id)])


def leave(world: World, thread: Channel, account: Account) -> None:
    """Let an account out of a thread."""
    if thread.thread_members.pop(account.id, None) is not None:
        _tell_members(world, thread, account, removed=[account.id])


def _tell_members(
    world: World,
    thread: Channel,
    account: Account,
    added: list[dict[str, Any]] | None = None,
    removed: list[str] | None = None,
) -> None:
    """Without the members intent a bot hears of its own coming and going alone."""
    assert thread.guild is not None
    data: dict[str, Any] = {
        "id": thread.id,
        "guild_id": thread.guild.id,
        "member_count": len(thread.thread_members),
    }
    if added:
        members = thread.guild.members
        data["added_members"] = [
            {**one, "member": members[one["user_id"]].json(), "presence": None} for one in added
        ]
    if removed:
        data["removed_member_ids"] = removed
    concerns_bot = account is world.bot
    intents = GUILDS | MEMBERS if concerns_bot else MEMBERS
    seen_in = None if concerns_bot else thread
    if thread.guild.id in world.guilds:
        world.publish(Event("THREAD_MEMBERS_UPDATE", data, thread.guild.id, intents, seen_in))
