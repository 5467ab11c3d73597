"""What is asked again because the machine stood still, and what is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import standstill
from tests.waiting import HANGS_S, eventually

ROOT = Path(__file__).parents[2]
STOPPED = """
import os, pathlib, signal, subprocess, time

def pytest_sessionstart(session):
    told = getattr(session.config, "workerinput", None)
    if told:
        while not (pathlib.Path(told["lanes"]) / "standstills").exists():
            time.sleep(0.01)
        pids = subprocess.check_output(["pgrep", "-P", str(os.getppid()), "-f", "standstill.py"], text=True)
        session.config.clock = int(pids.split()[0])
        os.kill(session.config.clock, signal.SIGSTOP)  # it may really stand still here; that is told on demand alone
"""
SUITE = """
import os, pathlib, signal, time
import pytest

def the_machine_stands_still(config):
    notes = pathlib.Path(config.workerinput["lanes"]) / "standstills"
    before = len(notes.read_text().splitlines())
    time.sleep(0.3)
    os.kill(config.clock, signal.SIGCONT)
    while len(notes.read_text().splitlines()) == before:
        time.sleep(0.01)
    os.kill(config.clock, signal.SIGSTOP)

def asked(name, config):
    notes = pathlib.Path(config.rootpath, name)
    times = len(notes.read_text()) if notes.exists() else 0
    notes.write_text("x" * (times + 1))
    return times + 1

@pytest.mark.realtime
def test_without(request):
    assert asked("without", request.config) == 2

@pytest.mark.realtime
def test_once(request):
    the_machine_stands_still(request.config)
    assert asked("once", request.config) == 2, "a hole in the sound"

@pytest.mark.realtime
def test_twice(request):
    the_machine_stands_still(request.config)
    assert asked("twice", request.config) == 3

def test_pure(request):
    the_machine_stands_still(request.config)
    assert asked("pure", request.config) == 2
"""


def test_when_a_test_fails_while_the_machine_stands_still_then_it_is_asked_again_once(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(STOPPED)
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  realtime: x\n")
    options = ["-p", "tests.conftest", "--rootdir", str(tmp_path), str(tmp_path), "-n", "1", "--rerun-show-tracebacks"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=HANGS_S,
    )
    asked = {name: len((tmp_path / name).read_text()) for name in ("without", "once", "twice", "pure")}
    assert asked == {"without": 1, "once": 2, "twice": 2, "pure": 1}
    assert "3 failed, 1 passed, 2 rerun" in done.stdout.splitlines()[-1]
    assert "a hole in the sound" in done.stdout
    assert "the machine stood still" in done.stdout


async def test_when_the_clock_could_not_run_then_it_says_until_when(tmp_path: Path) -> None:
    clock = standstill.Clock(tmp_path / "standstills")
    try:
        await eventually((tmp_path / "standstills").exists)
        os.kill(clock.process.pid, signal.SIGSTOP)
        before = len(standstill.ends(tmp_path / "standstills"))
        await eventually(lambda: Path(f"/proc/{clock.process.pid}/stat").read_text().split()[2] == "T")
        with pytest.raises(AssertionError):
            await eventually(lambda: False, most_s=3 * standstill.STILL_S)
        os.kill(clock.process.pid, signal.SIGCONT)
        await eventually(lambda: len(standstill.ends(tmp_path / "standstills")) > before)
    finally:
        clock.stop()


def test_when_nothing_was_noted_yet_then_nothing_stood_still(tmp_path: Path) -> None:
    assert standstill.ends(tmp_path / "standstills") == []
    (tmp_path / "standstills").write_text("12.500\n13.2")
    assert standstill.ends(tmp_path / "standstills") == [12.5]
