"""What every bench prints: figures with 90 % bootstrap intervals, and what they were measured with."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""

RESAMPLES = 2000
"""Bootstrap resamples. Source: Efron & Tibshirani 1993 section 12.5, at least 1000 for percentile intervals."""

INTERVAL_PERCENTS = (5.0, 95.0)
"""Bounds of a 90 % percentile interval."""

_SEED = 20
"""Intervals of the same data are the same in every run."""

FloatArray = npt.NDArray[np.float64]
Figure = float | int | str | bool | np.integer[Any] | np.floating[Any] | None


@dataclass
class Result:
    """The figures of one bench. `mean`, `share`, `ratio` and `percentile` add the interval keys themselves."""

    n: int
    """How many things were measured (clips, turns, calls …)."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Name of each model that took part -> sha256 of its main file."""
    corpus: Sequence[Path] = ()
    """Files that were measured, manifests included; hashed into `corpus_sha256`."""
    figures: dict[str, Figure] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    """What must not be and was: the command says it and ends with 1."""

    def put(self, key: str, value: Figure) -> None:
        """Add a figure as it is; a float that is not finite becomes null."""
        if isinstance(value, np.integer | np.floating):
            value = value.item()
        if isinstance(value, float):
            value = round(value, 6) if math.isfinite(value) else None
        self.figures[key] = value

    def mean(self, key: str, values: Iterable[float], *, groups: Sequence[Hashable] | None = None) -> None:
        """Add the mean and its interval; with `groups` (speaker, call) whole groups are resampled. Null when empty."""
        self._with_interval(key, np.asarray(list(values), dtype=np.float64)[:, None], _mean_of_first, groups)

    def share(self, key: str, flags: Iterable[bool], *, groups: Sequence[Hashable] | None = None) -> None:
        """Add the share of true flags (0 to 1) and its interval."""
        self.mean(key, [1.0 if flag else 0.0 for flag in flags], groups=groups)

    def ratio(
        self, key: str, parts: Iterable[tuple[float, float]], *, groups: Sequence[Hashable] | None = None
    ) -> None:
        """Add sum(numerators) / sum(denominators) and its interval: word error rate, cores."""
        rows = np.asarray(list(parts), dtype=np.float64).reshape(-1, 2)
        self._with_interval(key, rows, _ratio_of_sums, groups)

    def percentile(self, key: str, values: Iterable[float], percent: float) -> None:
        """Add a percentile (0 to 100, linear interpolation) and its interval."""

        def of_rows(rows: FloatArray) -> float:
            return float(np.percentile(rows[:, 0], percent))

        self._with_interval(key, np.asarray(list(values), dtype=np.float64)[:, None], of_rows, None)

    def _with_interval(
        self,
        key: str,
        rows: FloatArray,
        statistic: Callable[[FloatArray], float],
        groups: Sequence[Hashable] | None,
    ) -> None:
        low, high = bootstrap_interval(rows, statistic, groups=groups)
        self.put(key, statistic(rows) if len(rows) else None)
        self.put(f"{key}_lo", low)
        self.put(f"{key}_hi", high)


def _mean_of_first(rows: FloatArray) -> float:
    return float(rows[:, 0].mean())


def _ratio_of_sums(rows: FloatArray) -> float:
    denominator = float(rows[:, 1].sum())
    return float(rows[:, 0].sum()) / denominator if denominator else math.nan


def bootstrap_interval(
    rows: FloatArray,
    statistic: Callable[[FloatArray], float],
    *,
    groups: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
) -> tuple[float, float]:
    """Return the 90 % percentile interval of `statistic` over `rows` (n, columns); (nan, nan) without rows.

    Rows are drawn with replacement; with `groups` (one name a row) whole groups are. A paired comparison
    puts both systems' figures of one item into one row.
    """
    if len(rows) == 0:
        return math.nan, math.nan
    generator = np.random.default_rng(_SEED)
    if groups is None:
        draws = (generator.integers(0, len(rows), len(rows)) for _ in range(resamples))
    else:
        members: dict[Hashable, list[int]] = {}
        for index, name in enumerate(groups):
            members.setdefault(name, []).append(index)
        blocks = [np.asarray(block) for block in members.values()]
        draws = (
            np.concatenate([blocks[i] for i in generator.integers(0, len(blocks), len(blocks))])
            for _ in range(resamples)
        )
    values = np.asarray([statistic(rows[draw]) for draw in draws])
    values = values[np.isfinite(values)]
    if values.size == 0:
        return math.nan, math.nan
    low, high = np.percentile(values, INTERVAL_PERCENTS)
    return float(low), float(high)


def progress(text: str) -> None:
    """Print one line of progress to stderr."""
    print(text, file=sys.stderr, flush=True)


def shared_folder() -> Path:
    """Return the folder of the recorded speech beside the project: `WARMLINE_SHARED`, else `../shared`."""
    return Path(os.environ.get("WARMLINE_SHARED") or ROOT.parent / "shared")


def read_manifest(path: Path) -> list[dict[str, str]]:
    """Return the rows of a manifest CSV; `path` of each row is made absolute against the manifest's folder."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [dict(row) for row in csv.DictReader(file)]
    for row in rows:
        if row.get("path"):
            row["path"] = str((path.parent / row["path"]).resolve())
    return rows


def sha256_file(path: Path) -> str:
    """Return the sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def corpus_sha256(paths: Sequence[Path]) -> str | None:
    """Return one sha256 over the contents of all files, whatever their order and place; None without files."""
    if not paths:
        return None
    digests = sorted({sha256_file(path) for path in paths})
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def git_sha() -> str:
    """Return the commit that is checked out, with `-dirty` when tracked files differ; `unknown` outside of git."""
    try:
        commit = _git("rev-parse", "HEAD")
        dirty = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}-dirty" if dirty else commit


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def cpu_name() -> str:
    """Return the processor's name and how many cores this process may use."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    return f"{name} x{len(os.sched_getaffinity(0))}"


def as_json(bench: str, result: Result) -> str:
    """Return the one-line JSON object of a bench."""
    head: dict[str, Any] = {
        "bench": bench,
        "git_sha": git_sha(),
        "cpu": cpu_name(),
        "models": dict(result.models),
        "corpus_sha256": corpus_sha256(result.corpus),
        "n": result.n,
    }
    return json.dumps({**head, **result.figures}, ensure_ascii=False)
