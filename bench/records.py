"""How fast customers are read and written in a call log of many: timeline, search, merge proposals, appends.

The log is filled first, in bulk: each customer has a record with identifiers, notes and wishes, and calls. One customer
in twenty has a twin of the same number and name, so that there is something to propose. Then each thing is done
`--queries` times, for customers chosen at random, through the very functions that the service uses. An append is a
note: the record is looked up, the fact encrypted, and its rows and words written with it in one transaction. PostgreSQL
is given time to tidy up after the filling, which no company does between two callers; `settle_s` says how long it took.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bench.report import Result, progress
from calls.customer_events import ContactLinked, CustomerOpened, IdentifierAdded, NoteWritten, PreferenceSet
from calls.events import SCHEMA_VERSION, CallEnded, CallOffered, Event, EventBody, StreamKind, TopicFound
from calls.ids import CustomerId, TurnId
from customers.projection import Projection
from customers.store import CustomerStore
from records import schema
from records.rows import row_of, utc_text
from records.store import EventStore
from service.clock import SystemClock

_START = datetime(2025, 1, 1, tzinfo=UTC)
_OF_RECORD, _OF_CALL = 7, 4
"""Facts of a record without calls, and of a call with its link."""
_TWINS = 20
_AT_ONCE = 1_000
"""Customers in one transaction."""
_FIRST = ("Ana", "Luis", "Eva", "Juan", "Marta", "Pablo", "Sofia", "Diego", "Laura", "Jorge", "Nora", "Ivan", "Clara")
_LAST = ("Garcia", "Lopez", "Perez", "Gil", "Ruiz", "Vega", "Soto", "Mora", "Cano", "Rey", "Smith", "Jones", "Brown")
_TOPICS = ("bill-explained", "outage", "solar", "tariff", "moving-house")
_VOCABULARY = 5_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this bench."""
    parser.add_argument("--customers", type=int, default=100_000, help="customer records in the log")
    parser.add_argument("--events", type=int, default=1_000_000, help="facts in the log, about")
    parser.add_argument("--db", default="", help="SQLAlchemy URL of an empty database; empty: a new SQLite file")
    parser.add_argument("--queries", type=int, default=300, help="how often each thing is measured")
    parser.add_argument("--seed", type=int, default=5, help="of the made-up data")


def run(arguments: argparse.Namespace) -> Result:
    """Fill the log, then measure."""
    with tempfile.TemporaryDirectory() as folder:
        facts = EventStore.open_dir(Path(folder), url=arguments.db)
        try:
            return _measure(facts, arguments)
        finally:
            facts.close()


def _measure(facts: EventStore, arguments: argparse.Namespace) -> Result:
    clock, numbers = SystemClock(), itertools.count()
    store = CustomerStore(facts, facts.master.mark, clock, lambda: f"new-{next(numbers)}-{time.time_ns()}")
    began_s = time.perf_counter()
    loaded = _Loader(facts, arguments.customers, arguments.events, arguments.seed).load()
    load_s = time.perf_counter() - began_s
    settle_s = _settle(facts.engine)
    chance = random.Random(arguments.seed + 1)
    n = arguments.queries

    def somebody() -> CustomerId:
        return CustomerId(f"c{chance.randrange(arguments.customers)}")

    twins = [CustomerId(f"c{number}") for number in range(1, arguments.customers, _TWINS)]
    chance.shuffle(twins)
    waits_ms: dict[str, list[float]] = {}
    todo: list[tuple[str, Callable[[], object], int]] = [
        ("timeline", lambda: store.timeline(somebody()), n),
        ("search", lambda: store.search(_query(chance)), n),
        ("merge", lambda: store.consider(twins.pop()), min(n, len(twins) - 5)),
        ("append", lambda: store.write_note(somebody(), _text(chance), "bench"), n),
    ]
    for name, work, times in todo:
        progress(f"{name}: {times} times")
        for _ in range(5):
            work()  # the first ones compile statements and open connections
        waits_ms[name] = [_timed(work) for _ in range(times)]
    result = Result(n=sum(len(waits) for waits in waits_ms.values()))
    result.put("database", facts.engine.dialect.name)
    result.put("customers", arguments.customers)
    result.put("events", loaded)
    result.put("load_s", round(load_s, 1))
    result.put("settle_s", round(settle_s, 1))
    result.put("proposed", len(store.pairs("proposed", 10_000)))
    for name, waits in waits_ms.items():
        result.percentile(f"{name}_p50_ms", waits, 50)
        result.percentile(f"{name}_p95_ms", waits, 95)
        result.percentile(f"{name}_p99_ms", waits, 99)
    return result


def _settle(engine: sa.Engine) -> float:
    """Do now what PostgreSQL would do in the minutes after so many rows; return the seconds that it took."""
    began_s = time.perf_counter()
    if engine.dialect.name == "postgresql":
        progress("PostgreSQL tidies up")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM (ANALYZE)"))
            with contextlib.suppress(sa.exc.ProgrammingError):  # for superusers and pg_checkpoint alone
                connection.execute(sa.text("CHECKPOINT"))
    return time.perf_counter() - began_s


