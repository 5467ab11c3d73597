"""Short ways to say what happens to the queue, for its tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from calls.customer_events import ContactKind
from calls.ids import Language
from desk import acd_messages as m
from desk.acd import AcdMachine
from desk.acd_rules import AcdRules, QueueRules

Output = TypeVar("Output", bound=m.AcdOutput)


def rules(*queues: QueueRules, again_ms: int = 30_000) -> AcdRules:
    """Return rules in which agents have no work after a contact, unless a queue says so."""
    usual = QueueRules(wrap_up_ms=0)
    return AcdRules(queues={queue.name: queue for queue in queues}, usual=usual, again_ms=again_ms)


def contact(
    contact_id: str,
    *,
    kind: ContactKind = "call",
    queue: str = "main",
    language: Language = "en",
    skills: Iterable[str] = (),
    vip: bool = False,
    anger: float = 0.0,
    frustration: float = 0.0,
    wanted: str = "",
    waited_ms: int = 0,
    way_out: str = "",
) -> m.ContactArrived:
    """Return a contact that arrives."""
    return m.ContactArrived(
        contact_id=contact_id,
        kind=kind,
        queue=queue,
        language=language,
        skills=frozenset(skills),
        vip=vip,
        anger_prob=anger,
        frustration_score=frustration,
        wanted_agent=wanted,
        waited_ms=waited_ms,
        way_out=way_out,
    )


class Desk:
    """A machine with a clock that the test moves."""

    def __init__(self, of: AcdRules | None = None) -> None:
        """Nobody is there at 0 ms."""
        self.machine = AcdMachine(of or rules())
        self.now_ms = 0
        self.said: list[m.AcdOutput] = []
        """Everything since `take` was asked last."""

    def do(self, *events: m.AcdInput) -> list[m.AcdOutput]:
        """Feed inputs now; return what came out."""
        out = [output for event in events for output in self.machine.step(event, self.now_ms)]
        self.said += out
        return out

    def work(
        self,
        *agents: str,
        languages: Iterable[Language] = ("en", "es"),
        skills: Iterable[str] = (),
        text_at_once: int = 3,
    ) -> None:
        """Let agents sign in and be ready, in this order."""
        for agent in agents:
            self.do(
                m.AgentSignedIn(
                    agent=agent,
                    languages=frozenset(languages),
                    skills=frozenset(skills),
                    text_at_once=text_at_once,
                ),
                m.AgentReady(agent),
            )

    def wait(self, ms: int) -> list[m.AcdOutput]:
        """Let time pass, with a tick at every deadline on the way; return what came out."""
        out: list[m.AcdOutput] = []
        end_ms = self.now_ms + ms
        while (due_ms := self.machine.next_deadline_ms()) is not None and due_ms <= end_ms:
            self.now_ms = max(self.now_ms, due_ms)
            out += self.do(m.Tick())
        self.now_ms = end_ms
        return out

    def take(self, what: type[Output]) -> list[Output]:
        """Return the outputs of a kind that came since the last time."""
        found: list[Output] = [output for output in self.said if isinstance(output, what)]
        self.said = [output for output in self.said if not isinstance(output, what)]
        return found

    def offers(self) -> list[tuple[str, str]]:
        """Return (contact, agent) of the offers since the last time."""
        return [(offer.contact_id, offer.agent) for offer in self.take(m.Offer)]

    def offer(self) -> m.Offer:
        """Return the last offer."""
        return self.take(m.Offer)[-1]

    def accept(self) -> m.Connect:
        """Accept the last offer."""
        self.do(m.OfferTaken(self.offer().reservation_id))
        return self.take(m.Connect)[-1]

    def state_of(self, agent: str) -> str:
        """Return the state of an agent."""
        return next(a.state for a in self.machine.agents() if a.name == agent)
