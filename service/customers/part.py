"""Customer records of the running service: the store, who calls, and what is done about it every few seconds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from calls.conversation_events import ConversationOpened
from calls.customer_events import ContactKind, IdentifierKind
from calls.errors import CallCentreError
from calls.events import CallOffered
from calls.ids import CustomerId, Language
from calls.ports import Clock
from customers.identifiers import guesses, normal_or_raise, phone_readings
from customers.queries import Found
from records.store import EventStore
from service.config import Config
from service.config_values import zone_named
from service.customers.codes import CodeChannel, Codes, CodeSender
from service.customers.erasing import erase_customer, forget_idle
from service.customers.in_calls import CustomersInCalls, Tell
from service.customers.known import Known, known_contact
from service.customers.open_records import customer_store, upkeep_of
from service.customers.person_export import as_text, as_zip, export_person
from service.customers.recognising import Titles

logger = logging.getLogger(__name__)

INDEX_EVERY_S = 5.0
"""How soon what is said can be searched."""
CANDIDATES = 10
"""Most persons of one number that staff choose from."""


class Customers:
    """Customer records of one process. Blocking, except where it says `async`."""

    def __init__(
        self,
        config: Config,
        facts: EventStore,
        clock: Clock,
        *,
        titles: Titles = lambda _: {},
        tell: Tell = lambda _call, _needs: None,
    ) -> None:
        """Use the call log.

        Args:
            config: What the operator chose.
            facts: The call log.
            clock: Says what time it is.
            titles: Title of each topic in a language, for cases and briefs.
            tell: Hands a caller's needs to their call, if it still goes on.
        """
        self.clock = clock
        self.store = customer_store(facts, clock, config)
        self._config = config
        self._facts = facts
        self.code_senders: dict[CodeChannel, CodeSender] = {}
        """Channels that can send a one-time code; they add themselves."""
        self.codes = Codes(self.store, clock, self.code_senders)
        self._upkeep = upkeep_of(facts, self.store)
        self.calls = CustomersInCalls(
            self.store,
            clock,
            titles,
            tell,
            country=config.dialog.country,
            zone=_zone(config),
            opens_records=config.customers.open_records,
        )

    def find(self, text: str, kind: IdentifierKind | None, value: str, limit: int) -> list[Found]:
        """Find persons by an exact identifier, or by what somebody typed: first as an identifier, then as words."""
        country = self._config.dialog.country
        if kind is not None:
            return self.store.found(self.store.persons_with(kind, normal_or_raise(kind, value, country))[:limit])
        ids = [name for k, v in guesses(text, country) for name in self.store.persons_with(k, v)]
        exact = self.store.found(list(dict.fromkeys(ids))[:limit])
        known = {line.customer_id for line in exact}
        return [*exact, *(line for line in self.store.search(text, limit) if line.customer_id not in known)][:limit]

    def candidates(self, kind: ContactKind, contact_id: str) -> list[Found]:
        """Return the persons of the number or address that a contact comes from, when it is linked to none of them."""
        if self.store.customer_of(kind, contact_id) is not None:
            return []
        for event in self._facts.read(kind, contact_id, limit=5):
            match event.body:
                case CallOffered(caller=caller):
                    return self._persons_of_phone(caller)
                case ConversationOpened(address=address):
                    return self.find(address, None, "", CANDIDATES)
                case _:
                    continue
        return []

    def _persons_of_phone(self, caller: str) -> list[Found]:
        readings = phone_readings(caller, self._config.dialog.country)
        ids = self.store.persons_with("phone", readings[0]) if readings else ()
        return self.store.found(ids[:CANDIDATES]) if len(ids) > 1 else []

    def known(self, kind: ContactKind, contact_id: str, language: Language, titles: Mapping[str, str]) -> Known:
        """Return what a brief says of the customer of a contact; nothing when the records do not answer."""
        now_local = self.clock.now_utc().astimezone(_zone(self._config))
        try:
            return known_contact(self.store, kind, contact_id, now_local, language, titles)
        except CallCentreError as error:
            logger.warning("%s %s: nothing related in the brief (%s)", kind, contact_id, error.code)
            return Known()

    async def wants_no_contact(self, address: str, asked_utc: datetime | None = None) -> bool:
        """Tell whether anybody with a number or address does not want to be contacted: the check of all that goes out.

        Args:
            address: A number, an address or a handle.
            asked_utc: When they asked for this very contact themselves: what they wished before does not hold for it.

        Raises:
            CallCentreError: `database.*`; then nobody is contacted.
        """
        return await asyncio.to_thread(self.is_do_not_contact, address, asked_utc)

    def is_do_not_contact(self, address: str, asked_utc: datetime | None = None) -> bool:
        """Tell the same; blocks."""
        found = guesses(address, self._config.dialog.country)
        people = (self.store.person(name) for kind, value in found for name in self.store.persons_with(kind, value))
        wishes = [person.do_not_contact_since for person in people if person is not None]
        return any(wish is not None and (asked_utc is None or wish > asked_utc) for wish in wishes)

    def export(self, customer_id: str, *, sound: bool) -> bytes:
        """Return everything of a person as a JSON file, or as a ZIP file with the recordings."""
        data = export_person(self._facts, self.store, customer_id, self.clock.now_utc())
        return as_zip(data, self._config.recordings_path, self._facts.master) if sound else as_text(data).encode()

    def erase(self, customer_id: str) -> dict[str, Any]:
        """Erase a person; return what went."""
        now_utc = self.clock.now_utc()
        return asdict(erase_customer(self._config, self._facts, self.store, CustomerId(customer_id), now_utc))

    def retain(self) -> None:
        """Erase persons with whom nothing happened for long. Run it daily."""
        done = forget_idle(self._config, self._facts, self.store, self.clock.now_utc())
        if done:
            logger.info("retention: %d persons erased with whom nothing happened for long", done)

    async def keep_searchable(self) -> None:
        """Index what is said and written, for as long as the service runs."""
        while True:
            await asyncio.sleep(INDEX_EVERY_S)
            try:
                await asyncio.to_thread(self._upkeep.index_new_words, self.clock.now_utc())
            except CallCentreError as error:
                logger.warning("words could not be indexed (%s)", error.code)


def _zone(config: Config) -> ZoneInfo:
    try:
        return zone_named(config.dial_plan.time_zone)
    except ValueError as error:
        sentence = f"In [dial_plan] time_zone, {error}."
        raise CallCentreError("dial_plan.bad_value", sentence, fault="operator") from error
