"""A channel as plain text, for a test's failure message."""

from collections.abc import Iterable

from tests.fakes.discord.model import (
    BROUGHT_IN,
    PINNED_NOTICE,
    PUT_OUT,
    THREAD_CREATED,
    THREAD_STARTER,
    Account,
    Message,
)

NOTICES = {
    BROUGHT_IN: "brought in",
    PUT_OUT: "put out",
    PINNED_NOTICE: "a message was pinned",
    THREAD_CREATED: "a thread was opened",
    THREAD_STARTER: "the thread hangs on a message",
}


def transcript(messages: Iterable[Message], accounts: dict[str, Account]) -> str:
    """One paragraph per message: who, to whom if hidden, the text, buttons and whom it pinged."""
    return "\n".join(_paragraph(message, accounts) for message in messages)


def _paragraph(message: Message, accounts: dict[str, Account]) -> str:
    who = message.author.name
    if message.only_for:
        who += f" (only to {accounts[message.only_for].name})"
    if message.is_system:
        about = "".join(one["username"] + " was " for one in message.data["mentions"])
        return f"({about}{NOTICES[message.data['type']]} by {who} {message.text})".replace(" )", ")")
    text = "is thinking ..." if message.loading else message.text
    lines = [f"{who}: {text}".replace("\n", "\n    ")]
    if message.buttons:
        labels = [
            f"[{button.get('label') or button.get('emoji', {}).get('name')}]"
            + (" (disabled)" if button.get("disabled") else "")
            for button in message.buttons
        ]
        lines.append("    " + " ".join(labels))
    if message.attachments:
        lines.append("    files: " + ", ".join(one["filename"] for one in message.attachments))
    if message.pinged:
        lines.append("    pings " + ", ".join(message.pinged))
    return "\n".join(lines)
