"""The desk of the running service: the queue's machine on the clock, who waits and who works, facts, and the feed.

Others call it by what happened (`arrive`, `accept`, `work_over` …) and are called back: a contact by its
`ContactListener`, pages by the feed, phones of agents by `DeskHooks`. Nothing here waits; all is on the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from calls import desk_events as facts
from calls.codec import to_json
from calls.customer_events import ContactKind
from calls.desk_events import LeftQueueReason
from calls.errors import CallCentreError
from calls.events import Event
from calls.ports import Clock
from desk import acd_messages as m
from desk.acd import AcdMachine
from records.store import EventStore
from service.desk.desk_log import DeskLog
from service.desk.desk_tables import DeskTables
from service.desk.desk_view import agent_view, offer_view, queue_view
from service.desk.feed import DeskFeed
from service.desk.listener import ContactListener
from service.desk.queue_facts import QueueFacts
from service.desk.room_parts import DeskHooks, Guest, OfferOpen
from service.desk_config import DeskSection
from service.ids import new_reference
from service.tasks import Tasks
from telephony.net.driver import MachineDriver

logger = logging.getLogger(__name__)

FIGURES_EVERY_S = 0.1
"""For how long changes of a queue's figures are gathered. Source: our choice; half of what a page may take to show
something, and with fifty agents several change at once."""
VOICEMAIL_DAYS = 365
"""How far back messages are shown; retention may have taken their words before."""
PHONE_MORE_MS = 25_000
"""Added to the time to accept of who is rung: 15 s of brief at most, the keys, and the way of the call."""


NO_LINE = "You have no line for calls: connect it, and allow the microphone, then accept."


Outcome = Callable[[facts.WrapUpDone], None]


class DeskRoom:
    """Queues, agents and their pages."""

    def __init__(
        self,
        section: DeskSection,
        store: EventStore,
        clock: Clock,
        on_event: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        """Nobody waits and nobody works before `start`.

        Args:
            section: What the operator decided.
            store: Where facts go, and who waits.
            clock: Of the service.
            on_event: Hears of each fact that was kept.
        """
        self.section = section
        self.feed = DeskFeed()
        self.hooks: list[DeskHooks] = []
        self.on_change: list[Callable[[], None]] = []
        """Called when somebody who waits or works came, went or changed."""
        self.on_wrap_up: list[Outcome] = []
        self.lines_needed = False
        """Whether calls are offered only to agents who have a line; who runs the lines says so, and tells `line_is`."""
        self.snapshot_parts: list[Callable[[str], dict[str, Any]]] = []
        """What else a page of an agent has to know from the start."""
        self.tasks = Tasks("desk")
        self._store = store
        self.tables = DeskTables(store)
        self._clock = clock
        self._log = DeskLog(store, self.tables, clock, on_event)
        self._facts = QueueFacts(self._log)
        self.known_as = self._facts.known_as
        self._rules = section.rules()
        self._machine = AcdMachine(self._rules, prefix=f"{new_reference('desk').lower()}-")
        self._driver = MachineDriver[m.AcdInput, m.AcdOutput](self._machine, clock, m.Tick, self._carry_out)
        self._guests: dict[str, Guest] = {}
        self._offers: dict[str, OfferOpen] = {}
        self._phones: dict[str, str] = {}
        """Where an agent is rung, of those who work with a telephone."""
        self._lines: set[str] = set()
        """Whose line in the browser is up."""
        self._phones_gone: set[str] = set()
        """Agents whose telephone cannot be reached."""
        self._names: dict[str, str] = {}
        self._logged: dict[str, tuple[str, str]] = {}
        """State and reason of each agent, as last written."""
        self._since: dict[str, datetime] = {}
        """When each agent came into the state they are in."""
        self._wrap_up_from_ms: dict[tuple[str, str], int] = {}
        self._left_behind: dict[str, m.ContactArrived] = {}
        self._changed: dict[str, None] = {}
        """Queues whose figures the pages do not have yet."""

    async def start(self) -> None:
        """Begin to write, and look at who waited when the last process ended.

        Calls ended with it, which is told; conversations wait until their side takes them back (`take_back`).
        """
        self._log.start()
        for row in await asyncio.to_thread(self.tables.left_behind):
            waited_ms = (self._clock.now_utc() - row.since_utc) // timedelta(milliseconds=1)
            if row.kind == "call":
                body = facts.ContactLeftQueue(
                    contact_kind="call", contact_id=row.contact_id, reason="shutdown", waited_ms=waited_ms, to=""
                )
                self._log.note("queue", row.queue, body)
            else:
                self._log.waits(row)
                self._left_behind[row.contact_id] = m.ContactArrived(
                    contact_id=row.contact_id,
                    kind=row.kind,
                    queue=row.queue,
                    language=row.language,
                    skills=frozenset(row.skills),
                    vip=row.vip,
                    waited_ms=waited_ms,
                )

    def take_back(self) -> list[m.ContactArrived]:
        """Return the conversations that waited when the last process ended, for `arrive`; each once."""
        left_behind, self._left_behind = list(self._left_behind.values()), {}
        return left_behind

    async def settled(self) -> None:
        """Return when every fact so far is written."""
        await self._log.settled()

    async def stop(self) -> None:
        """Tell who waits that the service stops, and end. What waits in writing comes back at the next start."""
        for guest in list(self._guests.values()):
            if not guest.agent:
                guest.listener.left("shutdown", "")
        self._driver.close()
        await self.tasks.close()
        await self._log.stop()

    # Contacts

    def arrive(self, contact: m.ContactArrived, listener: ContactListener) -> None:
        """Let a contact wait; `listener` is told what becomes of it, its place at once."""
        if contact.contact_id in self._guests:
            return
        since = self._clock.now_utc() - timedelta(milliseconds=contact.waited_ms)
        self._guests[contact.contact_id] = Guest(contact, listener, contact.queue, since)
        self._facts.waits(self._guests[contact.contact_id])
        self._feed(contact)

    def gone(self, contact_id: str, reason: LeftQueueReason) -> None:
        """It does not wait any more; of one that is with an agent: the two are apart."""
        guest = self._guests.get(contact_id)
        if guest is not None and guest.agent:
            self.work_over(guest.agent, contact_id)
        else:
            self._feed(m.ContactGone(contact_id, reason))

    def back(self, contact_id: str) -> None:
        """The agent who accepted could not be joined: it is the next again."""
        guest = self._guests.get(contact_id)
        if guest is not None and guest.agent:
            guest.agent, guest.queued = "", False
            self._facts.waits(guest)
            self._feed(m.ContactBack(contact_id))

    def felt(self, contact_id: str, anger_prob: float, frustration_score: float) -> None:
        """The customer who waits sounds otherwise."""
        self._feed(m.FeelingChanged(contact_id=contact_id, anger_prob=anger_prob, frustration_score=frustration_score))

    def guest(self, contact_id: str) -> Guest | None:
        """Return a contact that waits or is with an agent."""
        return self._guests.get(contact_id)

    def keep(self, write: Callable[[], object]) -> None:
        """Write something else of the desk after all facts so far; runs in a thread."""
        self._log.do(write)

    def queue_hours(self, queue: str, is_open: bool) -> None:
        """A queue opened or closed."""
        self._feed(m.QueueHours(queue, is_open))
        self._tell_queue(queue)

    # Agents

    def sign_in(self, agent: m.AgentSignedIn, *, phone: str = "", display_name: str = "") -> None:
        """Somebody comes to work; with `phone` (a target of a call) they are rung and accept by a key."""
        if display_name:
            self._names[agent.agent] = display_name
        if phone:
            self._phones[agent.agent] = phone
            agent = replace(agent, text_at_once=0, more_ms=PHONE_MORE_MS)
        else:
            self._phones.pop(agent.agent, None)
        self._feed(replace(agent, has_line=self.has_line(agent.agent)))

    def line_is(self, agent: str, *, up: bool) -> None:
        """An agent's line in the browser is up, or is not."""
        (self._lines.add if up else self._lines.discard)(agent)
        if agent not in self._phones:
            self._feed(m.LineIs(agent, self.has_line(agent)))

    def phone_is(self, agent: str, *, up: bool) -> None:
        """The telephone of an agent can be reached, or cannot."""
        was = agent not in self._phones_gone
        (self._phones_gone.discard if up else self._phones_gone.add)(agent)
        if agent in self._phones and was != up:
            self._feed(m.LineIs(agent, self.has_line(agent)))

    def has_line(self, agent: str) -> bool:
        """Tell whether calls can be offered to an agent."""
        if agent in self._phones:
            return agent not in self._phones_gone
        return not self.lines_needed or agent in self._lines

    def sign_out(self, agent: str, *, lost: bool = False) -> None:
        """Somebody goes home, or their page is gone for good."""
        self._feed(m.AgentSignedOut(agent, lost=lost))

    def ready(self, agent: str) -> None:
        """They want work."""
        self._feed(m.AgentReady(agent))

    def not_ready(self, agent: str, reason: str = "") -> None:
        """They want no more."""
        self._feed(m.AgentNotReady(agent, reason))

    def accept(self, agent: str, reservation_id: str) -> None:
        """They take what is offered.

        Raises:
            CallCentreError: `desk.offer_over` when it is not offered to them any more; `desk.no_line` for a call that
                nobody would hear: it stays offered.
        """
        offer = self._offer_of(agent, reservation_id)
        if offer.guest.contact.kind == "call" and not self.has_line(agent) and agent not in self._phones:
            raise CallCentreError("desk.no_line", NO_LINE, fault="user")
        self._feed(m.OfferTaken(reservation_id))

    def decline(self, agent: str, reservation_id: str, note: str = "", redirect_to: str = "") -> None:
        """They do not take it, perhaps in favour of an agent or of `queue:NAME`.

        Raises:
            CallCentreError: `desk.offer_over` when it is not offered to them any more.
        """
        self._offer_of(agent, reservation_id)
        self._feed(m.OfferRefused(reservation_id, note, redirect_to))

    def unanswered(self, reservation_id: str) -> None:
        """The agent cannot be reached: as if the time to accept had passed."""
        self._feed(m.OfferUnanswered(reservation_id))

    def work_began(self, agent: str, contact_id: str, kind: ContactKind, queue: str = "") -> None:
        """An agent has a contact in hand that the queue did not bring, e.g. is consulted or called out."""
        self._feed(m.WorkBegan(agent=agent, contact_id=contact_id, kind=kind, queue=queue))

    def work_over(self, agent: str, contact_id: str) -> None:
        """Agent and contact are apart: the work after it begins."""
        guest = self._guests.get(contact_id)
        if guest is not None and guest.agent == agent:
            del self._guests[contact_id]
        self._wrap_up_from_ms.setdefault((agent, contact_id), self._clock.now_ms())
        self._feed(m.WorkOver(agent, contact_id))

    def wrap_up_done(
        self,
        agent: str,
        contact_id: str,
        kind: ContactKind,
        *,
        disposition: str = "",
        summary: str = "",
        follow_ups: tuple[str, ...] = (),
    ) -> None:
        """The work after a contact is done; what it came to is a fact of the contact, under its customer's key."""
        began_ms = self._wrap_up_from_ms.pop((agent, contact_id), self._clock.now_ms())
        body = facts.WrapUpDone(
            contact_kind=kind,
            contact_id=contact_id,
            agent=agent,
            disposition=disposition,
            summary=summary,
            follow_ups=follow_ups,
            took_ms=self._clock.now_ms() - began_ms,
        )
        self._log.note(kind, self._facts.stream_of(contact_id), body)
        self._feed(m.WrapUpOver(agent, contact_id))
        for told in self.on_wrap_up:
            told(body)

    def display_name(self, agent: str) -> str:
        """Return what a caller is told of an agent."""
        return self._names.get(agent) or agent.replace(".", " ").title()

    def phone_of(self, agent: str) -> str:
        """Return where an agent is rung; empty for who works in the browser."""
        return self._phones.get(agent, "")

    def phone_workers(self) -> dict[str, str]:
        """Return where each agent is rung who works with a telephone."""
        return dict(self._phones)

    def working(self, queue: str, language: str | None = None, media: m.Media | None = None) -> int:
        """Return how many agents serve a queue, now or when what they have in hand is over; of a kind, or of any."""
        return self._machine.working(queue, language, media)

    def state(self, agent: str) -> facts.AgentState:
        """Return what an agent does."""
        return next((a.state for a in self._machine.agents() if a.name == agent), "signed_out")

    def is_working(self, agent: str) -> bool:
        """Tell whether somebody has signed in."""
        return any(a.name == agent and a.signed_in for a in self._machine.agents())

    # What pages see

    def snapshot(self, agent: str = "") -> dict[str, Any]:
        """Return everything as it is now, with the offers and the work of one agent."""
        agents = [self._agent_view(a.name) for a in self._machine.agents()]
        return {
            "kind": "snapshot",
            "you": next((view for view in agents if view["name"] == agent), None),
            "agents": agents,
            "queues": [self._queue_view(name) for name in self.queues()],
            "offers": [offer_view(open_) for open_ in self._offers.values() if open_.offer.agent == agent],
            **{key: value for part in self.snapshot_parts for key, value in part(agent).items()},
        }

    def voicemails(self, limit: int) -> list[dict[str, Any]]:
        """Return the newest messages that callers left, newest first. Blocks."""
        since = self._clock.now_utc() - timedelta(days=VOICEMAIL_DAYS)
        return [
            {"call_id": event.stream_id, "at_utc": event.at_utc.isoformat(), **to_json(event.body)}
            for event in reversed(self._store.read_type("voicemail_left", since, limit))
        ]

    def queues(self) -> list[str]:
        """Return the names of the queues: those of the configuration, and others in which somebody waits."""
        waited_in = (guest.queue for guest in self._guests.values() if not guest.agent)
        return list(dict.fromkeys((*self.section.names(), *waited_in)))

    def _agent_view(self, name: str) -> dict[str, Any]:
        agent = next(a for a in self._machine.agents() if a.name == name)
        since = self._since.get(name, self._clock.now_utc())
        return agent_view(agent, since, self._clock, phone=name in self._phones)

    def _queue_view(self, name: str) -> dict[str, Any]:
        line = [self._guests[contact_id] for contact_id in self._machine.line(name) if contact_id in self._guests]
        return queue_view(
            name,
            line,
            self._machine.agents(),
            skills=self._rules.of(name).skills,
            service_level_s=self.section.service_level_s(name),
        )

    # What the machine decides

    def _feed(self, event: m.AcdInput) -> None:
        self._driver.feed(event)

    def _carry_out(self, output: m.AcdOutput) -> None:
        match output:
            case m.Offer():
                self._offer(output)
            case m.OfferOver():
                self._offer_over(output)
            case m.Connect():
                self._connect(output)
            case m.Waits():
                self._waits(output)
            case m.Moved():
                self._moved(output)
            case m.Left():
                self._left(output)
            case m.WaitsLong():
                guest = self._guests.get(output.contact_id)
                if guest is not None:
                    guest.listener.waits_long(output.why)
            case m.AgentIs():
                self._agent_is(output)

    def _offer(self, offer: m.Offer) -> None:
        guest = self._guests[offer.contact_id]
        ends = self._clock.now_utc() + timedelta(milliseconds=offer.for_ms)
        open_ = self._offers[offer.reservation_id] = OfferOpen(offer, guest, self._clock.now_ms(), ends)
        self._facts.offered(guest, offer)
        self.feed.tell(offer.agent, {"kind": "offer", "offer": offer_view(open_)})
        guest.listener.offered(offer.agent, offer.reservation_id, offer.for_ms)
        for hook in self.hooks:
            hook.offered(open_)
        self.tasks.start("card", self._make_card(open_))

    async def _make_card(self, open_: OfferOpen) -> None:
        """Make the card now, so that what was said while waiting is on it, and put it on the agent's screen."""
        try:
            open_.card = await open_.guest.listener.card()
        finally:
            open_.card_made.set()
        if open_.offer.reservation_id in self._offers:
            message = {"kind": "card", "reservation_id": open_.offer.reservation_id, "card": open_.card}
            self.feed.tell(open_.offer.agent, message)

    def _offer_over(self, over: m.OfferOver) -> None:
        open_ = self._close_offer(over.reservation_id, over.reason)
        guest = open_.guest
        self._facts.offer_over(guest, over)
        guest.listener.offer_over(over.agent, over.reservation_id, over.reason)

    def _connect(self, connect: m.Connect) -> None:
        open_ = self._close_offer(connect.reservation_id, "accepted")
        guest = open_.guest
        guest.agent = connect.agent
        self._facts.accepted(guest, connect, self._clock.now_ms() - open_.at_ms)
        self.feed.tell(
            connect.agent,
            {
                "kind": "connect",
                "reservation_id": connect.reservation_id,
                "contact_id": connect.contact_id,
                "contact_kind": guest.contact.kind,
                "card": open_.card,
            },
        )
        guest.listener.connect(connect.agent, connect.reservation_id)
        self._tell_queue(guest.queue)

    def _close_offer(self, reservation_id: str, reason: str) -> OfferOpen:
        open_ = self._offers.pop(reservation_id)
        for hook in self.hooks:
            hook.offer_over(open_, accepted=reason == "accepted")
        if reason != "accepted":
            message = {"kind": "offer_over", "reservation_id": reservation_id, "reason": reason}
            self.feed.tell(open_.offer.agent, message)
        return open_

    def _waits(self, waits: m.Waits) -> None:
        guest = self._guests[waits.contact_id]
        guest.position, guest.expected_wait_s = waits.position, waits.expected_wait_s
        if not guest.queued:
            guest.queued = True
            self._facts.queued(guest, waits)
        guest.listener.waits(waits.position, waits.expected_wait_s)
        self._tell_queue(guest.queue)

    def _moved(self, moved: m.Moved) -> None:
        guest = self._guests[moved.contact_id]
        self._facts.left(guest, "overflow", moved.waited_ms, moved.to_queue)
        self._tell_queue(moved.from_queue)
        guest.queue, guest.queued = moved.to_queue, False
        self._facts.waits(guest)

    def _left(self, left: m.Left) -> None:
        guest = self._guests.pop(left.contact_id)
        self._facts.left(guest, left.reason, left.waited_ms, left.to)
        guest.listener.left(left.reason, left.to)
        self._tell_queue(guest.queue)

    def _agent_is(self, agent: m.AgentIs) -> None:
        if self._logged.get(agent.agent) != (agent.state, agent.reason):
            self._logged[agent.agent] = (agent.state, agent.reason)
            self._since[agent.agent] = self._clock.now_utc()
            state = facts.AgentStateSet(agent=agent.agent, state=agent.state, reason=agent.reason)
            self._log.note("agent", agent.agent, state)
        if any(a.name == agent.agent for a in self._machine.agents()):
            self.feed.tell_all({"kind": "agent", "agent": self._agent_view(agent.agent)})
        else:
            self._since.pop(agent.agent, None)
            self._logged.pop(agent.agent, None)
            self._phones.pop(agent.agent, None)
            gone = {"name": agent.agent, "state": "signed_out", "reason": "", "work": []}
            self.feed.tell_all({"kind": "agent", "agent": gone})
        for queue in self.queues():
            self._tell_queue(queue)

    def _tell_queue(self, name: str) -> None:
        """Tell the pages soon, once for all that changes until then."""
        if not self._changed:
            asyncio.get_running_loop().call_later(FIGURES_EVERY_S, self._tell_changed)
        self._changed[name] = None

    def _tell_changed(self) -> None:
        names, self._changed = list(self._changed), {}
        for name in names:
            self.feed.tell_all({"kind": "queue", "queue": self._queue_view(name)})
        for changed in self.on_change:
            changed()

    def _offer_of(self, agent: str, reservation_id: str) -> OfferOpen:
        open_ = self._offers.get(reservation_id)
        if open_ is None or open_.offer.agent != agent:
            raise CallCentreError(
                "desk.offer_over",
                "This is not offered to you any more; somebody else has it, or it went.",
                fault="user",
            )
        return open_
