"""End of turn on two-channel calls: holds cut off and delay at shifts, for voice activity, Smart Turn and ours.

A pause is at least 200 ms of one speaker's silence. It is a hold when the same speaker goes on first, a shift when the
other one speaks first (or speaks already). Each system says after how much silence it takes the turn; a hold is cut off
when that is less than the hold. One setting of each system is swept: the silence; Smart Turn's threshold, with the
product's longest patience below it; a factor on our patience. Delays are silence waited for; the engines' own time is
printed beside them (`smart_turn_engine_ms`, `words_engine_ms`: ours cannot end a turn before its words are there).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.report import Result, progress, read_manifest, sha256_file, shared_folder
from calls.audio import SPEECH_RATE_HZ, Samples
from service.models_store import ModelStore
from voice.asr import whisper
from voice.turn.barge_in import BargeInGuard, CallerView, WordsKind
from voice.turn.patience import Rhythm, patience_ms
from voice.turn.settings import WINDOW_MS, TurnSettings
from voice.turn.words import is_backchannel
from voice.vad.silero import SileroVad
from voice.vad.smart_turn import SmartTurn

_SETTINGS = TurnSettings()
_SHORTEST_PAUSE_MS = 200
"""Source: BENCH.md; Heldner and Edlund (2010)."""
_LONGEST_DECODE_MS = 26_000
_SWEEP = 400
_LEAST_OVERLAP_MS = 200
_BOT_BEFORE_MS = 500
"""Somebody counts as speaking over another who has been speaking for this long."""
_YIELDED_MS = 1_500
"""Gold of an interruption: who was spoken over falls silent within this and the other has the floor."""
_PROBED_MS = (480, 960)


@dataclass
class Pause:
    """One pause and what each system knows about it."""

    call: str
    at_ms: int
    pause_ms: int
    """Silence until the same speaker goes on; very long when never."""
    is_hold: bool
    end_prob: float = 0.0
    words: list[str] = field(default_factory=list)
    ours_ms: int = 0


@dataclass
class Speaker:
    """One channel of a call."""

    samples: Samples
    voiced: npt.NDArray[np.bool_]
    spans: list[tuple[int, int]]
    """Stretches of voice without a pause, in ms."""

    def speaks_at(self, t_ms: int) -> bool:
        """Tell whether there is voice at `t_ms`."""
        return any(start <= t_ms < end for start, end in self.spans)

    def next_onset_ms(self, t_ms: int) -> int:
        """Return when the speaker next begins after `t_ms`; very late when never."""
        return next((start for start, _ in self.spans if start > t_ms), 10**9)

    def sound(self, start_ms: int, end_ms: int) -> Samples:
        """Return the samples between two times."""
        per_ms = SPEECH_RATE_HZ // 1000
        return self.samples[max(0, start_ms) * per_ms : end_ms * per_ms]


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
        self.judge_ms: list[float] = []
        self.words_ms: list[float] = []

    def end_prob(self, samples: Samples) -> float:
        """Ask Smart Turn."""
        began = time.perf_counter()
        prob = self._judge.end_prob(samples[-8 * SPEECH_RATE_HZ :])
        self.judge_ms.append((time.perf_counter() - began) * 1000)
        return prob

    def words(self, samples: Samples, language: str) -> list[str]:
        """Ask the recogniser for final words."""
        began = time.perf_counter()
        data: dict[str, Any] = {"offset_ms": 0, "language": language, "languages": ["es", "en"], "final": True}
        reply = next(r for r in self._asr.handle("decode", data, {"samples": samples}) if r is not None)
        self.words_ms.append((time.perf_counter() - began) * 1000)
        return [word["text"] for word in reply.data["words"]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this bench."""
    parser.add_argument("--manifest", type=Path, default=shared_folder() / "data" / "diarization" / "manifest.csv")
    parser.add_argument("--engine", default="whisper-base", help="name of the recogniser in models/manifest.toml")
    parser.add_argument("--language", choices=("en", "es"), default="en", help="of rows that do not say")


