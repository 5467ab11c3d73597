"""Calls back that keep their place: when the turn comes an agent is offered it; who accepts has the call placed.

The number is in the log of the call that asked for it, under that call's key: erasing the person ends the promise.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from calls.codec import to_json
from calls.errors import CallCentreError
from calls.events import CallbackBooked, CallOffered
from calls.ids import CallId, Language
from calls.ports import CallOffer, Leg
from desk.acd_messages import ContactArrived
from desk.brief import build_brief
from service.desk.desk_tables import Callback, CallbackState
from service.desk.listener import QuietListener
from service.ids import new_call_id
from service.numbers import same
from telephony.dialling import CallWatch
from voice.dialog.prompts import phrase

if TYPE_CHECKING:
    from service.house import House

logger = logging.getLogger(__name__)

PREFIX = "cb-"
"""Begins the contact's id of a call back; behind it is the call that asked for it."""
ERASED = ("", "[erased]")


class OutgoingCall:
    """A call that we place, as the runner of a call sees it; implements `calls.ports.IncomingCall`."""

    def __init__(self, house: House, number: str, called: str, asked_utc: datetime | None) -> None:
        """Nothing is dialled before `answer`."""
        self._house, self._number, self._asked_utc = house, number, asked_utc
        self.offer = CallOffer(
            transport="sip", caller=number, caller_name="", called=called, peer_call_id="", remote="", asserted=True
        )

    def on_cancel(self, listener: Callable[[], None]) -> None:
        """Nobody gives up who has not answered."""

    def ring(self) -> None:
        """It rings at the other side."""

    async def answer(self) -> Leg:
        """Call them, through the one check of every call out.

        Raises:
            CallCentreError: as `SipGateway.call_out`.
        """
        sip = self._house.sip
        if sip is None:
            raise CallCentreError("call.unreachable", "The telephone line is closed.", fault="us", retryable=True)
        return await sip.call_out(self._number, "callback", watch=CallWatch(asked_utc=self._asked_utc))

    def reject(self, status: int, reason: str) -> None:
        """Nobody is there to be refused."""


class Callbacks:
    """All calls back that are owed."""

    def __init__(self, house: House) -> None:
        """Nothing is owed before `start`."""
        self._house = house

    async def start(self) -> None:
        """Put what is owed back into its queue."""
        for callback in await asyncio.to_thread(self._house.desk.tables.owed):
            self._schedule(callback)

    def promise(self, call_id: CallId, queue: str, language: Language, waited_ms: int) -> None:
        """Owe a call back to a caller who waited so long already."""
        now = self._house.clock.now_utc()
        callback = Callback(
            callback_id=f"{PREFIX}{call_id}",
            call_id=call_id,
            queue=queue,
            language=language,
            skills=(),
            vip=False,
            since_utc=now - timedelta(milliseconds=waited_ms),
            attempts=0,
            not_before_utc=now,
        )
        self._house.desk.keep(lambda: self._house.desk.tables.owe(callback))
        self._house.desk.tasks.start("callback", self._after_call(callback))

    async def _after_call(self, callback: Callback) -> None:
        """Queue it once the caller has hung up: nobody is called back while they talk to us."""
        call = self._house.calls.get(CallId(callback.call_id))
        if call is not None:
            await call.ended.wait()
        self._schedule(callback)

    def _schedule(self, callback: Callback) -> None:
        self._house.desk.tasks.start("callback", self._queue(callback))

    async def _queue(self, callback: Callback) -> None:
        wait = callback.not_before_utc - self._house.clock.now_utc()
        await asyncio.sleep(max(0.0, wait.total_seconds()))
        found = await asyncio.to_thread(self._look_up, callback.call_id)
        if found is None:
            self.over(callback, "cancelled")
            return
        number, called, asked_utc = found
        if await self._is_unwanted(number, asked_utc):
            logger.info("callback %s: who has the number does not want to be contacted", callback.callback_id)
            self.over(callback, "cancelled")
            return
        waited = self._house.clock.now_utc() - callback.since_utc
        contact = ContactArrived(
            contact_id=callback.callback_id,
            kind="call",
            queue=callback.queue,
            language=callback.language,
            skills=frozenset(callback.skills),
            vip=callback.vip,
            waited_ms=waited // timedelta(milliseconds=1),
        )
        self._house.desk.known_as(callback.callback_id, callback.call_id)
        self._house.desk.arrive(contact, PromisedCall(self._house, self, callback, number, called, asked_utc))

    async def _is_unwanted(self, number: str, asked_utc: datetime | None) -> bool:
        """Tell whether no agent is to be bothered with a call that the check of calls out will not let through."""
        try:
            return await self._house.customers.wants_no_contact(number, asked_utc)
        except CallCentreError as error:
            logger.warning("the wishes of who is called back are not known (%s); they are asked again", error.code)
            return False

    def _look_up(self, call_id: str) -> tuple[str, str, datetime | None] | None:
        """Return the number to call and the one that was called; None when the person was erased.

        And when it was asked for by whose number it is: by who called from it.
        """
        number = called = caller = ""
        asked_utc = None
        for event in self._house.store.read("call", call_id):
            if isinstance(event.body, CallbackBooked):
                number, asked_utc = event.body.number, event.at_utc
            elif isinstance(event.body, CallOffered):
                called, caller = event.body.called, event.body.caller
        return None if number in ERASED else (number, called, asked_utc if same(number, caller) else None)

    def over(self, callback: Callback, state: CallbackState) -> None:
        """The promise is kept, or given up."""
        tables, now = self._house.desk.tables, self._house.clock.now_utc()
        self._house.desk.keep(lambda: tables.tried(callback.callback_id, callback.attempts, now, state))

    def missed(self, callback: Callback) -> None:
        """Nobody answered: try again later, keeping the place, unless it was tried often enough."""
        section, tables = self._house.config.desk, self._house.desk.tables
        again = self._house.clock.now_utc() + timedelta(seconds=section.callback_again_s)
        tried = replace(callback, attempts=callback.attempts + 1, not_before_utc=again)
        if tried.attempts >= section.callback_attempts:
            self.over(tried, "given_up")
            return
        self._house.desk.keep(lambda: tables.tried(tried.callback_id, tried.attempts, again, "owed"))
        self._schedule(tried)


