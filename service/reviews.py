"""What people say of calls afterwards: corrections of the emotion estimate, and their export as training material."""
# ruff: noqa: T201 -- a command line prints

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from calls.errors import CallCentreError
from calls.events import EmotionCorrected, EmotionEstimated, Event, HeardEmotion, NewEvent, RecordingStarted
from calls.ids import CallId, UtteranceId
from records.private import private_file, private_folder
from records.store import EventStore
from service.call_store import open_store
from service.config import load_config

MANIFEST = "manifest.csv"
_COLUMNS = ("path", "corpus", "speaker", "gender", "emotion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One utterance that somebody listened to."""

    call_id: str
    utterance_id: str
    start_ms: int
    end_ms: int
    emotion: HeardEmotion


def correct_emotion(
    store: EventStore, call_id: CallId, utterance_id: UtteranceId, emotion: HeardEmotion, by: str, now_utc: datetime
) -> Event:
    """Write how the caller really sounded in an utterance that was estimated.

    Raises:
        CallCentreError: `review.no_utterance` when the call has no estimate of it.
    """
    estimated = next(
        (
            event.body
            for event in store.read("call", call_id)
            if isinstance(event.body, EmotionEstimated) and event.body.utterance_id == utterance_id
        ),
        None,
    )
    if estimated is None:
        raise CallCentreError("review.no_utterance", "This call has no estimate of that utterance.", fault="user")
    body = EmotionCorrected(
        utterance_id=utterance_id, start_ms=estimated.start_ms, end_ms=estimated.end_ms, emotion=emotion, by=by
    )
    fact = NewEvent(stream_kind="review", stream_id=call_id, body=body, at_utc=now_utc, t_ms=None, source="staff")
    (event,) = store.append([fact])
    store.release("review", call_id)
    return event


def corrections(store: EventStore, call_id: CallId) -> dict[str, EmotionCorrected]:
    """Return the newest correction of each utterance of a call."""
    bodies = [event.body for event in store.read("review", call_id)]
    found = {body.utterance_id: body for body in bodies if isinstance(body, EmotionCorrected)}
    return {str(key): body for key, body in found.items() if body.emotion != "unclear"}


def labelled(store: EventStore) -> Iterator[Labelled]:
    """Yield every utterance that was corrected, with the newest label, in the order of the log."""
    newest: dict[tuple[str, str], Labelled] = {}
    for event in store.scan(("emotion_corrected",)):
        body = event.body
        if isinstance(body, EmotionCorrected):
            newest[(str(event.stream_id), body.utterance_id)] = Labelled(
                call_id=str(event.stream_id),
                utterance_id=body.utterance_id,
                start_ms=body.start_ms,
                end_ms=body.end_ms,
                emotion=body.emotion,
            )
    yield from (one for one in newest.values() if one.emotion != "unclear")


def export_corrections(config_file: Path | None, folder: Path) -> int:
    """Write every corrected utterance as a sound file with a manifest that `python -m bench.train_emotion` reads.

    Raises:
        CallCentreError: the database cannot be used, or `review.folder` when the folder cannot be written.
    """
    config = load_config(config_file).config
    store = open_store(config)
    rows: list[dict[str, str]] = []
    without_sound = 0
    try:
        private_folder(folder)
        for one in labelled(store):
            name = f"{one.call_id}-{one.utterance_id}.wav"
            if _cut(store, config.recordings_path, one, folder / name):
                # Each call is a speaker: who calls twice counts as two, and nobody is named.
                row = {"path": name, "corpus": "own", "speaker": one.call_id, "gender": "", "emotion": one.emotion}
                rows.append(row)
            else:
                without_sound += 1
        private_file(folder / MANIFEST)
        with (folder / MANIFEST).open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, _COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise CallCentreError(
            "review.folder", f"The folder {folder} cannot be written: {error.strerror}.", fault="operator"
        ) from error
    finally:
        store.close()
    print(f"{len(rows)} utterances of {len({row['speaker'] for row in rows})} calls are in {folder / MANIFEST}.")
    if without_sound:
        print(f"{without_sound} more have no recording any more.", file=sys.stderr)
    print(f'Train with: python -m bench.train_emotion --manifest {folder / MANIFEST} --corpus "" --out WEIGHTS')
    print('and use the weights with [models] emotion = "WEIGHTS". They hold callers\' voices: delete them when done.')
    return 0


def _cut(store: EventStore, recordings: Path, one: Labelled, to: Path) -> bool:
    """Write the caller's side of an utterance; False without a recording of it."""
    import soundfile

    files = [event.body.file for event in store.read("call", one.call_id) if isinstance(event.body, RecordingStarted)]
    for name in files:
        path = recordings / Path(name).name
        if not path.is_file():
            continue
        with soundfile.SoundFile(path) as sound:
            start = one.start_ms * sound.samplerate // 1000
            if start >= sound.frames:
                continue
            sound.seek(start)
            stereo = sound.read((one.end_ms - one.start_ms) * sound.samplerate // 1000, dtype="int16", always_2d=True)
        if stereo.size and stereo[:, 0].any():
            private_file(to)
            soundfile.write(to, stereo[:, 0], sound.samplerate, subtype="PCM_16", format="WAV")
            return True
    return False
