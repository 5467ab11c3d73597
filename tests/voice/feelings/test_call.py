"""Feelings over a call, with weights made by hand: evidence, repeats, the curve, doubt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from calls.errors import CallCentreError
from calls.speech import Feeling, FeelingScores
from voice.feelings.call import LEAST_SHARE, SMOOTHING, Heard, read_feeling, score_of
from voice.feelings.cues import CUES, FEELING_OF
from voice.feelings.model import FEELINGS, FeelingModel, word_features

WIDTH = 8
REQUEST = "the washing machine trips the breaker upstairs"


def model(*, cue_weight: float = 4.0, neutral: float = 1.0) -> FeelingModel:
    """Weights under which each cue speaks for its feeling, and nothing for neutral."""
    cues = np.zeros((len(CUES), len(FEELINGS)))
    for row, cue in enumerate(CUES):
        cues[row, FEELINGS.index(FEELING_OF[cue.code])] = cue_weight
    bias = np.zeros(len(FEELINGS))
    bias[FEELINGS.index("neutral")] = neutral
    return FeelingModel("hand-made", "none", np.zeros(WIDTH), np.zeros((WIDTH, len(FEELINGS))), {}, cues, bias)


def direction(n: int) -> npt.NDArray[np.float32]:
    """A meaning of its own."""
    one = np.zeros(WIDTH, dtype=np.float32)
    one[n] = 1
    return one


@pytest.mark.parametrize(
    ("text", "feeling", "reason"),
    [
        ("I don't understand", "confused", "says_not_understood"),
        ("I've been waiting for an hour", "frustrated", "waits_long"),
        ("you are a liar", "angry", "insults"),
        ("I'm so scared", "distressed", "speaks_of_fear"),
        ("it's urgent", "urgent", "asks_for_haste"),
        ("that's perfect", "satisfied", "praises"),
    ],
)
def test_when_words_speak_of_a_feeling_it_leads_and_the_reason_is_named(
    text: str, feeling: Feeling, reason: str
) -> None:
    estimate, _ = read_feeling(model(), Heard(), text, "en", direction(0))
    assert estimate.feeling == feeling
    assert reason in estimate.reasons
    assert score_of(estimate.scores, feeling) > 0.5
    assert not estimate.abstained


def test_when_a_reason_speaks_for_another_feeling_than_the_likeliest_it_is_not_given() -> None:
    estimate, _ = read_feeling(model(), Heard(), "thanks a lot, I don't follow, what does it mean?", "en", direction(0))
    assert estimate.feeling == "confused"
    assert "gives_thanks" not in estimate.reasons


def test_when_the_same_request_comes_a_third_time_frustration_rises_and_it_is_said() -> None:
    heard, scores, reasons = Heard(), [], []
    for _ in range(3):
        estimate, heard = read_feeling(model(), heard, REQUEST, "en", direction(0))
        scores.append(estimate.scores.frustration_score)
        reasons.append(estimate.reasons)
    assert scores[0] < scores[1] < scores[2]
    assert reasons == [(), ("same_request_again",), ("same_request_third_time",)]


def test_when_the_bot_asked_to_say_it_again_a_repeat_means_nothing() -> None:
    first, heard = read_feeling(model(), Heard(), REQUEST, "en", direction(0))
    again, _ = read_feeling(model(), heard, REQUEST, "en", direction(0), asked_again=True)
    assert again.scores == first.scores
    assert again.reasons == ()


@pytest.mark.parametrize(
    ("first", "second", "meaning"),
    [
        (REQUEST, REQUEST, 1),
        (REQUEST, "how much will the final invoice be", 0),
        ("four four two one nine eight", "four four two one nine eight", 0),
        ("yes please", "yes please", 0),
    ],
)
def test_when_turns_differ_in_meaning_or_words_or_ask_for_nothing_they_are_no_repeat(
    first: str, second: str, meaning: int
) -> None:
    _, heard = read_feeling(model(), Heard(), first, "en", direction(0))
    estimate, _ = read_feeling(model(), heard, second, "en", direction(meaning))
    assert estimate.reasons == ()


def test_when_turns_follow_each_other_the_curve_goes_towards_them_without_jumping() -> None:
    heard, before = Heard(), 0.0
    for _ in range(4):
        estimate, heard = read_feeling(model(), heard, "I'm so scared", "en", direction(0))
        now = estimate.call_scores.distress_score
        expected = before + SMOOTHING * (estimate.scores.distress_score - before)
        assert now == pytest.approx(expected, abs=1e-3)
        before = now
    calm, _ = read_feeling(model(neutral=3.0), heard, "yes that is my address", "en", direction(0))
    assert calm.scores.distress_score < calm.call_scores.distress_score < before


def test_when_no_feeling_stands_out_the_estimate_abstains_and_the_curve_stays() -> None:
    _, heard = read_feeling(model(), Heard(), "I'm so scared", "en", direction(0))
    estimate, after = read_feeling(model(neutral=0.0), heard, "the second floor", "en", direction(0))
    assert max(score_of(estimate.scores, each) for each in FEELINGS) < LEAST_SHARE
    assert estimate.abstained
    assert estimate.uncertainty > 0.9
    assert after.scores == heard.scores


@pytest.mark.parametrize("text", ["", "...", "¿?"])
def test_when_nothing_was_said_the_estimate_abstains(text: str) -> None:
    estimate, _ = read_feeling(model(), Heard(), text, "es", direction(0))
    assert estimate.abstained


def test_when_shares_are_given_they_sum_to_one_with_neutral() -> None:
    estimate, _ = read_feeling(model(), Heard(), "what does that mean and hurry", "en", direction(0))
    assert sum(score_of(estimate.scores, each) for each in FEELINGS) == pytest.approx(1.0, abs=1e-3)
    assert score_of(FeelingScores(**dict.fromkeys(estimate.scores.__slots__, 0.0)), "neutral") == 1.0


def test_when_words_become_features_the_edges_of_the_turn_count_and_languages_stay_apart() -> None:
    assert word_features("No!", "en") == ["en no", "en ^ no", "en no $", "en !"]
    assert not set(word_features("no", "en")) & set(word_features("no", "es"))


def test_when_the_weights_are_damaged_a_sentence_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "feelings.json"
    for content in (b"", b"{}", b'{"feelings": ["happy"], "cues": []}'):
        path.write_bytes(content)
        with pytest.raises(CallCentreError, match="warmline models verify"):
            FeelingModel.load(path)
