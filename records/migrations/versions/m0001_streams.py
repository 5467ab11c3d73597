"""Streams, events, keys and owners."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "streams",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("stream_id", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(96), nullable=False),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(64)),
        sa.Column("opened_at_utc", sa.String(32), nullable=False),
        sa.Column("closed_at_utc", sa.String(32)),
    )
    op.create_index("ix_streams_subject", "streams", ["subject"])
    op.create_index("ix_streams_opened_at_utc", "streams", ["opened_at_utc"])
    op.create_table(
        "events",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("stream_kind", sa.String(16), nullable=False),
        sa.Column("stream_id", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at_utc", sa.String(32), nullable=False),
        sa.Column("t_ms", sa.Integer),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("schema_version", sa.Integer, nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(96), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.UniqueConstraint("stream_kind", "stream_id", "seq", name="events_dense"),
    )
    op.create_index("events_by_type", "events", ["type", "at_utc"])
    op.create_table(
        "keys",
        sa.Column("subject", sa.String(96), primary_key=True),
        sa.Column("person", sa.String(96)),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("created_at_utc", sa.String(32), nullable=False),
        sa.Column("destroyed_at_utc", sa.String(32)),
    )
    op.create_index("ix_keys_person", "keys", ["person"])
    op.create_table(
        "owners",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("host", sa.String(96), nullable=False),
        sa.Column("process", sa.String(96), nullable=False),
        sa.Column("renewed_at_utc", sa.String(32), nullable=False),
    )


def downgrade() -> None:
    """Remove the tables and everything in them."""
    for table in ("owners", "keys", "events", "streams"):
        op.drop_table(table)
