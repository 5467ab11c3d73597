from __future__ import annotations

import struct

import pytest

from telephony.rtp.dtmf import Digit, DtmfReceiver, DtmfSender
from telephony.rtp.packet import RtpPacket


def event(code: int, timestamp: int, duration: int, end: bool = False, marker: bool = False) -> RtpPacket:
    payload = struct.pack("!BBH", code, 0x8A if end else 0x0A, duration)
    return RtpPacket(101, 0, timestamp & 0xFFFFFFFF, 1, payload, marker)


def press(code: int, timestamp: int, ends: int = 3) -> list[RtpPacket]:
    """100 ms of a key, without any marker."""
    updates = [event(code, timestamp, 160 * n) for n in range(1, 5)]
    return updates + [event(code, timestamp, 800, end=True)] * ends


def heard(stream: list[RtpPacket]) -> list[Digit]:
    receiver = DtmfReceiver(8000)
    digits: list[Digit] = []
    for n, packet in enumerate(stream):
        digits += receiver.push(packet, 20.0 * n)
    return digits + receiver.tick(20.0 * len(stream) + 500)


def test_when_a_key_is_pressed_without_marker_then_it_is_one_digit_with_its_duration() -> None:
    assert heard(press(5, 1000)) == [Digit("5", 100)]


def test_when_all_keys_are_pressed_then_each_has_its_name() -> None:
    stream = [packet for code in range(16) for packet in press(code, 0xFFFF_E000 + code * 2000)]
    assert "".join(digit.digit for digit in heard(stream)) == "0123456789*#ABCD"


def test_when_the_same_key_is_pressed_twice_then_it_is_two_digits() -> None:
    assert [digit.digit for digit in heard(press(7, 1000) + press(7, 3000))] == ["7", "7"]


def test_when_all_ends_of_a_key_are_lost_then_silence_ends_it() -> None:
    receiver = DtmfReceiver(8000)
    for n, packet in enumerate(press(9, 1000, ends=0)):
        assert receiver.push(packet, 20.0 * n) == []
    assert receiver.tick(100) == []
    assert receiver.tick(200) == [Digit("9", 80)]
    assert receiver.tick(400) == []


def test_when_ends_are_lost_and_another_key_follows_then_both_are_heard() -> None:
    assert [digit.digit for digit in heard(press(1, 1000, ends=0) + press(2, 3000))] == ["1", "2"]


def test_when_only_the_last_end_packet_arrives_then_it_is_still_a_digit() -> None:
    assert heard([event(3, 1000, 800, end=True)]) == [Digit("3", 100)]


def test_when_a_packet_of_the_press_comes_after_its_end_then_nothing_is_added() -> None:
    stream = press(4, 1000)
    assert heard([*stream, stream[2], stream[-1]]) == [Digit("4", 100)]


def test_when_an_old_key_comes_late_then_it_is_ignored() -> None:
    assert [digit.digit for digit in heard([*press(4, 1000), *press(5, 3000), *press(4, 1000)])] == ["4", "5"]


def test_when_the_sender_moves_the_timestamp_within_a_press_then_it_is_one_digit() -> None:
    stream = [event(8, 1000 + 160 * n, 160 * n) for n in range(1, 5)]
    stream += [event(8, 1000 + 160 * n, 800, end=True) for n in range(5, 8)]
    assert heard(stream) == [Digit("8", 100)]


def test_when_an_event_is_no_key_or_cut_off_then_it_is_ignored() -> None:
    assert heard([event(16, 1000, 800, end=True), RtpPacket(101, 0, 0, 1, b"\x01")]) == []


def test_when_keys_are_sent_then_the_receiver_hears_them_once() -> None:
    sender = DtmfSender(8000)
    for digit in "12#":
        sender.press(digit, 100)
    receiver = DtmfReceiver(8000)
    digits: list[Digit] = []
    audio_ticks = 0
    for tick in range(40):
        events = sender.next_packets(tick * 160)
        audio_ticks += not events
        for n, payload in enumerate(events):
            packet = RtpPacket(101, n, payload.timestamp, 1, payload.payload, payload.marker)
            digits += receiver.push(packet, tick * 20.0)
    assert digits == [Digit("1", 100), Digit("2", 100), Digit("#", 100)]
    assert not sender.busy
    assert audio_ticks == 40 - 15


def test_when_something_else_than_a_key_is_sent_then_it_is_refused() -> None:
    for wrong in ("", "12", "x", "é"):
        with pytest.raises(ValueError, match="not one of"):
            DtmfSender(8000).press(wrong)
