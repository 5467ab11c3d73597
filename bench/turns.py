"""End of turn on two-channel calls: holds cut off and delay at shifts, for voice activity, Smart Turn and ours.

A pause is at least 200 ms of one speaker's silence. It is a hold when the same speaker goes on first, a shift when the
other one speaks first (or speaks already); what counts is the manifest's RTTM and the sound's level, not what a
competitor hears (`bench.turn_reference`; keys with `_by_vad` are measured against voice activity's own pauses). Each
system says after how much of voice activity's silence it takes the turn; a hold is cut off when that is before it ends.
Delays begin at the true end of speech and hold what the engines took (processor time of one thread): Smart Turn its
answer, ours its answer and the words, without which it does not end a turn. One setting of each system is swept: the
silence; Smart Turn's threshold, with the product's longest patience below it; a factor on our patience. A figure at a
delay that a system can't reach is null. `ours_silence` is ours as if words cost no time.

`--simulated N` plays so many made-up callers over the bot through the real `Hearing` (`bench.turns_simulated`).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.report import Result, bootstrap_interval, progress, read_manifest, sha256_file, shared_folder
from bench.turn_reference import Spans, at_16_khz, reference_spans, voiced_spans
from bench.turns_simulated import simulate
from calls.audio import SPEECH_RATE_HZ, Samples
from calls.speech import Word
from service.models_store import ModelStore
from voice.asr import whisper
from voice.turn.barge_in import BargeInGuard, CallerView, WordsKind, kind_of
from voice.turn.patience import Rhythm, patience_ms
from voice.turn.settings import WINDOW_MS, TurnSettings
from voice.vad.silero import SileroVad
from voice.vad.smart_turn import SmartTurn

_SETTINGS = TurnSettings()
_LONGEST_DECODE_MS = 26_000
_SWEEP = 400
_LEAST_OVERLAP_MS = 200
_BOT_BEFORE_MS = 500
"""Somebody counts as speaking over another who has been speaking for this long."""
_YIELDED_MS = 1_500
"""Gold of an interruption: who was spoken over falls silent within this and the other has the floor."""
_PROBED_MS = (480, 960)
_NEAR_MS = 25
"""A setting counts as one of a mean delay when it is this near to it."""
_NEVER_MS = 10**9

FloatArray = npt.NDArray[np.float64]


@dataclass
class Pause:
    """One pause and what each system knows about it."""

    side: str
    """Call and channel."""
    at_ms: int
    """End of the speech."""
    pause_ms: int
    """Silence until the same speaker goes on; very long when never."""
    is_hold: bool
    quiet_ms: int = 0
    """When voice activity's silence begins, after `at_ms`; negative when it begins before."""
    again_ms: int = _NEVER_MS
    """When voice activity hears voice again, after `at_ms`."""
    end_prob: float = 0.0
    words: list[str] = field(default_factory=list)
    judge_ms: float = 0.0
    words_ms: float = 0.0
    ours_ms: int = 0


@dataclass
class Speaker:
    """One channel of a call."""

    samples: Samples
    voiced: npt.NDArray[np.bool_]
    """Voice activity, window by window."""
    spans: Spans
    """Stretches of speech without a pause, in ms, by the reference."""

    def speaks_at(self, t_ms: int) -> bool:
        """Tell whether there is speech at `t_ms`."""
        return any(start <= t_ms < end for start, end in self.spans)

    def next_onset_ms(self, t_ms: int) -> int:
        """Return when the speaker next begins after `t_ms`; very late when never."""
        return next((start for start, _ in self.spans if start > t_ms), _NEVER_MS)

    def sound(self, start_ms: int, end_ms: int) -> Samples:
        """Return the samples between two times."""
        per_ms = SPEECH_RATE_HZ // 1000
        return self.samples[max(0, start_ms) * per_ms : end_ms * per_ms]

    def silence(self, start_ms: int, end_ms: int) -> tuple[int, int] | None:
        """Return the longest silence of voice activity that reaches into a pause: (begin, end); None without any."""
        first, last = max(0, start_ms - 300) // WINDOW_MS, min(len(self.voiced), end_ms // WINDOW_MS + 1)
        best: tuple[int, int] | None = None
        begin: int | None = None
        for index in range(first, last + 1):
            if index < last and not self.voiced[index]:
                begin = index if begin is None else begin
            elif begin is not None:
                if index * WINDOW_MS > start_ms and (best is None or index - begin > best[1] - best[0]):
                    best = (begin, index)
                begin = None
        if best is None:
            return None
        beyond = best[1] >= last and end_ms >= len(self.voiced) * WINDOW_MS
        return best[0] * WINDOW_MS, _NEVER_MS if beyond else best[1] * WINDOW_MS


