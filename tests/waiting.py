"""Waiting for something that happens, instead of for a time in which it should have."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

MOST_S = 10.0
"""Longer than anything here takes beside three other workers; who waits so long has found a fault."""
HANGS_S = 600
"""A program that has not ended by then hangs; a niced one beside others may well need a minute for a second's work."""
LOOKS_EVERY_S = 0.01


def soon(condition: Callable[[], object], what: str = "", most_s: float = MOST_S) -> None:
    """Return once `condition` holds, for tests that run no loop of their own.

    Raises:
        AssertionError: it did not within `most_s`.
    """
    gives_up_s = time.monotonic() + most_s
    while not condition():
        assert time.monotonic() < gives_up_s, f"{what or 'what was waited for'} did not happen within {most_s:g} s"
        time.sleep(LOOKS_EVERY_S)


async def eventually(
    condition: Callable[[], object], what: str = "", most_s: float = MOST_S, every_s: float = LOOKS_EVERY_S
) -> None:
    """Return once `condition` holds.

    Raises:
        AssertionError: it did not within `most_s`.
    """
    gives_up_s = time.monotonic() + most_s
    while not condition():
        assert time.monotonic() < gives_up_s, f"{what or 'what was waited for'} did not happen within {most_s:g} s"
        await asyncio.sleep(every_s)
