"""Truthful passages and the facts that they tell: what a checker must let through."""
