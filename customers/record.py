"""What one customer's stream of facts says: a fold. Pure.

A record holds what was learned under one name. Records are never merged: `customers.identity` says which of them are
one person, and what that person's view is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from calls.customer_events import (
    ContactConsentSet,
    ContactKind,
    ContactLinked,
    ContactUnlinked,
    CustomerNamed,
    CustomerOpened,
    CustomersJoined,
    CustomersParted,
    CustomerVerified,
    IdentifierAdded,
    IdentifierEvidence,
    IdentifierKind,
    IdentifierRemoved,
    JoinDismissed,
    JoinProposed,
    JoinReason,
    NoteWritten,
    PreferenceSet,
    VerificationLevel,
)
from calls.events import Event
from calls.ids import CustomerId
from customers.names import UNREADABLE

NOBODY = CustomerId("")

STRENGTH: dict[IdentifierEvidence, int] = {
    "presented": 0,
    "said": 1,
    "written": 1,
    "imported": 2,
    "confirmed": 3,
    "by_staff": 3,
    "verified": 4,
}
"""How far an identifier's evidence reaches; a weaker one never takes the place of a stronger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """Something by which the customer can be found."""

    kind: IdentifierKind
    value: str
    evidence: IdentifierEvidence
    confidence: float
    contact_kind: ContactKind | None
    contact_id: str
    by: str
    at_utc: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A call or a conversation of the customer."""

    kind: ContactKind
    id: str
    confidence: float
    evidence: IdentifierEvidence
    by: str
    at_utc: datetime
    """When it was linked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """A lasting wish or need."""

    name: str
    value: str
    by: str
    at_utc: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentTo:
    """Whether the customer may be written to or called."""

    purpose: str
    channel: str
    given: bool
    how: str
    by: str
    at_utc: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a member of staff wrote down."""

    note_id: str
    text: str
    by: str
    at_utc: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """How sure one contact was of who it is."""

    contact_kind: ContactKind
    contact_id: str
    level: VerificationLevel
    passed: bool
    how: str
    at_utc: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A proposal or a join with another record, and what became of it. It stands in the stream of one of the two."""

    join_id: str
    other: CustomerId
    reasons: tuple[JoinReason, ...]
    state: str
    """`proposed`, `joined`, `parted` or `dismissed`."""
    by: str
    at_utc: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRecord:
    """One customer record."""

    customer_id: CustomerId = NOBODY
    opened_at_utc: datetime | None = None
    changed_at_utc: datetime | None = None
    source: str = ""
    name: str = ""
    named_by: IdentifierEvidence = "presented"
    identifiers: tuple[Identifier, ...] = ()
    contacts: tuple[Contact, ...] = ()
    preferences: tuple[Preference, ...] = ()
    consents: tuple[ConsentTo, ...] = ()
    notes: tuple[Note, ...] = ()
    verifications: tuple[Verification, ...] = ()
    ties: tuple[Tie, ...] = ()

    @property
    def is_erased(self) -> bool:
        """Whether the key of the record was destroyed."""
        return self.name == UNREADABLE

    def has(self, kind: IdentifierKind, value: str) -> bool:
        """Tell whether the record holds an identifier."""
        return any(item.kind == kind and item.value == value for item in self.identifiers)


def over(events: Iterable[Event], record: CustomerRecord | None = None) -> CustomerRecord:
    """Fold facts, from the start or on top of what an earlier part of the stream gave."""
    folded = record or CustomerRecord()
    for event in events:
        folded = step(folded, event)
    return folded


def step(record: CustomerRecord, event: Event) -> CustomerRecord:
    """Return the record after one fact more."""
    at = event.at_utc
    after = _step(record, event, at)
    return after if after is record else replace(after, changed_at_utc=at)


