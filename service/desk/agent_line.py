"""The lines of agents in the browser: one a person, kept between calls, in several conferences, active in one.

POST /api/desk/line --> WebRtcGateway --> leg --> LineFan --> one seat a call
                                           ^ another leg, when the page was loaded again or the network changed
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Literal, Protocol

from calls.errors import CallCentreError
from calls.ids import LegId
from calls.ports import LegBroken, LegEnded, LegEvent
from service.tasks import Tasks
from telephony.line_fan import LineFan, Seat
from telephony.net.ticker import Ticker
from telephony.webrtc.gateway import WebRtcGateway, WebRtcIncomingCall
from telephony.webrtc.leg import WebRtcLeg

logger = logging.getLogger(__name__)

LineState = Literal["up", "broken", "gone"]
"""`broken`: nothing comes, and it may come back by itself; `gone`: the page has to open a new one."""

SILENT_MS = 3_000
"""From this time without a packet on a line counts as broken. Source: our choice; a browser sends 50 packets a second,
muted or not, and ICE itself needs half a minute to notice (RFC 7675)."""
LOOK_EVERY_TICKS = 25
"""Between two looks whether packets come: 0.5 s."""

Tell = Callable[[str, dict[str, Any]], None]
"""Tells an agent's pages something."""
ELSEWHERE = "Your line is in another window of yours: take it here, or go on there."


class OnState(Protocol):
    """Hears whether an agent's line is up."""

    def __call__(self, agent: str, *, up: bool) -> None:
        """Take it."""
        ...


def _unheard(agent: str, *, up: bool) -> None:
    """Hear nothing."""
    del agent, up


class OnLine(Protocol):
    """A call that an agent's line is a member of; called on the event loop."""

    def line_broke(self, agent: str) -> None:
        """The line is gone and may come back."""
        ...

    def line_back(self, agent: str) -> None:
        """The line is there again."""
        ...

    def line_elsewhere(self, agent: str) -> None:
        """The agent goes to another call now: whoever is here must not hear silence."""
        ...


class SeatLeg:
    """An agent's line as the leg of one call; implements `calls.ports.Leg`."""

    def __init__(self, line: AgentLine, seat: Seat) -> None:
        """Sit in one call."""
        self._line = line
        self.seat = seat
        self.read = seat.read
        self.write = seat.write

    @property
    def leg_id(self) -> LegId:
        """Name of the line's leg now."""
        return self._line.leg_id

    @property
    def codec(self) -> str:
        """Codec of the line."""
        return self._line.codec

    @property
    def rate_hz(self) -> int:
        """Rate of `read` and `write`."""
        return self.seat.rate_hz

    def on_event(self, listener: Callable[[LegEvent], None]) -> None:
        """Tell nothing: what happens to the line is told to all its calls by the line."""
        del listener

    async def hang_up(self) -> None:
        """Leave the call; the line stays."""
        self._line.leave(self)


class AgentLine:
    """One agent's line."""

    def __init__(self, agent: str, ticker: Ticker, tasks: Tasks, tell: Tell) -> None:
        """There is no leg yet."""
        self.agent = agent
        self.state: LineState = "gone"
        self.pending: WebRtcLeg | None = None
        """A leg that is being connected."""
        self._leg: WebRtcLeg | None = None
        self._fan: LineFan | None = None
        self._ticker, self._tasks, self._tell = ticker, tasks, tell
        self.page = ""
        """Which of the agent's windows has the line; empty for one that did not say."""
        self.pending_page = ""
        """The same of the leg that is being connected."""
        self.on_state: OnState = _unheard
        self._calls: dict[SeatLeg, OnLine] = {}
        self._leave_ticker: Callable[[], None] | None = None
        self._ticks = self._received = self._silent_ticks = 0

    @property
    def leg(self) -> WebRtcLeg | None:
        """The leg that counts for candidates and new ways: the newest."""
        return self.pending or self._leg

    @property
    def leg_id(self) -> LegId:
        """Name of the leg; of the last one, when there is none."""
        return self._leg.leg_id if self._leg is not None else LegId("")

    @property
    def codec(self) -> str:
        """Codec of the leg."""
        return self._leg.codec if self._leg is not None else "OPUS"

    @property
    def calls(self) -> int:
        """How many calls the line is a member of."""
        return len(self._calls)

    def attach(self, leg: WebRtcLeg) -> None:
        """Use a leg that is connected; an older one is hung up, and calls go on over this one."""
        old, self._leg, self.pending = self._leg, leg, None
        self.page = self.pending_page
        if self.state == "up":
            self.show()  # the window that had it learns that it has it no more
        if self._fan is None:
            self._fan = LineFan(leg.rate_hz)
            self._leave_ticker = self._ticker.add(self._tick)
        self._fan.connect(leg, leg, leg.rate_hz)
        self._received = self._silent_ticks = 0
        leg.on_event(lambda event: self._happened(leg, event))
        if old is not None and not old.ended:
            self._tasks.start(f"hang-up-{old.leg_id}", old.end("local"))
        if not leg.ended:
            self._be("up")

    def sit(self, call: OnLine) -> SeatLeg:
        """Be a member of a call, not active there yet.

        Raises:
            CallCentreError: `desk.no_line` when the agent's page has none.
        """
        if self._fan is None or self.state == "gone":
            sentence = "Your browser has no line to this service; allow the microphone on the desk page, or reload it."
            raise CallCentreError("desk.no_line", sentence, fault="user")
        leg = SeatLeg(self, self._fan.sit())
        self._calls[leg] = call
        return leg

    def activate(self, leg: SeatLeg) -> None:
        """Be in this call; whoever is in the one before is told, and keeps the line as a member."""
        if self._fan is None or leg.seat.active or leg not in self._calls:
            return
        for other, call in list(self._calls.items()):
            if other.seat.active:
                call.line_elsewhere(self.agent)
        self._fan.activate(leg.seat)
        self.show()

    def leave(self, leg: SeatLeg) -> None:
        """Leave a call; idempotent."""
        self._calls.pop(leg, None)
        if self._fan is not None:
            self._fan.leave(leg.seat)

    def close(self, reason: str = "hung_up") -> None:
        """The agent's page closes the line, or the service stops."""
        for leg in (self.pending, self._leg):
            if leg is not None and not leg.ended:
                self._tasks.start(f"hang-up-{leg.leg_id}", leg.end(reason))
        self._be("gone")

    def show(self) -> None:
        """Tell the agent's pages how the line is."""
        self._tell(self.agent, {"kind": "line", **self.view()})

    def view(self) -> dict[str, Any]:
        """Return how the line is, and which window has it."""
        return {"state": self.state, "calls": len(self._calls), "page": self.page}

    def forget(self) -> None:
        """Nobody uses the line any more."""
        if self._leave_ticker is not None:
            self._leave_ticker()
            self._leave_ticker = None

    def _happened(self, leg: WebRtcLeg, event: LegEvent) -> None:
        if leg is not self._leg:
            return
        match event:
            case LegEnded(reason=reason):
                if not leg.ended:
                    self._tasks.start(f"hang-up-{leg.leg_id}", leg.end(reason))
                self._be("gone")
            case LegBroken(broken=broken):
                self._be("broken" if broken else "up")

    def _be(self, state: LineState) -> None:
        if state == self.state:
            return
        was, self.state = self.state, state
        logger.info("an agent's line is %s", state, extra={"leg_id": self.leg_id})
        if state == "gone" and self._fan is not None:
            self._fan.disconnect()
        for call in list(self._calls.values()):
            if state == "up":
                call.line_back(self.agent)
            elif was == "up":
                call.line_broke(self.agent)
        self.on_state(self.agent, up=state == "up")
        self.show()

    def _tick(self) -> None:
        """Pass the sound on, and see from time to time whether any comes."""
        assert self._fan is not None
        self._fan.tick()
        self._ticks += 1
        if self._ticks % LOOK_EVERY_TICKS or self._leg is None or self.state == "gone":
            return
        quality = self._leg.quality()
        received = quality.received if quality is not None else 0
        self._silent_ticks = 0 if received != self._received else self._silent_ticks + LOOK_EVERY_TICKS
        self._received = received
        if self._silent_ticks * 20 >= SILENT_MS:
            self._be("broken")
        elif self._silent_ticks == 0 and self.state == "broken":
            self._be("up")


