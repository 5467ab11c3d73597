from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.customer_events import CaseContactAdded, CaseNoted, CaseOpened, CaseStatus, CaseStatusSet
from calls.events import EventBody
from calls.ids import LANGUAGES, CustomerId
from customers.cases import OLDER, RECENT, SOLVED, WAITS, Matter, most_likely, over
from customers.words import continuation_codes, continuation_text
from tests.customers.made import NOW, event

MINUTE = timedelta(minutes=1)


def matter(name: str, topic: str, age: timedelta, status: CaseStatus = "open") -> Matter:
    return Matter(case_id=name, topic=topic, status=status, changed_at_utc=NOW - age)


@pytest.mark.parametrize(
    ("cases", "topic", "wanted"),
    [
        ([], "bill", None),
        ([matter("k", "bill", timedelta(hours=3))], "bill", ("k", "use", "same_topic_recent")),
        ([matter("k", "bill", RECENT)], "bill", ("k", "use", "same_topic_recent")),
        ([matter("k", "bill", RECENT + MINUTE)], "bill", ("k", "propose", "same_topic_older")),
        ([matter("k", "bill", OLDER + MINUTE)], "bill", None),
        ([matter("k", "bill", SOLVED, "solved")], "bill", ("k", "propose", "same_topic_solved")),
        ([matter("k", "bill", SOLVED + MINUTE, "solved")], "bill", None),
        ([matter("k", "outage", MINUTE)], "bill", None),
        ([matter("k", "outage", MINUTE)], "", ("k", "propose", "only_open_case")),
        ([matter("k", "outage", WAITS, "waiting_for_us")], "", ("k", "propose", "waiting_for_us")),
        ([matter("k", "outage", MINUTE), matter("l", "bill", MINUTE)], "", None),
        (
            [matter("old", "bill", timedelta(days=9)), matter("new", "bill", timedelta(days=1))],
            "bill",
            ("new", "use", "same_topic_recent"),
        ),
    ],
)
def test_when_a_contact_comes_then_the_rule_says_which_case_it_continues_and_why(
    cases: list[Matter], topic: str, wanted: tuple[str, str, str] | None
) -> None:
    found = most_likely(cases, topic, NOW)
    assert (found and (found.case_id, found.how, found.reason)) == wanted


@given(
    st.lists(
        st.builds(
            matter,
            st.sampled_from(["k", "l", "m"]),
            st.sampled_from(["", "bill", "outage"]),
            st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=90)),
            st.sampled_from(["open", "solved", "waiting_for_us", "waiting_for_customer"]),
        ),
        max_size=5,
    ),
    st.sampled_from(["", "bill", "outage"]),
)
def test_when_a_case_is_used_without_asking_then_it_is_open_recent_and_on_the_topic(
    cases: list[Matter], topic: str
) -> None:
    found = most_likely(cases, topic, NOW)
    if found is not None:
        assert found.reason in continuation_codes()
        chosen = [case for case in cases if case.case_id == found.case_id]
        if found.how == "use":
            assert any(c.topic == topic and c.status != "solved" and NOW - c.changed_at_utc <= RECENT for c in chosen)


def test_when_a_case_goes_over_several_contacts_then_each_counts_once() -> None:
    bodies: list[EventBody] = [
        CaseOpened(customer_id=CustomerId("c1"), subject="Bill too high", topic="bill", by="x"),
        CaseContactAdded(contact_kind="conversation", contact_id="m", by="x"),
        CaseContactAdded(contact_kind="call", contact_id="k", by="x"),
        CaseContactAdded(contact_kind="call", contact_id="k", by="x"),
        CaseNoted(text="refund promised", by="x", contact_kind="call", contact_id="k"),
        CaseStatusSet(status="waiting_for_us", by="x", reason=""),
    ]
    case = over([event(body, seq, kind="case", stream_id="case-1") for seq, body in enumerate(bodies, start=1)])
    assert [contact.id for contact in case.contacts] == ["m", "k"]
    assert (case.case_id, case.status, case.subject) == ("case-1", "waiting_for_us", "Bill too high")
    assert [note.text for note in case.notes] == ["refund promised"]


@pytest.mark.parametrize("code", sorted(continuation_codes()))
def test_when_a_continuation_is_shown_then_both_languages_have_words_for_it(code: str) -> None:
    assert len({continuation_text(code, language) for language in LANGUAGES}) == 2
