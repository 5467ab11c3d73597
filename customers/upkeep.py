"""What keeps the customer records in order: words of contacts for the search, tables made anew, erasure, retention."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

import sqlalchemy as sa

from calls.customer_events import CustomerBody, CustomerOpened
from calls.events import Event
from calls.ids import CustomerId
from customers import tables
from customers.names import UNREADABLE
from customers.projection import FactStore, spoken_text
from customers.store import SPOKEN_TYPES, CustomerStore

logger = logging.getLogger(__name__)

LOOK_BACK = timedelta(seconds=15)
"""How long facts are looked at again. Source: a transaction of another process shows up to a few seconds after facts
with higher positions, and a contact is linked a moment after its first words."""
AT_ONCE = 1_000
"""Facts in one transaction."""

CUSTOMER_TYPES = tuple(str(cls.__dataclass_fields__["type"].default) for cls in get_args(CustomerBody))
"""Facts of customers and cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What making the tables anew found."""

    facts: int
    customers: int


class Upkeep:
    """Work beside the writing of facts. Blocking; one object a process."""

    def __init__(self, facts: FactStore, store: CustomerStore) -> None:
        """Nothing happens before it is called."""
        self._facts = facts
        self._store = store

    def index_new_words(self, now_utc: datetime) -> int:
        """Make findable what was said and written in linked contacts since the last time; return how many texts.

        Call it every few seconds. What it looks at twice changes nothing.
        """
        position, done = self._position(), 0
        while True:
            found = self._facts.read_after(position, SPOKEN_TYPES, AT_ONCE)
            done += self._index([event for _, event in found])
            settled = [at for at, event in found if event.at_utc < now_utc - LOOK_BACK]
            if settled:
                self._set_position(settled[-1])
            if len(found) < AT_ONCE:
                return done
            position = found[-1][0]

    def rebuild(self) -> Rebuilt:
        """Make every table anew from the facts; what was erased stays away. Nobody should write meanwhile."""
        erased = {event.stream_id for event in self._scan(("customer_opened",)) if _is_erased(event)}
        projection, engine = self._store.projection, self._facts.engine.execution_options(writes=True)
        count = 0
        with engine.begin() as connection:
            projection.empty(connection)
        for some in _groups(self._scan(CUSTOMER_TYPES)):
            kept = [event for event in some if event.stream_id not in erased]
            with engine.begin() as connection:
                projection.project(connection, [event for event in kept if not _is_of(event, erased)])
            count += len(kept)
        self._set_position(0)
        for some in _groups(self._scan(SPOKEN_TYPES)):
            self._index(some)
        with engine.begin() as connection:
            customers = connection.execute(sa.select(sa.func.count()).select_from(tables.customers)).scalar_one()
        logger.info("customer tables made anew from %d facts: %d records", count, customers)
        return Rebuilt(facts=count, customers=int(customers))

    def subjects_of(self, customer_id: str) -> list[str]:
        """Return the subjects whose keys hold what is kept of a person: each record; all else hangs on them."""
        return [f"customer:{name}" for name in self._store.members(customer_id)]

    def idle(self, now_utc: datetime, days: int, limit: int = 200) -> list[CustomerId]:
        """Return persons with whom nothing happened for so many days, no case being open."""
        return self._store.idle_since(now_utc - timedelta(days=days), limit)

    def _index(self, events: Sequence[Event]) -> int:
        spoken = [(event, text) for event in events if (text := spoken_text(event)) and text != UNREADABLE]
        if not spoken:
            return 0
        table = tables.contacts
        names = {str(event.stream_id) for event, _ in spoken}
        done = 0
        with self._facts.engine.execution_options(writes=True).begin() as connection:
            query = sa.select(table).where(table.c.contact_id.in_(names))
            owner = {(row.kind, row.contact_id): row.customer_id for row in connection.execute(query)}
            for event, text in spoken:
                customer_id = owner.get((event.stream_kind, event.stream_id))
                if customer_id is not None:
                    source = f"{event.stream_kind}:{event.stream_id}"
                    self._store.projection.index_words(connection, customer_id, source, [(event.at_utc, text)])
                    done += 1
        return done

    def _position(self) -> int:
        table = tables.progress
        with self._facts.engine.connect() as connection:
            query = sa.select(table.c.position).where(table.c.name == "words")
            return int(connection.execute(query).scalar_one_or_none() or 0)

    def _set_position(self, position: int) -> None:
        table = tables.progress
        with self._facts.engine.execution_options(writes=True).begin() as connection:
            same = table.c.name == "words"
            if connection.execute(sa.update(table).where(same).values(position=position)).rowcount == 0:
                connection.execute(sa.insert(table).values(name="words", position=position))

    def _scan(self, types: Sequence[str]) -> Iterator[Event]:
        position = 0
        while True:
            found = self._facts.read_after(position, types, AT_ONCE)
            yield from (event for _, event in found)
            if len(found) < AT_ONCE:
                return
            position = found[-1][0]


def _is_erased(event: Event) -> bool:
    return isinstance(event.body, CustomerOpened) and event.body.name == UNREADABLE


def _is_of(event: Event, erased: set[str | CustomerId]) -> bool:
    """Tell whether a fact of somebody else, or of a case, is about an erased record."""
    other = getattr(event.body, "other", None) or getattr(event.body, "customer_id", None)
    return other in erased


def _groups(events: Iterable[Event]) -> Iterator[list[Event]]:
    group: list[Event] = []
    for event in events:
        group.append(event)
        if len(group) == AT_ONCE:
            yield group
            group = []
    if group:
        yield group
