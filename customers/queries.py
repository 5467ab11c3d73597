"""Finds and reads customers: by identifier, by words, their timeline, pairs that may be one person. Blocking."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from calls.customer_events import CaseStatus, ContactKind, IdentifierKind, JoinReason
from calls.events import Event, StreamKind
from calls.ids import CustomerId
from customers import cases as case_fold
from customers import record as record_fold
from customers import tables
from customers.cases import Case, Matter
from customers.changes import ChangesPage, changes_of, page_of
from customers.identity import Person, person_of
from customers.projection import FactStore, Mark, identifier_mark, time_text, word_mark
from customers.record import CustomerRecord
from customers.search_words import query_words
from customers.timeline import CONTACT_TYPES, TimelineItem, contact_line, item_of

PAGE = 30
"""Lines of a timeline at once."""
CHANGES_PAGE = 50
"""Changes of a record at once."""
STEPS = (200, 2_000)
"""So many of the newest texts with a word are looked at until enough is found, no more: "bill" takes no longer."""
COUNTED = 250
"""So far are texts with a word counted, to know which word is the rarest."""
_LISTED = ("customer_opened", "customer_named", "identifier_added", "identifier_removed")
"""Facts that a line of a list is made of."""
QUERY_WORDS = 8
"""Most words of a query that count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A person in a list."""

    customer_id: CustomerId
    customer_ids: tuple[CustomerId, ...]
    name: str
    identifiers: tuple[tuple[IdentifierKind, str], ...]
    last_utc: datetime | None
    """Newest change of the record."""
    in_sources: tuple[str, ...] = ()
    """Where the words stand: `record`, `case`, `call`, `conversation`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two records that may be, are or were one person."""

    join_id: str
    one: CustomerId
    other: CustomerId
    state: str
    score: float
    reasons: tuple[JoinReason, ...]
    at_utc: datetime
    one_name: str = ""
    other_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A piece of a timeline, newest first."""

    items: tuple[TimelineItem, ...]
    next: str
    """Where the next page begins; empty at the end."""


