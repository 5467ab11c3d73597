"""How well queues were answered over time: a fold of the facts of who left a queue, and after how long. Pure.

Every contact that waited counts once, in the interval in which its wait ended. The service level is the share answered
within the aim of those who were answered or gave up; who chose a call back or a message, or met a closed queue, is
counted beside it, and who overflowed counts where the wait ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from calls.desk_events import ContactLeftQueue
from calls.events import Event

GAVE_UP = frozenset(("abandoned", "withdrawn"))
ELSEWHERE = frozenset(("callback", "voicemail", "closed"))

Key = tuple[str, datetime]
"""Queue, and when the interval begins (UTC)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One queue in one interval."""

    answered: int = 0
    in_time: int = 0
    """Of these, within the aim of the queue."""
    abandoned: int = 0
    """Who gave up."""
    elsewhere: int = 0
    """Who chose a call back or a message, or met a closed queue."""
    waited_ms: int = 0
    """The waits of the answered and of those who gave up, together."""
    longest_ms: int = 0

    @property
    def service_level(self) -> float | None:
        """Share answered within the aim, 0 to 1; None when nobody waited."""
        counted = self.answered + self.abandoned
        return self.in_time / counted if counted else None

    @property
    def average_ms(self) -> int | None:
        """Mean wait of the answered and of those who gave up; None when nobody waited."""
        counted = self.answered + self.abandoned
        return round(self.waited_ms / counted) if counted else None


def interval_of(at_utc: datetime, minutes: int) -> datetime:
    """Return when the interval begins that a time is in; intervals begin at whole multiples since midnight, UTC."""
    at = at_utc.astimezone(UTC)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (at - midnight) // timedelta(minutes=minutes) * timedelta(minutes=minutes)


def level_step(
    state: Mapping[Key, Answered], event: Event, *, aim_s: Callable[[str], int], minutes: int
) -> Mapping[Key, Answered]:
    """Take one more event.

    Args:
        state: What was counted so far.
        event: A fact of a queue; others change nothing.
        aim_s: Queue -> within how many seconds an answer is in time.
        minutes: Length of an interval.
    """
    body = event.body
    if event.stream_kind != "queue" or not isinstance(body, ContactLeftQueue):
        return state
    queue = str(event.stream_id)
    key = (queue, interval_of(event.at_utc, minutes))
    before = state.get(key, Answered())
    if body.reason in ELSEWHERE:
        return {**state, key: replace(before, elsewhere=before.elsewhere + 1)}
    if body.reason != "answered" and body.reason not in GAVE_UP:
        return state
    answered = body.reason == "answered"
    after = replace(
        before,
        answered=before.answered + answered,
        in_time=before.in_time + (answered and body.waited_ms <= aim_s(queue) * 1000),
        abandoned=before.abandoned + (not answered),
        waited_ms=before.waited_ms + body.waited_ms,
        longest_ms=max(before.longest_ms, body.waited_ms),
    )
    return {**state, key: after}


def levels_over(
    events: Iterable[Event], *, aim_s: Callable[[str], int], minutes: int, state: Mapping[Key, Answered] | None = None
) -> Mapping[Key, Answered]:
    """Fold events, from the start or from what was counted before."""
    counted: Mapping[Key, Answered] = state or {}
    for event in events:
        counted = level_step(counted, event, aim_s=aim_s, minutes=minutes)
    return counted
