"""The bot does not hear itself, and hears the caller who speaks over it: judged by our own voice activity and words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soxr
from scipy.signal import butter, sosfilt

from calls.audio import Samples, level_dbfs
from telephony.codecs.g711 import G711
from telephony.echo_guard import EchoGuard
from telephony.rtp.echo_watch import EchoState
from tests.fakes.real_engines import caller_says, model
from tests.telephony.media_fakes import tone, voice
from voice.asr.whisper import WhisperEngine

Sound = npt.NDArray[np.float64]

BOT_SAYS = (
    "Thank you for calling. This call is answered by an automatic assistant and it is recorded.",
    "Your bill is due on the fifteenth of each month. I can change the date for you now, or connect you with a person.",
)
CALLER_SAYS = "Quiero hablar con una persona porque mi factura es muy alta este mes."

RATE = 8000


def narrow(text: str, language: Any) -> Sound:
    return np.asarray(soxr.resample(caller_says(text, language), 16_000, RATE), dtype=np.float64) * 0.5


@pytest.fixture(scope="module")
def bot() -> Sound:
    pause = np.zeros(RATE)
    return np.concatenate((pause, narrow(BOT_SAYS[0], "en"), pause, narrow(BOT_SAYS[1], "en"), pause))


@pytest.fixture(scope="module")
def vad() -> Any:
    from voice.vad.silero import create

    made = create({"model": str(model("silero-vad", "silero_vad_v6.onnx"))})
    made.warm_up()
    return made


def echo(sound: Sound, loss_db: float, delay_ms: int) -> Sound:
    """What a phone on loudspeaker returns: telephone band, a small room, late and quieter."""
    room = np.random.default_rng(1).normal(size=200) * np.exp(-np.arange(200) / 30)
    room[0] = 3.0
    room /= np.sqrt(np.sum(room**2))
    band = butter(3, (350, 3300), "band", fs=RATE, output="sos")
    returned = np.convolve(sosfilt(band, sound), room)[: len(sound)] * 10 ** (-loss_db / 20)
    return np.concatenate((np.zeros(delay_ms * RATE // 1000), returned))[: len(sound)]


def line(sound: Sound) -> Samples:
    """Through µ-law with the noise of an idle line."""
    law = G711("PCMU")
    noisy = sound + np.random.default_rng(2).normal(0, 8, len(sound))
    return law.decode(law.encode(np.clip(noisy, -32768, 32767).astype(np.int16)))


def guarded(sent: Sound, received: Samples, guard: EchoGuard | None = None) -> Samples:
    guard = guard or EchoGuard(RATE)
    heard = []
    for at in range(0, len(received) // 160 * 160, 160):
        heard.append(guard.received(received[at : at + 160]))
        guard.sent(sent[at : at + 160].astype(np.int16))
    return np.concatenate(heard)


def speech_share(vad: Any, sound: Samples) -> float:
    """Return the share of time that is taken for speech."""
    wide = soxr.resample(sound, RATE, 16_000)
    data = {"samples": wide[: len(wide) // 512 * 512], "state": np.zeros(0, dtype=np.float32)}
    replies = [reply for reply in vad.handle("probs", {}, data) if reply is not None]
    return float(np.mean(replies[-1].arrays["probs"] > 0.5))


def words(whisper: WhisperEngine, sound: Samples) -> set[str]:
    data = {"offset_ms": 0, "language": "es", "languages": ["es"], "final": True, "vocabulary": None}
    wide = {"samples": np.asarray(soxr.resample(sound, RATE, 16_000))}
    replies = [reply for reply in whisper.handle("decode", data, wide) if reply is not None]
    return {word["text"].strip(" .,¡!¿?").lower() for word in replies[-1].data["words"]}


@pytest.mark.parametrize("loss_db", [12, 20, 30])
@pytest.mark.parametrize("delay_ms", [40, 130, 250])
def test_when_a_phone_returns_the_bots_words_then_none_of_it_counts_as_speech(
    loss_db: int, delay_ms: int, bot: Sound, vad: Any
) -> None:
    received = line(echo(bot, loss_db, delay_ms))
    guard = EchoGuard(RATE)
    heard = guarded(bot, received, guard)
    assert speech_share(vad, received) > 0.3, "the echo is speech to whoever does not know better"
    assert speech_share(vad, heard) < 0.01
    assert guard.state is EchoState.ECHOING


@pytest.mark.parametrize(("loss_db", "delay_ms"), [(12, 90), (20, 40), (20, 250), (30, 130)])
def test_when_the_caller_speaks_over_the_bot_then_the_callers_words_are_kept(
    loss_db: int, delay_ms: int, bot: Sound, whisper: WhisperEngine
) -> None:
    caller = np.zeros(len(bot))
    said = narrow(CALLER_SAYS, "es")
    begin = len(bot) // 2
    caller[begin : begin + len(said)] = said[: len(bot) - begin]
    heard = guarded(bot, line(echo(bot, loss_db, delay_ms) + caller))
    wanted = {word.strip(".").lower() for word in CALLER_SAYS.split()}
    kept = words(whisper, heard[begin - RATE // 2 : begin + len(said) + RATE // 2])
    assert len(wanted & kept) / len(wanted) >= 0.75


def test_when_a_leg_does_not_echo_then_it_is_left_alone_after_a_few_words(bot: Sound) -> None:
    caller = np.roll(np.resize(narrow(CALLER_SAYS, "es"), len(bot)), 3000)
    received = line(caller)
    guard = EchoGuard(RATE)
    heard = guarded(bot, received, guard)
    assert guard.state is EchoState.CLEAR
    assert not guard.active
    half = len(heard) // 2
    np.testing.assert_array_equal(heard[half:], received[half : len(heard)])


def test_when_nothing_is_sent_then_the_callers_sound_is_untouched() -> None:
    received = voice(200)
    np.testing.assert_array_equal(guarded(np.zeros(len(received)), received), received)


def test_when_the_canceller_comes_and_goes_then_nothing_clicks() -> None:
    sent = np.concatenate((np.zeros(16_000), tone(300, 50).astype(float), np.zeros(24_000)))
    received = tone(440, len(sent) // 160, level=3000.0)
    heard = guarded(sent, received).astype(float)
    steepest = np.abs(np.diff(received.astype(float))).max()
    assert np.abs(np.diff(heard)).max() < 3 * steepest
    assert level_dbfs(heard[-8000:].astype(np.int16)) == pytest.approx(level_dbfs(received[-8000:]), abs=0.1)


@pytest.mark.parametrize("begin_ms", [300, 1000])
def test_when_a_caller_speaks_over_the_first_words_on_a_leg_without_echo_then_all_of_it_is_heard(
    begin_ms: int, bot: Sound
) -> None:
    sent = bot[RATE:]
    said = narrow(CALLER_SAYS, "es")
    caller = np.zeros(len(sent))
    caller[begin_ms * RATE // 1000 :][: len(said)] = said[: len(sent) - begin_ms * RATE // 1000]
    received = line(caller)
    lost = received.astype(float)[: len(received) // 160 * 160] - guarded(sent, received)
    assert np.sum(lost**2) < 0.03 * np.sum(received.astype(float) ** 2)


def test_when_nothing_comes_back_from_a_leg_not_yet_known_then_the_canceller_rests(bot: Sound) -> None:
    guard = EchoGuard(RATE)
    received = line(np.zeros(4 * RATE))
    for at in range(0, len(received), 160):
        np.testing.assert_array_equal(guard.received(received[at : at + 160]), received[at : at + 160])
        guard.sent(bot[at : at + 160].astype(np.int16))
        assert not guard.active
    assert guard.state is EchoState.PROVING
