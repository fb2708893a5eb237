"""Who is called by a message: what stands in its text, and what `allowed_mentions` lets through."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord import components
from tests.fakes.discord.model import Account, Channel, Message
from tests.fakes.discord.permissions import Permission, may

CODE = re.compile(r"```.*?```|``.+?``|`[^`\n]+`", re.DOTALL)
USER = re.compile(r"<@!?(\d+)>")
ROLE = re.compile(r"<@&(\d+)>")
EVERYONE = re.compile(r"@(everyone|here)\b")


@dataclass
class Mentions:
    """What a message calls, after all rules: ids of users and roles, and "everyone" or "here"."""

    user_ids: list[str] = field(default_factory=list)
    role_ids: list[str] = field(default_factory=list)
    crowd: list[str] = field(default_factory=list)


def mentions_of(
    body: dict[str, Any], channel: Channel, author: Account, replied_to: Message | None = None
) -> Mentions:
    """The mentions of a message that is being sent or edited.

    Code does not call anyone. Without `allowed_mentions` everything in the text does, and so does a reply.
    Roles need to be mentionable, and @everyone needs its permission.
    """
    text = "\n".join([body.get("content") or "", *components.texts(body.get("components") or [])])
    text = CODE.sub(" ", text)
    rules = body.get("allowed_mentions")
    found = Mentions(
        _unique(USER.findall(text)), _unique(ROLE.findall(text)), _unique(EVERYONE.findall(text))
    )
    if rules is not None:
        parsed = rules.get("parse") or []
        found.user_ids = _permitted(found.user_ids, "users" in parsed, rules.get("users"))
        found.role_ids = _permitted(found.role_ids, "roles" in parsed, rules.get("roles"))
        found.crowd = found.crowd if "everyone" in parsed else []
    reply_calls = rules is None or bool(rules.get("replied_user"))
    if replied_to is not None and reply_calls and replied_to.author.id not in found.user_ids:
        found.user_ids.append(replied_to.author.id)
    return _within_rights(found, channel, author)


def _within_rights(found: Mentions, channel: Channel, author: Account) -> Mentions:
    if channel.guild is None:
        return Mentions([user for user in found.user_ids if user in channel.recipient_ids])
    may_call_all = may(channel, author.id, Permission.MENTION_EVERYONE)
    roles = channel.guild.roles
    return Mentions(
        [user for user in found.user_ids if user in channel.guild.members],
        [role for role in found.role_ids if role in roles and (roles[role].mentionable or may_call_all)],
        found.crowd if may_call_all else [],
    )


def pinged_names(found: Mentions, message: Message, accounts: dict[str, Account]) -> list[str]:
    """Whom the sending of a message notifies: those who may read it, and never its author."""
    names = [] if message.only_for else [f"@{word}" for word in found.crowd]
    if message.channel.guild is not None and not message.only_for:
        names += [f"@{message.channel.guild.roles[role].name}" for role in found.role_ids]
    for user_id in found.user_ids:
        reader = message.only_for in (None, user_id) and may_read(message.channel, user_id)
        if reader and user_id != message.author.id:
            names.append(accounts[user_id].name)
    return names


def may_read(channel: Channel, user_id: str) -> bool:
    """Whether a mention reaches the user: in a thread it also invites those who see its parent."""
    place = channel.parent if channel.is_thread and channel.parent is not None else channel
    return may(place, user_id, Permission.VIEW_CHANNEL)


def _permitted(ids: list[str], all_of_them: bool, listed: list[Any] | None) -> list[str]:
    chosen = {str(one) for one in listed or []}
    return [one for one in ids if all_of_them or one in chosen]


def _unique(ids: list[str]) -> list[str]:
    return list(dict.fromkeys(ids))
