"""The jitter buffer with everything around it, on networks made to a pattern."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.audio import level_dbfs
from telephony.codecs import make_codec
from telephony.codecs.g711 import G711
from telephony.rtp.jitter_buffer import JitterSettings
from telephony.rtp.packet import RtpPacket
from telephony.rtp.receiver import RtpReceiver
from tests.telephony.media_fakes import FRAME, joined, lag_of, packets, run_network, tone, voice

SHORT = JitterSettings(start_ms=10)
"""Begins with so little delay that nothing is shortened later: samples stay aligned."""


RISE = 40
"""Samples that are faded in after silence."""


def receiver(settings: JitterSettings | None = None) -> RtpReceiver:
    return RtpReceiver(G711("PCMU"), 0, 101, settings)


def test_when_the_network_is_even_then_every_sample_comes_out_in_order() -> None:
    sound = voice(100)
    under_test = receiver(SHORT)
    out = joined(run_network(under_test, ((20.0 * n, p) for n, p in enumerate(packets(sound))), 110))
    decoded = G711("PCMU").decode(G711("PCMU").encode(sound))
    start = lag_of(decoded[: 20 * FRAME], out)
    np.testing.assert_array_equal(out[start + RISE : start + len(decoded)], decoded[RISE:])
    assert under_test.tracker.lost == 0
    assert start <= 3 * FRAME


def test_when_nothing_came_yet_then_silence_is_given_and_marked_as_made_up() -> None:
    frame = receiver().pull(0.0)
    assert frame.concealed
    assert not frame.samples.any()
    assert len(frame.samples) == FRAME


@pytest.mark.parametrize("lost", [{30}, {30, 31}, {20, 40, 60}, set(range(50, 60))])
def test_when_packets_are_lost_then_only_their_ticks_are_made_up_and_time_stays_aligned(lost: set[int]) -> None:
    sound = voice(100)
    under_test = receiver(SHORT)
    arrivals = ((20.0 * n, p) for n, p in enumerate(packets(sound)) if n not in lost)
    pulled = run_network(under_test, arrivals, 102)
    out = joined(pulled)
    decoded = G711("PCMU").decode(G711("PCMU").encode(sound))
    start = lag_of(decoded[: 20 * FRAME], out)
    first = start // FRAME
    assert under_test.tracker.lost == len(lost)
    assert [n - first for n, frame in enumerate(pulled) if frame.concealed and n >= first and n < 100] == sorted(lost)
    for n in (10, 19, 70, 90):
        np.testing.assert_array_equal(
            out[start + n * FRAME : start + (n + 1) * FRAME], decoded[n * FRAME : (n + 1) * FRAME]
        )


def test_when_packets_are_reordered_and_doubled_then_the_sound_is_whole() -> None:
    sound = voice(60)
    stream = packets(sound)
    times = [20.0 * n + (25.0 if n % 5 == 0 else 0.0) for n in range(60)]
    arrivals = [*zip(times, stream, strict=True), *((t + 1, p) for t, p in zip(times, stream, strict=True))]
    under_test = receiver(JitterSettings(start_ms=60))
    out = joined(run_network(under_test, arrivals, 66))
    decoded = G711("PCMU").decode(G711("PCMU").encode(sound))
    start = lag_of(decoded[: 20 * FRAME], out)
    np.testing.assert_array_equal(out[start + RISE : start + 38 * FRAME], decoded[RISE : 38 * FRAME])
    assert under_test.tracker.stats.reordered > 0


def test_when_the_network_is_uneven_then_the_delay_grows_until_hardly_anything_is_late() -> None:
    frames = 1500
    generator = np.random.default_rng(5)
    delays = generator.exponential(15.0, frames)
    under_test = receiver()
    arrivals = [(20.0 * n + delays[n], p) for n, p in enumerate(packets(voice(frames)))]
    run_network(under_test, arrivals, 500)
    under_test = receiver()
    pulled = run_network(under_test, arrivals, frames)
    late_half = pulled[frames // 2 :]
    assert sum(frame.concealed for frame in late_half) / len(late_half) < 0.03
    assert 40 <= under_test.jitter.target_ms <= 110
    assert under_test.jitter.stats.late < 0.03 * frames


def test_when_the_network_calms_down_then_the_delay_shrinks_again() -> None:
    frames = 2000
    delays = np.where(np.arange(frames) < 500, np.random.default_rng(6).uniform(0, 120, frames), 0.0)
    under_test = receiver()
    arrivals = [(20.0 * n + delays[n], p) for n, p in enumerate(packets(voice(frames)))]
    run_network(under_test, [a for a in arrivals if a[0] < 9_000], 450)
    rough_ms = under_test.jitter.delay_ms
    under_test = receiver()
    run_network(under_test, arrivals, frames)
    assert rough_ms > 80
    assert under_test.jitter.delay_ms < 40
    assert under_test.stats.shortened_ms > 40


def test_when_the_network_stalls_and_bursts_then_no_word_is_lost_and_the_delay_is_worked_off() -> None:
    frames = 400
    sound = voice(frames)
    arrivals = [(20.0 * n if not 100 <= n < 120 else 2400.0, p) for n, p in enumerate(packets(sound))]
    under_test = receiver()
    run_network(under_test, arrivals, frames)
    stats = under_test.jitter.stats
    assert stats.played > frames - 10
    assert stats.late == 0
    assert stats.stepped_back >= 1
    assert under_test.jitter.delay_ms < 260


def test_when_the_senders_clock_runs_fast_then_delay_stays_bounded_over_ten_minutes() -> None:
    frames = 30_000
    sound = voice(500)
    stream = packets(np.tile(sound, frames // 500))
    under_test = receiver()
    ppm = 100e-6
    run_network(under_test, ((20.0 * n * (1 - ppm), p) for n, p in enumerate(stream)), frames - 10)
    assert under_test.jitter.delay_ms < 70
    assert under_test.stats.concealed < 10
    assert under_test.stats.shortened_ms >= 40


def test_when_the_senders_clock_runs_slow_then_hardly_anything_is_made_up() -> None:
    frames = 30_000
    sound = voice(500)
    stream = packets(np.tile(sound, frames // 500))
    under_test = receiver()
    run_network(under_test, ((20.0 * n * (1 + 100e-6), p) for n, p in enumerate(stream)), frames)
    assert under_test.jitter.stats.late == 0
    assert under_test.stats.concealed < 10


def test_when_another_sender_takes_over_then_its_sound_is_played() -> None:
    first, second = voice(50), voice(50, pitch_hz=190, seed=2)
    arrivals = [(20.0 * n, p) for n, p in enumerate(packets(first))]
    arrivals += [(1000 + 20.0 * n, p) for n, p in enumerate(packets(second, sequence=9, timestamp=77, ssrc=99))]
    under_test = receiver()
    out = joined(run_network(under_test, arrivals, 100))
    decoded = G711("PCMU").decode(G711("PCMU").encode(second))
    start = lag_of(decoded[2 * FRAME : 20 * FRAME], out)
    assert 50 * FRAME <= start <= 55 * FRAME
    assert under_test.tracker.stats.restarts == 1


@pytest.mark.parametrize("jump", [160_000, -160_000, 4_000_000_000])
def test_when_the_timestamp_jumps_then_playing_goes_on(jump: int) -> None:
    stream = packets(tone(440, 100), sequence=1, timestamp=500_000)
    moved = [
        RtpPacket(p.payload_type, p.sequence, (p.timestamp + (jump if n >= 50 else 0)) & 0xFFFFFFFF, 7, p.payload)
        for n, p in enumerate(stream)
    ]
    under_test = receiver()
    pulled = run_network(under_test, ((20.0 * n, p) for n, p in enumerate(moved)), 100)
    assert sum(frame.concealed for frame in pulled[4:]) <= 5
    assert under_test.jitter.stats.played >= 95


def test_when_the_sender_pauses_without_counting_time_then_nothing_is_thrown_away() -> None:
    stream = packets(tone(440, 100), sequence=1, timestamp=1)
    arrivals = [(20.0 * n + (600.0 if n >= 50 else 0.0), p) for n, p in enumerate(stream)]
    under_test = receiver()
    run_network(under_test, arrivals, 140)
    assert under_test.jitter.stats.late == 0
    assert under_test.jitter.stats.played >= 98
    assert under_test.jitter.delay_ms < 800


def test_when_packets_hold_30_ms_then_frames_are_still_20_ms_and_whole() -> None:
    sound = voice(90)
    codec = G711("PCMU")
    stream = [RtpPacket(0, n, n * 240, 7, codec.encode(sound[n * 240 : (n + 1) * 240])) for n in range(60)]
    under_test = receiver(SHORT)
    out = joined(run_network(under_test, ((30.0 * n, p) for n, p in enumerate(stream)), 92))
    decoded = codec.decode(codec.encode(sound))
    start = lag_of(decoded[: 20 * FRAME], out)
    np.testing.assert_array_equal(out[start + RISE : start + 80 * FRAME], decoded[RISE : 80 * FRAME])


def test_when_the_sender_falls_silent_with_comfort_noise_then_ticks_are_not_counted_as_lost() -> None:
    stream = packets(tone(440, 40), sequence=1, timestamp=0)
    noise = RtpPacket(13, 41, 40 * FRAME, 7, b"\x40")
    later = packets(tone(440, 40), sequence=42, timestamp=140 * FRAME)
    arrivals = [(20.0 * n, p) for n, p in enumerate(stream)] + [(800.0, noise)]
    arrivals += [(2800 + 20.0 * n, p) for n, p in enumerate(later)]
    under_test = receiver()
    pulled = run_network(under_test, arrivals, 179)
    assert under_test.stats.concealed <= 2
    assert under_test.tracker.lost == 0
    assert level_dbfs(joined(pulled[60:130])) == pytest.approx(-64.0, abs=0.5)
    assert np.abs(joined(pulled[150:170])).max() > 7000


@pytest.mark.parametrize("pause_ticks", [8, 60, 400])
def test_when_the_sender_pauses_without_a_word_but_counts_time_then_nothing_is_counted_as_lost(
    pause_ticks: int,
) -> None:
    before = packets(tone(440, 50), sequence=1, timestamp=0)
    after = packets(tone(440, 50), sequence=51, timestamp=(50 + pause_ticks) * FRAME)
    arrivals = [(20.0 * n, p) for n, p in enumerate(before)]
    arrivals += [(1000.0 + 20.0 * (pause_ticks + n), p) for n, p in enumerate(after)]
    under_test = receiver()
    pulled = run_network(under_test, arrivals, 100 + pause_ticks)
    assert under_test.stats.concealed == 0
    assert under_test.tracker.lost == 0
    assert np.abs(joined(pulled[-40:-10])).max() > 7000


def test_when_opus_packets_get_lost_then_the_copies_in_the_next_ones_are_used_and_the_sound_is_closer() -> None:
    size = 320
    sound = voice(400, 16_000)
    encoder = make_codec("OPUS", rate_hz=16_000, fmtp="useinbandfec=1")
    payloads = [encoder.encode(sound[n * size : (n + 1) * size]) for n in range(400)]
    bare = make_codec("OPUS", rate_hz=16_000)
    payloads_bare = [bare.encode(sound[n * size : (n + 1) * size]) for n in range(400)]

    def play(payloads: list[bytes], lost: set[int]) -> tuple[RtpReceiver, np.ndarray]:
        under_test = RtpReceiver(
            make_codec("OPUS", rate_hz=16_000), 96, settings=JitterSettings(start_ms=45, min_ms=45)
        )
        stream = [RtpPacket(96, n, 960 * n, 7, payload) for n, payload in enumerate(payloads)]
        arrivals = ((20.0 * n, packet) for n, packet in enumerate(stream) if n not in lost)
        return under_test, joined(run_network(under_test, arrivals, 400)).astype(float)

    lost = {n for n in range(60, 390) if n % 9 in (3, 7)}
    errors = {}
    for name, stream in (("copies", payloads), ("none", payloads_bare)):
        _, whole = play(stream, set())
        under_test, repaired = play(stream, lost)
        assert under_test.tracker.lost == len(lost)
        assert under_test.stats.repaired == pytest.approx(len(lost), abs=2)
        errors[name] = np.sum((repaired - whole) ** 2) / np.sum(whole**2)
    assert errors["copies"] < 0.7 * errors["none"]
    assert errors["copies"] < 0.2


def test_when_losses_could_be_repaired_then_the_delay_is_held_long_enough_for_it() -> None:
    encoder = make_codec("OPUS", rate_hz=16_000, fmtp="useinbandfec=1")
    sound = voice(1500, 16_000)
    stream = [RtpPacket(96, n, 960 * n, 7, encoder.encode(sound[n * 320 : n * 320 + 320])) for n in range(1500)]
    lost = {n for n in range(100, 1500) if n % 20 == 5}
    under_test = RtpReceiver(make_codec("OPUS", rate_hz=16_000), 96)
    run_network(under_test, ((20.0 * n, packet) for n, packet in enumerate(stream) if n not in lost), 1500)
    assert under_test.stats.repaired > 0.7 * len(lost)
    assert under_test.jitter.delay_ms < 60


def test_when_a_payload_type_is_unknown_or_empty_then_it_is_ignored() -> None:
    under_test = receiver()
    under_test.push(RtpPacket(96, 1, 0, 7, b"video"), 0.0)
    under_test.push(RtpPacket(0, 2, 160, 7, b""), 1.0)
    assert under_test.stats.unknown_payload_types == 1
    assert under_test.pull(100.0).concealed


def test_when_a_sender_plays_at_double_speed_then_at_most_a_second_waits() -> None:
    under_test = receiver()
    pulled = run_network(under_test, ((10.0 * n, p) for n, p in enumerate(packets(tone(440, 400)))), 200)
    assert under_test.jitter.stats.overflowed > 0
    assert under_test.jitter.delay_ms < 1200
    assert sum(frame.concealed for frame in pulled[5:]) <= 3


def test_when_pulling_starts_late_then_the_oldest_sound_is_not_played_first() -> None:
    under_test = receiver()
    for n, packet in enumerate(packets(tone(440, 100))):
        under_test.push(packet, 20.0 * n)
    under_test.pull(2000.0)
    under_test.pull(2020.0)
    assert under_test.jitter.delay_ms < 100


def test_when_nobody_pulled_for_a_while_then_only_new_sound_is_played() -> None:
    stream = packets(voice(400), sequence=1, timestamp=1)
    under_test = receiver()
    run_network(under_test, ((20.0 * n, p) for n, p in enumerate(stream[:50])), 50)
    for n, packet in enumerate(stream[50:300]):
        under_test.push(packet, 20.0 * (50 + n))
    made_up = 0
    for n, packet in enumerate(stream[300:]):
        at_ms = 20.0 * (300 + n)
        under_test.push(packet, at_ms)
        made_up += under_test.pull(at_ms + 7).concealed
    assert made_up <= 4
    assert under_test.jitter.delay_ms < 70


def test_when_the_sender_goes_on_counting_through_a_hold_then_sound_is_back_at_once() -> None:
    stream = packets(voice(400), sequence=1, timestamp=1)
    under_test = receiver()
    run_network(under_test, ((20.0 * n, p) for n, p in enumerate(stream[:50])), 50)
    under_test.resync()
    made_up = 0
    for n, packet in enumerate(stream[70:]):
        at_ms = 20.0 * (70 + n)
        under_test.push(packet, at_ms)
        made_up += under_test.pull(at_ms + 7).concealed
    assert made_up <= 4
    assert under_test.jitter.delay_ms < 70


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 0, 0, 0, 13, 101, 96]),
            st.integers(0, 0xFFFF),
            st.integers(0, 0xFFFFFFFF),
            st.sampled_from([7, 7, 7, 8]),
            st.binary(max_size=330),
            st.integers(0, 60),
        ),
        max_size=60,
    ),
    st.booleans(),
)
def test_when_packets_are_wild_then_every_tick_still_gives_a_whole_frame(
    wild: list[tuple[int, int, int, int, bytes, int]], steady: bool
) -> None:
    under_test = receiver()
    now_ms = 0.0
    for n, (kind, sequence, timestamp, ssrc, payload, wait_ms) in enumerate(wild):
        number, time = sequence, timestamp
        if steady:
            number, time = 100 + n + sequence % 3, 1000 + 160 * n + timestamp % 400
        under_test.push(RtpPacket(kind, number & 0xFFFF, time & 0xFFFFFFFF, ssrc, payload), now_ms)
        now_ms += wait_ms
        frame = under_test.pull(now_ms)
        assert len(frame.samples) == FRAME
        assert frame.samples.dtype == np.int16
        assert isinstance(under_test.digits_due(now_ms), list)
    assert len(under_test._held) <= 3 * FRAME + 330
