"""The figures of the floor over a real store: SQLite, and PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from calls.desk_events import ContactLeftQueue, LeftQueueReason
from calls.events import NewEvent
from records import database
from records.keys import MasterKey
from records.store import EventStore
from service.clock import SystemClock
from service.desk.service_level_routes import service_level_routes
from service.desk_config import DeskSection, QueueSection
from tests.postgres_server import PostgresServer


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventStore]:
    url = database.default_url(tmp_path)
    if request.param == "postgresql":
        server: PostgresServer | None = request.getfixturevalue("postgres")
        if server is None:
            pytest.skip("needs a PostgreSQL server (apt-get install postgresql)")
        url = server.new_database()
    opened = EventStore(url, MasterKey(bytes(32)))
    yield opened
    opened.close()


def test_when_the_floor_asks_then_each_queue_and_interval_has_its_figures(store: EventStore) -> None:
    now = datetime.now(UTC)

    def left(queue: str, reason: LeftQueueReason, waited_ms: int, ago: timedelta) -> NewEvent:
        body = ContactLeftQueue(contact_kind="call", contact_id="c1", reason=reason, waited_ms=waited_ms, to="")
        return NewEvent(stream_kind="queue", stream_id=queue, body=body, at_utc=now - ago, t_ms=None, source="desk")

    soon, long_ago = timedelta(seconds=0), timedelta(hours=30)
    store.append(
        [
            left("main", "answered", 90_000, long_ago),
            left("main", "answered", 4_000, soon),
            left("main", "abandoned", 50_000, soon),
            left("night", "answered", 50_000, soon),
        ]
    )
    section = DeskSection(queue=(QueueSection(name="night", service_level_s=60),))
    app = FastAPI()
    app.include_router(service_level_routes(store, section, SystemClock(), ()))
    client = TestClient(app)

    found = client.get("/api/desk/service-level").json()

    assert [(row["queue"], row["answered"], row["abandoned"], row["service_level"]) for row in found] == [
        ("main", 1, 1, 0.5),
        ("night", 1, 0, 1.0),
    ]
    assert (found[0]["average_wait_ms"], found[0]["longest_wait_ms"], found[0]["aim_s"]) == (27_000, 50_000, 20)
    assert found[1]["aim_s"] == 60
    assert len(client.get("/api/desk/service-level?hours=48&minutes=15").json()) == 3
    assert client.get("/api/desk/service-level?hours=0").status_code == 422
    assert client.get("/api/desk/service-level?minutes=7").status_code == 422
