"""One line in several conferences: heard in one, read once a tick, never stuck."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.audio import AudioFrame
from telephony.line_fan import LineFan

RATE_HZ = 16_000
SIZE = 320


class FakeLeg:
    """Says its tick's number, keeps what it is told."""

    def __init__(self, rate_hz: int = RATE_HZ) -> None:
        self.rate_hz = rate_hz
        self.reads = 0
        self.written: list[int] = []

    def read(self, t_ms: int) -> AudioFrame | None:
        self.reads += 1
        return AudioFrame(np.full(self.rate_hz // 50, self.reads, np.int16), self.rate_hz, t_ms)

    def write(self, frame: AudioFrame) -> None:
        assert len(frame.samples) == self.rate_hz // 50
        self.written.append(int(frame.samples[-1]))


def frame_of(value: int, t_ms: int = 0) -> AudioFrame:
    return AudioFrame(np.full(SIZE, value, np.int16), RATE_HZ, t_ms)


def connected(leg: FakeLeg) -> LineFan:
    fan = LineFan(RATE_HZ)
    fan.connect(leg, leg, leg.rate_hz)
    return fan


def said(frame: AudioFrame | None) -> int | None:
    return None if frame is None else int(frame.samples[0])


def test_when_a_line_sits_in_two_conferences_then_only_the_active_one_hears_it_and_is_heard() -> None:
    leg = FakeLeg()
    fan = connected(leg)
    one, two = fan.sit(), fan.sit()
    fan.activate(one)
    fan.tick()
    assert (said(one.read(0)), said(two.read(0))) == (1, None)
    one.write(frame_of(7))
    two.write(frame_of(8))
    fan.activate(two)
    fan.tick()
    assert (said(one.read(20)), said(two.read(20))) == (None, 2)
    two.write(frame_of(9))
    fan.tick()
    assert leg.written == [0, 7, 9]


def test_when_nobody_is_active_then_the_leg_is_still_read_and_hears_silence() -> None:
    leg = FakeLeg()
    fan = connected(leg)
    fan.sit()
    for _ in range(5):
        fan.tick()
    assert leg.reads == 5
    assert leg.written == [0] * 5


def test_when_the_leg_is_another_one_then_the_seats_go_on() -> None:
    first, second = FakeLeg(), FakeLeg()
    fan = connected(first)
    seat = fan.sit()
    fan.activate(seat)
    fan.tick()
    fan.disconnect()
    fan.tick()
    assert seat.read(20) is None
    seat.write(frame_of(3))
    fan.connect(second, second, second.rate_hz)
    fan.tick()
    assert said(seat.read(40)) == 1
    assert seat.active


def test_when_the_new_leg_has_another_rate_then_the_conference_does_not_notice() -> None:
    fan = connected(FakeLeg())
    seat = fan.sit()
    fan.activate(seat)
    wide = FakeLeg(48_000)
    fan.connect(wide, wide, 48_000)
    for t_ms in range(0, 200, 20):
        fan.tick()
        frame = seat.read(t_ms)
        assert frame is not None
        assert (frame.rate_hz, len(frame.samples), frame.t_ms) == (RATE_HZ, SIZE, t_ms)
        seat.write(frame_of(1_000, t_ms))
    assert wide.written[-1] == pytest.approx(1_000, abs=20)


def test_when_a_seat_is_given_up_then_it_is_not_active_and_cannot_be() -> None:
    fan = connected(FakeLeg())
    seat = fan.sit()
    fan.activate(seat)
    fan.leave(seat)
    fan.leave(seat)
    assert fan.active is None
    assert fan.seats == 0
    with pytest.raises(ValueError, match="not one of this line"):
        fan.activate(seat)


@given(st.lists(st.sampled_from(["tick", "0", "1", "2", "none", "read", "write"]), max_size=80))
def test_whatever_is_done_the_leg_is_read_once_a_tick_and_written_at_most_once(steps: list[str]) -> None:
    leg = FakeLeg()
    fan = connected(leg)
    seats = [fan.sit() for _ in range(3)]
    ticks, taken = 0, 0
    for step in steps:
        match step:
            case "tick":
                fan.tick()
                ticks, taken = ticks + 1, 0
            case "read":
                taken += sum(seat.read(0) is not None for seat in seats)
            case "write":
                for seat in seats:
                    seat.write(frame_of(1))
            case "none":
                fan.activate(None)
            case _:
                fan.activate(seats[int(step)])
        assert taken <= 1
        assert leg.reads == ticks
        assert ticks <= len(leg.written) <= ticks + 1
