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

    weights = MODELS / "pyannote-segmentation" / "pytorch_model.bin"
    shared = Path(os.environ.get("WARMLINE_SHARED", str(Path(__file__).parents[3] / "shared")))
    recording = shared / "data" / "diarization" / "falcon_test.flac"
    for path in (weights, recording):
        if not path.exists():
            pytest.skip(f"{path} is not there")
    samples, rate_hz = soundfile.read(recording, dtype="int16")
    found = Diarizer(weights).segments(soxr.resample(samples, rate_hz, 16_000))
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
