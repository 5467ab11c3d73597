"""A store on SQLite, and on PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from records import database
from records.keys import MasterKey
from records.store import EventStore
from tests.postgres_server import PostgresServer


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return database.default_url(tmp_path)
    server: PostgresServer | None = request.getfixturevalue("postgres")
    if server is None:
        pytest.skip("needs a PostgreSQL server (apt-get install postgresql)")
    return server.new_database()


@pytest.fixture
def master() -> MasterKey:
    return MasterKey(bytes(range(32)))


@pytest.fixture
def store(url: str, master: MasterKey) -> Iterator[EventStore]:
    opened = EventStore(url, master)
    yield opened
    opened.close()
