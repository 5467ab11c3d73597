"""Records and facts made by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from calls.customer_events import IdentifierEvidence, IdentifierKind
from calls.events import SCHEMA_VERSION, Event, EventBody, StreamKind
from calls.ids import CustomerId
from customers.record import CustomerRecord, Identifier

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def identifier(kind: IdentifierKind, value: str, evidence: IdentifierEvidence = "presented") -> Identifier:
    return Identifier(
        kind=kind,
        value=value,
        evidence=evidence,
        confidence=0.5,
        contact_kind=None,
        contact_id="",
        by="test",
        at_utc=NOW,
    )


def record(customer_id: str, name: str = "", *identifiers: Identifier) -> CustomerRecord:
    return CustomerRecord(
        customer_id=CustomerId(customer_id), opened_at_utc=NOW, changed_at_utc=NOW, name=name, identifiers=identifiers
    )


def event(body: EventBody, seq: int = 1, *, kind: StreamKind = "customer", stream_id: str = "c1") -> Event:
    return Event(
        stream_kind=kind,
        stream_id=stream_id,
        seq=seq,
        at_utc=NOW + timedelta(minutes=seq),
        t_ms=None,
        source="test",
        schema_version=SCHEMA_VERSION,
        body=body,
    )
