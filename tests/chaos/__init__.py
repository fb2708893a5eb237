"""Parties play while everything under them is killed; then the store and the channels must prove that nothing was lost."""
