"""Forward-only migrations of the SQL store, run by Alembic when a process opens a store that is behind."""
