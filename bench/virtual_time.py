"""Runs asyncio code in virtual time: waiting costs nothing, and work costs what it was measured to take."""

from __future__ import annotations

import asyncio
import itertools
import selectors
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from calls.errors import CallCentreError
from voice.workers.client import Worker
from voice.workers.engine import CancelledRequest, Engine, EngineSpec, Reply, load_engine
from voice.workers.protocol import Message
from voice.workers.runner import error_message

T = TypeVar("T")


class _JumpingSelector(selectors.SelectSelector):
    """Instead of waiting for the next timer, moves the clock to it."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; else let `timeout` pass in virtual time."""
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("virtual time stands still: everything waits and nothing is due")
            self.now_s += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps from timer to timer."""

    def __init__(self) -> None:
        """Begin at 0."""
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._jumping.now_s

    def work(self, seconds: float) -> None:
        """Let time pass as a callback that works for so long would: nothing else happens meanwhile."""
        self._jumping.now_s += seconds


class LoopClock:
    """A `calls.ports.Clock` that reads the running loop's time, virtual or real."""

    _origin = datetime(2026, 1, 1, tzinfo=UTC)

    def now_ms(self) -> int:
        """Return the loop's time in ms."""
        return int(asyncio.get_running_loop().time() * 1000)

    def now_utc(self) -> datetime:
        """Return a made-up date that runs with the loop."""
        return self._origin + timedelta(milliseconds=self.now_ms())


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on a `VirtualLoop`."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


@dataclass(order=True)
class _Job:
    rank: tuple[int, int]
    message: Message = field(compare=False)
    coalesce: str | None = field(compare=False)


@dataclass
class _Lane:
    """One engine and its queue: it serves `at_once` requests side by side, in virtual time, at its measured speed."""

    engine: Engine
    at_once: int = 1
    waiting: list[_Job] = field(default_factory=list)
    running: list[_Job] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    """Ids of cancelled requests."""

    def next(self) -> _Job | None:
        """Take the most urgent request that may begin now; None without any, or without room."""
        self.waiting = [job for job in self.waiting if job.message.id not in self.gone]
        full = sum(job.coalesce is not None for job in self.running) >= max(1, self.at_once - 1)
        may = [job for job in self.waiting if not (full and job.coalesce is not None)]
        if not may or len(self.running) >= self.at_once:
            return None
        job = min(may)
        self.waiting.remove(job)
        return job

    def outranks(self, job: _Job) -> bool:
        """Tell whether more that is more urgent than `job` waits than finds room."""
        urgent = sum(other.rank[0] < job.rank[0] for other in self.waiting if other.message.id not in self.gone)
        return urgent > self.at_once - len(self.running)


class VirtualWorker(Worker):
    """A worker for `VirtualLoop`: runs an engine at once, then lets as much virtual time pass as it took.

    Order, coalescing, cancelling and checkpoints are those of `voice.workers.runner`.
    """

    def __init__(self, name: str, engines: Sequence[EngineSpec], *, by_cpu: bool = False) -> None:
        """Describe it; with `by_cpu` work takes its processor time, whatever else the machine does.

        That of an engine with one thread: what several requests served side by side take from each other, such as the
        bandwidth of the memory, is not played.
        """
        super().__init__(name, engines)
        self._by_cpu = by_cpu
        self._lanes: dict[str, _Lane] = {}
        self._arrivals = itertools.count()
        self.cpu_s = 0.0
        """CPU time of everything served, as far as it would have run."""

    async def start(self) -> None:
        """Load the engines."""
        for spec in self._engines:
            self._lanes[spec.name] = _Lane(load_engine(spec), spec.at_once)
        self._ready = True

    async def stop(self) -> None:
        """Refuse what comes."""
        self._ready = False
        self._fail_pending()

    async def _post(self, message: Message) -> None:
        lane = self._lanes[message.data["engine"]]
        coalesce = message.data["coalesce"]
        if coalesce is not None:
            for old in [job for job in lane.waiting if job.coalesce == coalesce]:
                lane.waiting.remove(old)
                self._deliver(error_message(old.message.id, CancelledRequest()))
        lane.waiting.append(_Job((-message.data["priority"], next(self._arrivals)), message, coalesce))
        self._serve_next(lane)

    def _post_cancel(self, request_id: int) -> None:
        for lane in self._lanes.values():
            lane.gone.add(request_id)

    def _serve_next(self, lane: _Lane) -> None:
        while (job := lane.next()) is not None:
            lane.running.append(job)
            asyncio.get_running_loop().create_task(self._serve(lane, job)).add_done_callback(lambda task: task.result())

    async def _serve(self, lane: _Lane, job: _Job) -> None:
        """Play what the engine did back at the speed at which it did it."""
        played_s = 0.0
        for wall_s, cpu_s, piece in _measured(lane.engine, job.message):
            took_s = cpu_s if self._by_cpu else wall_s
            await asyncio.sleep(took_s - played_s)
            played_s = took_s
            spent_s = cpu_s
            if job.message.id in lane.gone:
                break
            if isinstance(piece, Message):
                self._deliver(piece)
            elif piece is not None:
                self._deliver(Message("reply", job.message.id, piece.data, piece.arrays))
            elif job.coalesce is not None and lane.outranks(job):
                self._deliver(error_message(job.message.id, CancelledRequest()))
                break
        self.cpu_s += spent_s
        lane.running.remove(job)
        self._serve_next(lane)


def _measured(engine: Engine, request: Message) -> list[tuple[float, float, Reply | Message | None]]:
    """Return each piece of the answer with the wall and CPU seconds after which it came; at last `end` or `error`."""
    pieces: list[tuple[float, float, Reply | Message | None]] = []
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    last = Message("end", request.id)
    try:
        pieces.extend(
            (time.perf_counter() - wall_s, time.process_time() - cpu_s, piece)
            for piece in engine.handle(request.data["method"], request.data["data"], request.arrays)
        )
    except CallCentreError as error:
        last = error_message(request.id, error)
    pieces.append((time.perf_counter() - wall_s, time.process_time() - cpu_s, last))
    return pieces
