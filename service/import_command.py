"""`warmline import`: brings the recording of a call that was held elsewhere into the call log."""
# ruff: noqa: T201 -- a command line prints

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from calls.audio import SPEECH_RATE_HZ
from calls.errors import CallCentreError
from calls.ids import CallId, MemberRole
from records.private import private_folder
from records.store import EventStore
from records.wav_file import WavFile
from service.call_store import open_store
from service.clock import SystemClock
from service.config import Config, load_config
from service.customers.part import Customers
from service.engines import build_workers
from service.import_call import Import, Imported, Part, Progress, find_voice, listen
from service.import_options import ImportOptions
from service.import_sound import ImportedSound, Sides, digest_of, read_sound
from service.models_store import ModelStore
from service.numbers import readings
from service.recogniser import recogniser_name
from voice.speech_spans import Span

PRINTS, SEGMENTATION = "resemblyzer", "pyannote-segmentation"
_ID_SIGNS = 20
"""Of the content's SHA-256, 80 bits: the same recording has the same name, and no two others ever have."""


def import_recording(config_file: Path | None, options: ImportOptions, *, as_json: bool = False) -> int:
    """Import one recording; return the exit code.

    Raises:
        CallCentreError: `import.*`, a model or the extra is missing, or the log cannot be written.
    """
    config = load_config(config_file).config
    began_utc = _began(config, options)
    call_id = CallId(f"import-{digest_of(options.recording)[:_ID_SIGNS]}")
    store = open_store(config)
    progress = _Shown()
    try:
        if (known := _known(store, call_id)) is not None:
            print(json.dumps({"call": call_id, "imported": False, "why": known}) if as_json else known)
            return 0
        sound = read_sound(options.recording)
        if options.started is None:
            began_utc -= timedelta(milliseconds=sound.duration_ms)
        _check(config, options, sound)
        plan, done = asyncio.run(_work(config, options, call_id, sound, began_utc, progress))
        _keep(config, store, plan, done)
        Customers(config, store, SystemClock()).calls.link_past(call_id, store.read("call", call_id))
    finally:
        progress.close()
        store.close()
    _report(config, options, plan, done, as_json=as_json)
    return 0


def _began(config: Config, options: ImportOptions) -> datetime:
    now = SystemClock().now_utc()
    began = options.started or now
    if began > now:
        raise CallCentreError("import.future", "--started lies in the future.", fault="user")
    days = config.privacy.retention_days
    if now - began >= timedelta(days=days):
        raise CallCentreError(
            "import.too_old",
            f"The call began more than {days} days ago, and [privacy] retention_days = {days}: it would be destroyed "
            "at the next round. Raise it, or leave the recording out.",
            fault="operator",
        )
    return began


def _known(store: EventStore, call_id: CallId) -> str | None:
    """Return a sentence when the recording was imported before."""
    info = store.stream("call", call_id)
    if info is None:
        return None
    with store.engine.connect() as connection:
        readable = bool(store.stored_keys(connection, {info.subject}))
    if not readable:
        return f"This recording was imported before, as {call_id}, and erased since. It is not brought back."
    return f"This recording is in the log already: `warmline replay {call_id}` shows it. Nothing was added."


def _check(config: Config, options: ImportOptions, sound: ImportedSound) -> None:
    """Refuse what cannot be, before minutes are spent on it."""
    if config.privacy.recording == "ask" and not options.agreed:
        raise CallCentreError(
            "import.not_agreed",
            'With [privacy] recording = "ask" nothing is kept of who did not agree. If the people on this recording '
            "did, say so by --agreed.",
            fault="user",
        )
    mono = len(sound.channels) == 1
    if mono and options.employee_channel is not None:
        raise CallCentreError(
            "import.mono",
            "--employee-channel is for two channels, and this recording holds one sound. Say --caller-speaker N.",
            fault="user",
        )
    named = [
        name
        for name, value in (
            ("--caller-speaker", options.caller_speaker),
            ("--speakers", options.speakers),
            ("--voice-prints", options.voice_prints or None),
        )
        if value is not None
    ]
    if not mono and named:
        raise CallCentreError(
            "import.two_channels",
            f"{named[0]} is for mono recordings; this one has two channels. Say --employee-channel left or right.",
            fault="user",
        )


