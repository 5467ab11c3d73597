"""The house of the soak: a process that answers calls in every way, over real SIP and WebRTC, and counts what it holds.

What happens to a call is said by whom it calls: `bot` talks, `slow` only rings, `busy` refuses, `short` hangs up,
`early` is heard before it answers, `hold` puts the caller on hold, `refer` has the caller call somebody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import socket
import tempfile
import tracemalloc
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.call_server import Talker, speechlike
from bench.call_wire import Wire
from bench.census import take_census
from bench.soak_peers import CARRIER_USER, CARRIER_WORD
from calls.audio import SPEECH_RATE_HZ
from calls.errors import CallCentreError
from calls.ids import LegId
from calls.ports import IncomingCall, Leg, LegEnded, LegEvent
from records.recording import Recorder, RecordingThread
from service.clock import SystemClock
from telephony.conference import Conference
from telephony.gateway import SipGateway
from telephony.media_settings import MediaSettings
from telephony.net.punctual import make_punctual
from telephony.net.rtp_leg import RtpMediaFactory
from telephony.net.ticker import Ticker
from telephony.net.tls_contexts import TlsSettings
from telephony.outbound import Outbound, OutboundRules
from telephony.sip_call import SipIncomingCall
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings
from telephony.sip_transfer import CallTarget, Replacement
from telephony.trunks import Trunk, parse_server
from telephony.webrtc.gateway import WebRtcGateway
from telephony.webrtc.settings import WebRtcSettings

LOOPBACK = "127.0.0.1"
_PORTS = (46_000, 46_399)
"""Few, so that each was used before the first count that matters: of each it is remembered who was heard there last."""
_DECLINED = 603

_LOST_MS = 20_000
"""A caller whose packets stop for so long is gone; the jumps of the clock bring it about."""

_JUMP_MS = 250_000
"""What the clock jumps by when the calls are over: past the longest timer, the news of a transfer (180 s)."""


IDLE_MS = 1_000
_LOOK_S = 0.3
"""How often it is looked whether all is over, and the clock jumps."""

_QUIET_S = 15.0
"""Real time that things may take which no clock of ours moves: browsers that never connect, idle connections."""

_EXPIRES_S = 100_000
"""Of the registration, longer than all jumps together: one that is renewed just then would be counted."""


class JumpingClock:
    """The real clock, with jumps: so that timers of 32 s need not be waited for."""

    def __init__(self) -> None:
        """Begin at the real time."""
        self._clock = SystemClock()
        self._ahead_ms = 0

    def now_ms(self) -> int:
        """Milliseconds since some start, never backwards."""
        return self._clock.now_ms() + self._ahead_ms

    def now_utc(self) -> datetime:
        """Wall clock."""
        return self._clock.now_utc()

    async def settle(self, own: Callable[[], Mapping[str, int]], *gateways: SipGateway) -> None:
        """Let every timer of these gateways be over until nothing of `own` is left; give up after a while.

        What a timer begins anew, such as a BYE, is over after another jump.
        """
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker, contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_QUIET_S):
                while any(own().values()):
                    self._ahead_ms += _JUMP_MS
                    for gateway in gateways:  # a datagram makes it look at the clock
                        waker.sendto(b"what time is it", gateway.listen_address)
                    await asyncio.sleep(_LOOK_S)


@dataclass
class _Running:
    """A call that talks."""

    conference: Conference
    recorder: Recorder
    caller: str
    """Its member, another one after a transfer."""


class Troubles(logging.Handler):
    """Keeps what is logged as an error: none is expected."""

    def __init__(self) -> None:
        """Listen to everything."""
        super().__init__(logging.ERROR)
        self.told: list[str] = []
        logging.getLogger().addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line, with the exception if there is one."""
        cause = f": {record.exc_info[1]!r}" if record.exc_info else ""
        self.told.append(f"{record.getMessage()}{cause}")


