"""Customers in running calls: listens to the call log, recognises callers in a thread, and serves the brief.

    call log --facts--> queue of bounded length --> one worker --thread--> records
                                                       `-> needs of the caller -> the call's dialog policy
No call waits for it: what comes too late for the greeting is done later, what fails is told in the log alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from calls.errors import CallCentreError
from calls.events import Event, RelatedFact
from calls.ids import CallId, Language
from calls.ports import Clock
from customers.store import CONFIDENCE, CustomerStore
from customers.verification import may_reveal
from service.customers.known import Known, known_contact
from service.customers.recognising import Caller, Recognising, Titles
from voice.dialog.acts import CallerNeeds, HistoryKnown

logger = logging.getLogger(__name__)

WAITING_MAX = 10_000
"""Facts that wait for the records, some minutes of forty busy calls; then facts are passed over."""
BRIEF_WAIT_S = 1.0
"""How long a brief waits for what is related. Source: our choice; people are being called meanwhile."""
NEEDS_CONFIDENCE = CONFIDENCE["presented"]
"""From this sureness on the caller's needs are met: a number alone is enough, since nothing is revealed by them."""

TAKEN = frozenset(
    {
        "call_offered",
        "call_answered",
        "slot_filled",
        "topic_found",
        "turn_reopened",
        "flow_finished",
        "callback_booked",
        "escalation_requested",
        "handover_completed",
        "call_ended",
    }
)
"""Facts that tell who calls, and about what."""

Tell = Callable[[CallId, CallerNeeds | HistoryKnown], None]
LATELY = timedelta(days=14)
"""What is older is not mentioned to the caller. Source: as `customers.cases.RECENT`."""


@dataclass(slots=True)
class _Asked:
    """Somebody waits until everything before it was taken."""

    call_id: str
    done: asyncio.Future[None]


class CustomersInCalls:
    """One process's calls and who they are from."""

    def __init__(
        self,
        store: CustomerStore,
        clock: Clock,
        titles: Titles,
        tell: Tell,
        *,
        country: str,
        zone: ZoneInfo,
        opens_records: bool,
    ) -> None:
        """`tell` hands a caller's needs to the call, if it still goes on; `zone` is where people read briefs."""
        self._zone = zone
        self._store, self._clock, self._titles, self._tell = store, clock, titles, tell
        self._recognising = Recognising(store, clock, titles, country=country, opens_records=opens_records)
        self._waiting: asyncio.Queue[Event | _Asked] = asyncio.Queue(WAITING_MAX)
        self._callers: dict[str, Caller] = {}

    def take(self, event: Event) -> None:
        """Take a committed fact; returns at once. To be called on the event loop."""
        if event.stream_kind != "call" or event.body.type not in TAKEN:
            return
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            logger.error("too many facts wait for the customer records; one was passed over")

    def link_past(self, call_id: str, events: Sequence[Event]) -> None:
        """Link a call that is over, such as one that was imported. Blocking."""
        caller = Caller(call_id=call_id)
        for event in events:
            if event.body.type in TAKEN:
                self._recognising.take(caller, event)

    async def run(self) -> None:
        """Recognise callers for as long as the service runs."""
        while True:
            item = await self._waiting.get()
            if isinstance(item, _Asked):
                if not item.done.done():
                    item.done.set_result(None)
                continue
            await self._recognise(item)

    async def _recognise(self, event: Event) -> None:
        call_id = str(event.stream_id)
        if event.body.type == "call_offered":
            self._callers[call_id] = Caller(call_id=call_id)
        caller = self._callers.get(call_id)
        if caller is None:
            return
        try:
            news = await asyncio.to_thread(self._recognising.take, caller, event)
            if news and caller.linked is not None and event.body.type != "call_ended":
                self._tell(CallId(call_id), await asyncio.to_thread(self._needs, caller))
                history = await asyncio.to_thread(self._history, caller) if caller.proven else None
                if history is not None:
                    self._tell(CallId(call_id), history)
        except CallCentreError as error:
            logger.warning("call %s: the customer records failed at %s (%s)", call_id, event.body.type, error.code)
        if event.body.type == "call_ended":
            self._callers.pop(call_id, None)

    def _needs(self, caller: Caller) -> CallerNeeds:
        person = self._store.person(caller.linked) if caller.linked is not None else None
        if person is None or CONFIDENCE[caller.evidence] < NEEDS_CONFIDENCE or not may_reveal("caller_id", "needs"):
            return CallerNeeds()
        wish = person.preference("language")
        language: Language | None = "es" if wish == "es" else "en" if wish == "en" else None
        return CallerNeeds(
            slower=bool(person.preference("slower")),
            more_time=bool(person.preference("more_time")),
            keypad=bool(person.preference("keypad")),
            language=language,
        )

    def _history(self, caller: Caller) -> HistoryKnown | None:
        """Return what the caller contacted us about last, if it may be told to them and has a title."""
        if caller.linked is None or not may_reveal("knowledge", "history"):
            return None
        now_local, titles = self._clock.now_utc().astimezone(self._zone), self._titles(caller.language)
        for item in self._store.timeline(caller.linked).items:
            if item.contact is None or item.stream_id == caller.call_id or now_local - item.at_utc > LATELY:
                continue
            title = next((titles[topic] for topic in reversed(item.contact.topics) if topic in titles), None)
            if title is not None:
                days = (now_local.date() - item.at_utc.astimezone(self._zone).date()).days
                return HistoryKnown(matter=title, when="today" if days == 0 else "yesterday" if days == 1 else "lately")
        return None

    async def related(self, call_id: CallId, language: Language) -> tuple[RelatedFact, ...]:
        """Return what happened with the caller before, for a brief; nothing when they are not known in time."""
        return (await self.known(call_id, language)).related

    async def known(self, call_id: CallId, language: Language) -> Known:
        """Return the same with how the caller proved who they are."""
        try:
            async with asyncio.timeout(BRIEF_WAIT_S):
                asked = _Asked(call_id, asyncio.get_running_loop().create_future())
                await self._waiting.put(asked)
                await asked.done
                return await asyncio.to_thread(self._known, call_id, language)
        except TimeoutError:
            logger.warning("call %s: the brief did not wait for the customer records", call_id)
        except CallCentreError as error:
            logger.warning("call %s: nothing related in the brief (%s)", call_id, error.code)
        return Known()

    async def is_vip(self, call_id: CallId) -> bool:
        """Tell whether the caller is marked as very important; one who is not known in time is not."""
        try:
            return await asyncio.to_thread(self._is_vip, call_id)
        except CallCentreError as error:
            logger.warning("call %s: the customer records failed (%s)", call_id, error.code)
            return False

    def _is_vip(self, call_id: str) -> bool:
        linked = self._store.customer_of("call", call_id)
        person = self._store.person(linked[0]) if linked is not None else None
        return person is not None and bool(person.preference("vip"))

    def _known(self, call_id: str, language: Language) -> Known:
        now_local = self._clock.now_utc().astimezone(self._zone)
        return known_contact(self._store, "call", call_id, now_local, language, self._titles(language))
