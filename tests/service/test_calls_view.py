"""What the staff's pages read: rows, one call, callbacks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from calls.codec import event_from_json
from calls.events import NewEvent
from calls.ids import CallId
from records.store import EventStore
from service.calls_view import call_detail, call_list, callback_list

GOLDEN = Path(__file__).parents[1] / "data" / "golden_logs"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EventStore]:
    opened = EventStore.open_dir(tmp_path)
    for file in sorted(GOLDEN.glob("*.jsonl")):
        events = [event_from_json(json.loads(line)) for line in file.read_text().splitlines()]
        opened.append(
            [
                NewEvent(
                    stream_kind=event.stream_kind,
                    stream_id=str(event.stream_id),
                    body=event.body,
                    at_utc=event.at_utc,
                    t_ms=event.t_ms,
                    source=event.source,
                )
                for event in events
            ]
        )
    yield opened
    opened.close()


def test_when_calls_are_listed_then_each_has_a_row_up_to_the_limit(store: EventStore) -> None:
    rows = call_list(store, 100)
    assert len(rows) == len(list(GOLDEN.glob("*.jsonl")))
    assert all(row["live"]["call_id"] == row["call_id"] for row in rows)
    assert len(call_list(store, 2)) == 2


def test_when_a_call_is_shown_then_it_is_what_the_golden_log_folds_to(store: EventStore) -> None:
    detail = call_detail(store, CallId("call-outage-es"))
    expected = json.loads((GOLDEN / "outage-es.expected.json").read_text())
    assert detail is not None
    assert detail["live"] == expected["live"]
    assert detail["timeline"] == expected["timeline"]
    assert call_detail(store, CallId("nobody")) is None


def test_when_a_callback_was_booked_then_the_list_says_whom_to_call_why_and_where_to_hear_it(
    store: EventStore,
) -> None:
    (row,) = [row for row in callback_list(store, 100) if row["call_id"] == "call-outage-es"]
    assert row["booked"]["number"] == "+34600123456"
    assert row["booked"]["matter"] == "Avería: sin luz en casa"
    assert row["caller_name"] == "Ana Ruiz"
    assert row["reason"] == "caller_asked"
    assert row["t_ms"] == 48_420


def test_when_a_call_booked_no_callback_then_it_is_not_in_the_list(store: EventStore) -> None:
    assert "call-abandoned" not in {row["call_id"] for row in callback_list(store, 100)}
