"""What no linter knows: sizes, words, clocks, and that nothing names a place where it was made."""

from __future__ import annotations

import ast
import functools
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

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


@functools.cache
def sources() -> dict[str, str]:
    """Return the text of each module, read once."""
    return {name(path): path.read_text(encoding="utf-8") for path in modules()}


@dataclass
class Named:
    """What the rules ask of a module's syntax: no tree is kept, all of them are too much for a process that runs on."""

    classes: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    """First names of what it imports."""
    dropped: list[str] = field(default_factory=list)
    """Calls whose result nobody takes, that start a task."""


def named_in(text: str) -> Named:
    named = Named()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            named.classes.append(node.name)
        elif isinstance(node, ast.Import):
            named.packages += [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            named.packages.append((node.module or "").partition(".")[0])
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Attribute) and called.attr in ("create_task", "ensure_future"):
                named.dropped.append(ast.unparse(called))
    return named


@functools.cache
def named() -> dict[str, Named]:
    """Return what stands in each module, parsed once."""
    return {module: named_in(text) for module, text in sources().items()}


def test_when_modules_are_looked_for_then_each_room_has_some() -> None:
    assert {module.partition("/")[0] for module in sources()} == set(ROOMS)


def test_when_a_module_grows_it_stays_below_the_hard_limit() -> None:
    pages = sorted((ROOT / "web" / "src").rglob("*.ts*"))
    texts = sources() | {name(path): path.read_text(encoding="utf-8") for path in pages}
    lines = {module: len(text.splitlines()) for module, text in texts.items() if not module.endswith(".gen.ts")}
    assert {module: count for module, count in lines.items() if count > HARD_LINES} == {}


def test_when_a_class_is_named_its_word_has_one_meaning() -> None:
    banned = [
        f"{module}: {word}: say {BANNED_CLASSES[word]}"
        for module, told in named().items()
        for word in told.classes
        if word in BANNED_CLASSES
    ]
    assert banned == []


def test_when_code_needs_the_time_it_asks_the_clock() -> None:
    read = [
        f"{module}: {call}"
        for module, code in sources().items()
        for call in CLOCKS
        if call in code and module not in MAY_READ_CLOCKS and not module.startswith("bench/")
    ]
    assert read == []


def test_when_a_task_is_started_somebody_owns_it() -> None:
    """A bare `create_task` whose result is dropped loses its errors and may be collected while it runs."""
    bare = [
        f"{module}: {call}" for module, told in named().items() for call in told.dropped if call != "group.create_task"
    ]
    assert bare == []


def test_when_a_module_is_read_then_what_the_rules_ask_of_it_is_seen() -> None:
    told = named_in(
        "import a.b\nfrom c.d import e\nclass Record:\n def f(s):\n  loop.create_task(x())\n  t = g.create_task(x())\n"
    )
    assert (told.packages, told.classes, told.dropped) == (["a", "c"], ["Record"], ["loop.create_task"])


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
    for module, told in named().items():
        for root in told.packages:
            known = root in sys.stdlib_module_names or root in ROOMS or root in comes_with
            if not known and other_names.get(root, root) not in declared:
                missing.add(f"{module}: {root}")
    assert missing == set()
