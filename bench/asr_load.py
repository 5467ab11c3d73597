"""Recognition under load: so many callers talking at once, in real time, through the real workers."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
from collections.abc import Sequence
from pathlib import Path

from bench.asr import THREAD_VARIABLES, cpu_s, engine_folder, worker_specs
from bench.report import Result, progress, read_manifest, sha256_file, shared_folder
from bench.streamed import Heard, at_speech_rate, last_voice_ms, load_clip, play
from bench.virtual_time import VirtualWorker, run_virtually
from calls.audio import Samples
from calls.ids import Language
from service.config import ModelsSection
from service.models_store import ModelStore
from service.recogniser import at_once
from voice.hearing_port import HearingSettings
from voice.vad.silero import SileroVad
from voice.workers.client import Worker

_STAGGER_S = 0.37
"""Calls begin this far apart, so that their finals do not fall together by construction."""

LoadedClip = tuple[Samples, int, Language, int | None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this bench."""
    parser.add_argument("--calls", type=int, default=6, help="callers who talk at the same time")
    parser.add_argument(
        "--model", default="whisper-base", help="base, tiny, another name of models/manifest.toml, or a folder"
    )
    parser.add_argument("--seconds", type=int, default=60, help="how long each caller talks")
    parser.add_argument("--manifest", type=Path, default=shared_folder() / "data" / "asr" / "manifest.csv")
    parser.add_argument("--language", choices=("en", "es"), help="only rows of this language")
    parser.add_argument("--threads", type=int, default=1, help="threads of one decode")
    parser.add_argument("--at-once", type=int, default=0, help="recognitions side by side; 0: as the service does")
    parser.add_argument("--fast", action="store_true", help="in virtual time, by processor time: whatever else runs")
    parser.add_argument("--niceness", type=int, default=5, help="of the recogniser, as the service starts it")


def run(arguments: argparse.Namespace) -> Result:
    """Measure."""
    if arguments.fast:  # the engines run in this process
        for name in THREAD_VARIABLES:
            os.environ[name] = str(arguments.threads)
    store = ModelStore()
    settings = ModelsSection(whisper_threads=arguments.threads, whisper_at_once=arguments.at_once)
    arguments.at_once = at_once(settings)
    silero = store.path("silero-vad") / "silero_vad_v6.onnx"
    rows = [row for row in read_manifest(arguments.manifest) if arguments.language in (None, row["language"])]
    generator = random.Random(1)
    generator.shuffle(rows)
    rows = rows[: arguments.calls * (arguments.seconds // 4 + 2)]
    vad = SileroVad(silero)
    clips = [_load(row, vad) for row in rows]
    load_before = os.getloadavg()[0]
    run_it = run_virtually if arguments.fast else asyncio.run
    heard, lags_ms, cores = run_it(_load_run(arguments, store, clips))
    finals = [each.final_ms for each in heard if each.final_ms is not None]
    dropped = sum(each.speech_end_ms is not None and not (each.ended and each.finals) for each in heard)
    result = Result(
        n=len(heard),
        models={arguments.model: sha256_file(engine_folder(store, arguments.model) / "model.bin")},
        corpus=[arguments.manifest, *(Path(row["path"]) for row in rows)],
    )
    result.put("calls", arguments.calls)
    result.percentile("final_p50_ms", finals, 50)
    result.percentile("final_p95_ms", finals, 95)
    result.percentile("partial_p50_ms", [delay for each in heard for delay in each.partial_delays_ms()], 50)
    result.put("lag_max_ms", None if arguments.fast else max(lags_ms, default=0.0))
    result.put("cores", cores)
    result.put("cores_per_call", cores / arguments.calls)
    result.put("dropped", dropped)
    result.put("fast", arguments.fast)
    result.put("at_once", arguments.at_once)
    result.put("load_before", load_before)
    result.put("troubles", sum(each.troubles for each in heard))
    return result


def _load(row: dict[str, str], vad: SileroVad) -> LoadedClip:
    samples, rate_hz = load_clip(Path(row["path"]))
    language: Language = "es" if row["language"] == "es" else "en"
    return samples, rate_hz, language, last_voice_ms(vad, at_speech_rate(samples, rate_hz))


async def _load_run(
    arguments: argparse.Namespace, store: ModelStore, clips: Sequence[LoadedClip]
) -> tuple[list[Heard], list[float], float]:
    specs = worker_specs(store, arguments.model, arguments.threads, at_once=arguments.at_once)
    ears: Worker = Worker("ears", specs[0], niceness=0)
    asr: Worker = Worker("asr", specs[1], niceness=arguments.niceness, threads=arguments.threads)
    if arguments.fast:
        ears = VirtualWorker("ears", specs[0], by_cpu=True)
        asr = VirtualWorker("asr", specs[1], by_cpu=True)
    await asyncio.gather(ears.start(), asr.start())
    heard: list[Heard] = []
    lags_ms: list[float] = []
    loop = asyncio.get_running_loop()
    began_s, before_s = loop.time(), cpu_s(asr)

    async def talk(caller: int) -> None:
        await asyncio.sleep(caller * _STAGGER_S)
        index = caller
        while loop.time() - began_s < arguments.seconds:
            samples, rate_hz, language, speech_end_ms = clips[index % len(clips)]
            outcome = await play(
                samples, rate_hz, ears, asr, language=language, settings=HearingSettings(), lags_ms=lags_ms
            )
            outcome.speech_end_ms = speech_end_ms
            heard.append(outcome)
            index += arguments.calls
        progress(f"caller {caller + 1} of {arguments.calls} is done")

    try:
        await asyncio.gather(*(talk(caller) for caller in range(arguments.calls)))
        cores = (cpu_s(asr) - before_s) / (loop.time() - began_s)
    finally:
        await asyncio.gather(asr.stop(), ears.stop())
    return heard, lags_ms, cores