class Engines:
    """The three models, in this process, on one thread; and how long they took."""

    def __init__(self, store: ModelStore, engine: str) -> None:
        """Load them."""
        self.paths = {
            "silero-vad": store.path("silero-vad") / "silero_vad_v6.onnx",
            "smart-turn": store.path("smart-turn") / "smart-turn-v3.2-cpu.onnx",
            engine: store.path(engine) / "model.bin",
        }
        self.vad = SileroVad(self.paths["silero-vad"])
        self._judge = SmartTurn(self.paths["smart-turn"])
        self._asr = whisper.create(
            {"model_dir": str(store.path(engine)), "vad_model": str(self.paths["silero-vad"]), "threads": 1}
        )

    def end_prob(self, samples: Samples) -> tuple[float, float]:
        """Ask Smart Turn; return its answer and the ms it took."""
        began = time.process_time()
        prob = self._judge.end_prob(samples[-8 * SPEECH_RATE_HZ :])
        return prob, (time.process_time() - began) * 1000

    def words(self, samples: Samples, language: str, *, final: bool = True) -> tuple[list[Word], float]:
        """Ask the recogniser; return the words and the ms they took."""
        began = time.process_time()
        data: dict[str, Any] = {"offset_ms": 0, "language": language, "languages": ["es", "en"], "final": final}
        reply = next(r for r in self._asr.handle("decode", data, {"samples": samples}) if r is not None)
        words = [Word(**word) for word in reply.data["words"]]
        return words, (time.process_time() - began) * 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this bench."""
    parser.add_argument("--manifest", type=Path, default=shared_folder() / "data" / "diarization" / "manifest.csv")
    parser.add_argument("--engine", default="whisper-base", help="name of the recogniser in models/manifest.toml")
    parser.add_argument("--language", choices=("en", "es"), default="en", help="of rows that do not say")
    parser.add_argument("--simulated", type=int, default=0, help="made-up callers over the bot; 0 leaves them out")


def run(arguments: argparse.Namespace) -> Result:
    """Measure every two-channel call of the manifest, then the made-up callers."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    rows = [row for row in read_manifest(arguments.manifest) if row.get("channels") == "2"]
    engines = Engines(ModelStore(), arguments.engine)
    pauses: list[Pause] = []
    by_vad: list[Pause] = []
    barge_ins: list[tuple[str, bool]] = []
    rttms: list[Path] = []
    for row in rows:
        path = Path(row["path"])
        rttm = arguments.manifest.parent / row["rttm"] if row.get("rttm") else None
        rttms += [rttm] if rttm is not None else []
        channels = at_16_khz(path)
        voiced = tuple(_voiced(channel, engines.vad) for channel in channels)
        language = row.get("language") or arguments.language
        heard = tuple(voiced_spans(each, WINDOW_MS, _SETTINGS.onset_voice_ms) for each in voiced)
        for spans, kept in ((reference_spans(channels, rttm), pauses), (heard, by_vad)):
            speakers = [Speaker(c, v, s) for c, v, s in zip(channels, voiced, spans, strict=True)]
            for number, (speaker, other) in enumerate((speakers, speakers[::-1])):
                side = f"{path.name} {number}"
                here = _pauses(side, speaker, other)
                _judge(here, speaker, engines, language)
                kept.extend(here)
                if kept is pauses:
                    barge_ins += [(side, each) for each in _barge_ins(speaker, other, engines, language)]
        progress(f"{path.name}: {len(pauses)} pauses so far, {len(by_vad)} by voice activity")
    result = Result(
        n=len(pauses),
        models={name: sha256_file(path) for name, path in engines.paths.items()},
        corpus=[arguments.manifest, *(Path(row["path"]) for row in rows), *rttms],
    )
    result.put("reference", "rttm" if rttms else "level")
    for found, suffix in ((pauses, ""), (by_vad, "_by_vad")):
        result.put(f"holds{suffix}", sum(pause.is_hold for pause in found))
        result.put(f"shifts{suffix}", sum(not pause.is_hold for pause in found))
        for name, waits in _systems().items():
            _figures(result, name, found, waits, suffix)
    result.share("bargein_right", [right for _, right in barge_ins], groups=[side for side, _ in barge_ins])
    result.put("bargeins", len(barge_ins))
    holds, shifts = ([p for p in pauses if p.is_hold == kind] for kind in (True, False))
    shipped = _with_engines(pauses, np.array([[float(pause.ours_ms)] for pause in pauses]))[:, 0]
    told = dict(zip(map(id, pauses), shipped, strict=True))
    result.share("ours_false_cutin_shipped", [_is_cut(p, told[id(p)]) for p in holds], groups=[p.side for p in holds])
    delays = [p.quiet_ms + told[id(p)] for p in shifts]
    result.mean("ours_latency_shipped_ms", delays, groups=[p.side for p in shifts])
    result.percentile("smart_turn_engine_ms", [pause.judge_ms for pause in pauses], 50)
    result.percentile("words_engine_ms", [pause.words_ms for pause in pauses], 50)
    if arguments.simulated:
        simulate(result, arguments.simulated, arguments.engine)
    return result


