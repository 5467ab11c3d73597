"""The committed pages are what the sources build to; types and the pages' own tests hold."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import HANGS_S

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "service" / "web_dist"
SOURCES = (
    *("package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "vitest.config.ts"),
    *("vite.widget.config.ts", "caller.html", "staff.html", "public", "src"),
)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Copy the sources away from whatever lies in `web/node_modules`, and install exactly what the lock file names."""
    npm = shutil.which("npm")
    if npm is None:
        _leave_out("npm is not installed")
    root = tmp_path_factory.mktemp("workshop")
    (root / "web").mkdir()
    for name in SOURCES:
        source = ROOT / "web" / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, root / "web" / name)
    logs = root / "tests" / "data" / "golden_logs"
    shutil.copytree(ROOT / "tests" / "data" / "golden_logs", logs)
    done = run(root, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    if done.returncode and any(sign in done.stderr for sign in ("ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "ETIMEDOUT")):
        _leave_out("the npm registry cannot be reached")
    assert done.returncode == 0, done.stderr[-3000:]
    yield root
    shutil.rmtree(root, ignore_errors=True)


def _leave_out(why: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why}, and CI=true asks for this test")
    pytest.skip(f"{why}, so the pages cannot be built")


def run(root: Path, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        check=False,
        cwd=root / "web",
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=HANGS_S,
    )


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_when_the_pages_are_built_anew_then_types_hold_and_they_equal_the_committed_ones_byte_for_byte(
    workshop: Path,
) -> None:
    scripts = json.loads((workshop / "web" / "package.json").read_text(encoding="utf-8"))["scripts"]
    assert scripts["build"].startswith(f"{scripts['check']} && "), "the build checks the types first"
    done = run(workshop, "npm", "run", "build", WARMLINE_WEB_OUT=str(workshop / "out"))
    assert done.returncode == 0, done.stdout + done.stderr
    built, committed = files_of(workshop / "out"), files_of(BUILT)
    assert sorted(built) == sorted(committed), "run `make web` and commit service/web_dist"
    different = [name for name in built if built[name] != committed[name]]
    assert not different, f"run `make web` and commit service/web_dist: {different}"


def test_when_the_pages_own_tests_run_then_they_pass(workshop: Path) -> None:
    done = run(workshop, "npm", "test")
    assert done.returncode == 0, done.stdout + done.stderr


def test_when_a_built_page_is_read_then_it_asks_nobody_else() -> None:
    for name, content in files_of(BUILT).items():
        text = content.decode(errors="replace")
        for sign in ("fonts.googleapis", "cdn.", "unpkg.com", "jsdelivr"):
            assert sign not in text, (name, sign)
