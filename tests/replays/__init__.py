"""Golden logs: sessions whose every turn must come out as it did when they were recorded (`docs/rules.md`, Log)."""
