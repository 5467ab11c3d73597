"""Recognition of clips streamed as calls: word error rate, cost, delay; beside it stock faster-whisper."""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.no_speech import LINE_RATE_HZ, without_speech
from bench.report import Result, bootstrap_interval, progress, read_manifest, sha256_file, shared_folder
from bench.streamed import Heard, at_speech_rate, last_voice_ms, load_clip, play
from bench.virtual_time import VirtualWorker, run_virtually
from bench.wer import Errors, count_errors, normalise
from calls.audio import Samples, to_float
from calls.ids import LANGUAGES, Language
from service.models_store import ModelStore
from voice.asr.model_folder import look_into
from voice.hearing_port import HearingSettings
from voice.vad.silero import SileroVad
from voice.workers.client import EngineSpec, Worker
from voice.workers.engine import load_engine

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass
class Clip:
    """One row of the manifest and what became of it."""

    path: Path
    text: str
    language: Language
    samples: Samples
    rate_hz: int
    speech_end_ms: int | None
    heard: Heard = field(default_factory=Heard)
    live_cpu_s: float = 0.0
    peer_text: str = ""
    peer_cpu_s: float = 0.0

    @property
    def duration_s(self) -> float:
        """Length of the audio."""
        return self.samples.size / self.rate_hz

    def errors(self, text: str) -> Errors:
        """Compare `text` with what was said."""
        return count_errors(normalise(self.text, self.language), normalise(text, self.language))

    @property
    def heard_text(self) -> str:
        """The final words."""
        return " ".join(word.text for word in self.heard.words)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this bench."""
    parser.add_argument("--manifest", type=Path, default=shared_folder() / "data" / "asr" / "manifest.csv")
    parser.add_argument("--language", choices=("en", "es"), help="only rows of this language")
    parser.add_argument("--limit", type=int, default=0, help="at most so many clips, spread evenly; 0 is all")
    parser.add_argument("--engine", default="whisper-base", help="name of models/manifest.toml, or a folder")
    parser.add_argument("--threads", type=int, default=1, help="threads of one decode, ours and the peer's")
    parser.add_argument("--beam", type=int, default=None, help="width of the search of finals; default: the engine's")
    parser.add_argument("--fast", action="store_true", help="the same schedule in virtual time")
    parser.add_argument("--peer", action="store_true", help="stock faster-whisper beside it")
    parser.add_argument("--vocabulary", type=Path, help="file of words to expect")
    parser.add_argument(
        "--no-speech",
        type=float,
        default=0.0,
        metavar="MINUTES",
        help="instead of clips: sounds in which nobody speaks",
    )
    parser.add_argument("--errors", type=Path, help="write what was said and heard to this CSV file")


def run(arguments: argparse.Namespace) -> Result:
    """Measure."""
    for name in THREAD_VARIABLES:
        os.environ[name] = str(arguments.threads)
    store = ModelStore()
    silero = store.path("silero-vad") / "silero_vad_v6.onnx"
    vad = SileroVad(silero)
    clips = _wordless(arguments, vad) if arguments.no_speech else _recorded(arguments, vad)
    settings = HearingSettings(
        vocabulary=arguments.vocabulary.read_text(encoding="utf-8").strip() if arguments.vocabulary else None
    )
    specs = worker_specs(store, arguments.engine, arguments.threads, arguments.beam)
    if arguments.fast:
        run_virtually(_stream_all(clips, VirtualWorker("ears", specs[0]), VirtualWorker("asr", specs[1]), settings))
    else:
        ears, asr = Worker("ears", specs[0], niceness=0), Worker("asr", specs[1], threads=arguments.threads)
        asyncio.run(_stream_all(clips, ears, asr, settings))
    if arguments.peer:
        _peer(clips, engine_folder(store, arguments.engine), arguments.threads)
    result = Result(
        n=len(clips),
        models={
            arguments.engine: sha256_file(engine_folder(store, arguments.engine) / "model.bin"),
            "silero-vad": sha256_file(silero),
        },
        corpus=[] if arguments.no_speech else [arguments.manifest, *(clip.path for clip in clips)],
    )
    result.put("fast", arguments.fast)
    result.put("threads", arguments.threads)
    _figures(result, clips, "", arguments.peer)
    languages = sorted({clip.language for clip in clips})
    if len(languages) > 1:
        for language in languages:
            _figures(result, [clip for clip in clips if clip.language == language], f"_{language}", arguments.peer)
    if arguments.no_speech:
        _put_invented(result, clips, specs[1][0])
    if arguments.errors:
        _write_errors(arguments.errors, clips)
    return result


def _recorded(arguments: argparse.Namespace, vad: SileroVad) -> list[Clip]:
    """Return the clips of the manifest."""
    rows = read_manifest(arguments.manifest)
    rows = [row for row in rows if arguments.language in (None, row["language"])]
    if arguments.limit and len(rows) > arguments.limit:
        rows = [rows[index * len(rows) // arguments.limit] for index in range(arguments.limit)]
    return [_clip(row, vad) for row in rows]


def _wordless(arguments: argparse.Namespace, vad: SileroVad) -> list[Clip]:
    """Return sounds in which nobody speaks, on lines of both languages or of the one asked for."""
    languages: tuple[Language, ...] = (arguments.language,) if arguments.language else LANGUAGES
    clips = []
    for number, made in enumerate(without_speech(arguments.no_speech)):
        voice_ms = last_voice_ms(vad, at_speech_rate(made.samples, LINE_RATE_HZ))
        language = languages[number % len(languages)]
        clips.append(Clip(Path(made.kind), "", language, made.samples, LINE_RATE_HZ, voice_ms))
    return clips


def _put_invented(result: Result, clips: Sequence[Clip], spec: EngineSpec) -> None:
    """Add the words that the recogniser alone invents, which in a call hears only what voice activity lets through."""
    engine = load_engine(spec)
    invented: dict[str, int] = {}
    for number, clip in enumerate(clips, start=1):
        data = {"languages": list(LANGUAGES), "expected": clip.language}
        arrays = {"samples": at_speech_rate(clip.samples, clip.rate_hz)}
        for final in (True, False):
            replies = [piece for piece in engine.handle("decode", {**data, "final": final}, arrays) if piece]
            invented[clip.path.name] = invented.get(clip.path.name, 0) + len(replies[-1].data["words"])
        if number % 20 == 0 or number == len(clips):
            progress(f"{number} of {len(clips)} clips by the recogniser alone")
    live = sum(len(clip.heard.words) for clip in clips)
    alone = sum(invented.values())
    result.put("minutes", sum(clip.duration_s for clip in clips) / 60)
    result.put("hallucinated_words_alone", alone)
    result.put("clips_with_voice", sum(clip.speech_end_ms is not None for clip in clips))
    if live or alone:
        kinds = ", ".join(sorted({*(kind for kind, count in invented.items() if count)})) or "none alone"
        result.failures.append(f"words were made of sounds without speech: {live} live, {alone} alone ({kinds})")


def engine_folder(store: ModelStore, engine: str) -> Path:
    """Return where a recogniser lies: a name of the manifest, `base`, `tiny` (English), or a folder of any other.

    Raises:
        CallCentreError: what is missing of it.
    """
    if "/" in engine:
        return look_into(Path(engine).expanduser()).path
    return store.path({"base": "whisper-base", "tiny": "whisper-tiny-en"}.get(engine, engine))


def worker_specs(
    store: ModelStore, engine: str, threads: int, beam: int | None = None, at_once: int = 1
) -> tuple[list[EngineSpec], list[EngineSpec]]:
    """Return the engines of the `ears` and `asr` workers; words and ends of turns are found `at_once` at a time."""
    silero = str(store.path("silero-vad") / "silero_vad_v6.onnx")
    smart_turn = str(store.path("smart-turn") / "smart-turn-v3.2-cpu.onnx")
    options: dict[str, Any] = {
        "model_dir": str(engine_folder(store, engine)),
        "vad_model": silero,
        "threads": threads,
        "at_once": at_once,
    }
    if beam is not None:
        options["beam"] = beam
    ears = [
        EngineSpec("vad", "voice.vad.silero:create", {"model": silero}),
        EngineSpec("smart_turn", "voice.vad.smart_turn:create", {"model": smart_turn}, at_once),
    ]
    return ears, [EngineSpec("asr", "voice.asr.whisper:create", options, at_once)]


def _clip(row: dict[str, str], vad: SileroVad) -> Clip:
    path = Path(row["path"])
    samples, rate_hz = load_clip(path)
    language: Language = "es" if row["language"] == "es" else "en"
    end_ms = last_voice_ms(vad, at_speech_rate(samples, rate_hz))
    return Clip(path, row.get("text", ""), language, samples, rate_hz, end_ms)


async def _stream_all(clips: Sequence[Clip], ears: Worker, asr: Worker, settings: HearingSettings) -> None:
    """Play one clip after the other, each as a call of its own."""
    await ears.start()
    await asr.start()
    try:
        for number, clip in enumerate(clips, start=1):
            before_s = cpu_s(asr)
            clip.heard = await play(clip.samples, clip.rate_hz, ears, asr, language=clip.language, settings=settings)
            clip.heard.speech_end_ms = clip.speech_end_ms
            clip.live_cpu_s = cpu_s(asr) - before_s
            if number % 20 == 0 or number == len(clips):
                progress(f"{number} of {len(clips)} clips streamed")
    finally:
        await asr.stop()
        await ears.stop()


def cpu_s(worker: Worker) -> float:
    """Return the CPU time that a worker has used."""
    return worker.cpu_s if isinstance(worker, VirtualWorker) else process_cpu_s(worker.pid)


def process_cpu_s(pid: int | None) -> float:
    """Return the CPU time that a process has used, from /proc; 0 without one."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peer(clips: Sequence[Clip], folder: Path, threads: int) -> None:
    """Recognise every clip by stock faster-whisper: full window, greedy, the language given, otherwise its defaults."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads)
    for number, clip in enumerate(clips, start=1):
        sound = to_float(at_speech_rate(clip.samples, clip.rate_hz))
        began_s = time.process_time()
        segments, _ = model.transcribe(sound, language=clip.language, beam_size=1, temperature=0.0)
        clip.peer_text = " ".join(segment.text.strip() for segment in segments)
        clip.peer_cpu_s = time.process_time() - began_s
        if number % 20 == 0 or number == len(clips):
            progress(f"{number} of {len(clips)} clips by the peer")


def _figures(result: Result, clips: Sequence[Clip], suffix: str, peer: bool) -> None:
    """Add all figures of `clips` under keys with `suffix`."""
    spoken = [clip for clip in clips if normalise(clip.text, clip.language)]
    ours = [clip.errors(clip.heard_text) for clip in spoken]
    finals = [clip.heard.final_ms for clip in spoken if clip.heard.final_ms is not None]
    delays = [delay for clip in spoken for delay in clip.heard.partial_delays_ms()]
    told = [
        clip.heard.told_ms - clip.heard.began_ms - clip.heard.speech_end_ms
        for clip in spoken
        if clip.heard.told_ms is not None and clip.heard.speech_end_ms is not None
    ]
    result.put(f"clips{suffix}", len(clips))
    result.put(f"audio_s{suffix}", sum(clip.duration_s for clip in clips))
    result.ratio(f"wer{suffix}", [(each.edits, each.words) for each in ours])
    result.put(f"substitutions{suffix}", sum(each.substitutions for each in ours))
    result.put(f"deletions{suffix}", sum(each.deletions for each in ours))
    result.put(f"insertions{suffix}", sum(each.insertions for each in ours))
    result.ratio(f"cores{suffix}", [(clip.heard.final_cpu_s, clip.duration_s) for clip in clips])
    result.ratio(f"cores_live{suffix}", [(clip.live_cpu_s, clip.duration_s) for clip in clips])
    result.percentile(f"partial_p50_ms{suffix}", delays, 50)
    result.percentile(f"final_p50_ms{suffix}", finals, 50)
    result.percentile(f"final_p95_ms{suffix}", finals, 95)
    result.percentile(f"told_p50_ms{suffix}", told, 50)
    silent = [clip for clip in clips if clip not in spoken]
    result.put(f"hallucinated_words{suffix}", sum(len(normalise(c.heard_text, c.language)) for c in silent))
    result.share(f"unheard_share{suffix}", [not clip.heard.words for clip in spoken])
    result.share(f"second_look_share{suffix}", [any(f.passes > 1 for f in clip.heard.finals) for clip in spoken])
    if not peer:
        return
    theirs = [clip.errors(clip.peer_text) for clip in spoken]
    result.ratio(f"peer_wer{suffix}", [(each.edits, each.words) for each in theirs])
    result.ratio(f"peer_cores{suffix}", [(clip.peer_cpu_s, clip.duration_s) for clip in clips])
    rows = np.array([(o.edits - p.edits, o.words) for o, p in zip(ours, theirs, strict=True)], dtype=np.float64)
    low, high = bootstrap_interval(rows, lambda drawn: float(drawn[:, 0].sum() / max(1.0, drawn[:, 1].sum())))
    result.put(f"wer_delta{suffix}", float(rows[:, 0].sum() / max(1.0, rows[:, 1].sum())))
    result.put(f"wer_delta_lo{suffix}", low)
    result.put(f"wer_delta_hi{suffix}", high)
    result.put(f"peer_hallucinated_words{suffix}", sum(len(normalise(c.peer_text, c.language)) for c in silent))


def _write_errors(path: Path, clips: Sequence[Clip]) -> None:
    import csv

    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "language", "text", "heard", "peer", "edits", "peer_edits", "final_ms", "passes"])
        for clip in clips:
            passes = max((each.passes for each in clip.heard.finals), default=0)
            row = [clip.path, clip.language, clip.text, clip.heard_text, clip.peer_text]
            edits = clip.errors(clip.heard_text).edits, clip.errors(clip.peer_text).edits
            writer.writerow([*row, *edits, clip.heard.final_ms, passes])
