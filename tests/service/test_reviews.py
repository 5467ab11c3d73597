"""QA corrects an estimate; what was corrected becomes training material, and nothing else of a call does."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from calls.errors import CallCentreError
from calls.events import CallEnded, CallOffered, EmotionEstimated, EventBody, NewEvent, RecordingStarted
from calls.ids import CallId, UtteranceId
from calls.speech import EmotionEstimate
from records.store import EventStore
from service.reviews import correct_emotion, corrections, export_corrections

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
CALL = CallId("c1")


def estimated(utterance: str, start_ms: int, end_ms: int) -> EmotionEstimated:
    estimate = EmotionEstimate(
        anger_prob=0.1, arousal_score=0.1, uncertainty=0.2, abstained=False, reasons=(), model="test"
    )
    return EmotionEstimated(utterance_id=UtteranceId(utterance), start_ms=start_ms, end_ms=end_ms, estimate=estimate)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "warmline.toml"
    path.write_text(f'data_dir = "{tmp_path / "data"}"\n')
    return path


@pytest.fixture
def store(tmp_path: Path) -> EventStore:
    data = tmp_path / "data"
    (data / "recordings").mkdir(parents=True)
    made = EventStore.open_dir(data)
    bodies: tuple[EventBody, ...] = (
        CallOffered(transport="sip", caller="+34600000001", caller_name="", called="bot", peer_call_id="p"),
        RecordingStarted(file="c1.wav", rate_hz=8_000),
        estimated("u1", 1_000, 2_000),
        estimated("u2", 3_000, 3_500),
        CallEnded(result="completed", reason="caller_hung_up"),
    )
    made.append(
        [
            NewEvent(stream_kind="call", stream_id=CALL, body=body, at_utc=NOW, t_ms=None, source="test")
            for body in bodies
        ]
    )
    caller = np.repeat(np.arange(1, 5, dtype=np.int16) * 1_000, 8_000)
    soundfile.write(data / "recordings" / "c1.wav", np.stack([caller, -caller], axis=1), 8_000)
    return made


def test_when_an_utterance_is_corrected_twice_then_the_newest_label_holds_and_unclear_takes_it_back(
    store: EventStore,
) -> None:
    for emotion in ("anger", "neutral"):
        correct_emotion(store, CALL, UtteranceId("u1"), emotion, "ana", NOW)
    assert corrections(store, CALL)["u1"].emotion == "neutral"
    correct_emotion(store, CALL, UtteranceId("u1"), "unclear", "ana", NOW)
    assert corrections(store, CALL) == {}
    store.close()


def test_when_an_utterance_was_never_estimated_then_nothing_is_written(store: EventStore) -> None:
    with pytest.raises(CallCentreError) as caught:
        correct_emotion(store, CALL, UtteranceId("u9"), "anger", "", NOW)
    assert caught.value.code == "review.no_utterance"
    assert store.read("review", CALL) == []
    store.close()


def test_when_corrections_are_exported_then_the_callers_side_of_just_these_moments_is_there(
    store: EventStore, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    correct_emotion(store, CALL, UtteranceId("u1"), "anger", "", NOW)
    store.close()
    out = tmp_path / "out"
    assert export_corrections(config, out) == 0
    assert "1 utterances of 1 calls" in capsys.readouterr().out
    with (out / "manifest.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (row["emotion"], row["speaker"], row["corpus"]) == ("anger", "c1", "own")
    sound, rate_hz = soundfile.read(out / row["path"], dtype="int16")
    assert rate_hz == 8_000
    assert sound.shape == (8_000,)
    assert set(sound.tolist()) == {2_000}, "one second, the caller alone"
    assert (out / row["path"]).stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in out.iterdir()) == ["c1-u1.wav", "manifest.csv"]


def test_when_the_recording_is_gone_then_it_is_said_and_the_rest_is_exported(
    store: EventStore, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    correct_emotion(store, CALL, UtteranceId("u2"), "neutral", "", NOW)
    store.close()
    (tmp_path / "data" / "recordings" / "c1.wav").unlink()
    assert export_corrections(config, tmp_path / "out") == 0
    printed = capsys.readouterr()
    assert "0 utterances" in printed.out
    assert "no recording any more" in printed.err
