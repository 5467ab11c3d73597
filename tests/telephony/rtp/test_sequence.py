from __future__ import annotations

from telephony.rtp.packet import RtpPacket
from telephony.rtp.sequence import SourceTracker, Unwrapper


def packet(sequence: int, ssrc: int = 1) -> RtpPacket:
    return RtpPacket(0, sequence & 0xFFFF, 0, ssrc, b"")


def test_when_a_counter_wraps_then_it_goes_on_growing() -> None:
    unwrap = Unwrapper(16)
    assert [unwrap.extend(value) for value in (65_534, 65_535, 0, 1)] == [65_534, 65_535, 65_536, 65_537]


def test_when_packets_are_reordered_across_the_wrap_then_the_late_one_is_lower() -> None:
    unwrap = Unwrapper(16)
    assert [unwrap.extend(value) for value in (65_535, 1, 0, 2)] == [65_535, 65_537, 65_536, 65_538]


def test_when_packets_are_missing_then_they_are_counted_as_lost() -> None:
    tracker = SourceTracker(8000)
    for sequence in (65_533, 65_534, 1, 2, 4):
        assert tracker.judge(packet(sequence)) == "in_order"
    assert tracker.expected == 8
    assert tracker.lost == 3
    assert tracker.fraction_lost() == 3 / 8
    assert tracker.fraction_lost() == 0.0


def test_when_a_packet_comes_after_its_successor_then_it_is_reordered_and_not_lost() -> None:
    tracker = SourceTracker(8000)
    assert [tracker.judge(packet(sequence)) for sequence in (1, 3, 2, 4)] == [
        "in_order",
        "in_order",
        "reordered",
        "in_order",
    ]
    assert tracker.lost == 0
    assert tracker.stats.reordered == 1


def test_when_one_stray_packet_of_another_sender_comes_then_it_is_not_believed() -> None:
    tracker = SourceTracker(8000)
    tracker.judge(packet(1))
    assert tracker.judge(packet(900, ssrc=2)) == "on_trial"
    assert tracker.judge(packet(2)) == "in_order"
    assert tracker.ssrc == 1


def test_when_another_sender_goes_on_then_it_is_believed_at_its_second_packet() -> None:
    tracker = SourceTracker(8000)
    for sequence in (1, 2, 3):
        tracker.judge(packet(sequence))
    assert tracker.judge(packet(40_000, ssrc=2)) == "on_trial"
    assert tracker.judge(packet(40_001, ssrc=2)) == "restarted"
    assert tracker.judge(packet(40_002, ssrc=2)) == "in_order"
    assert tracker.lost == 0


def test_when_the_same_sender_numbers_anew_then_it_is_a_restart_and_not_a_loss() -> None:
    tracker = SourceTracker(8000)
    for sequence in (1, 2, 30_000, 30_001, 30_002):
        tracker.judge(packet(sequence))
    assert tracker.stats.restarts == 1
    assert tracker.lost == 0


def test_when_packets_travel_unevenly_then_jitter_is_measured() -> None:
    tracker = SourceTracker(8000)
    for n in range(400):
        tracker.measure_jitter(n * 160, n * 20 + (10 if n % 2 else 0))
    assert abs(tracker.jitter_units / 8 - 10) < 0.5
