"""Fits the emotion model: standardised logistic regressions, calibrated on speakers left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bench.emotion_data import HIGH_AROUSAL, Array, Clip
from voice.prosody.features import NAMES
from voice.prosody.model import Z_CLIP, EmotionModel, Linear

C_CHOICES = (0.003, 0.01, 0.03, 0.1)
"""Strengths of regularisation that are tried, inside the training speakers only."""
C_CHOICES_WITH_STATES = (0.0003, 0.001)
"""The same with the states of the encoder. EMO-DB alone would choose 0.003 and more, which finds anger in calm
telephone speech; with 0.001 there are 0.06 false alarms a minute. Source: `python -m bench emotion --calm`."""
ANGRY_SHARE = 0.05
"""Share of angry utterances for which shipped probabilities are meant: one in twenty. In the corpora, where actors show
each feeling about as often, it is 0.24. Source: our choice, above what is reported of support lines; the odds are moved
by Bayes' rule, as Saerens et al. 2002 do. Not for prosody alone, which is too unsure of itself: of the anger in
speakers of another language 7 % would reach the level of an alarm then, else 36 %."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model and the regularisation that the training speakers chose."""

    model: EmotionModel
    c: float


def _regression(c: float) -> object:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=c, max_iter=3000)


def _fit(x: Array, y: npt.NDArray[np.bool_], c: float) -> tuple[Array, float]:
    regression = _regression(c).fit(x, y)  # type: ignore[attr-defined]
    return np.asarray(regression.coef_[0]), float(regression.intercept_[0])


def out_of_fold(x: Array, y: npt.NDArray[np.bool_], speakers: npt.NDArray[np.str_], c: float) -> Array:
    """Return each row's score by a regression that never heard its speaker."""
    scores = np.zeros(len(y))
    for speaker in np.unique(speakers):
        held = speakers == speaker
        if y[~held].all() or not y[~held].any():
            continue
        weights, bias = _fit(x[~held], y[~held], c)
        scores[held] = x[held] @ weights + bias
    return scores


def _linear(
    x: Array, y: npt.NDArray[np.bool_], speakers: npt.NDArray[np.str_], choices: Sequence[float]
) -> tuple[Linear, float]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    best: tuple[float, float, Array] | None = None
    for c in choices:
        scores = out_of_fold(x, y, speakers, c)
        loss = float(log_loss(y, 1 / (1 + np.exp(-scores))))
        if best is None or loss < best[0]:
            best = (loss, c, scores)
    assert best is not None
    _, c, scores = best
    calibration = LogisticRegression(C=1e6).fit(scores[:, None], y)
    weights, bias = _fit(x, y, c)
    return Linear(weights, bias, float(calibration.coef_[0][0]), float(calibration.intercept_[0])), c


def fit(x: Array, owners: Sequence[Clip], name: str, angry_share: float | None = None) -> Fitted:
    """Fit anger and arousal, both calibrated, on simulated callers; nothing but these speakers chooses anything.

    Args:
        x: A row each.
        owners: Whose rows they are.
        name: Of the model.
        angry_share: How often people are angry where the model will be used; None: as often as in these rows.
    """
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    standard = np.clip((x - mean) / scale, -Z_CLIP, Z_CLIP)
    speakers = np.array([clip.speaker for clip in owners])
    angry = np.array([clip.emotion == "anger" for clip in owners])
    high = np.array([clip.emotion in HIGH_AROUSAL for clip in owners])
    choices = C_CHOICES if x.shape[1] == 2 * len(NAMES) else C_CHOICES_WITH_STATES
    anger, c = _linear(standard, angry, speakers, choices)
    if angry_share is not None:
        anger = replace(anger, offset=anger.offset + _log_odds(angry_share) - _log_odds(float(angry.mean())))
    arousal, _ = _linear(standard, high, speakers, choices)
    return Fitted(EmotionModel(name, mean, scale, anger, arousal), c)


def _log_odds(share: float) -> float:
    return float(np.log(share / (1 - share)))
