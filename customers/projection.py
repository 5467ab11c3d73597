"""Keeps the tables of `customers.tables` in step with the facts, in the transaction that writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from calls.conversation_events import MessageReceived, MessageSent
from calls.customer_events import (
    CaseContactAdded,
    CaseNoted,
    CaseOpened,
    CaseStatusSet,
    ContactLinked,
    ContactUnlinked,
    CustomerNamed,
    CustomerOpened,
    CustomersJoined,
    CustomersParted,
    IdentifierAdded,
    IdentifierRemoved,
    JoinDismissed,
    JoinProposed,
    NoteWritten,
)
from calls.events import Event, NewEvent, StreamKind, TurnEnded
from calls.ids import CustomerId
from customers import tables
from customers.identity import component
from customers.names import UNREADABLE
from customers.record import STRENGTH
from customers.search_words import search_words
from customers.timeline import item_of

WORD_BITS = 63
"""Of a word's mark: fits the integers of both databases. Two of a million words share a mark once in 10^7 databases."""
AT_ONCE = 500
"""Most ids in one condition. SQLite takes 32,766 values in a statement."""

Mark = Callable[[str, str], str]
"""`MasterKey.mark`: text and use -> 64 letters that stand for it."""


class StreamSeen(Protocol):
    """What is known of a stream."""

    @property
    def opened_at_utc(self) -> datetime:
        """When it began."""
        ...


class FactStore(Protocol):
    """The call log as this room needs it: `records.store.EventStore`. Everything blocks."""

    @property
    def engine(self) -> sa.Engine:
        """The database of facts and of our tables."""
        ...

    def append_with(
        self,
        entries: Sequence[NewEvent],
        *,
        also: Callable[[sa.Connection, Sequence[Event]], None] | None = None,
        links: Mapping[str, str | None] | None = None,
        release: bool = False,
    ) -> Sequence[Event]:
        """Append facts and, in the same transaction, what follows of them."""
        ...

    def read(self, kind: StreamKind, stream_id: str, after: int = 0, limit: int | None = None) -> Sequence[Event]:
        """Return the facts of a stream."""
        ...

    def read_many(
        self, kind: StreamKind, stream_ids: Sequence[str], types: Sequence[str] | None = None
    ) -> Mapping[str, Sequence[Event]]:
        """Return the facts of several streams."""
        ...

    def read_after(self, position: int, types: Sequence[str], limit: int = 1000) -> Sequence[tuple[int, Event]]:
        """Return facts of some types after a position."""
        ...

    def stream(self, kind: StreamKind, stream_id: str) -> StreamSeen | None:
        """Return what is known of one stream."""
        ...


