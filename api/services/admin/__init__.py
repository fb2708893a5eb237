"""What an operator does by `./coc admin`: look people up, grant tiers, ban, correct; each change with its audit row."""
