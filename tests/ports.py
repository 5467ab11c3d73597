"""Ports for peers and services under test, none of which another test, or the system itself, can take meanwhile.

A port that the system names when asked for any (`bind` to 0) may be given to somebody else before it is used: to each
connection that is opened, for one. So these lie below the range from which the system takes them (32768, see ip(7)),
and each process that runs tests has some of its own.
"""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FIRST, SHARE, SHARES = 10_000, 2_000, 11
"""Shares follow each other from the first port on; there are so many."""


def free_port() -> int:
    """Return a port that is free on every address, over UDP and TCP."""
    return free_ports(1)


def free_ports(count: int) -> int:
    """Return the first, even, of so many ports in a row that are free on every address, over UDP and TCP.

    None is given out again before all others of this process were.

    Raises:
        RuntimeError: this process has no such row left.
    """
    share = _share()
    for _ in range(SHARE):
        start = share.next if share.next + count <= share.first + SHARE else share.first
        share.next = start + count + count % 2
        if _are_free(range(start, start + count)):
            return start
    raise RuntimeError(f"no {count} free ports in a row from {share.first} on")


@dataclass
class _Share:
    """The ports of this process."""

    first: int
    next: int


@cache
def _share() -> _Share:
    for number in range(SHARES):
        lock = os.open(Path(tempfile.gettempdir()) / f"warmline-tests-ports-{number}", os.O_CREAT | os.O_RDWR, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held as long as the process lives
        except OSError:
            os.close(lock)
            continue
        first = FIRST + number * SHARE
        return _Share(first, first)
    raise RuntimeError(f"{SHARES} processes run tests already")


def _are_free(ports: range) -> bool:
    with ExitStack() as probes:
        try:
            for port in ports:
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    probe = probes.enter_context(socket.socket(socket.AF_INET, kind))
                    if kind == socket.SOCK_STREAM:  # what a closed connection leaves behind is in nobody's way
                        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("", port))
        except OSError:
            return False
    return True
