"""The sentences of the status table."""

from __future__ import annotations

from launcher.status import bot_sentence, narrator_sentence, queue_sentence


def test_the_bot_is_connected_once_discord_has_greeted_it() -> None:
    waiting = ["plain words", '{"event": "commands synced", "level": "info"}', "[1]"]
    assert bot_sentence(waiting) == ""
    assert (
        bot_sentence([*waiting, '{"event": "ready", "user": "Quill#1", "guilds": 1}'])
        == "connected as Quill#1, 1 server"
    )


def test_the_narrator_in_use_is_named_with_its_reason() -> None:
    assert (
        narrator_sentence({"narrator": {"name": "storyteller", "reason": "no model key"}})
        == "storyteller (no model key)"
    )
    assert narrator_sentence({"narrator": "storyteller"}) == "storyteller"
    assert narrator_sentence({}) == "unknown until the API answers"


def test_every_queue_is_shown_with_its_depth() -> None:
    assert queue_sentence({"queues": {"ai_tasks": 3, "combat_tasks": 0}}) == "ai_tasks 3, combat_tasks 0"
    assert queue_sentence({}) == "unknown until the API answers"
