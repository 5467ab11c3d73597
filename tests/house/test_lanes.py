"""Which tests run side by side."""

from __future__ import annotations

import json
from pathlib import Path
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


LANES = {
    **{f"tests/a/test_pure.py::test_{n}": "pure" for n in range(4)},
    **{f"tests/b/test_phone.py::test_{n}[sip:bot@host]": "realtime" for n in range(4)},
    "tests/c/test_mixed.py::test_page": "service",
    "tests/c/test_mixed.py::test_sum": "pure",
    **{f"tests/d/test_call.py::test_{n}": "acceptance" for n in range(3)},
    **{f"tests/d/test_page.py::test_{n}": "service" for n in range(3)},
    "tests/d/test_people.py::test_people": "houses",
    **{f"tests/d/test_screen.py::test_{n}": "pages" for n in range(2)},
    **{f"tests/e/test_sum.py::test_{n}": "pure" for n in range(4)},
}
TESTS = list(LANES)


def add(monkeypatch: pytest.MonkeyPatch, more: dict[str, str]) -> None:
    """Have more tests in this test."""
    monkeypatch.setattr(f"{__name__}.LANES", LANES | more)
    monkeypatch.setattr(f"{__name__}.TESTS", [*TESTS, *more])


def handed_out(told: Path, pytestconfig: pytest.Config, workers: list[Worker]) -> dict[str, list[str]]:
    """Let the workers work through everything; return the names each was given, in order."""
    (told / "gw0.json").write_text(json.dumps(LANES))
    config = SimpleNamespace(option=pytestconfig.option, getvalue=lambda _: ["popen"] * len(workers))
    scheduler = lanes.Lanes(cast("Any", config), None, told)
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


def test_when_four_workers_run_then_houses_are_two_at_a_time_and_shared_things_stay_together(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    given = handed_out(tmp_path, pytestconfig, [Worker(f"gw{n}") for n in range(4)])
    by_worker = {worker: {LANES[name] for name in names} - {"pure"} for worker, names in given.items()}
    assert by_worker == {
        "gw0": {"acceptance", "houses", "pages"},
        "gw1": {"service"},
        "gw2": {"realtime"},
        "gw3": set(),
    }
    assert sorted(name for names in given.values() for name in names) == sorted(TESTS)


def test_when_nothing_but_houses_is_left_then_the_worker_of_phones_takes_one(
    tmp_path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    houses = {f"tests/d/test_house_{n}.py::test_{m}": "houses" for n in range(9) for m in range(2)}
    add(monkeypatch, houses)
    given = handed_out(tmp_path, pytestconfig, [Worker(f"gw{n}") for n in range(4)])
    assert "pages" in {LANES[name] for name in given["gw2"]}, "before pure ones"
    of_phones = [LANES[name] for name in given["gw2"]]
    assert set(of_phones[of_phones.index("houses") :]) == {"houses"}
    assert "houses" not in {LANES[name] for name in given["gw3"]}


@pytest.mark.parametrize("root", [True, False])
@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_when_any_number_of_workers_runs_then_each_test_is_run_once_and_pure_ones_come_last(
    tmp_path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch, workers: int, root: bool
) -> None:
    monkeypatch.setattr(lanes, "may_hurry", lambda: root)
    given = handed_out(tmp_path, pytestconfig, [Worker(f"gw{n}") for n in range(workers)])
    assert sorted(name for names in given.values() for name in names) == sorted(TESTS)
    last = given.pop(f"gw{workers - 1}") if workers > 1 else []
    for names in given.values():
        ranks = [lanes.ORDER.index(LANES[name]) for name in names]
        assert ranks == sorted(ranks)
    kinds = [LANES[name] for name in last]
    assert kinds == sorted(kinds), "pure ones first, then those that wait for a clock"
    assert set(kinds) <= ({"pure", "realtime"} if root else {"pure"})


def test_when_no_pure_test_is_left_then_the_last_worker_helps_phones_where_it_may_hurry(
    tmp_path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = {f"tests/b/test_phone_{n}.py::test_{m}": "realtime" for n in range(9) for m in range(2)}
    add(monkeypatch, phones)
    for root in (True, False):
        monkeypatch.setattr(lanes, "may_hurry", lambda root=root: root)
        given = handed_out(tmp_path, pytestconfig, [Worker(f"gw{n}") for n in range(3)])
        assert ("realtime" in {LANES[name] for name in given["gw2"]}) is root


def test_when_tests_are_looked_at_then_those_that_wait_are_told_from_those_that_compute(
    request: pytest.FixtureRequest,
) -> None:
    told = lanes.lanes_of(request.session.items)
    assert told[request.node.nodeid] == "pure"
    for item in request.session.items:
        lane = told[item.nodeid]
        names_service = lanes.HOUSE_NAMES & vars(getattr(item, "module", item)).keys()
        assert lane != "houses" or item.nodeid.startswith(lanes.HOUSE_FOLDERS) or names_service
        assert (lane == "acceptance") == ("stage" in getattr(item, "fixturenames", ()))
        assert lane != "pure" or not (item.nodeid.startswith(lanes.REALTIME_FOLDERS) or item.get_closest_marker("peer"))
