"""The Discord edge of Code of Conquest: a thin client that renders API answers and sends intents."""
