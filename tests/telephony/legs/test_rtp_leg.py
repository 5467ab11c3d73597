"""RTP legs over loopback sockets: leg to leg, and leg to a bare socket that misbehaves."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest

from calls.audio import AudioFrame, Samples
from calls.errors import CallCentreError
from calls.ports import DigitHeard, Leg, LegEnded, LegEvent
from telephony.codecs.g711 import G711
from telephony.media_port import MediaDirection, MediaFactory, MediaLeg
from telephony.media_settings import MediaSettings
from telephony.net.rtp_leg import RtpLeg, RtpMediaFactory
from telephony.rtp.packet import RtpPacket, build_rtp, is_rtcp, parse_rtp
from telephony.rtp.rtcp import parse_rtcp
from tests.telephony.media_fakes import FRAME, FakeClock, lag_of, packets, tone, voice

LOCAL = "127.0.0.1"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def factory(clock: FakeClock) -> RtpMediaFactory:
    settings = MediaSettings(bind_host=LOCAL, port_min=34_000, port_max=34_199, drain_ms=1000, echo_guard=False)
    return RtpMediaFactory(settings, clock)


@pytest.fixture
async def leg(factory: RtpMediaFactory) -> AsyncIterator[RtpLeg]:
    made = await factory.open()
    yield made
    made.close()


class Phone:
    """A bare UDP socket with RTCP beside it."""

    def __init__(self) -> None:
        while True:
            self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.rtp.bind((LOCAL, 0))
            self.port: int = self.rtp.getsockname()[1]
            self.rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                self.rtcp.bind((LOCAL, self.port + 1))
            except OSError:
                self.close()
                continue
            break
        self.rtp.setblocking(False)
        self.rtcp.setblocking(False)

    def close(self) -> None:
        self.rtp.close()
        self.rtcp.close()

    def send(self, packet: RtpPacket | bytes, port: int) -> None:
        data = build_rtp(packet) if isinstance(packet, RtpPacket) else packet
        self.rtp.sendto(data, (LOCAL, port))

    async def received(self) -> list[RtpPacket]:
        await settle()
        return [parse_rtp(data) for data in self.datagrams(self.rtp)]

    @staticmethod
    def datagrams(ready: socket.socket) -> list[bytes]:
        found = []
        while True:
            try:
                found.append(ready.recv(2048))
            except BlockingIOError:
                return found


@pytest.fixture
def phone() -> Iterator[Phone]:
    made = Phone()
    yield made
    made.close()


@pytest.fixture
def stranger() -> Iterator[Phone]:
    made = Phone()
    yield made
    made.close()


async def settle() -> None:
    """Let the event loop read what waits in the sockets."""
    for _ in range(3):
        await asyncio.sleep(0.001)


def frame(samples: Samples, n: int = 0) -> AudioFrame:
    return AudioFrame(samples[n * FRAME : (n + 1) * FRAME], 8000, 20 * n)


def as_ports(leg: RtpLeg, factory: RtpMediaFactory) -> tuple[Leg, MediaLeg, MediaFactory]:
    """The type checker proves that the protocols are met."""
    return leg, leg, factory


async def test_when_two_legs_talk_then_each_hears_the_other_sample_by_sample(
    factory: RtpMediaFactory, clock: FakeClock
) -> None:
    one, two = await factory.open(), await factory.open()
    one.connect(LOCAL, two.local_port, "PCMU", 0, 101)
    two.connect(LOCAL, one.local_port, "PCMU", 0, 101)
    said = {one: voice(40), two: voice(40, pitch_hz=190, seed=3)}
    heard: dict[RtpLeg, list[Samples]] = {one: [], two: []}
    for n in range(44):
        for leg in (one, two):
            got = leg.read(20 * n)
            assert got is not None
            assert (got.rate_hz, got.t_ms, len(got.samples)) == (8000, 20 * n, FRAME)
            heard[leg].append(got.samples)
            if n < 40:
                leg.write(frame(said[leg], n))
        await settle()
        clock.at_ms += 20
    for listener, speaker in ((one, two), (two, one)):
        out = np.concatenate(heard[listener])
        codec = G711("PCMU")
        ideal = codec.decode(codec.encode(said[speaker]))
        start = lag_of(ideal[: 20 * FRAME], out)
        assert start <= 3 * FRAME
        np.testing.assert_array_equal(out[start + 40 : start + 30 * FRAME], ideal[40 : 30 * FRAME])
    assert one.quality().lost == 0
    assert one.quality().sent == 40
    assert as_ports(one, factory)
    one.close()
    two.close()
    assert factory.open_legs == 0


async def test_when_a_codec_is_agreed_then_its_payload_type_and_law_are_used(leg: RtpLeg, phone: Phone) -> None:
    leg.connect(LOCAL, phone.port, "PCMA", 8, None)
    leg.write(frame(tone(440, 1)))
    (packet,) = await phone.received()
    assert packet.payload_type == 8
    assert packet.marker
    assert packet.payload == G711("PCMA").encode(tone(440, 1))
    assert leg.codec == "PCMA"


async def test_when_ticks_pass_then_sequence_and_timestamp_go_on_by_one_frame(leg: RtpLeg, phone: Phone) -> None:
    leg.connect(LOCAL, phone.port, "PCMU", 0, 101)
    for n in range(5):
        leg.write(frame(tone(440, 5), n))
    stream = await phone.received()
    assert {(b.sequence - a.sequence) & 0xFFFF for a, b in itertools.pairwise(stream)} == {1}
    assert {(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in itertools.pairwise(stream)} == {FRAME}
    assert [packet.marker for packet in stream] == [True, False, False, False, False]


async def test_when_held_then_nothing_is_sent_and_time_goes_on(leg: RtpLeg, phone: Phone) -> None:
    leg.connect(LOCAL, phone.port, "PCMU", 0, 101)
    leg.write(frame(tone(440, 1)))
    leg.set_direction("inactive")
    for _ in range(10):
        leg.write(frame(tone(440, 1)))
        assert leg.read(0) is None
    leg.set_direction("sendrecv")
    leg.write(frame(tone(440, 1)))
    first, second = await phone.received()
    assert (second.timestamp - first.timestamp) & 0xFFFFFFFF == 11 * FRAME
    assert second.marker


async def test_when_the_peer_is_silent_too_long_then_the_leg_ends_once_with_media_lost(
    leg: RtpLeg, phone: Phone, clock: FakeClock
) -> None:
    events: list[LegEvent] = []
    leg.on_event(events.append)
    leg.connect(LOCAL, phone.port, "PCMU", 0, 101)
    for _ in range(1100):
        leg.read(0)
        clock.at_ms += 20
    assert events == [LegEnded(reason="media_lost")]


@pytest.mark.parametrize("held", ["sendonly", "recvonly", "inactive"])
async def test_when_the_call_is_on_hold_then_silence_does_not_end_it(
    leg: RtpLeg, phone: Phone, clock: FakeClock, held: MediaDirection
) -> None:
    events: list[LegEvent] = []
    leg.on_event(events.append)
    leg.connect(LOCAL, phone.port, "PCMU", 0, 101)
    leg.set_direction(held)
    for _ in range(3000):
        leg.read(0)
        clock.at_ms += 20
    leg.set_direction("sendrecv")
    leg.read(0)
    assert events == []


async def test_when_only_rtcp_comes_then_the_peer_counts_as_alive(leg: RtpLeg, phone: Phone, clock: FakeClock) -> None:
    events: list[LegEvent] = []
    leg.on_event(events.append)
    leg.connect(LOCAL, phone.port, "PCMU", 0, 101)
    report = bytes([0x80, 201, 0, 1, 0, 0, 0, 7])
    for n in range(2000):
        if n % 250 == 0:
            phone.rtcp.sendto(report, (LOCAL, leg.local_port + 1))
            await settle()
        leg.read(0)
        clock.at_ms += 20
    assert events == []


async def test_when_the_phone_is_behind_nat_then_sound_goes_where_its_packets_come_from(
    leg: RtpLeg, phone: Phone, stranger: Phone
) -> None:
    leg.connect(LOCAL, stranger.port, "PCMU", 0, 101)
    for packet in packets(tone(440, 3)):
        phone.send(packet, leg.local_port)
    await settle()
    leg.write(frame(tone(440, 1)))
    assert len(await phone.received()) == 1
    assert await stranger.received() == []


async def test_when_a_stranger_sends_into_a_live_call_then_it_is_neither_heard_nor_answered(
    leg: RtpLeg, phone: Phone, stranger: Phone, clock: FakeClock
) -> None:
    leg.connect(LOCAL, phone.port, "PCMU", 0, 101)
    loud = packets(tone(1000, 50, level=30_000), ssrc=666)
    heard = []
    for n, packet in enumerate(packets(np.zeros(50 * FRAME, dtype=np.int16))):
        phone.send(packet, leg.local_port)
        await settle()
        stranger.send(loud[n], leg.local_port)
        await settle()
        got = leg.read(20 * n)
        assert got is not None
        heard.append(got.samples)
        leg.write(frame(tone(440, 1)))
        clock.at_ms += 20
    assert not np.concatenate(heard).any()
    assert await stranger.received() == []
    assert leg.quality().refused == 50


async def test_when_keys_are_pressed_then_they_are_heard_before_and_after_listening_begins(
    factory: RtpMediaFactory, clock: FakeClock
) -> None:
    one, two = await factory.open(), await factory.open()
    one.connect(LOCAL, two.local_port, "PCMU", 0, 101)
    two.connect(LOCAL, one.local_port, "PCMU", 0, 101)
    events: list[LegEvent] = []
    assert one.send_digit("4")
    for n in range(40):
        if n == 15:
            two.on_event(events.append)
            assert events == [DigitHeard(digit="4", duration_ms=100)]
            one.send_digit("2", 200)
            two.deliver_digit("#", 90)
        one.write(frame(tone(440, 1)))
        await settle()
        two.read(20 * n)
        clock.at_ms += 20
    assert [event.digit for event in events if isinstance(event, DigitHeard)] == ["4", "#", "2"]
    assert events[-1] == DigitHeard(digit="2", duration_ms=200)
    one.close()
    two.close()


async def test_when_datagrams_are_garbage_then_they_are_counted_and_the_call_goes_on(
    leg: RtpLeg, phone: Phone, clock: FakeClock
) -> None:
    leg.connect(LOCAL, phone.port, "PCMU", 0, 101)
    for junk in (b"", b"x", bytes(40), b"\x80\xc8\xff\xff", bytes(1600), b"OPTIONS sip:x SIP/2.0\r\n\r\n"):
        phone.send(junk, leg.local_port)
    phone.rtcp.sendto(b"\x00\x01", (LOCAL, leg.local_port + 1))
    stream = packets(tone(440, 10))
    for n, packet in enumerate(stream):
        phone.send(packet, leg.local_port)
        await settle()
        leg.read(20 * n)
        clock.at_ms += 20
    assert leg.quality().received == 10
    assert leg.quality().garbage >= 5


async def test_when_time_passes_then_rtcp_reports_go_out_and_a_farewell_at_the_end(
    leg: RtpLeg, phone: Phone, clock: FakeClock
) -> None:
    leg.connect(LOCAL, phone.port, "PCMU", 0, 101)
    for n in range(600):
        leg.read(20 * n)
        leg.write(frame(tone(440, 1)))
        clock.at_ms += 20
    leg.close()
    reports = phone.datagrams(phone.rtcp)
    assert all(is_rtcp(data) for data in reports)
    assert 3 <= len(reports) <= 7
    assert [parse_rtcp(data).goodbye for data in reports] == [False] * (len(reports) - 1) + [True]


async def test_when_the_peer_names_the_last_port_then_the_call_goes_on_without_reports(
    leg: RtpLeg, clock: FakeClock
) -> None:
    leg.connect(LOCAL, 65_535, "PCMU", 0, 101)
    for n in range(600):
        leg.read(20 * n)
        leg.write(frame(tone(440, 1)))
        clock.at_ms += 20
    assert leg.quality().sent == 600
    leg.close()


async def test_when_a_leg_is_hung_up_then_it_says_so_once_and_stays_silent(leg: RtpLeg, phone: Phone) -> None:
    events: list[LegEvent] = []
    leg.on_event(events.append)
    leg.connect(LOCAL, phone.port, "PCMU", 0, 101)
    await leg.hang_up()
    await leg.hang_up()
    leg.write(frame(tone(440, 1)))
    assert leg.read(0) is None
    assert events == [LegEnded(reason="local")]
    assert await phone.received() == []


async def test_when_a_listener_fails_then_media_goes_on(leg: RtpLeg, phone: Phone) -> None:
    def fail(event: LegEvent) -> None:
        raise RuntimeError("broken")

    leg.on_event(fail)
    leg.connect(LOCAL, phone.port, "PCMU", 0, 101)
    leg.deliver_digit("1", 100)
    leg.write(frame(tone(440, 1)))
    assert len(await phone.received()) == 1


async def test_when_a_port_was_used_then_it_rests_before_it_is_used_again(clock: FakeClock) -> None:
    settings = MediaSettings(bind_host=LOCAL, port_min=34_301, port_max=34_305, drain_ms=1000)
    factory = RtpMediaFactory(settings, clock)
    one, two = await factory.open(), await factory.open()
    assert (one.local_port, two.local_port) == (34_302, 34_304)
    with pytest.raises(CallCentreError, match="widen the range") as full:
        await factory.open()
    assert full.value.code == "media.no_port"
    one.close()
    clock.at_ms += 999
    with pytest.raises(CallCentreError):
        await factory.open()
    clock.at_ms += 1
    again = await factory.open()
    assert again.local_port == 34_302
    again.close()
    two.close()


async def test_when_another_program_has_a_port_then_the_next_one_is_taken(clock: FakeClock) -> None:
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind((LOCAL, 34_403))
    factory = RtpMediaFactory(MediaSettings(bind_host=LOCAL, port_min=34_402, port_max=34_405), clock)
    leg = await factory.open()
    assert leg.local_port == 34_404
    leg.close()
    taken.close()


async def test_when_the_range_or_host_is_wrong_then_the_sentence_says_what_to_change(clock: FakeClock) -> None:
    with pytest.raises(CallCentreError, match=r"\[telephony.media\]"):
        RtpMediaFactory(MediaSettings(port_min=4000, port_max=4000), clock)
    factory = RtpMediaFactory(MediaSettings(bind_host="192.0.2.1"), clock)
    with pytest.raises(CallCentreError) as wrong:
        await factory.open()
    assert wrong.value.code == "media.bad_host"


async def test_when_bound_to_ipv6_then_both_families_can_call(clock: FakeClock, phone: Phone) -> None:
    factory = RtpMediaFactory(MediaSettings(bind_host="::", port_min=34_500, port_max=34_599), clock)
    leg = await factory.open()
    leg.connect(LOCAL, phone.port, "PCMU", 0, 101)
    phone.send(packets(tone(440, 1))[0], leg.local_port)
    await settle()
    leg.write(frame(tone(440, 1)))
    assert len(await phone.received()) == 1
    assert leg.quality().received == 1
    leg.close()
