"""What the engine does when the decoder runs astray: another look, no empty answer to clear speech, bounded work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calls.audio import SPEECH_RATE_HZ, FloatSamples, Samples, to_float, to_int16
from calls.ids import Language
from records.spoken_digits import digit_runs
from voice.asr.model import FULL_WINDOW_MS, Decoding
from voice.asr.whisper import WhisperEngine

Say = Callable[[str, Language], Samples]
CARDS: list[tuple[Language, str, str]] = [
    ("en", "My card number is five three zero eight, nine two seven four, six one zero three, eight five two nine.",
     "5308927461038529"),
    ("en", "three seven one four, four nine six three five three, nine eight four three one", "371449635398431"),
    ("es", "Mi tarjeta es cinco tres cero ocho, nueve dos siete cuatro, seis uno cero tres, ocho cinco dos nueve.",
     "5308927461038529"),
    ("es", "El teléfono es seis cinco cuatro, tres dos uno, nueve ocho siete.", "654321987"),
]  # fmt: skip


def decode(whisper: WhisperEngine, samples: Samples, **data: Any) -> dict[str, Any]:
    (reply,) = [piece for piece in whisper.handle("decode", data, {"samples": samples}) if piece is not None]
    return reply.data


def text_of(reply: dict[str, Any]) -> str:
    return " ".join(word["text"] for word in reply["words"])


def shaken(samples: Samples, times: int) -> Iterator[Samples]:
    """The same speech a little louder or softer, a little later, in other noise: what is understood by chance shows."""
    for seed in range(times):
        generator = np.random.default_rng(seed)
        gain, level = 10 ** (generator.uniform(-8, 2) / 20), 10 ** (generator.uniform(-66, -52) / 20)
        sound = to_float(samples[generator.integers(0, 320) :]) * gain
        yield to_int16(sound + generator.normal(0, level, sound.size))


class Script:
    """Stands in for the decoder: answers from a list, the last for ever, and notes what was asked of the model."""

    def __init__(
        self, whisper: WhisperEngine, monkeypatch: pytest.MonkeyPatch, *answers: tuple[str, float, float]
    ) -> None:
        self.windows: list[int] = []
        self.decodes: list[dict[str, Any]] = []
        self._model, self._answers = whisper._model, list(answers)
        for name in ("encode", "array_of", "decode", "align"):
            monkeypatch.setattr(self._model, name, getattr(self, name))

    def encode(self, samples: Any, window_ms: int) -> Any:
        del samples
        self.windows.append(window_ms)

    def array_of(self, states: Any) -> FloatSamples:
        del states
        return np.zeros((1_500, 4), np.float32)

    def align(self, states: Any, language: str, tokens: Sequence[int], speech_ms: int) -> tuple[Any, list[float]]:
        """Spread the tokens evenly."""
        del states, language
        step = speech_ms / 20 / max(1, len(tokens))
        return [(at, round(at * step)) for at in range(len(tokens) + 1)], [0.9] * len(tokens)

    def decode(self, states: Any, language: str, **options: Any) -> Decoding:
        del states, language
        self.decodes.append({**options, "window_ms": self.windows[-1]})
        text, log_prob, no_speech = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        tokens: Sequence[int] = self._model.tokens_of(text)
        return Decoding(tuple(tokens)[: options["max_tokens"]], log_prob, no_speech, complete=True)


@pytest.mark.parametrize("case", CARDS, ids=["card-en", "amex-en", "card-es", "phone-es"])
def test_when_a_number_is_dictated_then_every_digit_is_heard_whatever_the_line_adds(
    whisper: WhisperEngine, say: Say, case: tuple[Language, str, str]
) -> None:
    language, text, digits = case
    for sound in shaken(say(text, language), 3):
        heard = text_of(decode(whisper, sound, language=None, expected=language, switch_prob=0.85))
        assert "".join(run.digits for run in digit_runs(heard.split())) == digits, heard


@pytest.mark.parametrize("final", [True, False])
def test_when_digits_are_expected_and_something_else_is_said_then_it_is_heard(
    whisper: WhisperEngine, say: Say, final: bool
) -> None:
    for text, language, words in (
        ("I do not have the number with me.", "en", {"not", "have", "number"}),
        ("No tengo el número a mano.", "es", {"tengo", "número", "mano"}),
    ):
        sound = say(text, "es" if language == "es" else "en")
        heard = text_of(decode(whisper, sound, language=language, expecting="digits", final=final))
        assert words <= set(heard.lower().strip(".").split()), heard


def test_when_a_number_is_dictated_with_pauses_then_its_words_cover_all_of_its_sound(
    whisper: WhisperEngine, say: Say
) -> None:
    pause = np.zeros(SPEECH_RATE_HZ, dtype=np.int16)
    groups = [say(text, "en") for text in ("five three zero eight", "nine two seven four")]
    sound = np.concatenate([groups[0], pause, groups[1]])
    numbers = [word for word in decode(whisper, sound, language="en")["words"] if any(map(str.isdigit, word["text"]))]
    assert numbers[0]["start_ms"] <= 700
    assert numbers[-1]["end_ms"] >= sound.size // 16 - 900


def test_when_most_of_the_speech_was_left_out_then_it_is_looked_at_again(
    whisper: WhisperEngine, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    Script(whisper, monkeypatch, ("nine", -0.3, 0.1), ("please tell me about my contract and my bill", -0.5, 0.1))
    sound = say("Please tell me about my contract and my bill, I do not understand it.", "en")
    assert len(decode(whisper, sound, language="en", speech_ms=3_000)["words"]) == 9


@pytest.mark.parametrize("no_speech", [0.1, 0.95])
def test_when_clear_speech_is_taken_for_silence_then_there_are_words_all_the_same(
    whisper: WhisperEngine, say: Say, monkeypatch: pytest.MonkeyPatch, no_speech: float
) -> None:
    Script(whisper, monkeypatch, ("for six seven six", -1.3, no_speech))
    sound = say("four six seven six", "en")
    assert text_of(decode(whisper, sound, language="en", speech_ms=1_200)) == "for six seven six"
    assert text_of(decode(whisper, sound, language="en", speech_ms=1_200, final=False)) == "for six seven six"
    assert decode(whisper, sound, language="en", speech_ms=64)["words"] == []


@pytest.mark.parametrize("text", ["8, " * 200, "time " * 200, "1-1 " * 200])
@pytest.mark.parametrize("seconds", [2, 10, 25])
def test_when_every_decode_loops_then_the_work_is_bounded_and_no_more_is_said_than_the_sound_can_hold(
    whisper: WhisperEngine, monkeypatch: pytest.MonkeyPatch, text: str, seconds: int
) -> None:
    script = Script(whisper, monkeypatch, (text, -0.2, 0.1))
    t = np.arange(seconds * SPEECH_RATE_HZ) / SPEECH_RATE_HZ
    sound = to_int16(0.1 * np.random.default_rng(1).normal(0, 1, t.size) * (np.sin(2 * np.pi * 2 * t) > 0))
    words = decode(whisper, sound, language="en", speech_ms=seconds * 500)["words"]
    pieces = len([window for window in script.windows if window < FULL_WINDOW_MS])
    assert len(script.decodes) <= 3 * pieces
    assert script.windows.count(FULL_WINDOW_MS) <= pieces
    assert all(ask.get("beam", 1) == 1 for ask in script.decodes if ask["window_ms"] == FULL_WINDOW_MS)
    assert len(digit_runs([word["text"] for word in words])) <= pieces
    assert sum(char.isdigit() for word in words for char in word["text"]) <= 6 * seconds + 2 * pieces


def test_when_numbers_are_hard_to_hear_then_a_decode_takes_about_twice_stock_whispers_time_at_most(
    whisper: WhisperEngine, say: Say, models: Path
) -> None:
    from faster_whisper import WhisperModel

    stock = WhisperModel(str(models / "whisper-base"), device="cpu", compute_type="int8", cpu_threads=1)
    ours_s = stock_s = 0.0
    for text, language in (
        ("doble siete, triple cero cero, triple siete, triple siete", "es"),
        ("nine nine nine", "en"),
    ):
        sound = say(text, "es" if language == "es" else "en")
        for samples in (sound, sound[::-1].copy()):  # backwards, it is speech that nobody understands
            began_s = time.process_time()
            list(stock.transcribe(to_float(samples), language=language, beam_size=1, temperature=0.0)[0])
            halfway_s = time.process_time()
            decode(whisper, samples, language=language)
            stock_s += halfway_s - began_s
            ours_s += time.process_time() - halfway_s
    assert ours_s <= 2.2 * stock_s
