"""One-time codes that prove who a contact is: sent to an address that the record held before, over another channel.

An address that was learned in the contact itself proves nothing, nor does one that was only said or presented: codes go
to what was imported, entered by staff, or verified before. Codes live in this process alone, as hashes; a restart voids
them, and the next one is asked for.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from calls.customer_events import ContactKind, IdentifierKind
from calls.errors import CallCentreError
from calls.ids import CustomerId, Language
from calls.ports import Clock
from customers.identifiers import masked
from customers.identity import Person
from customers.record import Identifier
from customers.store import CustomerStore
from customers.verification import CODE_DIGITS, OneTimeCode, Outcome, check, issue, may_send

SALT_BYTES = 16
CODES_MAX = 10_000
"""Codes in memory; the oldest are forgotten."""
_TRUSTED = ("verified", "by_staff", "imported")

CodeChannel = Literal["email", "phone"]

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class CodeSender(Protocol):
    """Sends a code over one channel: a mailbox, an SMS provider."""

    async def send_code(self, address: str, code: str, language: Language) -> None:
        """Send it.

        Raises:
            CallCentreError: it could not be sent.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Where a code went."""

    channel: CodeChannel
    address: str
    """Masked: `a…@example.com`."""


class Codes:
    """Codes of one process's contacts."""

    def __init__(self, store: CustomerStore, clock: Clock, senders: Mapping[CodeChannel, CodeSender]) -> None:
        """`senders` may be filled later, as channels open."""
        self._store, self._clock, self._senders = store, clock, senders
        self._codes: dict[tuple[ContactKind, str], tuple[CustomerId, OneTimeCode]] = {}
        self._sent_ms: dict[CustomerId, list[int]] = {}

    async def send(self, customer_id: CustomerId, kind: ContactKind, contact_id: str, language: Language) -> Sent:
        """Send a code to an address of the person's record; an earlier code of the contact is void.

        Raises:
            CallCentreError: `customer.unknown`, `code.no_address`, `code.too_many`, or what sending raises.
        """
        person = await asyncio.to_thread(self._store.person, customer_id)
        if person is None:
            raise CallCentreError("customer.unknown", "There is no such customer record.", fault="user")
        channel, to = self._address(person, contact_id)
        now_ms, name = self._clock.now_ms(), person.customer_id
        if not may_send(self._sent_ms.get(name, []), now_ms):
            sentence = "This customer was sent as many codes as an hour allows. Verify them in another way."
            raise CallCentreError("code.too_many", sentence, fault="user")
        code = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))
        _keep(self._sent_ms, name, [*self._sent_ms.get(name, [])[-9:], now_ms])
        _keep(self._codes, (kind, contact_id), (customer_id, issue(code, secrets.token_bytes(SALT_BYTES), now_ms)))
        await self._senders[channel].send_code(to.value, code, language)
        return Sent(channel=channel, address=masked(to.kind, to.value))

    async def check(self, kind: ContactKind, contact_id: str, said: str) -> Outcome:
        """Check what was said; a right code is written down as the contact's verification, a wrong one too.

        Raises:
            CallCentreError: `code.none` when none was sent in this contact.
        """
        kept = self._codes.get((kind, contact_id))
        if kept is None:
            raise CallCentreError("code.none", "No code was sent in this contact; send one first.", fault="user")
        customer_id, code = kept
        code, outcome = check(code, said, self._clock.now_ms())
        self._codes[(kind, contact_id)] = (customer_id, code)
        if outcome in ("right", "wrong"):
            passed = outcome == "right"
            await asyncio.to_thread(
                lambda: self._store.verify(
                    customer_id, (kind, contact_id), "one_time_code", passed=passed, how="one_time_code"
                )
            )
        return outcome

    def _address(self, person: Person, contact_id: str) -> tuple[CodeChannel, Identifier]:
        channels: dict[IdentifierKind, CodeChannel] = {"email": "email", "phone": "phone"}
        trusted = [item for item in person.identifiers if item.evidence in _TRUSTED and item.contact_id != contact_id]
        for item in sorted(trusted, key=lambda item: _TRUSTED.index(item.evidence)):
            channel = channels.get(item.kind)
            if channel is not None and channel in self._senders:
                return channel, item
        sentence = (
            "The record holds no address that a code can be sent to: one that was imported, entered by staff or "
            "verified before, of a channel that can send."
        )
        raise CallCentreError("code.no_address", sentence, fault="user")


def _keep(where: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    where.pop(key, None)
    where[key] = value
    while len(where) > CODES_MAX:
        where.pop(next(iter(where)))