async def _work(
    config: Config,
    options: ImportOptions,
    call_id: CallId,
    sound: ImportedSound,
    began_utc: datetime,
    progress: Progress,
) -> tuple[Import, Imported]:
    models = ModelStore(config.models.dir or None)
    workers = build_workers(config, models)
    spans = _voices(options, models, sound, progress) if len(sound.channels) == 1 else ()
    started = [workers.asr] if spans else [workers.ears, workers.asr]
    try:
        for worker in started:
            await worker.start()
        spans = spans or await find_voice(workers, sound.channels, progress)
        if not spans:
            sentence = f"Nobody speaks on the recording {options.recording}; nothing was imported."
            raise CallCentreError("import.no_speech", sentence, fault="user")
        plan = _plan(config, options, call_id, sound, spans, began_utc)
        if not plan.no_emotion:
            started.append(workers.mind)
            await workers.mind.start()
        return plan, await listen(plan, workers, recogniser_name(config), progress)
    finally:
        for worker in started:
            await worker.stop()


def _voices(options: ImportOptions, models: ModelStore, sound: ImportedSound, progress: Progress) -> tuple[Span, ...]:
    """Tell the voices of a mono recording apart."""
    from voice.diarize import Diarizer, need_extra

    need_extra()
    prints = models.path(PRINTS) / "pretrained.pt" if options.voice_prints else None
    diarizer = Diarizer(models.path(SEGMENTATION) / "pytorch_model.bin", prints=prints)
    segments = diarizer.segments(
        sound.channels[0],
        speakers=options.speakers,
        progress=lambda done, total: progress("who speaks when", done, total),
    )
    if not segments:
        sentence = f"Nobody speaks on the recording {options.recording}; nothing was imported."
        raise CallCentreError("import.no_speech", sentence, fault="user")
    end_ms = sound.duration_ms
    return tuple(Span(one.start_ms, min(end_ms, one.end_ms), one.speaker) for one in segments if one.start_ms < end_ms)


def _plan(
    config: Config,
    options: ImportOptions,
    call_id: CallId,
    sound: ImportedSound,
    spans: tuple[Span, ...],
    began_utc: datetime,
) -> Import:
    count = max(len(sound.channels), max(span.speaker for span in spans) + 1)
    members, known = _members(options, len(sound.channels), count)
    asked = config.privacy.emotion == "ask" and not options.agreed
    no_emotion = "switched_off" if config.privacy.emotion == "off" else "not_agreed" if asked else ""
    sounds = sound.channels if len(sound.channels) == 2 else (sound.channels[0],) * count
    return Import(
        call_id=call_id,
        sound=sound,
        spans=spans,
        parts=tuple(Part(member, part) for member, part in zip(members, sounds, strict=True)),
        caller=next(iter(readings(options.caller)), options.caller) if options.caller else "",
        called=options.called,
        began_utc=began_utc,
        language=options.language,
        no_emotion=no_emotion if known else "caller_unknown",
        keep_sound=config.privacy.recording != "off",
    )


def _members(options: ImportOptions, channels: int, count: int) -> tuple[list[MemberRole], bool]:
    """Return each speaker's part, and whether it is known who the caller is.

    Where it is not, two channels are taken as our own recordings are, the caller left; on a mono one the first voice is
    taken for the employee, who answers. Words are shown under these names, and nothing else follows from them.
    """
    caller = {"left": 1, "right": 0}.get(options.employee_channel or "")
    if channels == 1 and options.caller_speaker is not None:
        caller = options.caller_speaker - 1
        if caller >= count:
            voices = "one voice was" if count == 1 else f"{count} voices were"
            raise CallCentreError(
                "import.no_such_speaker",
                f"--caller-speaker {options.caller_speaker}: only {voices} told apart. Nothing was imported.",
                fault="user",
            )
    if caller is not None:
        return ["caller" if number == caller else "agent" for number in range(count)], True
    first: MemberRole = "caller" if channels == 2 else "agent"
    other: MemberRole = "agent" if channels == 2 else "caller"
    return [first if number == 0 else other for number in range(count)], False


