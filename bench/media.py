"""What the network costs: words lost with the packets, delay added against jitter, drift between clocks.

In virtual time: clips become G.711 packets, a simulated network loses them in bursts, delays and skews them, the
receiver of a real leg plays them out tick by tick, and the recogniser hears the result. `_no_plc` is the same with
silence for what concealment made up, `plc_gain_N` the difference on the same clips. Drift is that of an hour of virtual
time, and of real legs, sockets and timers (`real_drift_ms`), whose clocks differ more so that a minute tells.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.media_legs import drift_of_real_legs
from bench.report import Result, progress, read_manifest, sha256_file, shared_folder
from bench.streamed import at_speech_rate, load_clip
from bench.wer import count_errors, normalise
from calls.audio import FRAME_MS, SPEECH_RATE_HZ, Samples
from calls.ids import Language
from calls.resample import Resampler
from service.models_store import ModelStore
from telephony.codecs.g711 import G711
from telephony.rtp.packet import RtpPacket
from telephony.rtp.receiver import RtpReceiver
from voice.asr.whisper import create

_RATE_HZ = 8000
_FRAME = _RATE_HZ * FRAME_MS // 1000

_LEAD_MS = 4000
"""Line noise before each clip: a caller listens to the greeting while the buffer learns the network."""

_TAIL_MS = 600
"""After each clip, so that delayed packets are still played."""

_HOUR_TICKS = 3600 * 1000 // FRAME_MS

_DELAY_TICKS = 10 * 60 * 1000 // FRAME_MS
"""Ten minutes for the delay figure."""

_WARM_TICKS = 30 * 1000 // FRAME_MS
"""Not counted: the buffer learns."""


@dataclass(frozen=True)
class Network:
    """A simulated path; every run with the same numbers is the same."""

    loss_share: float = 0.0
    burst_packets: float = 0.0
    """Mean length of a loss; 0: each packet is lost by itself. Source: Gilbert 1960, two states."""
    jitter_ms: float = 0.0
    """Each packet is late by an even draw from 0 to this; packets may overtake each other."""
    ppm: float = 0.0
    """How much faster the sender's clock runs than ours."""
    seed: int = 20

    def carry(self, packets: Sequence[RtpPacket]) -> list[tuple[float, RtpPacket]]:
        """Return the packets that arrive, with their times, in the order of arrival."""
        generator = np.random.default_rng(self.seed)
        lost = self._lost(generator.random(len(packets)))
        late_ms = generator.uniform(0.0, self.jitter_ms, len(packets)) if self.jitter_ms else np.zeros(len(packets))
        pace_ms = FRAME_MS * (1.0 - self.ppm * 1e-6)
        arrivals = [(n * pace_ms + float(late_ms[n]), packet) for n, packet in enumerate(packets) if not lost[n]]
        return sorted(arrivals, key=lambda arrival: arrival[0])

    def _lost(self, draws: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        if not self.burst_packets:
            return draws < self.loss_share
        ends = 1.0 / self.burst_packets
        begins = ends * self.loss_share / (1.0 - self.loss_share)
        lost = np.zeros(len(draws), dtype=np.bool_)
        bad = False
        for n, draw in enumerate(draws):
            bad = draw >= ends if bad else draw < begins
            lost[n] = bad
        return lost


@dataclass
class Played:
    """What came out of the receiver."""

    samples: Samples
    concealed: list[bool]
    delays_ms: list[float]
    """What the buffer added, tick by tick."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--loss", default="0,1,5,10,20", help="shares of lost packets in per cent")
    parser.add_argument("--burst-ms", type=float, default=60.0, help="mean length of a loss; 0: packets by themselves")
    parser.add_argument("--jitter-ms", type=float, default=60.0, help="packets are late by 0 to this")
    parser.add_argument("--ppm", type=float, default=100.0, help="difference of the clocks")
    parser.add_argument("--real-s", type=float, default=60.0, help="real time for the drift of real legs; 0: none")
    parser.add_argument("--manifest", type=Path, default=shared_folder() / "data" / "asr" / "manifest.csv")
    parser.add_argument("--language", default="en,es", help="only rows of these languages")
    parser.add_argument("--limit", type=int, default=40, help="so many clips a language, spread evenly; 0 is all")
    parser.add_argument("--engine", default="whisper-base", help="name of the model in models/manifest.toml")


def run(args: argparse.Namespace) -> Result:
    """Measure delay, drift and words."""
    store = ModelStore()
    rows = [row for row in read_manifest(args.manifest) if row["text"]]
    rows = [row for language in args.language.split(",") for row in _spread(rows, language, args.limit)]
    model = store.path(args.engine)
    corpus = [args.manifest, *(Path(row["path"]) for row in rows)]
    result = Result(n=len(rows), models={args.engine: sha256_file(model / "model.bin")}, corpus=corpus)
    clips = [(_telephone(Path(row["path"])), row) for row in rows]
    talk = np.concatenate([clip for clip, _ in clips[:20]])
    _delay(result, talk, args.jitter_ms)
    _drift(result, talk, args.ppm)
    if args.real_s:
        drift_of_real_legs(result, talk, args.ppm, args.real_s)
    result.put("burst_ms", args.burst_ms)
    engine: Any = create({"model_dir": str(model), "threads": 1})
    engine.warm_up()
    for percent in (float(part) for part in args.loss.split(",")):
        _words(result, engine, clips, percent, args)
    return result


def _spread(rows: list[dict[str, str]], language: str, limit: int) -> list[dict[str, str]]:
    mine = [row for row in rows if row["language"] == language]
    return [mine[index * len(mine) // limit] for index in range(limit)] if 0 < limit < len(mine) else mine


def _words(
    result: Result, engine: Any, clips: list[tuple[Samples, dict[str, str]]], percent: float, args: argparse.Namespace
) -> None:
    """Add the word error rates at one share of loss, with and without concealment, and what it gains."""
    name = f"wer_loss_{percent:g}"
    counts: dict[str, list[tuple[float, float]]] = {}
    for number, (clip, row) in enumerate(clips):
        network = Network(percent / 100, args.burst_ms / FRAME_MS, args.jitter_ms, seed=number)
        language: Language = "es" if row["language"] == "es" else "en"
        said = normalise(row["text"], language)
        edits: dict[bytes, int] = {}
        for key, sound in _heard(clip, network).items():
            mark = sound.tobytes()  # without any loss both are the same, and are recognised once
            if mark not in edits:
                edits[mark] = count_errors(said, normalise(_recognise(engine, sound, language), language)).edits
            for suffix in ("", f"_{language}"):
                counts.setdefault(f"{name}{key}{suffix}", []).append((edits[mark], len(said)))
    for key, parts in counts.items():
        result.ratio(key, parts)
    pairs = zip(counts[f"{name}_no_plc"], counts[name], strict=True)
    result.ratio(f"plc_gain_{percent:g}", [(without[0] - with_plc[0], with_plc[1]) for without, with_plc in pairs])
    progress(f"{percent:g} % lost: {result.figures[name]} with, {result.figures[f'{name}_no_plc']} without")


def play_out(samples: Samples, network: Network, ticks: int) -> Played:
    """Send `samples` (8 kHz) through the network and the receiver of a leg."""
    codec = G711("PCMU")
    packets = [
        RtpPacket(
            0, n & 0xFFFF, n * _FRAME & 0xFFFFFFFF, 7, codec.encode(samples[n * _FRAME : (n + 1) * _FRAME]), n == 0
        )
        for n in range(len(samples) // _FRAME)
    ]
    receiver = RtpReceiver(codec, 0)
    arrivals = network.carry(packets)
    frames: list[Samples] = []
    played = Played(np.zeros(0, dtype=np.int16), [], [])
    at = 0
    for tick in range(ticks):
        now_ms = tick * FRAME_MS + FRAME_MS / 3
        while at < len(arrivals) and arrivals[at][0] <= now_ms:
            receiver.push(arrivals[at][1], arrivals[at][0])
            at += 1
        pulled = receiver.pull(now_ms)
        frames.append(pulled.samples)
        played.concealed.append(pulled.concealed)
        played.delays_ms.append(receiver.jitter.delay_ms)
    played.samples = np.concatenate(frames)
    return played


def _telephone(path: Path) -> Samples:
    samples, rate_hz = load_clip(path)
    narrow = at_speech_rate(samples, rate_hz)
    narrow = narrow[: len(narrow) // 2 * 2]
    return samples if rate_hz == _RATE_HZ else Resampler(SPEECH_RATE_HZ, _RATE_HZ).process(narrow)


def _noise(duration_ms: int) -> Samples:
    """Return line noise at about -66 dBFS. Source: ITU-T G.712, idle channel noise below -65 dBm0."""
    count = _RATE_HZ * duration_ms // 1000
    return np.rint(np.random.default_rng(1).normal(0.0, 16.0, count)).astype(np.int16)


def _heard(clip: Samples, network: Network) -> dict[str, Samples]:
    """Return the clip as it is heard at 16 kHz: concealed, and with silence instead."""
    line = np.concatenate((_noise(_LEAD_MS), clip, _noise(_TAIL_MS)))
    played = play_out(line, network, len(line) // _FRAME)
    frames = played.samples.reshape(-1, _FRAME)
    silent = np.where(np.asarray(played.concealed)[:, None], np.int16(0), frames)
    begin = (_LEAD_MS - 200) // FRAME_MS
    return {
        key: Resampler(_RATE_HZ, SPEECH_RATE_HZ).process(np.ascontiguousarray(kept[begin:]).reshape(-1))
        for key, kept in (("", frames), ("_no_plc", silent))
    }


def _recognise(engine: Any, sound: Samples, language: Language) -> str:
    data = {"offset_ms": 0, "language": language, "languages": ["es", "en"], "final": True, "vocabulary": None}
    replies = [reply for reply in engine.handle("decode", data, {"samples": sound}) if reply is not None]
    return " ".join(word["text"] for word in replies[-1].data["words"])


def _repeated(talk: Samples, ticks: int) -> Samples:
    return np.resize(talk, ticks * _FRAME)


def _delay(result: Result, talk: Samples, jitter_ms: float) -> None:
    played = play_out(_repeated(talk, _DELAY_TICKS), Network(jitter_ms=jitter_ms), _DELAY_TICKS)
    result.put("added_delay_p50_ms", np.percentile(played.delays_ms[_WARM_TICKS:], 50))
    result.put("added_delay_p95_ms", np.percentile(played.delays_ms[_WARM_TICKS:], 95))
    result.share("jitter_concealed_share", played.concealed[_WARM_TICKS:])


def _drift(result: Result, talk: Samples, ppm: float) -> None:
    """Add how much the delay grows or shrinks in an hour of a clock that runs faster or slower: the worse of both."""
    slopes = []
    for sign in (1.0, -1.0):
        played = play_out(_repeated(talk, _HOUR_TICKS), Network(ppm=sign * ppm), _HOUR_TICKS)
        delays = np.asarray(played.delays_ms[_WARM_TICKS:])
        per_tick = np.polyfit(np.arange(len(delays)), delays, 1)[0]
        slopes.append(float(per_tick) * _HOUR_TICKS)
        spread = f"{delays.min():.0f} to {delays.max():.0f} ms of delay"
        progress(f"{sign * ppm:g} ppm: {slopes[-1]:.1f} ms of drift in an hour, {spread}")
    result.put("drift_ms_per_hour", max(slopes, key=abs))
