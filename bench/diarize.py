"""Who speaks when on mono recordings: diarisation error and cost; beside it pyannote.audio's own pipeline.

Error: missed speech, false alarms and confusion over all speech, by pyannote.metrics, without a collar, overlapping
speech counted, inside the whole recording. Files of two channels are mixed to one; what their channels tell by
themselves, as `warmline import` takes them, is `channels_der`. The peer is pyannote.audio's `SpeakerDiarization` with
agglomerative clustering, the same segmentation weights, the same voice prints (its own voice prints are not to be had
without the network), both on one thread. It needs the extra `diarize`.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.report import Result, bootstrap_interval, progress, read_manifest, sha256_file, shared_folder
from calls.audio import SPEECH_RATE_HZ, Samples, to_float
from service.models_store import ModelStore
from voice.diarize import Diarizer, need_extra
from voice.speech_spans import spans_of
from voice.vad.silero import WINDOW_SAMPLES, SileroVad
from voice.voice_prints import SAME_SPEAKER, VoicePrinter

Turns = list[tuple[float, float, str]]
"""Start and end in seconds, and the speaker."""

_PEER_SEGMENTATION = {"threshold": 0.4442, "min_duration_off": 0.5817}
_PEER_CLUSTERING = {"method": "centroid", "min_cluster_size": 15}
"""Source: the published configuration of pyannote/speaker-diarization@2.1, which has this segmentation model."""
PEER_THRESHOLD = round((2 - 2 * SAME_SPEAKER) ** 0.5, 3)
"""The distance of prints of length 1 whose cosine is our own threshold: the published one is for other prints."""
_LEAST_PRINT_S = 0.25


@dataclass
class Recording:
    """One file and what was found in it."""

    path: Path
    channels: tuple[Samples, ...]
    truth: Turns
    parts: dict[str, dict[str, float]] = field(default_factory=dict)
    """By system: `missed`, `false_alarm`, `confusion`, `total`, in seconds."""
    took_s: dict[str, float] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """Length."""
        return self.channels[0].size / SPEECH_RATE_HZ

    @property
    def mono(self) -> Samples:
        """All channels mixed."""
        mixed: Samples = np.mean(np.stack(self.channels).astype(np.float32), axis=0).astype(np.int16)
        return mixed

    def errors(self, system: str) -> tuple[float, float]:
        """Return seconds of error and of speech."""
        part = self.parts[system]
        return part["missed"] + part["false_alarm"] + part["confusion"], part["total"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this bench."""
    parser.add_argument("--manifest", type=Path, default=shared_folder() / "data" / "diarization" / "manifest.csv")
    parser.add_argument(
        "--peer-threshold", type=float, default=PEER_THRESHOLD, help="distance up to which the peer joins"
    )
    parser.add_argument(
        "--no-prints", action="store_true", help="as `warmline import` does unless told otherwise: no voice prints"
    )
    parser.add_argument("--no-peer", action="store_true", help="leave pyannote's own pipeline out")


def run(arguments: argparse.Namespace) -> Result:
    """Measure.

    Raises:
        CallCentreError: `extra.missing`, or a model is missing.
    """
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    need_extra()
    warnings.filterwarnings("ignore")  # the library and torch warn about their own future
    store = ModelStore()
    weights = {
        "pyannote-segmentation": store.path("pyannote-segmentation") / "pytorch_model.bin",
        "resemblyzer": store.path("resemblyzer") / "pretrained.pt",
        "silero-vad": store.path("silero-vad") / "silero_vad_v6.onnx",
    }
    rows = read_manifest(arguments.manifest)
    recordings = [_load(Path(row["path"]), arguments.manifest.parent / row["rttm"]) for row in rows]
    prints = None if arguments.no_prints else weights["resemblyzer"]
    diarizer = Diarizer(weights["pyannote-segmentation"], prints=prints)
    vad = SileroVad(weights["silero-vad"])
    peer = None if arguments.no_peer else _peer(weights, arguments.peer_threshold)
    for recording in recordings:
        _measure(recording, diarizer, vad, peer)
    result = Result(
        n=len(recordings),
        models={name: sha256_file(path) for name, path in weights.items()},
        corpus=[arguments.manifest, *(recording.path for recording in recordings)],
    )
    result.put("prints", not arguments.no_prints)
    _figures(result, recordings)
    return result


def _load(path: Path, rttm: Path) -> Recording:
    import soundfile
    import soxr

    samples, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    channels = tuple(
        np.ascontiguousarray(soxr.resample(samples[:, at], rate_hz, SPEECH_RATE_HZ)) for at in range(samples.shape[1])
    )
    return Recording(path, channels, read_rttm(rttm))


def read_rttm(path: Path) -> Turns:
    """Return the turns of an RTTM file. Source: NIST RT-09 evaluation plan, appendix A."""
    turns = []
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split()
        if fields and fields[0] == "SPEAKER":
            start_s, length_s = float(fields[3]), float(fields[4])
            turns.append((start_s, start_s + length_s, fields[7]))
    return turns


