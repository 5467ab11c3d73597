"""Rewrites stored facts that held a part of a secret; see `records.withdrawal`."""

from __future__ import annotations

import sqlalchemy as sa

from calls import codec
from calls.events import Event, SecretWithdrawn
from records import schema
from records.keys import SubjectKey, open_body, seal_body
from records.rows import place_of
from records.withdrawal import withdrawn


def withdraw_rows(connection: sa.Connection, event: Event, key: SubjectKey | None) -> None:
    """Rewrite the facts that a `SecretWithdrawn` names, in its transaction; without a key nothing of them is left."""
    if not isinstance(event.body, SecretWithdrawn) or key is None:
        return
    table = schema.events
    ours = (table.c.stream_kind == event.stream_kind) & (table.c.stream_id == event.stream_id)
    for row in connection.execute(sa.select(table).where(ours, table.c.seq.in_(event.body.seqs))).all():
        place = place_of(row.stream_kind, row.stream_id, row.seq)
        left = withdrawn(codec.body_from_json(open_body(row.body, key, place)))
        sealed = seal_body(codec.to_json(left), key, place)
        connection.execute(sa.update(table).where(ours, table.c.seq == row.seq).values(body=sealed))
