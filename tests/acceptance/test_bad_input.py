"""What an operator gets wrong: one clear sentence, exit code 1, nothing half-written, no traceback."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.commands import command
from tests.acceptance.running import ROOT, WARMLINE, RunningService
from tests.fakes.real_engines import MODELS
from tests.ports import free_port


def serve(file: Path, text: str, *, environ: dict[str, str] | None = None, most_s: float = 60.0) -> str:
    """Start the service with this configuration; it must fail with one sentence, which is returned."""
    if "[service]" not in text:
        text += f'\n[service]\nlisten = "127.0.0.1:{free_port()}"\n'
    if "[telephony.sip]" not in text:
        text += f'\n[telephony.sip]\nlisten = "127.0.0.1:{free_port()}"\n'
    file.write_text(text)
    code, _, errors = command("serve", "--config", str(file), environ=environ, most_s=most_s)
    assert code == 1, errors
    assert "Traceback" not in errors
    sentence = errors.splitlines()[-1]
    assert sentence.startswith("warmline: ")
    assert sentence.endswith(".")
    return sentence


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bad.toml"


@pytest.fixture
def data(tmp_path: Path) -> str:
    return f'data_dir = "{tmp_path}/data"\n'


@pytest.mark.parametrize("program", ["serve", "check", "replay"])
def test_when_a_key_is_unknown_then_the_nearest_is_named(file: Path, program: str) -> None:
    file.write_text('[service]\nlisen = "127.0.0.1:8080"\n')
    code, _, errors = command(program, "--config", str(file))
    assert code == 1
    assert "no key 'service.lisen' (file:bad.toml)" in errors
    assert "Did you mean 'service.listen'?" in errors
    assert "Traceback" not in errors


def test_when_an_environment_key_is_unknown_then_it_is_named(file: Path) -> None:
    file.write_text("")
    code, _, errors = command("check", "--config", str(file), environ={"WARMLINE__SERVICE__LISTEM": "x"})
    assert code == 1
    assert "'service.listen'" in errors
    assert "env:WARMLINE__SERVICE__LISTEM" in errors


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('[service]\nlisten = "here"\n', "'service.listen'"),
        ("[telephony]\nmax_calls = 0\n", "'telephony.max_calls'"),
        ('[privacy]\nrecording = "maybe"\n', "'privacy.recording'"),
        ("[service\n", "cannot be read"),
    ],
)
def test_when_a_value_is_not_usable_then_the_key_is_named(file: Path, data: str, text: str, names: str) -> None:
    assert names in serve(file, data + text)


def test_when_the_configuration_is_not_there_then_that_is_said(tmp_path: Path) -> None:
    code, _, errors = command("serve", "--config", str(tmp_path / "none.toml"))
    assert code == 1
    assert "There is no configuration file" in errors
    assert "Traceback" not in errors


def test_when_the_models_are_missing_then_the_command_that_brings_them_is_named(
    file: Path, data: str, tmp_path: Path
) -> None:
    sentence = serve(file, data, environ={"WARMLINE_MODELS": str(tmp_path / "no-models")})
    assert "warmline models fetch" in sentence


def test_when_a_model_file_is_damaged_then_it_is_named_and_not_used(file: Path, data: str, tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for folder in MODELS.iterdir():
        if folder.is_dir() and not folder.name.startswith("."):
            (models / folder.name).symlink_to(folder)
    (models / "silero-vad").unlink()
    shutil.copytree(MODELS / "silero-vad", models / "silero-vad")
    weights = max((models / "silero-vad").iterdir(), key=lambda path: path.stat().st_size)
    damaged = bytearray(weights.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    weights.write_bytes(damaged)
    sentence = serve(file, data, environ={"WARMLINE_MODELS": str(models)})
    assert "The model silero-vad is damaged" in sentence
    assert "warmline models fetch silero-vad" in sentence


def test_when_the_web_port_is_taken_then_that_is_said(file: Path, data: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        assert address in serve(file, f'{data}[service]\nlisten = "{address}"\n')


def test_when_the_sip_port_is_taken_then_that_is_said(file: Path, data: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        sentence = serve(file, f'{data}[telephony.sip]\nlisten = "127.0.0.1:{port}"\n', most_s=200)
        assert str(port) in sentence


def test_when_data_dir_lies_under_a_file_then_that_is_said(file: Path, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    assert "data_dir" in serve(file, f'data_dir = "{tmp_path}/a-file/data"\n')


def test_when_the_database_is_none_then_that_is_said_and_the_file_is_left_alone(
    file: Path, data: str, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    database = tmp_path / "data" / "warmline.sqlite3"
    database.write_bytes(b"this is no database, " * 500)
    assert "database" in serve(file, data).lower()
    assert database.read_bytes() == b"this is no database, " * 500


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB with nothing left."""
    disk = tmp_path / "full"
    disk.mkdir()
    with ExitStack() as undo:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)], check=False, capture_output=True
        )
        if done.returncode:
            if os.environ.get("CI") == "true":
                pytest.fail(f"a small file system cannot be mounted, and CI=true asks for it: {done.stderr!r}")
            pytest.skip("needs the right to mount a small file system")
        undo.callback(subprocess.run, ["umount", str(disk)], check=True)
        yield disk