def _measure(recording: Recording, diarizer: Diarizer, vad: SileroVad, peer: Any | None) -> None:
    mono = recording.mono
    began = time.perf_counter()
    segments = diarizer.segments(mono)
    recording.took_s["ours"] = time.perf_counter() - began
    found = [(one.start_ms / 1000, one.end_ms / 1000, str(one.speaker)) for one in segments]
    recording.parts["ours"] = score(recording.truth, found, recording.duration_s)
    if len(recording.channels) == 2:
        found = _by_channels(recording, vad)
        recording.parts["channels"] = score(recording.truth, found, recording.duration_s)
    if peer is not None:
        began = time.perf_counter()
        found = _ask_peer(peer, mono)
        recording.took_s["peer"] = time.perf_counter() - began
        recording.parts["peer"] = score(recording.truth, found, recording.duration_s)
    rates = [f"{system} {np.divide(*recording.errors(system)):.3f}" for system in recording.parts]
    progress(f"{recording.path.name}: {', '.join(rates)}")


def score(truth: Turns, found: Turns, duration_s: float) -> dict[str, float]:
    """Return the seconds of each kind of error, and of speech, by pyannote.metrics."""
    from pyannote.core import Annotation, Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotation(turns: Turns) -> Any:
        made = Annotation()
        for track, (start_s, end_s, speaker) in enumerate(turns):
            made[Segment(start_s, end_s), track] = speaker
        return made

    metric = DiarizationErrorRate(collar=0.0, skip_overlap=False)
    whole = Timeline([Segment(0.0, duration_s)])
    detail = metric(annotation(truth), annotation(found), uem=whole, detailed=True)
    return {
        "missed": float(detail["missed detection"]),
        "false_alarm": float(detail["false alarm"]),
        "confusion": float(detail["confusion"]),
        "total": float(detail["total"]),
    }


def _by_channels(recording: Recording, vad: SileroVad) -> Turns:
    found: Turns = []
    for number, channel in enumerate(recording.channels):
        padded = np.pad(channel, (0, -channel.size % WINDOW_SAMPLES))
        probs, _ = vad.probs(padded, np.zeros(0, np.float32))
        found += [(span.start_ms / 1000, span.end_ms / 1000, str(number)) for span in spans_of(probs, number)]
    return found


def _peer(weights: dict[str, Path], threshold: float) -> Any:
    """Return pyannote.audio's own pipeline with our weights."""
    import torch
    from pyannote.audio import Model
    from pyannote.audio.core.plda import PLDA
    from pyannote.audio.pipelines import SpeakerDiarization

    printer = VoicePrinter(weights["resemblyzer"])

    class PrintsModel(Model):  # type: ignore[misc]
        """Our voice prints as an embedding model of pyannote.audio."""

        @property
        def dimension(self) -> int:
            return 256

        def forward(self, waveforms: Any, weights: Any = None) -> Any:
            made = []
            for at, waveform in enumerate(waveforms[:, 0].numpy()):
                sound = waveform
                if weights is not None:
                    mask = weights[at].numpy() > 0.5
                    sound = waveform[mask[np.arange(waveform.size) * mask.size // waveform.size]]
                elif waveform.size < _LEAST_PRINT_S * SPEECH_RATE_HZ:
                    raise ValueError("too short")  # from which the library finds the shortest sound
                enough = sound.size >= _LEAST_PRINT_S * SPEECH_RATE_HZ
                made.append(printer.print_of(sound) if enough else np.full(256, np.nan, np.float32))
            return torch.from_numpy(np.stack(made))

    pipeline = SpeakerDiarization(
        segmentation=str(weights["pyannote-segmentation"]),
        embedding=PrintsModel(),
        embedding_exclude_overlap=True,
        plda=object.__new__(PLDA),  # for another clustering; its default would be looked for on the network
        clustering="AgglomerativeClustering",
        segmentation_batch_size=32,
        embedding_batch_size=32,
    )
    pipeline.instantiate(
        {"segmentation": _PEER_SEGMENTATION, "clustering": {**_PEER_CLUSTERING, "threshold": threshold}}
    )
    return pipeline


def _ask_peer(pipeline: Any, mono: Samples) -> Turns:
    import torch

    sound = {"waveform": torch.from_numpy(to_float(mono))[None], "sample_rate": SPEECH_RATE_HZ, "uri": "recording"}
    found = pipeline(sound).speaker_diarization
    return [(turn.start, turn.end, str(speaker)) for turn, _, speaker in found.itertracks(yield_label=True)]


def _figures(result: Result, recordings: list[Recording]) -> None:
    result.put("files", len(recordings))
    speech_s = sum(recording.parts["ours"]["total"] for recording in recordings)
    duration_s = sum(recording.duration_s for recording in recordings)
    result.put("speech_s", speech_s)
    for system, prefix in (("ours", ""), ("peer", "peer_"), ("channels", "channels_")):
        measured = [recording for recording in recordings if system in recording.parts]
        if not measured:
            continue
        result.ratio(f"{prefix}der", [recording.errors(system) for recording in measured])
        for kind in ("missed", "false_alarm", "confusion"):
            seconds = sum(recording.parts[system][kind] for recording in measured)
            result.put(f"{prefix}{kind}", seconds / sum(recording.parts[system]["total"] for recording in measured))
        if system != "channels":
            result.put(f"{prefix}rtf", sum(recording.took_s[system] for recording in measured) / duration_s)
    if "peer" in recordings[0].parts:
        pairs = np.array([(r.errors("ours")[0] - r.errors("peer")[0], r.errors("ours")[1]) for r in recordings])
        low, high = bootstrap_interval(pairs, lambda drawn: float(drawn[:, 0].sum() / drawn[:, 1].sum()))
        result.put("der_delta", float(pairs[:, 0].sum() / pairs[:, 1].sum()))
        result.put("der_delta_lo", low)
        result.put("der_delta_hi", high)
