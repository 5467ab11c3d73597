"""Which tests run side by side: `make test` has four workers (pytest-xdist) on two cores.

Most of a run is waiting: for a phone that speaks, a page that opens, a timer of SIP. So tests are handed out in units:

- `acceptance` and `service`: all tests that look at the one stage of calls, all that look at the one running service.
  Each is one unit, since what they look at is started once; they come first because they last longest.
- `realtime`, a file each: real peers and real clocks. They leave the processor idle, so that several may run at once.
- pure, a file each: bound by the processor, and niced, so that nobody on the telephone waits for them. The last worker
  runs nothing else, from the first moment on; the others come to them when nothing in real time is left.

In a plain `pytest` all run one after the other in one process, and lanes mean nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

SHARED = {"stage": "acceptance", "running_service": "service"}
"""Fixture that is started once -> the unit of all tests that look at it."""
REALTIME = "realtime"
REALTIME_FOLDERS = tuple(f"tests/telephony/{folder}/" for folder in ("gateway", "legs", "net", "webrtc"))
"""Every test in these waits for a clock; elsewhere the markers `realtime` and `peer` say so."""
ORDER = (*SHARED.values(), REALTIME, "")
"""Lanes as they are handed out; the last is that of pure tests."""
NICENESS = 19
"""The least that the kernel gives, 15 shares beside 1,024 of a phone that wants its tick. Source: sched(7)."""


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process runs tests for another that prints the results."""
    return hasattr(config, "workerinput")


def lane_of(item: pytest.Item) -> str:
    """Return the lane of a test."""
    for fixture, name in SHARED.items():
        if fixture in getattr(item, "fixturenames", ()):
            return name
    told = any(item.get_closest_marker(marker) is not None for marker in (REALTIME, "peer"))
    return REALTIME if told or item.nodeid.startswith(REALTIME_FOLDERS) else ""


def mark(items: Iterable[pytest.Item]) -> None:
    """Have xdist write the lane behind the name of each test: the name is all that its scheduler knows."""
    for item in items:
        if lane := lane_of(item):
            item.add_marker(pytest.mark.xdist_group(lane))


def split(nodeid: str) -> tuple[str, str]:
    """Return the name of a test as one types it, and its lane."""
    name, _, lane = nodeid.rpartition("@")
    return (name, lane) if lane and lane in ORDER else (nodeid, "")


def step_back(item: pytest.Item) -> None:
    """Leave the processor to the other lanes, for good, once this worker has come to the pure tests."""
    if not lane_of(item) and os.nice(0) < NICENESS:
        os.nice(NICENESS)


class Lanes(LoadScopeScheduling):  # type: ignore[misc]
    """Hands units to workers by the order of their lanes."""

    def _split_scope(self, nodeid: str) -> str:
        """Return the unit of a test."""
        name, lane = split(nodeid)
        file = name.partition("::")[0]
        return lane if lane in SHARED.values() else f"{file}@{lane}"

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Give a worker its next unit; one that has nothing more to wait for goes home."""
        last = f"gw{self.numnodes - 1}"
        lanes = ORDER[-1:] if self.numnodes > 1 and node.gateway.id == last else ORDER
        ranks = {unit: lanes.index(lane) for unit in self.workqueue if (lane := _lane_of_unit(unit)) in lanes}
        if not ranks:
            node.shutdown()
            return
        self.workqueue.move_to_end(min(ranks, key=lambda unit: ranks[unit]), last=False)
        super()._assign_work_unit(node)


def _lane_of_unit(unit: str) -> str:
    return unit if unit in SHARED.values() else unit.rpartition("@")[2]