def run(arguments: argparse.Namespace) -> Result:
    """Measure every two-channel call of the manifest."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    rows = [row for row in read_manifest(arguments.manifest) if row.get("channels") == "2"]
    engines = Engines(ModelStore(), arguments.engine)
    pauses: list[Pause] = []
    barge_ins: list[bool] = []
    for row in rows:
        speakers = _load(Path(row["path"]), engines.vad)
        language = row.get("language") or arguments.language
        for speaker, other in (speakers, speakers[::-1]):
            found = _pauses(row["path"], speaker, other)
            _judge(found, speaker, engines, language)
            pauses += found
            barge_ins += _barge_ins(speaker, other, engines, language)
        progress(f"{Path(row['path']).name}: {len(pauses)} pauses so far")
    result = Result(
        n=len(pauses),
        models={name: sha256_file(path) for name, path in engines.paths.items()},
        corpus=[arguments.manifest, *(Path(row["path"]) for row in rows)],
    )
    result.put("holds", sum(pause.is_hold for pause in pauses))
    result.put("shifts", sum(not pause.is_hold for pause in pauses))
    for name, waits in _systems().items():
        _figures(result, name, pauses, waits)
    result.share("bargein_right", barge_ins)
    result.put("bargeins", len(barge_ins))
    result.put("ours_false_cutin_shipped", _share_cut(pauses, [pause.ours_ms for pause in pauses]))
    shifts = [pause.ours_ms for pause in pauses if not pause.is_hold]
    result.put("ours_latency_shipped_ms", float(np.mean(shifts)) if shifts else None)
    result.put("smart_turn_engine_ms", float(np.median(engines.judge_ms)) if engines.judge_ms else None)
    result.put("words_engine_ms", float(np.median(engines.words_ms)) if engines.words_ms else None)
    return result


def _load(path: Path, vad: SileroVad) -> tuple[Speaker, Speaker]:
    import soundfile
    import soxr

    samples, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    both = []
    for channel in (0, 1):
        sound: Samples = np.ascontiguousarray(soxr.resample(samples[:, channel], rate_hz, SPEECH_RATE_HZ))
        whole = sound[: sound.size // 512 * 512]
        probs, _ = vad.probs(whole, np.zeros(0, dtype=np.float32))
        voiced = probs >= _SETTINGS.voice_on_prob
        both.append(Speaker(sound, voiced, _spans(voiced)))
    return both[0], both[1]


def _spans(voiced: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Join voiced windows into stretches; shorter silences belong to them, lone windows are no voice."""
    spans: list[tuple[int, int]] = []
    for index in np.flatnonzero(voiced):
        start_ms, end_ms = int(index) * WINDOW_MS, (int(index) + 1) * WINDOW_MS
        if spans and start_ms - spans[-1][1] < _SHORTEST_PAUSE_MS:
            spans[-1] = (spans[-1][0], end_ms)
        else:
            spans.append((start_ms, end_ms))
    return [span for span in spans if span[1] - span[0] >= _SETTINGS.onset_voice_ms]


def _pauses(call: str, speaker: Speaker, other: Speaker) -> list[Pause]:
    pauses = []
    for _, end_ms in speaker.spans:
        again_ms = speaker.next_onset_ms(end_ms)
        other_ms = end_ms if other.speaks_at(end_ms) else other.next_onset_ms(end_ms)
        if min(again_ms, other_ms) < 10**9:
            pauses.append(Pause(call, end_ms, again_ms - end_ms, again_ms < other_ms))
    return pauses


def _judge(pauses: Sequence[Pause], speaker: Speaker, engines: Engines, language: str) -> None:
    """Ask the engines what the product would ask, and note how long our patience is."""
    rhythm = Rhythm()
    turn_start_ms = 0
    burst_start_ms = 0
    for pause in pauses:
        end_ms = pause.at_ms + _SETTINGS.final_pause_ms
        start_ms = max(turn_start_ms, pause.at_ms - _LONGEST_DECODE_MS)
        pause.end_prob = engines.end_prob(speaker.sound(start_ms, end_ms))
        pause.words = engines.words(speaker.sound(start_ms, end_ms), language)
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


Waits = Callable[[Sequence[Pause], float], list[float]]


def _systems() -> dict[str, Waits]:
    """Each system: the silence it waits for at each pause, for a setting from 0 (hasty) to 1 (patient)."""

    def vad(pauses: Sequence[Pause], setting: float) -> list[float]:
        return [setting * _SETTINGS.longest_patience_ms for _ in pauses]

    def smart_turn(pauses: Sequence[Pause], setting: float) -> list[float]:
        hasty, patient = _SETTINGS.final_pause_ms, _SETTINGS.longest_patience_ms
        return [hasty if pause.end_prob >= setting else patient for pause in pauses]

    def ours(pauses: Sequence[Pause], setting: float) -> list[float]:
        return [max(float(_SHORTEST_PAUSE_MS), pause.ours_ms * 3.0 * setting) for pause in pauses]

    return {"vad": vad, "smart_turn": smart_turn, "ours": ours}


def _figures(result: Result, name: str, pauses: Sequence[Pause], waits: Waits) -> None:
    holds = [pause for pause in pauses if pause.is_hold]
    shifts = [pause for pause in pauses if not pause.is_hold]
    if not holds or not shifts:
        return
    sweep = [(s / _SWEEP, float(np.mean(waits(shifts, s / _SWEEP)))) for s in range(_SWEEP + 1)]
    for delay_ms in (300, 600):
        setting, found_ms = min(sweep, key=lambda item: abs(item[1] - delay_ms))
        cut = [w < pause.pause_ms for w, pause in zip(waits(holds, setting), holds, strict=True)]
        result.share(f"{name}_false_cutin_{delay_ms}", cut, groups=[pause.call for pause in holds])
        result.put(f"{name}_delay_at_{delay_ms}_ms", found_ms)
    for percent in (5, 10):
        reached = [ms for s, ms in sweep if _share_cut(holds, waits(holds, s)) <= percent / 100]
        result.put(f"{name}_latency_at_{percent}pct_ms", min(reached) if reached else None)


def _share_cut(pauses: Sequence[Pause], waits: Sequence[float]) -> float:
    cut = [w < pause.pause_ms for w, pause in zip(waits, pauses, strict=True) if pause.is_hold]
    return float(np.mean(cut)) if cut else 0.0


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
        words = engines.words(speaker.sound(start_ms - _SETTINGS.preroll_ms, heard_ms + pause), language)
        kind = "none" if not words else "backchannel" if is_backchannel(words, answers_count=False) else "real"
        wordless += not words
        over = heard_ms == end_ms
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
