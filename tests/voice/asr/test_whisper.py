"""The recognition engine with the real model: synthesised and recorded speech, silence, noise and damage."""

from __future__ import annotations

import csv
import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.wer import count_errors, normalise, word_error_rate
from calls.audio import SPEECH_RATE_HZ, Samples, to_int16
from calls.errors import CallCentreError
from calls.ids import Language
from voice.asr.whisper import WhisperEngine, create

Say = Callable[[str, Language], Samples]
SHARED = Path(os.environ.get("WARMLINE_SHARED") or Path(__file__).parents[4] / "shared")


def decode(whisper: WhisperEngine, samples: Samples, **data: Any) -> dict[str, Any]:
    pieces = [piece for piece in whisper.handle("decode", data, {"samples": samples}) if piece is not None]
    assert len(pieces) == 1
    return pieces[0].data


def words_of(reply: dict[str, Any]) -> str:
    return " ".join(word["text"] for word in reply["words"])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Good morning, I would like to know why my electricity bill is so high this month."),
        ("es", "Buenos días, quiero saber por qué la factura de la luz es tan alta este mes."),
    ],
)
def test_when_somebody_speaks_then_the_words_and_the_language_are_found(
    whisper: WhisperEngine, say: Say, language: Language, text: str
) -> None:
    reply = decode(whisper, say(text, language), offset_ms=10_000)
    assert reply["language"] == language
    assert reply["language_prob"] > 0.9
    errors = count_errors(normalise(text, reply["language"]), normalise(words_of(reply), reply["language"]))
    assert errors.edits <= 2, words_of(reply)


