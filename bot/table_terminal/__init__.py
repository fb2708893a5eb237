"""The table in a terminal: one keyboard, several seats, the same session that Discord would show (`bot.terminal`)."""
