"""What members of staff have begun to write about a contact: kept at each pause, gone once it is handed in.

So that a tab that is closed, or a browser that dies, loses no notes. The texts are sealed with the master key and live
for some days at most; what is handed in becomes a fact under the customer's key (`WrapUpDone`).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field
from sqlalchemy import exc

from calls.ports import Clock
from records import database
from records.rows import utc_text
from records.store import EventStore
from service.staff.member import StaffMember
from service.staff_door import Gate

KEPT = timedelta(days=7)
"""How long a draft waits to be handed in. Source: our choice; longer than a weekend, shorter than any retention."""

drafts = sa.Table(
    "staff_drafts",
    sa.MetaData(),
    sa.Column("member", sa.String(32), primary_key=True),
    sa.Column("contact_id", sa.String(64), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("saved_at_utc", sa.String(32), nullable=False),
)

_AT_ONCE = 500
"""Names in one statement."""

ContactId = Annotated[str, Path(min_length=1, max_length=64)]


class Draft(BaseModel):
    """The fields of the work after a contact, and what is being written to a customer."""

    disposition: str = Field(default="", max_length=64)
    summary: str = Field(default="", max_length=2_000)
    follow_ups: list[Annotated[str, Field(max_length=300)]] = Field(default_factory=list, max_length=20)
    reply: str = Field(default="", max_length=16_000)
    pieces: dict[Annotated[str, Field(max_length=80)], Annotated[str, Field(max_length=4_000)]] = Field(
        default_factory=dict, max_length=20
    )
    """Notes about the customer and cases that are not written down yet, by what they are about."""


class Drafts:
    """The drafts of all members; its methods block and may be called from any thread."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        """Use the database of the call log, and its master key."""
        self._engine = store.engine
        self._writes = store.engine.execution_options(writes=True)
        self._master, self._clock = store.master, clock

    def read(self, member: str, contact_id: str) -> Draft | None:
        """Return what a member began to write; None for nothing."""
        query = sa.select(drafts.c.sealed).where(*_where(member, contact_id))
        try:
            with self._engine.connect() as connection:
                sealed = connection.execute(query).scalar_one_or_none()
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error
        return None if sealed is None else Draft.model_validate_json(self._master.open(sealed, _place(contact_id)))

    def keep(self, member: str, contact_id: str, draft: Draft | None) -> None:
        """Keep what a member has written so far, or forget it (None)."""
        now = self._clock.now_utc()
        try:
            with self._writes.begin() as connection:
                connection.execute(sa.delete(drafts).where(drafts.c.saved_at_utc < utc_text(now - KEPT)))
                connection.execute(sa.delete(drafts).where(*_where(member, contact_id)))
                if draft is not None:
                    sealed = self._master.seal(draft.model_dump_json().encode(), _place(contact_id))
                    connection.execute(
                        sa.insert(drafts).values(
                            member=member, contact_id=contact_id, sealed=sealed, saved_at_utc=utc_text(now)
                        )
                    )
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error


def forget_drafts(connection: sa.Connection, subjects: Sequence[str]) -> None:
    """Forget what was begun about contacts that are erased, in the transaction that destroys their keys."""
    names = [name.partition(":")[2] for name in subjects if name.startswith(("call:", "conversation:"))]
    for start in range(0, len(names), _AT_ONCE):
        connection.execute(sa.delete(drafts).where(drafts.c.contact_id.in_(names[start : start + _AT_ONCE])))


def draft_routes(gate: Gate, kept: Drafts) -> APIRouter:
    """Return the routes: each member has their own drafts and sees no others."""
    router = APIRouter(prefix="/api/staff/drafts")
    writer = gate.needs("agent", "supervisor", "admin")

    @router.get("/{contact_id}")
    def read(contact_id: ContactId, member: Annotated[StaffMember, Depends(writer)]) -> dict[str, Any]:
        """What one began to write about a contact."""
        draft = kept.read(member.name, contact_id)
        return {"draft": None if draft is None else draft.model_dump()}

    @router.put("/{contact_id}", status_code=204)
    def keep(contact_id: ContactId, given: Draft, member: Annotated[StaffMember, Depends(writer)]) -> None:
        """Keep what one has written so far."""
        kept.keep(member.name, contact_id, given)

    @router.delete("/{contact_id}", status_code=204)
    def forget(contact_id: ContactId, member: Annotated[StaffMember, Depends(writer)]) -> None:
        """It is handed in, or not wanted."""
        kept.keep(member.name, contact_id, None)

    return router


def _where(member: str, contact_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (drafts.c.member == member, drafts.c.contact_id == contact_id)


def _place(contact_id: str) -> str:
    return f"draft:{contact_id}"
