"""Where an interaction happens: the channel, and the thread's parent."""

from __future__ import annotations

import discord

from bot.replies import Interaction


def channel_ids(interaction: Interaction) -> list[str]:
    """The thread or channel, then (for a thread) its parent: sessions are looked for in this order."""
    ids = [str(interaction.channel_id)]
    channel = interaction.channel
    if isinstance(channel, discord.Thread) and channel.parent_id:
        ids.append(str(channel.parent_id))
    return ids


def home_channel(interaction: Interaction) -> str:
    """The channel where a lobby belongs: a thread's parent, else the channel itself."""
    return channel_ids(interaction)[-1]
