"""Alembic migrations of the call log; `records.store` applies them at start."""
