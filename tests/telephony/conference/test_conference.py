"""The laws of the conference: nobody hears themselves, clocks never stop, one failure hurts one."""

from __future__ import annotations

import asyncio
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.audio import AudioFrame, Samples
from calls.ids import MemberRole
from telephony.conference import Conference
from telephony.mixing import Limiter, add_up, release, soft_clip
from telephony.net.ticker import Ticker
from tests.telephony.media_fakes import FakeSink, FakeSource, lag_of, level_of, tone, voice

FREQUENCIES = {"caller": 400.0, "bot": 650.0, "agent": 1100.0}
RATES = {"caller": 8000, "bot": 16_000, "agent": 48_000}


class Tap:
    def __init__(self) -> None:
        self.frames: list[tuple[str, AudioFrame]] = []

    def hear(self, member_id: str, frame: AudioFrame) -> None:
        self.frames.append((member_id, frame))


def conference_of(
    names: list[MemberRole], ticks: int = 50, level: float = 4000.0
) -> tuple[Conference, dict[str, FakeSink]]:
    conference = Conference(Ticker(), "call-1")
    sinks: dict[str, FakeSink] = {}
    for name in names:
        rate = RATES.get(name, 8000)
        sinks[name] = FakeSink()
        source = FakeSource(tone(FREQUENCIES.get(name, 300.0), ticks, rate, level), rate)
        conference.add(name, name, source, sinks[name], rate)
    return conference, sinks


def settled(sink: FakeSink) -> Samples:
    return np.concatenate([frame.samples for frame in sink.frames[5:]])


