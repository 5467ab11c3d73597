"""Erases a person everywhere: joined records, calls, conversations, cases, sound, and what finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from calls.errors import CallCentreError
from calls.ids import CustomerId
from customers.store import CustomerStore
from customers.upkeep import Upkeep
from records.erasure import Erasure, erase_person, erase_streams, note_erasure
from records.store import EventStore
from service.config import Config
from service.speech_cache import forget_spoken, speech_folder

_SPOKEN_LATER = timedelta(minutes=1)
"""A sentence may be written to the cache, or touched, a little after the last fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What went."""

    records: int
    calls: int
    conversations: int
    recordings: int
    noted_as: str
    """Name of the stream that says that it was done."""


def erase_customer(
    config: Config, facts: EventStore, customers: CustomerStore, customer_id: CustomerId, now_utc: datetime
) -> Erased:
    """Erase the person whose record this is.

    Raises:
        CallCentreError: `customer.unknown`; `erasure.not_done` when a file cannot be written.
    """
    subjects = Upkeep(facts, customers).subjects_of(customer_id)
    person = customers.person(customer_id)
    if not subjects or person is None:
        raise CallCentreError(
            "customer.unknown", "There is no such customer record, or the person was erased.", fault="user"
        )
    calls = [contact.id for contact in person.contacts if contact.kind == "call"]
    spans = [
        (events[0].at_utc, events[-1].at_utc + _SPOKEN_LATER) for name in calls if (events := facts.read("call", name))
    ]
    erasure = _erase(config, facts, subjects, now_utc)
    forget_spoken(speech_folder(config), spans)
    return Erased(
        records=len(subjects),
        calls=_count(erasure.subjects, "call"),
        conversations=_count(erasure.subjects, "conversation"),
        recordings=len(erasure.recordings),
        noted_as=note_erasure(facts, calls, erasure, now_utc),
    )


def _erase(config: Config, facts: EventStore, subjects: Sequence[str], now_utc: datetime) -> Erasure:
    try:
        return erase_person(facts, subjects, now_utc, data_dir=config.data_path, recordings=config.recordings_path)
    except OSError as error:
        raise CallCentreError(
            "erasure.not_done",
            f"The journal or a recording in {config.data_path} cannot be written: {error.strerror}. Not everything was "
            "erased; mend it and try again.",
            fault="operator",
        ) from error


def forget_idle(config: Config, facts: EventStore, customers: CustomerStore, now_utc: datetime) -> int:
    """Erase everybody with whom nothing happened for `[customers] retention_days`; return how many persons."""
    upkeep, done = Upkeep(facts, customers), 0
    while idle := upkeep.idle(now_utc, config.customers.retention_days):
        subjects = [subject for customer_id in idle for subject in upkeep.subjects_of(customer_id)]
        erase_streams(facts, subjects, now_utc, recordings=config.recordings_path)  # a restored backup is cleaned anew
        done += len(idle)
    return done


def _count(subjects: Sequence[str], kind: str) -> int:
    return sum(subject.startswith(f"{kind}:") for subject in subjects)