def _step(record: CustomerRecord, event: Event, at: datetime) -> CustomerRecord:
    match event.body:
        case CustomerOpened(source=source, name=name):
            return replace(
                record,
                customer_id=CustomerId(event.stream_id),
                opened_at_utc=at,
                source=source,
                name=name,
                named_by="imported" if source in ("import", "api") else "presented",
            )
        case CustomerNamed(name=name, evidence=evidence):
            # People change their names, so that the newer one of two that are equally sure counts.
            stronger = not record.name or STRENGTH[evidence] >= STRENGTH[record.named_by]
            return replace(record, name=name, named_by=evidence) if stronger else record
        case IdentifierAdded() as body:
            return replace(record, identifiers=_with_identifier(record.identifiers, body, at))
        case IdentifierRemoved(kind=kind, value=value):
            left = tuple(item for item in record.identifiers if (item.kind, item.value) != (kind, value))
            return replace(record, identifiers=left)
        case ContactLinked() as body:
            linked = Contact(
                kind=body.contact_kind,
                id=body.contact_id,
                confidence=body.confidence,
                evidence=body.evidence,
                by=body.by,
                at_utc=at,
            )
            return replace(record, contacts=(*_without(record.contacts, linked.kind, linked.id), linked))
        case ContactUnlinked(contact_kind=contact_kind, contact_id=contact_id):
            return replace(record, contacts=_without(record.contacts, contact_kind, contact_id))
        case CustomerVerified() as body:
            shown = Verification(
                contact_kind=body.contact_kind,
                contact_id=body.contact_id,
                level=body.level,
                passed=body.passed,
                how=body.how,
                at_utc=at,
            )
            return replace(record, verifications=(*record.verifications, shown))
        case PreferenceSet() as body:
            others = tuple(item for item in record.preferences if item.name != body.name)
            wish = Preference(name=body.name, value=body.value, by=body.by, at_utc=at)
            return replace(record, preferences=(*others, wish))
        case ContactConsentSet() as body:
            kept = tuple(c for c in record.consents if (c.purpose, c.channel) != (body.purpose, body.channel))
            consent = ConsentTo(
                purpose=body.purpose, channel=body.channel, given=body.given, how=body.how, by=body.by, at_utc=at
            )
            return replace(record, consents=(*kept, consent))
        case NoteWritten(note_id=note_id, text=text, by=by):
            return replace(record, notes=(*record.notes, Note(note_id=note_id, text=text, by=by, at_utc=at)))
        case JoinProposed() | JoinDismissed() | CustomersJoined() | CustomersParted():
            return replace(record, ties=_with_tie(record.ties, event.body, at))
        case _:
            return record


def _with_identifier(known: tuple[Identifier, ...], body: IdentifierAdded, at: datetime) -> tuple[Identifier, ...]:
    new = Identifier(
        kind=body.kind,
        value=body.value,
        evidence=body.evidence,
        confidence=body.confidence,
        contact_kind=body.contact_kind,
        contact_id=body.contact_id,
        by=body.by,
        at_utc=at,
    )
    for place, item in enumerate(known):
        if (item.kind, item.value) == (new.kind, new.value):
            better = (STRENGTH[new.evidence], new.confidence) > (STRENGTH[item.evidence], item.confidence)
            return (*known[:place], new, *known[place + 1 :]) if better else known
    return (*known, new)


def _without(contacts: tuple[Contact, ...], kind: ContactKind, contact_id: str) -> tuple[Contact, ...]:
    return tuple(item for item in contacts if (item.kind, item.id) != (kind, contact_id))


def _with_tie(
    ties: tuple[Tie, ...], body: JoinProposed | JoinDismissed | CustomersJoined | CustomersParted, at: datetime
) -> tuple[Tie, ...]:
    before = next((tie for tie in ties if tie.join_id == body.join_id), None)
    reasons = before.reasons if before is not None else ()
    match body:
        case JoinProposed():
            state, by, reasons = "proposed", "", body.reasons
        case CustomersJoined(by=by):
            state, reasons = "joined", (*reasons, *(reason for reason in body.reasons if reason not in reasons))
        case JoinDismissed(by=by):
            state = "dismissed"
        case CustomersParted(by=by):
            state = "parted"
    tie = Tie(join_id=body.join_id, other=body.other, reasons=reasons, state=state, by=by, at_utc=at)
    return (*(known for known in ties if known.join_id != body.join_id), tie)