def test_when_the_disk_of_the_database_is_full_then_that_is_said(file: Path, full_disk: Path) -> None:
    (full_disk / "filler").write_bytes(b"x" * 60_000)
    sentence = serve(file, f'data_dir = "{full_disk}/data"\n')
    assert re.search("full|space|written", sentence)


def test_when_the_disk_is_read_only_then_that_is_said(file: Path, full_disk: Path) -> None:
    (full_disk / "data").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(full_disk)], check=True)
    assert re.search("written|read-only|writable", serve(file, f'data_dir = "{full_disk}/data"\n'))


def test_when_a_second_service_starts_on_the_same_data_then_it_refuses_and_the_first_goes_on(
    file: Path, service: RunningService
) -> None:
    sentence = serve(file, f'data_dir = "{service.data_dir}"\n', most_s=200)
    assert "database" in sentence or "data_dir" in sentence
    assert service.running.returncode is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[number]]\ncalled = "1"\nhours = { mon = "9 to 5" }\n', "[[number]] 1, hours"),
        ('[[numbers]]\ncalled = "1"\n', "'numbers'"),
        ("[[number]\n", "cannot be read"),
        ('[[number]]\ncalled = "1"\nflow = "no-such-flow"\n', "no-such-flow"),
    ],
)
def test_when_the_dial_plan_is_wrong_then_the_entry_is_named(
    file: Path, data: str, tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "plan.toml").write_text(text)
    assert says in serve(file, f'{data}[dial_plan]\nfile = "{tmp_path}/plan.toml"\n')


def test_when_the_certificate_is_not_there_then_that_is_said_before_calls_are_taken(file: Path, data: str) -> None:
    port = free_port()
    text = f'[service]\nlisten = "127.0.0.1:{port}"\ntls_certificate = "/none.pem"\ntls_key = "/none.key"\n'
    assert "tls_certificate" in serve(file, data + text)


def test_when_articles_are_wrong_then_file_and_line_are_named(file: Path, data: str, tmp_path: Path) -> None:
    (tmp_path / "articles" / "en").mkdir(parents=True)
    (tmp_path / "articles" / "en" / "bad.md").write_text("no head at all\n")
    sentence = serve(file, f'{data}[knowledge]\ndir = "{tmp_path}/articles"\n', most_s=200)
    assert "bad.md" in sentence or "articles" in sentence


def test_when_a_call_cannot_be_placed_then_a_sentence_says_why() -> None:
    code, _, errors = command("call", f"sip:bot@127.0.0.1:{free_port()}", "--seconds", "3")
    assert code == 1
    assert "Traceback" not in errors
    assert errors.splitlines()[-1].startswith("warmline: ")


def test_when_python_runs_the_module_then_it_is_the_same_command() -> None:
    installed = Path(sys.executable).with_name("warmline")
    for program in ((str(installed),), WARMLINE):
        done = subprocess.run([*program, "--help"], check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0
        assert done.stdout == command("--help")[1]
