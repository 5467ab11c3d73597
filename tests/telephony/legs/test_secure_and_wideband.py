"""Legs with every codec, in the clear and as SRTP: the sound that goes in comes out, and nobody else's does."""

from __future__ import annotations

import socket

import numpy as np
import pytest

from calls.audio import AudioFrame, Samples
from calls.resample import Resampler
from telephony.media_settings import MediaSettings
from telephony.net.rtp_leg import RtpLeg, RtpMediaFactory
from telephony.rtp.packet import RtpPacket, build_rtp
from telephony.rtp.srtp import SRTP_PROFILES, SrtpKeys
from tests.telephony.legs.test_rtp_leg import settle
from tests.telephony.media_fakes import FakeClock, lag_of, packets, tone, voice

LOCAL = "127.0.0.1"
CODECS = {"PCMU": (0, 8000), "PCMA": (8, 8000), "G722": (9, 16_000), "OPUS": (107, 16_000)}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def factory(clock: FakeClock) -> RtpMediaFactory:
    settings = MediaSettings(bind_host=LOCAL, port_min=34_600, port_max=34_799, drain_ms=0, echo_guard=False)
    return RtpMediaFactory(settings, clock)


def keys(profile: str) -> tuple[SrtpKeys, SrtpKeys]:
    size = SRTP_PROFILES[profile].secret_bytes
    one, other = bytes(range(size)), bytes(range(60, 60 + size))
    return SrtpKeys(profile=profile, own=one, peer=other), SrtpKeys(profile=profile, own=other, peer=one)


