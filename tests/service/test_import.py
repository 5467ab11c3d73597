"""`warmline import`: a recording from elsewhere becomes a call of the log, as a whole or not at all."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import wave
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from calls.audio import Samples
from calls.errors import CallCentreError
from calls.events import (
    CallEnded,
    CallOffered,
    Degraded,
    EmotionEstimated,
    EventBody,
    RecordingSilenced,
    RecordingStarted,
    TalkMeasured,
    TurnEnded,
    UtteranceHeard,
)
from calls.ids import CallId
from records.redaction import MASK
from records.store import EventStore
from service.calls_view import call_detail, call_list
from service.cli import main
from service.import_command import _members
from service.import_options import ImportOptions
from service.import_sound import read_sound
from service.waveform import measure
from tests.fakes.real_engines import caller_says, espeak, model

RATE_HZ = 16_000
ASKS = "Good morning, Lumina support. How can I help you?"
TELLS = "Hello. My router has not worked since yesterday."
CARD = "My card number is four six seven six, nine seven three nine, three one six one, seven eight one eight."


class Desk:
    """A data folder, and the command run on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.data_dir = folder, folder / "data"
        self._capsys = capsys
        self.settings = ""

    def run(self, *arguments: str | Path) -> tuple[int, str, str]:
        config = self.folder / "warmline.toml"
        config.write_text(f'data_dir = "{self.data_dir}"\n{self.settings}')
        code = main(["import", "--config", str(config), *map(str, arguments)])
        printed, errors = self._capsys.readouterr()
        return code, printed, errors

    def bodies(self, call: str) -> list[EventBody]:
        store = EventStore.open_dir(self.data_dir)
        try:
            return [event.body for event in store.read("call", call)]
        finally:
            store.close()

    def command(self, *arguments: str) -> str:
        assert main([*arguments[:1], "--config", str(self.folder / "warmline.toml"), *arguments[1:]]) == 0
        return self._capsys.readouterr().out


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def at(seconds: float, sound: Samples, length_s: float) -> Samples:
    """Put speech at its time."""
    placed = np.zeros(round(length_s * RATE_HZ), np.int16)
    start = round(seconds * RATE_HZ)
    placed[start : start + sound.size] = sound
    return placed


def conversation(path: Path) -> dict[str, tuple[float, float]]:
    """Write a call of two channels, the employee left and the caller right; return when which sentence is said."""
    asks, tells, card = espeak(ASKS, "en-gb"), caller_says(TELLS, "en"), caller_says(CARD, "en")
    starts = {"asks": 0.5}
    starts["tells"] = starts["asks"] + asks.size / RATE_HZ - 0.4  # a little too early
    starts["card"] = starts["tells"] + tells.size / RATE_HZ + 3.5
    length_s = starts["card"] + card.size / RATE_HZ + 1.0
    left = at(starts["asks"], asks, length_s)
    right = at(starts["tells"], tells, length_s) + at(starts["card"], card, length_s)
    noise = np.random.default_rng(1).normal(0, 3, (left.size, 2)).astype(np.int16)
    soundfile.write(path, np.stack([left, right], axis=1) + noise, RATE_HZ, subtype="PCM_16")
    sizes = {"asks": asks.size, "tells": tells.size, "card": card.size}
    return {name: (start, start + sizes[name] / RATE_HZ) for name, start in starts.items()}


@dataclass(frozen=True)
class Held:
    """One conversation that was imported once, for tests that only look at it."""

    code: int
    printed: str
    errors: str
    said: dict[str, tuple[float, float]]
    data_dir: Path

    @property
    def found(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.printed)
        return found

    def bodies(self) -> list[EventBody]:
        store = EventStore.open_dir(self.data_dir)
        try:
            return [event.body for event in store.read("call", self.found["call"])]
        finally:
            store.close()


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    model("whisper-base", "model.bin")
    folder = tmp_path_factory.mktemp("held")
    config, recording = folder / "warmline.toml", folder / "call.flac"
    config.write_text(f'data_dir = "{folder}/data"\n')
    said = conversation(recording)
    options = ["--employee-channel", "left", "--caller", "600 123 456", "--called", "900100200", "--language", "en"]
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(["import", "--config", str(config), str(recording), *options, "--json"])
    return Held(code, out.getvalue(), err.getvalue(), said, folder / "data")