def _timed(work: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    work()
    return (time.perf_counter() - began_s) * 1000


def _word(chance: random.Random) -> str:
    """Return a made-up word; few are common and many are rare, as in a language (Zipf)."""
    rank = min(_VOCABULARY - 1, int(chance.paretovariate(0.8)) - 1)
    return "word" + "".join("bcdfghklmn"[int(digit)] for digit in str(rank))


def _text(chance: random.Random) -> str:
    return " ".join(_word(chance) for _ in range(10))


def _name(chance: random.Random) -> str:
    return f"{chance.choice(_FIRST)} {chance.choice(_LAST)} {chance.choice(_LAST)}"


def _query(chance: random.Random) -> str:
    """Return what staff look for: a name, words of a note, or both."""
    kind = chance.randrange(4)
    if kind == 0:
        return _name(chance)
    if kind == 1:
        return f"{chance.choice(_LAST)} {_word(chance)}"
    return " ".join(_word(chance) for _ in range(kind))


class _Loader:
    """Fills the log in bulk: the rows are those that appends write, without looking at each stream first."""

    def __init__(self, facts: EventStore, customers: int, events: int, seed: int) -> None:
        self._facts = facts
        self._customers = customers
        self._calls = max(0, (events - customers * _OF_RECORD) // _OF_CALL)
        self._chance = random.Random(seed)
        self._projection = Projection(facts.master.mark, lambda _kind, _name: None)

    def load(self) -> int:
        """Return how many facts were written."""
        count = call = 0
        for first in range(0, self._customers, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, self._customers))
            streams: list[tuple[StreamKind, str, str, list[EventBody]]] = []
            for number in numbers:
                calls = range(call, self._calls * (number + 1) // self._customers)
                call = calls.stop
                streams += self._of_customer(number, calls)
            count += self._write(streams)
            if (first // _AT_ONCE) % 10 == 9:
                progress(f"{first + _AT_ONCE} customers, {count} facts")
        with self._facts.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("ANALYZE"))
        return count

    def _of_customer(self, number: int, calls: range) -> list[tuple[StreamKind, str, str, list[EventBody]]]:
        chance, customer_id = self._chance, f"c{number}"
        twin = number % _TWINS == 1
        owner = number - 1 if twin else number
        name = _name(random.Random(owner))
        kept: list[EventBody] = [
            CustomerOpened(source="import", name=name),
            _identifier("phone", f"+346{owner:08}"),
            _identifier("email", f"c{number}@example.com"),
            NoteWritten(note_id=f"n{number}a", text=_text(chance), by="bench"),
            NoteWritten(note_id=f"n{number}b", text=_text(chance), by="bench"),
            NoteWritten(note_id=f"n{number}c", text=_text(chance), by="bench"),
            PreferenceSet(name="language", value=chance.choice(("es", "en")), by="bench"),
        ]
        streams: list[tuple[StreamKind, str, str, list[EventBody]]] = []
        for call in calls:
            link = ContactLinked(
                contact_kind="call", contact_id=f"k{call}", confidence=0.4, evidence="presented", by="bench"
            )
            kept.append(link)
            facts: list[EventBody] = [
                CallOffered(transport="sip", caller="+34600000000", caller_name="", called="bot", peer_call_id="x"),
                TopicFound(turn_id=TurnId("t1"), topic=chance.choice(_TOPICS), score=0.9, article_id=None),
                CallEnded(result="completed", reason="caller_hung_up"),
            ]
            streams.append(("call", f"k{call}", customer_id, facts))
        return [("customer", customer_id, "", kept), *streams]

    def _write(self, streams: Sequence[tuple[StreamKind, str, str, list[EventBody]]]) -> int:
        master = self._facts.master
        rows, keys, heads, projected = [], [], [], []
        for kind, stream_id, person, bodies in streams:
            subject = f"{kind}:{stream_id}"
            wrapped = master.new_subject_key(subject)
            key = master.subject_key(subject, wrapped)
            at = _START + timedelta(seconds=self._chance.randrange(50_000_000))
            stamp = utc_text(at)
            keys.append(
                {
                    "subject": subject,
                    "person": f"customer:{person}" if person else None,
                    "wrapped": wrapped,
                    "created_at_utc": stamp,
                }
            )
            ended = stamp if kind == "call" else None
            head = {"kind": kind, "stream_id": stream_id, "subject": subject, "last_seq": len(bodies)}
            heads.append({**head, "owner": None, "opened_at_utc": stamp, "closed_at_utc": ended})
            for seq, body in enumerate(bodies, start=1):
                event = Event(
                    stream_kind=kind,
                    stream_id=stream_id,
                    seq=seq,
                    at_utc=at + timedelta(minutes=seq),
                    t_ms=None,
                    source="bench",
                    schema_version=SCHEMA_VERSION,
                    body=body,
                )
                rows.append(row_of(event, subject, key))
                if kind == "customer":
                    projected.append(event)
        with self._facts.engine.execution_options(writes=True).begin() as connection:
            connection.execute(sa.insert(schema.streams), heads)
            connection.execute(sa.insert(schema.keys), keys)
            connection.execute(sa.insert(schema.events), rows)
            self._projection.project(connection, projected)
        return len(rows)


def _identifier(kind: str, value: str) -> IdentifierAdded:
    return IdentifierAdded(
        kind="phone" if kind == "phone" else "email",
        value=value,
        evidence="imported",
        confidence=0.8,
        contact_kind=None,
        contact_id="",
        by="bench",
    )