async def talk(one: RtpLeg, two: RtpLeg, sound: Samples, clock: FakeClock) -> Samples:
    """Let `one` say a sound; returns what `two` hears, in time with it."""
    size = one.rate_hz // 50
    heard = []
    for n in range(len(sound) // size):
        one.write(AudioFrame(sound[n * size : (n + 1) * size], one.rate_hz, 20 * n))
        two.write(AudioFrame(np.zeros(two.rate_hz // 50, dtype=np.int16), two.rate_hz, 20 * n))
        await settle()
        got = two.read(20 * n)
        one.read(20 * n)
        assert got is not None
        heard.append(got.samples)
        clock.at_ms += 20
    return np.concatenate(heard)


def likeness(sound: Samples, heard: Samples, rate_hz: int) -> float:
    """Return the correlation of the last second with what was heard of it, 0 to 1; before it the delay settles."""
    last = sound[-3 * rate_hz // 2 : -rate_hz // 4]
    start = lag_of(last, heard)
    other = heard[start : start + len(last)].astype(float)
    middle = last[: len(other)].astype(float)
    return float(middle @ other / np.sqrt((middle @ middle) * (other @ other) + 1.0))


@pytest.mark.parametrize("profile", [None, *SRTP_PROFILES])
@pytest.mark.parametrize("codec", CODECS)
async def test_when_two_legs_talk_then_each_hears_what_the_other_says_with_every_codec_and_cipher(
    codec: str, profile: str | None, factory: RtpMediaFactory, clock: FakeClock
) -> None:
    payload_type, rate_hz = CODECS[codec]
    one, two = await factory.open(), await factory.open()
    ours, theirs = keys(profile) if profile else (None, None)
    fmtp = "useinbandfec=1" if codec == "OPUS" else ""
    one.connect(LOCAL, two.local_port, codec, payload_type, None, crypto=ours, fmtp=fmtp)
    two.connect(LOCAL, one.local_port, codec, payload_type, None, crypto=theirs, fmtp=fmtp)
    assert (one.rate_hz, two.codec) == (rate_hz, codec)
    sound = voice(125, rate_hz)
    heard = await talk(one, two, sound, clock)
    assert likeness(sound, heard, rate_hz) > (0.8 if codec == "OPUS" else 0.93), "Opus keeps the sound, not the wave"
    assert two.quality().lost == 0
    assert two.quality().refused == 0
    one.close()
    two.close()


async def test_when_keys_differ_or_one_side_has_none_then_nothing_is_heard_and_all_of_it_is_refused(
    factory: RtpMediaFactory, clock: FakeClock
) -> None:
    ours, _ = keys("AES_CM_128_HMAC_SHA1_80")
    for one_keys, two_keys in ((ours, ours), (None, ours)):
        one, two = await factory.open(), await factory.open()
        one.connect(LOCAL, two.local_port, "PCMU", 0, 101, crypto=one_keys)
        two.connect(LOCAL, one.local_port, "PCMU", 0, 101, crypto=two_keys)
        heard = await talk(one, two, tone(440, 20), clock)
        assert not heard.any()
        assert two.quality().refused >= 20
        assert two.quality().received == 0
        one.close()
        two.close()


async def test_when_reports_are_protected_then_the_round_trip_is_known_and_forged_ones_are_not_read(
    factory: RtpMediaFactory, clock: FakeClock
) -> None:
    ours, theirs = keys("AEAD_AES_128_GCM")
    one, two = await factory.open(), await factory.open()
    one.connect(LOCAL, two.local_port, "PCMU", 0, None, crypto=ours)
    two.connect(LOCAL, one.local_port, "PCMU", 0, None, crypto=theirs)
    forger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    await talk(one, two, voice(1200), clock)
    assert one.quality().round_trip_ms is not None
    assert one.quality().remote_fraction_lost == 0.0
    refused = two.quality().refused
    forger.sendto(bytes.fromhex("80c90001") + bytes(4), (LOCAL, two.local_port + 1))
    await settle()
    assert two.quality().refused == refused + 1
    forger.close()
    one.close()
    two.close()


async def test_when_the_codec_changes_within_the_call_then_the_rate_stays_and_the_sound_goes_on(
    factory: RtpMediaFactory, clock: FakeClock
) -> None:
    one, two = await factory.open(), await factory.open()
    sound = voice(125, 8000)
    for codec in ("PCMU", "G722", "OPUS", "PCMA"):
        one.connect(LOCAL, two.local_port, codec, CODECS[codec][0], None)
        two.connect(LOCAL, one.local_port, codec, CODECS[codec][0], None)
        assert (one.rate_hz, two.rate_hz) == (8000, 8000)
        heard = await talk(one, two, sound, clock)
        assert likeness(sound, heard, 8000) > 0.8, codec
    assert two.quality().lost == 0
    one.close()
    two.close()


async def test_when_the_caller_before_still_sends_then_the_next_caller_does_not_hear_it(
    clock: FakeClock,
) -> None:
    factory = RtpMediaFactory(MediaSettings(bind_host=LOCAL, port_min=34_802, port_max=34_803, drain_ms=0), clock)
    before, after = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for each in (before, after):
        each.bind((LOCAL, 0))
    stream = [build_rtp(packet) for packet in packets(tone(440, 200))]
    leg = await factory.open()
    leg.connect(LOCAL, before.getsockname()[1], "PCMU", 0, None)
    before.sendto(stream[0], (LOCAL, leg.local_port))
    await settle()
    assert leg.quality().received == 1
    leg.close()
    leg = await factory.open()
    leg.connect(LOCAL, after.getsockname()[1], "PCMU", 0, None)
    heard = []
    for n in range(1, 100):
        before.sendto(stream[n], (LOCAL, leg.local_port))
        await settle()
        got = leg.read(20 * n)
        assert got is not None
        heard.append(got.samples)
        clock.at_ms += 20
    assert not np.concatenate(heard).any()
    quiet = build_rtp(RtpPacket(0, 1, 160, 99, bytes(160)))
    after.sendto(quiet, (LOCAL, leg.local_port))
    await settle()
    assert leg.quality().received == 1
    leg.close()
    again = await factory.open()
    again.connect(LOCAL, after.getsockname()[1], "PCMU", 0, None)
    after.sendto(quiet, (LOCAL, again.local_port))
    await settle()
    assert again.quality().received == 1, "the same phone calls again with the same SSRC"
    again.close()
    before.close()
    after.close()


def test_when_wideband_sound_is_for_hearing_then_it_needs_no_resampling() -> None:
    sound = voice(10, 16_000)
    assert Resampler(16_000, 16_000).process(sound) is sound
