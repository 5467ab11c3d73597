"""Whose the browser of a visitor is: a random token that nobody else has, on the record of whom it was proven to be."""

from __future__ import annotations

from calls.ids import CustomerId
from customers.record import STRENGTH
from customers.store import CustomerStore


def visitors_person(store: CustomerStore, visitor: str) -> CustomerId | None:
    """Return who a visitor of the chat is; of several the only one with whom it was confirmed, else nobody.

    A visitor has a record of their own until they say who they are; that one stays, with what was written before.
    """
    people = store.persons_with("chat_visitor", visitor)
    if len(people) > 1:
        people = tuple(known for known in people if _is_confirmed(store, known, visitor))
    return people[0] if len(people) == 1 else None


def _is_confirmed(store: CustomerStore, customer_id: CustomerId, visitor: str) -> bool:
    person = store.person(customer_id)
    return person is not None and any(
        (item.kind, item.value) == ("chat_visitor", visitor) and STRENGTH[item.evidence] >= STRENGTH["confirmed"]
        for item in person.identifiers
    )
