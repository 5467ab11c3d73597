"""Those who call the soak's house, and whom its calls are transferred to."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from bench.call_probes import BrowserProbe, ProbeLeg
from bench.call_server import speechlike
from bench.call_wire import Wire, start_process
from bench.census import Census, take_census
from bench.soak_house import IDLE_MS, LOOPBACK, JumpingClock, Troubles, serve
from bench.soak_peers import Carrier, make_certificate
from calls.audio import Samples
from calls.errors import CallCentreError
from calls.ids import LegId
from calls.ports import Clock, IncomingCall, LegEnded, LegEvent
from telephony.codecs import make_codec
from telephony.gateway import SipGateway
from telephony.net.rtp_ports import PortPair, PortPool
from telephony.net.ticker import Ticker
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings
from telephony.sip_transfer import CallTarget, Replacement

_PORTS = (42_000, 42_399)
"""Few, as those of the house."""
_TRANSPORTS = ("udp", "tcp", "tls")
_PATIENCE_S = 30.0
"""For anything that should happen at once, on a machine with much else to do."""


class Mouths:
    """Makes the media of callers: they speak all the time."""

    def __init__(self, clock: Clock, ticker: Ticker) -> None:
        """Speak on the ticker."""
        self._pool = PortPool(LOOPBACK, *_PORTS, 500, clock)
        self._ticker = ticker
        self._samples: Samples = speechlike(5, 8000, speaker=1)

    async def open(self) -> ProbeLeg:
        """Bind a pair."""

        def release(pair: PortPair) -> None:
            silence()
            self._pool.give_back(pair)

        leg = ProbeLeg(self._pool.take(), self._samples, release)
        silence = self._ticker.add(leg.send)
        return leg


class Stage:
    """All parties of a soak."""

    def __init__(self, seed: int, folder: Path) -> None:
        """Prepare; nothing is bound yet."""
        self.random = random.Random(seed)
        self.clock = JumpingClock()
        self.troubles = Troubles()
        self._ticker = Ticker()
        mouths = Mouths(self.clock, self._ticker)
        self._tls = make_certificate(folder)
        settings = SipSettings(
            listen=f"{LOOPBACK}:0",
            tls_listen=f"{LOOPBACK}:0",
            tls=self._tls,
            codecs=("PCMU", "PCMA"),
            idle_ms=IDLE_MS,
            drain_ms=500,
        )
        self.near = SipGateway(settings, self.clock, mouths, lambda call: call.reject(486, "Busy Here"))
        self.far = SipGateway(settings, self.clock, mouths, self._answer)
        self.carrier = Carrier(self.clock)
        for gateway in (self.near, self.far):
            gateway.transfers.may_call = self._may_call
            gateway.transfers.may_take_over = lambda _leg, _asker: None
            gateway.transfers.on_replaced = self._replaced
        self.house_port = 0
        """Where the house takes UDP and TCP."""
        self._new_legs: dict[LegId, asyncio.Future[SipLeg]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._inbox: dict[str, asyncio.Queue[tuple[Any, ...]]] = defaultdict(asyncio.Queue)
        self._told_before = 0
        self._one_offer = asyncio.Lock()
        self._sound = [make_codec("OPUS").encode(np.zeros(960, dtype=np.int16))]
        self._wire: Wire

    async def start(self) -> None:
        """Start the house and everybody else."""
        await self.carrier.start()
        await self.near.start()
        await self.far.start()
        self._ticker.start()
        far_port = self.far.listen_address[1]
        self._process, self._wire = await start_process(serve, self._tls, self.carrier.port, far_port, wait=False)
        self._routing = asyncio.create_task(self._route())
        self.house_port, self._house_tls_port = await self._hear("ready", 60.0)

    async def stop(self) -> None:
        """End everybody."""
        self._wire.send("finish")
        await self._hear("finished")
        self._routing.cancel()
        await self.near.stop()
        await self.far.stop()
        self.carrier.stop()
        self._ticker.stop()
        self._wire.close()
        self._process.join(10)

    # What moves are made of

    async def call(self, user: str, transport: str = "") -> SipLeg:
        """Call a user of the house, over a transport by chance."""
        transport = transport or self.random.choice(_TRANSPORTS)
        port = self._house_tls_port if transport == "tls" else self.house_port
        return await self.near.place_call(f"sip:{user}@{LOOPBACK}:{port};transport={transport}")

    async def call_far(self) -> SipLeg:
        """Call the one whom calls are transferred to."""
        return await self.near.place_call(self.far_uri)

    @property
    def far_uri(self) -> str:
        """Address of the one whom calls are transferred to."""
        return f"sip:far@{LOOPBACK}:{self.far.listen_address[1]}"

    async def browse(self, user: str) -> BrowserProbe:
        """Offer a browser's call; not connected yet."""
        probe = BrowserProbe(self._sound, make_codec("OPUS"))
        sdp = await probe.offer()
        async with self._one_offer:
            self._wire.send("offer", sdp, user)
            answer, trouble = await self._hear("answer")
        if trouble:
            await probe.close()
            raise CallCentreError(*trouble, fault="peer")
        await probe.accept(answer)
        return probe

    async def call_out(self) -> None:
        """Let the house place a call over the carrier."""
        self._wire.send("call out")
        (trouble,) = await self._hear("called out")
        if trouble:
            raise CallCentreError(*trouble, fault="peer")

    async def pause(self, most_s: float, least_s: float = 0.0) -> None:
        """Wait for a time by chance."""
        await asyncio.sleep(self.random.uniform(least_s, most_s))

    async def ended(self, leg: SipLeg) -> None:
        """Wait until a leg has ended."""
        over = asyncio.Event()

        def hear(event: LegEvent) -> None:
            if isinstance(event, LegEnded):
                over.set()

        leg.on_event(hear)
        await asyncio.wait_for(over.wait(), _PATIENCE_S)

    async def successor(self, leg: SipLeg) -> SipLeg:
        """Wait until another leg has taken the place of this one."""
        found = self._new_legs.setdefault(leg.leg_id, asyncio.get_running_loop().create_future())
        try:
            return await asyncio.wait_for(found, _PATIENCE_S)
        finally:
            self._new_legs.pop(leg.leg_id, None)

    # Counting

    async def census(self) -> tuple[Census, Census]:
        """Let all timers be over and count the house and ourselves."""
        await self.clock.settle(self._own, self.near, self.far)
        self._wire.send("census")
        theirs, told = await self._hear("census", 60.0)
        self.troubles.told += [f"the house: {each}" for each in told[self._told_before :]]
        self._told_before = len(told)
        return theirs, take_census(self._own())

    def _own(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for name, gateway in (("near", self.near), ("far", self.far)):
            agent = gateway._user_agent  # noqa: SLF001 - counted from outside on purpose
            assert agent is not None
            found[f"{name} legs"] = gateway.open_calls
            found[f"{name} sessions"] = agent.open_sessions
            found[f"{name} transactions"] = agent.open_transactions
            found[f"{name} connections"] = gateway.open_connections
            found[f"{name} transfers"] = len(gateway.transfers._tasks)  # noqa: SLF001 - the same
        return found

    def trace(self) -> None:
        """Let the house note where memory is taken from now on."""
        self._wire.send("trace")

    async def traced(self) -> list[str]:
        """Return the lines that hold most of what was taken since `trace`."""
        self._wire.send("traced")
        (lines,) = await self._hear("traced", 60.0)
        return list(lines)

    async def _route(self) -> None:
        with contextlib.suppress(EOFError):
            while True:
                kind, *rest = await self._wire.receive()
                self._inbox[kind].put_nowait(tuple(rest))

    async def _hear(self, kind: str, patience_s: float = _PATIENCE_S) -> tuple[Any, ...]:
        return await asyncio.wait_for(self._inbox[kind].get(), patience_s)

    # The one whom calls are transferred to

    def _answer(self, call: IncomingCall) -> None:
        task = asyncio.get_running_loop().create_task(self._talk(call))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _talk(self, call: IncomingCall) -> None:
        """Answer, and hang up after a while unless somebody did before."""
        with contextlib.suppress(CallCentreError):
            leg = await call.answer()
            await self.pause(0.9, 0.6)
            await leg.hang_up()

    def _may_call(self, target: CallTarget) -> int | None:
        return None if str(self.far.listen_address[1]) in target.uri or "denied" in target.uri else 603

    def _replaced(self, change: Replacement) -> None:
        old, new = change.old, change.new
        waiting = self._new_legs.get(old.leg_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(new)
