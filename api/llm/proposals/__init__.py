"""Proposals beside the prose: offered as tools or in plain text, read tolerantly, judged elsewhere."""
