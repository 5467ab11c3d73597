"""What a run of the tests says about those that it had to leave out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import HANGS_S

ROOT = Path(__file__).parents[2]
SUITE = """
import pytest

@pytest.mark.peer
def test_phone():
    pytest.skip("no phone here")

@pytest.mark.peer
@pytest.mark.recorded
def test_phone_that_plays_a_recording():
    pytest.skip("no recorded speech at /nowhere")

@pytest.mark.recorded
def test_recording():
    pass
"""
WORKERS = pytest.mark.parametrize("workers", [(), ("--numprocesses=2",)], ids=["alone", "in lanes"])


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "test_sums.py").write_text("def test_sum():\n    assert 1 + 1 == 2\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  peer: x\n  recorded: x\n")
    return tmp_path


def run(suite: Path, *options: str, **environ: str) -> subprocess.CompletedProcess[str]:
    base = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", str(suite), str(suite), *options],
        check=False,
        cwd=ROOT,
        env={**base, **environ},
        capture_output=True,
        text=True,
        timeout=HANGS_S,
    )


@WORKERS
def test_when_a_peer_is_missing_then_its_test_is_named_and_recorded_ones_are_counted(
    suite: Path, workers: tuple[str, ...]
) -> None:
    done = run(suite, *workers)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("left out, a peer is missing: test_suite.py::test_phone\n") == 1
    assert done.stdout.count("recorded speech: 1 tests ran, 1 were left out\n") == 1
    assert "2 passed, 2 skipped" in done.stdout.splitlines()[-1]


@WORKERS
def test_when_ci_runs_then_a_missing_peer_is_a_failure_and_missing_recordings_are_not(
    suite: Path, workers: tuple[str, ...]
) -> None:
    done = run(suite, *workers, CI="true")
    assert done.returncode == 1
    assert "1 failed, 2 passed, 1 skipped" in done.stdout.splitlines()[-1]
    assert "test_suite.py::test_phone needs a peer that is missing" in done.stdout


def test_when_nothing_is_there_to_run_then_workers_say_so_and_fail(suite: Path) -> None:
    assert run(suite, "-k", "nothing", "--numprocesses=2").returncode == 5
