"""A process is lost in the middle of a handover: the agent is free, and the caller is on the list of calls back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from calls.events import (
    CallAnswered,
    CallbackBooked,
    CallEnded,
    CallOffered,
    EventBody,
    HandoverCompleted,
    HandoverFailed,
    HandoverStarted,
    NewEvent,
)
from calls.handover_events import AgentReleased, HandoverAccepted, HandoverOffered
from records.recovery import recover
from records.store import EventStore
from service.calls_view import callback_list
from service.desk.transfer_desk import owed_to_callers, promise_calls_back
from service.house import House

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BEGUN: list[EventBody] = [
    CallOffered(transport="sip", caller="+34600123456", caller_name="", called="bot", peer_call_id="x"),
    CallAnswered(language="es", flow="main"),
    HandoverStarted(target="support", how="queue"),
]
OFFERED = HandoverOffered(agent="ana", for_ms=20_000)
ACCEPTED = HandoverAccepted(agent="ana")
JOINED = HandoverCompleted(how="queue")
FREE = AgentReleased(agent="ana", reason="line_lost")


class FixedClock:
    def now_ms(self) -> int:
        return 0

    def now_utc(self) -> datetime:
        return NOW


@pytest.mark.parametrize(
    ("so_far", "released"),
    [([], []), ([OFFERED], []), ([OFFERED, ACCEPTED], [FREE]), ([OFFERED, ACCEPTED, JOINED], [FREE])],
    ids=["queued", "offered", "accepted", "together"],
)
def test_when_the_service_is_killed_in_a_handover_then_the_next_start_owes_the_caller_a_call(
    tmp_path: Path, so_far: list[EventBody], released: list[EventBody]
) -> None:
    facts = [
        NewEvent(stream_kind="call", stream_id="c1", body=body, at_utc=NOW, t_ms=0, source="call")
        for body in (*BEGUN, *so_far)
    ]
    dead = EventStore.open_dir(tmp_path, owner="dead")
    dead.append(facts)
    dead.close()
    store = EventStore.open_dir(tmp_path)
    done = recover(store, tmp_path / "recordings", FixedClock(), owed=owed_to_callers)
    promised: list[tuple[str, str, str, int]] = []
    desk = SimpleNamespace(queue_for=lambda queue, language: f"main {language}")
    callbacks = SimpleNamespace(promise=lambda *promise: promised.append(promise))
    house = SimpleNamespace(config=SimpleNamespace(desk=desk), callbacks=callbacks)
    promise_calls_back(cast("House", house), done.events)
    assert promised == [("c1", "main es", "es", 0)]
    bodies = [event.body for event in store.read("call", "c1")][len(facts) :]
    owed = CallbackBooked(number="+34600123456", language="es", matter="")
    ended = CallEnded(result="failed", reason="process_lost")
    assert bodies == [*released, HandoverFailed(reason="process_lost"), owed, ended]
    assert [row["booked"]["number"] for row in callback_list(store, 10)] == ["+34600123456"]
    store.close()
