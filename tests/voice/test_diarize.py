from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from calls.audio import FloatSamples
from calls.errors import CallCentreError
from voice import diarize
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


class ByLevel:
    """Tells voices apart by their level, as a network does by their timbre."""

    def print_of(self, sound: FloatSamples) -> npt.NDArray[np.float32]:
        angle = float(np.abs(sound).mean()) * np.pi / 2
        return np.array([np.cos(angle), np.sin(angle)], np.float32)


def by_prints(activity: Activity, sound: FloatSamples, speakers: int | None = None) -> list[SpeakerSegment]:
    return list(diarize._by_prints(ByLevel(), activity, 0.01, sound, speakers))  # type: ignore[arg-type]


def test_when_the_model_gives_two_people_one_voice_then_prints_part_them_at_the_pause() -> None:
    activity = np.zeros((1_000, 2), np.float32)
    activity[0:300, 0] = activity[400:700, 0] = activity[800:1_000, 1] = 0.9
    sound = np.zeros(160_000, np.float32)
    sound[0:48_000] = sound[128_000:] = 0.1
    sound[64_000:112_000] = 0.9
    wanted = [SpeakerSegment(0, 3_000, 0), SpeakerSegment(4_000, 7_000, 1), SpeakerSegment(8_000, 10_000, 0)]
    assert by_prints(activity, sound) == wanted
    assert {one.speaker for one in by_prints(activity, sound, speakers=1)} == {0}


def test_when_a_speaker_only_draws_breath_then_prints_make_it_one_segment() -> None:
    activity = np.zeros((600, 1), np.float32)
    activity[0:200] = activity[240:500] = 0.9
    assert by_prints(activity, np.full(96_000, 0.5, np.float32)) == [SpeakerSegment(0, 5_000, 0)]


def test_when_nobody_speaks_then_no_print_is_made() -> None:
    assert by_prints(np.zeros((300, 2), np.float32), np.zeros(48_000, np.float32)) == []


def test_when_windows_overlap_by_much_then_all_of_them_vote() -> None:
    timeline = np.zeros((300, 1), np.float32)
    timeline[50:250] = 0.9
    windows = windows_of(timeline, 100, 10, [[0]] * 21)
    windows[7, :, 0] = 0.0  # one window misses what all others hear
    activity, _ = join_windows(windows, 0.1, 1.0)
    assert segments_of(activity, 0.01) == (SpeakerSegment(500, 2_500, 0),)
