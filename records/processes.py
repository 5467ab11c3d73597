"""Tells whether a process that wrote a stream still runs, on this boot of this machine."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def this_host() -> str:
    """Name this boot of this machine or container, so that process numbers can be compared; at most 96 characters."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        numbers = Path("/proc/self/ns/pid").stat().st_ino  # containers of one machine count their processes apart
    except OSError:
        boot, numbers = "-", 0
    return f"{socket.gethostname()[:40]}/{boot}/{numbers}"


def this_process() -> str:
    """Name this process so that a later one with the same number is not taken for it."""
    return f"{os.getpid()}/{_started(os.getpid())}"


def lives(process: str) -> bool:
    """Tell whether a process of this machine, as named by `this_process`, still runs."""
    number, _, started = process.partition("/")
    return _started(int(number)) == started


def _started(number: int) -> str:
    """Return when a process of this machine started, in clock ticks since boot; `gone` when it does not run.

    Source: proc(5), field 22 of /proc/PID/stat; the name in field 2 may hold blanks, so count after it. Z is a zombie.
    """
    try:
        fields = Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "gone"
    return "gone" if fields[0] in "ZX" else fields[19]
