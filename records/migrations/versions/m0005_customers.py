"""What finds customers: identifiers, joins, contacts, cases, the timeline, the search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = (
    "customers",
    "customer_identifiers",
    "customer_joins",
    "customer_contacts",
    "customer_cases",
    "customer_case_contacts",
    "customer_timeline",
    "customer_words",
    "customer_progress",
)


def upgrade() -> None:
    """Make the tables."""
    _make_people()
    _make_matters()
    op.create_table(
        "customer_words",
        sa.Column("word", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("person_id", sa.String(64), primary_key=True),
        sa.Column("source", sa.String(96), primary_key=True),
        sa.Column("customer_id", sa.String(64), nullable=False),
        sa.Column("at_s", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_customer_words_newest", "customer_words", ["word", "at_s", "person_id"])
    op.create_index("ix_customer_words_source", "customer_words", ["source"])
    op.create_index("ix_customer_words_customer", "customer_words", ["customer_id"])
    op.create_table(
        "customer_progress",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )


def _make_people() -> None:
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.String(64), primary_key=True),
        sa.Column("person_id", sa.String(64), nullable=False),
        sa.Column("opened_at_utc", sa.String(32), nullable=False),
        sa.Column("changed_at_utc", sa.String(32), nullable=False),
    )
    op.create_index("ix_customers_person_id", "customers", ["person_id"])
    op.create_index("ix_customers_changed_at_utc", "customers", ["changed_at_utc"])
    op.create_table(
        "customer_identifiers",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("mark", sa.String(64), primary_key=True),
        sa.Column("customer_id", sa.String(64), primary_key=True),
        sa.Column("evidence", sa.String(16), nullable=False),
        sa.Column("at_utc", sa.String(32), nullable=False),
    )
    op.create_index("ix_customer_identifiers_customer_id", "customer_identifiers", ["customer_id"])
    op.create_table(
        "customer_joins",
        sa.Column("join_id", sa.String(64), primary_key=True),
        sa.Column("one", sa.String(64), nullable=False),
        sa.Column("other", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("at_utc", sa.String(32), nullable=False),
    )
    for column in ("one", "other", "state"):
        op.create_index(f"ix_customer_joins_{column}", "customer_joins", [column])


def _make_matters() -> None:
    op.create_table(
        "customer_contacts",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("contact_id", sa.String(64), primary_key=True),
        sa.Column("customer_id", sa.String(64), nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
    )
    op.create_index("ix_customer_contacts_customer_id", "customer_contacts", ["customer_id"])
    op.create_table(
        "customer_cases",
        sa.Column("case_id", sa.String(64), primary_key=True),
        sa.Column("customer_id", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(96), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("changed_at_utc", sa.String(32), nullable=False),
    )
    op.create_index("ix_customer_cases_customer_id", "customer_cases", ["customer_id"])
    op.create_table(
        "customer_case_contacts",
        sa.Column("case_id", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("contact_id", sa.String(64), primary_key=True),
    )
    op.create_index("ix_customer_case_contacts_contact", "customer_case_contacts", ["kind", "contact_id"])
    op.create_table(
        "customer_timeline",
        sa.Column("stream_kind", sa.String(16), primary_key=True),
        sa.Column("stream_id", sa.String(64), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("customer_id", sa.String(64), nullable=False),
        sa.Column("at_utc", sa.String(32), nullable=False),
    )
    op.create_index("ix_customer_timeline_at", "customer_timeline", ["customer_id", "at_utc"])


def downgrade() -> None:
    """Remove them."""
    for table in reversed(TABLES):
        op.drop_table(table)