def time_text(at: datetime) -> str:
    """Return a time as the tables hold it: ISO 8601 in UTC with microseconds, sortable as text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def identifier_mark(mark: Mark, kind: str, value: str) -> str:
    """Return what stands for an identifier."""
    return mark(value, f"customer {kind}")


def word_mark(mark: Mark, word: str) -> int:
    """Return what stands for a word in the search."""
    return int(mark(word, "customer word")[:16], 16) >> (64 - WORD_BITS)


def spoken_text(event: Event) -> str:
    """Return the words of a contact's fact that are searched: the customer's and agents', not the bot's."""
    match event.body:
        case TurnEnded(speaker="caller" | "agent", text=text):
            return text
        case MessageReceived(text=text):
            return text
        case MessageSent(author="agent", text=text):
            return text
        case _:
            return ""


class Projection:
    """Writes the rows that follow of facts. Its methods run inside somebody's transaction."""

    def __init__(self, mark: Mark, began: Callable[[StreamKind, str], datetime | None]) -> None:
        """`began` says when a call or conversation began."""
        self._mark = mark
        self._began = began

    def project(self, connection: sa.Connection, events: Sequence[Event]) -> frozenset[str]:
        """Write what follows of facts of customers and cases, in order.

        Returns:
            Those customers of whom there is no record: never opened, or erased. Nothing of theirs can be found.
        """
        rows = _Rows(connection)
        changed = {event.stream_id: time_text(event.at_utc) for event in events if event.stream_kind == "customer"}
        opened = {event.stream_id for event in events if isinstance(event.body, CustomerOpened)}
        there = rows.touch({name: at for name, at in changed.items() if name not in opened})
        for event in events:
            if event.stream_kind == "customer":
                self._customer(rows, event, changed[event.stream_id])
            elif event.stream_kind == "case":
                self._case(rows, event)
        rows.flush()
        return frozenset(changed) - opened - there

    def index_words(
        self, connection: sa.Connection, customer_id: str, source: str, texts: Iterable[tuple[datetime, str]]
    ) -> None:
        """Make the words of texts findable; `source` is the subject whose key they are encrypted with."""
        rows = _Rows(connection)
        for at, text in texts:
            self._words(rows, customer_id, source, at, text)
        rows.flush()

    def clean(self, connection: sa.Connection, subjects: Sequence[str]) -> None:
        """Remove what follows of facts whose subjects' keys are destroyed: `customer:ID`, `case:ID`, `call:ID`."""
        for some in _chunks(subjects):
            connection.execute(sa.delete(tables.words).where(tables.words.c.source.in_(some)))
            people = [name.partition(":")[2] for name in some if name.startswith("customer:")]
            if people:
                self._forget(connection, people)
            matters = [name.partition(":")[2] for name in some if name.startswith("case:")]
            if matters:
                _forget_cases(connection, matters)

    def empty(self, connection: sa.Connection) -> None:
        """Remove every row, before all is made anew."""
        for table in tables.metadata.sorted_tables:
            connection.execute(sa.delete(table))

    def _forget(self, connection: sa.Connection, people: Sequence[str]) -> None:
        joins = tables.joins
        tied = sa.or_(joins.c.one.in_(people), joins.c.other.in_(people))
        pairs = connection.execute(sa.select(joins.c.one, joins.c.other).where(tied)).all()
        connection.execute(sa.delete(joins).where(tied))
        of = sa.select(tables.cases.c.case_id).where(tables.cases.c.customer_id.in_(people))
        _forget_cases(connection, list(connection.execute(of).scalars()))
        for table in (tables.words, tables.timeline, tables.contacts, tables.identifiers, tables.customers):
            connection.execute(sa.delete(table).where(table.c.customer_id.in_(people)))
        left = {row.one for row in pairs} | {row.other for row in pairs}
        _settle_persons(connection, left - set(people))

    def _customer(self, rows: _Rows, event: Event, changed_at: str) -> None:
        customer_id, at = event.stream_id, time_text(event.at_utc)
        source = f"customer:{customer_id}"
        match event.body:
            case CustomerOpened(name=name):
                row = {"customer_id": customer_id, "person_id": customer_id, "opened_at_utc": at}
                rows.add(tables.customers, {**row, "changed_at_utc": changed_at})
                rows.persons[customer_id] = customer_id
                self._words(rows, customer_id, source, event.at_utc, name)
            case CustomerNamed(name=name):
                self._words(rows, customer_id, source, event.at_utc, name)
            case IdentifierAdded() as body:
                self._identifier(rows, customer_id, body, at)
            case IdentifierRemoved(kind=kind, value=value):
                table = tables.identifiers
                same = (table.c.kind == kind, table.c.mark == identifier_mark(self._mark, kind, value))
                rows.execute(sa.delete(table).where(*same, table.c.customer_id == customer_id))
            case JoinProposed() | JoinDismissed() | CustomersJoined() | CustomersParted():
                _tie(rows, customer_id, event.body, at)
            case ContactLinked() as body:
                self._link(rows, customer_id, body, event.at_utc)
            case ContactUnlinked(contact_kind=kind, contact_id=contact_id):
                _unlink(rows, customer_id, kind, contact_id)
            case NoteWritten(text=text):
                self._words(rows, customer_id, source, event.at_utc, text)
            case _:
                pass
        _line(rows, customer_id, event)

    def _identifier(self, rows: _Rows, customer_id: str, body: IdentifierAdded, at: str) -> None:
        table = tables.identifiers
        mark = identifier_mark(self._mark, body.kind, body.value)
        row = {"kind": body.kind, "mark": mark, "customer_id": customer_id, "evidence": body.evidence, "at_utc": at}
        rows.add(table, row)
        weaker = [evidence for evidence, strength in STRENGTH.items() if strength < STRENGTH[body.evidence]]
        if body.evidence in ("confirmed", "by_staff", "verified"):
            same = (table.c.kind == body.kind, table.c.mark == mark, table.c.customer_id == customer_id)
            rows.execute(
                sa.update(table).where(*same, table.c.evidence.in_(weaker)).values(evidence=body.evidence, at_utc=at)
            )

    def _link(self, rows: _Rows, customer_id: str, body: ContactLinked, at: datetime) -> None:
        row = {"kind": body.contact_kind, "contact_id": body.contact_id, "customer_id": customer_id}
        rows.add(tables.contacts, {**row, "confidence": body.confidence}, replace=("customer_id", "confidence"))
        began = self._began(body.contact_kind, body.contact_id) or at
        line = {"stream_kind": body.contact_kind, "stream_id": body.contact_id, "seq": 0}
        rows.add(tables.timeline, {**line, "customer_id": customer_id, "at_utc": time_text(began)})

    def _case(self, rows: _Rows, event: Event) -> None:
        case_id, at = event.stream_id, time_text(event.at_utc)
        table = tables.cases
        if isinstance(event.body, CaseOpened):
            body = event.body
            customer_id = str(body.customer_id)
            row = {"case_id": case_id, "customer_id": customer_id, "topic": body.topic, "status": "open"}
            rows.add(table, {**row, "changed_at_utc": at})
            self._words(rows, customer_id, f"case:{case_id}", event.at_utc, body.subject)
            _line(rows, customer_id, event)
            return
        found = rows.scalar(sa.select(table.c.customer_id).where(table.c.case_id == case_id))
        if found is None:
            return  # its customer was erased
        match event.body:
            case CaseContactAdded(contact_kind=kind, contact_id=contact_id):
                rows.add(tables.case_contacts, {"case_id": case_id, "kind": kind, "contact_id": contact_id})
            case CaseStatusSet(status=status):
                rows.execute(sa.update(table).where(table.c.case_id == case_id).values(status=status))
            case CaseNoted(text=text):
                self._words(rows, found, f"case:{case_id}", event.at_utc, text)
            case _:
                return
        rows.execute(sa.update(table).where(table.c.case_id == case_id).values(changed_at_utc=at))
        _line(rows, found, event)

    def _words(self, rows: _Rows, customer_id: str, source: str, at: datetime, text: str) -> None:
        if not text or text == UNREADABLE:
            return
        person_id = rows.person_of(customer_id)
        row = {"person_id": person_id, "source": source, "customer_id": customer_id, "at_s": int(at.timestamp())}
        for word in sorted(search_words(text)):
            rows.add(tables.words, {"word": word_mark(self._mark, word), **row})