def _voiced(samples: Samples, vad: SileroVad) -> npt.NDArray[np.bool_]:
    whole = samples[: samples.size // 512 * 512]
    probs, _ = vad.probs(whole, np.zeros(0, dtype=np.float32))
    voiced: npt.NDArray[np.bool_] = probs >= _SETTINGS.voice_on_prob
    return voiced


def _pauses(side: str, speaker: Speaker, other: Speaker) -> list[Pause]:
    pauses = []
    for _, end_ms in speaker.spans:
        again_ms = speaker.next_onset_ms(end_ms)
        other_ms = end_ms if other.speaks_at(end_ms) else other.next_onset_ms(end_ms)
        if min(again_ms, other_ms) < _NEVER_MS:
            pause = Pause(side, end_ms, again_ms - end_ms, again_ms < other_ms)
            silence = speaker.silence(end_ms, min(again_ms, end_ms + 2 * _SETTINGS.longest_patience_ms))
            begin_ms, until_ms = silence or (again_ms, again_ms)
            pause.quiet_ms, pause.again_ms = begin_ms - end_ms, until_ms - end_ms
            pauses.append(pause)
    return pauses


def _judge(pauses: Sequence[Pause], speaker: Speaker, engines: Engines, language: str) -> None:
    """Ask the engines what the product would ask, and note how long our patience is."""
    rhythm = Rhythm()
    turn_start_ms = 0
    burst_start_ms = 0
    for pause in pauses:
        end_ms = pause.at_ms + min(pause.quiet_ms, pause.pause_ms) + _SETTINGS.final_pause_ms
        start_ms = max(turn_start_ms, pause.at_ms - _LONGEST_DECODE_MS)
        pause.end_prob, pause.judge_ms = engines.end_prob(speaker.sound(start_ms, end_ms))
        words, pause.words_ms = engines.words(speaker.sound(start_ms, end_ms), language)
        pause.words = [word.text for word in words]
        pause.ours_ms = max(
            _SETTINGS.final_pause_ms,
            patience_ms(
                _SETTINGS,
                rhythm,
                words=pause.words,
                language=language,
                end_prob=pause.end_prob,
                expectation="open",
                length=None,
            ),
        )
        next_ms = pause.at_ms + pause.pause_ms
        if pause.is_hold:
            rhythm.held(pause.pause_ms, pause.at_ms - burst_start_ms)
        else:
            rhythm.turn_over()
            turn_start_ms = next_ms - _SETTINGS.preroll_ms
        burst_start_ms = next_ms


Waits = Callable[[Sequence[Pause]], FloatArray]


def _systems() -> dict[str, Waits]:
    """Each system: silence (pauses, settings) it waits for, from hasty to patient, what its engines took included."""
    settings = np.arange(_SWEEP + 1) / _SWEEP

    def vad(pauses: Sequence[Pause]) -> FloatArray:
        return np.tile(settings * _SETTINGS.longest_patience_ms, (len(pauses), 1))

    def smart_turn(pauses: Sequence[Pause]) -> FloatArray:
        probs = np.array([[pause.end_prob] for pause in pauses])
        hasty = np.array([[_SETTINGS.final_pause_ms + pause.judge_ms] for pause in pauses])
        return np.where(probs >= settings, hasty, float(_SETTINGS.longest_patience_ms))

    def silence(pauses: Sequence[Pause]) -> FloatArray:
        ours: FloatArray = np.array([[pause.ours_ms * 3.0] for pause in pauses]) * settings
        waits: FloatArray = np.maximum(float(_SETTINGS.final_pause_ms), ours)
        return waits

    def ours(pauses: Sequence[Pause]) -> FloatArray:
        return _with_engines(pauses, silence(pauses))

    return {"vad": vad, "smart_turn": smart_turn, "ours": ours, "ours_silence": silence}


def _with_engines(pauses: Sequence[Pause], waits: FloatArray) -> FloatArray:
    """Both engines begin when the pause has lasted `final_pause_ms`; ours waits for both."""
    ready = np.array([[_SETTINGS.final_pause_ms + max(pause.judge_ms, pause.words_ms)] for pause in pauses])
    both: FloatArray = np.maximum(waits, ready)
    return both


def _is_cut(pause: Pause, wait_ms: float) -> bool:
    return pause.quiet_ms + wait_ms < min(pause.pause_ms, pause.again_ms)


def _figures(result: Result, name: str, pauses: Sequence[Pause], waits: Waits, suffix: str) -> None:
    """Put the four points of a system and their intervals; whole sides of calls are drawn."""
    if not any(pause.is_hold for pause in pauses) or all(pause.is_hold for pause in pauses):
        result.put(f"{name}_fastest{suffix}_ms", None)
        for point in ("false_cutin_300", "false_cutin_600", "latency_at_5pct", "latency_at_10pct"):
            key = f"{name}_{point}{suffix}{'_ms' if point.startswith('latency') else ''}"
            for each in (key, f"{key}_lo", f"{key}_hi"):
                result.put(each, None)
        return
    wait_ms = waits(pauses)
    delays = np.array([[pause.quiet_ms] for pause in pauses]) + wait_ms
    ends = np.array([[min(pause.pause_ms, pause.again_ms)] for pause in pauses])
    cut = (delays < ends).astype(np.float64)
    is_hold = np.array([pause.is_hold for pause in pauses])
    groups: list[Hashable] = [pause.side for pause in pauses]
    rows = np.arange(len(pauses), dtype=np.float64)[:, None]

    def drawn(some: FloatArray) -> tuple[FloatArray, FloatArray]:
        index = some[:, 0].astype(int)
        holds, shifts = index[is_hold[index]], index[~is_hold[index]]
        if not holds.size or not shifts.size:
            return np.full(_SWEEP + 1, np.nan), np.full(_SWEEP + 1, np.nan)
        return delays[shifts].mean(axis=0), cut[holds].mean(axis=0)

    def cut_at(some: FloatArray, delay_ms: int) -> float:
        mean_ms, share = drawn(some)
        if np.isnan(mean_ms).any():
            return float("nan")
        nearest = int(np.argmin(np.abs(mean_ms - delay_ms)))
        within = abs(mean_ms[nearest] - delay_ms) <= _NEAR_MS or mean_ms.min() < delay_ms < mean_ms.max()
        return float(share[nearest]) if within else float("nan")

    def delay_at(some: FloatArray, most: float) -> float:
        mean_ms, share = drawn(some)
        return float(mean_ms[share <= most].min()) if (share <= most).any() else float("nan")

    result.put(f"{name}_fastest{suffix}_ms", float(drawn(rows)[0].min()))
    points: dict[str, Callable[[FloatArray], float]] = {
        f"{name}_false_cutin_300{suffix}": lambda some: cut_at(some, 300),
        f"{name}_false_cutin_600{suffix}": lambda some: cut_at(some, 600),
        f"{name}_latency_at_5pct{suffix}_ms": lambda some: delay_at(some, 0.05),
        f"{name}_latency_at_10pct{suffix}_ms": lambda some: delay_at(some, 0.10),
    }
    for key, statistic in points.items():
        value = statistic(rows)
        low, high = (value, value) if np.isnan(value) else bootstrap_interval(rows, statistic, groups=groups)
        for name_of, figure in ((key, value), (f"{key}_lo", low), (f"{key}_hi", high)):
            result.put(name_of, figure)


def _barge_ins(speaker: Speaker, bot: Speaker, engines: Engines, language: str) -> list[bool]:
    """Take `bot` for the bot: was each stretch of speech over it rightly taken for a backchannel or an interruption?"""
    right = []
    for start_ms, end_ms in speaker.spans:
        over = next(
            ((s, e) for s, e in bot.spans if s <= start_ms - _BOT_BEFORE_MS and e >= start_ms + _LEAST_OVERLAP_MS), None
        )
        if over is None or end_ms - start_ms < _SETTINGS.barge_in_voice_ms:
            continue
        bot_again_ms = bot.next_onset_ms(over[1])
        yielded = over[1] - start_ms <= _YIELDED_MS and end_ms > over[1] and bot_again_ms > end_ms
        guard = BargeInGuard(_SETTINGS)
        guard.bot(True, True)
        right.append(("yield" in _guarded(guard, speaker, start_ms, end_ms, engines, language)) == yielded)
    return right


def _guarded(
    guard: BargeInGuard, speaker: Speaker, start_ms: int, end_ms: int, engines: Engines, language: str
) -> list[str]:
    """Run the guard over one stretch, with the decodes that the product would make; return its actions."""
    actions: list[str] = []
    kind: WordsKind = "unknown"
    wordless = 0
    ends = [start_ms + after for after in _PROBED_MS if start_ms + after < end_ms] + [end_ms]
    for heard_ms in ends:
        pause = _SETTINGS.final_pause_ms if heard_ms == end_ms else 0
        over = heard_ms == end_ms
        sound = speaker.sound(start_ms - _SETTINGS.preroll_ms, heard_ms + pause)
        words, _ = engines.words(sound, language, final=over)
        kind = kind_of(words, answers_count=False, more_may_come=not over) if words else "none"
        wordless += not words
        view = CallerView(
            voicing=True,
            voice_ms=heard_ms - start_ms,
            silence_ms=_SETTINGS.backchannel_pause_ms if over else 0,
            words=kind,
            wordless=wordless,
            settled=over,
        )
        actions += guard.step(view, heard_ms)
    return actions
