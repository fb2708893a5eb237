"""What happens by itself as time goes by: threads in which nothing happens are archived."""

from tests.fakes.discord.clock import timestamp
from tests.fakes.discord.world import World


def catch_up(world: World) -> None:
    """Let everything happen that is due by now. Requests, people and `DiscordStandin.advance` call this."""
    now = world.clock.time()
    for thread in world.channels.values():
        if not thread.is_thread or thread.archived:
            continue
        due = thread.active_at + thread.auto_archive_minutes * 60
        if now >= due:
            thread.archived = True
            thread.archived_at = timestamp(due)
            world.tell_channel("THREAD_UPDATE", thread)
