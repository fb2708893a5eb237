"""What model calls may cost, and what they did: every call of every provider passes here (`docs/ai.md`, Budget)."""