class House:
    """Everything that takes calls."""

    def __init__(self, folder: Path, tls: TlsSettings, carrier_port: int, far_port: int) -> None:
        """Prepare; `carrier_port` is where a carrier wants digest, `far_port` where transfers may lead."""
        self.clock = JumpingClock()
        self.troubles = Troubles()
        self._ticker = Ticker()
        self._speech = speechlike(7, SPEECH_RATE_HZ)
        self._recordings = RecordingThread(folder)
        media = MediaSettings(
            bind_host=LOOPBACK, port_min=_PORTS[0], port_max=_PORTS[1], media_timeout_ms=_LOST_MS, drain_ms=500
        )
        self._media = RtpMediaFactory(media, self.clock)
        server = parse_server(f"{LOOPBACK}:{carrier_port}")
        trunk = Trunk(
            name="carrier", server=server, user=CARRIER_USER, password=CARRIER_WORD, register=True, expires_s=_EXPIRES_S
        )
        settings = SipSettings(
            listen=f"{LOOPBACK}:0", tls_listen=f"{LOOPBACK}:0", tls=tls, trunks=(trunk,), idle_ms=IDLE_MS, drain_ms=500
        )
        self.sip = SipGateway(settings, self.clock, self._media, self._take)
        rules = OutboundRules(
            addresses=(LOOPBACK,), calls_per_number=100_000, calls_per_trunk=100_000, calls_per_day=100_000
        )
        self.sip.guard_calls(Outbound(rules, {"carrier": trunk.numbers}))
        self.sip.transfers.may_call = self._may_call
        self.sip.transfers.may_take_over = lambda _leg, _asker: None
        self.sip.transfers.on_replaced = self._replaced
        self._far = f"sip:far@{LOOPBACK}:{far_port}"
        web = WebRtcSettings(
            ice_addresses=(LOOPBACK,), connect_ms=5000, reconnect_ms=500, max_sessions=1000, opus_rate_hz=16_000
        )
        self.web = WebRtcGateway(web, media, self.clock)
        self._running: dict[LegId, _Running] = {}
        self._names = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Open the lines."""
        self._recordings.start()
        make_punctual()
        self._ticker.start()
        await self.sip.start()

    async def stop(self) -> None:
        """Close them."""
        await self.sip.stop()
        await self.web.stop()
        self._ticker.stop()
        await asyncio.get_running_loop().run_in_executor(None, self._recordings.stop)

    async def offer(self, sdp: str, called: str) -> str:
        """Take a browser's offer and return the answer."""
        answer, call = await self.web.offer(sdp, "offer", called, LOOPBACK)
        self._take(call)
        return answer

    async def call_out(self) -> None:
        """Call a number over the carrier, talk for a moment, hang up."""
        leg = await self.sip.call_out("+34600123456")
        self._talk(leg)
        await asyncio.sleep(0.3)
        await leg.hang_up()

    def own(self) -> dict[str, int]:
        """Return what it says of itself."""
        agent = self.sip._user_agent  # noqa: SLF001 - counted from outside on purpose
        assert agent is not None
        return {
            "calls that talk": len(self._running),
            "work on calls": len(self._tasks),
            "SIP legs": self.sip.open_calls,
            "SIP sessions": agent.open_sessions,
            "SIP transactions": agent.open_transactions,
            "SIP connections": self.sip.open_connections,
            "transfers": len(self.sip.transfers._tasks),  # noqa: SLF001 - the same
            "RTP port pairs": self._media.open_legs,
            "browsers": self.web.sessions,
            "listeners of the ticker": len(self._ticker._listeners),  # noqa: SLF001 - the same
        }

    def _take(self, call: IncomingCall) -> None:
        self._spawn(self._treat(call))

    async def _treat(self, call: IncomingCall) -> None:
        called = call.offer.called
        gone = asyncio.Event()
        call.on_cancel(gone.set)
        if called == "busy":
            call.reject(486, "Busy Here")
        elif called == "slow":
            call.ring()
            await gone.wait()
        else:
            with contextlib.suppress(CallCentreError):  # the caller gave up meanwhile
                await self._answer(call, called)

    async def _answer(self, call: IncomingCall, called: str) -> None:
        if called == "early" and isinstance(call, SipIncomingCall):
            self._talk(await call.begin_early_media())
            await asyncio.sleep(0.2)
            leg: Leg = await call.answer()
        else:
            leg = await call.answer()
            self._talk(leg)
        if called == "short":
            await asyncio.sleep(0.3)
            await leg.hang_up()
        elif called == "hold" and isinstance(leg, SipLeg):
            await asyncio.sleep(0.2)
            leg.hold()
            await asyncio.sleep(0.3)
            leg.resume()
        elif called == "refer" and isinstance(leg, SipLeg):
            await asyncio.sleep(0.2)
            await self.sip.transfers.blind(leg, self._far)

    def _talk(self, leg: Leg) -> None:
        conference = Conference(self._ticker, str(leg.leg_id))
        name = f"{next(self._names)}.wav"
        recorder = self._recordings.open(name, 8000, caller_id="caller", on_trouble=lambda _: None)
        conference.tap(recorder)
        conference.add("bot", "bot", Talker(self._speech), None, SPEECH_RATE_HZ)
        conference.add("caller", "caller", leg, leg, leg.rate_hz)
        self._follow(leg, _Running(conference, recorder, "caller"))

    def _follow(self, leg: Leg, running: _Running) -> None:
        self._running[leg.leg_id] = running

        def hear(event: LegEvent) -> None:
            if isinstance(event, LegEnded):
                ended = self._running.pop(leg.leg_id, None)
                if ended is not None:
                    ended.conference.close()
                    self._spawn(self._discard(ended.recorder))

        leg.on_event(hear)

    async def _discard(self, recorder: Recorder) -> None:
        await recorder.discard()

    def _may_call(self, target: CallTarget) -> int | None:
        return None if target.uri == self._far or "Replaces" in target.uri else _DECLINED

    def _replaced(self, change: Replacement) -> None:
        old, new = change.old, change.new
        running = self._running.pop(old.leg_id, None)
        if running is None:
            self._spawn(new.hang_up())
            return
        running.conference.remove(running.caller)
        running.caller = f"caller-{new.leg_id}"
        running.conference.add(running.caller, "caller", new, new, new.rate_hz)
        self._follow(new, running)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logging.getLogger(__name__).error("a call failed", exc_info=task.exception())


