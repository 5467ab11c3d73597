"""The one shell around pure machines: feed with the time, carry out what they say, re-arm one timer."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

from calls.ports import Clock

logger = logging.getLogger(__name__)

In = TypeVar("In")
Out = TypeVar("Out")
In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)


class PureMachine(Protocol[In_contra, Out_co]):
    """A machine without I/O and without a clock."""

    def step(self, event: In_contra, now_ms: int) -> Iterable[Out_co]:
        """Take one input, give the outputs in order."""
        ...

    def next_deadline_ms(self) -> int | None:
        """Return when it wants to be woken, None for never."""
        ...


class MachineDriver(Generic[In, Out]):
    """Runs one machine on the event loop.

    Inputs that arise while outputs are carried out wait their turn, so that the machine is never entered twice. A
    step or an output that fails is logged and the next input is taken: one bad call does not end the others.
    """

    def __init__(
        self, machine: PureMachine[In, Out], clock: Clock, wake: Callable[[], In], carry_out: Callable[[Out], None]
    ) -> None:
        """Prepare; nothing runs before the first `feed`.

        Args:
            machine: What decides.
            clock: Where the time comes from.
            wake: Makes the input that says that a deadline came.
            carry_out: Does one output; may call `feed`.
        """
        self._machine = machine
        self._clock = clock
        self._wake = wake
        self._carry_out = carry_out
        self._waiting: deque[In] = deque()
        self._busy = False
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None

    def feed(self, event: In) -> None:
        """Give the machine one input; ignored after `close`."""
        if self._closed:
            return
        self._waiting.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting and not self._closed:
                self._step(self._waiting.popleft())
        finally:
            self._busy = False
        self._arm()

    def close(self) -> None:
        """Take no more inputs and drop the timer; idempotent."""
        self._closed = True
        self._waiting.clear()
        self._disarm()

    def _step(self, event: In) -> None:
        try:
            outputs = self._machine.step(event, self._clock.now_ms())
        except Exception:
            logger.exception("a step failed", extra={"input": type(event).__name__})
            return
        for output in outputs:
            try:
                self._carry_out(output)
            except Exception:
                logger.exception("an output failed", extra={"output": type(output).__name__})

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._disarm()
        due_ms = None if self._closed else self._machine.next_deadline_ms()
        if due_ms is not None:
            delay_s = max(0, due_ms - self._clock.now_ms()) / 1000
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._on_deadline)

    def _on_deadline(self) -> None:
        self._timer = None
        self.feed(self._wake())
