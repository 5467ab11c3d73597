"""After a crash: facts that waited are written, calls of dead processes get their end, recordings become readable."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from calls.errors import CallCentreError
from calls.events import CallEnded, EventBody, RecordingStopped
from calls.ports import Clock
from records import folds
from records.erasure import JOURNAL_NAME, erase_again
from records.rows import NewEvent, StreamInfo
from records.spill import FILE_NAME as SPILL_NAME
from records.spill import SpillFile, replay
from records.store import EventStore
from records.wav_file import is_complete, repair

logger = logging.getLogger(__name__)

OPEN_CALLS_MAX = 10_000
"""Open calls looked at in one go; far more than a process can have had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What was put right at the start."""

    facts_written: int
    """Facts that an earlier process could not write."""
    calls_ended: tuple[str, ...]
    """Calls whose process was lost."""
    recordings_repaired: tuple[str, ...]
    """Files whose header was completed."""
    recordings_deleted: tuple[str, ...]
    """Files whose consent had been refused when the process was lost."""


def recover(store: EventStore, recordings: Path, clock: Clock, *, spill: SpillFile | None = None) -> Recovery:
    """Put right what a killed process left behind. Call it at the start, before the first call. Blocking.

    A database that was brought back from an older copy loses again whom the journal of erasures names.

    Args:
        store: the call log.
        recordings: the folder of recordings, inside the data folder.
        clock: for the time of the facts that are added.
        spill: the file of unwritten facts; default: the usual one in the data folder.

    Raises:
        CallCentreError: `database.in_use` when another process runs on the same SQLite file; `database.*`.
    """
    data_dir = recordings.parent
    store.be_alone(data_dir)
    waiting = spill if spill is not None else SpillFile(data_dir / SPILL_NAME, store.master)
    erase_again(store, data_dir / JOURNAL_NAME, recordings=recordings)
    written = replay(waiting, store, clock.now_utc()) if waiting.exists else 0
    repaired = _repair_all(recordings)
    ended: list[str] = []
    deleted: list[str] = []
    for info in store.streams("call", open_only=True, limit=OPEN_CALLS_MAX):
        # Those of this process are calls whose waiting facts were written just now: it has no call of its own yet.
        if info.owner == store.owner or store.is_dead(info.owner, clock.now_utc()):
            try:
                deleted += _end(store, info, recordings, clock)
            except CallCentreError as error:
                if error.code != "stream.conflict":  # another process of ours was quicker
                    raise
            else:
                ended.append(info.stream_id)
    if ended or written:
        logger.warning("%d calls of a lost process were ended, %d waiting facts written", len(ended), written)
    return Recovery(
        facts_written=written,
        calls_ended=tuple(ended),
        recordings_repaired=tuple(repaired),
        recordings_deleted=tuple(deleted),
    )


def _end(store: EventStore, info: StreamInfo, recordings: Path, clock: Clock) -> list[str]:
    if info.owner != store.owner:
        store.take_over(info, clock.now_utc())
    call = folds.live.over(store.read("call", info.stream_id))
    deleted: list[str] = []
    bodies: list[EventBody] = []
    length_ms = 0
    path = recordings / Path(call.recording_file).name if call.recording_file else None
    if path is not None and call.recording_consent == "refused":
        if path.exists():
            path.unlink()
            deleted.append(path.name)
        if call.recording in ("on", "paused"):
            bodies.append(RecordingStopped(reason="consent_refused", duration_ms=call.t_ms))
    elif path is not None and call.recording in ("on", "paused"):
        length_ms = (repair(path) if path.exists() else None) or 0
        bodies.append(RecordingStopped(reason="error", duration_ms=length_ms))
    bodies.append(CallEnded(result="failed", reason="process_lost"))
    now = clock.now_utc()
    # The sound went on after the last fact, and was kept up to the second in which the process was lost.
    ended_ms = max(call.t_ms, length_ms) or None
    store.append(
        [
            NewEvent(
                stream_kind="call", stream_id=info.stream_id, body=body, at_utc=now, t_ms=ended_ms, source="service"
            )
            for body in bodies
        ]
    )
    return deleted


def _repair_all(recordings: Path) -> list[str]:
    if not recordings.is_dir():
        return []
    repaired = []
    for path in sorted(recordings.glob("*.wav")):
        try:
            if not is_complete(path) and repair(path) is not None:
                repaired.append(path.name)
        except OSError as error:
            logger.error("recording %s could not be repaired: %s", path.name, error.strerror)
    return repaired
