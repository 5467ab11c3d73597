"""Persons with whom nothing happened for long are erased by themselves; the others stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from calls.events import CallEnded, CallOffered, EventBody, NewEvent
from service.call_store import open_store
from service.config import Config
from service.customers.part import Customers
from service.customers_config import CustomersSection

BEGAN = datetime(2024, 1, 1, 9, 0, tzinfo=UTC)


class Calendar:
    """A clock that somebody turns."""

    def __init__(self) -> None:
        self.now = BEGAN

    def now_ms(self) -> int:
        return 0

    def now_utc(self) -> datetime:
        return self.now


def test_when_nothing_happened_with_a_person_for_as_long_as_the_rule_says_then_they_are_erased(tmp_path: Path) -> None:
    config = Config(data_dir=str(tmp_path), customers=CustomersSection(retention_days=365))
    facts, clock = open_store(config), Calendar()
    part = Customers(config, facts, clock)
    gone = part.store.open("staff", name="Old Friend", by="x")
    calling = part.store.open("staff", name="Calls Again", by="x")
    waiting = part.store.open("staff", name="Waits Still", by="x")
    part.store.open_case(waiting, subject="Refund", topic="", by="x")
    clock.now = BEGAN + timedelta(days=300)
    bodies: tuple[EventBody, ...] = (
        CallOffered(transport="sip", caller="+34600123456", caller_name="", called="bot", peer_call_id="x"),
        CallEnded(result="completed", reason="caller_hung_up"),
    )
    facts.append(
        [NewEvent(stream_kind="call", stream_id="k", body=b, at_utc=clock.now, t_ms=0, source="x") for b in bodies]
    )
    part.store.link_contact(calling, "call", "k", evidence="confirmed", by="x")
    part.retain()
    assert part.store.person(gone) is not None
    clock.now = BEGAN + timedelta(days=366)
    part.retain()
    assert part.store.person(gone) is None
    assert part.store.search("friend") == []
    assert [part.store.person(name) is not None for name in (calling, waiting)] == [True, True]
    part.retain()
    facts.close()
