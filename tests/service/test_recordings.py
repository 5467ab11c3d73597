"""A call's recording: what is told when the disk fails it, and that the call does not notice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from calls.events import Degraded, EventBody, RecordingStarted, RecordingStopped
from calls.ids import CallId
from records.recording import RecordingThread
from records.store import EventStore
from records.writer import LogWriter
from service.call_log import CallLog
from service.clock import SystemClock
from service.config import PrivacySection
from service.consent import Consent
from service.recordings import CallRecording
from service.tasks import Tasks
from telephony.conference import Conference
from telephony.net.ticker import Ticker
from tests.telephony.media_fakes import FakeSink, FakeSource, tone
from tests.waiting import eventually

pytestmark = pytest.mark.realtime


class Stage:
    """A call that is recorded on a disk that has too little space."""

    def __init__(self, folder: Path, *, min_free_bytes: int) -> None:
        self.store = EventStore.open_dir(folder, owner="test")
        self.writer = LogWriter(self.store, SystemClock())
        self.thread = RecordingThread(folder / "recordings", min_free_bytes=min_free_bytes)
        self.thread.start()
        self.conference = Conference(Ticker(), "c1")
        self.heard = FakeSink()
        self.conference.add("caller", "caller", FakeSource(tone(400, 500)), None, 8000)
        self.conference.add("bot", "bot", FakeSource(tone(650, 500)), self.heard, 8000)
        self.log = CallLog(self.writer, CallId("c1"), Consent(PrivacySection()), lambda: self.conference.t_ms)
        self.recording = CallRecording(CallId("c1"), self.thread, self.log, Tasks("c1"), "caller")
        self.recording.attach(self.conference)

    async def noted(self) -> list[EventBody]:
        await self.log.settled()
        return [event.body for event in self.log.events]


@pytest.fixture
async def full(tmp_path: Path) -> AsyncIterator[Stage]:
    stage = Stage(tmp_path, min_free_bytes=1 << 60)
    await stage.writer.start()
    yield stage
    stage.thread.stop()
    await stage.writer.stop()
    stage.store.close()


async def test_when_the_disk_is_full_then_it_is_told_once_and_the_call_goes_on(full: Stage) -> None:
    full.recording.start(8000)
    for _ in range(50):
        full.conference.tick()
    await eventually(lambda: any(isinstance(event.body, RecordingStopped) for event in full.log.events))
    heard = len(full.heard.frames)
    for _ in range(50):
        full.conference.tick()
    assert len(full.heard.frames) == heard + 50, "everybody hears on"
    assert np.any(full.heard.frames[-1].samples)
    full.recording.pause("secret_digits")
    full.recording.resume()
    full.recording.start(8000)
    await full.recording.finish()
    told = await full.noted()
    assert [type(body) for body in told] == [RecordingStarted, Degraded, RecordingStopped]
    assert told[1] == Degraded(what="no_recording", reason="disk_full")
    assert isinstance(told[2], RecordingStopped)
    assert told[2].reason == "disk_full"
