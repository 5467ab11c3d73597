"""What was changed on a person's records and cases: who did it, when, and what; made of the facts alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from calls.customer_events import (
    CaseContactAdded,
    CaseNoted,
    CaseOpened,
    CaseStatusSet,
    ContactConsentSet,
    ContactLinked,
    ContactUnlinked,
    CustomerNamed,
    CustomerOpened,
    CustomersJoined,
    CustomersParted,
    IdentifierAdded,
    IdentifierRemoved,
    JoinDismissed,
    NoteWritten,
    PreferenceSet,
)
from calls.events import Event, StreamKind

TEXT_SIGNS = 160
"""Longest text: two lines on a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change."""

    at_utc: datetime
    what: str
    """Type of the fact."""
    by: str
    """A member of staff, or the part of the program that did it."""
    code: str
    """What of it, as a stable word: kind of an identifier, name of a wish, status of a case; empty for nothing."""
    text: str
    """The new value, or the words."""
    stream_kind: StreamKind
    stream_id: str
    """The customer record or the case."""
    seq: int
    """Number of the fact in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesPage:
    """Some changes, newest first."""

    items: tuple[Change, ...]
    next: str
    """Where the next older ones begin; empty when there are none."""


def changes_of(events: Iterable[Event]) -> list[Change]:
    """Return the changes among facts of customer records and cases, newest first."""
    found = [change for change in map(_change, events) if change is not None]
    return sorted(found, key=_place, reverse=True)


def page_of(changes: Sequence[Change], before: str, limit: int) -> ChangesPage:
    """Return a piece of what `changes_of` found.

    Args:
        changes: All of them, newest first.
        before: `next` of the piece before; empty, or what is no such thing, for the first.
        limit: Its most lines.
    """
    after = _place_from(before)
    rest = [each for each in changes if after is None or _place(each) < after]
    shown = tuple(rest[:limit])
    if len(rest) <= limit:
        return ChangesPage(items=shown, next="")
    at_utc, kind, stream_id, seq = _place(shown[-1])
    return ChangesPage(items=shown, next=f"{at_utc.isoformat()}|{kind}/{stream_id}/{seq}")


def _place(change: Change) -> tuple[datetime, str, str, int]:
    return change.at_utc, change.stream_kind, change.stream_id, change.seq


def _place_from(text: str) -> tuple[datetime, str, str, int] | None:
    at, _, place = text.partition("|")
    kind, _, rest = place.partition("/")
    stream_id, _, seq = rest.rpartition("/")
    try:
        at_utc = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (at_utc, kind, stream_id, int(seq)) if at_utc.tzinfo is not None and seq.isdecimal() else None


def _change(event: Event) -> Change | None:
    told = _told(event)
    if told is None:
        return None
    by, code, text = told
    return Change(
        at_utc=event.at_utc,
        what=event.body.type,
        by=by,
        code=code,
        text=" ".join(text.split())[:TEXT_SIGNS],
        stream_kind=event.stream_kind,
        stream_id=event.stream_id,
        seq=event.seq,
    )


def _told(event: Event) -> tuple[str, str, str] | None:
    """Return who, a code and a text; None for facts that change nothing of a record."""
    match event.body:
        case CustomerOpened(source=source, name=name, by=by):
            return by or source, "", name
        case IdentifierAdded(by=by, kind=kind, value=value) | IdentifierRemoved(by=by, kind=kind, value=value):
            return by, kind, value
        case CustomerNamed(by=by, name=name):
            return by, "", name
        case CustomersJoined(by=by, other=other):
            return by, "", other
        case CustomersParted(by=by, other=other) | JoinDismissed(by=by, other=other):
            return by, "", other
        case (
            ContactLinked(by=by, contact_kind=kind, contact_id=name)
            | ContactUnlinked(by=by, contact_kind=kind, contact_id=name)
        ):
            return by, kind, name
        case PreferenceSet(by=by, name=name, value=value):
            return by, name, value
        case ContactConsentSet(by=by, purpose=purpose, channel=channel, given=given):
            return by, "given" if given else "refused", f"{purpose}, {channel}"
        case NoteWritten(by=by, text=text):
            return by, "", text
        case _:
            return _told_of_case(event)


def _told_of_case(event: Event) -> tuple[str, str, str] | None:
    match event.body:
        case CaseOpened(by=by, subject=subject):
            return by, "", subject
        case CaseContactAdded(by=by, contact_kind=kind, contact_id=name):
            return by, kind, name
        case CaseStatusSet(by=by, status=status, reason=reason):
            return by, status, reason
        case CaseNoted(by=by, text=text):
            return by, "", text
        case _:
            return None
