"""Concealment on people's voices: what is made up is nearer to what was said than silence is."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile as sf

from calls.audio import Samples
from telephony.rtp.concealment import Concealer

SHARED = Path(os.environ.get("WARMLINE_SHARED") or Path(__file__).parents[4] / "shared")
MANIFEST = SHARED / "data" / "asr" / "manifest.csv"

pytestmark = [
    pytest.mark.recorded,
    pytest.mark.skipif(not MANIFEST.exists(), reason=f"no recorded speech at {MANIFEST}; set WARMLINE_SHARED"),
]


def telephone_clips(limit: int) -> list[Samples]:
    clips = []
    with MANIFEST.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            samples, rate_hz = sf.read(MANIFEST.parent / row["path"], dtype="int16")
            if rate_hz == 8000:
                clips.append(samples)
            if len(clips) == limit:
                break
    return clips


def log_spectra(samples: Samples) -> npt.NDArray[np.float64]:
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(float), 256)[::128]
    power = np.abs(np.fft.rfft(frames * np.hanning(256))) ** 2
    return 10 * np.log10(power + 1e4)


def distance_db(one: Samples, other: Samples) -> float:
    return float(np.sqrt(np.mean((log_spectra(one) - log_spectra(other)) ** 2)))


def test_when_a_fifth_of_the_packets_is_lost_then_concealed_speech_is_nearer_to_the_original_than_silence() -> None:
    pattern = np.random.default_rng(0)
    distances = []
    for clip in telephone_clips(40):
        frames = clip[: len(clip) // 160 * 160].reshape(-1, 160)
        lost = pattern.random(len(frames)) < 0.2
        concealer = Concealer(8000)
        concealed = [
            concealer.lost(160) if gone else concealer.good(frame) for gone, frame in zip(lost, frames, strict=True)
        ]
        silent = np.where(lost[:, None], 0, frames).astype(np.int16).reshape(-1)
        original = frames.reshape(-1)
        distances.append((distance_db(original, np.concatenate(concealed)), distance_db(original, silent)))
    ours_db, silence_db = np.mean(distances, axis=0)
    assert len(distances) == 40
    assert ours_db < 0.93 * silence_db
