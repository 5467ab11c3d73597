"""The desk's room over a real database: listeners, agents, facts, the feed, restarts; on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from calls.desk_events import LeftQueueReason, VoicemailLeft
from calls.errors import CallCentreError
from calls.events import Event, NewEvent, StreamKind
from desk import acd_messages as m
from records.store import EventStore
from service.clock import SystemClock
from service.desk import desk_tables
from service.desk.desk_api import sign_out_lost
from service.desk.desk_tables import Callback, DeskTables
from service.desk.feed import RESTART, DeskWatcher, Message
from service.desk.listener import QuietListener
from service.desk.room import DeskRoom
from service.desk_config import DeskSection, QueueSection
from tests.desk.acd_scripts import contact
from tests.postgres_server import PostgresServer, postgres_server

SECTION = DeskSection(
    queue=(
        QueueSection(name="billing", skills=("billing",)),
        QueueSection(name="main", wrap_up_s=0, service_level_s=30),
    )
)


class Ears(QuietListener):
    """Keeps what it is told."""

    def __init__(self, card: dict[str, Any] | None = None) -> None:
        """Show `card` on offers."""
        self.heard: list[tuple[Any, ...]] = []
        self._card = card or {}

    def waits(self, position: int, expected_wait_s: int | None) -> None:
        """Keep it."""
        self.heard.append(("waits", position, expected_wait_s))

    def waits_long(self, why: str) -> None:
        """Keep it."""
        self.heard.append(("waits_long", why))

    def connect(self, agent: str, reservation_id: str) -> None:
        """Keep it."""
        self.heard.append(("connect", agent, reservation_id))

    def left(self, reason: LeftQueueReason, to: str) -> None:
        """Keep it."""
        self.heard.append(("left", reason, to))

    async def card(self) -> dict[str, Any]:
        """Return it."""
        return self._card


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer | None]:
    with postgres_server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, server: PostgresServer | None) -> str:
    if request.param == "sqlite":
        return ""
    if server is None:
        pytest.skip("PostgreSQL is not installed")
    return server.new_database()


@pytest.fixture
def store(tmp_path: Path, url: str) -> Iterator[EventStore]:
    opened = EventStore.open_dir(tmp_path, url=url)
    yield opened
    opened.close()


@pytest_asyncio.fixture
async def room(store: EventStore) -> AsyncIterator[DeskRoom]:
    opened = DeskRoom(SECTION, store, SystemClock())
    await opened.start()
    yield opened
    await opened.stop()


def at_work(room: DeskRoom, agent: str, *skills: str) -> None:
    room.sign_in(m.AgentSignedIn(agent=agent, languages=frozenset({"en", "es"}), skills=frozenset(skills)))
    room.ready(agent)


async def kinds(room: DeskRoom, store: EventStore, kind: StreamKind, name: str) -> list[str]:
    return [event.body.type for event in await facts(room, store, kind, name)]


async def facts(room: DeskRoom, store: EventStore, kind: StreamKind, name: str) -> list[Event]:
    await room.settled()
    return store.read(kind, name)


async def until(watcher: DeskWatcher, kind: str) -> Message:
    async with asyncio.timeout(5):
        while (message := json.loads(await watcher.get()))["kind"] != kind:
            pass
    found: Message = message
    return found


async def test_when_a_contact_is_accepted_then_it_is_connected_and_every_step_is_a_fact(
    room: DeskRoom, store: EventStore
) -> None:
    ears, page = Ears({"brief": "high bill"}), room.feed.watch("ana")
    room.arrive(contact("c1"), ears)
    assert ears.heard == [("waits", 1, None), ("waits_long", "no_agents")]
    at_work(room, "ana")
    offer = (await until(page, "offer"))["offer"]
    assert (offer["contact_id"], offer["contact_kind"], offer["queue"]) == ("c1", "call", "main")
    assert (await until(page, "card"))["card"] == {"brief": "high bill"}
    room.accept("ana", offer["reservation_id"])
    assert ears.heard[-1] == ("connect", "ana", offer["reservation_id"])
    assert (await until(page, "connect"))["contact_id"] == "c1"
    room.work_over("ana", "c1")
    assert await kinds(room, store, "queue", "main") == [
        "contact_queued",
        "contact_offered",
        "offer_accepted",
        "contact_left_queue",
    ]
    assert [
        (event.body.state) for event in await facts(room, store, "agent", "ana") if event.body.type == "agent_state_set"
    ] == ["not_ready", "reserved", "busy", "ready"]


async def test_when_the_agent_declines_then_the_note_is_kept_encrypted_and_the_contact_waits(
    room: DeskRoom, store: EventStore
) -> None:
    ears, page = Ears(), room.feed.watch("ana")
    at_work(room, "ana")
    room.arrive(contact("c1"), ears)
    offer = (await until(page, "offer"))["offer"]
    room.decline("ana", offer["reservation_id"], note="speaks too fast for me")
    over = await until(page, "offer_over")
    assert (over["reservation_id"], over["reason"]) == (offer["reservation_id"], "declined")
    events = await facts(room, store, "queue", "main")
    assert [event.body.note for event in events if event.body.type == "offer_ended"] == [""]
    ended = next(event.body for event in store.read("call", "c1") if event.body.type == "offer_ended")
    assert ended.note == "speaks too fast for me", "where it is erased with the customer"
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT body FROM events WHERE type = 'offer_ended'").all()
    assert "fast" not in str(rows)
    guest = room.guest("c1")
    assert guest is not None
    assert not guest.agent


async def test_when_another_agent_accepts_then_they_are_told_that_it_is_not_theirs(room: DeskRoom) -> None:
    page = room.feed.watch("ana")
    at_work(room, "ana")
    room.arrive(contact("c1"), Ears())
    offer = (await until(page, "offer"))["offer"]
    with pytest.raises(CallCentreError, match="not offered to you"):
        room.accept("ben", offer["reservation_id"])
    room.gone("c1", "abandoned")
    with pytest.raises(CallCentreError) as caught:
        room.accept("ana", offer["reservation_id"])
    assert caught.value.code == "desk.offer_over"


async def test_when_the_agent_cannot_be_joined_then_the_contact_waits_again_as_the_next(
    room: DeskRoom, store: EventStore
) -> None:
    ears, page = Ears(), room.feed.watch("ana")
    at_work(room, "ana")
    room.arrive(contact("c1"), ears)
    room.accept("ana", (await until(page, "offer"))["offer"]["reservation_id"])
    room.back("c1")
    assert ears.heard[-1][:2] == ("waits", 1)
    room.gone("c1", "abandoned")
    assert ears.heard[-1] == ("left", "abandoned", "")
    assert (await kinds(room, store, "queue", "main"))[-2:] == ["contact_queued", "contact_left_queue"]


async def test_when_the_work_after_a_contact_is_done_then_it_is_a_fact_of_the_contact(
    room: DeskRoom, store: EventStore
) -> None:
    page = room.feed.watch("ana")
    at_work(room, "ana", "billing")
    room.arrive(contact("t1", kind="conversation", queue="billing"), Ears())
    room.accept("ana", (await until(page, "offer"))["offer"]["reservation_id"])
    room.gone("t1", "abandoned")
    assert (await until(page, "agent"))["agent"]["state"] in ("busy", "wrap_up", "not_ready", "ready", "reserved")
    view = room.snapshot("ana")["you"]
    assert view is not None
    assert view["state"] == "wrap_up"
    assert view["work"][0]["wrap_up_ends_utc"] is not None
    room.wrap_up_done(
        "ana", "t1", "conversation", disposition="solved", summary="The bill was right.", follow_ups=("call on Monday",)
    )
    (done,) = await facts(room, store, "conversation", "t1")
    assert done.body.type == "wrap_up_done"
    assert (done.body.disposition, done.body.follow_ups) == ("solved", ("call on Monday",))
    assert room.snapshot("ana")["you"]["state"] == "ready"


async def test_when_a_page_looks_then_the_snapshot_has_queues_agents_and_its_own_offers(room: DeskRoom) -> None:
    at_work(room, "ana")
    room.arrive(contact("c1"), Ears())
    room.arrive(contact("c2", language="es"), Ears())
    mine, others = room.snapshot("ana"), room.snapshot("ben")
    assert [offer["contact_id"] for offer in mine["offers"]] == ["c1"]
    assert others["offers"] == []
    assert mine["you"]["name"] == "ana"
    assert others["you"] is None
    main = next(queue for queue in mine["queues"] if queue["name"] == "main")
    assert (main["waiting"], main["service_level_s"], main["agents"]["reserved"]) == (2, 30, 1)
    assert [entry["contact_id"] for entry in main["line"]] == ["c1", "c2"]


async def test_when_a_page_is_too_slow_then_it_starts_again_and_loses_nothing_for_good(room: DeskRoom) -> None:
    page = room.feed.watch("ana")
    for number in range(600):
        room.sign_in(m.AgentSignedIn(agent=f"a{number}", languages=frozenset({"en"}), skills=frozenset()))
    seen = {await asyncio.wait_for(page.get(), 5) for _ in range(3)}
    assert RESTART in seen
    assert len(room.snapshot()["agents"]) == 600


def test_when_tables_are_migrated_then_they_are_those_of_the_desk(store: EventStore) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def is_ours(_item: object, name: str | None, kind: str, *_: object) -> bool:
        return kind != "table" or name in desk_tables.metadata.tables

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        assert compare_metadata(context, desk_tables.metadata) == []


async def test_when_messages_were_left_then_they_are_listed_newest_first_and_encrypted(
    room: DeskRoom, store: EventStore
) -> None:
    for number, text in enumerate(("my meter is broken", "call me on Monday")):
        body = VoicemailLeft(queue="main", language="en", start_ms=1_000, end_ms=9_000, text=text)
        entry = NewEvent(
            stream_kind="call", stream_id=f"c{number}", body=body, t_ms=9_000, source="call", at_utc=datetime.now(UTC)
        )
        store.append([entry])
    listed = room.voicemails(10)
    assert [(one["call_id"], one["text"]) for one in listed] == [
        ("c1", "call me on Monday"),
        ("c0", "my meter is broken"),
    ]
    with store.engine.connect() as connection:
        assert "meter" not in str(connection.exec_driver_sql("SELECT body FROM events").all())


async def test_when_a_call_back_is_owed_then_a_later_process_still_owes_it_until_it_is_done(
    tmp_path: Path, url: str
) -> None:
    first = EventStore.open_dir(tmp_path, url=url)
    now = datetime.now(UTC)
    first.renew(now)
    callback = Callback(
        callback_id="cb-c1",
        call_id="c1",
        queue="billing",
        language="es",
        skills=("refunds",),
        vip=True,
        since_utc=now,
        attempts=0,
        not_before_utc=now,
    )
    DeskTables(first).owe(callback)
    with first.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE owners SET process = '999999999/1'")
    first.close()
    store = EventStore.open_dir(tmp_path, url=url)
    tables = DeskTables(store)
    assert tables.owed() == [callback]
    tables.tried("cb-c1", 1, now, "owed")
    assert [one.attempts for one in tables.owed()] == [1]
    tables.tried("cb-c1", 2, now, "done")
    assert tables.owed() == []
    store.close()


async def test_when_the_process_died_then_calls_that_waited_are_told_lost_and_conversations_wait_again(
    tmp_path: Path, url: str
) -> None:
    first_store = EventStore.open_dir(tmp_path, url=url)
    first = DeskRoom(SECTION, first_store, SystemClock())
    await first.start()
    first.arrive(contact("c1"), Ears())
    first.arrive(contact("t1", kind="conversation", queue="billing", waited_ms=60_000), Ears())
    await first.settled()
    with first_store.engine.begin() as connection:  # as if the process were gone: nothing renews it any more
        connection.exec_driver_sql("UPDATE owners SET process = '999999999/1'")
    first_store.close()
    store = EventStore.open_dir(tmp_path, url=url)
    room = DeskRoom(SECTION, store, SystemClock())
    await room.start()
    left = (await facts(room, store, "queue", "main"))[-1].body
    assert left.type == "contact_left_queue"
    assert (left.contact_id, left.reason) == ("c1", "shutdown")
    (back,) = room.take_back()
    assert (back.contact_id, back.queue) == ("t1", "billing")
    assert back.waited_ms >= 60_000
    assert room.take_back() == []
    room.arrive(back, Ears())
    assert room.snapshot()["queues"][1]["waiting"] == 1
    await room.stop()
    store.close()


async def test_when_two_processes_write_the_same_queue_then_both_facts_are_kept(tmp_path: Path, url: str) -> None:
    if not url:
        pytest.skip("one process writes an SQLite file")
    stores = [EventStore.open_dir(tmp_path, url=url) for _ in range(2)]
    rooms = [DeskRoom(SECTION, store, SystemClock()) for store in stores]
    for room in rooms:
        await room.start()
    for number in range(20):
        rooms[number % 2].arrive(contact(f"c{number}"), Ears())
    for room in rooms:
        await room.settled()
    queued = [event.body for event in stores[0].read("queue", "main") if event.body.type == "contact_queued"]
    assert {body.contact_id for body in queued} == {f"c{number}" for number in range(20)}
    for room, store in zip(rooms, stores, strict=True):
        await room.stop()
        store.close()


async def test_when_a_page_is_loaded_again_at_the_end_of_a_first_absence_then_its_agent_stays_at_work(
    room: DeskRoom,
) -> None:
    at_work(room, "ana")
    first = asyncio.create_task(sign_out_lost(room, "ana", after_s=0.1))
    await asyncio.sleep(0)
    room.feed.leave(room.feed.watch("ana"))  # came back, and is gone for a moment just now
    second = asyncio.create_task(sign_out_lost(room, "ana", after_s=0.3))
    await first
    assert room.is_working("ana")
    await second
    assert not room.is_working("ana")
