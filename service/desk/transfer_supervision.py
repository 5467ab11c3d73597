"""Supervisors in running calls: listen, whisper to the agent, barge in. Each change is a fact of the call."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from calls.handover_events import SupervisionChanged
from service.desk.agent_line import SeatLeg
from service.desk.transfer_floor import SUPERVISOR

if TYPE_CHECKING:
    from service.call_runner import CallRunner
    from service.desk.transfer_desk import TransferDesk

logger = logging.getLogger(__name__)

SupervisionMode = Literal["listen", "whisper", "barge", "off"]


@dataclass(slots=True)
class _Watched:
    call: CallRunner
    supervisor: str
    leg: SeatLeg


class Supervision:
    """Who listens where; a supervisor hears one call at a time, and a call has one supervisor."""

    def __init__(self, desk: TransferDesk, *, announce: bool = True, show: bool = True) -> None:
        """Watch no call yet.

        Args:
            desk: Whose lines and calls.
            announce: Whether a caller is told when somebody begins to hear them; a barge is always announced.
            show: Whether an agent is told on their page; who whispers or joins is always shown.
        """
        self._desk, self._announce, self._show = desk, announce, show
        self._calls: dict[str, _Watched] = {}

    def be(self, call: CallRunner, supervisor: str, mode: SupervisionMode) -> None:
        """Take part in a call in this way from now on.

        Raises:
            CallCentreError: `desk.no_line` when the supervisor's page has no line.
        """
        watched = self._calls.get(call.call_id)
        if watched is not None and watched.supervisor != supervisor:
            self._leave(watched)
            watched = None
        if mode == "off":
            if watched is not None:
                self._leave(watched)
            return
        begins = watched is None
        if begins:
            self._enter(call, supervisor)
        announced = mode == "barge" or (begins and self._announce)  # who whispers hears the caller too
        body = SupervisionChanged(supervisor=supervisor, mode=mode, announced=announced)
        call.log.note(body, "call")
        if announced:
            call.handover.tell("human.supervisor_joins" if mode == "barge" else "human.supervisor_listens")
        call.handover.floor.supervision = mode
        call.handover.floor.apply()
        call.handover.show()

    def shown(self, call_id: str, mode: SupervisionMode | None) -> str:
        """Return what the agent's page says of a supervisor in a call; empty for none."""
        if mode is None or call_id not in self._calls or (mode == "listen" and not self._show):
            return ""
        return mode

    def call_over(self, call_id: str) -> None:
        """The call is over; idempotent."""
        watched = self._calls.pop(call_id, None)
        if watched is not None:
            self._desk.lines.of(watched.supervisor).leave(watched.leg)

    def line_broke(self, agent: str) -> None:
        """A supervisor's line is gone: they are out of every call."""
        for watched in [watched for watched in self._calls.values() if watched.supervisor == agent]:
            self._leave(watched)

    def line_back(self, agent: str) -> None:
        """They have to come in again."""

    def line_elsewhere(self, agent: str) -> None:
        """They go to another call."""
        self.line_broke(agent)

    def _enter(self, call: CallRunner, supervisor: str) -> None:
        for other in [watched for watched in self._calls.values() if watched.supervisor == supervisor]:
            self._leave(other)
        line = self._desk.lines.of(supervisor)
        leg = line.sit(self)
        assert call.conference is not None, "only such calls are supervised"
        call.legs.join(call.conference, SUPERVISOR, "supervisor", leg)
        call.handover.floor.place("supervisor", SUPERVISOR)
        call.handover.floor.silent(SUPERVISOR)
        line.activate(leg)
        self._calls[call.call_id] = _Watched(call, supervisor, leg)

    def _leave(self, watched: _Watched) -> None:
        call = watched.call
        self._calls.pop(call.call_id, None)
        self._desk.lines.of(watched.supervisor).leave(watched.leg)
        call.handover.floor.supervision = None
        call.handover.floor.place("supervisor", None)
        if call.conference is not None:
            call.legs.leave(call.conference, SUPERVISOR, "local")
        call.log.note(SupervisionChanged(supervisor=watched.supervisor, mode="off", announced=False), "call")
        call.handover.show()
