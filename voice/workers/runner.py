"""Inference threads of one engine: they take the most urgent request, coalesce, cancel, and never die of an engine."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from calls.errors import CallCentreError
from voice.workers.engine import CancelledRequest, Engine
from voice.workers.protocol import Message
from voice.workers.safe_errors import frames_of

logger = logging.getLogger(__name__)

MAX_WAITING = 256
"""Requests that may wait for one engine; the next one is refused with `worker.busy`.

Source: at 20 ms a request this is 5 s of work, and an answer later than that is of no use to a caller.
"""


@dataclass(order=True)
class _Job:
    rank: tuple[int, int]
    """(minus priority, order of arrival): the smallest is served first."""
    message: Message = field(compare=False)
    coalesce: str | None = field(compare=False)
    dropped: bool = field(default=False, compare=False)


def error_message(request_id: int, error: CallCentreError) -> Message:
    """Return the `error` frame that carries `error` across."""
    data = {"code": error.code, "message": error.message, "fault": error.fault, "retryable": error.retryable}
    return Message("error", request_id, data)


class EngineRunner:
    """Runs one engine in threads of its own: one, or as many as requests may be served at once.

    The native libraries release the interpreter lock, so a voice that synthesises for a second does not make the 2 ms
    of voice activity wait in the same worker. The operating system shares the cores.

    Where several requests are served at once, one thread is never given to those that coalesce: what nobody waits for
    as long as for the rest (live words) cannot keep a final from beginning at once.
    """

    def __init__(self, name: str, engine: Engine, emit: Callable[[Message], None], at_once: int = 1) -> None:
        """Take a loaded engine.

        Args:
            name: For errors.
            engine: What serves the requests; with `at_once` above 1 it is called by several threads.
            emit: Called from the inference threads; must be thread-safe.
            at_once: Requests that are served side by side.
        """
        self._name = name
        self._engine = engine
        self._emit = emit
        self._condition = threading.Condition()
        self._heap: list[_Job] = []
        self._by_id: dict[int, _Job] = {}
        self._arrivals = itertools.count()
        self._running: list[_Job] = []
        self._stopping = False
        self._coalescing_at_once = max(1, at_once - 1)
        self._threads = [
            threading.Thread(target=self._run, name=f"engine-{name}-{number}", daemon=True) for number in range(at_once)
        ]

    def start(self) -> None:
        """Start the inference threads."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Drop what waits, let what runs reach its next checkpoint, and end the threads."""
        with self._condition:
            self._stopping = True
            for job in [*self._heap, *self._running]:
                job.dropped = True
            self._condition.notify_all()
        for thread in self._threads:
            thread.join(timeout_s)

    def submit(self, request: Message) -> None:
        """Queue a `request` message; what it replaces is answered with `worker.cancelled`."""
        coalesce = request.data.get("coalesce")
        rank = (-int(request.data.get("priority", 0)), next(self._arrivals))
        job = _Job(rank, request, coalesce)
        replaced: list[_Job] = []
        with self._condition:
            if coalesce is not None:
                replaced = [old for old in self._heap if old.coalesce == coalesce and not old.dropped]
                for old in replaced:
                    self._drop(old)
            waiting = sum(not old.dropped for old in self._heap)
            refused = waiting >= MAX_WAITING
            if not refused:
                heapq.heappush(self._heap, job)
                self._by_id[request.id] = job
                self._condition.notify()
        for old in replaced:
            self._emit(error_message(old.message.id, CancelledRequest()))
        if refused:
            sentence = f"The engine {self._name!r} has {MAX_WAITING} requests waiting and takes no more now."
            self._emit(error_message(request.id, CallCentreError("worker.busy", sentence, fault="us", retryable=True)))

    def cancel(self, request_id: int) -> None:
        """Drop the request wherever it is; nothing more is sent for it."""
        with self._condition:
            job = self._by_id.get(request_id)
            if job is not None:
                self._drop(job)

    def _drop(self, job: _Job) -> None:
        job.dropped = True
        self._by_id.pop(job.message.id, None)

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._stopping and (job := self._next()) is None:
                    self._condition.wait()
                if self._stopping:
                    return
                assert job is not None
                self._running.append(job)
            self._serve(job)
            with self._condition:
                self._running.remove(job)
                self._by_id.pop(job.message.id, None)
                self._condition.notify_all()

    def _next(self) -> _Job | None:
        """Take the most urgent request that may begin now off the heap; None without any."""
        full = sum(job.coalesce is not None for job in self._running) >= self._coalescing_at_once
        held: list[_Job] = []
        found: _Job | None = None
        while self._heap and found is None:
            job = heapq.heappop(self._heap)
            if job.dropped:
                continue
            if full and job.coalesce is not None:
                held.append(job)
            else:
                found = job
        for job in held:
            heapq.heappush(self._heap, job)
        return found

    def _serve(self, job: _Job) -> None:
        request = job.message
        try:
            for piece in self._engine.handle(request.data["method"], request.data["data"], request.arrays):
                if job.dropped:
                    return
                if piece is not None:
                    self._emit(Message("reply", request.id, piece.data, piece.arrays))
                elif self._is_outranked(job):
                    raise CancelledRequest
        except CallCentreError as error:
            self._answer(job, error_message(request.id, error))
        except Exception as error:  # noqa: BLE001 - whatever an engine raises must reach the caller, not end the thread
            logger.error("engine %s failed: %s", self._name, frames_of(error))
            sentence = f"The engine {self._name!r} failed with {type(error).__name__}."
            self._answer(
                job, error_message(request.id, CallCentreError("engine.failed", sentence, fault="us", retryable=True))
            )
        else:
            self._answer(job, Message("end", request.id))

    def _answer(self, job: _Job, message: Message) -> None:
        if not job.dropped:
            self._emit(message)

    def _is_outranked(self, job: _Job) -> bool:
        """Tell whether a coalescing request should make way for a more urgent one that finds no thread free."""
        if job.coalesce is None:
            return False
        with self._condition:
            urgent = sum(other.rank[0] < job.rank[0] and not other.dropped for other in self._heap)
            return urgent > len(self._threads) - len(self._running)
