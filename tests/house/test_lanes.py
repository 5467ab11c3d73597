"""Which tests run side by side."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests import lanes


class Worker:
    """What the scheduler tells a worker."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.shutting_down = False
        self.units: list[list[int]] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        self.units.append(indices)

    def shutdown(self) -> None:
        self.shutting_down = True


TESTS = [
    *(f"tests/a/test_pure.py::test_{n}" for n in range(4)),
    *(f"tests/b/test_phone.py::test_{n}[sip:bot@host]@realtime" for n in range(4)),
    "tests/c/test_page.py::test_0@service",
    *(f"tests/d/test_call.py::test_{n}@acceptance" for n in range(3)),
    *(f"tests/d/test_page.py::test_{n}@service" for n in range(3)),
    *(f"tests/e/test_sum.py::test_{n}" for n in range(4)),
]


def handed_out(pytestconfig: pytest.Config, workers: list[Worker]) -> dict[str, list[str]]:
    """Let the workers work through everything; return the names each was given, in order."""
    scheduler = lanes.Lanes(cast("Any", SimpleNamespace(option=pytestconfig.option, getvalue=_spec(len(workers)))))
    for worker in workers:
        scheduler.add_node(cast("Any", worker))
    for worker in workers:
        scheduler.add_node_collection(cast("Any", worker), TESTS)
    scheduler.schedule()
    done = {worker.gateway.id: 0 for worker in workers}
    while any(done[w.gateway.id] < sum(map(len, w.units)) for w in workers):
        for worker in workers:
            given = [index for unit in worker.units for index in unit]
            if done[worker.gateway.id] < len(given):
                scheduler.mark_test_complete(cast("Any", worker), given[done[worker.gateway.id]])
                done[worker.gateway.id] += 1
    assert all(worker.shutting_down for worker in workers)
    return {worker.gateway.id: [TESTS[index] for unit in worker.units for index in unit] for worker in workers}


def _spec(workers: int) -> Any:
    return lambda name: ["popen"] * workers if name == "tx" else None


def test_when_four_workers_run_then_the_last_has_only_pure_tests_and_shared_things_stay_together(
    pytestconfig: pytest.Config,
) -> None:
    given = handed_out(pytestconfig, [Worker(f"gw{n}") for n in range(4)])
    assert {lanes.split(name)[1] for name in given["gw3"]} == {""}
    assert [name for name in given["gw0"] if name.endswith("@acceptance")] == TESTS[9:12]
    assert [name for name in given["gw1"] if name.endswith("@service")] == [TESTS[8], *TESTS[12:15]]
    assert [name for name in given["gw2"] if name.endswith("@realtime")] == TESTS[4:8]
    assert sorted(name for names in given.values() for name in names) == sorted(TESTS)


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_when_any_number_of_workers_runs_then_each_test_is_run_once_and_pure_ones_come_last(
    pytestconfig: pytest.Config, workers: int
) -> None:
    given = handed_out(pytestconfig, [Worker(f"gw{n}") for n in range(workers)])
    assert sorted(name for names in given.values() for name in names) == sorted(TESTS)
    for names in given.values():
        ranks = [lanes.ORDER.index(lanes.split(name)[1]) for name in names]
        assert ranks == sorted(ranks)


def test_when_a_worker_names_a_test_then_its_lane_is_cut_off_and_nothing_else() -> None:
    assert lanes.split("tests/x.py::test_a[sip:a@b]@realtime") == ("tests/x.py::test_a[sip:a@b]", "realtime")
    assert lanes.split("tests/x.py::test_a[sip:a@realtime]") == ("tests/x.py::test_a[sip:a@realtime]", "")
    assert lanes.split("tests/x.py::test_a") == ("tests/x.py::test_a", "")
