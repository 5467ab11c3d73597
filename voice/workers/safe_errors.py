"""Makes failures loggable: where something failed, never what was being said when it did."""

from __future__ import annotations

import re
import traceback
from pathlib import PurePath

_FRAME_LINE = re.compile(r'^\s*File "[^"]+", line \d+, in \S+$')
_ERROR_LINE = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Warning|Interrupt|Exit|Refused))\b")


_OWN_LINE = re.compile(r"^(WARNING|ERROR|CRITICAL) (voice|calls)[.\w]* ")
"""What `voice.workers.host` prints of our own loggers, which carry ids only."""


def frames_of(error: BaseException) -> str:
    """Return the type of `error` and its innermost frames as `file:line function`; its message is left out."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    places = " < ".join(f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}"


def loggable_line(line: str) -> str | None:
    """Return what may be logged of a line that a busy worker wrote to its error stream.

    Places in the code, names of error types and lines of our own loggers pass; anything else could hold words of a
    caller and gives None.
    """
    if _FRAME_LINE.match(line) or _OWN_LINE.match(line):
        return line.strip()
    found = _ERROR_LINE.match(line)
    return found.group(1) if found else None
