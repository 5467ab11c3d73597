"""What words say of feelings: F1 by language, beside what the named cues alone would say.

The manifest has text, language and feeling. Rows whose feeling is not known here are counted and left out.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.feelings_embedding import sentence_vectors
from bench.feelings_fit import f1_of, macro_f1
from bench.mind import one_thread
from bench.report import Result, bootstrap_interval, progress, read_manifest, shared_folder
from calls.ids import Language
from service.models_store import ModelStore
from voice.feelings.cues import FEELING_OF, find_cues
from voice.feelings.model import FEELINGS, WEIGHTS, FeelingModel

NAMED = ("confused", "frustrated")
"""Feelings with a figure of their own: they must be told apart."""

_HALVES = {"both": slice(None), "first": slice(0, None, 2), "second": slice(1, None, 2)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this bench."""
    parser.add_argument("--manifest", type=Path, default=shared_folder() / "data" / "dialog" / "feelings.csv")
    parser.add_argument("--half", choices=tuple(_HALVES), default="both", help="only every second row of the manifest")
    parser.add_argument("--misses", type=Path, help="write what came out wrong to this file")


def run(arguments: argparse.Namespace) -> Result:
    """Measure."""
    one_thread()
    store = ModelStore()
    rows = list(read_manifest(arguments.manifest))[_HALVES[arguments.half]]
    known = [row for row in rows if row["feeling"] in FEELINGS]
    strange = Counter(row["feeling"] for row in rows if row["feeling"] not in FEELINGS)
    for feeling, n in strange.items():
        progress(f"{feeling!r} is no feeling that is known here: {n} rows left out")
    model = FeelingModel.load(store.path("feelings") / WEIGHTS)
    result = Result(n=len(known), models={"e5": store.sha256("e5"), "feelings": store.sha256("feelings")})
    result.corpus = [arguments.manifest]
    result.put("unknown_rows", sum(strange.values()))
    result.put("unknown_feelings", ",".join(sorted(strange)))
    texts = [row["text"] for row in known]
    languages: list[Language] = ["es" if row["language"] == "es" else "en" for row in known]
    vectors = sentence_vectors(store, texts)
    truth = np.array([FEELINGS.index(row["feeling"]) for row in known], dtype=np.int_)
    guess = np.array(
        [int(model.logits(*each).argmax()) for each in zip(texts, languages, vectors, strict=True)], dtype=np.int_
    )
    by_cues = np.array([_by_cues(*each) for each in zip(texts, languages, strict=True)], dtype=np.int_)
    for suffix in ("", *(f"_{language}" for language in sorted(set(languages)))):
        chosen = np.array([suffix in ("", f"_{language}") for language in languages], dtype=bool)
        _put(result, suffix, truth[chosen], guess[chosen])
        result.put(f"macro_f1_cues{suffix}", macro_f1(truth[chosen], by_cues[chosen]))
    if arguments.misses:
        _write_misses(arguments.misses, known, guess)
    return result


def _put(result: Result, suffix: str, truth: npt.NDArray[np.int_], guess: npt.NDArray[np.int_]) -> None:
    pairs = np.column_stack([truth, guess]).astype(np.float64)

    def figure(which: int | None, rows: npt.NDArray[np.float64]) -> float:
        left, right = rows[:, 0].astype(np.int_), rows[:, 1].astype(np.int_)
        return macro_f1(left, right) if which is None else f1_of(left, right, which)

    wanted: dict[str, int | None] = {"macro_f1": None, **{f"f1_{name}": FEELINGS.index(name) for name in NAMED}}
    for key, which in wanted.items():
        if not len(pairs) or (which is not None and which not in truth):
            result.put(f"{key}{suffix}", None)
            continue
        statistic = partial(figure, which)
        low, high = bootstrap_interval(pairs, statistic)
        result.put(f"{key}{suffix}", statistic(pairs))
        result.put(f"{key}{suffix}_lo", low)
        result.put(f"{key}{suffix}_hi", high)
    for index, name in enumerate(FEELINGS):
        if index in truth:
            progress(f"{name}{suffix}: F1 {f1_of(truth, guess, index):.2f}")


def _by_cues(text: str, language: Language) -> int:
    """Return what most cues speak for, neutral without any: patterns alone."""
    votes = Counter(FEELING_OF[code] for code in find_cues(text, language))
    return FEELINGS.index(votes.most_common(1)[0][0] if votes else "neutral")


def _write_misses(path: Path, rows: list[dict[str, str]], guess: npt.NDArray[np.int_]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["language", "feeling", "guess", "text"])
        for row, index in zip(rows, guess, strict=True):
            if row["feeling"] != FEELINGS[index]:
                writer.writerow([row["language"], row["feeling"], FEELINGS[index], row["text"]])