class _Rows:
    """New rows, gathered by table and inserted together; one that is there already stays."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        self.persons: dict[str, str] = {}
        """The person of each record that was asked for."""
        self._waiting: dict[tuple[sa.Table, tuple[str, ...]], list[dict[str, Any]]] = {}

    def add(self, table: sa.Table, row: dict[str, Any], *, replace: tuple[str, ...] = ()) -> None:
        """Insert a row; where its key is there already, only the columns `replace` change."""
        self._waiting.setdefault((table, replace), []).append(row)

    def execute(self, statement: sa.Executable) -> None:
        """Run another statement, after all rows so far."""
        self.flush()
        self._connection.execute(statement)

    def scalar(self, query: sa.Select[Any]) -> str | None:
        """Read one value, after all rows so far."""
        self.flush()
        found: str | None = self._connection.execute(query).scalar_one_or_none()
        return found

    def touch(self, changed: Mapping[str, str]) -> set[str]:
        """Note when records changed; return those that are there, whose persons are known from now on."""
        table = tables.customers
        update = sa.update(table).where(table.c.customer_id == sa.bindparam("an_id"))
        update = update.values(changed_at_utc=sa.bindparam("a_time"))
        columns = (table.c.customer_id, table.c.person_id)
        times = [{"an_id": name, "a_time": at} for name, at in sorted(changed.items())]
        if len(times) == 1:
            found = self._connection.execute(update.returning(*columns), times[0]).all()
        elif times:
            self._connection.execute(update, times)
            found = self._connection.execute(sa.select(*columns).where(table.c.customer_id.in_(changed))).all()
        else:
            found = []
        persons = {row.customer_id: row.person_id for row in found}
        self.persons.update(persons)
        return set(persons)

    def person_of(self, customer_id: str) -> str:
        """Return the oldest record of a record's person."""
        if customer_id not in self.persons:
            table = tables.customers
            found = self.scalar(sa.select(table.c.person_id).where(table.c.customer_id == customer_id))
            self.persons[customer_id] = found or customer_id
        return self.persons[customer_id]

    def settle_persons(self, around: set[str]) -> None:
        """See `_settle_persons`."""
        self.flush()
        self.persons.clear()
        _settle_persons(self._connection, around)

    def flush(self) -> None:
        """Insert what waits."""
        for (table, replace), rows in self._waiting.items():
            insert = self._insert(table)
            if replace:
                news = {column: insert.excluded[column] for column in replace}
                statement = insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=news)
            else:
                statement = insert.on_conflict_do_nothing()
            self._connection.execute(statement, rows)
        self._waiting.clear()


