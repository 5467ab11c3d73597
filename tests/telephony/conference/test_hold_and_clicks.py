"""What members on hold hear, that changes of the matrix make no click, and that loud talk is not distorted."""

from __future__ import annotations

import wave
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from calls.audio import AudioFrame, Samples, level_dbfs
from calls.errors import CallCentreError
from telephony.conference import Conference
from telephony.hold_sound import HoldSounds, LoopSource
from telephony.mixing import Limiter, soft_clip
from telephony.net.ticker import Ticker
from tests.telephony.media_fakes import FakeSink, FakeSource, lag_of, level_of, tone, voice

TICKS = 100


@cache
def sounds() -> HoldSounds:
    return HoldSounds()


class Room:
    """Caller at 400 Hz, agent at 1100 Hz and a third one at 650 Hz, at the rates of telephones and browsers."""

    def __init__(self, rate_hz: int = 8000, level: float = 4000.0) -> None:
        self.conference = Conference(Ticker(), "call-1")
        self.sinks = {name: FakeSink() for name in ("caller", "agent", "third")}
        for name, frequency in (("caller", 400.0), ("agent", 1100.0), ("third", 650.0)):
            source = FakeSource(tone(frequency, 4 * TICKS, rate_hz, level), rate_hz)
            role = "caller" if name == "caller" else "agent"
            self.conference.add(name, role, source, self.sinks[name], rate_hz)  # type: ignore[arg-type]
        self.rate_hz = rate_hz

    def run(self, ticks: int = TICKS) -> dict[str, Samples]:
        for sink in self.sinks.values():
            sink.frames.clear()
        for _ in range(ticks):
            self.conference.tick()
        return {name: sink.heard for name, sink in self.sinks.items()}

    def levels(self, heard: Samples) -> tuple[int, ...]:
        settled = heard[self.rate_hz // 2 :]
        return tuple(int(round(level_of(f, settled, self.rate_hz), -2)) for f in (400.0, 1100.0, 650.0))


def test_when_a_caller_is_on_hold_then_it_hears_music_alone_and_the_others_go_on() -> None:
    room = Room()
    room.run()
    room.conference.hold("caller", sounds().music(8000))
    heard = room.run()
    music = sounds().music(8000)
    expected = np.concatenate([music.read(0).samples for _ in range(TICKS)])
    settled = slice(4000, None)
    assert np.corrcoef(heard["caller"][settled], expected[settled])[0, 1] > 0.999
    assert room.levels(heard["agent"]) == (0, 0, 4000)
    assert room.levels(heard["third"]) == (0, 4000, 0)
    room.conference.resume("caller")
    heard = room.run()
    assert room.levels(heard["caller"]) == (0, 4000, 4000)
    assert room.levels(heard["agent"]) == (4000, 0, 4000)


def test_when_a_caller_on_hold_speaks_then_taps_hear_it_and_no_tap_hears_the_music() -> None:
    room = Room()
    heard: list[tuple[str, AudioFrame]] = []

    class Tap:
        def hear(self, member_id: str, frame: AudioFrame) -> None:
            heard.append((member_id, frame))

    room.conference.tap(Tap())
    room.conference.hold("caller", sounds().music(8000))
    room.run()
    assert {name for name, _ in heard} == {"caller", "agent", "third"}
    said = np.concatenate([frame.samples for name, frame in heard if name == "caller"])
    np.testing.assert_array_equal(said, tone(400.0, TICKS, level=4000.0))
    assert [frame.t_ms for name, frame in heard if name == "caller"] == list(range(0, 20 * TICKS, 20))


def test_when_the_caller_speaks_over_the_music_then_it_is_turned_down_and_comes_back() -> None:
    room = Room()
    room.conference.hold("caller", LoopSource(tone(500, 50), 8000))
    room.run()
    room.conference.duck("caller", True)
    low = level_of(500, room.run()["caller"][4000:])
    room.conference.duck("caller", False)
    high = level_of(500, room.run()["caller"][4000:])
    assert low == pytest.approx(0.2 * 8000, rel=0.03)
    assert high == pytest.approx(8000, rel=0.03)


def test_when_hold_is_over_before_it_began_then_nothing_of_it_is_left() -> None:
    room = Room()
    room.conference.hold("caller", LoopSource(tone(500, 50), 8000))
    room.conference.resume("caller")
    assert level_of(500, room.run()["caller"]) < 20
    room.conference.hold("caller", LoopSource(tone(500, 50), 8000))
    room.conference.hold("caller", LoopSource(tone(900, 50), 8000))
    heard = room.run()["caller"][4000:]
    assert (round(level_of(500, heard), -2), round(level_of(900, heard), -2)) == (0, 8000)
    room.conference.remove("caller")
    room.conference.tick()


def test_when_a_gain_is_set_then_the_pair_hears_it_so_and_others_do_not() -> None:
    room = Room()
    room.conference.set_gain("caller", "agent", 0.25)
    room.conference.set_gain("third", "agent", 2.0)
    heard = room.run()
    assert room.levels(heard["agent"]) == (1000, 0, 8000)
    assert room.levels(heard["third"]) == (4000, 4000, 0)


def test_when_a_supervisor_whispers_to_the_agent_then_the_caller_does_not_hear_it() -> None:
    room = Room()
    room.conference.whisper("third", "agent")
    heard = room.run()
    assert room.levels(heard["agent"]) == (4000, 0, 4000)
    assert room.levels(heard["caller"]) == (0, 4000, 0)


def test_when_a_member_is_muted_then_nobody_hears_it_but_it_hears_the_others() -> None:
    room = Room()
    room.conference.mute("agent", True)
    heard = room.run()
    assert room.levels(heard["caller"]) == (0, 0, 4000)
    assert room.levels(heard["agent"]) == (4000, 0, 4000)


def splatter_dbfs(heard: Samples, rate_hz: int) -> float:
    """Return the loudest 20 ms of what lies far above the tones, where only a click would be."""
    spectrum = np.fft.rfft(heard.astype(float))
    spectrum[: int(len(heard) * 2500 / rate_hz)] = 0
    above = np.fft.irfft(spectrum, len(heard))
    size = rate_hz // 50
    return max(level_dbfs(above[at : at + size].astype(np.int16)) for at in range(0, len(above) - size, size // 2))


CHANGES: dict[str, tuple[Callable[[Room], object], Callable[[Room], object]]] = {
    "connect": (
        lambda room: room.conference.connect("caller", "agent", False),
        lambda room: room.conference.connect("caller", "agent", True),
    ),
    "mute": (lambda room: room.conference.mute("caller", True), lambda room: room.conference.mute("caller", False)),
    "gain": (
        lambda room: room.conference.set_gain("caller", "agent", 0.1),
        lambda room: room.conference.set_gain("caller", "agent", 1.0),
    ),
    "whisper": (
        lambda room: room.conference.whisper("caller", "third"),
        lambda room: room.conference.whisper("caller", None),
    ),
    "hold": (
        lambda room: room.conference.hold("agent", LoopSource(tone(300, 50, room.rate_hz), room.rate_hz)),
        lambda room: room.conference.resume("agent"),
    ),
    "leave and join": (
        lambda room: room.conference.remove("caller"),
        lambda room: room.conference.add("caller", "caller", FakeSource(tone(400, 50, 8000, 4000.0)), None, 8000),
    ),
    "silence": (
        lambda room: room.conference.add("brief", "bot", FakeSource(tone(450, 30, level=4000.0) + 900), None, 8000),
        lambda room: None,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_when_the_matrix_changes_then_there_is_neither_a_step_nor_a_click(change: str) -> None:
    away, back = CHANGES[change]
    room = Room()
    quiet = splatter_dbfs(room.run()["agent"][2000:], 8000)
    steps, clicks = [], []
    for wish in (away, back):
        for sink in room.sinks.values():
            sink.frames.clear()
        for tick in range(40):
            if tick == 10:
                wish(room)
            room.conference.tick()
        heard = room.sinks["agent"].heard[800:]  # the first frames end what came before
        steps.append(int(np.abs(np.diff(heard.astype(int))).max()))
        window = np.hanning(len(heard))
        clicks.append(splatter_dbfs((heard * window).astype(np.int16), 8000))
    # The steepest slope of all tones together, with a little for the ramps.
    assert max(steps) < 1.15 * 2 * np.pi * (400 + 650 + 450 + 300) * 4000 / 8000
    # A cut measures -50 dBFS here, see below; rounding to 16 bits alone, -90.
    assert max(clicks) < max(-72, quiet + 1), (quiet, clicks)


def test_when_a_tone_is_cut_without_a_ramp_then_the_measure_of_clicks_sees_it() -> None:
    cut = tone(400, 40, level=4000.0)
    cut[3205:] = 0
    assert splatter_dbfs((cut * np.hanning(len(cut))).astype(np.int16), 8000) > -52


def distortion_db(heard: Samples, tones: tuple[float, ...]) -> float:
    """Return how far below the tones everything else is, in dB."""
    at = np.arange(len(heard)) / 8000
    parts = [wave(2 * np.pi * f * at) for f in tones for wave in (np.sin, np.cos)]
    basis = np.stack([*parts, np.ones(len(heard))], axis=1)
    weights, *_ = np.linalg.lstsq(basis, heard.astype(float), rcond=None)
    fitted = basis @ weights
    return float(10 * np.log10(np.mean(fitted**2) / np.mean((heard - fitted) ** 2)))


def test_when_two_speak_at_full_level_then_the_limiter_keeps_them_clean_where_bending_would_not() -> None:
    room = Room(level=26_000.0)
    heard = room.run()["agent"][4000:]
    assert np.abs(heard.astype(int)).max() < 32_767
    limited = distortion_db(heard, (400.0, 650.0))
    total = (tone(400, TICKS, level=26_000.0).astype(np.int32) + tone(650, TICKS, level=26_000.0))[4000:]
    bent = distortion_db(soft_clip(total), (400.0, 650.0))
    assert limited > 25
    assert limited > bent + 10


def test_when_loud_talk_is_over_then_the_limiter_opens_within_two_seconds_and_passes_samples_untouched() -> None:
    limiter = Limiter()
    limiter.process(np.full(160, 60_000, dtype=np.int32), 8000)
    quiet = tone(400, 1).astype(np.int32)
    opened = []
    for _ in range(100):
        limiter.process(quiet, 8000)
        opened.append(limiter.open)
    assert not any(opened[:10])
    assert opened[-1]
    np.testing.assert_array_equal(limiter.process(quiet, 8000), quiet)


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 48_000])
def test_when_our_music_plays_then_it_is_quiet_within_the_telephone_band_and_has_no_seam(rate_hz: int) -> None:
    source = sounds().music(rate_hz)
    heard = np.concatenate([source.read(0).samples for _ in range(2400)])
    assert level_dbfs(heard) == pytest.approx(-30, abs=1)
    assert np.abs(heard.astype(int)).max() < 16_384
    power = np.abs(np.fft.rfft(heard.astype(float))) ** 2
    hz = np.fft.rfftfreq(len(heard), 1 / rate_hz)
    assert power[(hz > 200) & (hz < 3500)].sum() > 0.98 * power.sum()
    # Never dead: no half second in it is silent.
    half = rate_hz // 2
    assert min(level_dbfs(heard[at : at + half]) for at in range(0, len(heard) - half, half)) > -45
    # Where it begins anew it moves no faster than within.
    length = next(n for n in range(rate_hz * 20, len(heard)) if np.array_equal(heard[n : n + 50], heard[:50]))
    steps = np.abs(np.diff(heard.astype(int)))
    assert steps[length - 50 : length + 50].max() <= steps[: length - 50].max()


def test_when_the_comfort_tone_plays_then_it_beeps_softly_and_is_mostly_silent() -> None:
    source = sounds().comfort_tone(8000)
    heard = np.concatenate([source.read(0).samples for _ in range(250)])
    assert level_of(425, heard[400:1200]) > 100
    assert level_dbfs(heard[:4000]) < -40
    assert not heard[5000:].any()


def write_wav(path: Path, samples: Samples, rate_hz: int, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(samples.tobytes())
    return path


def test_when_the_operator_has_a_recording_then_it_is_played_at_our_level_and_the_legs_rate(tmp_path: Path) -> None:
    sound = voice(150, 44_100, pitch_hz=300.0)
    stereo = np.repeat(sound[:, None], 2, axis=1)
    source = HoldSounds(write_wav(tmp_path / "own.wav", stereo, 44_100, 2)).music(8000)
    heard = np.concatenate([source.read(0).samples for _ in range(300)])
    assert level_dbfs(heard) == pytest.approx(-30, abs=1)
    at = np.arange(8000) * 44_100 / 8000 + 44_100
    expected = np.interp(at, np.arange(len(sound)), sound.astype(float)).astype(np.int16)
    place = lag_of(expected, heard[:20_000])
    assert abs(place - 8000) <= 2
    assert np.corrcoef(heard[place : place + 8000], expected)[0, 1] > 0.97


@pytest.mark.parametrize("kind", ["missing", "text", "silent", "short", "wide"])
def test_when_the_recording_cannot_be_played_then_the_sentence_names_it(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "own.wav"
    if kind == "text":
        path.write_text("la la la")
    elif kind == "silent":
        write_wav(path, np.zeros(16_000, dtype=np.int16), 8000)
    elif kind == "short":
        write_wav(path, tone(400, 5), 8000)
    elif kind == "wide":
        write_wav(path, tone(400, 100), 4000)
    with pytest.raises(CallCentreError, match=r"own\.wav") as bad:
        HoldSounds(path)
    assert (bad.value.code, bad.value.fault) == ("media.bad_hold_music", "operator")
