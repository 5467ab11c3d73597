"""Writes what happens in queues: facts of the queue, words about a customer in the log of the contact, who waits."""

from __future__ import annotations

from dataclasses import replace

from calls import desk_events as facts
from calls.desk_events import LeftQueueReason
from desk import acd_messages as m
from service.desk.desk_log import DeskLog
from service.desk.desk_tables import WaitingRow
from service.desk.room_parts import Guest

CALLS_BACK_KNOWN = 5_000
"""Calls back whose log is known, about 1 MB; their wrap-up comes within minutes."""


class QueueFacts:
    """The pen of the desk's room."""

    def __init__(self, log: DeskLog) -> None:
        """Write to `log`."""
        self._log = log
        self._calls: dict[str, str] = {}
        """Calls back by the name under which they wait -> the call in whose log they are."""

    def known_as(self, contact_id: str, call_id: str) -> None:
        """A call back waits under a name of its own; what is written of it stands in the log of this call."""
        self._calls[contact_id] = call_id
        while len(self._calls) > CALLS_BACK_KNOWN:
            del self._calls[next(iter(self._calls))]

    def stream_of(self, contact_id: str) -> str:
        """Return the stream of a contact."""
        return self._calls.get(contact_id, contact_id)

    def waits(self, guest: Guest) -> None:
        """A contact waits: what a process that comes after this one has to know."""
        contact = guest.contact
        self._log.waits(
            WaitingRow(
                contact_id=contact.contact_id,
                kind=contact.kind,
                queue=guest.queue,
                language=contact.language,
                skills=tuple(sorted(contact.skills)),
                vip=contact.vip,
                since_utc=guest.since_utc,
            )
        )

    def queued(self, guest: Guest, waits: m.Waits) -> None:
        """It has its place."""
        body = facts.ContactQueued(
            contact_kind=guest.contact.kind,
            contact_id=waits.contact_id,
            language=guest.contact.language,
            skills=tuple(sorted(guest.contact.skills)),
            priority=waits.priority,
            position=waits.position,
            expected_wait_s=waits.expected_wait_s,
        )
        self._log.note("queue", guest.queue, body)

    def offered(self, guest: Guest, offer: m.Offer) -> None:
        """An agent is asked."""
        body = facts.ContactOffered(
            contact_kind=guest.contact.kind,
            contact_id=offer.contact_id,
            agent=offer.agent,
            reservation_id=offer.reservation_id,
            for_ms=offer.for_ms,
        )
        self._log.note("queue", guest.queue, body)

    def offer_over(self, guest: Guest, over: m.OfferOver) -> None:
        """They do not take it; their words about it are kept, and erased, with the customer's contact."""
        body = facts.OfferEnded(
            contact_id=over.contact_id,
            agent=over.agent,
            reservation_id=over.reservation_id,
            reason=over.reason,
            note="",
        )
        self._log.note("queue", guest.queue, body)
        if over.note:
            self._log.note(guest.contact.kind, self.stream_of(over.contact_id), replace(body, note=over.note))

    def accepted(self, guest: Guest, connect: m.Connect, after_ms: int) -> None:
        """They take it: it does not wait any more."""
        body = facts.OfferAccepted(
            contact_id=connect.contact_id,
            agent=connect.agent,
            reservation_id=connect.reservation_id,
            after_ms=after_ms,
        )
        self._log.note("queue", guest.queue, body)
        self.left(guest, "answered", connect.waited_ms, connect.agent)

    def left(self, guest: Guest, reason: LeftQueueReason, waited_ms: int, to: str) -> None:
        """It does not wait in this queue any more."""
        body = facts.ContactLeftQueue(
            contact_kind=guest.contact.kind,
            contact_id=guest.contact.contact_id,
            reason=reason,
            waited_ms=waited_ms,
            to=to,
        )
        self._log.note("queue", guest.queue, body)
        self._log.waits_no_more(guest.contact.contact_id)