def test_when_a_recording_has_a_channel_a_speaker_then_it_becomes_a_call_like_any_other(held: Held) -> None:
    assert held.code == 0, held.errors
    found, bodies = held.found, held.bodies()
    assert "words ..." in held.errors, "progress is told"
    assert found["caller_known"]
    assert [speaker["member"] for speaker in found["speakers"]] == ["agent", "caller"]
    (offered,) = (body for body in bodies if isinstance(body, CallOffered))
    assert (offered.transport, offered.caller, offered.called) == ("import", "+34600123456", "900100200")
    turns = [body for body in bodies if isinstance(body, TurnEnded)]
    assert [turn.speaker for turn in turns] == ["agent", "caller", "caller"]
    assert "how can i help you" in turns[0].text.lower()
    assert "router" in turns[1].text
    for turn, name in zip(turns, held.said, strict=True):
        assert turn.start_ms / 1000 == pytest.approx(held.said[name][0], abs=0.2)
    assert isinstance(bodies[-1], CallEnded)


def test_when_the_caller_is_known_then_emotion_is_estimated_of_nobody_else(held: Held) -> None:
    bodies = held.bodies()
    spoken_of = {body.utterance_id: body.member for body in bodies if isinstance(body, UtteranceHeard)}
    assert set(spoken_of.values()) == {"agent", "caller"}
    felt = [body for body in bodies if isinstance(body, EmotionEstimated)]
    assert felt
    assert {spoken_of[body.utterance_id] for body in felt} == {"caller"}


def test_when_both_spoke_at_once_and_nobody_did_then_it_was_measured(held: Held) -> None:
    (measured,) = (body for body in held.bodies() if isinstance(body, TalkMeasured))
    assert measured.talk_over_share == held.found["talk_over_share"]
    assert measured.talk_over_share * held.found["duration_s"] == pytest.approx(0.4, abs=0.3)
    assert measured.longest_silence_ms == pytest.approx(3_500, abs=400)


