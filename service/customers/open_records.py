"""Customer records over the call log of the configuration, for the service and for commands beside it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from calls.ports import Clock
from channels.index import ConversationIndex
from customers.projection import Projection
from customers.store import CustomerStore
from customers.upkeep import Upkeep
from records.store import EventStore
from service.config import Config
from service.desk.desk_tables import DeskTables
from service.ids import new_id
from service.staff.drafts import forget_drafts


def clean_beside(store: EventStore) -> None:
    """See to it that erasing a subject cleans what stands beside the facts too, whoever erases, and why."""
    store.cleaners.append(Projection(store.master.mark, lambda _kind, _name: None).clean)
    store.cleaners.append(ConversationIndex(store.engine, store.master.mark).clean)
    desk = DeskTables(store)

    def clean_desk(connection: sa.Connection, subjects: Sequence[str]) -> None:
        calls_back = [f"call:{name}" for name in desk.calls_back(connection, subjects)]
        forget_drafts(connection, [*subjects, *calls_back])
        desk.clean(connection, [*subjects, *calls_back])

    store.cleaners.append(clean_desk)


def customer_store(store: EventStore, clock: Clock, config: Config) -> CustomerStore:
    """Return the customer records over a call log that was opened by `service.call_store.open_store`."""
    return CustomerStore(store, store.master.mark, clock, lambda: new_id(clock), country=config.dialog.country)


def upkeep_of(store: EventStore, customers: CustomerStore) -> Upkeep:
    """Return what keeps the records in order."""
    return Upkeep(store, customers)
