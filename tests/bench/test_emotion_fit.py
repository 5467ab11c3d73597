"""The fit of the emotion weights: voices are taken out of the encoder's states, feelings stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.emotion_data import Array, Clip
from bench.emotion_fit import VOICE_DIRECTIONS, fit, without_voices
from voice.prosody.features import NAMES

STATES = 64
VOICE, FEELING = 0, 1
"""Places among the states that tell who speaks, and how it is said."""


def clips_and_states() -> tuple[list[Clip], Array]:
    """Return clips of twelve speakers and their states, in which voices differ ten times more than feelings do."""
    random = np.random.default_rng(5)
    owners, rows = [], []
    for speaker in range(12):
        for number in range(12):
            emotion = "anger" if number % 3 == 0 else "neutral"
            owners.append(Clip(Path(f"{speaker}-{number}"), "made", f"s{speaker}", "f", emotion, 1.0, None))
            row = random.normal(0.0, 0.1, STATES)
            row[VOICE] += 10.0 * np.cos(2.4 * speaker)
            row[FEELING] += 1.0 if emotion == "anger" else 0.0
            rows.append(row)
    return owners, np.array(rows)


def test_when_voices_differ_more_than_feelings_then_only_the_feelings_stay_in_the_states() -> None:
    owners, states = clips_and_states()
    left = without_voices(states, owners)
    assert left[:, VOICE].std() < 0.01 * states[:, VOICE].std()
    angry = np.array([clip.emotion == "anger" for clip in owners])
    assert left[angry, FEELING].mean() - left[~angry, FEELING].mean() > 0.7
    assert np.linalg.matrix_rank(left) == STATES - VOICE_DIRECTIONS


def test_when_a_model_is_fitted_to_states_then_another_voice_does_not_move_its_probability() -> None:
    owners, states = clips_and_states()
    prosody = np.random.default_rng(6).normal(size=(len(owners), 2 * len(NAMES)))
    model = fit(np.concatenate([prosody, states], axis=1), owners, "made").model
    calm = np.zeros(2 * len(NAMES) + STATES)
    other_voice, angry = calm.copy(), calm.copy()
    other_voice[2 * len(NAMES) + VOICE] = 10.0
    angry[2 * len(NAMES) + FEELING] = 1.0
    probs = [model.anger.prob(model.standardise(row)) for row in (calm, other_voice, angry)]
    assert abs(probs[1] - probs[0]) < 0.02
    assert probs[2] > probs[0] + 0.05
