"""The shell scripts behind `make`: what a person reads where something is missing, and what the lock promises."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from tests.waiting import HANGS_S

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "cat", "chmod", "dirname", "find", "head", "id", "mkdir", "rm")
"""What the scripts may rely on; the folders of these tests hold nothing else."""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a folder that is the whole PATH: the plain tools, no apt, no sudo, no Python."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(shutil.which(name) or pytest.fail(f"{name} is not here"))
    return folder


def run(programs: Path, script: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(ROOT / script), *arguments],
        check=False,
        env={"PATH": str(programs), **environ},
        capture_output=True,
        text=True,
        timeout=HANGS_S,
    )


def add(programs: Path, name: str, body: str) -> None:
    program = programs / name
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


def test_when_there_is_no_python_then_the_person_reads_which_package_to_install(programs: Path) -> None:
    done = run(programs, "deploy/find_python.sh")
    assert done.returncode == 1
    assert "apt-get install python3 python3-venv" in done.stderr
    assert done.stdout == ""


def test_when_the_first_python_is_broken_then_the_next_is_taken(programs: Path) -> None:
    add(programs, "python3.11", "exit 127")
    (programs / "python3").symlink_to(sys.executable)
    assert run(programs, "deploy/find_python.sh").stdout == "python3\n"


def test_when_a_python_is_named_then_only_that_one_is_looked_at(programs: Path) -> None:
    (programs / "python3").symlink_to(sys.executable)
    done = run(programs, "deploy/find_python.sh", "python2.7")
    assert done.returncode == 1
    assert "python2.7" in done.stderr


def test_when_the_project_allows_a_python_then_the_script_looks_for_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    match = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"])
    assert match is not None
    script = (ROOT / "deploy/find_python.sh").read_text()
    assert f"(3, {match[1]}) <= sys.version_info < (3, {match[2]})" in script
    for minor in range(int(match[1]), int(match[2])):
        assert f"python3.{minor} " in script


def test_when_espeak_cannot_be_brought_then_the_person_reads_the_command(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    done = run(programs, "deploy/install_espeak.sh", str(tmp_path / "venv"))
    assert done.returncode == 1
    assert "apt-get install espeak-ng" in done.stderr
    assert not (tmp_path / "venv" / "bin" / "espeak-ng").exists()


def test_when_one_peer_does_not_exist_here_then_the_others_are_installed_and_it_is_named(programs: Path) -> None:
    # An apt-get that has everything but chromium, as on Ubuntu.
    add(programs, "id", "echo 0")
    (programs / "env").symlink_to(shutil.which("env") or "")
    (programs / "touch").symlink_to(shutil.which("touch") or "")
    add(
        programs,
        "apt-get",
        f"""case "$*" in
            *update*) exit 0 ;;
            *chromium*) exit 100 ;;
            *sip-tester) name=sipp ;; *baresip-core) name=baresip ;; *postgresql) name=pg_ctlcluster ;;
            *sipsak) name=sipsak ;; *espeak-ng) name=espeak-ng ;;
        esac
        touch {programs}/$name; chmod +x {programs}/$name""",
    )
    done = run(programs, "tests/install_peers.sh")
    assert done.returncode == 0, done.stderr
    assert "Left out, because they could not be installed: chromium" in done.stdout
    assert {"sipp", "baresip", "sipsak", "espeak-ng", "pg_ctlcluster"} <= {path.name for path in programs.iterdir()}


def test_when_ci_asks_for_every_peer_then_a_missing_one_is_a_failure(programs: Path) -> None:
    assert run(programs, "tests/install_peers.sh").returncode == 0
    done = run(programs, "tests/install_peers.sh", CI="true")
    assert done.returncode == 1
    assert "sip-tester" in done.stdout


def test_when_a_package_is_locked_then_every_python_gets_the_same_version_by_digest() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    names = re.findall(r"^([a-z0-9][a-z0-9.\-]*)==", lock, re.MULTILINE)
    assert [name for name, count in Counter(names).items() if count > 1] == []
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(entries) == len(names)
    assert all("--hash=sha256:" in entry for entry in entries)
