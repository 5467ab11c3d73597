"""Runs one pure machine: feeds it with the time, hands on what it says, re-arms one timer for its next deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

from calls.ports import Clock

In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)
In = TypeVar("In")
Out = TypeVar("Out")


class PureMachine(Protocol[In_contra, Out_co]):
    """What every decision of the house looks like."""

    def step(self, event: In_contra, now_ms: int) -> Iterable[Out_co]:
        """Take one input, give the outputs."""
        ...

    def next_deadline_ms(self) -> int | None:
        """When a tick is due."""
        ...


class Driver(Generic[In, Out]):
    """The one shell for machines whose outputs are carried out on the event loop."""

    def __init__(
        self, machine: PureMachine[In, Out], clock: Clock, tick: Callable[[], In], carry_out: Callable[[Out], None]
    ) -> None:
        """`tick()` makes the input that says that a deadline came; `carry_out` may feed again, which is queued."""
        self._machine = machine
        self._clock = clock
        self._tick = tick
        self._carry_out = carry_out
        self._waiting: list[In] = []
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def feed(self, event: In) -> None:
        """Step the machine; inputs that arise while outputs are carried out come after them, in order."""
        self._waiting.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting and not self._closed:
                for output in self._machine.step(self._waiting.pop(0), self._clock.now_ms()):
                    self._carry_out(output)
        finally:
            self._busy = False
        self._arm()

    def close(self) -> None:
        """Take no more inputs and drop the timer."""
        self._closed = True
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_ms = None if self._closed else self._machine.next_deadline_ms()
        if due_ms is not None:
            delay_s = max(0, due_ms - self._clock.now_ms()) / 1000
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._on_deadline)

    def _on_deadline(self) -> None:
        self._timer = None
        self.feed(self._tick())
