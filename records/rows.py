"""Facts and streams as rows of the database and back; personal fields are sealed and opened on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from calls import codec
from calls.errors import CallCentreError
from calls.events import Event, StreamKind
from records.keys import SubjectKey, open_body, seal_body


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """One row of the list of streams."""

    kind: StreamKind
    stream_id: str
    subject: str
    last_seq: int
    owner: str | None
    opened_at_utc: datetime
    closed_at_utc: datetime | None
    """When a call ended; None while it goes on, and for streams that never close."""


def utc_text(at: datetime) -> str:
    """Return an aware time as the log stores it: ISO 8601 in UTC with microseconds, sortable as text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def utc_time(text: str) -> datetime:
    """Read what `utc_text` wrote."""
    return datetime.fromisoformat(text)


def place_of(kind: str, stream_id: str, seq: int) -> str:
    """Name the place of a fact, to which its encrypted fields are bound."""
    return f"{kind}/{stream_id}/{seq}"


def row_of(event: Event, subject: str, key: SubjectKey | None) -> dict[str, Any]:
    """Return the row of a fact, its personal fields sealed with the key of its subject, or gone without one."""
    return {
        "stream_kind": event.stream_kind,
        "stream_id": event.stream_id,
        "seq": event.seq,
        "at_utc": utc_text(event.at_utc),
        "t_ms": event.t_ms,
        "source": event.source,
        "schema_version": event.schema_version,
        "type": event.body.type,
        "subject": subject,
        "body": seal_body(codec.to_json(event.body), key, place_of(event.stream_kind, event.stream_id, event.seq)),
    }


def event_of(row: Any, key: SubjectKey | None) -> Event:
    """Return the fact of a row, its personal fields readable or `[erased]`."""
    body = open_body(row.body, key, place_of(row.stream_kind, row.stream_id, row.seq))
    return Event(
        stream_kind=row.stream_kind,
        stream_id=row.stream_id,
        seq=row.seq,
        at_utc=utc_time(row.at_utc),
        t_ms=row.t_ms,
        source=row.source,
        schema_version=row.schema_version,
        body=codec.body_from_json(body),
    )


def info_of(row: Any) -> StreamInfo:
    """Return what a row of `streams` says."""
    return StreamInfo(
        kind=row.kind,
        stream_id=row.stream_id,
        subject=row.subject,
        last_seq=row.last_seq,
        owner=row.owner,
        opened_at_utc=utc_time(row.opened_at_utc),
        closed_at_utc=utc_time(row.closed_at_utc) if row.closed_at_utc else None,
    )


def conflict(kind: str, stream_id: str) -> CallCentreError:
    """Return the error of a second writer."""
    return CallCentreError(
        "stream.conflict",
        f"Another process writes the stream {kind}/{stream_id}, or it has ended; nothing was appended.",
        fault="us",
    )
