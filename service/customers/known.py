"""What a brief says of a customer beyond the contact: earlier ones, and how they proved who they are. Blocking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from calls.customer_events import ContactKind
from calls.events import RelatedFact
from calls.ids import CustomerId, Language
from customers.store import CustomerStore
from customers.verification import LEVELS
from desk.brief import Proven
from service.customers.related import proof_fact, related_facts

_PROVEN: Mapping[str, Proven] = {"knowledge": "knowledge", "one_time_code": "one_time_code", "staff": "staff"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a contact's customer."""

    related: tuple[RelatedFact, ...] = ()
    proven: Proven = ""
    """How they proved in this contact who they are; the fact that says so is the first of `related`."""


def known_contact(
    store: CustomerStore,
    kind: ContactKind,
    contact_id: str,
    now_local: datetime,
    language: Language,
    titles: Mapping[str, str],
) -> Known:
    """Return what is known; nothing of a contact that is nobody's.

    Args:
        store: The customer records.
        kind: Of the contact.
        contact_id: Its name.
        now_local: Time where the brief is read, aware.
        language: Language of the brief.
        titles: Title of each topic in that language.
    """
    linked = store.customer_of(kind, contact_id)
    if linked is None:
        return Known()
    related = related_facts(
        store.timeline(linked[0]).items,
        without=contact_id,
        cases=store.cases_of_contact(kind, contact_id),
        now_local=now_local,
        language=language,
        titles=titles,
    )
    proven, fact = _proof(store, linked[0], kind, contact_id, now_local, language)
    return Known(related=(fact, *related), proven=proven) if fact is not None else Known(related=related)


def _proof(
    store: CustomerStore,
    customer_id: CustomerId,
    kind: ContactKind,
    contact_id: str,
    now_local: datetime,
    language: Language,
) -> tuple[Proven, RelatedFact | None]:
    """Return the surest proof of a contact with the fact that it stands in."""
    person = store.person(customer_id)
    shown = [
        each
        for each in (person.verifications if person is not None else ())
        if each.passed and (each.contact_kind, each.contact_id) == (kind, contact_id) and each.level in _PROVEN
    ]
    if not shown:
        return "", None
    surest = max(shown, key=lambda each: LEVELS.index(each.level))
    item = next(
        (
            each
            for each in store.timeline(customer_id).items
            if each.kind == "verified" and each.at_utc == surest.at_utc and each.detail == f"{surest.level}:passed"
        ),
        None,
    )
    if item is None:
        return "", None
    return _PROVEN[surest.level], proof_fact(item, surest.level, now_local, language)
