"""What always holds, whatever happens to the queue in whatever order."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from calls.customer_events import ContactKind
from calls.ids import Language
from desk import acd_messages as m
from desk.acd import AcdMachine
from desk.acd_rules import AcdRules, QueueRules
from desk.priority import BOOST_AT_MOST_MS
from tests.desk.acd_scripts import contact

AGENTS = ("ana", "ben", "cid")
QUEUES = ("main", "billing", "spare")
RULES = AcdRules(
    queues={
        "billing": QueueRules(
            name="billing", skills=frozenset({"billing"}), overflow_ms=90_000, overflow_to="spare", wrap_up_ms=10_000
        ),
        "spare": QueueRules(name="spare", overflow_ms=60_000, wrap_up_ms=0),
    }
)
agents = st.sampled_from(AGENTS)


class WholeDesk(RuleBasedStateMachine):
    """Anything that agents and contacts can do; the model knows only what the outputs said."""

    def __init__(self) -> None:
        """Keep the model's own books."""
        super().__init__()
        self.machine = AcdMachine(RULES)
        self.now_ms = 0
        self.waits_since: dict[str, int] = {}
        """Everything that waits or is offered, with the moment from which it counts."""
        self.offers: dict[str, m.Offer] = {}
        self.connected: dict[str, str] = {}
        self.over: set[str] = set()
        self.arrived: dict[str, m.ContactArrived] = {}
        self.profiles: dict[str, m.AgentSignedIn] = {}
        self.in_hand: dict[str, set[str]] = {agent: set() for agent in AGENTS}
        self.states: dict[str, str] = {}
        self.until_ms: dict[str, int] = {}

    def do(self, event: m.AcdInput) -> None:
        """Feed one input and believe the outputs, checking each."""
        for output in self.machine.step(event, self.now_ms):
            self.believe(output)

    def believe(self, output: m.AcdOutput) -> None:
        """Enter an output in the books."""
        match output:
            case m.Offer():
                assert output.contact_id in self.waits_since, "only what waits is offered"
                assert output.contact_id not in {offer.contact_id for offer in self.offers.values()}, "to one at a time"
                assert output.agent not in {offer.agent for offer in self.offers.values()}, "one offer at a time"
                self.check_room(output)
                assert output.reservation_id not in self.until_ms, "each reservation has an id of its own"
                self.offers[output.reservation_id] = output
                self.until_ms[output.reservation_id] = self.now_ms + output.for_ms
            case m.OfferOver():
                assert self.offers.pop(output.reservation_id).contact_id == output.contact_id
            case m.Connect():
                del self.offers[output.reservation_id]
                assert output.contact_id in self.waits_since
                self.connected[output.contact_id] = output.agent
                self.in_hand[output.agent].add(output.contact_id)
            case m.Left():
                assert output.contact_id in self.waits_since
                assert output.contact_id not in self.connected
                del self.waits_since[output.contact_id]
                self.over.add(output.contact_id)
            case m.AgentIs():
                self.states[output.agent] = output.state
            case m.Waits() | m.Moved() | m.WaitsLong():
                assert output.contact_id in self.waits_since

    def check_room(self, offer: m.Offer) -> None:
        """An agent is offered only what they can do and have room for."""
        profile, arrived = self.profiles[offer.agent], self.arrived[offer.contact_id]
        assert arrived.language in profile.languages
        kinds = [self.arrived[contact_id].media for contact_id in self.in_hand[offer.agent]]
        assert "voice" not in kinds, "nothing beside a call"
        if arrived.media == "text":
            assert kinds.count("text") < profile.text_at_once

    @initialize()
    def nobody(self) -> None:
        """Begin with nobody."""
        assert self.machine.next_deadline_ms() is None

    @rule(agent=agents, spanish=st.booleans(), billing=st.booleans(), texts=st.integers(0, 3))
    def sign_in(self, agent: str, spanish: bool, billing: bool, texts: int) -> None:
        """Somebody comes to work, or changes what they do."""
        languages: frozenset[Language] = frozenset({"es", "en"} if spanish else {"en"})
        profile = m.AgentSignedIn(
            agent=agent,
            languages=languages,
            skills=frozenset({"billing"} if billing else ()),
            text_at_once=texts,
        )
        self.profiles[agent] = profile
        self.do(profile)

    @rule(agent=agents, lost=st.booleans())
    def sign_out(self, agent: str, lost: bool) -> None:
        """Somebody goes home."""
        self.do(m.AgentSignedOut(agent, lost=lost))

    @rule(agent=agents)
    def ready(self, agent: str) -> None:
        """Somebody wants work."""
        self.do(m.AgentReady(agent))

    @rule(agent=agents)
    def not_ready(self, agent: str) -> None:
        """Somebody takes a break."""
        self.do(m.AgentNotReady(agent, "break"))

    @rule(
        number=st.integers(0, 12),
        kind=st.sampled_from(["call", "conversation"]),
        queue=st.sampled_from(QUEUES),
        spanish=st.booleans(),
        anger=st.floats(0, 1),
        vip=st.booleans(),
        wanted=st.sampled_from(["", *AGENTS]),
        way_out=st.sampled_from(["", "+34910000000"]),
    )
    def arrive(
        self,
        number: int,
        kind: ContactKind,
        queue: str,
        spanish: bool,
        anger: float,
        vip: bool,
        wanted: str,
        way_out: str,
    ) -> None:
        """A contact comes; one that is there already changes nothing."""
        contact_id = f"c{number}"
        new = contact_id not in self.waits_since and contact_id not in self.connected
        event = contact(
            contact_id,
            kind=kind,
            queue=queue,
            language="es" if spanish else "en",
            skills=["rare"] if number % 3 == 0 else [],
            anger=anger,
            vip=vip,
            wanted=wanted,
            way_out=way_out,
        )
        if new and not any(contact_id in hand for hand in self.in_hand.values()):
            self.arrived[contact_id] = event
            self.waits_since[contact_id] = self.now_ms
            self.over.discard(contact_id)
            self.do(event)
        elif not new:
            self.do(event)

    @rule(number=st.integers(0, 12), anger=st.floats(0, 1), frustration=st.floats(0, 1))
    def feel(self, number: int, anger: float, frustration: float) -> None:
        """Somebody sounds otherwise."""
        self.do(m.FeelingChanged(contact_id=f"c{number}", anger_prob=anger, frustration_score=frustration))

    @rule(which=st.integers(0, 5))
    def accept(self, which: int) -> None:
        """An agent takes what is offered."""
        if self.offers:
            self.do(m.OfferTaken(sorted(self.offers)[which % len(self.offers)]))

    @rule(which=st.integers(0, 5), to=st.sampled_from(["", *AGENTS, "queue:billing", "queue:none"]))
    def decline(self, which: int, to: str) -> None:
        """An agent does not take what is offered."""
        if self.offers:
            self.do(m.OfferRefused(sorted(self.offers)[which % len(self.offers)], redirect_to=to))

    @rule(number=st.integers(0, 12))
    def go(self, number: int) -> None:
        """A contact goes, wherever it is."""
        contact_id = f"c{number}"
        self.do(m.ContactGone(contact_id, "abandoned"))
        if contact_id in self.connected:
            self.part(contact_id)

    @rule(number=st.integers(0, 12))
    def come_back(self, number: int) -> None:
        """An agent who accepted could not be joined."""
        contact_id = f"c{number}"
        agent = self.connected.pop(contact_id, None)
        if agent is not None:
            self.in_hand[agent].discard(contact_id)
        self.do(m.ContactBack(contact_id))

    @rule(number=st.integers(0, 12))
    def end_work(self, number: int) -> None:
        """Agent and contact part."""
        contact_id = f"c{number}"
        agent = self.connected.get(contact_id)
        if agent is not None:
            self.do(m.WorkOver(agent, contact_id))
            self.part(contact_id)

    def part(self, contact_id: str) -> None:
        """The machine may forget a contact that was served."""
        agent = self.connected.pop(contact_id)
        self.in_hand[agent].discard(contact_id)
        self.waits_since.pop(contact_id, None)
        self.over.add(contact_id)

    @rule(ms=st.integers(0, 40_000))
    def time_passes(self, ms: int) -> None:
        """Time passes, with every deadline kept."""
        end_ms = self.now_ms + ms
        for _ in range(500):
            due_ms = self.machine.next_deadline_ms()
            if due_ms is None or due_ms > end_ms:
                break
            assert due_ms >= self.now_ms, "a deadline lies ahead"
            self.now_ms = due_ms
            self.do(m.Tick())
        else:
            raise AssertionError("the machine wants to be woken for ever")
        self.now_ms = end_ms

    @invariant()
    def nothing_is_lost(self) -> None:
        """Every contact that arrived waits, is offered, is connected, or is over: and the machine knows the same."""
        in_line = {contact_id for queue in QUEUES for contact_id in self.machine.line(queue)}
        assert in_line | set(self.connected) | self.over == set(self.arrived)
        assert in_line == set(self.waits_since) - set(self.connected)
        assert {offer.contact_id for offer in self.offers.values()} <= in_line

    @invariant()
    def a_deadline_stands_while_something_is_pending(self) -> None:
        """An offer is never open for longer than its time."""
        due_ms = self.machine.next_deadline_ms()
        for reservation_id in self.offers:
            assert due_ms is not None
            assert due_ms <= self.until_ms[reservation_id]
            assert self.until_ms[reservation_id] > self.now_ms or due_ms <= self.now_ms
        if any(state == "wrap_up" for state in self.states.values()):
            assert due_ms is not None

    @invariant()
    def states_are_as_told(self) -> None:
        """What was said last of each agent is how they are."""
        for agent in self.machine.agents():
            assert self.states[agent.name] == agent.state

    @invariant()
    def nobody_overtakes_by_more_than_the_bound(self) -> None:
        """In every line, whoever stands before somebody came at most the bound later, whatever they feel."""
        for queue in QUEUES:
            latest_ms = 0
            for contact_id in self.machine.line(queue):
                latest_ms = max(latest_ms, self.waits_since[contact_id])
                assert latest_ms - self.waits_since[contact_id] <= BOOST_AT_MOST_MS


TestWholeDesk = WholeDesk.TestCase
TestWholeDesk.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
