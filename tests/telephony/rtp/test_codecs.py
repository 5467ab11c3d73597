"""Codecs: G.711 by its definition, Opus by its sound."""

from __future__ import annotations

import numpy as np
import pytest

from calls.errors import CallCentreError
from telephony.codecs import make_codec
from tests.telephony.media_fakes import level_of, tone


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


def test_when_a_codec_is_not_built_in_then_the_sentence_names_those_that_are() -> None:
    with pytest.raises(CallCentreError, match="PCMU, PCMA or OPUS"):
        make_codec("G729")
