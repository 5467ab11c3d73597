"""Customers as the API and the pages get them: plain JSON made of folds, nothing of its own. Blocking."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from calls.codec import to_json
from calls.customer_events import ContactKind, JoinReason
from calls.ids import CustomerId
from customers.cases import Case, most_likely
from customers.queries import Found, Page, Pair
from customers.store import CustomerStore
from customers.verification import strongest
from customers.words import continuation_text, reason_text


def customer_view(store: CustomerStore, customer_id: str) -> dict[str, Any] | None:
    """Return everything of one person, with the newest page of the timeline; None when it is unknown."""
    person = store.person(customer_id)
    if person is None:
        return None
    data: dict[str, Any] = to_json(person)
    data["customer_id"] = person.customer_id
    data["do_not_contact"] = person.do_not_contact
    data["cases"] = [case_view(case) for case in store.cases(customer_id)]
    data["timeline"] = page_view(store.timeline(customer_id))
    data["pairs"] = [pair_view(pair) for pair in store.pairs_of(customer_id)]
    return data


def contact_view(store: CustomerStore, kind: ContactKind, contact_id: str, now_utc: datetime) -> dict[str, Any]:
    """Return whose a contact is, how sure that is, and which case it continues."""
    linked = store.customer_of(kind, contact_id)
    if linked is None:
        return {"linked": None, "customer": None, "case_ids": [], "continues": None}
    customer_id, confidence = linked
    customer = customer_view(store, customer_id)
    return {
        "linked": {
            "customer_id": customer_id,
            "confidence": confidence,
            "level": level_of(store, customer_id, kind, contact_id),
        },
        "customer": customer,
        "case_ids": store.cases_of_contact(kind, contact_id),
        "continues": continuation_view(store, customer_id, "", now_utc),
    }


def level_of(store: CustomerStore, customer_id: CustomerId, kind: ContactKind, contact_id: str) -> str:
    """Return how sure a contact is of who it is."""
    person = store.person(customer_id)
    shown = person.verifications if person is not None else ()
    passed = [v.level for v in shown if v.passed and (v.contact_kind, v.contact_id) == (kind, contact_id)]
    contact = next((c for c in person.contacts if (c.kind, c.id) == (kind, contact_id)), None) if person else None
    return strongest([*passed, "caller_id" if contact is not None else "none"])


def continuation_view(store: CustomerStore, customer_id: str, topic: str, now_utc: datetime) -> dict[str, Any] | None:
    """Return which case a contact most likely continues, and why."""
    found = most_likely(store.matters(customer_id), topic, now_utc)
    if found is None:
        return None
    return {
        "case_id": found.case_id,
        "how": found.how,
        "reason": found.reason,
        "en": continuation_text(found.reason, "en"),
        "es": continuation_text(found.reason, "es"),
    }


def page_view(page: Page) -> dict[str, Any]:
    """Return a page of a timeline."""
    return {"items": [to_json(item) for item in page.items], "next": page.next}


def case_view(case: Case) -> dict[str, Any]:
    """Return one case."""
    data: dict[str, Any] = to_json(case)
    return data


def found_view(found: Found) -> dict[str, Any]:
    """Return a line of a list of persons."""
    return {
        **to_json(found),
        "identifiers": [{"kind": kind, "value": value} for kind, value in found.identifiers],
    }


def pair_view(pair: Pair) -> dict[str, Any]:
    """Return two records that may be, are or were one person, with the reasons in words."""
    return {**to_json(pair), "reasons": [_reason(reason) for reason in pair.reasons]}


def _reason(reason: JoinReason) -> dict[str, Any]:
    return {**to_json(reason), "en": reason_text(reason, "en"), "es": reason_text(reason, "es")}
