"""The queue as a pure machine: who waits, whom they are offered to, in which order. Time is an argument.

    ContactArrived --> WAITING --Offer--> OFFERED --OfferTaken: Connect--> CONNECTED --WorkOver--> (forgotten)
                       ^  |  ^              |                                  |
                       |  |  `- OfferOver --' (declined, no answer, withdrawn) |
                       |  |                                                    |
                       |  `--ContactGone, overflow: Left--> (forgotten)        |
                       `----------------------- ContactBack -------------------'

Order. A contact's rank is `arrived - boost` (`desk/priority.py`), and a free agent is always offered the lowest rank
that they may serve. A contact that comes back, from an agent who declined or could not be joined, keeps its rank.

Agents. Of those who may serve a contact, the one with the least in hand, then the longest idle. One offer at a time;
whoever has a call is offered nothing; several texts at once. Without a line no call is offered, texts are. An offer
that nobody takes makes the agent `not_responding` (RONA): nothing more is offered until they say that they are there.

Kept from an agent. A contact they declined a moment ago; one that wants another agent, for some seconds; one whose
skills they lack, until those are relaxed. The skills of the queue and the language are never relaxed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Literal

from calls.desk_events import LeftQueueReason
from desk import acd_messages as m
from desk.acd_rules import AcdRules, QueueRules
from desk.agents import Agent, Work
from desk.estimate import ServiceTimes, expected_wait_s
from desk.priority import Boost
from desk.waiting import Contact, Reservation

QUEUE_PREFIX = "queue:"
"""Begins the name of a queue where the name of an agent could stand."""


class AcdMachine:
    """All queues and all agents of one desk."""

    def __init__(self, rules: AcdRules | None = None, *, prefix: str = "r") -> None:
        """Nobody waits and nobody works.

        Args:
            rules: What the operator decided.
            prefix: Begins the ids of reservations, so that those of two runs differ.
        """
        self._rules = rules or AcdRules()
        self._prefix = prefix
        self._now_ms = 0
        self._count = 0
        self._agents: dict[str, Agent] = {}
        self._contacts: dict[str, Contact] = {}
        self._reservations: dict[str, Reservation] = {}
        self._closed: set[str] = set()
        self._times: dict[str, ServiceTimes] = defaultdict(ServiceTimes)
        self._states: dict[str, tuple[str, str, bool, bool, tuple[tuple[str, bool], ...]]] = {}
        """What was last said of each agent: state, reason, their line, and what they had in hand."""
        self._out: list[m.AcdOutput] = []

    # What can be asked

    def step(self, event: m.AcdInput, now_ms: int) -> list[m.AcdOutput]:
        """Take one input; one that means nothing any more (late news) does nothing."""
        self._now_ms = max(self._now_ms, now_ms)
        self._out = []
        self._ROWS[type(event)](self, event)
        self._let_time_pass()
        self._offer()
        self._tell()
        return self._out

    def next_deadline_ms(self) -> int | None:
        """Return when `step(Tick(), now_ms)` is due, or None."""
        return min(self._deadlines(), default=None)

    def working(self, queue: str, language: str | None = None, media: m.Media | None = None) -> int:
        """Return how many agents serve a queue, now or when what they have in hand is over; of a kind, or of any."""
        return len(self._mates(queue, language, media))

    def _mates(self, queue: str, language: str | None, media: m.Media | None) -> list[Agent]:
        skills = self._rules.of(queue).skills
        return [
            agent
            for agent in self._agents.values()
            if (agent.works if media is None else agent.takes(media, self._now_ms))
            and skills <= agent.profile.skills
            and (language is None or language in agent.profile.languages)
        ]

    def agents(self) -> list[Agent]:
        """Return who works, or has something in hand, by name."""
        return sorted(self._agents.values(), key=lambda agent: agent.name)

    def line(self, queue: str) -> list[str]:
        """Return the contacts that wait in a queue, next first, those included that are being offered."""
        return [contact.contact_id for contact in self._line(queue)]

    def expected_s(self, queue: str, language: str, media: m.Media, position: int) -> int | None:
        """Return how long the one at `position` would wait; None when nobody can tell."""
        mates = self._mates(queue, language, media)
        return expected_wait_s(
            position,
            mean_ms=self._times[queue].mean_ms(self._now_ms),
            places=sum(agent.places(media) for agent in mates),
            free=sum(agent.free_places(media) for agent in mates),
        )

    def learn(self, queue: str, took_ms: int) -> None:
        """Take the service time of an earlier contact, e.g. of before a restart."""
        self._times[queue].served(took_ms, self._now_ms)

    # Agents

    def _signed_in(self, event: m.AgentSignedIn) -> None:
        agent = self._agents.get(event.agent)
        if agent is None:
            self._agents[event.agent] = Agent(event, idle_since_ms=self._now_ms, has_line=event.has_line)
        elif agent.signed_in:
            agent.profile = event
        else:
            agent.profile, agent.signed_in, agent.responds = event, True, True
            agent.wants_work, agent.reason, agent.idle_since_ms = False, "", self._now_ms
            agent.has_line, agent.line_counts_until_ms = event.has_line, None

    def _line_is(self, event: m.LineIs) -> None:
        agent = self._agents.get(event.agent)
        if agent is not None:
            agent.line_is(up=event.up, now_ms=self._now_ms)

    def _signed_out(self, event: m.AgentSignedOut) -> None:
        agent = self._agents.get(event.agent)
        if agent is not None:
            self._withdraw(agent, "agent_lost" if event.lost else "withdrawn")
            agent.signed_in = agent.wants_work = False
            agent.reason = ""

    def _ready(self, event: m.AgentReady) -> None:
        agent = self._agents.get(event.agent)
        if agent is None or not agent.signed_in:
            return
        if not agent.works:
            agent.idle_since_ms = self._now_ms
        agent.wants_work, agent.responds, agent.reason = True, True, ""

    def _not_ready(self, event: m.AgentNotReady) -> None:
        agent = self._agents.get(event.agent)
        if agent is not None and agent.signed_in:
            self._withdraw(agent, "withdrawn")
            agent.wants_work, agent.responds, agent.reason = False, True, event.reason

    def _work_began(self, event: m.WorkBegan) -> None:
        agent = self._agents.get(event.agent)
        if agent is not None:
            self._withdraw(agent, "withdrawn")
            agent.work[event.contact_id] = Work("voice" if event.kind == "call" else "text", event.queue, self._now_ms)

    def _work_over(self, event: m.WorkOver) -> None:
        agent = self._agents.get(event.agent)
        work = agent.work.get(event.contact_id) if agent is not None else None
        if agent is None or work is None or work.over_ms is not None:
            return
        contact = self._contacts.get(event.contact_id)
        if contact is not None and contact.state == "connected" and contact.agent == agent.name:
            del self._contacts[event.contact_id]
        work.over_ms = self._now_ms + self._rules.of(work.queue).wrap_up_ms

    def _wrap_up_over(self, event: m.WrapUpOver) -> None:
        agent = self._agents.get(event.agent)
        work = agent.work.get(event.contact_id) if agent is not None else None
        if work is not None and work.over_ms is not None:
            work.over_ms = self._now_ms

    # Contacts

    def _arrived(self, event: m.ContactArrived) -> None:
        if event.contact_id in self._contacts:
            return
        self._count += 1
        self._contacts[event.contact_id] = Contact(
            arrived=event,
            queue=event.queue,
            order=self._count,
            since_ms=self._now_ms - max(0, event.waited_ms),
            entered_ms=self._now_ms,
            boost=Boost(
                vip=event.vip,
                anger_prob=event.anger_prob,
                frustration_score=event.frustration_score,
                now_ms=self._now_ms,
            ),
            wanted_agent=event.wanted_agent,
            wanted_until_ms=self._now_ms + self._rules.of(event.queue).wanted_ms if event.wanted_agent else 0,
            been_in={event.queue},
        )

    def _felt(self, event: m.FeelingChanged) -> None:
        contact = self._contacts.get(event.contact_id)
        if contact is not None:
            contact.boost.felt(event.anger_prob, event.frustration_score, self._now_ms)

    def _gone(self, event: m.ContactGone) -> None:
        contact = self._contacts.get(event.contact_id)
        if contact is None:
            return
        if contact.state == "connected":
            self._work_over(m.WorkOver(contact.agent, event.contact_id))
            return
        if contact.state == "offered":
            self._withdraw(self._agents[contact.agent], "withdrawn")
        self._leave(contact, event.reason, "")

    def _back(self, event: m.ContactBack) -> None:
        contact = self._contacts.get(event.contact_id)
        if contact is None or contact.state != "connected":
            return
        agent = self._agents.get(contact.agent)
        if agent is not None:
            agent.work.pop(contact.contact_id, None)
        contact.refused_until_ms[contact.agent] = self._now_ms + self._rules.again_ms
        contact.state, contact.agent, contact.told = "waiting", "", None

    # Offers

    def _taken(self, event: m.OfferTaken) -> None:
        reservation = self._reservations.pop(event.reservation_id, None)
        if reservation is None:
            return
        contact, agent = reservation.contact, reservation.agent
        agent.offered = ""
        agent.work[contact.contact_id] = Work(contact.arrived.media, contact.queue, self._now_ms)
        contact.state, contact.agent = "connected", agent.name
        self._out.append(
            m.Connect(
                reservation_id=reservation.reservation_id,
                contact_id=contact.contact_id,
                agent=agent.name,
                waited_ms=self._now_ms - contact.since_ms,
            )
        )

    def _refused(self, event: m.OfferRefused) -> None:
        reservation = self._reservations.get(event.reservation_id)
        if reservation is None:
            return
        contact, name = reservation.contact, reservation.agent.name
        contact.refused_until_ms[name] = self._now_ms + self._rules.again_ms
        to_queue = event.redirect_to.removeprefix(QUEUE_PREFIX) if event.redirect_to.startswith(QUEUE_PREFIX) else ""
        colleague = self._agents.get(event.redirect_to)
        if to_queue in self._rules.queues and to_queue != contact.queue:
            self._end_offer(reservation, "redirected", event.note)
            self._move(contact, to_queue, "redirected")
        elif colleague is not None and colleague.signed_in and colleague.name != name:
            self._end_offer(reservation, "redirected", event.note)
            contact.wanted_agent = colleague.name
            contact.wanted_until_ms = self._now_ms + self._rules.of(contact.queue).wanted_ms
            contact.refused_until_ms.pop(colleague.name, None)
        else:
            self._end_offer(reservation, "declined", event.note)

    def _unanswered(self, event: m.OfferUnanswered) -> None:
        reservation = self._reservations.get(event.reservation_id)
        if reservation is not None:
            reservation.until_ms = self._now_ms

    def _end_offer(
        self,
        reservation: Reservation,
        reason: Literal["declined", "no_answer", "withdrawn", "agent_lost", "redirected"],
        note: str,
    ) -> None:
        del self._reservations[reservation.reservation_id]
        reservation.agent.offered = ""
        reservation.contact.state, reservation.contact.agent = "waiting", ""
        self._out.append(
            m.OfferOver(
                reservation_id=reservation.reservation_id,
                contact_id=reservation.contact.contact_id,
                agent=reservation.agent.name,
                reason=reason,
                note=note,
            )
        )

    def _withdraw(self, agent: Agent, reason: Literal["withdrawn", "agent_lost"]) -> None:
        if agent.offered:
            self._end_offer(self._reservations[agent.offered], reason, "")

    def _offer(self) -> None:
        free = [agent for agent in self._agents.values() if agent.may_be_offered]
        if not free:
            return
        for contact in sorted((c for c in self._contacts.values() if c.state == "waiting"), key=lambda c: c.rank):
            fits = [agent for agent in free if self._may_have(agent, contact)]
            if not fits:
                continue
            agent = min(fits, key=lambda a: (len(a.work), a.idle_since_ms, a.name))
            self._reserve(contact, agent)
            free.remove(agent)
            if not free:
                return

    def _reserve(self, contact: Contact, agent: Agent) -> None:
        self._count += 1
        for_ms = self._rules.of(contact.queue).ring_ms + agent.profile.more_ms
        reservation = Reservation(f"{self._prefix}{self._count}", contact, agent, self._now_ms + for_ms)
        self._reservations[reservation.reservation_id] = reservation
        agent.offered = reservation.reservation_id
        contact.state, contact.agent = "offered", agent.name
        self._out.append(
            m.Offer(
                reservation_id=reservation.reservation_id,
                contact_id=contact.contact_id,
                agent=agent.name,
                for_ms=for_ms,
            )
        )

    def _may_have(self, agent: Agent, contact: Contact) -> bool:
        if not agent.has_room(contact.arrived.media) or contact.refused_until_ms.get(agent.name, 0) > self._now_ms:
            return False
        if agent.name != contact.wanted_agent and self._is_kept(contact):
            return False
        return self._serves(agent, contact, relaxed=self._is_relaxed(contact))

    def _serves(self, agent: Agent, contact: Contact, *, relaxed: bool) -> bool:
        profile, skills = agent.profile, self._rules.of(contact.queue).skills
        if contact.arrived.language not in profile.languages or not skills <= profile.skills:
            return False
        return relaxed or contact.arrived.skills <= profile.skills

    def _is_kept(self, contact: Contact) -> bool:
        """Tell whether the contact still waits for the agent it wants, who works."""
        wanted = self._agents.get(contact.wanted_agent)
        if wanted is None or not wanted.takes(contact.arrived.media, self._now_ms):
            return False
        return contact.wanted_until_ms > self._now_ms

    def _is_relaxed(self, contact: Contact) -> bool:
        return self._now_ms - contact.since_ms >= self._rules.of(contact.queue).relax_after_ms

    # Time

    def _let_time_pass(self) -> None:
        now_ms = self._now_ms
        for reservation in [r for r in self._reservations.values() if r.until_ms <= now_ms]:
            reservation.agent.responds = False
            self._end_offer(reservation, "no_answer", "")
        for agent in list(self._agents.values()):
            self._end_wrap_ups(agent)
        for contact in [c for c in self._contacts.values() if c.state == "waiting"]:
            rules = self._rules.of(contact.queue)
            if not self._overflows(contact, rules) or now_ms - contact.entered_ms < rules.overflow_ms:
                continue
            if self._next_queue(contact, rules):
                self._move(contact, rules.overflow_to, "overflow")
            else:
                self._leave(contact, "overflow", contact.arrived.way_out)

    def _end_wrap_ups(self, agent: Agent) -> None:
        for contact_id, work in list(agent.work.items()):
            if work.over_ms is not None and work.over_ms <= self._now_ms:
                del agent.work[contact_id]
                self._times[work.queue].served(work.over_ms - work.since_ms, self._now_ms)
                agent.idle_since_ms = self._now_ms

    def _overflows(self, contact: Contact, rules: QueueRules) -> bool:
        if not rules.overflow_ms:
            return False
        return self._next_queue(contact, rules) or (bool(contact.arrived.way_out) and contact.arrived.kind == "call")

    def _next_queue(self, contact: Contact, rules: QueueRules) -> bool:
        return bool(rules.overflow_to) and rules.overflow_to not in contact.been_in

    def _move(self, contact: Contact, to: str, reason: Literal["overflow", "redirected"]) -> None:
        self._out.append(
            m.Moved(
                contact_id=contact.contact_id,
                from_queue=contact.queue,
                to_queue=to,
                reason=reason,
                waited_ms=self._now_ms - contact.since_ms,
            )
        )
        contact.queue, contact.entered_ms, contact.told = to, self._now_ms, None
        contact.been_in.add(to)
        contact.told_long.clear()

    def _leave(self, contact: Contact, reason: LeftQueueReason, to: str) -> None:
        del self._contacts[contact.contact_id]
        waited_ms = self._now_ms - contact.since_ms
        self._out.append(m.Left(contact_id=contact.contact_id, reason=reason, waited_ms=waited_ms, to=to))

    def _deadlines(self) -> Iterator[int]:
        """Yield every moment at which something changes by time alone; all of them are still to come."""
        for reservation in self._reservations.values():
            yield reservation.until_ms
        for agent in self._agents.values():
            yield from (work.over_ms for work in agent.work.values() if work.over_ms is not None)
            back_ms = agent.line_counts_until_ms
            if not agent.has_line and back_ms is not None and back_ms > self._now_ms:
                yield back_ms
        for contact in self._contacts.values():
            if contact.state == "waiting":
                yield from self._deadlines_of(contact)

    def _deadlines_of(self, contact: Contact) -> Iterator[int]:
        rules = self._rules.of(contact.queue)
        if self._overflows(contact, rules):
            yield contact.entered_ms + rules.overflow_ms
        if "long_wait" not in contact.told_long:
            yield contact.entered_ms + rules.long_wait_ms
        moments = [*contact.refused_until_ms.values(), contact.wanted_until_ms]
        if contact.arrived.skills:
            moments.append(contact.since_ms + rules.relax_after_ms)
        yield from (moment for moment in moments if moment > self._now_ms)

    # What is told

    def _tell(self) -> None:
        for queue in {contact.queue: None for contact in self._contacts.values()}:
            ahead: Counter[str] = Counter()
            offered: Counter[str] = Counter()
            for contact in self._line(queue):  # who speaks another language is served by others
                language = contact.arrived.language
                ahead[language] += 1
                offered[language] += contact.state == "offered"
                self._tell_place(contact, ahead[language], ahead[language] - offered[language])
                self._tell_long_wait(contact)
        for agent in list(self._agents.values()):
            work = tuple((name, work.over_ms is None) for name, work in agent.work.items())
            takes_calls = agent.takes("voice", self._now_ms)
            said = (agent.state, agent.reason, agent.has_line, takes_calls, work)
            if self._states.get(agent.name) != said:
                self._states[agent.name] = said
                self._out.append(m.AgentIs(agent=agent.name, state=agent.state, reason=agent.reason))
            if not agent.signed_in and not agent.work:
                del self._agents[agent.name], self._states[agent.name]

    def _line(self, queue: str) -> list[Contact]:
        """Return who waits in a queue, next first."""
        waiting = (c for c in self._contacts.values() if c.queue == queue and c.state != "connected")
        return sorted(waiting, key=lambda contact: contact.rank)

    def _tell_place(self, contact: Contact, position: int, turns: int) -> None:
        """Tell where a contact stands; `turns` agents have to become free for it, as those who are free may not."""
        expected_s: int | None = 0
        if contact.state != "offered":
            mates = self._mates(contact.queue, contact.arrived.language, contact.arrived.media)
            places = sum(agent.places(contact.arrived.media) for agent in mates)
            mean_ms = self._times[contact.queue].mean_ms(self._now_ms)
            expected_s = expected_wait_s(turns, mean_ms=mean_ms, places=places, free=0)
        if contact.told == (position, expected_s):
            return
        contact.told = (position, expected_s)
        self._out.append(
            m.Waits(
                contact_id=contact.contact_id,
                position=position,
                expected_wait_s=expected_s,
                priority=contact.boost.ms / 1000,
            )
        )

    def _tell_long_wait(self, contact: Contact) -> None:
        """Say once for each reason that nobody will come soon; again for nobody at all, when somebody was there."""
        media = contact.arrived.media
        mates = any(
            agent.takes(media, self._now_ms) and self._serves(agent, contact, relaxed=True)
            for agent in self._agents.values()
        )
        if mates:
            contact.told_long.discard("no_agents")
        if contact.state == "offered":
            return
        reasons: list[tuple[Literal["no_agents", "closed", "long_wait"], bool]] = [
            ("closed", contact.queue in self._closed),
            ("no_agents", not mates),
            ("long_wait", self._now_ms - contact.entered_ms >= self._rules.of(contact.queue).long_wait_ms),
        ]
        for why, holds in reasons:
            if holds and why not in contact.told_long:
                contact.told_long.add(why)
                self._out.append(m.WaitsLong(contact_id=contact.contact_id, why=why))

    def _hours(self, event: m.QueueHours) -> None:
        if event.open:
            self._closed.discard(event.queue)
            for contact in self._contacts.values():
                contact.told_long.discard("closed")
        else:
            self._closed.add(event.queue)

    def _tick(self, event: m.Tick) -> None:
        """Time passes in every step."""

    _ROWS: ClassVar[dict[type[m.AcdInput], Callable[[AcdMachine, Any], None]]] = {
        m.AgentSignedIn: _signed_in,
        m.AgentSignedOut: _signed_out,
        m.AgentReady: _ready,
        m.AgentNotReady: _not_ready,
        m.LineIs: _line_is,
        m.WorkBegan: _work_began,
        m.WorkOver: _work_over,
        m.WrapUpOver: _wrap_up_over,
        m.ContactArrived: _arrived,
        m.FeelingChanged: _felt,
        m.ContactGone: _gone,
        m.ContactBack: _back,
        m.OfferTaken: _taken,
        m.OfferRefused: _refused,
        m.OfferUnanswered: _unanswered,
        m.QueueHours: _hours,
        m.Tick: _tick,
    }
    """What each input does; what follows from time and from who is free is the same after every one."""
