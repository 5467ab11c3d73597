"""Emotion from the voice: leave-one-speaker-out recall, anger against the rest, calibration, false alarms, cost."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.emotion_data import (
    VOICES,
    Array,
    Clip,
    load_clips,
    load_encoder,
    load_sound,
    simulated_callers,
    states_of,
    through_telephone,
    with_states,
)
from bench.emotion_fit import ANGRY_SHARE, fit
from bench.emotion_recall import put_recall
from bench.report import ROOT, Result, progress, sha256_file, shared_folder
from voice.asr.whisper import WhisperEngine
from voice.prosody.engine import FUSED, WEIGHTS
from voice.prosody.features import NAMES, prosody
from voice.prosody.model import HEATED_PROB, Baseline, EmotionModel

SHIPPED = ROOT / "models" / "emotion"
COST_CLIPS = 100
"""So many clips are heard once more for what an estimate costs."""
CALIBRATION_BINS = 10
"""Source: Guo et al. 2017, expected calibration error over equal bins; ten suit a few hundred clips."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this bench."""
    parser.add_argument("--manifest", type=Path, default=shared_folder() / "data" / "emotion" / "manifest.csv")
    parser.add_argument("--corpus", default="", help="only this corpus of the manifest")
    parser.add_argument("--train", type=Path, help="fit on this manifest instead of leaving one speaker out")
    parser.add_argument("--weights", choices=("shipped",), help="measure the shipped weights as they are")
    parser.add_argument("--calm", type=Path, help="manifest of calm speech for the false alarms")
    parser.add_argument("--codecs", default="", help="anger heard through these codecs too: PCMU,G722,OPUS")
    parser.add_argument("--limit", type=int, default=0, help="at most so many clips, drawn; 0 is all")
    parser.add_argument("--no-recall", action="store_true", help="leave out the recall over all emotions")
    parser.add_argument("--prosody-only", action="store_true", help="leave out the states of the recogniser's encoder")


def run(arguments: argparse.Namespace) -> Result:
    """Measure."""
    corpora = [arguments.corpus] if arguments.corpus else []
    clips = load_clips(arguments.manifest, corpora, limit=arguments.limit)
    encoder = None if arguments.prosody_only else load_encoder()
    n_clips = len(clips)
    if encoder is not None:
        clips = with_states(clips, encoder)
    voiced = [clip for clip in clips if clip.sound is not None]
    speakers = sorted({clip.speaker for clip in voiced})
    plain = EmotionModel.load(SHIPPED / WEIGHTS)
    shipped = plain if encoder is None else EmotionModel.load(SHIPPED / FUSED, plain)
    if encoder is not None and shipped.encoder != encoder.encoder:
        raise SystemExit(f"the fused weights are of the encoder {shipped.encoder}, not of {encoder.encoder}")
    names = (WEIGHTS,) if encoder is None else (WEIGHTS, FUSED)
    result = Result(n=n_clips, models={name: sha256_file(SHIPPED / name) for name in names})
    result.corpus = [arguments.manifest, *(clip.path for clip in clips)]
    result.put("clips", n_clips)
    result.put("speakers", len(speakers))
    x, owners = simulated_callers(voiced)
    trained: EmotionModel | None = shipped if arguments.weights else None
    if arguments.train is not None:
        train_clips = load_clips(arguments.train, copies=(1.0, *VOICES), encoder=encoder)
        trained = fit(*simulated_callers(train_clips), "trained", ANGRY_SHARE).model
    probs = _probs(x, owners, trained)
    _put_anger(result, probs, owners)
    for gender in sorted({clip.gender for clip in voiced} - {""}):
        chosen = np.array([clip.gender == gender for clip in owners])
        _put_anger(result, probs[chosen], [clip for clip in owners if clip.gender == gender], f"_{gender}")
        result.share(f"abstained_{gender}", _abstained(shipped, [clip for clip in clips if clip.gender == gender]))
    if encoder is not None:
        beside = plain if arguments.weights else None
        if beside is not None or arguments.train is None:
            _put_anger(result, _probs(x[:, : 2 * len(NAMES)], owners, beside), owners, "_prosody")
    for codec in filter(None, arguments.codecs.upper().split(",")):
        heard = load_clips(arguments.manifest, corpora, encoder=encoder, codec=codec, limit=arguments.limit)
        coded = simulated_callers(heard)
        _put_anger(result, _probs(x, owners, trained, coded), coded[1], f"_{codec.lower()}")
        result.share(f"abstained_{codec.lower()}", _abstained(shipped, heard, n_clips))
        progress(f"heard through {codec}")
    if arguments.no_recall:
        result.put("uar_loso", None)
    else:
        copies = load_clips(
            arguments.manifest,
            corpora,
            copies=VOICES,
            as_they_are=False,
            encoder=encoder,
            limit=arguments.limit,
        )
        copies = [clip for clip in copies if clip.sound is not None]
        if encoder is not None:
            put_recall(result, voiced, copies, states=True)
        put_recall(result, voiced, copies, states=False, suffix="" if encoder is None else "_prosody")
    result.share("abstained", _abstained(shipped, clips, n_clips))
    result.put("false_alarms_per_min", _false_alarms(arguments.calm, shipped, encoder) if arguments.calm else None)
    result.put("cores", _cores(clips, shipped))
    return result


