"""The tables of the call log. Their history is in `records/migrations`; this is the newest form."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

streams = sa.Table(
    "streams",
    metadata,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("stream_id", sa.String(64), primary_key=True),
    sa.Column("subject", sa.String(96), nullable=False, index=True),  # whose key encrypts its personal fields
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(64)),  # the process that writes; null when nobody does
    sa.Column("opened_at_utc", sa.String(32), nullable=False, index=True),
    sa.Column("closed_at_utc", sa.String(32)),  # null while it goes on; only calls are closed
)
"""One row a stream. It says who may append and which number comes next."""

events = sa.Table(
    "events",
    metadata,
    sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("stream_kind", sa.String(16), nullable=False),
    sa.Column("stream_id", sa.String(64), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("at_utc", sa.String(32), nullable=False),  # ISO 8601 with microseconds, UTC: sorts as text
    sa.Column("t_ms", sa.Integer),
    sa.Column("source", sa.String(32), nullable=False),
    sa.Column("schema_version", sa.Integer, nullable=False),
    sa.Column("type", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(96), nullable=False),  # whose key its personal fields were encrypted with
    sa.Column("body", sa.JSON, nullable=False),
    sa.UniqueConstraint("stream_kind", "stream_id", "seq", name="events_dense"),
    sa.Index("events_by_type", "type", "at_utc"),
)
"""One row a fact; never deleted, and rewritten by `records.withdrawal_rows` alone, where a secret was known late."""

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("subject", sa.String(96), primary_key=True),
    sa.Column("person", sa.String(96), index=True),  # the customer that the subject turned out to be
    sa.Column("wrapped", sa.LargeBinary),  # the key under the master key; null once destroyed
    sa.Column("created_at_utc", sa.String(32), nullable=False),
    sa.Column("destroyed_at_utc", sa.String(32)),
)
"""One key a subject. Destroying it makes the subject's fields unreadable for ever."""

owners = sa.Table(
    "owners",
    metadata,
    sa.Column("owner", sa.String(64), primary_key=True),
    sa.Column("host", sa.String(96), nullable=False),
    sa.Column("process", sa.String(96), nullable=False),
    sa.Column("renewed_at_utc", sa.String(32), nullable=False),
)
"""Processes that write; one that stopped renewing is dead and its streams may be taken over."""

phone_bindings = sa.Table(
    "phone_bindings",
    metadata,
    sa.Column("phone", sa.String(64), primary_key=True),
    sa.Column("place", sa.String(64), primary_key=True),  # stands for the device, or for the address that it named
    sa.Column("contact", sa.Text, nullable=False),
    sa.Column("q", sa.Integer, nullable=False),  # thousandths
    sa.Column("call_id", sa.String(64), nullable=False),
    sa.Column("cseq", sa.Integer, nullable=False),
    sa.Column("registered_at_utc", sa.String(32), nullable=False),
    sa.Column("expires_at_utc", sa.String(32), nullable=False, index=True),
    sa.Column("transport", sa.String(8), nullable=False),
    sa.Column("host", sa.String(64), nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("connection", sa.Integer, nullable=False),  # of the owner; 0 for none
    sa.Column("behind_nat", sa.Boolean, nullable=False),
    sa.Column("owner", sa.String(64), nullable=False),  # the process that the phone registered at
    sa.Column("route", sa.String(96), nullable=False),  # and where that listens
    sa.Column("user_agent", sa.String(128), nullable=False),
    sa.Column("path", sa.Text, nullable=False, server_default=""),  # one line a proxy that calls visit first
)
"""One row a place where a phone of ours is reached. Rows that ran out are deleted."""

outbound_counts = sa.Table(
    "outbound_counts",
    metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("kind", sa.String(8), primary_key=True),
    sa.Column("mark", sa.String(64), primary_key=True),  # stands for a number; never the number itself
    sa.Column("calls", sa.Integer, nullable=False),
)
"""How often a number, a line and anybody was called today. Older days are deleted."""

nonce_counts = sa.Table(
    "nonce_counts",
    metadata,
    sa.Column("nonce", sa.String(64), primary_key=True),  # without its seal
    sa.Column("issued_ms", sa.BigInteger, nullable=False, index=True),  # on the clock of the database
    sa.Column("used", sa.BigInteger, nullable=False),  # the highest count
)
"""One row a nonce that a phone answered rightly. Rows older than a nonce lives are deleted."""
