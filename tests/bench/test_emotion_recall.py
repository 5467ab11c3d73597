"""Emotions told apart in speakers left out: nothing of the judged speaker is learnt from, or chooses how."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.emotion_data import Array, Clip
from bench.emotion_recall import Recipe, Sums, Words, fit, guesses, put_recall, recall
from bench.report import Result
from voice.prosody.features import NAMES, Prosody

SIZES = (3, 4, 4)
PLAIN = Recipe((1.0, 1.0, 1.0), (0.1,))
EMOTIONS = ("anger", "fear", "neutral")


def rows(seed: int, speakers: int = 6, noise: float = 1.0) -> tuple[Array, Words, Words]:
    """Return rows, emotions and speakers: the first state tells the emotion, the first deviation who speaks."""
    random = np.random.default_rng(seed)
    x, y, who = [], [], []
    for speaker in range(speakers):
        for number in range(30):
            row = random.normal(0.0, noise, sum(SIZES))
            row[SIZES[0]] += 4.0 * (number % 3)
            row[SIZES[0] + SIZES[1]] += 5.0 * speaker
            x.append(row)
            y.append(EMOTIONS[number % 3])
            who.append(f"s{speaker}")
    return np.array(x), np.array(y), np.array(who)


def nothing_more(x: Array, y: Words, who: Words) -> tuple[Array, Words, Words]:
    return x[:0], y[:0], who[:0]


def test_when_a_speaker_is_taken_out_of_the_sums_then_nothing_of_him_is_left_in_the_fit() -> None:
    x, y, who = rows(1)
    place = np.searchsorted(np.unique(y), y)
    held = who == "s2"
    taken = Sums.of(x, place, 3).plus(Sums.of(x[held], place[held], 3), -1)
    never = Sums.of(x[~held], place[~held], 3)
    scores = [fit(sums, SIZES, PLAIN).log_probs(x[held]) for sums in (taken, never)]
    assert np.allclose(scores[0], scores[1], atol=1e-6)


def test_when_emotions_sound_alike_in_all_speakers_then_those_of_a_stranger_are_told_apart() -> None:
    x, y, who = rows(2)
    assert recall(y, guesses(x, y, who, nothing_more(x, y, who), SIZES, (PLAIN,))) > 0.9


def test_when_the_labels_mean_nothing_then_the_recall_is_that_of_chance() -> None:
    x, y, who = rows(3, speakers=12)
    y = np.random.default_rng(3).permutation(y)
    recipes = (PLAIN, Recipe((2.0, 1.0, 0.0), (0.3,)), Recipe((1.0, 0.0, 1.0), (0.9,)))
    assert abs(recall(y, guesses(x, y, who, nothing_more(x, y, who), SIZES, recipes)) - 1 / 3) < 0.09


def test_when_a_copy_of_the_judged_speaker_is_given_then_it_is_not_learnt_from() -> None:
    x, y, who = rows(4)
    wrong = np.array([EMOTIONS[(EMOTIONS.index(emotion) + 1) % 3] for emotion in y])
    own = who == "s0"
    copies = (np.repeat(x[own], 50, axis=0), np.repeat(wrong[own], 50), np.repeat(who[own], 50))
    without = guesses(x, y, who, nothing_more(x, y, who), SIZES, (PLAIN,))
    beside = guesses(x, y, who, copies, SIZES, (PLAIN,))
    assert (without[own] == beside[own]).all()
    assert recall(y[~own], beside[~own]) < recall(y[~own], without[~own])


def test_when_a_part_only_misleads_then_the_other_speakers_choose_to_leave_it_out() -> None:
    x, y, who = rows(5, noise=2.0)
    misled, clear = Recipe((0.0, 0.0, 1.0), (0.1,)), Recipe((0.0, 1.0, 0.0), (0.1,))
    chosen = guesses(x, y, who, nothing_more(x, y, who), SIZES, (misled, clear))
    assert (chosen == guesses(x, y, who, nothing_more(x, y, who), SIZES, (clear,))).all()


def test_when_clips_are_judged_then_the_figure_has_its_interval_and_that_of_each_gender() -> None:
    x, y, who = rows(6)
    random = np.random.default_rng(6)
    clips = [
        Clip(
            path=Path(f"{number}"),
            corpus="made",
            speaker=str(name),
            gender="f" if name in ("s0", "s2", "s4") else "m",
            emotion=str(emotion),
            duration_s=1.0,
            sound=Prosody(random.normal(size=len(NAMES)), -26.0, 0.0, 0.0, 1.0),
            states=row[SIZES[0] :].astype(np.float32),
        )
        for number, (row, emotion, name) in enumerate(zip(x, y, who, strict=True))
    ]
    result = Result(n=len(clips))
    put_recall(result, clips, [], states=True)
    put_recall(result, clips, [], states=False, suffix="_prosody")
    figures = {key: float(value) for key, value in result.figures.items() if value is not None}
    for key in ("uar_loso", "uar_loso_f", "uar_loso_m"):
        assert figures[f"{key}_lo"] <= figures[key] <= figures[f"{key}_hi"]
    assert figures["uar_loso"] > 0.7
    assert figures["uar_loso_prosody"] < 0.6
    assert figures["uar_loso_speaker_least"] <= figures["uar_loso_speaker_most"]
