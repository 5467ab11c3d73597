"""What all handovers of one process share: agents' lines, music for who waits, and the asking of a second agent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from calls.errors import CallCentreError
from calls.events import CallbackBooked, Event, EventBody
from calls.ids import CallId
from desk.handover_facts import owed_after_loss
from desk.handover_messages import Failure
from service.desk.agent_line import AgentLines, Tell
from service.desk.transfer_queue import CallQueue, NoQueue
from service.desk.transfer_supervision import Supervision
from telephony.hold_sound import HoldSounds

if TYPE_CHECKING:
    from service.call_runner import CallRunner
    from service.house import House

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class ConsultAsk:
    """A second agent who is asked to talk to the first one."""

    agent: str
    call_id: str
    asked_by: str
    answered: Callable[[], None]
    failed: Callable[[Failure], None]
    card: dict[str, Any] = field(default_factory=dict)
    """What the second agent sees of the call."""


class TransferDesk:
    """One for a process."""

    def __init__(self, house: House) -> None:
        """Agents' pages are told by `tell`, which the desk sets; the queue by `queue_of`."""
        self._house = house
        self.tell: Tell = _nobody
        self.queue_of: Callable[[CallRunner], CallQueue] = lambda call: NoQueue(call.handover.queue_over)
        self.display_name: Callable[[str], str] = _unknown
        """What a caller is told of an agent who answers on a telephone; the desk sets it."""
        self.names: dict[str, str] = {}
        """The same of agents whose page opened a line, by the name to sign in with."""
        self.lines = AgentLines(house.web, house.ticker, house.tasks, self._tell)
        section = house.config.desk
        self.supervision = Supervision(self, announce=section.announce_listening, show=section.show_supervisor)
        self.music: HoldSounds | None = None
        self._asks: dict[tuple[str, str], ConsultAsk] = {}

    async def start(self) -> None:
        """Make the music, aside: it takes a third of a second."""
        self.music = await asyncio.to_thread(HoldSounds)

    def stop(self) -> None:
        """Hang up on the agents' lines."""
        self.lines.close()

    def name_of(self, agent: str) -> str:
        """Return what a caller is told of an agent; empty when no name is known."""
        return self.names.get(agent) or self.display_name(agent)

    # A second agent

    def ask(self, ask: ConsultAsk, card: dict[str, Any], for_ms: int) -> None:
        """Put the question on the second agent's screen; whoever asks takes it back with `withdraw`."""
        if ask.agent == ask.asked_by:
            ask.failed("denied")
        elif not self.lines.is_up(ask.agent):
            ask.failed("unreachable")
        elif any(other.agent == ask.agent for other in self._asks.values()) or self._is_busy(ask.agent):
            ask.failed("busy")
        else:
            self._asks[ask.agent, ask.call_id], ask.card = ask, card
            message = {"call_id": ask.call_id, "asked_by": ask.asked_by, "for_ms": for_ms, "card": card}
            self._tell(ask.agent, {"kind": "consult_offer", **message})

    def withdraw(self, agent: str, call_id: str) -> None:
        """The question is over; idempotent."""
        if self._asks.pop((agent, call_id), None) is not None:
            self._tell(agent, {"kind": "consult_offer_over", "call_id": call_id})

    def asked(self, agent: str) -> list[dict[str, Any]]:
        """Return what an agent is asked now, for a page that was loaded again."""
        asks = (ask for ask in self._asks.values() if ask.agent == agent)
        return [{"call_id": ask.call_id, "asked_by": ask.asked_by, "card": ask.card} for ask in asks]

    def seen_by(self, agent: str) -> dict[str, Any]:
        """Return what a page of an agent has to know from the start: their line, and who asks them."""
        return {"line": self.lines.of(agent).view(), "asks": self.asked(agent)} if agent else {}

    def answer(self, agent: str, call_id: str, *, yes: bool) -> None:
        """The second agent accepts, or does not.

        Raises:
            CallCentreError: `desk.offer_over` when they are not asked any more.
        """
        ask = self._asks.pop((agent, call_id), None)
        if ask is None:
            raise CallCentreError("desk.offer_over", "Nobody asks you that any more.", fault="user")
        self._tell(agent, {"kind": "consult_offer_over", "call_id": call_id})
        if yes:
            ask.answered()
        else:
            ask.failed("refused")

    def _is_busy(self, agent: str) -> bool:
        return any(call.handover.has(agent) for call in self._house.calls.values())

    def _tell(self, agent: str, message: dict[str, Any]) -> None:
        self.tell(agent, message)


def _unknown(agent: str) -> str:
    """Know no name."""
    del agent
    return ""


def _nobody(agent: str, message: dict[str, Any]) -> None:
    """Tell nobody: there are no pages."""
    del agent, message


def owed_to_callers(call: Sequence[Event]) -> list[EventBody]:
    """Return what is owed to a caller whose call was lost with its process; see `records.recovery.recover`."""
    return owed_after_loss(event.body for event in call)


def promise_calls_back(house: House, ends: Sequence[Event]) -> None:
    """Put into their queue the calls back that are owed since calls were lost; `ends` are the facts that ended them."""
    for event in ends:
        if isinstance(event.body, CallbackBooked):
            queue = house.config.desk.queue_for("", event.body.language)
            house.callbacks.promise(CallId(event.stream_id), queue, event.body.language, 0)