def test_when_three_rates_meet_then_each_hears_the_others_and_never_itself() -> None:
    conference, sinks = conference_of(["caller", "bot", "agent"])
    for _ in range(50):
        conference.tick()
    for listener, sink in sinks.items():
        rate = RATES[listener]
        assert {(frame.rate_hz, len(frame.samples)) for frame in sink.frames} == {(rate, rate // 50)}
        for speaker, frequency in FREQUENCIES.items():
            level = level_of(frequency, settled(sink), rate)
            assert level < 20 if speaker == listener else level == pytest.approx(4000, rel=0.03)


@settings(max_examples=30, deadline=None)
@given(st.sets(st.sampled_from(list(permutations(FREQUENCIES, 2)))))
def test_when_any_matrix_is_set_then_exactly_its_edges_are_heard(edges: set[tuple[str, str]]) -> None:
    conference, sinks = conference_of(["caller", "bot", "agent"], ticks=16)
    for speaker, listener in permutations(FREQUENCIES, 2):
        conference.connect(speaker, listener, (speaker, listener) in edges)
    for _ in range(15):
        conference.tick()
    for speaker, listener in permutations(FREQUENCIES, 2):
        level = level_of(FREQUENCIES[speaker], settled(sinks[listener]), RATES[listener])
        assert (level > 3000) == ((speaker, listener) in edges) == conference.hears(listener, speaker)


def test_when_one_speaks_at_the_listeners_rate_then_its_samples_pass_untouched() -> None:
    sound = voice(30)
    conference, heard = Conference(Ticker()), FakeSink()
    conference.add("caller", "caller", FakeSource(sound), None, 8000)
    conference.add("agent", "agent", None, heard, 8000)
    for _ in range(30):
        conference.tick()
    np.testing.assert_array_equal(heard.heard[160:], sound[160:])


def test_when_the_bot_speaks_to_a_phone_then_it_is_heard_within_two_milliseconds() -> None:
    sound = voice(30, 16_000)
    conference, heard = Conference(Ticker()), FakeSink()
    conference.add("bot", "bot", FakeSource(sound, 16_000), None, 16_000)
    conference.add("caller", "caller", None, heard, 8000)
    for _ in range(30):
        conference.tick()
    assert lag_of(sound[::2][400:3000], heard.heard) - 400 in (11, 12)


def test_when_nobody_speaks_then_silence_flows_and_the_clock_goes_on() -> None:
    conference, heard, tap = Conference(Ticker()), FakeSink(), Tap()
    source = FakeSource(np.zeros(0, dtype=np.int16))
    conference.add("caller", "caller", source, heard, 8000)
    conference.tap(tap)
    for _ in range(7):
        conference.tick()
    assert conference.t_ms == 140
    assert len(heard.frames) == 7
    assert not heard.heard.any()
    assert [frame.t_ms for _, frame in tap.frames] == source.asked == list(range(0, 140, 20))


def test_when_a_tap_listens_then_it_hears_every_member_before_mixing_at_its_own_rate() -> None:
    conference, _ = conference_of(["caller", "bot", "agent"])
    tap = Tap()
    conference.tap(tap)
    conference.connect("caller", "agent", False)
    for _ in range(20):
        conference.tick()
    for name, frequency in FREQUENCIES.items():
        frames = [frame for member_id, frame in tap.frames if member_id == name]
        assert len(frames) == 20
        assert {frame.rate_hz for frame in frames} == {RATES[name]}
        sound = np.concatenate([frame.samples for frame in frames])
        assert level_of(frequency, sound, RATES[name]) == pytest.approx(4000, rel=0.01)


def test_when_a_frame_was_made_up_then_the_tap_knows() -> None:
    class Lossy:
        def read(self, t_ms: int) -> AudioFrame:
            return AudioFrame(np.zeros(160, dtype=np.int16), 8000, 0, concealed=True)

    conference, tap = Conference(Ticker()), Tap()
    conference.add("caller", "caller", Lossy(), None, 8000)
    conference.tap(tap)
    conference.tick()
    conference.tick()
    assert [(frame.concealed, frame.t_ms) for _, frame in tap.frames] == [(True, 0), (True, 20)]


def test_when_a_member_joins_leaves_or_is_cut_off_then_no_click_is_heard() -> None:
    conference, heard = Conference(Ticker()), FakeSink()
    conference.add("agent", "agent", None, heard, 8000)
    conference.add("caller", "caller", FakeSource(tone(200, 60) + np.int16(3000)), None, 8000)
    conference.add("bot", "bot", FakeSource(tone(150, 200, 16_000), 16_000), None, 16_000)
    for tick in range(60):
        if tick == 20:
            conference.connect("caller", "agent", False)
        if tick == 30:
            conference.connect("caller", "agent", True)
        if tick == 40:
            conference.remove("caller")
        if tick == 50:
            conference.remove("bot")
        conference.tick()
    # The steepest slope of both tones together, and the release ramp of 5 ms from full sum.
    slope = 2 * np.pi * (200 + 150) * 8000 / 8000
    assert np.abs(np.diff(heard.heard.astype(int))).max() < 1.3 * slope + 400
    assert not heard.frames[-1].samples.any()


def test_when_a_supervisor_joins_then_it_hears_all_and_is_heard_by_none_until_told() -> None:
    conference, sinks = conference_of(["caller", "agent", "supervisor"])
    for _ in range(20):
        conference.tick()
    assert level_of(300.0, settled(sinks["caller"])) < 20
    assert level_of(400.0, settled(sinks["supervisor"])) > 3900
    assert level_of(1100.0, settled(sinks["supervisor"])) > 3900
    conference.connect("supervisor", "agent", True)
    sinks["agent"].frames.clear()
    sinks["caller"].frames.clear()
    for _ in range(20):
        conference.tick()
    assert level_of(300.0, settled(sinks["agent"]), 48_000) > 3900
    assert level_of(300.0, settled(sinks["caller"])) < 20


def test_when_a_source_raises_then_it_is_silent_and_the_others_are_heard(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def read(self, t_ms: int) -> AudioFrame:
            raise RuntimeError("broken")

    class WrongRate:
        def read(self, t_ms: int) -> AudioFrame:
            return AudioFrame(np.ones(320, dtype=np.int16), 16_000, t_ms)

    conference, heard, tap = Conference(Ticker(), "call-9"), FakeSink(), Tap()
    conference.add("broken", "agent", Broken(), None, 8000)
    conference.add("wrong", "agent", WrongRate(), None, 8000)
    conference.add("good", "caller", FakeSource(tone(400, 20)), None, 8000)
    conference.add("ear", "agent", None, heard, 8000)
    conference.tap(tap)
    for _ in range(20):
        conference.tick()
    assert level_of(400, settled(heard)) > 7900
    assert len(tap.frames) == 80
    assert sorted(entry.__dict__["member_id"] for entry in caplog.records) == ["broken", "wrong"]
    assert {entry.__dict__["conference_id"] for entry in caplog.records} == {"call-9"}


def test_when_a_sink_raises_then_the_others_hear_on(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def write(self, frame: AudioFrame) -> None:
            raise OSError("gone")

    conference, heard = Conference(Ticker()), FakeSink()
    conference.add("caller", "caller", FakeSource(tone(400, 20)), Broken(), 8000)
    conference.add("agent", "agent", None, heard, 8000)
    for _ in range(20):
        conference.tick()
    assert level_of(400, settled(heard)) > 7900
    assert len(caplog.records) == 1


def test_when_a_tap_raises_then_it_is_dropped_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def hear(self, member_id: str, frame: AudioFrame) -> None:
            raise RuntimeError("disk")

    conference, sinks = conference_of(["caller", "agent"])
    good = Tap()
    conference.tap(Broken())
    untap = conference.tap(good)
    for _ in range(5):
        conference.tick()
    untap()
    conference.tick()
    assert len(good.frames) == 10
    assert len(sinks["agent"].frames) == 6
    assert len(caplog.records) == 1


def test_when_a_member_hangs_up_in_the_middle_of_a_tick_then_the_tick_is_finished() -> None:
    conference = Conference(Ticker())

    class Leaver:
        def read(self, t_ms: int) -> AudioFrame | None:
            if t_ms == 40:
                conference.remove("leaver")
            return AudioFrame(tone(400, 1), 8000, t_ms)

    heard = FakeSink()
    conference.add("leaver", "caller", Leaver(), None, 8000)
    conference.add("ear", "agent", None, heard, 8000)
    for _ in range(5):
        conference.tick()
    assert len(heard.frames) == 5
    assert not heard.frames[-1].samples.any()
    assert conference.member_ids == ("ear",)


def test_when_ids_are_wrong_then_it_is_said() -> None:
    conference, _ = conference_of(["caller", "bot"])
    with pytest.raises(ValueError, match="themselves"):
        conference.connect("caller", "caller", True)
    with pytest.raises(KeyError):
        conference.connect("caller", "nobody", True)
    with pytest.raises(ValueError, match="already"):
        conference.add("bot", "bot", None, None, 8000)
    conference.remove("nobody")


@pytest.mark.realtime
async def test_when_a_ticker_drives_it_then_the_clock_counts_its_ticks_until_closed() -> None:
    ticker = Ticker()
    conference = Conference(ticker)
    heard = FakeSink()
    conference.add("caller", "caller", None, heard, 8000)
    ticker.start()
    await asyncio.sleep(0.13)
    conference.close()
    counted = conference.t_ms
    assert counted == 20 * len(heard.frames)
    assert 80 <= counted <= 140
    await asyncio.sleep(0.05)
    assert conference.t_ms == counted
    conference.start()
    ticker.stop()


def test_when_sums_exceed_full_scale_then_they_are_bent_and_order_is_kept() -> None:
    ladder = np.arange(-100_000, 100_000, 97, dtype=np.int32)
    bent = soft_clip(ladder).astype(int)
    assert (np.diff(bent) >= 0).all()
    assert bent.min() >= -32_767
    assert bent.max() <= 32_767
    quiet = np.abs(ladder) <= 24_576
    np.testing.assert_array_equal(bent[quiet], ladder[quiet])


def test_when_many_loud_voices_are_added_then_nothing_wraps() -> None:
    loud = [np.full(160, 32_767, dtype=np.int16)] * 10
    assert Limiter().process(add_up(loud, 160), 8000).min() > 0


def test_when_a_voice_is_released_then_it_ends_in_five_milliseconds() -> None:
    tail = release(8000, 8000, 160)
    assert tail[0] == 8000
    assert (np.diff(tail) <= 0).all()
    assert not tail[40:].any()
