"""What the call log holds of one person, found by their telephone number: it stands encrypted, so all is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from calls.conversation_events import ConversationOpened
from calls.events import (
    CallbackBooked,
    CallerReplaced,
    CallOffered,
    Event,
    RecordingStarted,
    SlotFilled,
    UtteranceHeard,
)
from calls.ids import CallId
from records.keys import ERASED
from records.reader import EventReader

HowKnown = Literal["called", "callback", "given"]
"""They called from the number, left it for a callback, or said it in answer to a question."""

_HOW: tuple[tuple[type, str, HowKnown], ...] = (
    (CallOffered, "caller", "called"),
    (CallerReplaced, "caller", "called"),
    (CallbackBooked, "number", "callback"),
    (SlotFilled, "value", "given"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalCall:
    """One call of a person."""

    call_id: CallId
    how: HowKnown
    """The first of the reasons that hold."""
    began_utc: datetime
    last_utc: datetime
    """Time of the newest fact."""
    going_on: bool
    words: int
    """How many words of the caller were kept."""
    recordings: tuple[str, ...]
    """File names."""


def calls_of(reader: EventReader, is_theirs: Callable[[str], bool]) -> list[PersonalCall]:
    """Return the calls of the person whose number `is_theirs` knows, oldest first. Erased ones are not found."""
    found: dict[str, HowKnown] = {}
    for event in reader.scan(("call_offered", "caller_replaced", "callback_booked", "slot_filled")):
        for kind, field, how in _HOW:
            if event.stream_kind == "call" and isinstance(event.body, kind) and is_theirs(getattr(event.body, field)):
                found.setdefault(str(event.stream_id), how)
    return [_personal(call_id, how, reader.read("call", call_id)) for call_id, how in found.items()]


def conversations_of(reader: EventReader, is_theirs: Callable[[str], bool]) -> list[str]:
    """Return the conversations (SMS, WhatsApp, chats …) with the person whose number `is_theirs` knows, oldest first.

    Their address is the number, or they gave it there.
    """
    found: dict[str, None] = {}
    for event in reader.scan(("conversation_opened", "callback_booked", "slot_filled")):
        given = {ConversationOpened: "address", CallbackBooked: "number", SlotFilled: "value"}.get(type(event.body))
        if event.stream_kind == "conversation" and given and is_theirs(getattr(event.body, given)):
            found[str(event.stream_id)] = None
    return list(found)


def call_of(reader: EventReader, call_id: str) -> PersonalCall | None:
    """Return one call, None when there is none or its key was destroyed."""
    events = reader.read("call", call_id)
    offered = next((event.body for event in events if isinstance(event.body, CallOffered)), None)
    if offered is None or offered.caller == ERASED:
        return None
    return _personal(call_id, "called", events)


def _personal(call_id: str, how: HowKnown, events: Sequence[Event]) -> PersonalCall:
    bodies = [event.body for event in events]
    return PersonalCall(
        call_id=CallId(call_id),
        how=how,
        began_utc=events[0].at_utc,
        last_utc=events[-1].at_utc,
        going_on=not any(body.type == "call_ended" for body in bodies),
        words=sum(len(body.words) for body in bodies if isinstance(body, UtteranceHeard) and body.member == "caller"),
        recordings=tuple(body.file for body in bodies if isinstance(body, RecordingStarted)),
    )