class PromisedCall(QuietListener):
    """One call back in the queue; a `ContactListener`."""

    def __init__(
        self,
        house: House,
        callbacks: Callbacks,
        callback: Callback,
        number: str,
        called: str,
        asked_utc: datetime | None,
    ) -> None:
        """It waits for its turn."""
        self._house, self._callbacks, self._callback = house, callbacks, callback
        self._number, self._called, self._asked_utc = number, called, asked_utc

    async def card(self) -> dict[str, Any]:
        """Return the brief of the call that asked for it."""
        events = await asyncio.to_thread(self._house.store.read, "call", self._callback.call_id)
        language = self._callback.language
        related = await self._house.customers.calls.related(CallId(self._callback.call_id), language)
        brief = build_brief(events, language, titles=self._house.knowledge.titles(language), related=related)
        return {"brief": to_json(brief), "callback_of": self._callback.call_id}

    def connect(self, agent: str, reservation_id: str) -> None:
        """Place the call; its runner brings the agent in once the customer knows who calls."""
        self._house.tasks.start("callback-call", self._call(agent, reservation_id))

    async def _call(self, agent: str, reservation_id: str) -> None:
        house, callback = self._house, self._callback
        route = house.dial_plan.route(self._called, house.clock.now_utc())
        if route is None:
            self._part(agent, reservation_id)
            self._callbacks.over(callback, "cancelled")
            return
        greeting = phrase(house.dialog_settings(), callback.language, "queue.promised_call")
        incoming = OutgoingCall(house, self._number, self._called, self._asked_utc)
        route = replace(
            route, language=callback.language, greeting=greeting, flow="main", queue=callback.queue, ring_ms=0
        )
        call = house.place(new_call_id(house.clock), incoming, route)
        call.waiting.promised = (agent, reservation_id)
        call.waiting.contact_id = callback.callback_id
        house.desk.known_as(callback.callback_id, call.call_id)
        call.start()
        await call.ended.wait()
        reached = call.leg is not None
        self._part(agent, reservation_id)
        if reached:
            self._callbacks.over(callback, "done")
        else:
            logger.info("callback %s: nobody answered", callback.callback_id)
            self._callbacks.missed(callback)

    def _part(self, agent: str, reservation_id: str) -> None:
        self._house.phone_offers.let_go(reservation_id)
        self._house.desk.work_over(agent, self._callback.callback_id)
