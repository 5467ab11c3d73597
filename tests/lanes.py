"""Which tests run side by side: `make test` has three workers (pytest-xdist) on two cores.

Most of a run is waiting: for a phone that speaks, a page that opens, a timer of SIP. So tests are handed out in units:

- `acceptance`, `service` and `desk`: all tests that look at the stage of calls; all that look at the one running
  service; all in which people are called or work at the one desk. Each is one unit, since what they look at is started
  once; they come first because they last longest.
- `houses`, a file each: whole services that recognise and speak. Two at a time are what two cores carry.
- `pages`, a file each: a browser on the pages of a service whose lines and workers stay closed.
- `realtime`, a file each: real peers and real clocks. They leave the processor idle, so that they run beside houses.
- pure, a file each: bound by the processor, and niced, so that nobody on the telephone waits for them.

The last worker begins with pure tests, and who has nothing else left helps with them; when there are none left, it
takes those that wait for a clock, where it may take back its niceness. Of four (`make test WORKERS=4`, faster where two
cores have power to spare) the third takes those that wait, then pages, and no houses until nothing else is left.
In a plain `pytest` all run one after the other in one process, and lanes mean nothing.

Two cores carry three workers, phones, browsers and recognisers, and are somebody's virtual machine besides: a test that
looks at what was heard within 20 ms tells nothing if nobody had the processor for three times as long. So what is not
pure and failed beside others is asked again when nothing else runs (`pytest --last-failed --alone`), in a process and
services of its own; both runs are printed. A pure test that fails has failed, and so have many others at once.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

SHARED = {"acceptance": "stage", "service": "running_service", "desk": "staffed_service"}
"""Unit -> the fixture at which all of its tests look."""
HOUSES = "houses"
HOUSE_FOLDERS = ("tests/acceptance/", "tests/fleet/")
"""Every test in these starts a whole service; elsewhere, the files that name one of `HOUSE_NAMES`."""
HOUSE_NAMES = frozenset({"RunningService", "ServiceProcess", "started"})
LONGEST = tuple(f"tests/{name}.py" for name in ("acceptance/test_queue", "acceptance/test_people", "fleet/test_fleet"))
"""Houses that begin first, since none of them may end a run alone."""
PAGES = "pages"
PAGES_FOLDER, PAGES_FIXTURES = "tests/web/", frozenset({"office", "empty_office"})
REALTIME = "realtime"
REALTIME_FOLDERS = tuple(f"tests/telephony/{folder}/" for folder in ("gateway", "legs", "net", "webrtc"))
"""Every test in these waits for a clock; elsewhere the markers `realtime` and `peer` say so."""
PURE = "pure"
ORDER = (*SHARED, HOUSES, PAGES, REALTIME, PURE)
"""Lanes as they are handed out."""
ALONE_MAX = 10
"""How many tests are asked again: one call or page that starved fails several; more than that is no accident."""
NICENESS = {PURE: 10, REALTIME: -5}
"""Pure tests get what services leave (110 shares to their 1,024), which is a third of the processor on average; phones
and their clocks get three times as much as services where that is allowed (as root): they want little, but at once.
Source: sched(7)."""


def lane_of(item: pytest.Item) -> str:
    """Return the lane of a test."""
    fixtures = getattr(item, "fixturenames", ())
    for name, fixture in SHARED.items():
        if fixture in fixtures:
            return name
    marked = any(item.get_closest_marker(marker) is not None for marker in (REALTIME, "peer"))
    names_service = HOUSE_NAMES & vars(getattr(item, "module", item)).keys()
    if item.nodeid.startswith(HOUSE_FOLDERS) or (marked and names_service):
        return HOUSES
    if marked and item.nodeid.startswith(PAGES_FOLDER) and PAGES_FIXTURES & set(fixtures):
        return PAGES
    return REALTIME if marked or item.nodeid.startswith(REALTIME_FOLDERS) else PURE


def may_hurry() -> bool:
    """Tell whether a process that stepped back may come forward again: root may. Source: setpriority(2)."""
    return os.geteuid() == 0


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process runs tests for another that prints the results."""
    return hasattr(config, "workerinput")


