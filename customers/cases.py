"""Cases: matters that go on across contacts and channels. The fold of one, and which one a contact continues. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from calls.customer_events import (
    CaseContactAdded,
    CaseNoted,
    CaseOpened,
    CaseStatus,
    CaseStatusSet,
    ContactKind,
)
from calls.events import Event
from calls.ids import CustomerId
from customers.record import NOBODY

RECENT = timedelta(days=14)
"""A contact on the same topic within this time is about the same matter. Source: our choice; a bill's dispute and a
repair are over within two billing weeks."""
OLDER = timedelta(days=60)
"""Until then the matter is proposed. Source: our choice, two billing periods."""
SOLVED = timedelta(days=7)
"""How long a solved matter may come back. Source: first contact resolution is counted over seven days as a rule
(COPC, SQM)."""
WAITS = timedelta(days=7)
"""How long a customer who waits for us is thought to ask for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseContact:
    """A contact that is about the matter."""

    kind: ContactKind
    id: str
    by: str
    at_utc: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNote:
    """A summary, a promise, a next step."""

    text: str
    by: str
    contact_kind: ContactKind | None
    contact_id: str
    at_utc: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One matter."""

    case_id: str = ""
    customer_id: CustomerId = NOBODY
    subject: str = ""
    topic: str = ""
    status: CaseStatus = "open"
    opened_at_utc: datetime | None = None
    changed_at_utc: datetime | None = None
    contacts: tuple[CaseContact, ...] = ()
    notes: tuple[CaseNote, ...] = ()


def over(events: Iterable[Event], case: Case | None = None) -> Case:
    """Fold the facts of a case."""
    folded = case or Case()
    for event in events:
        folded = step(folded, event)
    return folded


def step(case: Case, event: Event) -> Case:
    """Return the case after one fact more."""
    at = event.at_utc
    match event.body:
        case CaseOpened() as body:
            return replace(
                case,
                case_id=event.stream_id,
                customer_id=body.customer_id,
                subject=body.subject,
                topic=body.topic,
                opened_at_utc=at,
                changed_at_utc=at,
            )
        case CaseContactAdded() as body:
            if any((known.kind, known.id) == (body.contact_kind, body.contact_id) for known in case.contacts):
                return case
            added = CaseContact(kind=body.contact_kind, id=body.contact_id, by=body.by, at_utc=at)
            return replace(case, contacts=(*case.contacts, added), changed_at_utc=at)
        case CaseStatusSet(status=status):
            return replace(case, status=status, changed_at_utc=at)
        case CaseNoted() as body:
            note = CaseNote(
                text=body.text, by=body.by, contact_kind=body.contact_kind, contact_id=body.contact_id, at_utc=at
            )
            return replace(case, notes=(*case.notes, note), changed_at_utc=at)
        case _:
            return case


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What the rule needs of a case."""

    case_id: str
    topic: str
    status: CaseStatus
    changed_at_utc: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """A case that a contact most likely continues."""

    case_id: str
    how: Literal["use", "propose"]
    """`use`: the contact belongs to it; `propose`: people, or the caller, say so."""
    reason: str
    """Code, see `customers.words`."""


def most_likely(cases: Sequence[Matter], topic: str, now_utc: datetime) -> Continuation | None:
    """Return the case that a new contact most likely continues, None when it is a new matter.

    Args:
        cases: The customer's cases.
        topic: What the contact is about as far as it is known: a topic of the articles or `flow:NAME`; else empty.
        now_utc: Time of the contact.
    """
    found: list[tuple[int, datetime, Continuation]] = []
    open_cases = [case for case in cases if case.status != "solved"]
    for case in cases:
        age = now_utc - case.changed_at_utc
        rated = _rate(case, topic, age, only_open=len(open_cases) == 1)
        if rated is not None:
            rank, how, reason = rated
            found.append((rank, case.changed_at_utc, Continuation(case_id=case.case_id, how=how, reason=reason)))
    return max(found, key=lambda item: (item[0], item[1], item[2].case_id))[2] if found else None


def _rate(
    case: Matter, topic: str, age: timedelta, *, only_open: bool
) -> tuple[int, Literal["use", "propose"], str] | None:
    same = bool(topic) and case.topic == topic
    is_open = case.status != "solved"
    if same and is_open and age <= RECENT:
        return 4, "use", "same_topic_recent"
    if same and is_open and age <= OLDER:
        return 3, "propose", "same_topic_older"
    if same and age <= SOLVED:
        return 2, "propose", "same_topic_solved"
    if is_open and not topic and case.status == "waiting_for_us" and age <= WAITS:
        return 1, "propose", "waiting_for_us"
    if is_open and not topic and only_open and age <= RECENT:
        return 0, "propose", "only_open_case"
    return None
