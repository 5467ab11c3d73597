"""Weights of one's own: trained from a manifest, used by name, refused where they may not go."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest
import soundfile

from bench import train_emotion
from calls.errors import CallCentreError
from service.config import Config
from service.engines import emotion_weights, needed_models
from service.models_store import ModelStore
from tests.voice.prosody.test_prosody import voice
from voice.prosody.features import NAMES
from voice.prosody.model import EmotionModel


def manifest_in(folder: Path, speakers: int = 2) -> Path:
    """Return a manifest of made-up voices: loud glides up are angry, flat ones are not."""
    rows = []
    for speaker in range(speakers):
        for number, emotion in enumerate(("anger", "anger", "neutral", "neutral")):
            glide = 60.0 if emotion == "anger" else 0.0
            sound = voice(110 + 60 * speaker + 5 * number, seconds=1.5, glide=glide)
            name = f"{speaker}-{number}.wav"
            soundfile.write(folder / name, sound, 16_000)
            rows.append({"path": name, "speaker": f"s{speaker}", "emotion": emotion})
    path = folder / "own.csv"
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, ("path", "speaker", "emotion"))
        writer.writeheader()
        writer.writerows(rows)
    return path


def train(monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    monkeypatch.setattr(sys, "argv", ["train_emotion", *options])
    return train_emotion.main()


@pytest.fixture
def whisper() -> None:
    try:
        ModelStore().path("whisper-base")
    except CallCentreError as error:
        pytest.skip(f"the recogniser cannot run here: {error.message}")


@pytest.mark.usefixtures("whisper")
def test_when_somebody_has_labelled_calls_then_one_command_makes_weights_that_a_service_can_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, out = manifest_in(tmp_path), tmp_path / "weights"
    quick = ("--voices", "0", "--noise", str(tmp_path / "none"))
    assert train(monkeypatch, "--manifest", str(manifest), "--corpus", "", "--out", str(out), *quick) == 0
    config = Config.model_validate({"models": {"emotion": str(out)}})
    assert emotion_weights(config, ModelStore()) == out
    assert "emotion" not in needed_models(config)
    plain = EmotionModel.load(out / "emotion.json")
    assert plain.mean.size == 2 * len(NAMES)
    assert EmotionModel.load(out / "fused.json", plain).encoder
    assert json.loads((out / "emotion.json").read_text())["trained_on"] == "own"


def test_when_weights_may_not_be_shipped_or_clips_are_missing_then_a_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = manifest_in(tmp_path, speakers=1)
    assert train(monkeypatch, "--manifest", str(manifest), "--corpus", "") == 2
    assert "--out" in capsys.readouterr().err
    out = str(tmp_path / "weights")
    assert train(monkeypatch, "--manifest", str(manifest), "--corpus", "", "--out", out) == 2
    assert "at least 2 speakers" in capsys.readouterr().err
    (tmp_path / "0-0.wav").unlink()
    assert train(monkeypatch, "--manifest", str(manifest), "--corpus", "", "--out", out) == 2
    assert "0-0.wav" in capsys.readouterr().err
    assert train(monkeypatch, "--manifest", str(tmp_path / "none.csv"), "--corpus", "", "--out", out) == 2
    assert "none.csv" in capsys.readouterr().err


def test_when_own_weights_cannot_be_read_then_the_service_says_so_before_it_starts(tmp_path: Path) -> None:
    config = Config.model_validate({"models": {"emotion": str(tmp_path)}})
    with pytest.raises(CallCentreError) as caught:
        emotion_weights(config, ModelStore())
    assert caught.value.code == "emotion.unreadable"
