from pathlib import Path

import numpy as np
import pytest

from calls.errors import CallCentreError
from voice.diarize import Activity, Diarizer, SpeakerSegment, join_windows, segments_of


def windows_of(timeline: Activity, frames: int, step: int, order: list[list[int]]) -> Activity:
    """Cut a timeline into windows whose voices come in any order, as the model gives them."""
    cut = [timeline[index * step : index * step + frames][:, columns] for index, columns in enumerate(order)]
    return np.stack(cut)


def test_when_windows_name_the_voices_in_another_order_then_they_are_joined_by_agreement() -> None:
    timeline = np.zeros((200, 3), np.float32)
    timeline[10:90, 0] = 0.9
    timeline[60:160, 1] = 0.8
    windows = windows_of(timeline, 100, 50, [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
    activity, frame_s = join_windows(windows, 0.5, 1.0)
    assert frame_s == pytest.approx(0.01)
    assert segments_of(activity, 0.01) == (SpeakerSegment(100, 900, 0), SpeakerSegment(600, 1600, 1))


def test_when_a_voice_comes_up_later_then_it_gets_a_new_number() -> None:
    timeline = np.zeros((300, 2), np.float32)
    timeline[0:60, 0] = 1.0
    timeline[200:290, 1] = 1.0
    windows = windows_of(timeline, 100, 50, [[0, 1]] * 5)
    activity, _ = join_windows(windows, 0.5, 1.0)
    assert [segment.speaker for segment in segments_of(activity, 0.01)] == [0, 1]


def test_when_a_gap_or_a_stretch_is_tiny_then_it_does_not_count() -> None:
    activity = np.zeros((400, 1), np.float32)
    activity[0:50] = activity[60:120] = activity[300:310] = 1.0
    assert segments_of(activity, 0.01) == (SpeakerSegment(0, 1200, 0),)


def test_when_nobody_speaks_then_there_is_no_segment() -> None:
    activity, _ = join_windows(np.zeros((3, 100, 3), np.float32), 0.5, 1.0)
    assert segments_of(activity, 0.01) == ()


def test_when_the_model_is_missing_then_the_error_names_it(tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match=r"none\.bin is missing"):
        Diarizer(tmp_path / "none.bin")
