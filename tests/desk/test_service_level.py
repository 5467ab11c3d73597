"""Service level as a fold: counted by hand, the same at every split, and every contact once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from calls.desk_events import ContactLeftQueue, LeftQueueReason
from calls.events import SCHEMA_VERSION, Event
from desk.service_level import Answered, interval_of, levels_over

NINE = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def left(reason: LeftQueueReason, waited_s: int, *, queue: str = "main", at: datetime = NINE, seq: int = 1) -> Event:
    body = ContactLeftQueue(contact_kind="call", contact_id="c1", reason=reason, waited_ms=waited_s * 1000, to="")
    return Event(
        stream_kind="queue",
        stream_id=queue,
        seq=seq,
        at_utc=at,
        t_ms=None,
        source="desk",
        schema_version=SCHEMA_VERSION,
        body=body,
    )


def aim_s(queue: str) -> int:
    return 60 if queue == "night" else 20


def test_when_contacts_leave_a_queue_then_the_figures_are_those_counted_by_hand() -> None:
    events = [
        left("answered", 5),
        left("answered", 20),
        left("answered", 21),
        left("abandoned", 90),
        left("withdrawn", 4),
        left("callback", 130),
        left("voicemail", 140),
        left("overflow", 300),
        left("shutdown", 1),
        left("answered", 45, queue="night"),
        left("answered", 3, at=NINE + timedelta(minutes=60)),
    ]

    counted = levels_over(events, aim_s=aim_s, minutes=60)

    main = counted["main", NINE]
    assert main == Answered(answered=3, in_time=2, abandoned=2, elsewhere=2, waited_ms=140_000, longest_ms=90_000)
    assert main.service_level == 0.4
    assert main.average_ms == 28_000
    assert counted["night", NINE].service_level == 1.0
    assert counted["main", NINE + timedelta(hours=1)].answered == 1
    assert len(counted) == 3


def test_when_nobody_waited_then_there_is_no_share() -> None:
    assert (Answered(elsewhere=2).service_level, Answered(elsewhere=2).average_ms) == (None, None)


def test_when_times_are_put_into_intervals_then_they_begin_at_whole_ones() -> None:
    at = NINE + timedelta(minutes=44, seconds=59)
    assert interval_of(at, 15) == NINE + timedelta(minutes=30)
    assert interval_of(at, 60) == NINE
    assert interval_of(at, 1440) == NINE.replace(hour=0)


FACTS = st.builds(
    left,
    st.sampled_from(get_args(LeftQueueReason)),
    st.integers(0, 600),
    queue=st.sampled_from(["main", "night"]),
    at=st.integers(0, 300).map(lambda minutes: NINE + timedelta(minutes=minutes)),
)


@given(st.lists(FACTS, max_size=20), st.integers(0, 20), st.sampled_from([15, 30, 60]))
def test_when_the_log_is_split_anywhere_then_the_figures_are_the_same(
    events: list[Event], split: int, minutes: int
) -> None:
    whole = levels_over(events, aim_s=aim_s, minutes=minutes)

    begun = levels_over(events[:split], aim_s=aim_s, minutes=minutes)
    assert levels_over(events[split:], aim_s=aim_s, minutes=minutes, state=begun) == whole
    counted = sum(each.answered + each.abandoned + each.elsewhere for each in whole.values())
    left_out = ("overflow", "shutdown")
    assert counted == sum(
        isinstance(event.body, ContactLeftQueue) and event.body.reason not in left_out for event in events
    )
    assert all(each.in_time <= each.answered for each in whole.values())
