"""Pictures of every card, by a real browser."""