class CustomerQueries:
    """The reading half of `customers.store.CustomerStore`; its methods may be called from any thread."""

    def __init__(self, facts: FactStore, mark: Mark) -> None:
        """Read facts and the tables beside them."""
        self._facts = facts
        self._mark = mark

    # Records and persons

    def record(self, customer_id: CustomerId) -> CustomerRecord | None:
        """Return one record; None when there is none, or it was erased."""
        return self.records([customer_id]).get(customer_id)

    def records(
        self, customer_ids: Iterable[CustomerId], types: Sequence[str] | None = None
    ) -> dict[CustomerId, CustomerRecord]:
        """Return records, made of all facts or of some types; those that are not there or were erased are left out."""
        folded = {}
        for name, events in self._facts.read_many("customer", list(customer_ids), types).items():
            record = record_fold.over(events)
            if record.customer_id and not record.is_erased:
                folded[CustomerId(name)] = record
        return folded

    def members(self, customer_id: str) -> tuple[CustomerId, ...]:
        """Return the records of the person whose record this is, oldest first; empty when it is unknown."""
        table = tables.customers
        of = sa.select(table.c.person_id).where(table.c.customer_id == customer_id).scalar_subquery()
        query = sa.select(table.c.customer_id).where(table.c.person_id == of)
        query = query.order_by(table.c.opened_at_utc, table.c.customer_id)
        with self._facts.engine.connect() as connection:
            return tuple(CustomerId(name) for name in connection.execute(query).scalars())

    def person(self, customer_id: str) -> Person | None:
        """Return the person whose record this is, None when it is unknown or erased."""
        records = self.records(self.members(customer_id))
        return person_of(list(records.values())) if records else None

    def persons_with(self, kind: IdentifierKind, value: str) -> tuple[CustomerId, ...]:
        """Return the persons who have an identifier, each by the oldest record."""
        table, people = tables.identifiers, tables.customers
        query = (
            sa.select(people.c.person_id)
            .join(table, table.c.customer_id == people.c.customer_id)
            .where(table.c.kind == kind, table.c.mark == identifier_mark(self._mark, kind, value))
            .distinct()
            .order_by(people.c.person_id)
            .limit(100)
        )
        with self._facts.engine.connect() as connection:
            return tuple(CustomerId(name) for name in connection.execute(query).scalars())

    def found(self, person_ids: Sequence[str], sources: Mapping[str, Iterable[str]] | None = None) -> list[Found]:
        """Return lines for a list of persons, in that order."""
        table = tables.customers
        query = sa.select(table.c.customer_id, table.c.person_id, table.c.changed_at_utc)
        query = query.where(table.c.person_id.in_(list(person_ids)))
        person_by_id: dict[str, str] = {}
        last: dict[str, str] = {}
        with self._facts.engine.connect() as connection:
            for row in connection.execute(query):
                person_by_id[row.customer_id] = row.person_id
                last[row.person_id] = max(row.changed_at_utc, last.get(row.person_id, ""))
        by_person: dict[str, list[CustomerRecord]] = {}
        for customer_id, record in self.records([CustomerId(name) for name in person_by_id], _LISTED).items():
            by_person.setdefault(person_by_id[customer_id], []).append(record)
        found = []
        for person_id in person_ids:
            records = by_person.get(person_id)
            if records:
                person = person_of(records)
                line = Found(
                    customer_id=person.customer_id,
                    customer_ids=person.customer_ids,
                    name=person.name,
                    identifiers=tuple((item.kind, item.value) for item in person.identifiers),
                    last_utc=datetime.fromisoformat(last[person_id]),
                    in_sources=tuple(sorted(set((sources or {}).get(person_id, ())))),
                )
                found.append(line)
        return found

    # Search

    def search(self, text: str, limit: int = 20) -> list[Found]:
        """Return persons in whose names, notes, cases, calls and conversations all words stand, newest first."""
        groups = [[word_mark(self._mark, stem) for stem in sorted(stems)] for stems in query_words(text)][:QUERY_WORDS]
        if not groups:
            return []
        with self._facts.engine.connect() as connection:
            counts = self._counts(connection, groups)
            ordered = [marks for _, _, marks in sorted(zip(counts, map(len, groups), groups, strict=True))]
            person_ids = self._search(connection, ordered, limit)
            sources = self._sources(connection, ordered, person_ids)
        return self.found(person_ids, sources)

    @staticmethod
    def _counts(connection: sa.Connection, groups: Sequence[Sequence[int]]) -> list[int]:
        """Return in how many texts each group's words stand, counted up to `COUNTED`."""
        word = tables.words.c.word
        some = [sa.select(word).where(word.in_(marks)).limit(COUNTED).subquery() for marks in groups]
        each = [sa.select(sa.func.count()).select_from(texts).scalar_subquery() for texts in some]
        return [int(count) for count in connection.execute(sa.select(*each)).one()]

    @staticmethod
    def _search(connection: sa.Connection, groups: Sequence[Sequence[int]], limit: int) -> list[str]:
        """Take the newest texts with the rarest word, and leave those of persons who lack one of the others.

        Few texts first: of common words enough are soon found, and the rest is never looked at.
        """
        newest: list[str] = []
        for most in STEPS:
            at_s: dict[str, int] = {}
            rows = connection.execute(_newest(groups[0], groups[1:], most)).all()
            for row in rows:
                at_s[row.person_id] = max(row.at_s, at_s.get(row.person_id, row.at_s))
            newest = sorted(at_s, key=lambda person_id: (-at_s[person_id], person_id))[:limit]
            unseen_s = rows[0].unseen_s if rows else math.inf  # no row says nothing of it
            if unseen_s is None or (len(newest) == limit and at_s[newest[-1]] >= unseen_s):
                break
        return newest

    @staticmethod
    def _sources(
        connection: sa.Connection, groups: Sequence[Sequence[int]], person_ids: Sequence[str]
    ) -> dict[str, set[str]]:
        marks = [mark for group in groups for mark in group]
        words = tables.words
        query = sa.select(words.c.person_id, words.c.source)
        query = query.where(words.c.word.in_(marks), words.c.person_id.in_(list(person_ids)))
        found: dict[str, set[str]] = {}
        for row in connection.execute(query):
            kind = row.source.partition(":")[0]
            found.setdefault(row.person_id, set()).add("record" if kind == "customer" else kind)
        return found

    # Timeline and cases

    def timeline(self, customer_id: str, *, before: str = "", limit: int = PAGE) -> Page:
        """Return a page of a person's timeline, newest first; `before` is `next` of the page before."""
        members = self.members(customer_id)
        table = tables.timeline
        query = sa.select(table).where(table.c.customer_id.in_(members))
        if before:
            at, _, place = before.partition("|")
            kind, _, rest = place.partition("/")
            stream_id, _, seq = rest.rpartition("/")
            key = sa.tuple_(table.c.at_utc, table.c.stream_kind, table.c.stream_id, table.c.seq)
            query = query.where(key < sa.tuple_(at, kind, stream_id, int(seq) if seq.isdigit() else 0))
        query = query.order_by(
            table.c.at_utc.desc(), table.c.stream_kind.desc(), table.c.stream_id.desc(), table.c.seq.desc()
        )
        with self._facts.engine.connect() as connection:
            rows = connection.execute(query.limit(limit + 1)).all()
            contact_cases = _cases_of(connection, [row for row in rows if row.seq == 0])
        shown = rows[:limit]
        items = tuple(item for item in self._items(shown, contact_cases) if item is not None)
        last = shown[-1] if len(rows) > limit else None
        place = f"{last.at_utc}|{last.stream_kind}/{last.stream_id}/{last.seq}" if last is not None else ""
        return Page(items=items, next=place)

    def _items(
        self, rows: Sequence[sa.Row[tuple[object, ...]]], contact_cases: Mapping[tuple[str, str], Sequence[str]]
    ) -> Iterable[TimelineItem | None]:
        wanted: dict[StreamKind, list[str]] = {}
        for row in rows:
            wanted.setdefault(row.stream_kind, []).append(row.stream_id)
        facts: dict[tuple[str, str], Sequence[Event]] = {}
        for kind, names in wanted.items():
            types = CONTACT_TYPES if kind in ("call", "conversation") else None
            for name, events in self._facts.read_many(kind, names, types).items():
                facts[(kind, name)] = events
        for row in rows:
            events = facts.get((row.stream_kind, row.stream_id), ())
            if row.seq == 0:
                yield TimelineItem(
                    at_utc=datetime.fromisoformat(row.at_utc),
                    kind="call" if row.stream_kind == "call" else "conversation",
                    customer_id=row.customer_id,
                    stream_kind=row.stream_kind,
                    stream_id=row.stream_id,
                    seq=0,
                    contact=contact_line(events),
                    case_ids=tuple(contact_cases.get((row.stream_kind, row.stream_id), ())),
                )
            else:
                event = next((event for event in events if event.seq == row.seq), None)
                yield item_of(event, row.customer_id) if event is not None else None

    def changes(self, customer_id: str, *, before: str = "", limit: int = CHANGES_PAGE) -> ChangesPage:
        """Return what was changed on a person's records and cases, newest first; `before` as in `timeline`."""
        members = self.members(customer_id)
        table = tables.cases
        query = sa.select(table.c.case_id).where(table.c.customer_id.in_(members))
        with self._facts.engine.connect() as connection:
            names = list(connection.execute(query).scalars())
        streams = [*self._facts.read_many("customer", list(members)).values()]
        streams += self._facts.read_many("case", names).values()
        return page_of(changes_of(event for events in streams for event in events), before, limit)

    def cases(self, customer_id: str) -> list[Case]:
        """Return a person's cases, the newest change first."""
        table = tables.cases
        query = sa.select(table.c.case_id).where(table.c.customer_id.in_(self.members(customer_id)))
        query = query.order_by(table.c.changed_at_utc.desc(), table.c.case_id).limit(200)
        with self._facts.engine.connect() as connection:
            names = list(connection.execute(query).scalars())
        facts = self._facts.read_many("case", names)
        return [case_fold.over(facts[name]) for name in names if name in facts]

    def case(self, case_id: str) -> Case | None:
        """Return one case, None when there is none or its customer was erased."""
        table = tables.cases
        with self._facts.engine.connect() as connection:
            known = connection.execute(sa.select(table.c.case_id).where(table.c.case_id == case_id)).first()
        return case_fold.over(self._facts.read("case", case_id)) if known is not None else None

    def matters(self, customer_id: str) -> list[Matter]:
        """Return what the rule of continuation needs of a person's cases, without reading facts."""
        table = tables.cases
        query = sa.select(table).where(table.c.customer_id.in_(self.members(customer_id)))
        query = query.order_by(table.c.changed_at_utc.desc()).limit(50)
        with self._facts.engine.connect() as connection:
            return [
                Matter(
                    case_id=row.case_id,
                    topic=row.topic,
                    status=_status(row.status),
                    changed_at_utc=datetime.fromisoformat(row.changed_at_utc),
                )
                for row in connection.execute(query)
            ]

    # Contacts

    def customer_of(self, kind: ContactKind, contact_id: str) -> tuple[CustomerId, float] | None:
        """Return the record that a contact was linked to, and how sure that is."""
        table = tables.contacts
        query = sa.select(table.c.customer_id, table.c.confidence)
        query = query.where(table.c.kind == kind, table.c.contact_id == contact_id)
        with self._facts.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return (CustomerId(row.customer_id), float(row.confidence)) if row is not None else None

    def cases_of_contact(self, kind: ContactKind, contact_id: str) -> list[str]:
        """Return the cases that a contact is about."""
        table = tables.case_contacts
        query = sa.select(table.c.case_id).where(table.c.kind == kind, table.c.contact_id == contact_id)
        with self._facts.engine.connect() as connection:
            return list(connection.execute(query.order_by(table.c.case_id)).scalars())

    # Pairs

    def pairs(self, state: str = "proposed", limit: int = 50) -> list[Pair]:
        """Return pairs in a state, the likeliest first, with their reasons."""
        table = tables.joins
        query = sa.select(table).where(table.c.state == state)
        query = query.order_by(table.c.score.desc(), table.c.join_id).limit(limit)
        return self._pairs(query)

    def pairs_of(self, customer_id: str) -> list[Pair]:
        """Return every pair that a record of the person is one half of, the newest first."""
        members = self.members(customer_id)
        table = tables.joins
        query = sa.select(table).where(sa.or_(table.c.one.in_(members), table.c.other.in_(members)))
        return self._pairs(query.order_by(table.c.at_utc.desc(), table.c.join_id).limit(100))

    def pair(self, join_id: str) -> Pair | None:
        """Return one pair, None when it is unknown."""
        found = self._pairs(sa.select(tables.joins).where(tables.joins.c.join_id == join_id))
        return found[0] if found else None

    def _pairs(self, query: sa.Select[tuple[object, ...]]) -> list[Pair]:
        with self._facts.engine.connect() as connection:
            rows = connection.execute(query).all()
        records = self.records({CustomerId(name) for row in rows for name in (row.one, row.other)})
        pairs = []
        for row in rows:
            one, other = records.get(row.one), records.get(row.other)
            tie = next((tie for tie in one.ties if tie.join_id == row.join_id), None) if one is not None else None
            pair = Pair(
                join_id=row.join_id,
                one=row.one,
                other=row.other,
                state=row.state,
                score=row.score,
                reasons=tie.reasons if tie is not None else (),
                at_utc=datetime.fromisoformat(row.at_utc),
            )
            if one is not None and other is not None:
                pair = replace(pair, one_name=one.name, other_name=other.name)
            pairs.append(pair)
        return pairs

    def idle_since(self, before: datetime, limit: int) -> list[CustomerId]:
        """Return persons none of whose records changed, and who had no contact and no case, since a time."""
        people, timeline, cases = tables.customers, tables.timeline, tables.cases
        member, at = people.alias(), time_text(before)
        alive = (
            sa.select(sa.literal(1))
            .select_from(member)
            .where(
                member.c.person_id == people.c.person_id,
                sa.or_(
                    member.c.changed_at_utc >= at,
                    sa.exists().where(timeline.c.customer_id == member.c.customer_id, timeline.c.at_utc >= at),
                    sa.exists().where(cases.c.customer_id == member.c.customer_id, cases.c.status != "solved"),
                ),
            )
        )
        query = (
            sa.select(people.c.customer_id)
            .where(people.c.changed_at_utc < at, people.c.customer_id == people.c.person_id, ~alive.exists())
            .order_by(people.c.changed_at_utc)
            .limit(limit)
        )
        with self._facts.engine.connect() as connection:
            return [CustomerId(name) for name in connection.execute(query).scalars()]


