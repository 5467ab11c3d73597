"""Each command that measures the voice prints exactly the keys that `docs/measuring.md` names."""

from __future__ import annotations

import argparse
import csv
import importlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from bench import diarize, latency
from bench.report import Result
from calls.audio import SPEECH_RATE_HZ, Samples
from tests.fakes.real_engines import caller_says, model
from tests.voice.prosody.test_prosody import voice

PAGE = Path(__file__).parents[2] / "docs" / "measuring.md"
SYSTEMS = ("vad", "smart_turn", "ours", "ours_silence")


def promised(*rows: str) -> set[str]:
    """The keys of rows of the page's table."""
    found: set[str] = set()
    table = dict(re.findall(r"^\| (.+?) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    for row in rows:
        for key in re.findall(r"`(\w+)`", table[row]):
            if "SYSTEM" in key:
                found |= {key.replace("SYSTEM", system) for system in SYSTEMS}
            elif key not in SYSTEMS:
                found.add(key)
    return found


def bare(figures: Mapping[str, object]) -> set[str]:
    """The keys without those of intervals and of single languages."""
    whole = set(figures)
    return {key for key in whole if not (key.endswith(("_lo", "_hi", "_en", "_es")) and key[:-3] in whole)}


def run(name: str, *options: str) -> set[str]:
    module = importlib.import_module(f"bench.{name}")
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return bare(module.run(parser.parse_args(options)).figures)


def write_manifest(folder: Path, rows: Sequence[Mapping[str, str]]) -> str:
    path = folder / "manifest.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def write_sound(path: Path, sound: Samples) -> str:
    import soundfile

    soundfile.write(path, sound, SPEECH_RATE_HZ)
    return path.name


def said(folder: Path) -> str:
    """A manifest of a sentence in each language."""
    model("whisper-base", "model.bin")
    texts = {"en": "My bill is wrong.", "es": "La factura está mal."}
    rows = []
    for language, text in texts.items():
        sound = caller_says(text, "es" if language == "es" else "en")
        rows.append({"path": write_sound(folder / f"{language}.wav", sound), "text": text, "language": language})
    return write_manifest(folder, rows)


def test_when_recognition_is_measured_then_its_keys_are_those_of_the_page(tmp_path: Path) -> None:
    printed = run("asr", "--manifest", said(tmp_path), "--fast", "--peer")
    assert printed == promised("`asr`", "`asr --peer`")


def test_when_nobody_speaks_then_the_keys_are_those_of_the_page_and_there_is_no_word(tmp_path: Path) -> None:
    model("whisper-base", "model.bin")
    assert run("asr", "--no-speech", "0.4", "--fast") == promised("`asr`", "`asr --no-speech`")


def test_when_many_callers_are_measured_then_the_keys_are_those_of_the_page(tmp_path: Path) -> None:
    printed = run("asr_load", "--manifest", said(tmp_path), "--calls", "2", "--seconds", "2", "--fast")
    assert printed == promised("`asr-load`")


def test_when_turns_are_measured_then_the_keys_are_those_of_the_page(tmp_path: Path) -> None:
    model("whisper-base", "model.bin")
    first, second = caller_says("My bill is wrong.", "en"), caller_says("Which month is it?", "en")
    pause = np.zeros(SPEECH_RATE_HZ // 2, dtype=np.int16)
    left = np.concatenate([first, pause, first, np.zeros(second.size + pause.size, dtype=np.int16)])
    right = np.concatenate([np.zeros(left.size - second.size, dtype=np.int16), second])
    row = {"path": write_sound(tmp_path / "call.wav", np.stack([left, right], axis=1)), "channels": "2", "rttm": ""}
    assert run("turns", "--manifest", write_manifest(tmp_path, [row])) == promised("`turns`")


@pytest.mark.parametrize(("options", "row"), [((), None), (("--codecs", "PCMU,G722,OPUS"), "`emotion --codecs`")])
def test_when_emotion_is_measured_then_the_keys_are_those_of_the_page(
    tmp_path: Path, options: tuple[str, ...], row: str | None
) -> None:
    model("whisper-base", "model.bin")
    rows = []
    for speaker in range(3):
        for number, emotion in enumerate(("anger", "anger", "neutral", "neutral")):
            glide = 60.0 if emotion == "anger" else 0.0
            sound = voice(110 + 60 * speaker + 5 * number, seconds=1.5, glide=glide)
            path = write_sound(tmp_path / f"{speaker}-{number}.wav", sound)
            gender = "fm"[speaker % 2]
            rows.append({"path": path, "speaker": f"s{speaker}", "gender": gender, "emotion": emotion})
    given = ("--manifest", write_manifest(tmp_path, rows), "--weights", "shipped", *options)
    with_encoder = "`emotion` with the encoder, the default"
    assert run("emotion", *given) == promised("`emotion`", with_encoder, *([row] if row else []))
    if row is None:
        assert run("emotion", *given, "--prosody-only") == promised("`emotion`")


def test_when_feelings_are_measured_then_the_keys_are_those_of_the_page(tmp_path: Path) -> None:
    model("e5", "e5-small-q4.bin")
    rows = [
        {"text": "I do not understand this bill.", "language": "en", "feeling": "confused"},
        {"text": "Es la tercera vez que llamo.", "language": "es", "feeling": "frustrated"},
    ]
    assert run("feelings", "--manifest", write_manifest(tmp_path, rows)) == promised("`feelings`")


def test_when_a_bench_needs_more_than_tests_have_then_what_it_puts_is_on_the_page_all_the_same() -> None:
    part = {"missed": 1.0, "false_alarm": 0.0, "confusion": 1.0, "total": 10.0}
    sound = np.zeros(SPEECH_RATE_HZ, dtype=np.int16)
    recording = diarize.Recording(Path("x"), (sound, sound), [(0.0, 1.0, "a")])
    recording.parts = dict.fromkeys(("ours", "peer", "channels"), part)
    recording.took_s = {"ours": 0.1, "peer": 0.2}
    result = Result(n=1)
    result.put("prints", True)
    diarize._figures(result, [recording])
    assert bare(result.figures) == promised("`diarize`", "`diarize` with the peer, the default")
    result = Result(n=0)
    latency._put(result, [], "")
    assert bare(result.figures) == promised("`latency`")
