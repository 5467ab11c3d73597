"""What is asked again when nothing else runs, and what is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests import lanes
from tests.waiting import HANGS_S

ROOT = Path(__file__).parents[2]
SUITE = """
import os
import pytest

@pytest.fixture
def beside():
    return "PYTEST_XDIST_WORKER" in os.environ

@pytest.mark.realtime
def test_starved(beside):
    assert not beside, "a hole in the sound"

@pytest.mark.realtime
def test_passed(beside):
    assert beside, "what passed is not asked again"
"""
PURE = """
def test_pure(beside):
    assert not beside
"""


def asked(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    usual = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    plugin = ("-p", "tests.conftest", "--rootdir", str(folder), str(folder))
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, *options],
        check=False,
        cwd=ROOT,
        env=usual,
        capture_output=True,
        text=True,
        timeout=HANGS_S,
    )


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        pytest.param("", pytest.ExitCode.OK, "1 passed", id="waits"),
        pytest.param(PURE, pytest.ExitCode.TESTS_FAILED, "test_pure waits for no clock", id="pure"),
    ],
)
def test_when_a_test_failed_beside_others_then_it_is_asked_again_alone_if_it_waits_for_a_clock(
    tmp_path: Path, more: str, code: int, says: str
) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE + more)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  realtime: x\n")
    first = asked(tmp_path, "-n", "1")
    assert first.returncode == pytest.ExitCode.TESTS_FAILED, first.stdout
    assert "a hole in the sound" in first.stdout
    second = asked(tmp_path, "--last-failed", "--last-failed-no-failures=none", "--alone")
    assert second.returncode == code, second.stdout
    assert says in second.stdout


class Item:
    """A test that waits for a clock."""

    def __init__(self, nodeid: str) -> None:
        self.nodeid = nodeid

    def get_closest_marker(self, name: str) -> str | None:
        return name if name == lanes.REALTIME else None


def why_not(failed: list[str], found: list[str]) -> str | None:
    cache = SimpleNamespace(get=lambda _key, _default: dict.fromkeys(failed, True))
    session = SimpleNamespace(config=SimpleNamespace(cache=cache), items=[Item(name) for name in found])
    return lanes.why_not_alone(cast("Any", session))


def test_when_many_failed_at_once_then_none_is_asked_again() -> None:
    names = [f"tests/a/test_phone.py::test_{n}" for n in range(lanes.ALONE_MAX + 1)]
    assert why_not(names[1:], names[1:]) is None
    assert why_not(names, names) == f"{lanes.ALONE_MAX + 1} tests failed, more than {lanes.ALONE_MAX}"


def test_when_what_failed_cannot_be_collected_then_nothing_is_asked_again() -> None:
    assert why_not(["tests/a/test_phone.py"], []) == "tests/a/test_phone.py was not found"
