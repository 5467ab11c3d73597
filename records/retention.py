"""Retention: what is older than the house rule allows loses its personal fields and its recording. The facts stay."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from records import schema
from records.attachments import attachments_beside, delete_older
from records.erasure import erase_streams
from records.rows import utc_text
from records.store import EventStore

logger = logging.getLogger(__name__)

AT_ONCE = 500
"""Subjects in one transaction, so that calls are not kept waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """What one run removed."""

    subjects: int
    recordings: int


def apply_retention(store: EventStore, recordings: Path, *, days: int, now_utc: datetime) -> Retained:
    """Destroy keys and recordings of calls and conversations that are older than `days`. Blocking; run it daily.

    A call counts from its end; a call that goes on, from its beginning.

    Raises:
        OSError: a file could not be deleted; everything else was done.
    """
    before = utc_text(now_utc - timedelta(days=days))
    subjects, files = 0, 0
    while True:
        old = _old_subjects(store, before)
        if not old:
            break
        done = erase_streams(store, old, now_utc, recordings=recordings)
        subjects += len(done.subjects)
        files += len(done.recordings)
        if len(done.subjects) < len(old):
            break
    too_old_s = (now_utc - timedelta(days=days)).timestamp()
    delete_older(attachments_beside(recordings), too_old_s)
    files += _old_files(recordings, too_old_s)
    if subjects or files:
        logger.info("retention: %d subjects and %d recordings removed", subjects, files)
    return Retained(subjects=subjects, recordings=files)


def _old_subjects(store: EventStore, before: str) -> list[str]:
    streams, keys = schema.streams, schema.keys
    since = sa.func.coalesce(streams.c.closed_at_utc, streams.c.opened_at_utc)
    query = (
        sa.select(keys.c.subject)
        .join(streams, streams.c.subject == keys.c.subject)
        .where(streams.c.kind.in_(("call", "conversation")), since < before, keys.c.wrapped.is_not(None))
        .limit(AT_ONCE)
    )
    with store.engine.connect() as connection:
        return list(connection.execute(query).scalars())


def _old_files(recordings: Path, before: float) -> int:
    """Delete recordings that no stream names any more, by the time of their last change.

    Raises:
        OSError: one could not be deleted; the others are.
    """
    if not recordings.is_dir():
        return 0
    old = [path for path in recordings.glob("*.wav") if path.stat().st_mtime < before]
    failed: OSError | None = None
    for path in old:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            failed = error
    if failed is not None:
        raise failed
    return len(old)
