"""The feelings of one call by its words: each turn's estimate with its evidence, repeats, a smoothed curve. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.ids import Language
from calls.speech import Feeling, FeelingScores, WordsEstimate
from voice.dialog.text import plain, word_list
from voice.feelings.cues import FEELING_OF, HESITATES, HESITATIONS, find_cues, hesitations
from voice.feelings.model import FEELINGS, Array, FeelingModel, centred, shares

SMOOTHING = 0.4
"""Weight of a new turn in the curve of the call. Source: our choice; after two turns alike the curve has come 64 % of
the way, which is as long as a feeling must last (`HEATED_TURNS`)."""

LEAST_SHARE = 0.4
"""Below this no feeling stands out among seven and the estimate abstains. Source: our choice; 7 % of questions."""

SAME_REQUEST = 0.6
"""Cosine of what is special in two turns from which they ask for the same thing, together with `SAME_WORDS`."""
SAME_WORDS = 0.3
"""Share of the longer words that two such turns have in common. Source: with both, ten requests said again in
other words are all found, and 5 of 37,446 pairs of questions of different callers are taken for one."""
LEAST_WORDS = 3
"""Turns of fewer words than this that say something are no request: "yes", "the second one"."""
TURNS_KEPT = 12
"""Turns that a repeat is looked for in. Source: our choice; longer ago is another matter."""

REPEAT_PUSH = 1.0
"""What each repeat adds to the evidence of frustration, twice at most. Source: our choice, e ≈ 2.7 times as likely."""

_SCORES: dict[Feeling, str] = {
    "angry": "anger_score",
    "frustrated": "frustration_score",
    "distressed": "distress_score",
    "urgent": "urgency_score",
    "confused": "confusion_score",
    "satisfied": "satisfaction_score",
}

_NUMBERS = frozenset(
    word_list(
        "zero one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty seventy "
        "eighty ninety hundred thousand double triple point cero uno una dos tres cuatro cinco seis siete ocho nueve "
        "diez once doce veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento doble coma punto"
    )
)


def score_of(scores: FeelingScores, feeling: Feeling) -> float:
    """Return the score of a feeling; of neutral what the others leave."""
    named = {each: float(getattr(scores, name)) for each, name in _SCORES.items()}
    return named.get(feeling, max(0.0, 1.0 - sum(named.values())))


@dataclass(frozen=True, slots=True)
class _Request:
    vector: Array
    """Shape (width,): what is special in its meaning."""
    words: frozenset[str]
    times: int
    """How often it had been asked for by then, itself included."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the estimates know of the call's earlier turns. Immutable: a reopened turn is taken back by keeping it."""

    scores: FeelingScores | None = None
    requests: tuple[_Request, ...] = field(default=(), repr=False)


def read_feeling(
    model: FeelingModel,
    heard: Heard,
    text: str,
    language: Language,
    vector: npt.NDArray[Any],
    *,
    asked_again: bool = False,
) -> tuple[WordsEstimate, Heard]:
    """Return what a turn of the caller says of how they feel, and what is known of the call after it.

    Args:
        model: The weights.
        heard: The call so far.
        text: The words of the turn.
        language: Of the words.
        vector: Unit vector of their meaning, shape (width,).
        asked_again: The bot had asked to say it again, so a repeat is no sign of anything.
    """
    request = _request(model, heard, text, vector)
    again = 0 if asked_again or request is None else request.times - 1
    logits = model.logits(text, language, vector)
    logits[FEELINGS.index("frustrated")] += REPEAT_PUSH * min(again, 2)
    likely = shares(logits)
    feeling = FEELINGS[int(likely.argmax())]
    scores = _scores(likely)
    abstained = float(likely.max()) < LEAST_SHARE or not plain(text)
    before = heard.scores or _scores(np.zeros(len(FEELINGS)))
    smooth = before if abstained else _blend(before, scores)
    requests = heard.requests if request is None else (*heard.requests, request)[-TURNS_KEPT:]
    estimate = WordsEstimate(
        feeling=feeling,
        scores=scores,
        call_scores=smooth,
        uncertainty=round(float(-(likely * np.log(likely + 1e-12)).sum() / np.log(len(FEELINGS))), 4),
        abstained=abstained,
        reasons=_reasons(text, language, feeling, again),
        model=model.name,
    )
    return estimate, Heard(smooth, requests)


def _reasons(text: str, language: Language, feeling: Feeling, again: int) -> tuple[str, ...]:
    """Name the evidence for the likeliest feeling; a repeat always, hesitation where it fits."""
    found = ["same_request_again"] if again == 1 else ["same_request_third_time"] if again > 1 else []
    found += [code for code in find_cues(text, language) if FEELING_OF[code] == feeling]
    if feeling in ("confused", "distressed") and hesitations(text) >= HESITATIONS:
        found.append(HESITATES)
    return tuple(found)


def _request(model: FeelingModel, heard: Heard, text: str, vector: npt.NDArray[Any]) -> _Request | None:
    words = frozenset(word for word in plain(text).split() if len(word) > 3 and word not in _NUMBERS)
    if len(words) < LEAST_WORDS:
        return None
    special = centred(vector, model.centre)
    alike = [
        each.times
        for each in heard.requests
        if float(special @ each.vector) >= SAME_REQUEST
        and len(words & each.words) >= SAME_WORDS * min(len(words), len(each.words))
    ]
    return _Request(special, words, max(alike, default=0) + 1)


def _scores(likely: Array) -> FeelingScores:
    return FeelingScores(**{name: round(float(likely[FEELINGS.index(each)]), 4) for each, name in _SCORES.items()})


def _blend(before: FeelingScores, now: FeelingScores) -> FeelingScores:
    moved = {
        name: round(getattr(before, name) + SMOOTHING * (getattr(now, name) - getattr(before, name)), 4)
        for name in _SCORES.values()
    }
    return replace(before, **moved)
