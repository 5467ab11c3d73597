"""What the pages read of finished and running calls: folds of the call log, nothing of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from calls.codec import to_json
from calls.events import CallbackBooked
from calls.ids import CallId
from records import folds
from records.folds import LiveCall
from records.store import EventStore
from service.numbers import same


def call_list(store: EventStore, limit: int) -> list[dict[str, Any]]:
    """Return the newest calls, newest first, a row each."""
    rows = []
    for stream in store.streams("call", limit=limit):
        events = store.read("call", stream.stream_id)
        if events:
            rows.append(_row(stream.stream_id, events[0].at_utc.isoformat(), folds.live.over(events)))
    return rows


def call_detail(store: EventStore, call_id: CallId) -> dict[str, Any] | None:
    """Return one call: its events, the live fold and the timeline; None when unknown."""
    events = store.read("call", call_id)
    if not events:
        return None
    return {
        "call_id": call_id,
        "seq": events[-1].seq,
        "events": [to_json(event) for event in events],
        "live": to_json(folds.live.over(events)),
        "timeline": to_json(folds.timeline.over(events)),
    }


def recording_of(store: EventStore, recordings: Path, call_id: CallId) -> Path | None:
    """Return the sound of a call; None when there is none, or none any more.

    There is one file at most: a recording that is switched off is deleted, and one that is switched on again later has
    a file of its own, on the same clock.
    """
    name = folds.live.over(store.read("call", call_id)).recording_file
    path = recordings / Path(name).name
    return path if name and path.is_file() else None


def callback_list(
    store: EventStore,
    limit: int,
    wants_none: Callable[[str, datetime | None], bool] = lambda _number, _asked_utc: False,
) -> list[dict[str, Any]]:
    """Return the callbacks that were booked in the newest `limit` calls, newest first.

    `wants_none` tells of a number whether whose it is does not want to be contacted, but for what they asked for.
    """
    rows = []
    for stream in store.streams("call", limit=limit):
        events = store.read("call", stream.stream_id)
        booked = [event for event in events if isinstance(event.body, CallbackBooked)]
        if booked:
            live = folds.live.over(events)
            last = booked[-1]
            number = last.body.number if isinstance(last.body, CallbackBooked) else ""
            asked_utc = last.at_utc if same(number, live.caller) else None
            rows.append(
                {
                    "call_id": stream.stream_id,
                    "booked_at": last.at_utc.isoformat(),
                    "t_ms": last.t_ms,
                    "booked": to_json(last.body),
                    "caller": live.caller,
                    "caller_name": live.caller_name,
                    "reason": live.escalation,
                    "do_not_contact": wants_none(number, asked_utc),
                }
            )
    return rows


def _row(call_id: str, started_at: str, live: LiveCall) -> dict[str, Any]:
    return {"call_id": call_id, "started_at": started_at, "live": to_json(live)}