def _newest(marks: Sequence[int], others: Sequence[Sequence[int]], most: int) -> sa.Select[str, int, int | None]:
    """Select person and second of those of the newest `most` texts with each mark whose person has all other words too.

    `unseen_s` is the second of the newest text that was not looked at, NULL when all were. Forms of a word stand in the
    same texts, of which the union leaves one. The offset of nothing skips nothing; it keeps a planner from looking at
    every text of every word to join them all.
    """
    words = tables.words
    each = [
        sa.select(words.c.person_id, words.c.at_s).where(words.c.word == mark).order_by(words.c.at_s.desc())
        for mark in marks
    ]
    text = sa.union(*(sa.select(one.limit(most).subquery()) for one in each)).subquery()
    unseen = sa.union_all(*(sa.select(one.offset(most).limit(1).subquery()) for one in each)).subquery()
    unseen_s = sa.select(sa.func.max(unseen.c.at_s)).scalar_subquery()
    query = sa.select(text.c.person_id, text.c.at_s, unseen_s.label("unseen_s"))
    for group in others:
        other = words.alias()
        also = sa.select(sa.literal(1)).where(other.c.word.in_(group), other.c.person_id == text.c.person_id)
        query = query.where(also.offset(0).exists())
    return query


def _status(text: str) -> CaseStatus:
    known: tuple[CaseStatus, ...] = ("waiting_for_customer", "waiting_for_us", "solved")
    return next((status for status in known if status == text), "open")


def _cases_of(
    connection: sa.Connection, rows: Sequence[sa.Row[tuple[object, ...]]]
) -> dict[tuple[str, str], list[str]]:
    table = tables.case_contacts
    names = [row.stream_id for row in rows]
    found: dict[tuple[str, str], list[str]] = {}
    if names:
        for row in connection.execute(sa.select(table).where(table.c.contact_id.in_(names)).order_by(table.c.case_id)):
            found.setdefault((row.kind, row.contact_id), []).append(row.case_id)
    return found
