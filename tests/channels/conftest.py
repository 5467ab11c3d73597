"""A store on SQLite, and on PostgreSQL where it is installed, as the call log has it."""

from tests.records.conftest import master, store, url

__all__ = ["master", "store", "url"]
