"""`./coc invite [CLIENT_ID]`: the link by which a server takes the bot in, with just the permissions that it uses."""

from __future__ import annotations

import argparse
import base64
import binascii
import os
import sys

import discord

SCOPES = ("bot", "applications.commands")
# By discord.py's names: what each is used for. The relay says which of them is missing (`bot/thread_writer.py`).
PERMISSIONS = {
    "view_channel": "to see the channel in which somebody plays",
    "send_messages": "to post the lobby, and what went wrong, in that channel",
    "send_messages_in_threads": "to tell the story in the adventure's thread",
    "create_private_threads": "to open a thread that only the party sees",
    "create_public_threads": "to open one on the lobby's message where private threads are not allowed",
    "embed_links": "to show cards",
    "read_message_history": "to find its own messages again after a restart",
}


def permissions() -> discord.Permissions:
    """What the bot asks of a server."""
    return discord.Permissions(**dict.fromkeys(PERMISSIONS, True))


def client_id_of(token: str) -> int | None:
    """The application's id, which a bot's token begins with; None when this is no such token."""
    head = token.split(".")[0]
    try:
        plain = base64.b64decode(head + "=" * (-len(head) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return int(plain) if plain.isdecimal() else None


def link(client_id: int) -> str:
    """The address to open in a browser."""
    return discord.utils.oauth_url(client_id, permissions=permissions(), scopes=SCOPES)


def main(given: list[str] | None = None) -> int:
    """Exit status 2 when there is neither an id nor a token that holds one."""
    parser = argparse.ArgumentParser(prog="coc invite", description=__doc__)
    parser.add_argument(
        "client_id", nargs="?", help="the application's id; without it, DISCORD_TOKEN tells it"
    )
    typed = parser.parse_args(given).client_id
    client_id = (
        int(typed) if typed and typed.isdecimal() else client_id_of(os.environ.get("DISCORD_TOKEN", ""))
    )
    if client_id is None or (typed and not typed.isdecimal()):
        print(
            "coc invite: say the application's id (digits, from the developer portal's General Information), or set"
            " DISCORD_TOKEN",
            file=sys.stderr,
        )
        return 2
    print(link(client_id))
    for name, use in PERMISSIONS.items():
        print(f"  {name.replace('_', ' ').title()}: {use}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
