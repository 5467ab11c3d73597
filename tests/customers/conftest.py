"""Customer records over a call log, on SQLite, and on PostgreSQL where it is installed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from customers.store import CustomerStore
from customers.upkeep import Upkeep
from records import database
from records.keys import MasterKey
from records.store import EventStore
from tests.postgres_server import PostgresServer

BEGAN = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


class SteppingClock:
    """A clock that is a second later each time, so that facts have an order."""

    def __init__(self) -> None:
        self.now = BEGAN

    def now_ms(self) -> int:
        return int(self.now.timestamp() * 1000)

    def now_utc(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return database.default_url(tmp_path)
    server: PostgresServer | None = request.getfixturevalue("postgres")
    if server is None:
        pytest.skip("needs a PostgreSQL server (apt-get install postgresql)")
    return server.new_database()


@pytest.fixture
def facts(url: str) -> Iterator[EventStore]:
    opened = EventStore(url, MasterKey(bytes(range(32))))
    yield opened
    opened.close()


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def store(facts: EventStore, clock: SteppingClock) -> CustomerStore:
    numbers = itertools.count(1)
    made = CustomerStore(facts, facts.master.mark, clock, lambda: f"id-{next(numbers):03}")
    facts.cleaners.append(made.projection.clean)
    return made


@pytest.fixture
def upkeep(facts: EventStore, store: CustomerStore) -> Upkeep:
    return Upkeep(facts, store)
