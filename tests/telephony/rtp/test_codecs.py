"""Codecs: G.711 by its definition, G.722 and Opus by their sound."""

from __future__ import annotations

import numpy as np
import pytest

from calls.errors import CallCentreError
from telephony.codecs import LossRepairer, make_codec
from telephony.codecs.opus_parameters import OpusParameters, parse_opus_parameters
from tests.telephony.media_fakes import level_of, tone, voice


@pytest.mark.parametrize(
    ("name", "code", "value"),
    [
        ("PCMU", 0xFF, 0),
        ("PCMU", 0x80, 32124),
        ("PCMU", 0x00, -32124),
        ("PCMU", 0xEF, 132),
        ("PCMA", 0xD5, 8),
        ("PCMA", 0xAA, 32256),
        ("PCMA", 0x2A, -32256),
        ("PCMA", 0xC5, 264),
    ],
)
def test_when_a_code_is_decoded_then_it_has_the_value_of_the_standard(name: str, code: int, value: int) -> None:
    assert make_codec(name).decode(bytes([code])).tolist() == [value]


@pytest.mark.parametrize("name", ["PCMU", "PCMA"])
def test_when_any_code_is_decoded_and_encoded_then_its_value_is_the_same(name: str) -> None:
    codec = make_codec(name)
    values = codec.decode(bytes(range(256)))
    np.testing.assert_array_equal(codec.decode(codec.encode(values)), values)


@pytest.mark.parametrize("name", ["PCMU", "PCMA"])
def test_when_any_sample_is_encoded_then_no_code_would_be_nearer(name: str) -> None:
    codec = make_codec(name)
    values = np.unique(codec.decode(bytes(range(256)))).astype(int)
    samples = np.arange(-32768, 32768, 7).astype(np.int16)
    error = np.abs(codec.decode(codec.encode(samples)).astype(int) - samples)
    best = np.min(np.abs(values[None, :] - samples.astype(int)[:, None]), axis=1)
    np.testing.assert_array_equal(error, best)


@pytest.mark.parametrize(("name", "silent"), [("PCMU", 0xFF), ("PCMA", 0xD5)])
def test_when_silence_is_encoded_then_it_is_the_positive_zero(name: str, silent: int) -> None:
    assert make_codec(name).encode(np.zeros(160, dtype=np.int16)) == bytes([silent]) * 160


def test_when_a_tone_goes_through_opus_then_it_is_still_that_tone() -> None:
    sound = tone(440, 50, 48_000)
    encoder, decoder = make_codec("opus"), make_codec("OPUS")
    payloads = [encoder.encode(sound[n * 960 : (n + 1) * 960]) for n in range(50)]
    out = np.concatenate([decoder.decode(payload) for payload in payloads])
    assert len(out) == len(sound)
    assert level_of(440, out[4800:], 48_000) == pytest.approx(8000, rel=0.05)
    assert max(len(payload) for payload in payloads) < 400


def test_when_an_opus_payload_is_damaged_then_it_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="damaged"):
        make_codec("OPUS").decode(b"\xff\xff\xff\xff")


@pytest.mark.parametrize("hz", [300, 1000, 3400, 6000])
def test_when_a_tone_goes_through_g722_then_it_is_still_that_tone_wideband_too(hz: int) -> None:
    sound = tone(hz, 50, 16_000)
    encoder, decoder = make_codec("g722"), make_codec("G722")
    payloads = [encoder.encode(sound[n * 320 : (n + 1) * 320]) for n in range(50)]
    out = np.concatenate([decoder.decode(payload) for payload in payloads])
    assert {len(payload) for payload in payloads} == {160}
    assert (encoder.rate_hz, encoder.clock_rate_hz) == (16_000, 8_000)
    assert len(out) == len(sound)
    assert level_of(hz, out[3200:], 16_000) == pytest.approx(8000, rel=0.06)


def test_when_g722_gets_damaged_or_empty_payloads_then_it_gives_two_samples_a_byte() -> None:
    decoder = make_codec("G722")
    assert len(decoder.decode(bytes(range(100)))) == 200
    assert len(decoder.decode(b"")) == 0
    with pytest.raises(ValueError, match="320"):
        decoder.encode(tone(440, 1, 8_000))


