"""Views of a stream of facts, made by folding them one by one. Pure: the same facts always give the same view.

A fold is a start and a step. Law: folding a prefix and then the rest equals folding all, at every split; so a page can
take a snapshot and go on with the events that follow it, and a replay shows what was live.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from calls import codec
from calls.events import Event
from records.folds.live import LiveCall, live_step
from records.folds.metrics import CallMetrics, metrics_step
from records.folds.timeline import Timeline, timeline_step
from records.folds.transcript import Transcript, transcript_step

State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class Fold(Generic[State]):
    """A start and a step."""

    name: str
    start: State
    step: Callable[[State, Event], State]

    def over(self, events: Iterable[Event], state: State | None = None) -> State:
        """Fold events, from the start or from a snapshot."""
        folded = self.start if state is None else state
        for event in events:
            folded = self.step(folded, event)
        return folded

    def snapshot(self, state: State) -> dict[str, Any]:
        """Return the state as JSON data."""
        data: dict[str, Any] = codec.to_json(state)
        return data

    def restore(self, data: dict[str, Any]) -> State:
        """Rebuild a state from its snapshot.

        Raises:
            CallCentreError: `event.unreadable` when the data is of another shape.
        """
        state: State = codec.from_json(type(self.start), data)
        return state


live = Fold("live", LiveCall(), live_step)
timeline = Fold("timeline", Timeline(), timeline_step)
transcript = Fold("transcript", Transcript(), transcript_step)
metrics = Fold("metrics", CallMetrics(), metrics_step)

FOLDS: tuple[Fold[Any], ...] = (live, timeline, transcript, metrics)

__all__ = [
    "FOLDS",
    "CallMetrics",
    "Fold",
    "LiveCall",
    "Timeline",
    "Transcript",
    "live",
    "metrics",
    "timeline",
    "transcript",
]
