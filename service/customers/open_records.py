"""Customer records over the call log of the configuration, for the service and for commands beside it."""

from __future__ import annotations

from calls.ports import Clock
from customers.projection import Projection
from customers.store import CustomerStore
from customers.upkeep import Upkeep
from records.store import EventStore
from service.config import Config
from service.ids import new_id


def clean_beside(store: EventStore) -> None:
    """See to it that erasing a subject cleans what finds customers too, whoever erases."""
    store.cleaners.append(Projection(store.master.mark, lambda _kind, _name: None).clean)


def customer_store(store: EventStore, clock: Clock, config: Config) -> CustomerStore:
    """Return the customer records over a call log that was opened by `service.call_store.open_store`."""
    return CustomerStore(store, store.master.mark, clock, lambda: new_id(clock), country=config.dialog.country)


def upkeep_of(store: EventStore, customers: CustomerStore) -> Upkeep:
    """Return what keeps the records in order."""
    return Upkeep(store, customers)
