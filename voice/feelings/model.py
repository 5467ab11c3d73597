"""What words say of how a caller feels: one regression over the meaning of a turn, its words and the cues in them.

The vector of the meaning is the one that finds topics and dangers, so nothing is embedded for this alone. Weights are
trained by `python -m bench.train_feelings` on sentences that were written for it, and hold for one embedding only.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from calls.errors import CallCentreError
from calls.ids import Language
from calls.speech import Feeling
from voice.dialog.text import plain
from voice.feelings.cues import CUES, find_cues

Array = npt.NDArray[np.float64]

FEELINGS: tuple[Feeling, ...] = get_args(Feeling)
"""Order of the outputs."""

WEIGHTS = "feelings.json"


def word_features(text: str, language: Language) -> list[str]:
    """Return the words and pairs of words of a turn, each once, with its language; `?` and `!` where they are written.

    Edges of the turn count as words: how a turn begins says much, and a single word is a turn of its own.
    """
    words = ["^", *plain(text).split(), "$"]
    found = dict.fromkeys([*words[1:-1], *(f"{one} {two}" for one, two in itertools.pairwise(words))])
    for mark in "?!":
        if mark in text:
            found[mark] = None
    return [f"{language} {word}" for word in found]


@dataclass(frozen=True, slots=True)
class FeelingModel:
    """The shipped weights; all columns are feelings in the order of `FEELINGS`."""

    name: str
    embedding: str
    """sha256 of the embedding whose vectors it takes."""
    centre: Array
    """Mean of the training vectors, shape (width,)."""
    meaning: Array
    """Shape (width, n_feelings)."""
    words: dict[str, Array]
    """Feature of `word_features` -> shape (n_feelings,)."""
    cues: Array
    """Shape (n_cues, n_feelings), in the order of `CUES`."""
    bias: Array

    @staticmethod
    def load(path: Path) -> FeelingModel:
        """Read the weights.

        Raises:
            CallCentreError: `feelings.unreadable` when the file is missing, damaged or of other cues or feelings.
        """
        try:
            raw = path.read_bytes()
            data = json.loads(raw)
            if data["feelings"] != list(FEELINGS) or data["cues"] != [cue.code for cue in CUES]:
                raise ValueError("it was trained on other cues or feelings")
            model = FeelingModel(
                name=f"words-{hashlib.sha256(raw).hexdigest()[:8]}",
                embedding=data["embedding"],
                centre=np.asarray(data["centre"]),
                meaning=np.asarray(data["meaning"]),
                words={word: np.asarray(weights) for word, weights in data["words"].items()},
                cues=np.asarray(data["cue_weights"]),
                bias=np.asarray(data["bias"]),
            )
            n = len(FEELINGS)
            shapes = (model.meaning.shape, model.cues.shape, model.bias.shape)
            if shapes != ((model.centre.size, n), (len(CUES), n), (n,)):
                raise ValueError("its parts have different lengths")
            if any(weights.shape != (n,) for weights in model.words.values()):
                raise ValueError("a word has too few weights")
            return model
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CallCentreError(
                "feelings.unreadable",
                f"The weights of feelings {path} cannot be used: {error}. Run `warmline models verify`.",
                fault="operator",
            ) from error

    def logits(self, text: str, language: Language, vector: npt.NDArray[Any]) -> Array:
        """Return what speaks for each feeling, shape (n_feelings,), before it is made to shares.

        Args:
            text: The words of a turn.
            language: Of the words.
            vector: Unit vector of its meaning, shape (width,).
        """
        known = [self.words[word] for word in word_features(text, language) if word in self.words]
        of_words = np.sum(known, axis=0) / np.sqrt(len(known)) if known else np.zeros(len(FEELINGS))
        found = find_cues(text, language)
        of_cues = sum((self.cues[i] for i, cue in enumerate(CUES) if cue.code in found), np.zeros(len(FEELINGS)))
        return np.asarray(centred(vector, self.centre) @ self.meaning + of_words + of_cues + self.bias)


def centred(vectors: npt.NDArray[Any], centre: Array) -> Array:
    """Return unit vectors of what is special in `vectors`, shape (width,) or (n, width)."""
    moved = np.asarray(vectors, dtype=np.float64) - centre
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=-1, keepdims=True), 1e-9))


def shares(logits: Array) -> Array:
    """Return a distribution over the feelings, shape (n_feelings,)."""
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())
