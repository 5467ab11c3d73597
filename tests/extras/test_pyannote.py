"""pyannote.audio's real loading and inference, on a tiny PyanNet that the test makes; on real weights when there."""

import os
from pathlib import Path

import numpy as np
import pytest

from calls.audio import Samples
from calls.errors import CallCentreError
from voice.diarize import Diarizer

pytestmark = [
    pytest.mark.extras,
    # the library and torch warn about their own and each other's future; nothing of it is ours to mend
    pytest.mark.filterwarnings("ignore"),
]
pytest.importorskip("pyannote.audio", reason="the extra `diarize` is not installed: run `make test-extras`")

MODELS = Path(os.environ.get("WARMLINE_MODELS", "~/.cache/warmline/models")).expanduser()


def make_checkpoint(path: Path) -> None:
    """Save a segmentation network with random weights as pyannote's trainer would."""
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.segmentation import PyanNet

    torch.manual_seed(1)
    lstm = {"hidden_size": 8, "num_layers": 1, "bidirectional": True, "monolithic": True, "dropout": 0.0}
    model = PyanNet(sincnet={"stride": 10}, lstm=lstm, linear={"hidden_size": 8, "num_layers": 1})
    model.specifications = Specifications(
        problem=Problem.MULTI_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=2.0,
        classes=["speaker#1", "speaker#2"],
    )
    model.build()
    checkpoint = {
        "state_dict": model.state_dict(),
        "hyper_parameters": dict(model.hparams),
        "pytorch-lightning_version": "2.6.0",
    }
    model.on_save_checkpoint(checkpoint)
    torch.save(checkpoint, path)


def test_when_a_tiny_checkpoint_is_loaded_then_segments_lie_inside_the_recording(tmp_path: Path) -> None:
    make_checkpoint(tmp_path / "tiny.bin")
    diarizer = Diarizer(tmp_path / "tiny.bin")
    noise: Samples = np.random.default_rng(1).integers(-3000, 3000, 16_000 * 7).astype(np.int16)
    for samples in (noise, noise[:8000]):
        segments = diarizer.segments(samples)
        assert all(0 <= segment.start_ms < segment.end_ms <= samples.size / 16 + 20 for segment in segments)
    assert diarizer.segments(noise[:0]) == ()


def test_when_the_checkpoint_is_missing_or_damaged_then_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match="is missing"):
        Diarizer(tmp_path / "none.bin")
    (tmp_path / "bad.bin").write_bytes(b"no weights")
    with pytest.raises(CallCentreError, match="could not be loaded"):
        Diarizer(tmp_path / "bad.bin")


