"""Train the shipped weights of feelings: `python -m bench.train_feelings --out models/feelings`.

Trained on the sentences in `bench/feelings_wordings`, which were written for it. `--check` prints how well each style
of speaking is understood by a model that never saw it. The same sentences and embedding write the same bytes.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from bench.feelings_embedding import sentence_vectors
from bench.feelings_fit import WORDINGS, Sentence, fit, macro_f1, ordinary_turns, read_sentences, styles_left_out
from bench.mind import one_thread
from bench.report import ROOT
from calls.ids import LANGUAGES
from service.models_store import ModelStore
from voice.feelings.cues import CUES
from voice.feelings.model import FEELINGS, WEIGHTS, Array, FeelingModel

DIGITS = 3
"""Decimals of the weights; more change no estimate that is shown."""


def main() -> int:
    """Train and write."""
    parser = argparse.ArgumentParser("python -m bench.train_feelings", description=__doc__)
    parser.add_argument("--sentences", type=Path, default=WORDINGS, help="folder with en.txt and es.txt")
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "feelings")
    parser.add_argument("--check", action="store_true", help="only print how styles that were left out come out")
    arguments = parser.parse_args()
    one_thread()
    store = ModelStore()
    sentences = [*read_sentences(arguments.sentences), *ordinary_turns()]
    vectors = sentence_vectors(store, [each.text for each in sentences])
    embedding = store.sha256("e5")
    if arguments.check:
        _check(sentences, styles_left_out(sentences, vectors, embedding))
        return 0
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / WEIGHTS
    path.write_text(_as_json(fit(sentences, vectors, embedding), len(sentences)) + "\n", encoding="utf-8")
    print(f"{path}: {len(sentences)} rows")
    return 0


def _as_json(model: FeelingModel, rows: int) -> str:
    def plain(values: Array) -> list[object]:
        rounded: list[object] = np.round(values, DIGITS).tolist()
        return rounded

    data = {
        "trained_on": "bench/feelings_wordings",
        "rows": rows,
        "feelings": list(FEELINGS),
        "cues": [cue.code for cue in CUES],
        "embedding": model.embedding,
        "centre": np.round(model.centre, 5).tolist(),
        "meaning": plain(model.meaning),
        "words": {word: plain(weights) for word, weights in model.words.items()},
        "cue_weights": plain(model.cues),
        "bias": plain(model.bias),
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _check(all_sentences: list[Sentence], all_logits: Array) -> None:
    written = [i for i, each in enumerate(all_sentences) if each.weight == 1.0]
    sentences, logits = [all_sentences[i] for i in written], all_logits[written]
    truth = np.array([FEELINGS.index(each.feeling) for each in sentences])
    guess = logits.argmax(axis=1)
    for language in LANGUAGES:
        for style in (*sorted({each.style for each in sentences}), ""):
            rows = [i for i, s in enumerate(sentences) if s.language == language and style in (s.style, "")]
            print(f"{language} {style or 'all'}: macro F1 {macro_f1(truth[rows], guess[rows]):.3f}")
    likely = np.exp(logits - logits.max(axis=1, keepdims=True))
    likely /= likely.sum(axis=1, keepdims=True)
    print(f"log loss {-np.log(likely[np.arange(len(truth)), truth]).mean():.3f}")


if __name__ == "__main__":
    sys.exit(main())
