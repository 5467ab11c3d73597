"""What text channels keep beside the log: where each conversation stands, and which messages are known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "conversations",
        sa.Column("conversation_id", sa.String(64), primary_key=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("address_mark", sa.String(64), nullable=False),
        sa.Column("answering", sa.String(16), nullable=False),
        sa.Column("staff_owed", sa.Boolean, nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("opened_at_utc", sa.String(32), nullable=False),
        sa.Column("last_at_utc", sa.String(32), nullable=False),
        sa.Column("due_at_utc", sa.String(32)),
    )
    op.create_index("ix_conversations_address", "conversations", ["address_mark", "last_at_utc"])
    op.create_index("ix_conversations_last", "conversations", ["last_at_utc"])
    op.create_index("ix_conversations_owed", "conversations", ["staff_owed", "last_at_utc"])
    op.create_index("ix_conversations_due", "conversations", ["due_at_utc"])
    op.create_table(
        "conversation_messages",
        sa.Column("mark", sa.String(64), primary_key=True),
        sa.Column("conversation_id", sa.String(64), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("written", sa.Boolean, nullable=False),
    )
    op.create_index("ix_conversation_messages_conversation", "conversation_messages", ["conversation_id"])
    op.create_table(
        "channel_places",
        sa.Column("reader", sa.String(96), primary_key=True),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("reached", sa.BigInteger, nullable=False),
        sa.Column("moved_at_utc", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(64)),
        sa.Column("until_utc", sa.String(32)),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("conversation_messages")
    op.drop_table("conversations")
    op.drop_table("channel_places")
