"""API JSON -> what a player sees. Pure functions; `as_discord` alone needs discord.py, and is imported on demand."""

from bot.cards.account import browser_link, link_code, link_request, linked, offer_to_sponsor
from bot.cards.as_text import to_text
from bot.cards.belongings import bag, gear, shop, skills
from bot.cards.choices import autocomplete, chooser
from bot.cards.controls import (
    boundaries,
    corrected,
    lines_changed,
    not_now,
    noted_correction,
    sentences,
    told_again,
    x_played,
)
from bot.cards.fight_summary import fight_summary
from bot.cards.guide import help_card, lesson
from bot.cards.knowledge import lore, usage
from bot.cards.memories import memory_card, memory_changed, memory_list
from bot.cards.milestones import journal
from bot.cards.model import Button, Card, Field, Option, Select
from bot.cards.people import hero_choice, hero_refused, lobby, party, roster, seated, sheet
from bot.cards.settings import notice_line, pause, previously, settings, settings_changed, story_moved
from bot.cards.story import chat, confirm_end, ending, notice, recap, roll, said
from bot.cards.turns import narration, noted, outcome, prelude, refusal, table, taken_back, why, withdrawn

__all__ = [
    "Button", "Card", "Field", "Option", "Select", "autocomplete", "bag", "boundaries", "browser_link",
    "chat", "chooser", "confirm_end", "corrected", "ending", "fight_summary", "gear", "help_card",
    "hero_choice", "hero_refused", "journal", "lesson", "lines_changed", "link_code", "link_request",
    "linked", "lobby", "lore", "memory_card",
    "memory_changed", "memory_list", "narration", "not_now", "noted", "noted_correction", "notice", "notice_line",
    "offer_to_sponsor", "outcome", "party", "pause", "prelude", "previously", "recap", "refusal", "roll",
    "roster", "said", "seated", "sentences", "settings", "settings_changed", "sheet", "shop", "skills",
    "story_moved", "table", "taken_back", "to_text", "told_again", "usage", "why", "withdrawn", "x_played",
]  # fmt: skip