def _cores(clips: Sequence[Clip], model: EmotionModel) -> float:
    """Return what the estimates cost beside recognition, in seconds of one core for each second of speech.

    On one thread, as in the service's worker. What is compiled before the first call was compiled for these clips
    already.
    """
    from threadpoolctl import threadpool_limits

    asked = clips[:COST_CLIPS]
    heard = [through_telephone(load_sound(clip.path)) for clip in asked]
    with threadpool_limits(1):
        started = time.process_time()
        for clip, samples in zip(asked, heard, strict=True):
            model.estimate(prosody(samples), Baseline(), clip.states)
        took_s = time.process_time() - started
    return took_s / max(1e-9, sum(clip.duration_s for clip in asked))


def _abstained(model: EmotionModel, clips: Sequence[Clip], n_asked: int = 0) -> list[bool]:
    """Tell of each clip whether there is no estimate of it as the first utterance of a call.

    With `n_asked` those that were left out because nobody is heard in them count as well.
    """
    silent = [True] * max(0, n_asked - len(clips))
    return silent + [model.estimate(clip.sound, Baseline(), clip.states)[0].abstained for clip in clips]


def _probs(
    x: Array,
    owners: Sequence[Clip],
    trained: EmotionModel | None,
    coded: tuple[Array, Sequence[Clip]] | None = None,
) -> Array:
    """Return the anger probability of each row: of a given model, or of one that never heard the speaker.

    With `coded` of its rows, heard through another codec than those that models are fitted to.
    """
    asked, askers = coded or (x, owners)

    def of(model: EmotionModel, rows: Array) -> Array:
        return np.array([model.anger.prob(model.standardise(row)) for row in rows])

    if trained is not None:
        return of(trained, asked)
    speakers, asking = (np.array([clip.speaker for clip in some]) for some in (owners, askers))
    probs = np.zeros(len(askers))
    for name in np.unique(asking):
        rest = [clip for clip in owners if clip.speaker != name]
        probs[asking == name] = of(fit(x[speakers != name], rest, "loso").model, asked[asking == name])
        progress(f"anger without {name}")
    return probs


def _put_anger(result: Result, probs: Array, owners: Sequence[Clip], suffix: str = "") -> None:
    from sklearn.metrics import roc_auc_score

    angry = np.array([clip.emotion == "anger" for clip in owners])
    result.put(f"auc_anger{suffix}", float(roc_auc_score(angry, probs)) if angry.any() and not angry.all() else None)
    bins = np.minimum((probs * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = [
        abs(probs[bins == b].mean() - angry[bins == b].mean()) * (bins == b).mean()
        for b in range(CALIBRATION_BINS)
        if (bins == b).any()
    ]
    result.put(f"ece{suffix}", float(np.sum(gaps)))
    reference = float(np.mean((angry.mean() - angry) ** 2))
    result.put(f"brier_skill{suffix}", 1 - float(np.mean((probs - angry) ** 2)) / reference if reference else None)


def _false_alarms(manifest: Path, model: EmotionModel, encoder: WhisperEngine | None) -> float:
    """Return alarms a minute over calm speech, each speaker one call: utterances of 4 s, anger at `HEATED_PROB`."""
    from bench.report import read_manifest

    alarms, minutes = 0, 0.0
    baselines: dict[str, Baseline] = {}
    for row in read_manifest(manifest):
        sound = load_sound(Path(row["path"]))
        name = row.get("speaker") or row["path"]
        for start in range(0, sound.size, 64_000):
            piece = sound[start : start + 64_000]
            heard = through_telephone(piece)
            states = None if encoder is None else states_of(encoder, heard)
            if encoder is not None and states is None:
                continue  # nobody spoke
            estimate, baselines[name] = model.estimate(prosody(heard), baselines.get(name, Baseline()), states)
            alarms += estimate.anger_prob >= HEATED_PROB and not estimate.abstained
        minutes += sound.size / 16_000 / 60
    return alarms / max(minutes, 1e-9)
