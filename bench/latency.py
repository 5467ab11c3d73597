"""Time to answer: real calls over SIP and RTP, from the caller's last speech sample to the first answer audio."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.report import Result, progress, read_manifest, sha256_file, shared_folder
from calls.audio import FRAME_MS, SPEECH_RATE_HZ, Samples, to_float
from calls.errors import CallCentreError
from calls.ids import Language
from service.config import load_config
from service.phone import Phone, read_wav
from service.recogniser import recogniser_folder, recogniser_name
from service.serve import Service
from service.telemetry import set_up_logging

TURNS_A_CALL = 3
"""After more turns without a topic the bot offers a human, and the call is about something else."""
GREETING_QUIET_MS = 1_200
NEXT_QUIET_MS = 900
LONGEST_WAIT_S = 12.0
"""A turn that is not answered by then counts as unanswered."""
SETTLE_S = 60.0
"""Time for the service to make its fixed sentences after its start, as on a line that has been open for a minute."""
PARTS = ("endpoint", "asr_final", "decide", "tts_first")


@dataclass
class Clip:
    """What a caller says."""

    path: Path
    language: Language
    sound: Samples
    speech_end_ms: int
    """End of the last speech inside the clip."""


@dataclass
class Turn:
    """What became of one clip."""

    language: Language
    reply_ms: int | None = None
    early: bool = False
    cached: bool = False
    parts: dict[str, int] = field(default_factory=dict)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this bench."""
    parser.add_argument("--calls", type=int, default=34, help=f"calls of {TURNS_A_CALL} turns each")
    parser.add_argument("--language", default="en,es")
    parser.add_argument("--manifest", type=Path, default=shared_folder() / "data" / "asr" / "manifest.csv")
    parser.add_argument("--config", type=Path, help="configuration of the service under test")
    parser.add_argument("--settle", type=float, default=SETTLE_S, help="seconds between start and the first call")


def run(arguments: argparse.Namespace) -> Result:
    """Measure."""
    languages = tuple(arguments.language.split(","))
    clips = _clips(arguments.manifest, languages, arguments.calls * TURNS_A_CALL)
    turns, models = asyncio.run(_measure(clips, arguments))
    result = Result(n=len(turns), models=models, corpus=[arguments.manifest, *(clip.path for clip in clips)])
    _put(result, turns, "")
    if len(languages) > 1:
        for language in languages:
            _put(result, [turn for turn in turns if turn.language == language], f"_{language}")
    return result


def _put(result: Result, turns: Sequence[Turn], suffix: str) -> None:
    counted = [turn for turn in turns if turn.reply_ms is not None and not turn.early]
    replies = [float(turn.reply_ms) for turn in counted if turn.reply_ms is not None]
    result.put(f"turns{suffix}", len(turns))
    result.put(f"answered{suffix}", len(counted))
    result.percentile(f"reply_p50_ms{suffix}", replies, 50)
    result.percentile(f"reply_p95_ms{suffix}", replies, 95)
    result.share(f"early_share{suffix}", [turn.early for turn in turns])
    result.share(f"unanswered_share{suffix}", [turn.reply_ms is None and not turn.early for turn in turns])
    result.share(f"cached_share{suffix}", [turn.cached for turn in counted])
    for part in PARTS:
        durations = [float(turn.parts.get(part, 0)) for turn in counted]
        result.percentile(f"{part}_p50_ms{suffix}", durations, 50)
        result.percentile(f"{part}_p95_ms{suffix}", durations, 95)


