"""The recording of one call: starts and stops with consent, pauses for secrets, and writes each step to the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

import numpy as np

from calls.audio import FRAME_MS, AudioFrame
from calls.events import (
    Degraded,
    RecordingPaused,
    RecordingResumed,
    RecordingStarted,
    RecordingStopped,
)
from calls.ids import CallId
from records.recording import Recorder, RecordingThread, TroubleReason
from service.call_log import CallLog
from service.tasks import Tasks
from telephony.conference import Conference

logger = logging.getLogger(__name__)

PauseReason = Literal["secret_digits", "caller_request", "caller_replaced", "agent_request"]


class CallRecording:
    """At most one file a call. Refused consent deletes what was kept; consent given again later keeps from then on."""

    def __init__(self, call_id: CallId, thread: RecordingThread, log: CallLog, tasks: Tasks, caller_id: str) -> None:
        """Nothing is kept before `start`."""
        self._call_id = call_id
        self._files = 0
        self._for_newcomer = False
        self._thread = thread
        self._log = log
        self._tasks = tasks
        self._caller_id = caller_id
        self._conference: Conference | None = None
        self._recorder: Recorder | None = None
        self._untap: Callable[[], None] | None = None
        self.leave_out: Callable[[str], bool] = _nobody
        """Of which members nothing is kept now."""

    @property
    def state(self) -> Literal["off", "on", "paused"]:
        """Whether sound is being kept."""
        return "off" if self._recorder is None else "paused" if self._recorder.paused else "on"

    def attach(self, conference: Conference) -> None:
        """Say which conference it is."""
        self._conference = conference

    def start(self, rate_hz: int) -> None:
        """Keep the sound from now on; idempotent."""
        self.resume(newcomer=True)
        if self._recorder is not None or self._conference is None:
            return
        self._files += 1  # a file that consent took away is not written to again
        name = f"{self._call_id}.wav" if self._files == 1 else f"{self._call_id}.{self._files}.wav"
        recorder = self._thread.open(name, rate_hz, caller_id=self._caller_id, on_trouble=self._in_trouble)
        self._recorder = recorder
        self._untap = self._conference.tap(_Discreet(recorder, self))
        self._log.note(RecordingStarted(file=name, rate_hz=rate_hz), "recorder")

    def pause(self, reason: PauseReason) -> None:
        """Keep silence from now on."""
        if self._recorder is None or self._recorder.trouble is not None:
            return
        self._for_newcomer = self._for_newcomer or reason == "caller_replaced"
        if not self._recorder.paused:
            self._recorder.pause()
            self._log.note(RecordingPaused(reason=reason), "recorder")

    def resume(self, *, newcomer: bool = False) -> None:
        """Keep sound again; what was paused for somebody who came to the phone waits for their consent (`newcomer`)."""
        if self._recorder is None or self._recorder.trouble is not None:
            return
        if self._recorder.paused and newcomer == self._for_newcomer:
            self._for_newcomer = False
            self._recorder.resume()
            self._log.note(RecordingResumed(), "recorder")

    def silence(self, start_ms: int, end_ms: int) -> bool:
        """Overwrite a stretch that held a secret; False when there is no recording."""
        return self._recorder is not None and self._recorder.silence(start_ms, end_ms)

    def discard(self) -> None:
        """Consent was refused: nothing of the sound remains."""
        recorder, duration_ms = self._end()
        if recorder is not None:
            self._log.note(RecordingStopped(reason="consent_refused", duration_ms=duration_ms), "recorder")
            self._tasks.start("recording-discard", self._finish(recorder, keep=False))

    async def finish(self) -> None:
        """The call is over: complete the file."""
        recorder, duration_ms = self._end()
        if recorder is not None:
            if recorder.trouble is None:
                self._log.note(RecordingStopped(reason="call_ended", duration_ms=duration_ms), "recorder")
            await self._finish(recorder, keep=True)

    def _end(self) -> tuple[Recorder | None, int]:
        recorder, self._recorder = self._recorder, None
        if self._untap is not None:
            self._untap()
            self._untap = None
        return recorder, self._conference.t_ms if self._conference is not None else 0

    async def _finish(self, recorder: Recorder, *, keep: bool) -> None:
        duration_ms = self._conference.t_ms if self._conference is not None else FRAME_MS
        result = await (recorder.stop(duration_ms) if keep else recorder.discard())
        if result.dropped_frames:
            logger.warning("recording %s lost %d frames", result.path.name, result.dropped_frames)

    def _in_trouble(self, reason: TroubleReason) -> None:
        duration_ms = self._conference.t_ms if self._conference is not None else 0
        self._log.note(Degraded(what="no_recording", reason=reason), "recorder")
        self._log.note(RecordingStopped(reason=reason, duration_ms=duration_ms), "recorder")


class _Discreet:
    """A recorder that hears silence of those whose talk is private; implements `calls.ports.AudioTap`."""

    def __init__(self, recorder: Recorder, recording: CallRecording) -> None:
        self._recorder, self._recording = recorder, recording

    def hear(self, member_id: str, frame: AudioFrame) -> None:
        """Take one frame."""
        if self._recording.leave_out(member_id):
            frame = AudioFrame(np.zeros_like(frame.samples), frame.rate_hz, frame.t_ms)
        self._recorder.hear(member_id, frame)


def _nobody(member_id: str) -> bool:
    """Leave nobody out."""
    del member_id
    return False
