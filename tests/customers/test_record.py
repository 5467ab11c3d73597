"""The folds of this room keep the law of folds: a prefix and then the rest give what all gives."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.customer_events import (
    ContactLinked,
    ContactUnlinked,
    CustomerBody,
    CustomerNamed,
    CustomerOpened,
    IdentifierAdded,
    IdentifierEvidence,
    IdentifierRemoved,
    JoinDismissed,
    JoinProposed,
    JoinReason,
)
from calls.events import EventBody
from calls.ids import CustomerId
from customers import cases, record
from tests.customers.made import event
from tests.records.strategies import dataclass_of

_BODIES: st.SearchStrategy[list[EventBody]] = st.lists(
    st.one_of([dataclass_of(cls) for cls in get_args(CustomerBody)]), max_size=20
)


@given(_BODIES, st.integers(0, 20))
def test_when_a_stream_is_folded_in_two_parts_then_the_record_is_the_same(bodies: list[EventBody], cut: int) -> None:
    events = [event(body, seq) for seq, body in enumerate(bodies, start=1)]
    assert record.over(events[cut:], record.over(events[:cut])) == record.over(events)
    assert cases.over(events[cut:], cases.over(events[:cut])) == cases.over(events)


def added(evidence: IdentifierEvidence) -> IdentifierAdded:
    return IdentifierAdded(
        kind="phone",
        value="+34600123456",
        evidence=evidence,
        confidence=0.5,
        contact_kind=None,
        contact_id="",
        by="x",
    )


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("presented", "confirmed", "confirmed"),
        ("confirmed", "presented", "confirmed"),
        ("verified", "by_staff", "verified"),
        ("said", "verified", "verified"),
    ],
)
def test_when_an_identifier_comes_twice_then_the_stronger_evidence_stays(
    first: IdentifierEvidence, second: IdentifierEvidence, kept: IdentifierEvidence
) -> None:
    folded = record.over([event(added(first)), event(added(second), 2)])
    assert [item.evidence for item in folded.identifiers] == [kept]


def test_when_something_is_taken_back_then_it_is_gone() -> None:
    linked = ContactLinked(contact_kind="call", contact_id="k", confidence=0.4, evidence="presented", by="x")
    unlinked = ContactUnlinked(contact_kind="call", contact_id="k", by="x", reason="other")
    removed = IdentifierRemoved(kind="phone", value="+34600123456", reason="not theirs", by="x")
    bodies: list[EventBody] = [added("said"), linked, removed, unlinked]
    folded = record.over([event(body, seq) for seq, body in enumerate(bodies, start=1)])
    assert folded.identifiers == ()
    assert folded.contacts == ()


def test_when_a_name_is_learned_by_weaker_evidence_then_the_surer_one_stays() -> None:
    opened = CustomerOpened(source="staff", name="")
    bodies: list[EventBody] = [
        opened,
        CustomerNamed(name="Ana García", evidence="by_staff", by="x"),
        CustomerNamed(name="Anna", evidence="said", by="x"),
    ]
    assert record.over([event(body, seq) for seq, body in enumerate(bodies, start=1)]).name == "Ana García"


def test_when_a_pair_was_dismissed_then_its_reasons_are_remembered() -> None:
    reasons = (JoinReason(code="same_phone", detail="+34…456", weight=0.3),)
    proposed = JoinProposed(join_id="j", other=CustomerId("b"), score=0.5, reasons=reasons)
    dismissed = JoinDismissed(join_id="j", other=CustomerId("b"), by="x", reason="two sisters")
    (tie,) = record.over([event(proposed), event(dismissed, 2)]).ties
    assert (tie.state, tie.reasons) == ("dismissed", reasons)