def test_when_a_card_number_is_said_then_it_is_neither_written_nor_heard(held: Held) -> None:
    bodies = held.bodies()
    texts = [body.text for body in bodies if isinstance(body, TurnEnded)]
    assert MASK in texts[-1]
    assert not any(sign.isdigit() for sign in "".join(texts))
    (silenced,) = (body for body in bodies if isinstance(body, RecordingSilenced))
    (started,) = (body for body in bodies if isinstance(body, RecordingStarted))
    kept = held.data_dir / "recordings" / started.file
    with wave.open(str(kept)) as sound:
        sides = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2)
    assert not sides[silenced.start_ms * 16 : silenced.end_ms * 16].any()
    assert silenced.end_ms / 1000 > held.said["card"][1] - 0.3
    tells = slice(*(round(seconds * RATE_HZ) for seconds in held.said["tells"]))
    assert np.abs(sides[tells, 0]).mean() > 20 * np.abs(sides[: RATE_HZ // 4, 0]).mean(), "the caller is left"
    assert kept.stat().st_mode & 0o077 == 0, "for this user alone"


def test_when_a_call_was_imported_then_replay_pages_and_erase_know_it(desk: Desk) -> None:
    model("whisper-base", "model.bin")
    recording, again = desk.folder / "call.wav", desk.folder / "copy.wav"
    conversation(recording)
    again.write_bytes(recording.read_bytes())
    code, printed, errors = desk.run(recording, "--employee-channel", "left")
    assert code == 0, errors
    call = printed.split("Imported as ")[1].partition(":")[0]
    assert "emotion estimated in" in printed

    code, printed, _ = desk.run(again, "--employee-channel", "left")
    assert code == 0
    assert f"This recording is in the log already: `warmline replay {call}`" in printed
    store = EventStore.open_dir(desk.data_dir)
    rows, detail = call_list(store, 10), call_detail(store, CallId(call))
    store.close()
    assert [row["call_id"] for row in rows] == [call]
    assert rows[0]["live"]["ended_at_utc"] <= datetime.now(UTC).isoformat(), "no fact lies in the future"
    assert detail is not None
    assert detail["live"]["status"] == "ended"
    shape = measure(desk.data_dir / "recordings" / detail["live"]["recording_file"], 200)
    assert max(shape.caller) > 0.05
    assert max(shape.others) > 0.05

    replayed = desk.command("replay", call)
    for part in ("AGENT", "CALLER", "spoken over each other", "longest silence", "recording_over"):
        assert part in replayed

    desk.command("erase", "--call", call, "--yes")
    assert not any((desk.data_dir / "recordings").iterdir())
    code, printed, _ = desk.run(recording)
    assert code == 0
    assert "erased since. It is not brought back." in printed
    assert not any((desk.data_dir / "recordings").iterdir())


def test_when_nobody_says_who_the_caller_is_then_nobody_s_emotion_is_estimated(desk: Desk) -> None:
    model("whisper-base", "model.bin")
    recording = desk.folder / "call.wav"
    conversation(recording)
    desk.settings = '[privacy]\nrecording = "off"\n'
    code, printed, errors = desk.run(recording)
    assert code == 0, errors
    assert "no emotion estimated and the parts are a guess" in printed
    assert "language en" in printed, "found by the words"
    bodies = desk.bodies(printed.split("Imported as ")[1].partition(":")[0])
    assert not any(isinstance(body, EmotionEstimated) for body in bodies)
    (less,) = (body for body in bodies if isinstance(body, Degraded))
    assert (less.what, less.reason) == ("no_emotion", "caller_unknown")
    assert not any(isinstance(body, RecordingStarted) for body in bodies), "sound is kept where the settings allow it"
    assert not list(desk.data_dir.glob("recordings/*"))


def silent(path: Path, channels: int, seconds: float = 2.0, rate_hz: int = 8_000) -> Path:
    soundfile.write(path, np.zeros((round(seconds * rate_hz), channels), np.int16), rate_hz, subtype="PCM_16")
    return path


def test_when_a_file_cannot_be_imported_then_a_sentence_says_why_and_nothing_is_kept(desk: Desk) -> None:
    text, empty = desk.folder / "text.wav", desk.folder / "empty.mp3"
    text.write_text("no sound at all")
    empty.touch()
    cases = {
        desk.folder / "none.wav": "does not exist",
        desk.folder: "is a folder",
        text: "is no sound that can be read",
        empty: "is no sound that can be read",
        silent(desk.folder / "silent.wav", 2): "holds no sound",
        silent(desk.folder / "three.wav", 3): "has 3 channels",
        silent(desk.folder / "long.flac", 1, 3_700.0, 4_000): "lasts 61 minutes",
    }
    for path, why in cases.items():
        code, printed, errors = desk.run(path)
        assert (code, printed) == (1, "")
        assert f"The recording {path} {why}" in errors
    store = EventStore.open_dir(desk.data_dir)
    assert store.streams("call") == []
    store.close()


def test_when_a_file_of_two_channels_holds_one_sound_then_it_is_mono(tmp_path: Path) -> None:
    noise = np.random.default_rng(2).normal(0, 3_000, (32_000, 2)).astype(np.int16)
    soundfile.write(tmp_path / "two.wav", noise, 8_000)
    soundfile.write(tmp_path / "same.wav", np.stack([noise[:, 0], noise[:, 0] // 2], axis=1), 8_000)
    soundfile.write(tmp_path / "half.wav", np.stack([noise[:, 0] * 0, noise[:, 1]], axis=1), 8_000)
    sounds = {path.stem: read_sound(path) for path in tmp_path.glob("*.wav")}
    assert {name: len(sound.channels) for name, sound in sounds.items()} == {"two": 2, "same": 1, "half": 1}
    assert all(np.any(channel) for sound in sounds.values() for channel in sound.channels)
    assert {sound.duration_ms for sound in sounds.values()} == {4_000}


def two_noises(path: Path) -> Path:
    noise = np.random.default_rng(3).normal(0, 2_000, (8_000, 2)).astype(np.int16)
    soundfile.write(path, noise, 8_000)
    return path


def test_when_options_do_not_fit_the_recording_then_nothing_is_listened_to(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.import_command._work", lambda *_: pytest.fail("it is listened to"))
    two = two_noises(desk.folder / "two.wav")
    mono = desk.folder / "mono.wav"
    soundfile.write(mono, np.random.default_rng(4).normal(0, 2_000, 8_000).astype(np.int16), 8_000)
    cases = [
        ((two, "--caller-speaker", "1"), "--caller-speaker is for mono recordings"),
        ((two, "--voice-prints"), "--voice-prints is for mono recordings"),
        ((mono, "--employee-channel", "left"), "--employee-channel is for two channels"),
        ((two, "--started", "2035-01-01"), "lies in the future"),
        ((two, "--started", "2020-01-01"), "retention_days = 90"),
    ]
    for arguments, why in cases:
        code, printed, errors = desk.run(*arguments)
        assert (code, printed) == (1, "")
        assert why in errors
    for wrong in ("--speakers", "--caller-speaker"):
        with pytest.raises(SystemExit):
            desk.run(mono, wrong, "0")


def test_when_the_settings_ask_for_agreement_then_somebody_must_say_that_it_was_given(desk: Desk) -> None:
    desk.settings = '[privacy]\nrecording = "ask"\n'
    code, _, errors = desk.run(two_noises(desk.folder / "two.wav"))
    assert code == 1
    assert "say so by --agreed" in errors


@pytest.mark.skipif(importlib.util.find_spec("pyannote") is not None, reason="the extra `diarize` is installed")
def test_when_a_mono_recording_needs_the_extra_then_the_sentence_says_how_to_install_it(desk: Desk) -> None:
    mono = desk.folder / "mono.wav"
    soundfile.write(mono, np.random.default_rng(4).normal(0, 2_000, 8_000).astype(np.int16), 8_000)
    code, _, errors = desk.run(mono)
    assert code == 1
    assert "needs the extra `diarize`" in errors
    assert "pip install 'warmline[diarize]'" in errors


def test_when_a_file_may_not_be_read_then_the_sentence_says_so(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = two_noises(tmp_path / "closed.wav")
    path.chmod(0)
    with pytest.raises(CallCentreError, match="cannot be read: Permission denied"):
        read_sound(path)


def test_when_it_is_said_who_the_caller_is_then_everybody_else_is_an_employee(tmp_path: Path) -> None:
    mono = ImportOptions(recording=tmp_path / "x.wav", caller_speaker=2)
    assert _members(mono, 1, 3) == (["agent", "caller", "agent"], True)
    two = ImportOptions(recording=tmp_path / "x.wav", employee_channel="left")
    assert _members(two, 2, 2) == (["agent", "caller"], True)
    with pytest.raises(CallCentreError, match="only one voice was told apart"):
        _members(mono, 1, 1)


def test_when_it_is_not_said_who_the_caller_is_then_it_is_not_known(tmp_path: Path) -> None:
    nothing = ImportOptions(recording=tmp_path / "x.wav")
    assert _members(nothing, 2, 2) == (["caller", "agent"], False)
    assert _members(nothing, 1, 2) == (["agent", "caller"], False)
