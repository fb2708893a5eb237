"""Slow mode: how long people wait between two messages in a channel or thread."""

from tests.fakes.discord.errors import Refused
from tests.fakes.discord.model import Account, Channel
from tests.fakes.discord.permissions import Permission, in_channel
from tests.fakes.discord.world import World

EXEMPT = (
    Permission.MANAGE_CHANNELS
    | Permission.MANAGE_MESSAGES
    | Permission.MANAGE_THREADS
    | Permission.BYPASS_SLOWMODE
)


def hold_back(world: World, channel: Channel, account: Account) -> None:
    """Refuse a person's message that comes too soon after the last; bots and moderators are exempt."""
    now = world.clock.time()
    wait = channel.spoke_at.get(account.id, float("-inf")) + channel.slow_mode_seconds - now
    if wait > 0 and not in_channel(channel, account.id) & EXEMPT:
        raise Refused(f"slow mode in #{channel.name}: {account.name} waits {wait:.0f} s")
    channel.spoke_at[account.id] = now
