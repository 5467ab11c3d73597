"""Accounts on SQLite, and on PostgreSQL where it is installed; the pages of a service whose lines stay closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from records import database
from records.keys import MasterKey
from records.store import EventStore
from service.models_store import ModelStore
from service.staff.accounts import StaffAccounts
from service.staff.member import Profile
from tests.postgres_server import PostgresServer
from tests.staff_office import PASSWORD, Office


class ToldClock:
    """Time that is told."""

    def __init__(self) -> None:
        self.ms = 0

    def now_ms(self) -> int:
        return self.ms

    def now_utc(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC) + timedelta(milliseconds=self.ms)


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return database.default_url(tmp_path)
    server: PostgresServer | None = request.getfixturevalue("postgres")
    if server is None:
        pytest.skip("needs a PostgreSQL server (apt-get install postgresql)")
    return server.new_database()


@pytest.fixture
def store(url: str) -> Iterator[EventStore]:
    opened = EventStore(url, MasterKey(bytes(range(32))))
    yield opened
    opened.close()


@pytest.fixture
def staff(store: EventStore, clock: ToldClock) -> StaffAccounts:
    """Ada is admin, Ben an agent; both have `PASSWORD`."""
    accounts = StaffAccounts(store, clock)
    accounts.add("ada", "admin", Profile(display_name="Ada L."), PASSWORD, "command")
    accounts.add("ben", "agent", Profile(display_name="Ben O.", languages=("es",)), PASSWORD, "ada")
    return accounts


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One office for all tests that look at it: ada (admin), sue (supervisor), quinn (qa), ben (agent)."""
    try:
        opened = Office(tmp_path_factory.mktemp("office"))
    except CallCentreError as error:
        if "model" in error.code and not ModelStore().list():
            pytest.skip(f"the service cannot run here: {error.message}")
        raise
    opened.add_everybody()
    opened.start()
    yield opened
    opened.stop()


@pytest.fixture
def new_office(tmp_path: Path) -> Iterator[Office]:
    """An office where nobody has an account yet."""
    opened = Office(tmp_path)
    opened.start()
    yield opened
    opened.stop()
