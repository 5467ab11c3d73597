"""Emotion from the voice: leave-one-speaker-out recall, anger against the rest, calibration, false alarms, cost."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.emotion_data import Array, Clip, load_clips, load_sound, simulated_callers, through_telephone
from bench.emotion_fit import C_CHOICES, fit
from bench.report import ROOT, Result, progress, sha256_file, shared_folder
from voice.prosody.features import NAMES, prosody
from voice.prosody.model import HEATED_PROB, Baseline, EmotionModel

SHIPPED = ROOT / "models" / "emotion" / "emotion.json"
CALIBRATION_BINS = 10
"""Source: Guo et al. 2017, expected calibration error over equal bins; ten suit a few hundred clips."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this bench."""
    parser.add_argument("--manifest", type=Path, default=shared_folder() / "data" / "emotion" / "manifest.csv")
    parser.add_argument("--corpus", default="", help="only this corpus of the manifest")
    parser.add_argument("--train", type=Path, help="fit on this manifest instead of leaving one speaker out")
    parser.add_argument("--weights", choices=("shipped",), help="measure the shipped weights as they are")
    parser.add_argument("--calm", type=Path, help="manifest of calm speech for the false alarms")


def run(arguments: argparse.Namespace) -> Result:
    """Measure."""
    started = time.process_time()
    clips = load_clips(arguments.manifest, [arguments.corpus] if arguments.corpus else [])
    cores = (time.process_time() - started) / max(1e-9, sum(clip.duration_s for clip in clips))
    voiced = [clip for clip in clips if clip.sound is not None]
    speakers = sorted({clip.speaker for clip in voiced})
    shipped = EmotionModel.load(SHIPPED)
    result = Result(n=len(clips), models={"emotion": sha256_file(SHIPPED)})
    result.corpus = [arguments.manifest, *(clip.path for clip in clips)]
    result.put("clips", len(clips))
    result.put("speakers", len(speakers))
    _put_recall(result, voiced)
    x, owners = simulated_callers(voiced)
    trained: EmotionModel | None = shipped if arguments.weights else None
    if arguments.train is not None:
        train_x, train_owners = simulated_callers(load_clips(arguments.train, augment=True))
        trained = fit(train_x, train_owners, "trained").model
    probs = _probs(x, owners, trained)
    _put_anger(result, probs, owners)
    flags = []
    for clip in clips:
        estimate, _ = shipped.estimate(clip.sound, Baseline())
        flags.append(estimate.abstained)
    result.share("abstained", flags)
    result.put("false_alarms_per_min", _false_alarms(arguments.calm, shipped) if arguments.calm else None)
    result.put("cores", cores)
    return result


def _put_recall(result: Result, clips: Sequence[Clip]) -> None:
    """Add the unweighted average recall over the emotions, each speaker judged by a model that never heard it."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x = np.array([clip.sound.vector for clip in clips if clip.sound is not None])
    y = np.array([clip.emotion for clip in clips])
    speaker = np.array([clip.speaker for clip in clips])

    def model(c: float) -> object:
        return make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=3000, class_weight="balanced"))

    hits = np.zeros(len(y), dtype=bool)
    for name in np.unique(speaker):
        held = speaker == name
        inner = _split_in_half(speaker[~held])
        scored = []
        for c in (*C_CHOICES, 1.0):
            fitted = model(c).fit(x[~held][~inner], y[~held][~inner])  # type: ignore[attr-defined]
            scored.append((_recall(y[~held][inner], fitted.predict(x[~held][inner])), c))
        hits[held] = model(max(scored)[1]).fit(x[~held], y[~held]).predict(x[held]) == y[held]  # type: ignore[attr-defined]
        progress(f"left out {name}")
    per_class = [float(hits[y == emotion].mean()) for emotion in np.unique(y)]
    per_speaker = [
        float(np.mean([hits[(speaker == name) & (y == emotion)].mean() for emotion in np.unique(y[speaker == name])]))
        for name in np.unique(speaker)
    ]
    result.put("uar_loso", float(np.mean(per_class)))
    result.put("uar_loso_lo", float(np.percentile(per_speaker, 5)))
    result.put("uar_loso_hi", float(np.percentile(per_speaker, 95)))
    result.put("uar_loso_speaker_std", float(np.std(per_speaker)))


def _split_in_half(speakers: npt.NDArray[np.str_]) -> npt.NDArray[np.bool_]:
    return np.isin(speakers, np.unique(speakers)[::2])


def _recall(truth: npt.NDArray[np.str_], guess: npt.NDArray[np.str_]) -> float:
    return float(np.mean([np.mean(guess[truth == emotion] == emotion) for emotion in np.unique(truth)]))


def _probs(x: Array, owners: Sequence[Clip], trained: EmotionModel | None) -> Array:
    """Return the anger probability of each row: of a given model, or of one that never heard the speaker."""

    def of(model: EmotionModel, rows: Array) -> Array:
        n = len(NAMES)
        return np.array([model.anger.prob(model.standardise(row[:n], row[n:])) for row in rows])

    if trained is not None:
        return of(trained, x)
    speakers = np.array([clip.speaker for clip in owners])
    probs = np.zeros(len(owners))
    for name in np.unique(speakers):
        held = speakers == name
        rest = [clip for clip in owners if clip.speaker != name]
        probs[held] = of(fit(x[~held], rest, "loso").model, x[held])
        progress(f"anger without {name}")
    return probs


def _put_anger(result: Result, probs: Array, owners: Sequence[Clip]) -> None:
    from sklearn.metrics import roc_auc_score

    angry = np.array([clip.emotion == "anger" for clip in owners])
    result.put("auc_anger", float(roc_auc_score(angry, probs)) if angry.any() and not angry.all() else None)
    bins = np.minimum((probs * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = [
        abs(probs[bins == b].mean() - angry[bins == b].mean()) * (bins == b).mean()
        for b in range(CALIBRATION_BINS)
        if (bins == b).any()
    ]
    result.put("ece", float(np.sum(gaps)))
    reference = float(np.mean((angry.mean() - angry) ** 2))
    result.put("brier_skill", 1 - float(np.mean((probs - angry) ** 2)) / reference if reference else None)


def _false_alarms(manifest: Path, model: EmotionModel) -> float:
    """Return alarms a minute over calm speech, each speaker one call: utterances of 4 s, anger at `HEATED_PROB`."""
    from bench.report import read_manifest

    alarms, minutes = 0, 0.0
    baselines: dict[str, Baseline] = {}
    for row in read_manifest(manifest):
        sound = load_sound(Path(row["path"]))
        name = row.get("speaker") or row["path"]
        for start in range(0, sound.size, 64_000):
            piece = sound[start : start + 64_000]
            estimate, baselines[name] = model.estimate(
                prosody(through_telephone(piece)), baselines.get(name, Baseline())
            )
            alarms += estimate.anger_prob >= HEATED_PROB and not estimate.abstained
        minutes += sound.size / 16_000 / 60
    return alarms / max(minutes, 1e-9)
