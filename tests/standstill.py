"""A clock beside the tests that notes when this machine stood still, so that what ran meanwhile is asked again, once.

Two cores carry four workers, phones, browsers and recognisers, and are somebody's virtual machine besides. A test that
looks at what was heard within 20 ms tells nothing if nobody had the processor for three times as long. The clock is a
process of its own, so that a test which blocks its own process does not excuse itself; a test that fails twice has
failed, one that fails without a standstill has failed at once, and what was asked again is printed with its failure.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

TICK_S = 0.01
STILL_S = 0.06
"""What a jitter buffer forgives at most; later than that, sound has a hole on any telephone."""
SINCE = pytest.StashKey[float]()
"""Item -> when it began, by the monotonic clock, which is one for all processes of a machine."""


class Clock:
    """Watches over a run, in a process of its own."""

    def __init__(self, file: Path) -> None:
        """Begin; standstills are appended to `file`, one end a line, in seconds of the monotonic clock."""
        self.process = subprocess.Popen([sys.executable, "-I", __file__, str(file)])

    def stop(self) -> None:
        """End, also when it is held."""
        self.process.kill()
        self.process.wait()


def watch(file: Path) -> None:
    """Append the end of each standstill to `file` until this process is ended."""
    with file.open("a", buffering=1) as notes:
        before_s = time.monotonic()
        while True:
            time.sleep(TICK_S)
            now_s = time.monotonic()
            if now_s - before_s - TICK_S > STILL_S:
                notes.write(f"{now_s:.3f}\n")
            before_s = now_s


def ends(file: Path) -> list[float]:
    """Return when each standstill ended, oldest first; a line that is being written counts from the next look on."""
    try:
        return [float(line) for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]
    except FileNotFoundError:
        return []


def stood_still_during(item: pytest.Item, file: Path) -> Callable[[], bool]:
    """Return what tells whether the machine stood still since `item` began."""

    def told() -> bool:
        time.sleep(2 * STILL_S)  # one that has just ended is written down by now
        began_s = item.stash.get(SINCE, float("inf"))
        return any(end_s > began_s for end_s in ends(file))

    return told


def ask_again(item: pytest.Item, file: Path) -> None:
    """Have a test asked a second time if it fails and the machine stood still meanwhile."""
    item.add_marker(pytest.mark.flaky(reruns=1, condition=stood_still_during(item, file)))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        watch(Path(sys.argv[1]))
