"""Loads and validates `data/` into frozen definitions."""