def serve(connection: Connection, tls: TlsSettings, carrier_port: int, far_port: int) -> None:
    """Run the house until it is told to finish."""
    asyncio.run(_serve(connection, tls, carrier_port, far_port))


async def _serve(connection: Connection, tls: TlsSettings, carrier_port: int, far_port: int) -> None:
    wire = Wire(connection)
    orders: set[asyncio.Task[None]] = set()
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), tls, carrier_port, far_port)
        await house.start()
        wire.send("ready", house.sip.listen_address[1], house.sip.tls_port)

        async def offer(sdp: str, called: str) -> None:
            try:
                wire.send("answer", await house.offer(sdp, called), None)
            except CallCentreError as error:
                wire.send("answer", "", (error.code, str(error)))

        async def call_out() -> None:
            try:
                await house.call_out()
                wire.send("called out", None)
            except CallCentreError as error:
                wire.send("called out", (error.code, str(error)))

        with contextlib.suppress(EOFError):
            while True:
                kind, *rest = await wire.receive()
                if kind == "offer":
                    _keep(orders, offer(*rest))
                elif kind == "call out":
                    _keep(orders, call_out())
                elif kind == "census":
                    await house.clock.settle(house.own, house.sip)
                    wire.send("census", take_census(house.own()), house.troubles.told)
                elif kind == "trace":
                    tracemalloc.start(12)
                elif kind == "traced":
                    wire.send("traced", [str(line) for line in tracemalloc.take_snapshot().statistics("lineno")[:15]])
                elif kind == "finish":
                    break
        await house.stop()
        wire.send("finished")


def _keep(tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
