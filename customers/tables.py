"""The tables by which customers are found. All of them follow from the facts and can be made anew; ADR 17.

No table holds a name, a number or a word in clear: identifiers and words stand as keyed marks, texts are read from the
facts. What is in clear: ids, times, kinds, states, topics of articles, scores.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

customers = sa.Table(
    "customers",
    metadata,
    sa.Column("customer_id", sa.String(64), primary_key=True),
    sa.Column("person_id", sa.String(64), nullable=False, index=True),  # the person's oldest record
    sa.Column("opened_at_utc", sa.String(32), nullable=False),
    sa.Column("changed_at_utc", sa.String(32), nullable=False, index=True),
)
"""One row a record that was not erased."""

identifiers = sa.Table(
    "customer_identifiers",
    metadata,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("mark", sa.String(64), primary_key=True),  # stands for the value
    sa.Column("customer_id", sa.String(64), primary_key=True, index=True),
    sa.Column("evidence", sa.String(16), nullable=False),
    sa.Column("at_utc", sa.String(32), nullable=False),
)
"""One row an identifier of a record."""

joins = sa.Table(
    "customer_joins",
    metadata,
    sa.Column("join_id", sa.String(64), primary_key=True),
    sa.Column("one", sa.String(64), nullable=False, index=True),  # in whose stream it stands
    sa.Column("other", sa.String(64), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),  # proposed, dismissed, joined or parted
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("at_utc", sa.String(32), nullable=False),
)
"""One row a pair that was proposed or joined, and what became of it."""

contacts = sa.Table(
    "customer_contacts",
    metadata,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("contact_id", sa.String(64), primary_key=True),
    sa.Column("customer_id", sa.String(64), nullable=False, index=True),
    sa.Column("confidence", sa.Float, nullable=False),
)
"""One row a call or conversation: it is of one record at most."""

cases = sa.Table(
    "customer_cases",
    metadata,
    sa.Column("case_id", sa.String(64), primary_key=True),
    sa.Column("customer_id", sa.String(64), nullable=False, index=True),
    sa.Column("topic", sa.String(96), nullable=False),
    sa.Column("status", sa.String(24), nullable=False),
    sa.Column("changed_at_utc", sa.String(32), nullable=False),
)
"""One row a case."""

case_contacts = sa.Table(
    "customer_case_contacts",
    metadata,
    sa.Column("case_id", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("contact_id", sa.String(64), primary_key=True),
    sa.Index("ix_customer_case_contacts_contact", "kind", "contact_id"),
)
"""Which contacts are about which case."""

timeline = sa.Table(
    "customer_timeline",
    metadata,
    sa.Column("stream_kind", sa.String(16), primary_key=True),
    sa.Column("stream_id", sa.String(64), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),  # 0 for a whole contact
    sa.Column("customer_id", sa.String(64), nullable=False),
    sa.Column("at_utc", sa.String(32), nullable=False),
    sa.Index("ix_customer_timeline_at", "customer_id", "at_utc"),
)
"""One row a line of the timeline: where its facts are."""

words = sa.Table(
    "customer_words",
    metadata,
    sa.Column("word", sa.BigInteger, primary_key=True, autoincrement=False),  # 63 bits of the word's mark
    sa.Column("person_id", sa.String(64), primary_key=True),  # as in `customers`, so that no join is needed to search
    sa.Column("source", sa.String(96), primary_key=True),  # the subject whose key the text is encrypted with
    sa.Column("customer_id", sa.String(64), nullable=False),
    sa.Column("at_s", sa.BigInteger, nullable=False),  # seconds since 1970
    sa.Index("ix_customer_words_newest", "word", "at_s", "person_id"),
    sa.Index("ix_customer_words_source", "source"),
    sa.Index("ix_customer_words_customer", "customer_id"),
    sqlite_with_rowid=False,
)
"""One row a word of a text. It goes with the key of the text."""

progress = sa.Table(
    "customer_progress",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
)
"""How far the call log was looked through for words."""
