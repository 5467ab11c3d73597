"""The wheel: what is installed from it works by itself, and its sentences name nothing that only a clone has."""

from __future__ import annotations

import ast
import functools
import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import HANGS_S

ROOT = Path(__file__).parents[2]
PACKAGES: tuple[str, ...] = tuple(
    tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
)
ONLY_IN_A_CLONE = ("deploy/", "requirements-extras", "requirements.lock", "tests/", "docs/", "Makefile", "`make ")

TRY = """
import sys, pathlib
from calls.ids import LANGUAGES
from knowledge.articles import load_library
from records.store import EventStore
from service.app import WEB
from service.models_manifest import load_manifest
from voice.dialog.flow_spec import load_flows
from voice.dialog.prompts import all_fixed_texts
from voice.dialog.settings import DialogSettings
here = pathlib.Path(sys.argv[1]).resolve()
assert here in WEB.resolve().parents, WEB
print(len(load_library().articles), len(load_flows()), len(load_manifest().models))
assert all(all_fixed_texts(language, DialogSettings()) for language in LANGUAGES)
assert all(page.is_file() for page in (WEB / "caller.html", WEB / "staff.html"))
EventStore.open_dir(pathlib.Path(sys.argv[2])).close()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it without a network, as `pip install .` would."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=HANGS_S)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack it, which is all that installing a pure wheel does with its modules."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(installed: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANGS_S,
    )


def data_files() -> Iterator[str]:
    """Yield what the packages consist of beside modules."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and path.suffix not in (".py", ".pyc") and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix()


def test_when_the_wheel_is_built_then_it_holds_every_file_of_the_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert set(data_files()) <= names
    for part in (
        "service/web_dist/caller.html",
        "models/manifest.toml",
        "voice/dialog/flows/callback.toml",
        "voice/dialog/prompts/es.toml",
        "knowledge/lumina/es/bill-explained.md",
    ):
        assert part in names
    assert [name for name in names if name.startswith("records/migrations/versions/m")]
    assert not [name for name in names if name.partition("/")[0] in ("tests", "web", "docs", "deploy")]


def test_when_it_is_installed_then_articles_flows_pages_and_database_come_from_it(
    installed: Path, tmp_path: Path
) -> None:
    done = run(installed, "-c", TRY, str(installed), str(tmp_path / "data"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    articles, flows, models = map(int, done.stdout.split())
    assert articles >= 64
    assert flows >= 4
    assert models >= 10
    assert list((tmp_path / "data").glob("*.sqlite3"))


def test_when_it_is_installed_then_the_command_says_what_it_can_do(installed: Path, tmp_path: Path) -> None:
    done = run(installed, "-m", "service.cli", "--help", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "warmline serve" in done.stdout


def test_when_an_extra_is_named_in_a_sentence_then_the_wheel_has_it() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for text in sentences():
        for extra in text.split("warmline[")[1:]:
            assert extra.partition("]")[0] in extras


def test_when_a_sentence_says_what_to_do_then_an_installed_program_can_do_it() -> None:
    wrong = [text for text in sentences() for place in ONLY_IN_A_CLONE if place in text]
    assert wrong == []


@functools.cache
def sentences() -> frozenset[str]:
    """Return the strings of the program that people may read: all but docstrings."""
    modules = [path for package in PACKAGES if package != "bench" for path in (ROOT / package).rglob("*.py")]
    return frozenset(text for path in modules for text in _strings(ast.parse(path.read_text(encoding="utf-8"))))


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Constant) and isinstance(child.value, str) and not isinstance(node, ast.Expr):
                yield child.value
