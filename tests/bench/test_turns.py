"""The reference of the turn bench, its points, and the noises of its made-up callers."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from bench import turns
from bench.report import Result
from bench.turn_reference import reference_spans
from bench.turns import Pause
from bench.turns_simulated import Outcome, Situation, noise_burst
from calls.audio import SPEECH_RATE_HZ, Samples, level_dbfs


def channel(*spans: tuple[int, int], length_ms: int = 9_000) -> Samples:
    """Faint noise with loud stretches."""
    out = np.random.default_rng(3).normal(0, 8, length_ms * SPEECH_RATE_HZ // 1000)
    for start_ms, end_ms in spans:
        at = np.arange((end_ms - start_ms) * SPEECH_RATE_HZ // 1000)
        begin = start_ms * SPEECH_RATE_HZ // 1000
        out[begin : begin + at.size] += 6_000 * np.sin(2 * np.pi * 300 * at / SPEECH_RATE_HZ)
    samples: Samples = out.astype(np.int16)
    return samples


def rttm(folder: Path, *segments: tuple[str, int, int]) -> Path:
    path = folder / "call.rttm"
    lines = [f"SPEAKER call 1 {a / 1000} {(b - a) / 1000} <NA> <NA> {name} <NA> <NA>" for name, a, b in segments]
    path.write_text("\n".join(lines))
    return path


def test_when_a_segment_has_a_pause_in_it_then_the_reference_has_it_and_what_is_outside_is_left_out(
    tmp_path: Path,
) -> None:
    left, right = channel((1_000, 2_000), (2_600, 3_600)), channel((4_500, 5_500), (7_000, 7_500))
    segments = rttm(tmp_path, ("A", 1_000, 3_600), ("B", 4_480, 5_520))
    found = reference_spans((left, right), segments)
    assert found == ([(1_000, 2_000), (2_600, 3_600)], [(4_500, 5_500)])


def test_when_the_channels_are_the_other_way_round_then_the_speakers_are_found_by_their_sound(tmp_path: Path) -> None:
    left, right = channel((1_000, 2_000)), channel((4_500, 5_500))
    segments = rttm(tmp_path, ("A", 4_500, 5_500), ("B", 1_000, 2_000))
    assert reference_spans((left, right), segments) == ([(1_000, 2_000)], [(4_500, 5_500)])


def test_when_there_is_no_rttm_then_the_level_decides() -> None:
    left, right = channel((1_000, 2_000), (2_100, 3_000)), channel((4_500, 5_500), (7_000, 7_500))
    assert reference_spans((left, right), None) == ([(1_000, 3_000)], [(4_500, 5_500), (7_000, 7_500)])


def made_up(words_ms: float) -> list[Pause]:
    holds = [Pause("a", 0, 700, True, 0, 700, 0.2, ["and"], 40, words_ms, 1_600) for _ in range(10)]
    shifts = [Pause("b", 0, 9_000, False, 0, 9_000, 0.9, ["bill"], 40, words_ms, 320) for _ in range(10)]
    return [*holds, *shifts]


@pytest.mark.parametrize(("words_ms", "reached"), [(50.0, True), (500.0, False)])
def test_when_words_take_longer_than_a_point_allows_then_ours_does_not_reach_it(words_ms: float, reached: bool) -> None:
    result = Result(n=20)
    for name in ("ours", "vad"):
        turns._figures(result, name, made_up(words_ms), turns._systems()[name], "")
    assert (result.figures["ours_false_cutin_300"] is not None) == reached
    assert result.figures["ours_fastest_ms"] == pytest.approx(192 + words_ms)
    assert result.figures["vad_false_cutin_300"] == 1.0
    assert result.figures["vad_latency_at_5pct_ms"] == pytest.approx(700, abs=10)
    if reached:
        assert result.figures["ours_false_cutin_300"] == 0.0


def test_when_noises_are_made_then_they_are_heard_and_all_differ() -> None:
    bursts = [noise_burst(number, random.Random(number)) for number in range(10)]
    assert all(level_dbfs(burst) > -60 for burst in bursts)
    assert len({burst.tobytes() for burst in bursts}) == 10


@pytest.mark.parametrize(
    ("kind", "actions", "told", "heard_out", "right"),
    [
        ("backchannel", [(1_200, "pause"), (1_900, "resume")], [], True, True),
        ("backchannel", [(1_200, "pause"), (1_900, "yield")], ["Okay."], False, False),
        ("echo", [], ["bill"], True, False),
        ("noise", [(1_200, "pause"), (3_200, "resume")], [], True, True),
        ("interruption", [(1_200, "pause"), (1_900, "yield")], ["stop that now"], False, True),
        ("interruption", [(1_200, "pause"), (3_900, "yield")], ["stop that now"], False, False),
        ("interruption", [(1_200, "pause"), (1_900, "yield")], ["nothing of it"], False, False),
        ("interruption", [(1_200, "pause"), (1_900, "resume")], [], True, False),
    ],
)
def test_when_a_caller_was_played_over_the_bot_then_the_outcome_is_judged(
    kind: str, actions: list[tuple[int, str]], told: list[str], heard_out: bool, right: bool
) -> None:
    nothing = np.zeros(0, dtype=np.int16)
    said = "stop that now" if kind == "interruption" else ""
    situation = Situation(kind, "en", nothing, nothing, said, 1_000, None, 80, 1)  # type: ignore[arg-type]
    assert Outcome(actions, told, heard_out).is_right(situation) == right  # type: ignore[arg-type]
