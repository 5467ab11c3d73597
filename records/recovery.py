"""After a crash: facts that waited are written, calls of lost processes get their end, recordings become readable.

At a start (`recover`), and where several processes share the database, while one runs (`Caretaker`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from calls.errors import CallCentreError
from calls.events import CallEnded, Event, EventBody, NewEvent, RecordingStopped
from calls.ports import Clock
from records import folds
from records.erasure import JOURNAL_NAME, erase_again
from records.leases import LeaseWatch, OwnerSeen
from records.rows import StreamInfo
from records.spill import SpillFile, replay, spill_of, spills_left
from records.store import EventStore
from records.wav_file import is_complete, repair

logger = logging.getLogger(__name__)

OPEN_CALLS_MAX = 10_000
"""Open calls looked at in one go; far more than a process can have had."""
LOOKED_BACK = timedelta(hours=48)
"""How old a call may be that a running process still looks at; older ones are ended by the next start. Source: no call
lasts longer, and the list of newer ones stays short."""
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What was put right."""

    facts_written: int = 0
    """Facts that an earlier process could not write."""
    calls_ended: tuple[str, ...] = ()
    """Calls whose process was lost."""
    recordings_repaired: tuple[str, ...] = ()
    """Files whose header was completed."""
    recordings_deleted: tuple[str, ...] = ()
    """Files whose consent had been refused when the process was lost."""
    events: tuple[Event, ...] = ()
    """The facts that ended the calls, in order."""


Owed = Callable[[Sequence[Event]], Sequence[EventBody]]
"""What is owed to a caller whose call was lost, by the facts of the call so far: written before its end."""


def recover(
    store: EventStore, recordings: Path, clock: Clock, *, spill: SpillFile | None = None, owed: Owed | None = None
) -> Recovery:
    """Put right what a killed process left behind. Call it at the start, before the first call. Blocking.

    A database that was brought back from an older copy loses again whom the journal of erasures names. Where several
    processes share it, those of other machines are left to `Caretaker`, which has the time to see whether they live.

    Args:
        store: the call log.
        recordings: the folder of recordings, inside the data folder.
        clock: for the time of the facts that are added.
        spill: the file of unwritten facts; default: those in the data folder whose process is gone.
        owed: what is owed to the callers; None for nothing.

    Raises:
        CallCentreError: `database.in_use` when another process runs on the same SQLite file; `database.*`.
    """
    data_dir = recordings.parent
    store.be_alone(data_dir)
    erase_again(store, data_dir / JOURNAL_NAME, recordings=recordings)
    care = _Care(store, recordings, clock, owed)
    waiting = [spill] if spill is not None else _left_spills(store, data_dir)
    written = sum(replay(file, store, clock.now_utc()) for file in waiting if file.exists)
    repaired = _repair_all(store, recordings)
    for owner in store.open_owners(_EVER):
        if owner.gone:
            written += care.take_over(owner)
    # Calls whose waiting facts were written just now: this process has none of its own yet.
    own = [info for info in store.streams("call", open_only=True, limit=OPEN_CALLS_MAX) if info.owner == store.owner]
    care.end(own)
    return care.done(facts_written=written, recordings_repaired=repaired)


class Caretaker:
    """Ends the calls of lost neighbours while this process runs; of several caretakers one gets each of them."""

    def __init__(self, store: EventStore, recordings: Path, clock: Clock, *, owed: Owed | None = None) -> None:
        """Look after the processes that share the database of `store`; `owed` as of `recover`."""
        self._store, self._recordings, self._clock, self._owed = store, recordings, clock, owed
        self._watch = LeaseWatch()

    def look(self) -> Recovery:
        """Look once, and end the calls of processes that are lost. Blocking.

        Raises:
            CallCentreError: `database.*`; the next look begins anew.
        """
        care = _Care(self._store, self._recordings, self._clock, self._owed)
        written = 0
        try:
            seen = self._store.open_owners(self._clock.now_utc() - LOOKED_BACK)
            for owner in self._watch.look(seen, self._clock.now_ms()):
                written += care.take_over(owner)
        except CallCentreError:
            self._watch.blind()
            raise
        return care.done(facts_written=written)


