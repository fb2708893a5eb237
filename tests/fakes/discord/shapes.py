"""The JSON objects of channels, guilds and messages, as Discord tells them to a bot."""

from typing import Any

from tests.fakes.discord.model import HAS_THREAD, PRIVATE_CONVERSATION, Account, Channel, Guild, Message


def channel_json(channel: Channel, bot: Account, accounts: dict[str, Account]) -> dict[str, Any]:
    """A channel, a thread or a private conversation."""
    shape: dict[str, Any] = {
        "id": channel.id,
        "type": channel.kind,
        "last_message_id": channel.last_message_id,
        "flags": 0,
        "last_pin_timestamp": max(channel.pins.values(), default=None),
    }
    if channel.kind == PRIVATE_CONVERSATION:
        others = [accounts[one].json() for one in channel.recipient_ids if one != bot.id]
        return {**shape, "recipients": others}
    assert channel.guild is not None
    shape.update(
        guild_id=channel.guild.id,
        name=channel.name,
        parent_id=channel.parent.id if channel.parent else None,
        rate_limit_per_user=channel.slow_mode_seconds,
    )
    if channel.is_thread:
        return {**shape, **_thread_part(channel, bot)}
    return {
        **shape,
        "topic": channel.topic,
        "position": channel.position,
        "nsfw": channel.age_restricted,
        "permission_overwrites": [
            {
                "id": target,
                "type": overwrite.kind,
                "allow": str(int(overwrite.allow)),
                "deny": str(int(overwrite.deny)),
            }
            for target, overwrite in channel.overwrites.items()
        ],
    }


def _thread_part(thread: Channel, bot: Account) -> dict[str, Any]:
    metadata = {
        "archived": thread.archived,
        "archive_timestamp": thread.archived_at or thread.created_at,
        "auto_archive_duration": thread.auto_archive_minutes,
        "locked": thread.locked,
        "create_timestamp": thread.created_at,
    }
    if thread.is_private:
        metadata["invitable"] = thread.invitable
    part: dict[str, Any] = {
        "owner_id": thread.owner_id,
        "thread_metadata": metadata,
        "message_count": thread.message_count,
        "member_count": len(thread.thread_members),
        "total_message_sent": thread.message_count,
    }
    if bot.id in thread.thread_members:
        part["member"] = thread_member_json(thread, bot.id)
    return part


def thread_member_json(thread: Channel, user_id: str) -> dict[str, Any]:
    """One member of a thread."""
    joined_at = thread.thread_members[user_id]
    return {"id": thread.id, "user_id": user_id, "join_timestamp": joined_at, "flags": 0}


def message_json(message: Message, bot: Account, with_nonce: bool = False) -> dict[str, Any]:
    """A message with its present reactions."""
    shape = dict(message.data)
    if message.thread_id is not None:
        shape["flags"] |= HAS_THREAD
    if message.reactions:
        shape["reactions"] = [
            {
                "emoji": emoji_json(emoji),
                "count": len(givers),
                "count_details": {"burst": 0, "normal": len(givers)},
                "burst_colors": [],
                "me_burst": False,
                "me": bot.id in givers,
            }
            for emoji, givers in message.reactions.items()
        ]
    if with_nonce and message.nonce is not None:
        shape["nonce"] = message.nonce
    return shape


def emoji_json(emoji: str) -> dict[str, Any]:
    """An emoji as it stands in reactions: `name:id` for a guild's own, else the character itself."""
    name, _, emoji_id = emoji.partition(":")
    return {"id": emoji_id or None, "name": name}


def guild_json(guild: Guild) -> dict[str, Any]:
    """The guild object, without the lists that only GUILD_CREATE carries."""
    return {
        "id": guild.id,
        "name": guild.name,
        "owner_id": guild.owner_id,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "home_header": None,
        "banner": None,
        "description": None,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "roles": [role.json() for role in guild.roles.values()],
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "application_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "safety_alerts_channel_id": None,
        "widget_enabled": False,
        "widget_channel_id": None,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "preferred_locale": guild.locale,
        "nsfw": False,
        "nsfw_level": 0,
        "max_members": 500000,
        "max_presences": None,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "incidents_data": None,
    }


def application_json(application_id: str, name: str, owner: Account, guilds: int) -> dict[str, Any]:
    """The bot's own application."""
    return {
        "id": application_id,
        "name": name,
        "icon": None,
        "description": "",
        "type": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "owner": owner.json(),
        "team": None,
        "redirect_uris": [],
        "rpc_origins": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "approximate_guild_count": guilds,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
    }
