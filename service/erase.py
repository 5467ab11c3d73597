"""`warmline erase`: shows what is kept of a person, asks, and erases it."""
# ruff: noqa: T201 -- a command line prints

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from calls.errors import CallCentreError
from calls.events import PersonErased
from records.erasure import erase_person, note_erasure
from records.persons import HowKnown, PersonalCall, call_of, calls_of, conversations_of
from records.store import EventStore
from service.call_store import open_store
from service.clock import SystemClock
from service.config import Config, load_config
from service.customers.open_records import customer_store, upkeep_of
from service.numbers import one_number, readings, shown
from service.speech_cache import forget_spoken, speech_folder

_HOW: dict[HowKnown, str] = {
    "called": "called from it",
    "callback": "left it for a callback",
    "given": "gave it as an answer",
}
_SPOKEN_LATER = timedelta(minutes=1)
"""A sentence may be written to the cache, or touched, a little after the last fact."""


def erase(config_file: Path | None, *, number: str | None, call: str | None, yes: bool) -> int:
    """Erase the person with this number, or one call; return the exit code.

    Raises:
        CallCentreError: `number.*`, or the database cannot be used.
    """
    config = load_config(config_file).config
    wanted = one_number(number) if number is not None else None
    store = open_store(config)
    try:
        found = calls_of(store, _is(wanted)) if wanted is not None else [*filter(None, [call_of(store, call or "")])]
        records = _records_of(config, store, wanted) if wanted is not None else []
        written = conversations_of(store, _is(wanted)) if wanted is not None else []
        if not found and not records and not written:
            print(f"warmline: {_nothing(wanted, call)}", file=sys.stderr)
            return 1
        _show(found, wanted, config.recordings_path, records=len(records), written=len(written))
        if not yes and not _agreed():
            print("Nothing was erased.", file=sys.stderr)
            return 1
        _carry_out(config, store, found, records, written)
    finally:
        store.close()
    return 0


def history(config_file: Path | None) -> int:
    """List the erasures that were done."""
    store = open_store(load_config(config_file).config)
    try:
        facts = list(store.scan(("person_erased",)))
    finally:
        store.close()
    for fact in facts:
        if isinstance(fact.body, PersonErased):
            files = _count(fact.body.recordings, "recording")
            calls = _count(len(fact.body.calls), "call")
            print(f"{fact.at_utc:%Y-%m-%d %H:%M:%S}  {fact.stream_id}  {calls}, {files}: {' '.join(fact.body.calls)}")
    if not facts:
        print("Nothing was erased yet.")
    return 0


def _records_of(config: Config, store: EventStore, number: str) -> list[str]:
    """Return the subjects of the customer records of the one person who has a number; of several, none."""
    customers = customer_store(store, SystemClock(), config)
    people = customers.persons_with("phone", number)
    if len(people) > 1:
        print(
            f"The number is in the records of {len(people)} persons, which stay: {' '.join(people)}. Erase those that "
            "are meant by `warmline customer erase ID`.",
            file=sys.stderr,
        )
        return []
    return [subject for person in people for subject in upkeep_of(store, customers).subjects_of(person)]


def _is(number: str) -> Callable[[str], bool]:
    return lambda text: number in readings(text)


def _nothing(number: str | None, call: str | None) -> str:
    if number is None:
        return f"There is no call {call}, or it was erased already; `warmline replay` lists the newest."
    return f"No call is known of {shown(number)}: nobody called from it, left it or gave it, or it was erased already."


def _show(found: Sequence[PersonalCall], number: str | None, recordings: Path, *, records: int, written: int) -> None:
    print(f"Of {shown(number) if number else f'the call {found[0].call_id}'} these will go for ever:")
    files = 0
    for item in found:
        present = [recordings / Path(name).name for name in item.recordings]
        present = [path for path in present if path.exists()]
        files += len(present)
        size = sum(path.stat().st_size for path in present) / 1e6
        sound = f"{_count(len(present), 'recording')} of {size:.1f} MB" if present else "no recording"
        how = f"  {_HOW[item.how]}" if number else ""
        now = ", still going on: what is said from now on is not kept" if item.going_on else ""
        said = _count(item.words, "word")
        print(f"  {item.call_id}  {item.began_utc:%Y-%m-%d %H:%M}{how}: {said}, {sound}{now}")
    words = sum(item.words for item in found)
    total = f"{_count(len(found), 'call')} with {_count(words, 'word')} and {_count(files, 'recording')}"
    if records:
        print(f"  {_count(records, 'customer record')} with all that is linked: contacts, notes, cases")
    if written:
        print(f"  {_count(written, 'conversation')} in writing with all messages and files")
    print(f"Together {total}, and every number, name and brief in them. Times, acts and estimates stay.")


def _agreed() -> bool:
    try:
        return input("Erase this for ever? Type yes: ").strip().lower() in ("yes", "sí", "si")
    except EOFError:
        print("\nNobody can be asked here; --yes erases without asking.", file=sys.stderr)
        return False


def _carry_out(
    config: Config,
    store: EventStore,
    found: Sequence[PersonalCall],
    records: Sequence[str],
    written: Sequence[str],
) -> None:
    now_utc = SystemClock().now_utc()
    names = [*(f"call:{item.call_id}" for item in found), *(f"conversation:{name}" for name in written), *records]
    try:
        erasure = erase_person(store, names, now_utc, data_dir=config.data_path, recordings=config.recordings_path)
    except OSError as error:
        raise CallCentreError(
            "erasure.not_done",
            f"The journal or a recording in {config.data_path} cannot be written: {error.strerror}. Not everything was "
            "erased; mend it and run the command again.",
            fault="operator",
        ) from error
    spans = [(item.began_utc, (now_utc if item.going_on else item.last_utc) + _SPOKEN_LATER) for item in found]
    linked = (name.partition(":")[2] for name in erasure.subjects if name.startswith("call:"))
    spans += [
        (events[0].at_utc, events[-1].at_utc + _SPOKEN_LATER) for name in linked if (events := store.read("call", name))
    ]
    forget_spoken(speech_folder(config), spans)
    stream_id = note_erasure(store, [str(item.call_id) for item in found], erasure, now_utc)
    calls = _count(sum(subject.startswith("call:") for subject in erasure.subjects), "call")
    texts = sum(subject.startswith("conversation:") for subject in erasure.subjects)
    gone = f"{calls}, {_count(len(records), 'customer record')}" if records else calls
    gone += f", {_count(texts, 'conversation')}" if texts else ""
    print(f"Erased: {gone} and {_count(len(erasure.recordings), 'recording')}. Written down as {stream_id}.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