class Lanes(LoadScopeScheduling):  # type: ignore[misc]
    """Hands units to workers by the order of their lanes."""

    def __init__(self, config: pytest.Config, log: object, told: Path) -> None:
        """`told` is the folder where workers write the lanes of what they collected."""
        super().__init__(config, log)
        self.lanes: dict[str, str] = {}
        self._told = told

    def schedule(self) -> None:
        """Hand out the first units once everything was collected; all workers collected the same."""
        if not self.lanes:
            self.lanes = json.loads(next(self._told.glob("*.json")).read_text())
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        """Return the unit of a test."""
        lane = self.lanes[nodeid]
        return lane if lane in SHARED else f"{lane} {nodeid.partition('::')[0]}"

    def _lanes_for(self, worker: int) -> tuple[str, ...]:
        """Return the lanes that a worker takes."""
        if self.numnodes > 1 and worker == self.numnodes - 1:
            return (PURE, REALTIME) if may_hurry() else (PURE,)
        return (REALTIME, PAGES, PURE, HOUSES) if self.numnodes > 3 and worker == self.numnodes - 2 else ORDER

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Give a worker its next unit; one that nothing is left for goes home."""
        lanes = self._lanes_for(int(node.gateway.id.removeprefix("gw")))
        units = [(unit, lane) for unit in self.workqueue if (lane := unit.partition(" ")[0]) in lanes]
        if not units:
            node.shutdown()
            return
        lane = min((lane for _, lane in units), key=lanes.index)
        of_lane = [unit for unit, its_lane in units if its_lane == lane]
        of_lane.sort(key=lambda unit: not unit.endswith(LONGEST))
        # Pure tests begin with the last room, voice, where models are loaded: the longest must not end the run alone.
        self.workqueue.move_to_end(of_lane[-1 if lane == PURE else 0], last=False)
        super()._assign_work_unit(node)


class Controller:
    """The process that hands out tests and prints results."""

    def __init__(self) -> None:
        """Make the folder where workers tell the lanes: xdist itself carries nothing but names of tests."""
        self._folder = tempfile.TemporaryDirectory(prefix="lanes-")

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: WorkerController) -> None:
        """Say where."""
        node.workerinput["lanes"] = self._folder.name

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: object) -> Lanes | None:
        """Hand out by lanes, unless another way was asked for."""
        return Lanes(config, log, Path(self._folder.name)) if config.getoption("dist") == "load" else None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """With `--alone`, ask nothing again if some of what failed may not be."""
        if session.config.getoption("--alone") and (why := why_not_alone(session)):
            pytest.exit(f"nothing is asked again: {why}", returncode=pytest.ExitCode.TESTS_FAILED)

    def pytest_unconfigure(self) -> None:
        """Tidy up."""
        self._folder.cleanup()


class Worker:
    """A process that runs tests."""

    def __init__(self, workerinput: dict[str, str]) -> None:
        """Know what the controller said."""
        self._told = Path(workerinput["lanes"]) / f"{workerinput['workerid']}.json"

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell the lanes before xdist tells the names; what was collected is garbage collection's no longer.

        Seven thousand tests and their modules are hundreds of thousands of objects: a full collection over them holds
        up a telephone in this process by some tenths of a second.
        """
        self._told.write_text(json.dumps(lanes_of(session.items)))
        self._leave_to_itself()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Take the lane's share of the processor; without the right to, a worker stays with the pure tests."""
        stepped_back = os.nice(0)
        more = NICENESS.get(lane_of(item), 0) - stepped_back
        if more < 0 < stepped_back:
            self._leave_to_itself()
        with contextlib.suppress(PermissionError):
            os.nice(more)

    @staticmethod
    def _leave_to_itself() -> None:
        """Keep garbage collection from looking at what is there by now."""
        gc.collect()
        gc.freeze()


def lanes_of(items: Iterable[pytest.Item]) -> dict[str, str]:
    """Return the lane of each test by its name."""
    return {item.nodeid: lane_of(item) for item in items}


def why_not_alone(session: pytest.Session) -> str | None:
    """Return why what failed in the run before is not asked again; None if it is."""
    failed = set(session.config.cache.get("cache/lastfailed", {})) if session.config.cache else set()
    lanes = lanes_of(session.items)
    if missing := sorted(failed - lanes.keys()):
        return f"{missing[0]} was not found"
    if pure := sorted(name for name in failed if lanes[name] == PURE):
        return f"{pure[0]} waits for no clock"
    return f"{len(failed)} tests failed, more than {ALONE_MAX}" if len(failed) > ALONE_MAX else None
