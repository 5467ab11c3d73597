"""Where phones are registered, and how many calls went out today."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "phone_bindings",
        sa.Column("phone", sa.String(64), primary_key=True),
        sa.Column("place", sa.String(64), primary_key=True),
        sa.Column("contact", sa.Text, nullable=False),
        sa.Column("q", sa.Integer, nullable=False),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("cseq", sa.Integer, nullable=False),
        sa.Column("registered_at_utc", sa.String(32), nullable=False),
        sa.Column("expires_at_utc", sa.String(32), nullable=False),
        sa.Column("transport", sa.String(8), nullable=False),
        sa.Column("host", sa.String(64), nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("connection", sa.Integer, nullable=False),
        sa.Column("behind_nat", sa.Boolean, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("route", sa.String(96), nullable=False),
        sa.Column("user_agent", sa.String(128), nullable=False),
    )
    op.create_index("ix_phone_bindings_expires_at_utc", "phone_bindings", ["expires_at_utc"])
    op.create_table(
        "outbound_counts",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("mark", sa.String(64), primary_key=True),
        sa.Column("calls", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Remove both tables."""
    op.drop_table("outbound_counts")
    op.drop_table("phone_bindings")
