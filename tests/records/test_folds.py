"""The law of every fold, and what the folds say of the golden logs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls import codec
from calls.errors import CallCentreError
from calls.events import CallEnded, Event
from records import folds
from records.folds import FOLDS, Fold
from tests.records.strategies import streams

GOLDEN = Path(__file__).parent.parent / "data" / "golden_logs"
LOGS = sorted(GOLDEN.glob("*.jsonl"))


def read_log(path: Path) -> list[Event]:
    return [codec.event_from_json(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("fold", FOLDS, ids=lambda fold: fold.name)
@given(events=streams(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_when_a_stream_is_split_anywhere_then_the_fold_is_the_same(
    fold: Fold[Any], events: list[Event], data: st.DataObject
) -> None:
    whole = fold.over(events)
    split = data.draw(st.integers(min_value=0, max_value=len(events)))
    snapshot = json.loads(json.dumps(fold.snapshot(fold.over(events[:split]))))
    assert fold.over(events[split:], fold.restore(snapshot)) == whole


@pytest.mark.parametrize("fold", FOLDS, ids=lambda fold: fold.name)
@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_when_a_golden_log_is_split_at_every_place_then_the_fold_is_the_same(fold: Fold[Any], path: Path) -> None:
    events = read_log(path)
    whole = fold.over(events)
    for split in range(len(events) + 1):
        assert fold.over(events[split:], fold.over(events[:split])) == whole


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_when_a_golden_log_is_folded_then_it_says_what_is_written_beside_it(path: Path) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    events = read_log(path)
    assert {fold.name: fold.snapshot(fold.over(events)) for fold in FOLDS} == expected


def test_when_golden_logs_are_counted_then_there_are_some_and_each_ends_once() -> None:
    assert len(LOGS) >= 5
    for path in LOGS:
        events = read_log(path)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert sum(isinstance(event.body, CallEnded) for event in events) == 1


@given(events=streams(max_size=6))
@settings(max_examples=60, deadline=None)
def test_when_events_go_through_json_then_nothing_changes(events: list[Event]) -> None:
    for event in events:
        assert codec.event_from_json(json.loads(json.dumps(codec.to_json(event)))) == event


def test_when_a_snapshot_has_another_shape_then_it_is_refused() -> None:
    with pytest.raises(CallCentreError, match="could not be read"):
        folds.live.restore({"seq": 1, "colour": "blue"})


def test_when_utterances_arrive_late_then_the_timeline_is_in_the_order_of_the_media_clock() -> None:
    for path in LOGS:
        times = [entry.t_ms for entry in folds.timeline.over(read_log(path)).entries]
        assert times == sorted(times)


def test_when_a_turn_was_taken_back_then_the_figures_count_it_once() -> None:
    figures = folds.metrics.over(read_log(GOLDEN / "reopened-en.jsonl"))
    assert (figures.caller_turns, figures.caller_talk_ms, figures.repairs) == (1, 4_200, 0)
    assert (figures.topics_found, figures.topics_missed, figures.reply_gaps_ms) == (1, 0, (800,))
