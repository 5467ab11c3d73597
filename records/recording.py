"""Records calls to disk: stereo WAV, caller left, everybody else right, on the call's media clock.

The media loop only puts frames into a bounded queue; one thread for all calls mixes and writes. A disk that is full
or broken ends the recording and says so; it never delays or ends a call.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from calls.audio import AudioFrame
from records.mixdown import Mixdown
from records.private import private_folder
from records.wav_file import WavFile

logger = logging.getLogger(__name__)

WAKE_S = 0.1
"""How often the thread writes. Together with `HOLD_MS` of the mix, a killed process loses about 0.3 s."""
AT_ONCE = 16
"""Recordings written before the thread pauses for `PAUSE_S`, so that it does not hold the interpreter, or the one core
there is, for longer than the media loop can wait. Measured: 0.1 ms a recording."""
PAUSE_S = 0.004
NICENESS = 10
"""Added to the thread's nice value, where threads have one of their own (Linux): the media loop, which wakes for each
tick, goes first. Measured with 80 calls on one core: packets leave with a spacing p99 of 22.9 ms, without 24.3."""
HEADER_S = 1.0
"""How often the header is made to count the newest samples."""
QUEUE_FRAMES = 6_000
"""Frames that may wait for the disk: 60 s of two members, 2 MB at 8 kHz. Beyond, frames are dropped and are silence."""
MIN_FREE_BYTES = 64 * 1024 * 1024
"""Below this a recording ends, so that the call log on the same disk can still be written."""

TroubleReason = Literal["disk_full", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingResult:
    """How a recording ended."""

    path: Path
    duration_ms: int
    """Time that is covered by the file."""
    dropped_frames: int
    """Frames that came while the disk was too slow; they are silence."""
    trouble: TroubleReason | None
    """Why it ended early."""
    deleted: bool


@dataclass(slots=True)
class _Item:
    """A frame, or a step of time, or a stretch to silence."""

    t_ms: int
    member_id: str = ""
    frame: AudioFrame | None = None
    silence_until_ms: int | None = None


class Recorder:
    """The recording of one call: an `AudioTap`. Made by `RecordingThread.open`; call its methods on the loop."""

    def __init__(
        self,
        path: Path,
        rate_hz: int,
        caller_id: str,
        on_trouble: Callable[[TroubleReason], None],
        loop: asyncio.AbstractEventLoop,
        min_free_bytes: int,
    ) -> None:
        """Wait for sound; the file is made by the thread."""
        self.path = path
        self.rate_hz = rate_hz
        self._caller_id = caller_id
        self._on_trouble = on_trouble
        self._loop = loop
        self._min_free_bytes = min_free_bytes
        self._items: deque[_Item] = deque()
        self._paused = False
        self._closed = False
        self._dropped = 0
        self._trouble: TroubleReason | None = None
        self._delete = False
        self._ending = False
        self._end_ms: int | None = None
        self._done: asyncio.Future[RecordingResult] = loop.create_future()
        self._file: WavFile | None = None
        self._mix: Mixdown | None = None
        self._header_at = 0.0

    # On the media loop.

    def hear(self, member_id: str, frame: AudioFrame) -> None:
        """Take what a member said in one tick. Returns at once, never raises."""
        if self._closed:
            return
        if len(self._items) >= QUEUE_FRAMES:
            self._dropped += 1
            return
        if self._paused:
            end_ms = frame.t_ms + len(frame.samples) * 1000 // frame.rate_hz
            self._items.append(_Item(end_ms))
        else:
            self._items.append(_Item(frame.t_ms, member_id, frame))

    def pause(self) -> None:
        """Keep silence from the next tick on; time goes on."""
        self._paused = True

    def resume(self) -> None:
        """Keep sound again from the next tick on."""
        self._paused = False

    def silence(self, start_ms: int, end_ms: int) -> bool:
        """Overwrite a stretch on both channels; also what of it is still to come.

        A recording that ended by itself is silenced too: overwriting needs no space. False once it was stopped.
        """
        if self._ending:
            return False
        self._items.append(_Item(start_ms, silence_until_ms=end_ms))
        return True

    @property
    def paused(self) -> bool:
        """Whether silence is being kept."""
        return self._paused

    @property
    def trouble(self) -> TroubleReason | None:
        """Why the recording ended by itself, None while it is well."""
        return self._trouble

    async def stop(self, t_ms: int | None = None) -> RecordingResult:
        """End the recording, at `t_ms` of the media clock if given; returns when the file is complete."""
        if not self._ending:
            self._closed = True
            self._end_ms = t_ms
            self._ending = True
        return await asyncio.shield(self._done)

    async def discard(self) -> RecordingResult:
        """End the recording and delete the file: consent was withdrawn."""
        self._delete = True
        if self._done.done():
            self.path.unlink(missing_ok=True)
            return self._done.result()
        return await self.stop()

    # In the thread.

    def end_now(self) -> None:
        """End with what has been heard: the program stops. For `RecordingThread`."""
        self._closed = True
        self._ending = True

    def work(self) -> bool:
        """Write what waits; False when the recording is over. For `RecordingThread`."""
        ending = self._ending  # before the queue is emptied: nothing is added after it is set
        try:
            if self._trouble is None:
                self._write(ending=ending)
        except OSError as error:
            self._fail(error)
        except Exception:
            logger.exception("recording %s failed", self.path.name)
            self._note("error")
        if self._trouble is not None:
            self._silence_what_is_there()
        if ending:
            self._finish()
        return not ending

    def _write(self, *, ending: bool) -> None:
        if self._file is None or self._mix is None:
            self._check_space()
            private_folder(self.path.parent)
            self._file = WavFile(self.path, self.rate_hz)
            self._mix = Mixdown(self._file, self._caller_id)
        mix = self._mix
        while self._items:
            item = self._items[0]
            if item.silence_until_ms is not None:
                mix.silence(item.t_ms, item.silence_until_ms)
            elif item.frame is not None:
                mix.add(item.member_id, item.frame)
            else:
                mix.cover(item.t_ms)
            self._items.popleft()  # not before: a stretch that could not be silenced is tried again
        if ending and self._end_ms is not None:
            mix.cover(self._end_ms)
        mix.flush(everything=ending)
        now = time.monotonic()
        if ending or now - self._header_at >= HEADER_S:
            self._header_at = now
            self._file.write_header()
            self._check_space()

    def _silence_what_is_there(self) -> None:
        """Overwrite what the recording holds that nobody shall hear, after it ended by itself."""
        while self._items:
            item = self._items.popleft()
            if item.silence_until_ms is None or self._mix is None:
                continue
            try:
                self._mix.silence(item.t_ms, item.silence_until_ms)
            except OSError as error:
                logger.error(
                    "recording %s could not be silenced and will be deleted: %s", self.path.name, error.strerror
                )
                self._delete = True

    def _check_space(self) -> None:
        folder = self.path.parent if self.path.parent.exists() else self.path.parent.parent
        info = os.statvfs(folder)
        if info.f_bavail * info.f_frsize < self._min_free_bytes:
            raise OSError(errno.ENOSPC, "too little space is left")

    def _fail(self, error: OSError) -> None:
        full = error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
        logger.error("recording %s ended: %s", self.path.name, error.strerror)
        self._note("disk_full" if full else "error")

    def _note(self, reason: TroubleReason) -> None:
        self._trouble = reason
        self._closed = True
        if self._file is not None:
            try:
                self._file.trim()
            except OSError:
                logger.warning(
                    "the header of %s could not be completed; it is repaired at the next start", self.path.name
                )
        self._on_loop(self._on_trouble, reason)

    def _finish(self) -> None:
        deleted = False
        if self._file is not None:
            self._file.close()
        try:
            if self._delete:
                self.path.unlink(missing_ok=True)
                deleted = True
        except OSError as error:
            logger.error("recording %s could not be deleted: %s", self.path.name, error.strerror)
        result = RecordingResult(
            path=self.path,
            duration_ms=self._mix.duration_ms if self._mix else 0,
            dropped_frames=self._dropped,
            trouble=self._trouble,
            deleted=deleted,
        )
        self._on_loop(self._settle, result)

    def _settle(self, result: RecordingResult) -> None:
        if not self._done.done():
            self._done.set_result(result)

    def _on_loop(self, function: Callable[..., None], *args: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *args)


class RecordingThread:
    """The one thread that writes all recordings."""

    def __init__(self, folder: Path, *, min_free_bytes: int = MIN_FREE_BYTES) -> None:
        """Keep recordings in `folder`."""
        self.folder = folder
        self._min_free_bytes = min_free_bytes
        self._recorders: list[Recorder] = []
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start writing."""
        self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)
        self._thread.start()

    def open(self, name: str, rate_hz: int, *, caller_id: str, on_trouble: Callable[[TroubleReason], None]) -> Recorder:
        """Begin the recording `name` (a file name in the folder).

        `on_trouble` is called on the loop, at most once, if the recording ends by itself; `stop` it then as usual.
        """
        loop = asyncio.get_running_loop()
        path = self.folder / Path(name).name
        recorder = Recorder(path, rate_hz, caller_id, on_trouble, loop, self._min_free_bytes)
        self._recorders.append(recorder)
        return recorder

    def stop(self) -> None:
        """End the thread; recordings that go on are ended first. Blocks for a moment."""
        if self._thread is None:
            return
        self._stopping = True
        self._wake.set()
        self._thread.join()
        self._thread = None

    def _run(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            own = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, own, os.getpriority(os.PRIO_PROCESS, own) + NICENESS)
        while True:
            stopping = self._stopping
            for index, recorder in enumerate(tuple(self._recorders), 1):
                if index % AT_ONCE == 0:
                    self._wake.wait(PAUSE_S)
                if stopping:
                    recorder.end_now()
                if not recorder.work():
                    self._recorders.remove(recorder)
            if stopping:
                return
            self._wake.wait(WAKE_S)