@pytest.mark.parametrize("told", [None, 0.02, 0.2])
@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
def test_when_a_packet_is_lost_and_the_next_one_is_there_then_opus_restores_it(
    rate_hz: int, told: float | None
) -> None:
    size = rate_hz // 50
    sound = voice(150, rate_hz)
    encoder = make_codec("OPUS", rate_hz=rate_hz, fmtp="useinbandfec=1")
    assert isinstance(encoder, LossRepairer)
    encoder.encode(sound[:size])
    for _ in range(10 if told is not None else 0):
        encoder.expect_loss(told or 0.0)
    payloads = [encoder.encode(sound[n * size : (n + 1) * size]) for n in range(150)]
    whole, repaired, made_up = (make_codec("OPUS", rate_hz=rate_hz) for _ in range(3))
    errors = []
    for n, payload in enumerate(payloads):
        truth = whole.decode(payload).astype(float)
        lost = n % 7 == 3
        assert isinstance(repaired, LossRepairer)
        assert isinstance(made_up, LossRepairer)
        one = repaired.restore(payloads[n + 1], size) if lost else repaired.decode(payload)
        other = made_up.restore(None, size) if lost else made_up.decode(payload)
        if lost and n > 10:
            errors.append([np.sum((one - truth) ** 2), np.sum((other - truth) ** 2), np.sum(truth**2)])
    with_copy, without, power = np.sum(errors, axis=0)
    assert with_copy < 0.5 * without
    assert with_copy < 0.3 * power


def test_when_the_network_loses_nothing_for_a_while_then_no_bits_go_into_copies() -> None:
    sound = voice(50, 16_000)
    encoder = make_codec("OPUS", rate_hz=16_000, fmtp="useinbandfec=1")
    assert isinstance(encoder, LossRepairer)

    def has_copies() -> bool:
        """A peer whose every second packet is lost hears what was in it."""
        packets = [encoder.encode(sound[n * 320 : n * 320 + 320]) for n in range(50)]
        truth, repaired = make_codec("OPUS", rate_hz=16_000), make_codec("OPUS", rate_hz=16_000)
        assert isinstance(repaired, LossRepairer)
        wrong = right = 0.0
        for n in range(0, 48, 2):
            whole = [truth.decode(packets[n + k]).astype(float) for k in (0, 1)]
            wrong += float(np.sum((repaired.restore(packets[n + 1], 320) - whole[0]) ** 2))
            right += float(np.sum(whole[0] ** 2))
            repaired.decode(packets[n + 1])
        return wrong < 0.3 * right

    assert has_copies(), "nobody knows this network yet"
    for _ in range(10):
        encoder.expect_loss(0.0)
    assert not has_copies()
    encoder.expect_loss(0.03)
    assert has_copies()


def test_when_a_peer_hears_narrowband_only_then_opus_codes_nothing_above() -> None:
    sound = np.concatenate([tone(600, 25, 48_000), tone(9000, 25, 48_000)])
    for fmtp, least, most in (("maxplaybackrate=8000", 0, 400), ("", 3000, 9000)):
        encoder, decoder = make_codec("OPUS", fmtp=fmtp), make_codec("OPUS")
        out = np.concatenate([decoder.decode(encoder.encode(sound[n * 960 : n * 960 + 960])) for n in range(50)])
        assert least <= level_of(9000, out[36_000:46_000], 48_000) <= most


def test_when_a_peer_wants_pauses_then_opus_sends_little_in_silence_and_all_of_the_speech() -> None:
    quiet = np.zeros(320, dtype=np.int16)
    sound = voice(40, 16_000)
    encoder = make_codec("OPUS", rate_hz=16_000, fmtp="usedtx=1")
    spoken = [encoder.encode(sound[n * 320 : n * 320 + 320]) for n in range(40)]
    silent = [encoder.encode(quiet) for _ in range(100)]
    assert sum(len(payload) > 0 for payload in spoken) == 40
    assert sum(len(payload) > 0 for payload in silent[40:]) < 10
    steady = make_codec("OPUS", rate_hz=16_000)
    assert all(steady.encode(quiet) for _ in range(100))


@pytest.mark.parametrize(
    ("fmtp", "expected"),
    [
        ("", OpusParameters()),
        ("useinbandfec=1", OpusParameters(in_band_fec=True)),
        (
            "maxplaybackrate=16000; MaxAverageBitrate=20000;useinbandfec=1;usedtx=1;stereo=1",
            OpusParameters(max_playback_rate_hz=16_000, max_average_bit_rate=20_000, in_band_fec=True, dtx=True),
        ),
        ("maxplaybackrate=999999;maxaveragebitrate=1;useinbandfec=yes;usedtx", OpusParameters()),
        (";;=;a=b=c;maxplaybackrate=\u0663", OpusParameters()),
    ],
)
def test_when_a_peer_tells_its_wishes_then_those_that_make_sense_are_read(fmtp: str, expected: OpusParameters) -> None:
    assert parse_opus_parameters(fmtp) == expected


def test_when_a_codec_is_not_built_in_then_the_sentence_names_those_that_are() -> None:
    with pytest.raises(CallCentreError, match="G722, PCMU or PCMA"):
        make_codec("G729")
