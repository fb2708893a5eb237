"""Rulings by a language model: what each free text of a beat means in rules, checked before it becomes a command."""
