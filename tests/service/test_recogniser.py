"""The recogniser that the configuration names: of the manifest, or a folder of the operator's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from service.cli import main
from service.config import Config, ModelsSection
from service.engines import build_workers, needed_models
from service.models_store import ModelStore
from service.recogniser import at_once, check_recogniser, recogniser_folder, recogniser_name
from tests.fakes.real_engines import model


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The small English Whisper under a path of the operator's own, its files linked."""
    folder = tmp_path / "our-whisper"
    folder.mkdir()
    for file in model("whisper-tiny-en", "model.bin").parent.iterdir():
        (folder / file.name).symlink_to(file)
    return folder


def configured(whisper: str | Path) -> Config:
    return Config(models=ModelsSection(whisper=str(whisper)))


def test_when_a_folder_is_named_then_no_model_of_the_manifest_is_needed_for_the_words(own: Path) -> None:
    config, store = configured(own), ModelStore()
    assert recogniser_folder(config, store) == own
    assert recogniser_name(config) == "our-whisper"
    assert not any("whisper" in name for name in needed_models(config))
    check_recogniser(config, store, ["en"])


def test_when_the_folder_knows_english_alone_then_a_spanish_line_is_refused(own: Path) -> None:
    with pytest.raises(CallCentreError, match="understands en alone, but the dial plan answers calls in es"):
        check_recogniser(configured(own), ModelStore(), ["en", "es"])


def test_when_the_folder_lacks_a_file_then_neither_check_nor_service_goes_on(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "tokenizer.json").unlink()
    file = tmp_path / "warmline.toml"
    file.write_text(f'data_dir = "{tmp_path}/data"\n[models]\nwhisper = "{own}"\n[dial_plan]\nlanguage = "en"\n')
    assert main(["check", "--config", str(file)]) == 1
    assert f"FAILED  recogniser: The recognition model in {own} lacks tokenizer.json." in capsys.readouterr().out
    with pytest.raises(CallCentreError, match=r"lacks tokenizer\.json"):
        build_workers(configured(own), ModelStore())


def test_when_a_name_of_the_manifest_is_given_then_it_is_looked_for_there() -> None:
    with pytest.raises(CallCentreError, match="There is no model 'whisper-grande'"):
        recogniser_folder(configured("whisper-grande"), ModelStore())
    assert recogniser_name(configured("whisper-base")) == "whisper-base"


@pytest.mark.parametrize(
    ("cores", "threads", "said", "side_by_side"),
    [(1, 1, 0, 1), (2, 1, 0, 2), (2, 4, 0, 1), (16, 1, 0, 4), (2, 1, 7, 7)],
)
def test_when_cores_are_there_then_as_many_are_recognised_at_once_unless_said_otherwise(
    monkeypatch: pytest.MonkeyPatch, cores: int, threads: int, said: int, side_by_side: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    assert at_once(ModelsSection(whisper_threads=threads, whisper_at_once=said)) == side_by_side