@pytest.mark.recorded
def test_when_real_weights_hear_three_people_then_each_gets_a_number() -> None:
    import soundfile
    import soxr

    weights, prints = real_weights()
    shared = Path(os.environ.get("WARMLINE_SHARED", str(Path(__file__).parents[3] / "shared")))
    recording = shared / "data" / "diarization" / "falcon_test.flac"
    if not recording.exists():
        pytest.skip(f"{recording} is not there")
    samples, rate_hz = soundfile.read(recording, dtype="int16")
    found = Diarizer(weights, prints=prints).segments(soxr.resample(samples, rate_hz, 16_000))
    truth = np.zeros(samples.size * 100 // rate_hz + 1, dtype=bool)
    for line in recording.with_suffix(".rttm").read_text().splitlines():
        start_s, length_s = (float(field) for field in line.split()[3:5])
        truth[round(start_s * 100) : round((start_s + length_s) * 100)] = True
    spoken = np.zeros_like(truth)
    for segment in found:
        spoken[segment.start_ms // 10 : segment.end_ms // 10] = True
    agreement = float(np.mean(spoken == truth))
    voices = len({segment.speaker for segment in found})
    print(f"{len(found)} segments, {voices} voices, speech right in {agreement:.3f} of the time")  # noqa: T201 - a figure
    assert voices == 3
    assert agreement > 0.9


def real_weights() -> tuple[Path, Path]:
    paths = MODELS / "pyannote-segmentation" / "pytorch_model.bin", MODELS / "resemblyzer" / "pretrained.pt"
    for path in paths:
        if not path.exists():
            pytest.skip(f"{path} is not there; run `make test-extras`")
    return paths


def says(voice: str, text: str) -> Samples:
    """Speech at 16 kHz by espeak-ng: its voices differ as those of people do, in pitch and timbre."""
    import io
    import subprocess
    import wave

    import soxr

    made = subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "--stdout", text], capture_output=True, check=True)
    with wave.open(io.BytesIO(made.stdout)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        resampled: Samples = soxr.resample(sound, file.getframerate(), 16_000)
    return resampled


LINES = (
    ("en-us+m3", "Good morning, this is the support line. Who am I speaking to, and how can I help you today?"),
    ("en-us+f4", "Hello, this is Ana. The light on my router has been red since yesterday evening, and nothing works."),
    ("en-us+m3", "I am sorry to hear that. Let me look into it for a moment. I can see an outage in your street."),
    (
        "en-us+f4",
        "And how long will that take? I work from home, and I need the connection this afternoon.",
    ),
)


def mono_call(path: Path) -> list[tuple[float, float, str]]:
    """Write a mono call of two people with long pauses; return who speaks when."""
    import soundfile

    pieces, truth, now = [], [], 0
    for voice, text in LINES:
        sound = says(voice, text)
        pieces += [sound, np.zeros(16_000, np.int16)]
        truth.append((now / 16_000, (now + sound.size) / 16_000, voice))
        now += sound.size + 16_000
    whole = np.concatenate(pieces)
    whole = whole + np.random.default_rng(1).normal(0, 5, whole.size).astype(np.int16)
    soundfile.write(path, whole, 16_000, subtype="PCM_16")
    return truth


def test_when_voices_come_back_after_a_pause_then_prints_join_them(tmp_path: Path) -> None:
    import soundfile

    segmentation, prints = real_weights()
    mono_call(tmp_path / "call.wav")
    samples, _ = soundfile.read(tmp_path / "call.wav", dtype="int16")
    with_prints = Diarizer(segmentation, prints=prints).segments(samples)
    without = Diarizer(segmentation).segments(samples)
    voices = [len({one.speaker for one in found}) for found in (without, with_prints)]
    print(f"voices without prints {voices[0]}, with prints {voices[1]}")  # noqa: T201 - a figure
    assert voices[1] == 2
    assert voices[0] > 2, "a voice that was silent for longer than a window counts as a new one"


def test_when_a_mono_recording_is_imported_then_turns_and_the_caller_s_emotion_are_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ctranslate2", reason="the core's packages are not installed: run `make test-extras`")
    import json

    from calls.events import EmotionEstimated, TurnEnded, UtteranceHeard
    from records.store import EventStore
    from service.cli import main

    real_weights()
    truth = mono_call(tmp_path / "call.wav")
    config = tmp_path / "warmline.toml"
    config.write_text(f'data_dir = "{tmp_path}/data"\n')
    options = ["--speakers", "2", "--caller-speaker", "2", "--voice-prints", "--language", "en", "--json"]
    assert main(["import", "--config", str(config), str(tmp_path / "call.wav"), *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [speaker["member"] for speaker in found["speakers"]] == ["agent", "caller"]

    store = EventStore.open_dir(tmp_path / "data")
    bodies = [event.body for event in store.read("call", found["call"])]
    store.close()
    turns = [body for body in bodies if isinstance(body, TurnEnded)]
    said = {who: " ".join(turn.text.lower() for turn in turns if turn.speaker == who) for who in ("agent", "caller")}
    assert "support line" in said["agent"]
    assert "outage" in said["agent"]
    assert "need the connection" in said["caller"]
    assert turns[0].start_ms / 1000 == pytest.approx(truth[0][0], abs=0.4)
    members = {body.utterance_id: body.member for body in bodies if isinstance(body, UtteranceHeard)}
    felt = {members[body.utterance_id] for body in bodies if isinstance(body, EmotionEstimated)}
    assert felt == {"caller"}, "never of the employee"
    assert not any("print" in path.name for path in (tmp_path / "data").rglob("*")), "prints are not stored"
