from __future__ import annotations

from datetime import UTC, datetime, timedelta

from channels.places import LEASE, Places
from records.store import EventStore

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def test_when_a_reader_moves_then_it_goes_on_from_there_after_a_restart(store: EventStore) -> None:
    first = Places(store.engine, "one")
    new = first.take("mailbox:support", NOW)
    assert new is not None
    assert new.is_new
    assert first.move("mailbox:support", 77, 12, NOW)
    first.leave("mailbox:support")

    again = Places(store.engine, "two").take("mailbox:support", NOW + timedelta(days=1))

    assert again is not None
    assert (again.epoch, again.reached, again.moved_at, again.is_new) == (77, 12, NOW, False)


def test_when_two_processes_want_to_read_then_one_does_until_it_is_gone(store: EventStore) -> None:
    one, two = Places(store.engine, "one"), Places(store.engine, "two")

    assert one.take("hook:crm", NOW) is not None
    assert two.take("hook:crm", NOW) is None
    assert not two.move("hook:crm", 0, 9, NOW)
    assert one.take("hook:crm", NOW + LEASE / 2) is not None
    assert two.take("hook:crm", NOW + LEASE) is None
    assert two.take("hook:crm", NOW + LEASE * 2) is not None
    assert not one.move("hook:crm", 0, 9, NOW)
    assert two.take("mailbox:other", NOW) is not None
