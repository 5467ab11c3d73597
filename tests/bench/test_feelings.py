"""The bench of feelings: F1 as it is defined, sentences that teach, shipped weights that load and hold their aim."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bench import feelings
from bench.feelings_fit import f1_of, macro_f1, read_sentences
from calls.ids import LANGUAGES
from voice.feelings.model import FEELINGS


def test_when_guesses_are_known_the_f1_is_that_of_the_definition() -> None:
    truth, guess = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 2])
    assert f1_of(truth, guess, 0) == pytest.approx(0.8)  # precision 1, recall 2/3
    assert f1_of(truth, guess, 1) == pytest.approx(0.5)  # precision 1/2, recall 1/2
    assert macro_f1(truth, guess) == pytest.approx(0.65)


def test_when_sentences_are_read_each_language_has_every_feeling_in_good_number_and_none_twice() -> None:
    sentences = read_sentences()
    counts = Counter((each.language, each.feeling) for each in sentences)
    assert all(counts[language, feeling] >= 2 * 60 for language in LANGUAGES for feeling in FEELINGS)
    written = Counter((each.language, each.text) for each in sentences[::2])
    assert [text for text, n in written.items() if n > 1] == []


def test_when_a_heading_names_no_feeling_file_and_line_are_named(tmp_path: Path) -> None:
    for language in LANGUAGES:
        (tmp_path / f"{language}.txt").write_text("[happy a]\nyes\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 1: 'happy' is no feeling"):
        read_sentences(tmp_path)


def test_when_a_manifest_has_strange_feelings_they_are_counted_and_the_rest_is_measured(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    rows = [
        ("¿Qué significa eso? No lo entiendo.", "es", "confused"),
        ("Ya van cuatro veces que llamo y sigue sin funcionar.", "es", "frustrated"),
        ("muchas gracias es usted muy amable", "es", "satisfied"),
        ("I don't understand, what does that mean?", "en", "confused"),
        ("I've been on hold for an hour and it still doesn't work.", "en", "frustrated"),
        ("My account number is four two one.", "en", "neutral"),
        ("la la la", "es", "bored"),
    ]
    lines = ["text,language,feeling,note", *(f'"{text}",{language},{feeling},x' for text, language, feeling in rows)]
    manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")
    misses = tmp_path / "misses.csv"
    result = feelings.run(argparse.Namespace(manifest=manifest, half="both", misses=misses))
    assert (result.n, result.figures["unknown_rows"], result.figures["unknown_feelings"]) == (6, 1, "bored")
    for suffix in ("", "_en", "_es"):
        assert result.figures[f"macro_f1{suffix}"] == 1.0
        assert result.figures[f"f1_confused{suffix}"] == 1.0
        assert result.figures[f"f1_frustrated{suffix}"] == 1.0
    assert len(misses.read_text(encoding="utf-8").splitlines()) == 1
