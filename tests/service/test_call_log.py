"""A call's pen: what it does when another process has taken the call's stream."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from calls.events import CallAnswered, CallOffered
from calls.ids import CallId
from records import schema
from records.store import EventStore
from records.writer import LogWriter
from service.call_log import CallLog
from service.clock import SystemClock
from service.config import PrivacySection
from service.consent import Consent

OFFERED = CallOffered(transport="sip", caller="+34600", caller_name="", called="bot", peer_call_id="x")


async def test_when_another_process_writes_the_call_then_it_is_told_once_for_each_fact_and_nothing_is_added(
    tmp_path: Path,
) -> None:
    store = EventStore.open_dir(tmp_path, owner="slow")
    writer = LogWriter(store, SystemClock())
    await writer.start()
    lost: list[bool] = []
    log = CallLog(writer, CallId("c1"), Consent(PrivacySection()), lambda: 0, lambda: lost.append(True))
    log.note(OFFERED, "service")
    await log.settled()
    assert [event.body for event in log.events] == [OFFERED]
    with store.engine.begin() as connection:
        connection.execute(sa.update(schema.streams).values(owner="quick"))
    assert lost == []
    log.note(CallAnswered(language="es", flow="main"), "call")
    await log.settled()
    assert lost == [True]
    assert [event.body for event in store.read("call", "c1")] == [OFFERED]
    await writer.stop()
    store.close()