def _clips(manifest: Path, languages: Sequence[str], n: int) -> list[Clip]:
    """Return `n` clips, spread evenly over the manifest, languages in turn by blocks of a call."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    by_language: list[list[Clip]] = []
    share = -(-n // len(languages))
    for language in languages:
        rows = [row for row in read_manifest(manifest) if row["language"] == language and row.get("text", "").strip()]
        step = max(1, len(rows) // max(1, share))
        chosen = []
        for row in itertools.islice(itertools.cycle(rows[::step]), share):
            sound = read_wav(Path(row["path"]))
            wide = np.repeat(to_float(sound), SPEECH_RATE_HZ // 8000)
            spans = get_speech_timestamps(wide, VadOptions(min_silence_duration_ms=100, speech_pad_ms=0))
            end_ms = spans[-1]["end"] * 1000 // SPEECH_RATE_HZ if spans else sound.size // 8
            chosen.append(Clip(Path(row["path"]), "es" if language == "es" else "en", sound, end_ms))
        by_language.append(chosen)
    blocks = [[clips[i : i + TURNS_A_CALL] for i in range(0, len(clips), TURNS_A_CALL)] for clips in by_language]
    ordered = [clip for row in itertools.zip_longest(*blocks, fillvalue=[]) for block in row for clip in block]
    return ordered[:n]


async def _measure(clips: Sequence[Clip], arguments: argparse.Namespace) -> tuple[list[Turn], dict[str, str]]:
    set_up_logging("error")
    loaded = load_config(arguments.config)
    turns: list[Turn] = []
    with tempfile.TemporaryDirectory(prefix="warmline-bench-") as folder:
        config = loaded.config
        sip = config.telephony.sip.model_copy(update={"listen": "127.0.0.1:0"})
        telephony = config.telephony.model_copy(update={"sip": sip})
        pages = config.service.model_copy(update={"listen": "127.0.0.1:0"})
        config = config.model_copy(update={"telephony": telephony, "service": pages, "data_dir": folder})
        service = Service(config)
        await service.start()
        try:
            progress(f"the service settles for {arguments.settle:.0f} s")
            await asyncio.sleep(arguments.settle)
            weights = recogniser_folder(config, service.house.models) / "model.bin"
            models = {name: service.house.models.sha256(name) for name in ("smart-turn", "e5")}
            models[recogniser_name(config)] = sha256_file(weights)
            for start in range(0, len(clips), TURNS_A_CALL):
                call = clips[start : start + TURNS_A_CALL]
                turns += await _call(service, call)
                known = [turn.reply_ms for turn in turns if turn.reply_ms is not None]
                middle = sorted(known)[len(known) // 2] if known else 0
                progress(f"{len(turns)}/{len(clips)} turns, middle {middle} ms")
                for clip, turn in zip(call, turns[start:], strict=True):
                    progress(f"  {clip.path.name}: {turn.reply_ms} ms, {turn.parts}{' (early)' if turn.early else ''}")
        finally:
            await service.stop()
    return turns, models


async def _call(service: Service, clips: Sequence[Clip]) -> list[Turn]:
    host, port = service.sip_address
    phone = Phone()
    watcher = service.house.live.watch()
    turns: list[Turn] = []
    try:
        await phone.dial(f"sip:bot@{host}:{port}")
        await phone.wait_for_quiet(GREETING_QUIET_MS, 40)
        for clip in clips:
            if phone.ended.is_set():
                break
            messages: list[tuple[int, dict[str, Any]]] = []
            collector = asyncio.create_task(_collect(watcher, messages, service))
            turns.append(await _turn(phone, clip, messages))
            await phone.wait_for_quiet(NEXT_QUIET_MS, 40)
            collector.cancel()
    except CallCentreError as error:
        progress(f"a call failed: {error}")
    finally:
        await phone.close()
        service.house.live.leave(watcher)
    turns += [Turn(clip.language) for clip in clips[len(turns) :]]
    return turns


async def _collect(watcher: Any, into: list[tuple[int, dict[str, Any]]], service: Service) -> None:
    while True:
        message = await watcher.get()
        into.append((service.house.clock.now_ms(), message))


async def _turn(phone: Phone, clip: Clip, messages: list[tuple[int, dict[str, Any]]]) -> Turn:
    first_frame = phone.frames_sent
    phone.say(clip.sound)
    speech_frames = clip.speech_end_ms // FRAME_MS
    turn = Turn(clip.language)
    while phone.frames_sent < first_frame + speech_frames and not phone.ended.is_set():
        await asyncio.sleep(0.005)
    spoken_at_ms = phone.clock.now_ms()
    turn.early = any(_is_reply(message) for _, message in messages)
    while phone.clock.now_ms() - spoken_at_ms < LONGEST_WAIT_S * 1000 and not phone.ended.is_set():
        await asyncio.sleep(0.005)
        reply = next(((at, m["data"]) for at, m in messages if _is_reply(m) and at >= spoken_at_ms), None)
        if reply is None:
            continue
        loud = next((at for at in phone.heard_loud_at_ms if at >= max(reply[0] - FRAME_MS, spoken_at_ms)), None)
        if loud is not None:
            turn.reply_ms = loud - spoken_at_ms
            turn.cached = bool(reply[1]["cached"])
            turn.parts = {part: reply[1][f"{part}_ms"] for part in PARTS}
            await asyncio.sleep(1.0)
            # Words that were understood only after the answer had begun: the answer came too early.
            late = [m for at, m in messages if at > reply[0] and _is_caller_turn(m)]
            turn.early = turn.early or bool(late)
            break
    return turn


def _is_reply(message: dict[str, Any]) -> bool:
    return bool(message["kind"] == "signal" and message["name"] == "reply")


def _is_caller_turn(message: dict[str, Any]) -> bool:
    if message["kind"] != "event":
        return False
    body = message["event"]["body"]
    return bool(body["type"] == "turn_ended" and body["speaker"] == "caller")
