"""Parties play while everything under them is killed; store and channels then prove that nothing was lost."""
