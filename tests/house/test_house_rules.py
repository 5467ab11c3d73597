"""What no linter knows: sizes, words, clocks, and that nothing names a place where it was made."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("bench", "calls", "channels", "customers", "desk", "knowledge", "records", "service", "telephony", "voice")
HARD_LINES = 800
"""A module beyond this is split."""
BANNED_CLASSES = {"Dialog": "SipDialog or DialogPolicy", "Record": "CustomerRecord, Recording or the call log"}
CLOCKS = ("time.time(", "datetime.now(", "datetime.utcnow(", "time.monotonic(")
MAY_READ_CLOCKS = {
    "service/clock.py": "the clock itself",
    "records/recording.py": "paces the writer thread; no event has this time",
    "records/writer.py": "paces the writer thread; no event has this time",
    "service/telemetry.py": "stamps log lines",
    "service/models_fetch.py": "waits for pip, outside calls",
    "service/models_store.py": "redraws a progress bar",
    "telephony/net/ticker.py": "is the media clock's source",
    "voice/workers/host.py": "a worker process has a clock of its own",
}


def modules() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", [*modules(), *sorted((ROOT / "web" / "src").rglob("*.ts*"))], ids=name)
def test_when_a_module_grows_it_stays_below_the_hard_limit(path: Path) -> None:
    if not path.name.endswith(".gen.ts"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= HARD_LINES


@pytest.mark.parametrize("path", list(modules()), ids=name)
def test_when_a_class_is_named_its_word_has_one_meaning(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            assert node.name not in BANNED_CLASSES, f"{node.name}: say {BANNED_CLASSES.get(node.name)}"


@pytest.mark.parametrize("path", list(modules()), ids=name)
def test_when_code_needs_the_time_it_asks_the_clock(path: Path) -> None:
    if name(path) in MAY_READ_CLOCKS or name(path).startswith("bench/"):
        return
    code = path.read_text(encoding="utf-8")
    assert [call for call in CLOCKS if call in code] == []


@pytest.mark.parametrize("path", list(modules()), ids=name)
def test_when_a_task_is_started_somebody_owns_it(path: Path) -> None:
    """A bare `create_task` whose result is dropped loses its errors and may be collected while it runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = ast.unparse(node.value.func)
            assert function == "group.create_task" or not function.endswith((".create_task", ".ensure_future"))


def test_when_the_event_types_are_written_down_each_has_a_literal_type() -> None:
    from calls.events import EVENT_BODIES, PERSONAL_FIELDS

    types = [str(body.__dataclass_fields__["type"].default) for body in EVENT_BODIES]
    assert len(set(types)) == len(types)
    assert set(PERSONAL_FIELDS) <= set(types)


def test_when_the_docs_name_a_file_it_exists() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = re.compile(rf"`((?:{'|'.join(ROOMS)}|models|docs|deploy|web)/[\w./-]+\.\w+)`")
    missing = []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        missing += [f"{page.name}: {path}" for path in named.findall(text) if not (ROOT / path).exists()]
        links = re.findall(r"\]\(([\w./-]+\.md)\)", text)
        missing += [f"{page.name}: {link}" for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_when_a_module_imports_a_package_it_is_a_declared_dependency() -> None:
    """A package that is only there because somebody installed it by hand is missing on the next machine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    for extra in project["project"]["optional-dependencies"].values():
        wanted += extra
    declared = {re.split(r"[\[<>=~! ]", name)[0].lower().replace("-", "_").replace(".", "_") for name in wanted}
    other_names = {
        "dns": "dnspython",
        "argon2": "argon2_cffi",
        "sklearn": "scikit_learn",
        "stdnum": "python_stdnum",
        "TTS": "coqui_tts",
        "pyannote": "pyannote_audio",
        "OpenSSL": "pyopenssl",
    }
    comes_with = {"torch": "the extras"}
    missing = set()
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                roots = [alias.name.partition(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                roots = [(node.module or "").partition(".")[0]]
            else:
                continue
            for root in roots:
                known = root in sys.stdlib_module_names or root in ROOMS or root in comes_with
                if not known and other_names.get(root, root) not in declared:
                    missing.add(f"{name(path)}: {root}")
    assert missing == set()
