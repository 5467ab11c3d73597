"""Finds conversations: by a message that was seen before, by who wrote, by what staff owe, by what is due.

Two tables beside the log, made again from it at any time; names and addresses stand in them as marks only
(`MasterKey.mark`). Everything here blocks; asyncio code calls it in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from calls.ids import ConversationId, MessageId
from channels.conversation import ConversationState

metadata = sa.MetaData()

_SUBJECT = "conversation:"
"""How the names of the subjects of conversations begin, in the log."""
_AT_ONCE = 500
"""Most names in one statement."""

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("conversation_id", sa.String(64), primary_key=True),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("provider", sa.String(64), nullable=False),
    sa.Column("address_mark", sa.String(64), nullable=False),  # stands for channel, provider and address
    sa.Column("answering", sa.String(16), nullable=False),
    sa.Column("staff_owed", sa.Boolean, nullable=False),
    sa.Column("agent", sa.String(64), nullable=False),
    sa.Column("queue", sa.String(64), nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("opened_at_utc", sa.String(32), nullable=False),
    sa.Column("last_at_utc", sa.String(32), nullable=False),
    sa.Column("due_at_utc", sa.String(32)),  # when the machine wants to be asked again; null for never
)
"""One row a conversation."""

messages = sa.Table(
    "conversation_messages",
    metadata,
    sa.Column("mark", sa.String(64), primary_key=True),  # stands for channel, provider and the provider's name
    sa.Column("conversation_id", sa.String(64), nullable=False),
    sa.Column("message_id", sa.String(64), nullable=False),
    sa.Column("written", sa.Boolean, nullable=False),  # false: claimed, the fact may be missing after a crash
)
"""One row a message whose provider gave it a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRow:
    """Where a conversation stands."""

    conversation_id: ConversationId
    channel: str
    provider: str
    answering: str
    staff_owed: bool
    agent: str
    queue: str
    language: str
    opened_at_utc: str
    last_at_utc: str


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A message that was seen before."""

    conversation_id: ConversationId
    message_id: MessageId
    written: bool


class ConversationIndex:
    """The two tables; its methods may be called from any thread."""

    def __init__(self, engine: sa.Engine, mark: Callable[[str, str], str]) -> None:
        """`mark(text, use)` is that of the master key."""
        self._engine = engine
        self._writes = engine.execution_options(writes=True)
        self._mark = mark

    def message(self, channel: str, provider: str, external_id: str) -> KnownMessage | None:
        """Return what is known of a provider's message."""
        query = sa.select(messages).where(messages.c.mark == self._message_mark(channel, provider, external_id))
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _known(row)

    def claim(
        self, channel: str, provider: str, external_id: str, conversation_id: ConversationId, message_id: MessageId
    ) -> KnownMessage | None:
        """Take a message as new; return what is known of it when somebody was quicker, else None."""
        row = {
            "mark": self._message_mark(channel, provider, external_id),
            "conversation_id": conversation_id,
            "message_id": message_id,
            "written": False,
        }
        try:
            with self._writes.begin() as connection:
                connection.execute(sa.insert(messages).values(row))
        except exc.IntegrityError:
            return self.message(channel, provider, external_id)
        return None

    def note(
        self, channel: str, provider: str, external_id: str, conversation_id: ConversationId, message_id: MessageId
    ) -> None:
        """Note the provider's name of a message that is in the log."""
        self.claim(channel, provider, external_id, conversation_id, message_id)
        mark = self._message_mark(channel, provider, external_id)
        with self._writes.begin() as connection:
            connection.execute(sa.update(messages).where(messages.c.mark == mark).values(written=True))

    def latest(self, channel: str, provider: str, address: str) -> ConversationId | None:
        """Return the newest conversation with an address."""
        query = (
            sa.select(conversations.c.conversation_id)
            .where(conversations.c.address_mark == self._address_mark(channel, provider, address))
            .order_by(conversations.c.last_at_utc.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else ConversationId(found)

    def save(self, conversation_id: ConversationId, state: ConversationState, due_ms: int | None) -> None:
        """Write down where a conversation stands."""
        values: dict[str, Any] = {
            "channel": state.channel,
            "provider": state.provider,
            "address_mark": self._address_mark(state.channel, state.provider, state.address),
            "answering": state.answering,
            "staff_owed": state.staff_owed,
            "agent": state.agent,
            "queue": state.queue,
            "language": state.language,
            "opened_at_utc": _utc(state.opened_ms),
            "last_at_utc": _utc(state.last_ms),
            "due_at_utc": None if due_ms is None else _utc(due_ms),
        }
        update = sa.update(conversations).where(conversations.c.conversation_id == conversation_id).values(values)
        try:
            with self._writes.begin() as connection:
                if connection.execute(update).rowcount == 0:
                    connection.execute(sa.insert(conversations).values(conversation_id=conversation_id, **values))
        except exc.IntegrityError:  # another process wrote the first row of it just now
            with self._writes.begin() as connection:
                connection.execute(update)

    def due(self, now_ms: int, limit: int = 200) -> list[ConversationId]:
        """Return conversations whose machine wants to be asked by now, the longest due first."""
        query = (
            sa.select(conversations.c.conversation_id)
            .where(conversations.c.due_at_utc <= _utc(now_ms))
            .order_by(conversations.c.due_at_utc)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [ConversationId(found) for found in connection.execute(query).scalars()]

    def newest(
        self, *, only: str = "all", before_utc: str = "", agent: str = "", limit: int = 100
    ) -> Sequence[ConversationRow]:
        """Return conversations for staff, the last one written in first.

        Args:
            only: `all`, `open`, `owed` (a human shall answer, the longest waiting first) or `mine`.
            before_utc: Page on with the last row's `last_at_utc`.
            agent: Whose, for `mine`.
            limit: Most rows.
        """
        query = sa.select(conversations)
        order = conversations.c.last_at_utc.desc()
        if only == "open":
            query = query.where(conversations.c.answering != "closed")
        elif only == "owed":
            query = query.where(conversations.c.staff_owed.is_(True))
            order = conversations.c.last_at_utc.asc()
        elif only == "mine":
            query = query.where(conversations.c.agent == agent, conversations.c.answering == "agent")
        if before_utc:
            query = query.where(conversations.c.last_at_utc < before_utc)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(order).limit(limit)).all()
        return [_row(row) for row in rows]

    def clean(self, connection: sa.Connection, subjects: Sequence[str]) -> None:
        """Remove the conversations among subjects that are erased, in the transaction that destroys their keys."""
        names = [subject.removeprefix(_SUBJECT) for subject in subjects if subject.startswith(_SUBJECT)]
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            connection.execute(sa.delete(messages).where(messages.c.conversation_id.in_(some)))
            connection.execute(sa.delete(conversations).where(conversations.c.conversation_id.in_(some)))

    def _message_mark(self, channel: str, provider: str, external_id: str) -> str:
        return self._mark(f"{channel}\0{provider}\0{external_id}", "message")

    def _address_mark(self, channel: str, provider: str, address: str) -> str:
        return self._mark(f"{channel}\0{provider}\0{address}", "address")


def _utc(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="microseconds")


def _known(row: Any) -> KnownMessage:
    return KnownMessage(ConversationId(row.conversation_id), MessageId(row.message_id), bool(row.written))


def _row(row: Any) -> ConversationRow:
    return ConversationRow(
        conversation_id=ConversationId(row.conversation_id),
        channel=row.channel,
        provider=row.provider,
        answering=row.answering,
        staff_owed=bool(row.staff_owed),
        agent=row.agent,
        queue=row.queue,
        language=row.language,
        opened_at_utc=row.opened_at_utc,
        last_at_utc=row.last_at_utc,
    )
