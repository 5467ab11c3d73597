"""What the voice keeps on disk of what callers were told: their numbers and names, read back, may be among it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from service.config import Config

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Span = tuple[datetime, datetime]
"""From and to, both aware."""


def speech_folder(config: Config) -> Path:
    """Return where finished sentences are kept."""
    return config.data_path / "cache" / "speech"


def forget_spoken(folder: Path, spans: Iterable[Span]) -> int:
    """Delete the sentences that were last said within one of the spans; return how many.

    A file's time is that of its last use, so sentences that everybody hears outlive the span sooner or later, and one
    that goes with it is made again when it is needed.
    """
    times = [(begin.timestamp(), end.timestamp()) for begin, end in spans]
    gone = 0
    for path in folder.glob("*.speech"):
        with contextlib.suppress(FileNotFoundError):
            used = path.stat().st_mtime
            if any(begin <= used <= end for begin, end in times):
                path.unlink()
                gone += 1
    return gone
