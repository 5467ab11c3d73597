"""How far each nonce of a phone was used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "nonce_counts",
        sa.Column("nonce", sa.String(64), primary_key=True),
        sa.Column("issued_ms", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_nonce_counts_issued_ms", "nonce_counts", ["issued_ms"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("nonce_counts")
