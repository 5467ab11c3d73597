"""A real phone speaks through each codec: its words are understood here, and come back to it understood."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from calls.audio import Samples
from telephony.sip_settings import SipSettings
from tests.fakes.real_engines import caller_says
from tests.telephony.baresip import EchoHouse, PhoneLine, phone, read_wav
from tests.waiting import eventually
from voice.asr.whisper import WhisperEngine

pytestmark = pytest.mark.peer

SENTENCE = "My internet has been slow since Monday and the bill was much higher than usual."

LINES = {
    "PCMU": PhoneLine(),
    "G722": PhoneLine(codec="G722/16000/1", rate_hz=16_000, modules=("g722",)),
    "OPUS": PhoneLine(
        codec="opus/48000/1", rate_hz=48_000, modules=("opus",), settings=("opus_stereo no", "opus_inbandfec yes")
    ),
}


def resampled(samples: Samples, rate_hz: int, to_hz: int) -> Samples:
    import soxr

    return np.asarray(soxr.resample(samples, rate_hz, to_hz), dtype=np.int16)


def words(whisper: WhisperEngine, samples: Samples, rate_hz: int) -> set[str]:
    data = {"offset_ms": 0, "language": "en", "languages": ["en"], "final": True, "vocabulary": None}
    sound = resampled(samples, rate_hz, 16_000)
    replies = [reply for reply in whisper.handle("decode", data, {"samples": sound}) if reply is not None]
    return {word["text"].strip(" .,").lower() for word in replies[-1].data["words"]}


def share_of(spoken: str, heard: set[str]) -> float:
    wanted = {word.strip(" .,").lower() for word in spoken.split()}
    return len(wanted & heard) / len(wanted)


@pytest.mark.parametrize("codec", LINES)
async def test_when_a_phone_speaks_through_a_codec_then_its_words_are_understood_on_both_sides(
    codec: str, tmp_path: Path, whisper: WhisperEngine
) -> None:
    line = LINES[codec]
    speech = resampled(caller_says(SENTENCE, "en"), 16_000, line.rate_hz)
    silence = np.zeros(line.rate_hz, dtype=np.int16)
    said = np.concatenate((silence, speech, *[silence] * 8))
    house = EchoHouse(SipSettings(listen="127.0.0.1:0", codecs=("OPUS", "G722", "PCMU", "PCMA")))
    await house.gateway.start()
    try:
        line = PhoneLine(line.codec, line.rate_hz, line.modules, line.settings, says=said)
        async with phone(tmp_path, dial=house.uri, line=line) as alice:
            await eventually(lambda: len(house.legs) == 1)
            await asyncio.sleep(len(speech) / line.rate_hz + 2.5)
            leg = house.legs[0]
            assert (leg.codec, leg.rate_hz) == (codec, 8000 if codec == "PCMU" else 16_000)
            await leg.hang_up()
            await eventually(lambda: house.gateway.open_calls == 0)
    finally:
        await house.close()
    heard = np.concatenate([frame.samples for frame in house.heard])
    returned, rate_hz = read_wav(alice.decoded())
    assert share_of(SENTENCE, words(whisper, heard, leg.rate_hz)) > 0.85, alice.log
    assert share_of(SENTENCE, words(whisper, returned, rate_hz)) > 0.8, alice.log
