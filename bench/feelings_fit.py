"""Fits the model of what words say of feelings: sentences, their features, one regression, its steepness."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from calls.ids import LANGUAGES, Language
from calls.speech import Feeling
from knowledge.meaning import HARMLESS, read_wordings
from knowledge.meaning import WORDINGS as ORDINARY
from knowledge.text import fold
from voice.feelings.cues import CUES, find_cues
from voice.feelings.model import FEELINGS, Array, FeelingModel, centred, word_features

WORDINGS = Path(__file__).parent / "feelings_wordings"

C = 1.0
"""Resistance of the regression. Source: styles left out in turn, `python -m bench.train_feelings --check`."""
MEANING_SCALE, CUES_SCALE = 2.0, 1.0
"""Weight of the meaning and of the cues against that of the words. Source: as `C`."""
ORDINARY_STYLES, ORDINARY_WEIGHT = ("o", "values"), 0.3
"""Plain questions and dictated values among the wordings of `knowledge.meaning` count as neutral, a little: they are
what most turns are, and a few of them are not quite neutral."""
LEAST_SENTENCES = 2
"""A word that fewer sentences have says nothing that would hold for others."""

_HEAD = re.compile(r"\[(\w+) (\w+)\]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence that teaches."""

    text: str
    language: Language
    feeling: Feeling
    style: str
    weight: float = 1.0
    """How much it counts."""


def read_sentences(folder: Path = WORDINGS) -> list[Sentence]:
    """Return the sentences of both languages, each twice: as written and in small letters without marks.

    Raises:
        ValueError: a heading names no feeling; the sentence names file and line.
    """
    found = []
    for language in LANGUAGES:
        path = folder / f"{language}.txt"
        feeling = style = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if head := _HEAD.fullmatch(line.strip()):
                feeling, style = head[1], head[2]
                if feeling not in FEELINGS:
                    raise ValueError(f"{path}, line {number}: {feeling!r} is no feeling")
            elif line.strip() and not line.startswith("#"):
                for_both = (line.strip(), fold(line))
                found += [Sentence(text, language, cast("Feeling", feeling), style) for text in for_both]
    return found


def ordinary_turns() -> list[Sentence]:
    """Return what callers say most: plain questions and values, as neutral, each twice as `read_sentences` has them."""
    found = []
    for language in LANGUAGES:
        for kind, style, words in read_wordings(ORDINARY, language):
            if kind == HARMLESS and style in ORDINARY_STYLES:
                found += [Sentence(text, language, "neutral", style, ORDINARY_WEIGHT) for text in (words, fold(words))]
    return found


def fit(
    sentences: Sequence[Sentence],
    vectors: npt.NDArray[Any],
    embedding: str,
    *,
    c: float = C,
    meaning_scale: float = MEANING_SCALE,
    cues_scale: float = CUES_SCALE,
) -> FeelingModel:
    """Fit the model on sentences and the vectors of their meaning, shape (n, width)."""
    from sklearn.linear_model import LogisticRegression

    centre = np.asarray(vectors, dtype=np.float64).mean(axis=0)
    of_words = [word_features(each.text, each.language) for each in sentences]
    # Each sentence stands here twice.
    counts = Counter(word for words in of_words for word in words)
    column = {word: i for i, word in enumerate(sorted(w for w, n in counts.items() if n >= 2 * LEAST_SENTENCES))}
    words = np.zeros((len(sentences), len(column)))
    for row, found in enumerate(of_words):
        known = [column[word] for word in found if word in column]
        words[row, known] = 1 / np.sqrt(max(1, len(known)))
    cues = np.array([[cue.code in find_cues(each.text, each.language) for cue in CUES] for each in sentences])
    x = np.hstack([centred(vectors, centre) * meaning_scale, words, cues * cues_scale])
    y = np.array([FEELINGS.index(each.feeling) for each in sentences])
    regression = LogisticRegression(C=c, max_iter=2000).fit(x, y, sample_weight=[each.weight for each in sentences])
    weights = regression.coef_.T
    width = centre.size
    return FeelingModel(
        name="trained",
        embedding=embedding,
        centre=centre,
        meaning=weights[:width] * meaning_scale,
        words={word: weights[width + i] for word, i in column.items()},
        cues=weights[width + len(column) :] * cues_scale,
        bias=np.asarray(regression.intercept_),
    )


def styles_left_out(sentences: Sequence[Sentence], vectors: npt.NDArray[Any], embedding: str, **scales: float) -> Array:
    """Return the logits of each sentence, shape (n, n_feelings), by a model that never saw its style."""
    styles = np.array([each.style for each in sentences])
    logits = np.zeros((len(sentences), len(FEELINGS)))
    for style in np.unique(styles):
        held = [int(i) for i in np.flatnonzero(styles == style)]
        rest = [int(i) for i in np.flatnonzero(styles != style)]
        if all(sentences[i].weight < 1 for i in held):
            continue
        model = fit([sentences[i] for i in rest], vectors[rest], embedding, **scales)
        for i in held:
            logits[i] = model.logits(sentences[i].text, sentences[i].language, vectors[i])
    return logits


def f1_of(truth: npt.NDArray[np.int_], guess: npt.NDArray[np.int_], which: int) -> float:
    """Return the F1 of one feeling, 0 to 1; 0 when it was neither there nor guessed."""
    right = float(np.sum((truth == which) & (guess == which)))
    return 2 * right / max(1.0, float(np.sum(truth == which) + np.sum(guess == which)))


def macro_f1(truth: npt.NDArray[np.int_], guess: npt.NDArray[np.int_]) -> float:
    """Return the mean F1 of the feelings in `truth`."""
    return float(np.mean([f1_of(truth, guess, which) for which in np.unique(truth)]))
