"""Recordings: aligned to the sample, silenced, deleted, readable after kill -9, and no trouble for the call."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from calls.audio import AudioFrame, Samples
from records.recording import QUEUE_FRAMES, Recorder, RecordingThread
from records.wav_file import repair, silence_range
from tests.waiting import eventually

pytestmark = pytest.mark.realtime

TICK_MS = 20


@pytest.fixture
def thread(tmp_path: Path) -> Iterator[RecordingThread]:
    made = RecordingThread(tmp_path / "recordings", min_free_bytes=0)
    made.start()
    yield made
    made.stop()


def open_recorder(thread: RecordingThread, rate_hz: int = 8000, troubles: list[str] | None = None) -> Recorder:
    told = troubles if troubles is not None else []
    return thread.open("call.wav", rate_hz, caller_id="caller", on_trouble=told.append)


def frame(t_ms: int, value: int, rate_hz: int = 8000) -> AudioFrame:
    return AudioFrame(np.full(rate_hz * TICK_MS // 1000, value, dtype=np.int16), rate_hz, t_ms)


def read(path: Path) -> npt.NDArray[np.int16]:
    with wave.open(str(path)) as file:
        assert file.getnchannels() == 2
        assert file.getsampwidth() == 2
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)


def ramp(t_ms: int, rate_hz: int = 8000) -> Samples:
    start = t_ms * rate_hz // 1000
    return np.arange(start, start + rate_hz * TICK_MS // 1000).astype(np.int16)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux only")
async def test_when_recordings_are_written_then_the_media_loop_goes_first(thread: RecordingThread) -> None:
    (writer,) = (each for each in threading.enumerate() if each.name == "recordings")
    assert writer.native_id is not None
    await eventually(
        lambda: os.getpriority(os.PRIO_PROCESS, writer.native_id or 0) > os.getpriority(os.PRIO_PROCESS, 0)
    )


async def test_when_frames_are_heard_then_each_sample_lies_where_its_time_says(thread: RecordingThread) -> None:
    recorder = open_recorder(thread)
    for t_ms in range(0, 2000, TICK_MS):
        recorder.hear("caller", AudioFrame(ramp(t_ms), 8000, t_ms))
        if t_ms % 100 == 0:
            await asyncio.sleep(0.02)
    result = await recorder.stop()
    sound = read(result.path)
    assert result.duration_ms == 2000
    assert np.array_equal(sound[:, 0], np.arange(16000).astype(np.int16))
    assert not sound[:, 1].any()


async def test_when_ticks_are_missing_then_what_follows_is_not_shifted(thread: RecordingThread) -> None:
    recorder = open_recorder(thread)
    recorder.hear("caller", frame(0, 7))
    recorder.hear("caller", frame(1000, 9))
    sound = read((await recorder.stop()).path)
    assert len(sound) == 8160
    assert (sound[:160, 0] == 7).all()
    assert not sound[160:8000].any()
    assert (sound[8000:, 0] == 9).all()


async def test_when_several_members_speak_then_the_caller_is_left_and_the_others_are_mixed_right(
    thread: RecordingThread,
) -> None:
    recorder = open_recorder(thread)
    for t_ms in range(0, 400, TICK_MS):
        recorder.hear("caller", frame(t_ms, 100))
        recorder.hear("bot", frame(t_ms, 20))
        recorder.hear("agent", frame(t_ms, 3))
    sound = read((await recorder.stop()).path)
    assert (sound[:, 0] == 100).all()
    assert (sound[:, 1] == 23).all()


async def test_when_the_mix_is_too_loud_then_it_is_clipped_and_never_wraps(thread: RecordingThread) -> None:
    recorder = open_recorder(thread)
    for member in ("bot", "agent"):
        recorder.hear(member, frame(0, 30000))
    recorder.hear("bot", frame(20, -30000))
    recorder.hear("agent", frame(20, -30000))
    sound = read((await recorder.stop()).path)
    assert (sound[:160, 1] == 32767).all()
    assert (sound[160:, 1] == -32768).all()


async def test_when_a_frame_is_late_then_it_is_added_to_what_is_in_the_file(thread: RecordingThread) -> None:
    recorder = open_recorder(thread)
    for t_ms in range(0, 1000, TICK_MS):
        recorder.hear("caller", frame(t_ms, 100))
    await asyncio.sleep(0.35)
    recorder.hear("bot", frame(100, 5))
    sound = read((await recorder.stop()).path)
    assert (sound[:, 0] == 100).all()
    assert (sound[800:960, 1] == 5).all()
    assert np.count_nonzero(sound[:, 1]) == 160


@pytest.mark.parametrize(("member_hz", "file_hz"), [(16000, 8000), (48000, 8000), (8000, 16000), (48000, 16000)])
async def test_when_a_member_has_another_rate_then_its_sound_stays_aligned(
    thread: RecordingThread, member_hz: int, file_hz: int
) -> None:
    recorder = open_recorder(thread, file_hz)
    n = member_hz * 2
    tone = (8000 * np.sin(2 * np.pi * 500 * np.arange(n) / member_hz)).astype(np.int16)
    tone[: member_hz // 2] = 0  # the tone starts at 500 ms
    size = member_hz * TICK_MS // 1000
    for tick in range(2000 // TICK_MS):
        recorder.hear("caller", AudioFrame(tone[tick * size : (tick + 1) * size], member_hz, tick * TICK_MS))
    sound = read((await recorder.stop()).path)[:, 0].astype(np.float64)
    wanted = 8000 * np.sin(2 * np.pi * 500 * np.arange(file_hz * 2) / file_hz)
    wanted[: file_hz // 2] = 0
    middle = slice(file_hz, file_hz + file_hz // 2)
    one_sample_off = 8000 * 2 * np.pi * 500 / file_hz  # what the steepest place of the tone differs by
    assert np.abs(sound[middle] - wanted[middle]).max() < 0.6 * one_sample_off
    assert np.abs(sound[: file_hz // 2 - file_hz // 100]).max() < 50


async def test_when_recording_is_paused_then_there_is_silence_and_time_goes_on(thread: RecordingThread) -> None:
    recorder = open_recorder(thread)
    for t_ms in range(0, 900, TICK_MS):
        if t_ms == 300:
            recorder.pause()
        if t_ms == 600:
            recorder.resume()
        recorder.hear("caller", frame(t_ms, 50))
    sound = read((await recorder.stop()).path)[:, 0]
    assert (sound[:2400] == 50).all()
    assert not sound[2400:4800].any()
    assert (sound[4800:7200] == 50).all()


async def test_when_a_stretch_is_silenced_then_written_held_and_future_sound_is_gone(thread: RecordingThread) -> None:
    recorder = open_recorder(thread)
    for t_ms in range(0, 1000, TICK_MS):
        recorder.hear("caller", frame(t_ms, 50))
        recorder.hear("bot", frame(t_ms, 60))
    await asyncio.sleep(0.3)
    recorder.silence(300, 1400)
    recorder.hear("bot", frame(400, 9))  # a late frame of the secret
    for t_ms in range(1000, 2000, TICK_MS):
        recorder.hear("caller", frame(t_ms, 50))
    sound = read((await recorder.stop()).path)
    assert (sound[: 300 * 8] == [50, 60]).all()
    assert not sound[300 * 8 : 1400 * 8].any()
    assert (sound[1400 * 8 :, 0] == 50).all()


async def test_when_consent_is_withdrawn_then_the_file_is_deleted(thread: RecordingThread) -> None:
    recorder = open_recorder(thread)
    recorder.hear("caller", frame(0, 50))
    await asyncio.sleep(0.25)
    assert recorder.path.exists()
    result = await recorder.discard()
    assert result.deleted
    assert not recorder.path.exists()
    recorder.hear("caller", frame(20, 50))
    await asyncio.sleep(0.25)
    assert not recorder.path.exists()


async def test_when_a_recording_is_made_then_only_its_owner_can_read_it(thread: RecordingThread) -> None:
    recorder = open_recorder(thread)
    recorder.hear("caller", frame(0, 1))
    result = await recorder.stop(500)
    assert result.path.stat().st_mode & 0o777 == 0o600
    assert result.duration_ms == 500


async def test_when_the_disk_is_full_then_the_recording_ends_and_the_call_does_not_notice(
    thread: RecordingThread,
) -> None:
    troubles: list[str] = []
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    recorder = open_recorder(thread, troubles=troubles)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))  # a file may not grow beyond
        for t_ms in range(0, 4000, TICK_MS):
            recorder.hear("caller", frame(t_ms, 50))
        await asyncio.sleep(0.3)
        slowest = 0.0
        for t_ms in range(4000, 5000, TICK_MS):
            started = time.perf_counter()
            recorder.hear("caller", frame(t_ms, 50))
            slowest = max(slowest, time.perf_counter() - started)
        result = await asyncio.wait_for(recorder.stop(), 5)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert troubles == ["disk_full"]
    assert result.trouble == "disk_full"
    assert slowest < 0.01
    assert repair(result.path) is not None
    assert (read(result.path)[:, 0] == 50).all()


@pytest.mark.parametrize("when", ["before the thread knows", "after it ended"])
async def test_when_the_disk_is_full_then_what_nobody_shall_hear_is_silenced_all_the_same(
    thread: RecordingThread, when: str
) -> None:
    troubles: list[str] = []
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    recorder = open_recorder(thread, troubles=troubles)
    for t_ms in range(0, 2000, TICK_MS):
        recorder.hear("caller", frame(t_ms, 50))
    await eventually(lambda: recorder.path.exists() and recorder.path.stat().st_size > 1500 * 32)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (recorder.path.stat().st_size + 1_001, before[1]))
        for t_ms in range(2000, 4000, TICK_MS):
            recorder.hear("caller", frame(t_ms, 50))
        if when == "after it ended":
            await eventually(lambda: bool(troubles))
        assert recorder.silence(500, 1000)
        assert recorder.silence(1500, 4000)
        result = await asyncio.wait_for(recorder.stop(), 5)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert troubles == ["disk_full"]
    assert not recorder.silence(0, 100), "nothing is promised of a recording that is closed"
    repair(result.path)  # as the next start would: no half-written block may come back
    sound = read(result.path)
    assert not sound[500 * 8 : 1000 * 8].any()
    assert not sound[1500 * 8 :].any()
    assert (sound[: 500 * 8, 0] == 50).all()
    assert (sound[1000 * 8 : 1500 * 8, 0] == 50).all()


async def test_when_a_broken_disk_cannot_be_silenced_then_the_recording_is_deleted(
    thread: RecordingThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles: list[str] = []
    recorder = open_recorder(thread, troubles=troubles)
    recorder.hear("caller", frame(0, 50))
    recorder.hear("caller", frame(980, 50))
    await eventually(lambda: recorder.path.exists() and recorder.path.stat().st_size > 1000)

    def broken(handle: int, data: object, offset: int) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("records.wav_file.os.pwrite", broken)
    recorder.silence(0, 500)
    await eventually(lambda: troubles == ["error"])
    result = await asyncio.wait_for(recorder.stop(), 5)
    assert result.deleted
    assert not result.path.exists()


async def test_when_little_space_is_left_then_the_recording_does_not_start(tmp_path: Path) -> None:
    thread = RecordingThread(tmp_path, min_free_bytes=1 << 60)
    thread.start()
    troubles: list[str] = []
    recorder = open_recorder(thread, troubles=troubles)
    recorder.hear("caller", frame(0, 1))
    result = await asyncio.wait_for(recorder.stop(), 5)
    assert result.trouble == "disk_full"
    assert troubles == ["disk_full"]
    assert not recorder.path.exists()
    thread.stop()


async def test_when_the_folder_is_no_folder_then_the_recording_reports_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    thread = RecordingThread(tmp_path / "file", min_free_bytes=0)
    thread.start()
    recorder = open_recorder(thread)
    recorder.hear("caller", frame(0, 1))
    assert (await asyncio.wait_for(recorder.stop(), 5)).trouble == "error"
    thread.stop()


async def test_when_the_disk_is_too_slow_then_frames_are_dropped_and_counted(tmp_path: Path) -> None:
    thread = RecordingThread(tmp_path, min_free_bytes=0)  # not started: a disk that never answers
    recorder = open_recorder(thread)
    for tick in range(QUEUE_FRAMES + 5):
        recorder.hear("caller", frame(tick * TICK_MS, 1))
    thread.start()
    result = await asyncio.wait_for(recorder.stop(), 10)
    assert result.dropped_frames == 5
    assert len(read(result.path)) == QUEUE_FRAMES * 160
    thread.stop()


async def test_when_the_program_stops_then_open_recordings_are_complete(tmp_path: Path) -> None:
    thread = RecordingThread(tmp_path, min_free_bytes=0)
    thread.start()
    recorder = open_recorder(thread)
    for t_ms in range(0, 500, TICK_MS):
        recorder.hear("caller", frame(t_ms, 4))
    thread.stop()
    assert (read(recorder.path)[:, 0] == 4).all()
    assert len(read(recorder.path)) == 4000


KILLED = """
import asyncio, sys, numpy as np
from pathlib import Path
from calls.audio import AudioFrame
from records.recording import RecordingThread
async def main():
    thread = RecordingThread(Path(sys.argv[1]), min_free_bytes=0); thread.start()
    recorder = thread.open("call.wav", 8000, caller_id="caller", on_trouble=print)
    t_ms = 0
    while True:
        recorder.hear("caller", AudioFrame(np.full(160, 77, dtype=np.int16), 8000, t_ms)); t_ms += 20
        if t_ms == 2400: print("now", flush=True)
        await asyncio.sleep(0.001 if t_ms < 2400 else 0.02)
asyncio.run(main())
"""


def test_when_the_process_is_killed_then_the_file_is_readable_and_can_be_repaired(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(1.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    path = tmp_path / "call.wav"
    before = read(path)
    assert len(before) > 8000
    assert (before[:, 0] == 77).all()
    length_ms = repair(path)
    assert length_ms is not None
    assert length_ms >= len(before) / 8
    assert length_ms > 2400
    assert (read(path)[:, 0] == 77).all()


def test_when_a_file_is_no_recording_then_it_is_not_repaired(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(b"something else" * 10)
    assert repair(path) is None
    assert path.read_bytes() == b"something else" * 10


async def test_when_a_finished_file_must_be_silenced_then_only_the_stretch_changes(thread: RecordingThread) -> None:
    recorder = open_recorder(thread)
    for t_ms in range(0, 1000, TICK_MS):
        recorder.hear("caller", frame(t_ms, 50))
    path = (await recorder.stop()).path
    silence_range(path, 200, 400)
    silence_range(path, 900, 5000)
    sound = read(path)[:, 0]
    assert len(sound) == 8000
    assert not sound[1600:3200].any()
    assert not sound[7200:].any()
    assert (sound[3200:7200] == 50).all()