def _line(rows: _Rows, customer_id: str, event: Event) -> None:
    if item_of(event, CustomerId(customer_id)) is None:
        return
    line = {"stream_kind": event.stream_kind, "stream_id": event.stream_id, "seq": event.seq}
    rows.add(tables.timeline, {**line, "customer_id": customer_id, "at_utc": time_text(event.at_utc)})


def _unlink(rows: _Rows, customer_id: str | None, kind: StreamKind, contact_id: str) -> None:
    contacts, timeline, words = tables.contacts, tables.timeline, tables.words
    for table, same in (
        (contacts, (contacts.c.kind == kind, contacts.c.contact_id == contact_id)),
        (timeline, (timeline.c.stream_kind == kind, timeline.c.stream_id == contact_id, timeline.c.seq == 0)),
        (words, (words.c.source == f"{kind}:{contact_id}",)),
    ):
        of = (table.c.customer_id == customer_id,) if customer_id is not None else ()
        rows.execute(sa.delete(table).where(*same, *of))


_STATES = {
    JoinProposed: "proposed",
    JoinDismissed: "dismissed",
    CustomersJoined: "joined",
    CustomersParted: "parted",
}


def _tie(
    rows: _Rows, one: str, body: JoinProposed | JoinDismissed | CustomersJoined | CustomersParted, at: str
) -> None:
    table, state = tables.joins, _STATES[type(body)]
    score = body.score if isinstance(body, JoinProposed) else 0.0
    score = body.confidence if isinstance(body, CustomersJoined) else score
    row = {"join_id": body.join_id, "one": one, "other": body.other, "state": state, "score": score, "at_utc": at}
    rows.add(table, row)
    rows.execute(sa.update(table).where(table.c.join_id == body.join_id).values(state=state, at_utc=at))
    if state in ("joined", "parted"):
        rows.settle_persons({one, str(body.other)})


def _settle_persons(connection: sa.Connection, around: set[str]) -> None:
    """Write anew who is one person with whom, for everybody who is joined to one of `around`."""
    beside: dict[CustomerId, set[CustomerId]] = {}
    known, news = set(around), set(around)
    joins = tables.joins
    while news:
        near = sa.or_(joins.c.one.in_(news), joins.c.other.in_(news))
        query = sa.select(joins.c.one, joins.c.other).where(joins.c.state == "joined", near)
        reached: set[str] = set()
        for row in connection.execute(query):
            beside.setdefault(row.one, set()).add(row.other)
            beside.setdefault(row.other, set()).add(row.one)
            reached |= {row.one, row.other}
        news = reached - known
        known |= news
    customers = tables.customers
    query_begun = sa.select(customers.c.customer_id, customers.c.opened_at_utc).where(
        customers.c.customer_id.in_(known)
    )
    begun = {row.customer_id: (row.opened_at_utc, row.customer_id) for row in connection.execute(query_begun)}
    left = set(begun)
    while left:
        members = component(CustomerId(next(iter(left))), beside) & set(begun)
        oldest = min(members, key=lambda member: begun[member])
        for table in (customers, tables.words):
            others = (table.c.customer_id.in_(members), table.c.person_id != oldest)
            connection.execute(sa.update(table).where(*others).values(person_id=oldest))
        left -= members


def _forget_cases(connection: sa.Connection, case_ids: Sequence[str]) -> None:
    for some in _chunks(case_ids):
        lines = (tables.timeline.c.stream_kind == "case", tables.timeline.c.stream_id.in_(some))
        connection.execute(sa.delete(tables.timeline).where(*lines))
        connection.execute(sa.delete(tables.case_contacts).where(tables.case_contacts.c.case_id.in_(some)))
        connection.execute(sa.delete(tables.words).where(tables.words.c.source.in_([f"case:{name}" for name in some])))
        connection.execute(sa.delete(tables.cases).where(tables.cases.c.case_id.in_(some)))


def _chunks(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE))
