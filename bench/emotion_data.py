"""Emotional speech for training and measuring: clips through the telephone, features, and simulated callers."""

from __future__ import annotations

import csv
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.report import progress
from calls.audio import FRAME_MS, SPEECH_RATE_HZ, Samples, to_int16
from service.models_store import ModelStore
from telephony.codecs import make_codec
from voice.asr.whisper import WhisperEngine, WhisperSettings
from voice.prosody.features import NAMES, Prosody, prosody

Array = npt.NDArray[np.float64]
SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
VOICES = (0.86, 1.15)
"""Speeds at which a clip is played to make other callers of its speaker: throat, pitch and rate change, the feeling
stays. Source: Ko et al. 2015, audio augmentation for speech recognition, with 0.9 and 1.1; measured here, anger in the
half of EMO-DB whose gender and sentences were not fitted to: AUC 0.953 with the first, 0.958 with both."""
HIGH_AROUSAL = frozenset({"anger", "happiness", "fear", "surprise"})


@dataclass(frozen=True, slots=True)
class Clip:
    """One row of a manifest with its prosody."""

    path: Path
    corpus: str
    speaker: str
    gender: str
    emotion: str
    duration_s: float
    sound: Prosody | None
    states: npt.NDArray[np.float32] | None = None
    """Of the recogniser's encoder, where they were asked for."""
    voice: float = 1.0
    """How fast it was played."""

    @property
    def caller(self) -> str:
        """Whose other clips sound like this one."""
        return f"{self.speaker} {self.voice}"


def read_rows(manifest: Path, corpora: Sequence[str] = (), limit: int = 0) -> list[dict[str, str]]:
    """Return the manifest's rows, of some corpora only if asked, and at most `limit` of them, drawn as in every run.

    Drawn, since a manifest may be in an order of emotions and intensities that every so-manieth row would follow.
    """
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not corpora or row.get("corpus", "") in corpora]
    if limit and len(rows) > limit:
        return [rows[index] for index in sorted(random.Random(1).sample(range(len(rows)), limit))]
    return rows


def noises_in(folder: Path) -> list[npt.NDArray[np.float32]]:
    """Return the recorded background noises of a folder; none where there is no such folder."""
    return [load_sound(path) for path in sorted(folder.glob("sb_noise*.flac")) or sorted(folder.glob("*.[wf][al]*"))]


def load_sound(path: Path) -> npt.NDArray[np.float32]:
    """Return a clip's first channel at 16 kHz, in [-1, 1]."""
    import soundfile
    import soxr

    sound, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(sound[:, 0], rate_hz, SPEECH_RATE_HZ), dtype=np.float32)


def through_telephone(sound: npt.NDArray[np.float32], codec: str = "PCMA") -> npt.NDArray[np.int16]:
    """Return the sound after one of the service's own codecs, 8 kHz A-law unless another is named, at 16 kHz again."""
    import soxr

    coder = make_codec(codec)
    peak = float(np.abs(sound).max()) or 1.0
    sent = soxr.resample(sound / peak * 0.5, SPEECH_RATE_HZ, coder.rate_hz)
    frame = coder.rate_hz * FRAME_MS // 1000
    samples = (np.clip(sent, -1, 1) * 32767).astype(np.int16)
    frames = np.pad(samples, (0, -samples.size % frame)).reshape(-1, frame)
    coded = np.concatenate([coder.decode(coder.encode(each)) for each in frames])[: samples.size]
    wide = soxr.resample(coded.astype(np.float32) / 32768, coder.rate_hz, SPEECH_RATE_HZ)
    return to_int16(np.clip(wide, -1, 1))


def with_noise(
    sound: npt.NDArray[np.float32], noise: npt.NDArray[np.float32], snr_db: float, seed: int
) -> npt.NDArray[np.float32]:
    """Return the sound with a stretch of noise at a signal-to-noise ratio."""
    start = np.random.default_rng(seed).integers(0, max(1, noise.size - 1))
    stretch = np.resize(np.roll(noise, -int(start)), sound.size)
    gain = np.sqrt(np.mean(sound**2) / (np.mean(stretch**2) + 1e-12)) * 10 ** (-snr_db / 20)
    return np.asarray(sound + gain * stretch, dtype=np.float32)


def load_encoder(model_dir: Path | None = None) -> WhisperEngine:
    """Return the recogniser whose states the fused model is trained on, as a service runs it.

    Raises:
        CallCentreError: `model.missing` or `model.corrupt`.
    """
    return WhisperEngine(WhisperSettings(model_dir=str(model_dir or ModelStore().path("whisper-base"))))


def states_of(encoder: WhisperEngine, samples: Samples) -> npt.NDArray[np.float32] | None:
    """Return the encoder's states of an utterance, None where nobody spoke."""
    (reply,) = encoder.handle("states", {}, {"samples": samples})
    return reply.arrays["states"] if reply is not None and reply.arrays["states"].size else None


