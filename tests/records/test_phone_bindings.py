"""Bindings of phones in the database: kept over restarts, seen by other processes, changed one after the other."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from calls.phones import Bindings, PhoneBinding
from records import database
from records.keys import MasterKey
from records.phone_bindings import BindingTable
from records.store import EventStore
from tests.phone_binding import NOON as NOW
from tests.phone_binding import phone_binding

KEY = bytes(range(32))
HOME = phone_binding(
    place="a" * 64,
    contact='<sip:alice@10.1.2.3:5062;transport=tcp>;+sip.instance="<urn:uuid:0>"',
    call_id="c" * 64,
    cseq=2**31 - 1,
    expires_utc=NOW + timedelta(seconds=600),
    transport="tcp",
    connection=7,
    user_agent="Teléfono 1.0",
)
WORK = replace(
    HOME,
    place="b" * 64,
    registered_utc=NOW + timedelta(seconds=1),
    behind_nat=True,
    q=1000,
    path=("<sip:192.0.2.10:5060;lr;received=sip:203.0.113.9:40000%3Btransport%3Dtcp>", "<sip:[2001:db8::7];lr>"),
)


@pytest.fixture
def table(store: EventStore) -> BindingTable:
    return BindingTable(store)


def put(table: BindingTable, *items: PhoneBinding) -> None:
    table.change(items[0].phone, lambda current: (*current, *items))


def test_when_bindings_are_kept_then_they_come_back_whole_and_in_the_order_of_their_renewal(
    table: BindingTable,
) -> None:
    assert table.of("alice") == ()
    put(table, WORK, HOME)
    put(table, replace(HOME, phone="bob"))
    assert table.of("alice") == (HOME, WORK)
    renewed = replace(HOME, cseq=5, registered_utc=NOW + timedelta(seconds=9))
    assert table.change("alice", lambda current: (WORK, renewed)) == (WORK, renewed)
    assert table.of("alice") == (WORK, renewed)
    table.change("alice", lambda current: ())
    assert (table.of("alice"), len(table.of("bob"))) == ((), 1)


def test_when_deciding_fails_then_nothing_is_changed(table: BindingTable) -> None:
    put(table, HOME)

    def fail(current: Bindings) -> Bindings:
        raise CallCentreError("x", "x", fault="us")

    with pytest.raises(CallCentreError):
        table.change("alice", fail)
    assert table.of("alice") == (HOME,)


def test_when_the_process_starts_anew_then_the_phones_are_there(url: str, master: MasterKey) -> None:
    first = EventStore(url, master)
    put(BindingTable(first), HOME)
    first.close()
    second = EventStore(url, master)
    assert BindingTable(second).of("alice") == (HOME,)
    second.close()


def test_when_times_run_out_then_the_rows_are_deleted(table: BindingTable) -> None:
    put(table, HOME, replace(WORK, expires_utc=NOW + timedelta(seconds=60)))
    table.orphans(NOW + timedelta(seconds=60))
    assert table.of("alice") == (HOME,)
    table.orphans(NOW + timedelta(seconds=600))
    assert table.of("alice") == ()


def test_when_a_process_is_gone_then_its_bindings_are_orphans_and_those_of_living_ones_are_not(
    url: str, master: MasterKey
) -> None:
    here, there = EventStore(url, master, owner="here"), EventStore(url, master, owner="there")
    for store in (here, there):
        store.renew(NOW)
    put(BindingTable(here), replace(HOME, owner="here"), replace(WORK, owner="there"))
    put(BindingTable(here), replace(HOME, phone="bob", owner="long gone"))
    (orphan,) = BindingTable(there).orphans(NOW)
    assert (orphan.phone, orphan.owner) == ("bob", "long gone")
    here.close()
    there.close()


def _add_one(current: Bindings, number: int) -> Bindings:
    return (*current, replace(HOME, place=f"{number:064}"))


def test_when_many_threads_change_one_phone_then_no_change_is_lost(table: BindingTable) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: table.change("alice", lambda current: _add_one(current, n)), range(30)))
    assert len(table.of("alice")) == 30


def _add_many(url: str, first: int) -> None:
    store = EventStore(url, MasterKey(KEY))
    table = BindingTable(store)
    for number in range(first, first + 10):
        table.change("alice", lambda current, number=number: _add_one(current, number))  # type: ignore[misc]
    store.close()


def test_when_processes_change_one_phone_then_no_change_is_lost(url: str, master: MasterKey) -> None:
    store = EventStore(url, master)
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        for job in [pool.submit(_add_many, url, first) for first in (0, 10, 20)]:
            job.result()
    assert len(BindingTable(store).of("alice")) == 30
    store.close()


def test_when_the_database_cannot_be_written_then_the_sentence_says_so(tmp_path: Path, master: MasterKey) -> None:
    EventStore(database.default_url(tmp_path), master).close()
    reader = EventStore(f"sqlite:///file:{tmp_path}/{database.FILE_NAME}?mode=ro&uri=true", master)
    with pytest.raises(CallCentreError, match="cannot be written"):
        put(BindingTable(reader), HOME)
    reader.close()
