"""API JSON -> what a player sees. Pure functions; `as_discord` alone needs discord.py, and is imported on demand."""

from bot.cards.as_text import to_text
from bot.cards.belongings import bag, gear, shop, skills
from bot.cards.choices import autocomplete, chooser
from bot.cards.fight_summary import fight_summary
from bot.cards.guide import help_card, lesson
from bot.cards.memories import memory_card, memory_changed, memory_list
from bot.cards.milestones import journal
from bot.cards.model import Button, Card, Field, Option, Select
from bot.cards.people import hero_choice, hero_refused, lobby, party, roster, seated, sheet
from bot.cards.settings import notice_line, pause, previously, settings, settings_changed, story_moved
from bot.cards.story import chat, confirm_end, ending, notice, recap, roll, said
from bot.cards.turns import narration, noted, outcome, prelude, refusal, table, why, withdrawn

__all__ = [
    "Button", "Card", "Field", "Option", "Select", "autocomplete", "bag", "chat", "chooser", "confirm_end",
    "ending", "fight_summary", "gear", "help_card", "hero_choice", "hero_refused", "journal", "lesson",
    "lobby", "memory_card", "memory_changed", "memory_list", "narration",
    "noted", "notice", "notice_line", "outcome", "party", "pause", "prelude",
    "previously", "recap", "refusal", "roll", "roster", "said", "seated", "settings", "settings_changed",
    "sheet", "shop", "skills", "story_moved", "table", "to_text", "why", "withdrawn",
]  # fmt: skip