def load_clips(
    manifest: Path,
    corpora: Sequence[str] = (),
    *,
    copies: Sequence[float] = (),
    as_they_are: bool = True,
    encoder: WhisperEngine | None = None,
    noise: Path = SHARED / "noise",
    codec: str = "PCMA",
    limit: int = 0,
) -> list[Clip]:
    """Return every clip with its prosody and, with an `encoder`, its states.

    Args:
        manifest: CSV with `path`, `speaker`, `emotion`.
        corpora: Only these, if any.
        copies: For training: speeds at which each is played once more, every other time with noise; 1.0 always with it.
        as_they_are: False for the copies alone.
        encoder: Of the recogniser.
        noise: Folder of background noises; without any, copies are clean and 1.0 is left out.
        codec: Of the telephone.
        limit: At most so many rows, drawn; 0 takes all.
    """
    folder = manifest.parent
    noises = noises_in(noise) if copies else []
    copies = [voice for voice in copies if noises or voice != 1.0]
    clips = []
    for row in read_rows(manifest, corpora, limit):
        path = folder / row["path"]
        clean = load_sound(path)
        seed = int(hashlib.sha256(row["path"].encode()).hexdigest()[:8], 16)
        versions = [(1.0, clean)] if as_they_are else []
        versions += [(voice, _copy(clean, voice, noises, seed)) for voice in copies]
        for voice, version in versions:
            heard = through_telephone(version, codec)
            clips.append(
                Clip(
                    path=path,
                    corpus=row.get("corpus", ""),
                    speaker=row.get("speaker", ""),
                    gender=row.get("gender", ""),
                    emotion=row.get("emotion", ""),
                    duration_s=version.size / SPEECH_RATE_HZ,
                    sound=prosody(heard),
                    states=None if encoder is None else states_of(encoder, heard),
                    voice=voice,
                )
            )
        if len(clips) % 200 < len(versions):
            progress(f"{len(clips)} clips heard")
    if encoder is not None:  # where nobody is heard there is nothing to fit to, or to judge
        return [clip for clip in clips if clip.states is not None]
    return clips


def _copy(
    sound: npt.NDArray[np.float32], voice: float, noises: Sequence[npt.NDArray[np.float32]], seed: int
) -> npt.NDArray[np.float32]:
    """Return it played at another speed, or with noise of 8 to 25 dB (a street to a quiet office), or both."""
    import soxr

    if voice == 1.0:
        return with_noise(sound, noises[seed % len(noises)], 8 + seed % 18, seed)
    played = np.asarray(soxr.resample(sound, SPEECH_RATE_HZ * voice, SPEECH_RATE_HZ), dtype=np.float32)
    number = seed + round(100 * voice)
    if number % 2 == 0 or not noises:
        return played
    return with_noise(played, noises[number % len(noises)], 8 + (seed // 7) % 18, seed)


def with_states(clips: Sequence[Clip], encoder: WhisperEngine) -> list[Clip]:
    """Return clips that are not augmented with the states of an encoder, but for those in which nobody spoke."""
    found = []
    for clip in clips:
        states = states_of(encoder, through_telephone(load_sound(clip.path)))
        if states is not None:
            found.append(replace(clip, states=states))
        if len(found) % 100 == 0:
            progress(f"{len(found)} clips encoded")
    return found


def simulated_callers(clips: Sequence[Clip], seed: int = 7) -> tuple[Array, list[Clip]]:
    """Return inputs as a call gives them, and their clips: each clip once at the start of a call and twice later on.

    Later on, the difference is taken from the mean of one to five other clips of the caller, calm ones three times as
    often as others, as at the start of a real call.
    """
    random = np.random.default_rng(seed)
    voiced = [clip for clip in clips if clip.sound is not None]
    by_caller: dict[str, list[Clip]] = {}
    for clip in voiced:
        by_caller.setdefault(clip.caller, []).append(clip)
    rows, owners = [], []
    for clip in voiced:
        assert clip.sound is not None
        states = () if clip.states is None else (clip.states,)
        rows.append(np.concatenate([clip.sound.vector, np.zeros(len(NAMES)), *states]))
        owners.append(clip)
        others = [other for other in by_caller[clip.caller] if other.path != clip.path]
        if not others:
            continue
        weights = np.array([3.0 if other.emotion in ("neutral", "calm") else 1.0 for other in others])
        for _ in range(2):
            chosen = random.choice(len(others), size=int(random.integers(1, 6)), p=weights / weights.sum())
            start = np.mean([others[i].sound.vector for i in chosen if others[i].sound is not None], axis=0)
            rows.append(np.concatenate([clip.sound.vector, clip.sound.vector - start, *states]))
            owners.append(clip)
    return np.array(rows), owners
