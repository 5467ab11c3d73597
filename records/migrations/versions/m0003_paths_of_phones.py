"""Through which proxies phones are called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; phones that stand were registered without a proxy that says so."""
    op.add_column("phone_bindings", sa.Column("path", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Remove it."""
    with op.batch_alter_table("phone_bindings") as table:
        table.drop_column("path")