class _Care:
    """One round of taking over and ending."""

    def __init__(self, store: EventStore, recordings: Path, clock: Clock, owed: Owed | None) -> None:
        self._store, self._recordings, self._clock, self._owed = store, recordings, clock, owed
        self._events: list[Event] = []
        self._deleted: list[str] = []

    def take_over(self, lost: OwnerSeen) -> int:
        """End what a lost process left open; return how many facts of it had waited in a file."""
        now = self._clock.now_utc()
        taken = self._store.take_over_all(lost, now)
        if not taken:
            return 0
        written = 0
        spill = SpillFile(spill_of(self._recordings.parent, lost.owner or ""), self._store.master)
        if spill.exists:
            begun = {entry.stream_id for entry in spill.entries() if entry.stream_kind == "call"}
            written = replay(spill, self._store, now)
            known = {info.stream_id for info in taken}
            taken += [info for name in sorted(begun - known) if (info := self._store.stream("call", name)) is not None]
        self.end(taken)
        return written

    def end(self, calls: Sequence[StreamInfo]) -> None:
        """Write the end of calls of this process that have none yet."""
        for call in calls:
            info = self._store.stream("call", call.stream_id)
            if info is not None and info.owner == self._store.owner and info.closed_at_utc is None:
                events, deleted = _end(self._store, info.stream_id, self._recordings, self._clock, self._owed)
                self._events += events
                self._deleted += deleted

    def done(self, *, facts_written: int, recordings_repaired: tuple[str, ...] = ()) -> Recovery:
        """Say what was done."""
        ended = tuple(str(event.stream_id) for event in self._events if isinstance(event.body, CallEnded))
        if ended or facts_written:
            logger.warning("%d calls of a lost process were ended, %d waiting facts written", len(ended), facts_written)
        return Recovery(
            facts_written=facts_written,
            calls_ended=ended,
            recordings_repaired=recordings_repaired,
            recordings_deleted=tuple(self._deleted),
            events=tuple(self._events),
        )


def _left_spills(store: EventStore, data_dir: Path) -> list[SpillFile]:
    """Return the files of unwritten facts that no living process will write."""
    return [SpillFile(path, store.master) for path, owner in spills_left(data_dir) if store.is_dead(owner or None)]


def _end(
    store: EventStore, stream_id: str, recordings: Path, clock: Clock, owed: Owed | None
) -> tuple[list[Event], list[str]]:
    """Write the end of one call; return its last facts, and the files that were deleted."""
    events = store.read("call", stream_id)
    call = folds.live.over(events)
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
    if owed is not None:
        bodies += owed(events)
    bodies.append(CallEnded(result="failed", reason="process_lost"))
    now = clock.now_utc()
    # The sound went on after the last fact, and was kept up to the second in which the process was lost.
    ended_ms = max(call.t_ms, length_ms) or None
    facts = [
        NewEvent(stream_kind="call", stream_id=stream_id, body=body, at_utc=now, t_ms=ended_ms, source="service")
        for body in bodies
    ]
    return store.append(facts), deleted


def _repair_all(store: EventStore, recordings: Path) -> tuple[str, ...]:
    """Complete recordings that nobody is writing to."""
    if not recordings.is_dir():
        return ()
    repaired = []
    files = sorted(recordings.glob("*.wav"))  # before it is asked who calls: a file is made in a call that is known
    alive = {owner.owner for owner in store.open_owners(_EVER) if not owner.gone}
    calls = store.streams("call", open_only=True, limit=OPEN_CALLS_MAX)
    living = {info.stream_id for info in calls if info.owner in alive}
    for path in files:
        if path.name.partition(".")[0] in living:
            continue
        try:
            if not is_complete(path) and repair(path) is not None:
                repaired.append(path.name)
        except OSError as error:
            logger.error("recording %s could not be repaired: %s", path.name, error.strerror)
    return tuple(repaired)
