"""Members of staff, their sessions, and what they have begun to write."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "staff_accounts",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password_hash", sa.String(256), nullable=False),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sa.Column("profile", sa.LargeBinary, nullable=False),
        sa.Column("created_at_utc", sa.String(32), nullable=False),
        sa.Column("password_at_utc", sa.String(32), nullable=False),
        sa.Column("removed_at_utc", sa.String(32)),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("mark", sa.String(64), primary_key=True),
        sa.Column("member", sa.String(32), nullable=False),
        sa.Column("opened_at_utc", sa.String(32), nullable=False),
        sa.Column("ends_at_utc", sa.String(32), nullable=False),
    )
    op.create_index("ix_staff_sessions_member", "staff_sessions", ["member"])
    op.create_index("ix_staff_sessions_ends_at_utc", "staff_sessions", ["ends_at_utc"])
    op.create_table(
        "staff_attempts",
        sa.Column("mark", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_staff_attempts_last_ms", "staff_attempts", ["last_ms"])
    op.create_table(
        "staff_drafts",
        sa.Column("member", sa.String(32), primary_key=True),
        sa.Column("contact_id", sa.String(64), primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("saved_at_utc", sa.String(32), nullable=False),
    )
    op.create_index("ix_staff_drafts_saved_at_utc", "staff_drafts", ["saved_at_utc"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("staff_drafts")
    op.drop_table("staff_attempts")
    op.drop_table("staff_sessions")
    op.drop_table("staff_accounts")