class AgentLines:
    """The lines of all agents of one process."""

    def __init__(self, web: WebRtcGateway, ticker: Ticker, tasks: Tasks, tell: Tell) -> None:
        """Nobody has one yet."""
        self._web, self._ticker, self._tasks, self._tell = web, ticker, tasks, tell
        self._lines: dict[str, AgentLine] = {}
        self.is_open: Callable[[str, str], bool] = lambda _agent, _page: False
        """Tells whether a window of an agent is open; who knows their windows sets it."""
        self.on_state: OnState = _unheard
        """Hears whose line is up."""

    def of(self, agent: str) -> AgentLine:
        """Return an agent's line, which may have no leg."""
        if agent not in self._lines:
            line = self._lines[agent] = AgentLine(agent, self._ticker, self._tasks, self._tell)
            line.on_state = lambda name, *, up: self.on_state(name, up=up)
        return self._lines[agent]

    def is_up(self, agent: str) -> bool:
        """Tell whether an agent could be heard now."""
        return agent in self._lines and self._lines[agent].state == "up"

    async def open(self, agent: str, sdp: str, address: str, page: str = "", *, take: bool = True) -> str:
        """Take a page's offer of the agent's line, and return the answer. A line that is there goes on until it is up.

        Args:
            agent: Whose line.
            sdp: What the page offers.
            address: Where it is.
            page: Which of the agent's windows asks.
            take: Whether to take it from another window that has it.

        Raises:
            CallCentreError: `desk.line_elsewhere`, and what `WebRtcGateway.offer` raises.
        """
        line = self.of(agent)
        if not take and self._is_elsewhere(line, page):
            raise CallCentreError("desk.line_elsewhere", ELSEWHERE, fault="user")
        answer, incoming = await self._web.offer(sdp, "offer", "desk", address, caller=agent)
        former, line.pending = line.pending, incoming.leg
        line.pending_page = page
        if former is not None:
            self._tasks.start(f"hang-up-{former.leg_id}", former.end("local"))
        self._tasks.start(f"line-{incoming.leg.leg_id}", self._connect(line, incoming))
        return answer

    def _is_elsewhere(self, line: AgentLine, page: str) -> bool:
        """Tell whether another window that is open has the line, or is opening it."""
        holder = line.pending_page if line.pending is not None else line.page if line.state != "gone" else ""
        return holder not in ("", page) and self.is_open(line.agent, holder)

    def close(self) -> None:
        """Hang up on all; the service stops."""
        for line in self._lines.values():
            line.close("local")
            line.forget()

    async def _connect(self, line: AgentLine, incoming: WebRtcIncomingCall) -> None:
        try:
            leg = await incoming.answer()
        except CallCentreError as error:
            logger.info("an agent's line could not be connected: %s", error.code)
            if line.pending is incoming.leg:
                line.pending = None
            return
        if line.pending is incoming.leg:
            assert isinstance(leg, WebRtcLeg)
            line.attach(leg)
