"""Emotions told apart in speakers that were never heard: shrunk discriminants, chosen inside the training speakers."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.emotion_data import Array, Clip
from bench.report import Result, bootstrap_interval, progress
from voice.prosody.features import NAMES

Words = npt.NDArray[np.str_]

INNER_FOLDS = 5
"""Groups of training speakers, left out in turn to choose a recipe. Source: Hastie et al. 2009, section 7.10."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to fit; which one is used for a speaker, only the other speakers choose."""

    gains: tuple[float, ...]
    """How large prosody and the encoder's states stand, each standardised; 0 leaves them out."""
    shrinkages: tuple[float, ...]
    """How far the covariance is drawn to a sphere, from 0 to 1; the log probabilities of all are averaged."""


LIGHT, STRONG = (0.03, 0.1, 0.3), (0.3, 0.6, 0.9)
"""From hardly shrunk to nearly a sphere, in steps of about three: no single one has to be chosen."""
RECIPES = tuple(Recipe((gain, 1.0), shrinkages) for gain in (1.0, 2.0, 4.0) for shrinkages in (LIGHT, STRONG))
PROSODY_RECIPES = (Recipe((1.0,), (0.01, 0.03, 0.1)), Recipe((1.0,), (0.1, 0.3, 0.6)))


@dataclass(frozen=True, slots=True)
class Sums:
    """All that a fit needs of some rows; those of a speaker can be taken away again."""

    n: Array
    """Shape (classes,)."""
    total: Array
    """Shape (classes, dimensions)."""
    products: Array
    """Shape (dimensions, dimensions)."""

    @staticmethod
    def of(x: Array, y: npt.NDArray[np.intp], n_classes: int) -> Sums:
        """Return those of rows and their classes."""
        own = (y[:, None] == np.arange(n_classes)).astype(np.float64)
        return Sums(own.sum(axis=0), own.T @ x, x.T @ x)

    def plus(self, other: Sums, sign: int = 1) -> Sums:
        """Return these rows and others, or with -1 these without the others."""
        return Sums(self.n + sign * other.n, self.total + sign * other.total, self.products + sign * other.products)


@dataclass(frozen=True, slots=True)
class Discriminants:
    """Gaussians of one covariance, classes equally likely: a linear score each."""

    columns: npt.NDArray[np.bool_]
    linear: tuple[tuple[Array, Array], ...]
    """Weights and biases of all classes, for each shrinkage."""

    def log_probs(self, x: Array) -> Array:
        """Return the averaged log probabilities, shape (rows, classes); -inf where a class was never seen."""
        seen = x[:, self.columns]
        found = []
        for weights, biases in self.linear:
            scores = seen @ weights + biases
            scores -= scores.max(axis=1, keepdims=True)
            found.append(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))
        return np.asarray(np.mean(found, axis=0))


def fit(sums: Sums, sizes: Sequence[int], recipe: Recipe) -> Discriminants:
    """Fit to rows of which the sums are known.

    Args:
        sums: Of the training rows.
        sizes: How many columns each part of a row has.
        recipe: With a gain for each part.

    Source: Friedman 1989, regularised discriminant analysis.
    """
    gain = np.repeat(recipe.gains, sizes)
    columns = gain > 0
    n, total = sums.n, sums.total[:, columns]
    products = sums.products[np.ix_(columns, columns)]
    mean = total.sum(axis=0) / n.sum()
    unit = gain[columns] / (np.sqrt(np.maximum(np.diag(products) / n.sum() - mean**2, 0.0)) + 1e-9)
    known = n > 0
    centres = total[known] / n[known, None]
    within = (products - (centres.T * n[known]) @ centres) / n.sum() * np.outer(unit, unit)
    standard = (centres - mean) * unit
    sphere = np.trace(within) / len(within) * np.eye(len(within))
    linear = []
    for shrinkage in recipe.shrinkages:
        solved = np.linalg.solve((1 - shrinkage) * within + shrinkage * sphere, standard.T)
        weights = np.zeros((len(mean), len(n)))
        biases = np.full(len(n), -np.inf)
        weights[:, known] = solved * unit[:, None]
        biases[known] = -0.5 * (standard.T * solved).sum(axis=0) - mean @ weights[:, known]
        linear.append((weights, biases))
    return Discriminants(columns, tuple(linear))


def guesses(
    x: Array,
    y: Words,
    speakers: Words,
    more: tuple[Array, Words, Words],
    sizes: Sequence[int],
    recipes: Sequence[Recipe],
) -> Words:
    """Return each row's emotion by a model to which neither its speaker nor a copy of him was shown.

    Args:
        x: A row each.
        y: Their emotions.
        speakers: Who speaks.
        more: The same three of copies by other voices, which are learnt from and never judged.
        sizes: How many columns each part of a row has.
        recipes: What the other speakers choose from, by the recall in a fifth of them at a time.
    """
    names = np.unique(speakers)
    every_x, every_y, every_speaker = (np.concatenate(pair) for pair in zip((x, y, speakers), more, strict=True))
    voices = _Voices.of(every_x, every_y, every_speaker)
    found = np.empty(len(y), dtype=y.dtype)
    for name in names:
        held = speakers == name
        recipe = _chosen(x[~held], y[~held], speakers[~held], voices, str(name), sizes, recipes)
        found[held] = voices.guess(x[held], fit(voices.without([str(name)]), sizes, recipe))
        progress(f"left out {name}: {recipe.gains}, {recipe.shrinkages}")
    return found


