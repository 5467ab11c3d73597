"""The command line answers slips with a sentence, before anything is done."""

from __future__ import annotations

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