def _keep(config: Config, store: EventStore, plan: Import, done: Imported) -> None:
    """Write the sound, then all the facts in one step."""
    path = config.recordings_path / f"{plan.call_id}.wav"
    try:
        if done.sides is not None:
            private_folder(config.recordings_path)
            path.unlink(missing_ok=True)  # of an import that was stopped before its facts were written
            _write(path, done.sides)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise CallCentreError(
            "import.not_kept",
            f"The recording cannot be written to {config.recordings_path}: {error.strerror}. Nothing was imported.",
            fault="operator",
        ) from error
    try:
        store.append(done.facts)
    except CallCentreError:
        if store.stream("call", plan.call_id) is None:  # else another import of the same recording was quicker
            path.unlink(missing_ok=True)
        raise


def _write(path: Path, sides: Sides) -> None:
    file = WavFile(path, SPEECH_RATE_HZ)
    try:
        file.write(0, sides)
        file.write_header()
        file.sync()
    finally:
        file.close()


def _report(config: Config, options: ImportOptions, plan: Import, done: Imported, *, as_json: bool) -> None:
    found = _found(config, plan, done)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    print(f"Imported as {plan.call_id}: `warmline replay {plan.call_id}` shows it.")
    print(f"  {found['duration_s']:.0f} s, {found['words']} words, language {done.language}")
    for number, speaker in enumerate(found["speakers"], 1):
        print(f"  speaker {number}, {speaker['member']}: spoke for {speaker['speaking_s']:.0f} s")
    shares = done.shares
    print(
        f"  both spoke {shares.talk_over_share:.1%} of the time, nobody {shares.silence_share:.1%}; longest silence "
        f"{shares.longest_silence_ms / 1000:.1f} s, from {shares.longest_silence_start_ms / 1000:.1f} s on"
    )
    print(f"  {_emotion_sentence(plan, done)}")
    if len(plan.sound.channels) == 1 and not options.voice_prints:
        print("  Without --voice-prints a voice that was silent for more than some seconds counts as a new speaker.")


def _emotion_sentence(plan: Import, done: Imported) -> str:
    mono = len(plan.sound.channels) == 1
    how = "--caller-speaker N" if mono else "--employee-channel left or right"
    return {
        "": f"emotion estimated in {done.estimates} utterances of the caller",
        "caller_unknown": f"no emotion estimated and the parts are a guess: who the caller is was not said ({how})",
        "not_agreed": 'no emotion estimated: [privacy] emotion = "ask", and --agreed was not said',
        "switched_off": "no emotion estimated: [privacy] switches it off",
    }[plan.no_emotion]


def _found(config: Config, plan: Import, done: Imported) -> dict[str, Any]:
    shares = done.shares
    path = config.recordings_path / f"{plan.call_id}.wav"
    return {
        "call": plan.call_id,
        "imported": True,
        "duration_s": plan.sound.duration_ms / 1000,
        "language": done.language,
        "words": done.words,
        "speakers": [
            {"member": part.member, "speaking_s": spoken_ms / 1000}
            for part, spoken_ms in zip(plan.parts, shares.speaking_ms, strict=True)
        ],
        "caller_known": plan.no_emotion != "caller_unknown",
        "talk_over_share": shares.talk_over_share,
        "silence_share": shares.silence_share,
        "longest_silence_ms": shares.longest_silence_ms,
        "longest_silence_start_ms": shares.longest_silence_start_ms,
        "emotion_estimates": done.estimates,
        "recording": str(path) if done.sides is not None else None,
    }


class _Shown:
    """Shows on standard error how far the work is: a line that is redrawn on a terminal, a line a step elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        line = f"{what}: {100 * done // max(1, total):3d} %" if self._terminal else f"{what} ..."
        if line != self._last:
            print(f"\r{line:<40}" if self._terminal else line, end="" if self._terminal else "\n", file=sys.stderr)
            sys.stderr.flush()
            self._last = line

    def close(self) -> None:
        """Leave the line."""
        if self._terminal and self._last:
            print(file=sys.stderr)
