"""axe-core in a page: what it finds against WCAG 2.2 A and AA. The version is pinned in `web/package-lock.json`."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.waiting import HANGS_S

WEB = Path(__file__).parents[2] / "web"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa")
RUN = """
async (tags) => {
  const found = await axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
  return found.violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((node) => node.html).slice(0, 4) }));
}
"""


@functools.cache
def script() -> str:
    """Return the source of the locked version, alone installed aside where `web/node_modules` does not have it."""
    locked = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]["node_modules/axe-core"]
    locked = {name: value for name, value in locked.items() if name != "dev"}
    here = WEB / "node_modules" / "axe-core"
    if here.is_dir() and json.loads((here / "package.json").read_text())["version"] == locked["version"]:
        return (here / "axe.min.js").read_text(encoding="utf-8")
    npm = shutil.which("npm")
    if npm is None:
        _leave_out("npm is not installed")
    with tempfile.TemporaryDirectory() as folder:
        needed = {"dependencies": {"axe-core": locked["version"]}}
        packages = {"": needed, "node_modules/axe-core": locked}
        lock = {"lockfileVersion": 3, "requires": True, "packages": packages}
        for name, content in (("package.json", needed), ("package-lock.json", lock)):
            (Path(folder) / name).write_text(json.dumps(content), encoding="utf-8")
        command = (str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts")
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=HANGS_S, check=False)
        if done.returncode and any(sign in done.stderr for sign in ("ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN")):
            _leave_out("the npm registry cannot be reached")
        assert done.returncode == 0, done.stderr[-3000:]
        return (Path(folder) / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Return what axe finds in the page as it is now; it runs beside the page, whose policy on scripts stays."""
    if page.evaluate("typeof window.axe === 'undefined'"):
        page.evaluate(script())
    return [f"{one['id']}: {one['help']} {one['nodes']}" for one in page.evaluate(RUN, list(TAGS))]


def _leave_out(why: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why}, and CI=true asks for this test")
    pytest.skip(f"{why}, so that axe cannot look at the pages")
