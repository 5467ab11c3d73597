"""Accounts on SQLite, and on PostgreSQL where it is installed; the pages of a service whose lines stay closed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from calls.errors import CallCentreError
from records import database
from records.keys import MasterKey
from records.store import EventStore
from service.config import Config
from service.models_store import ModelStore
from service.serve import Service
from service.staff.accounts import StaffAccounts
from service.staff.member import Profile
from tests.ports import free_port
from tests.postgres_server import PostgresServer

PASSWORD = "correct horse battery"
OURS = {"x-warmline": "1"}


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


class Office:
    """The web side of the real service over HTTP, in a thread; its lines and workers are not started."""

    def __init__(self, folder: Path) -> None:
        config = {
            "data_dir": str(folder / "data"),
            "service": {"listen": f"127.0.0.1:{free_port()}", "staff_token": "programs", "hosts": ["pages.example"]},
        }
        self.service = Service(Config.model_validate(config))
        accounts = self.service.gate.accounts
        assert accounts is not None
        self.accounts = accounts
        self.base_url = self.service.base_url
        self._up, self._loop = threading.Event(), asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    def start(self) -> None:
        self._thread.start()
        assert self._up.wait(30)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        await self.service._open_pages()
        self._up.set()
        await self._end.wait()
        await self.service.stop()

    def browser(self) -> httpx.Client:
        """Return one without cookies, whose requests are those of our pages."""
        return httpx.Client(base_url=self.base_url, headers=OURS, trust_env=False, timeout=30)

    def signed_in(self, name: str) -> httpx.Client:
        """Return a browser with a session of its own."""
        browser = self.browser()
        browser.cookies.set("warmline_staff", self.accounts._open(name, "").session, domain="127.0.0.1")
        return browser


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One office for all tests that look at it: ada (admin), sue (supervisor), quinn (qa), ben (agent)."""
    try:
        opened = Office(tmp_path_factory.mktemp("office"))
    except CallCentreError as error:
        if "model" in error.code and not ModelStore().list():
            pytest.skip(f"the service cannot run here: {error.message}")
        raise
    for name, role in (("ada", "admin"), ("sue", "supervisor"), ("quinn", "qa"), ("ben", "agent")):
        opened.accounts.add(name, role, Profile(display_name=name.capitalize()), PASSWORD, "command")
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
