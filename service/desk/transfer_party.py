"""A human in a call, on a phone that we called or on their own line; and the calls out that bring the former."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from calls import events
from calls.errors import CallCentreError
from calls.ports import Leg, LegEnded, LegEvent, PeerHeld
from desk.handover_messages import Failure
from service.desk.agent_line import AgentLine, SeatLeg
from telephony.dialling import CallWatch

if TYPE_CHECKING:
    from service.call_runner import CallRunner
    from telephony.gateway import SipGateway

logger = logging.getLogger(__name__)

_BUSY = (486, 600)
_WHY: dict[str, Failure] = {
    "call.denied": "denied",
    "call.bad_target": "denied",
    "call.refused": "refused",
    "call.no_answer": "no_answer",
}


@dataclass(slots=True, eq=False)
class Party:
    """One human in the call."""

    member_id: str
    """In the conference; stays theirs whatever part they play."""
    leg: Leg
    agent: str = ""
    """Name to sign in with; empty for somebody on a phone who is not signed in."""
    line: AgentLine | None = None
    """The agent's own line, of which `leg` is a seat; None for a phone."""
    left_by: str = "local"
    """Why the leg goes, as in `calls.ports.LegEnded`."""
    held_since_ms: int | None = None

    def activate(self) -> None:
        """Let an agent with several calls be in this one."""
        if self.line is not None and isinstance(self.leg, SeatLeg):
            self.line.activate(self.leg)


class PartyWatch:
    """Follows what happens on the phone of a human: its end, and that their side holds the call."""

    def __init__(self, call: CallRunner, party: Party, gone: Callable[[Party, bool], None]) -> None:
        """`gone(party, hung up?)` is told the end."""
        self._call, self._gone = call, gone
        party.leg.on_event(partial(self._happened, party, party.leg))

    def _happened(self, party: Party, leg: Leg, event: LegEvent) -> None:
        if leg is not party.leg:
            return
        match event:
            case LegEnded(reason=reason):
                party.left_by = reason
                self._gone(party, reason in ("hung_up", "local"))
            case PeerHeld(held=held):
                self._note_hold(party, held=held)

    def _note_hold(self, party: Party, *, held: bool) -> None:
        """The human's side holds the caller: what the caller hears is its music; nothing of ours changes."""
        now_ms, leg_id = self._call.conference_ms(), party.leg.leg_id
        if held:
            party.held_since_ms = now_ms
            self._call.log.note(events.LegHeld(leg_id=leg_id, member="agent"), "call")
        elif party.held_since_ms is not None:
            held_ms, party.held_since_ms = now_ms - party.held_since_ms, None
            self._call.log.note(events.LegResumed(leg_id=leg_id, member="agent", held_ms=held_ms), "call")


class CallOut:
    """One call out to a human, through the one check of all calls out."""

    def __init__(
        self,
        call: CallRunner,
        target: str,
        *,
        rings: Callable[[], None],
        answered: Callable[[Leg], None],
        failed: Callable[[Failure], None],
    ) -> None:
        """Place it at once; exactly one of `answered` and `failed` follows, unless it is cancelled."""
        self._call, self._target = call, target
        self._rings, self._answered, self._failed = rings, answered, failed
        self._task = call.tasks.start("handover-call", self._place())

    def cancel(self) -> None:
        """Stop what rings; harmless once it is answered."""
        if self._task is not asyncio.current_task():
            self._task.cancel()

    async def _place(self) -> None:
        watch = CallWatch(on_ringing=self._rings)
        try:
            leg = await gateway_of(self._call).call_out(self._target, "transfer", watch=watch)
        except CallCentreError as error:
            logger.info("call %s: the human was not reached: %s", self._call.call_id, error.code)
            self._failed("busy" if watch.status in _BUSY else _WHY.get(error.code, "unreachable"))
            return
        self._answered(leg)


def gateway_of(call: CallRunner) -> SipGateway:
    """Return the telephone line.

    Raises:
        CallCentreError: `call.unreachable` when it is closed.
    """
    gateway = call.house.sip
    if gateway is None:
        raise CallCentreError("call.unreachable", "The telephone line is closed.", fault="us", retryable=True)
    return gateway