@dataclass(frozen=True, slots=True)
class _Voices:
    """All that can be learnt, by speaker."""

    classes: Words
    own: dict[str, Sums]
    together: Sums

    @staticmethod
    def of(x: Array, y: Words, speakers: Words) -> _Voices:
        classes = np.unique(y)
        place = np.searchsorted(classes, y)
        own = {
            str(name): Sums.of(x[speakers == name], place[speakers == name], len(classes))
            for name in np.unique(speakers)
        }
        return _Voices(classes, own, functools.reduce(Sums.plus, own.values()))

    def without(self, names: Sequence[str]) -> Sums:
        return functools.reduce(lambda left, name: left.plus(self.own[name], -1), names, self.together)

    def guess(self, x: Array, model: Discriminants) -> Words:
        return np.asarray(self.classes[model.log_probs(x).argmax(axis=1)])


def _chosen(
    x: Array,
    y: Words,
    speakers: Words,
    voices: _Voices,
    held: str,
    sizes: Sequence[int],
    recipes: Sequence[Recipe],
) -> Recipe:
    """Return the recipe that tells emotions best in speakers that were left out in turn beside the held one."""
    names = np.unique(speakers)
    folds = [fold.tolist() for fold in (names[start::INNER_FOLDS] for start in range(INNER_FOLDS)) if fold.size]
    if len(recipes) == 1 or len(folds) < 2:
        return recipes[0]
    found = {recipe: np.empty(len(y), dtype=y.dtype) for recipe in recipes}
    for fold in folds:
        rest, asked = voices.without([held, *fold]), np.isin(speakers, fold)
        for recipe in recipes:
            found[recipe][asked] = voices.guess(x[asked], fit(rest, sizes, recipe))
    return max(recipes, key=lambda recipe: recall(y, found[recipe]))


def recall(truth: Words, guess: Words) -> float:
    """Return the share of each emotion that was found, averaged over the emotions."""
    return float(np.mean([np.mean(guess[truth == emotion] == emotion) for emotion in np.unique(truth)]))


def rows_of(clips: Sequence[Clip], *, states: bool) -> Array:
    """Return prosody and, if asked, the encoder's states of clips in which a voice is heard."""
    rows = []
    for clip in clips:
        assert clip.sound is not None
        rows.append(
            np.concatenate([clip.sound.vector, *((clip.states,) if states and clip.states is not None else ())])
        )
    return np.array(rows, dtype=np.float64)


def put_recall(
    result: Result, clips: Sequence[Clip], copies: Sequence[Clip], *, states: bool, suffix: str = ""
) -> None:
    """Add the unweighted average recall, each speaker judged by a model that never heard it, in all and by gender."""
    x, more = rows_of(clips, states=states), rows_of(copies, states=states)
    sizes = (len(NAMES), x.shape[1] - len(NAMES)) if states else (len(NAMES),)
    y, speakers, genders = (
        np.array([getattr(clip, name) for clip in clips]) for name in ("emotion", "speaker", "gender")
    )
    more_y, more_speakers = (np.array([getattr(clip, name) for clip in copies]) for name in ("emotion", "speaker"))
    if not len(copies):
        more, more_y, more_speakers = x[:0], y[:0], speakers[:0]
    found = guesses(x, y, speakers, (more, more_y, more_speakers), sizes, RECIPES if states else PROSODY_RECIPES)
    _put(result, f"uar_loso{suffix}", y, found, speakers)
    for gender in sorted(set(genders.tolist()) - {""}):
        those = genders == gender
        _put(result, f"uar_loso{suffix}_{gender}", y[those], found[those], speakers[those])
    by_speaker = [recall(y[speakers == name], found[speakers == name]) for name in np.unique(speakers)]
    result.put(f"uar_loso{suffix}_speaker_std", float(np.std(by_speaker)))
    result.put(f"uar_loso{suffix}_speaker_least", min(by_speaker))
    result.put(f"uar_loso{suffix}_speaker_most", max(by_speaker))


def _put(result: Result, key: str, y: Words, found: Words, speakers: Words) -> None:
    """Add a recall and its 90 % interval over speakers drawn again, all clips of one together."""
    classes = np.unique(y)
    rows = np.stack([np.searchsorted(classes, y), found == y], axis=1).astype(np.float64)

    def statistic(drawn: Array) -> float:
        return float(np.mean([drawn[drawn[:, 0] == each, 1].mean() for each in np.unique(drawn[:, 0])]))

    result.put(key, statistic(rows))
    low, high = bootstrap_interval(rows, statistic, groups=speakers.tolist())
    result.put(f"{key}_lo", low)
    result.put(f"{key}_hi", high)