def test_when_words_are_timed_then_they_lie_where_they_were_said(whisper: WhisperEngine, say: Say) -> None:
    first, second = say("My bill is wrong.", "en"), say("Please call me tomorrow.", "en")
    pause = np.zeros(SPEECH_RATE_HZ, dtype=np.int16)
    reply = decode(whisper, np.concatenate([first, pause, second]), offset_ms=5_000, language="en")
    words = reply["words"]
    begin = next(word["start_ms"] for word in words if word["text"].lower().startswith("please"))
    assert abs(begin - (5_000 + (first.size + pause.size) // 16 + 500)) < 300
    assert words[0]["start_ms"] == pytest.approx(5_500, abs=200)
    assert words[-1]["end_ms"] <= 5_000 + (first.size + pause.size + second.size) // 16
    assert all(0.0 <= word["prob"] <= 1.0 for word in words)
    assert [word["start_ms"] for word in words] == sorted(word["start_ms"] for word in words)


@pytest.mark.parametrize(("language", "text"), [("en", "Thank you."), ("es", "Gracias."), ("en", "Bye.")])
def test_when_thanks_are_really_spoken_then_they_are_not_deleted(
    whisper: WhisperEngine, say: Say, language: Language, text: str
) -> None:
    reply = decode(whisper, say(text, language), language=language)
    assert normalise(words_of(reply), language) == normalise(text, language)


def wordless(kind: str, seconds: int) -> Samples:
    generator = np.random.default_rng(seconds)
    t = np.arange(seconds * SPEECH_RATE_HZ) / SPEECH_RATE_HZ
    noise = generator.normal(0, 1, t.size)
    sounds = {
        "silence": 0 * t,
        "comfort noise": 0.0006 * noise,
        "loud noise": 0.1 * noise,
        "hold tone": 0.2 * np.sin(2 * np.pi * 425 * t) * (t % 1 < 0.4),
        "ringback": 0.1 * (np.sin(2 * np.pi * 440 * t) + np.sin(2 * np.pi * 480 * t)) * (t % 3 < 1),
        "digits": 0.2 * (np.sin(2 * np.pi * 770 * t) + np.sin(2 * np.pi * 1336 * t)) * (t % 0.3 < 0.1) + 0.001 * noise,
        "hold music": 0.05
        * sum(np.sin(2 * np.pi * 220 * 2 ** ((np.floor(t * 2) % 5) / 12) * h * t) for h in (1, 2, 3)),
        "breath": 0.02 * noise * np.clip(np.sin(2 * np.pi * 0.4 * t), 0, 1) ** 2,
        "hum": 0.05 * sum(np.sin(2 * np.pi * 50 * h * t) / h for h in range(1, 10)),
    }
    return to_int16(np.asarray(sounds[kind], dtype=np.float64))


@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize(
    "kind",
    ["silence", "comfort noise", "loud noise", "hold tone", "ringback", "digits", "hold music", "breath", "hum"],
)
def test_when_nobody_speaks_then_there_are_no_words(whisper: WhisperEngine, kind: str, final: bool) -> None:
    for seconds in (2, 7):
        assert words_of(decode(whisper, wordless(kind, seconds), final=final)) == ""


def test_when_the_audio_is_empty_then_there_are_no_words(whisper: WhisperEngine) -> None:
    reply = decode(whisper, np.zeros(0, dtype=np.int16))
    assert (reply["words"], reply["language_prob"]) == ([], 0.0)


def test_when_speech_is_longer_than_the_window_then_nothing_is_lost(whisper: WhisperEngine, say: Say) -> None:
    text = "I called last week about the invoice. Nobody called me back. I want to speak to a person now, please."
    once = say(text, "en")
    times = 32 * SPEECH_RATE_HZ // once.size + 1
    reply = decode(whisper, np.tile(once, times), language="en")
    errors = count_errors(normalise(text, "en") * times, normalise(words_of(reply), "en"))
    assert times * once.size > 32 * SPEECH_RATE_HZ
    assert errors.edits / errors.words < 0.15, words_of(reply)


def test_when_a_caller_talks_on_then_finished_stretches_are_recognised_only_once(
    whisper: WhisperEngine, say: Say
) -> None:
    text = "I called last week about the invoice. Nobody called me back. I want to speak to a person now, please."
    sound = np.tile(say(text, "en"), 3)
    began = [
        decode(whisper, sound, language="en", final=False)["words"],
        decode(whisper, sound, language="en")["words"],
    ]
    longer = decode(whisper, np.concatenate([sound, sound[: 16_000 * 3]]), language="en")
    cut_ms = 6_000
    first = [[word for word in words if word["end_ms"] <= cut_ms] for words in (*began, longer["words"])]
    assert first[0]
    assert first[0] == first[1] == first[2]


def test_when_words_are_expected_then_they_are_spelled_that_way(whisper: WhisperEngine, say: Say) -> None:
    samples = say("I have a question about Lumina.", "en")
    assert "Lumina" in words_of(decode(whisper, samples, language="en", vocabulary="Lumina, fibre, electricity"))


def test_when_a_partial_is_asked_for_then_it_has_words_in_order_at_once(whisper: WhisperEngine, say: Say) -> None:
    samples = say("I would like to speak to a person.", "en")
    reply = decode(whisper, samples, language="en", final=False, offset_ms=100)
    assert "person" in words_of(reply)
    starts = [word["start_ms"] for word in reply["words"]]
    assert starts == sorted(starts)
    assert starts[0] >= 100


def test_when_a_language_was_not_offered_then_it_is_refused(whisper: WhisperEngine) -> None:
    with pytest.raises(CallCentreError, match="'fr'") as caught:
        decode(whisper, np.zeros(16_000, dtype=np.int16), language="fr")
    assert caught.value.code == "asr.bad_language"


def test_when_another_language_is_expected_then_only_a_sure_find_changes_it(whisper: WhisperEngine, say: Say) -> None:
    samples = say("I would like to speak to a person.", "en")
    assert decode(whisper, samples, expected="es", switch_prob=0.85)["language"] == "en"
    stayed = decode(whisper, samples, expected="es", switch_prob=1.1)
    assert (stayed["language"], stayed["language_prob"] < 0.5) == ("es", True)


def test_when_the_method_is_unknown_then_it_is_refused(whisper: WhisperEngine) -> None:
    with pytest.raises(CallCentreError, match="no method"):
        list(whisper.handle("dance", {}, {}))


def test_when_a_model_file_is_missing_then_the_sentence_names_it(tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match=r"lacks model\.bin.*warmline models fetch") as caught:
        create({"model_dir": str(tmp_path)})
    assert (caught.value.code, caught.value.fault) == ("model.missing", "operator")


def test_when_a_model_file_is_damaged_then_the_sentence_says_so(models: Path, tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "vocabulary.json"):
        shutil.copy(models / "whisper-base" / name, tmp_path)
    (tmp_path / "model.bin").write_bytes((models / "whisper-base" / "model.bin").read_bytes()[:1_000_000])
    with pytest.raises(CallCentreError, match="damaged") as caught:
        create({"model_dir": str(tmp_path)})
    assert caught.value.code == "model.corrupt"


@pytest.mark.recorded
@pytest.mark.parametrize(("language", "limit"), [("en", 0.35), ("es", 0.35)])
def test_when_people_speak_on_the_telephone_then_most_words_are_right(
    whisper: WhisperEngine, language: Any, limit: float, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = SHARED / "data" / "asr" / "manifest.csv"
    if not manifest.is_file():
        pytest.skip(f"the recorded speech is missing: {manifest} (set WARMLINE_SHARED)")
    import soundfile
    import soxr

    with manifest.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["language"] == language]
    chosen = rows[:: len(rows) // 12][:12]
    errors = []
    for row in chosen:
        sound, rate_hz = soundfile.read(manifest.parent / row["path"], dtype="float32")
        reply = decode(whisper, to_int16(soxr.resample(sound, rate_hz, SPEECH_RATE_HZ)), language=language)
        errors.append(count_errors(normalise(row["text"], language), normalise(words_of(reply), language)))
    with capsys.disabled():
        left_out = len(rows) - len(chosen)
        print(f"\nrecorded speech, {language}: {len(chosen)} clips run, {left_out} left out", end="")  # noqa: T201
    assert word_error_rate(errors) < limit


def test_when_words_are_live_then_they_have_the_mean_probability_of_the_decode(
    whisper: WhisperEngine, say: Say
) -> None:
    reply = decode(whisper, say("I have not got my bill", "en"), language="en", final=False)
    probs = [word["prob"] for word in reply["words"]]
    assert len(probs) >= 4
    assert max(probs) - min(probs) < 0.001
    assert probs[0] == pytest.approx(math.exp(reply["avg_log_prob"]), abs=0.001)
    assert 0.3 < probs[0] < 1.0
