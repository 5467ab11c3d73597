"""What the queue keeps beside the log: who waits, and which calls back are owed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "desk_waiting",
        sa.Column("contact_id", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("skills", sa.Text, nullable=False),
        sa.Column("vip", sa.Boolean, nullable=False),
        sa.Column("since_utc", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
    )
    op.create_table(
        "desk_callbacks",
        sa.Column("callback_id", sa.String(64), primary_key=True),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("skills", sa.Text, nullable=False),
        sa.Column("vip", sa.Boolean, nullable=False),
        sa.Column("since_utc", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("not_before_utc", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("owner", sa.String(64)),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("desk_callbacks")
    op.drop_table("desk_waiting")
