"""What a run of the tests says about those that it had to leave out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "test_suite.py"
    path.write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  peer: x\n  recorded: x\n")
    return path


def run(suite: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    base = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", str(suite.parent), str(suite)],
        check=False,
        cwd=ROOT,
        env={**base, **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_when_a_peer_is_missing_then_its_test_is_named_and_recorded_ones_are_counted(suite: Path) -> None:
    done = run(suite)
    assert done.returncode == 0, done.stdout
    assert "left out, a peer is missing: test_suite.py::test_phone\n" in done.stdout
    assert "recorded speech: 0 tests ran, 1 were left out" in done.stdout


def test_when_ci_runs_then_a_missing_peer_is_a_failure_and_missing_recordings_are_not(suite: Path) -> None:
    done = run(suite, CI="true")
    assert done.returncode == 1
    assert "1 failed, 1 skipped" in done.stdout
    assert "test_suite.py::test_phone needs a peer that is missing" in done.stdout
