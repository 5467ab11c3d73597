"""What `warmline import` may be told, as options of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from calls.ids import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What the person who imports knows of the call."""

    recording: Path
    called: str = ""
    caller: str = ""
    started: datetime | None = None
    """Aware; None: as if the call ended when it is imported."""
    language: Language | None = None
    speakers: int | None = None
    """How many people speak on a mono recording."""
    employee_channel: Literal["left", "right"] | None = None
    caller_speaker: int | None = None
    """Number of the caller on a mono recording, from 1 in the order in which voices are first heard."""
    voice_prints: bool = False
    """Join the voices of a mono recording over pauses by prints, which are biometric; made in memory, never stored."""
    agreed: bool = False
    """The people on the recording agreed to what the configuration asks callers for."""


def add_import(add: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    """Add the command's options."""
    parser = add(
        "import",
        "bring a recording of a call from elsewhere into the log: who spoke, words, talk-over",
        "Finds who spoke when on a recording (WAV, FLAC, MP3, OGG; one or two channels, up to an hour), transcribes\n"
        "it, and writes it as a call that `warmline replay` and the staff pages show like any other. Card numbers are\n"
        "masked and silenced. The same recording is imported once, whatever its name.\n\n"
        "  warmline import call.wav --employee-channel right --called 900100200 --caller +34600123456\n"
        "  warmline import mono.mp3 --speakers 2 --caller-speaker 2 --voice-prints\n\n"
        "Two channels, a speaker each, need nothing else. Mono needs the extra `diarize`. Emotion is estimated of the\n"
        "caller alone, and only when it is said who that is; never of employees.",
    )
    parser.add_argument("recording", type=Path, help="the sound file")
    parser.add_argument("--called", default="", metavar="NUMBER", help="the number that was called")
    parser.add_argument("--caller", default="", metavar="NUMBER", help="the number that called")
    parser.add_argument(
        "--started",
        type=_moment,
        metavar="ISO-TIME",
        help="when the call began, e.g. 2026-11-20T09:30+01:00; local time without an offset (default: it ends now)",
    )
    parser.add_argument("--language", choices=("es", "en"), help="what is spoken (default: found by the words)")
    parser.add_argument("--speakers", type=_count, metavar="N", help="people on a mono recording, if that is known")
    parser.add_argument(
        "--employee-channel", choices=("left", "right"), help="of two channels the employee's; the other is the caller"
    )
    parser.add_argument(
        "--caller-speaker",
        type=_count,
        metavar="N",
        help="which voice of a mono recording is the caller: 1 is heard first, 2 is the next new one ...",
    )
    parser.add_argument(
        "--voice-prints",
        action="store_true",
        help="join the voices of a mono recording over pauses by voice prints. They are biometric data: made in memory "
        "for this one recording, compared there, never stored (default: off, and a voice that was silent for long "
        "counts as a new one)",
    )
    parser.add_argument(
        "--agreed",
        action="store_true",
        help='the people on it agreed to recording and emotion estimates; needed where [privacy] says "ask"',
    )
    parser.add_argument("--json", action="store_true", help="print what was found as one JSON object")
    parser.set_defaults(run=_run)


def _moment(text: str) -> datetime:
    """Read a time; without an offset it is local.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time like 2026-11-20T09:30+01:00") from None


def _count(text: str) -> int:
    """Read a number of people.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not text.isdigit() or not 1 <= int(text) <= 20:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of people from 1 to 20")
    return int(text)


def _run(arguments: argparse.Namespace) -> int:
    from service.import_command import import_recording

    options = ImportOptions(
        recording=arguments.recording,
        called=arguments.called,
        caller=arguments.caller,
        started=arguments.started,
        language=arguments.language,
        speakers=arguments.speakers,
        employee_channel=arguments.employee_channel,
        caller_speaker=arguments.caller_speaker,
        voice_prints=arguments.voice_prints,
        agreed=arguments.agreed,
    )
    return import_recording(arguments.config, options, as_json=arguments.json)
