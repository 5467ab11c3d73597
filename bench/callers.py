"""Those who make the bench's calls: over SIP and RTP, or as browsers over ICE, DTLS and SRTP."""

from __future__ import annotations

import asyncio
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bench.call_probes import Arrivals, BrowserProbe, ProbeFactory, ProbeLeg
from bench.call_server import serve_aiortc, serve_sip, serve_webrtc, speechlike
from bench.call_wire import Wire, start_process
from bench.report import progress
from calls.errors import CallCentreError
from service.clock import SystemClock
from telephony.codecs import make_codec
from telephony.gateway import SipGateway
from telephony.net.ticker import Ticker
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings

RATE_PER_S = 20
"""Calls set up in a second, as in the sipp recipe of peers/README.md."""

_CALLER_PORTS = (42_000, 45_999)

_PHASES = 5
"""Callers do not know of each other: a fifth of them speaks every 4 ms."""

_CONNECT_S = 20.0


@dataclass(frozen=True)
class Spent:
    """What the other process used."""

    seconds: list[tuple[float, float]]
    """CPU and wall seconds, second by second."""
    spacings_ms: list[float]
    """At the callers, of all streams."""
    lost: int
    """In both directions."""


class Callers(ABC):
    """Calls to one process that takes them."""

    def __init__(self, target: Callable[[Connection], None], *, pinned: bool) -> None:
        """Call the process that runs `target`, `pinned` on a core of its own."""
        self.setups_ms: list[float] = []
        self.wire: Wire
        self._target = target
        self._pinned = pinned
        self._placed = 0

    async def start(self) -> None:
        """Start the process."""
        self._cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
        self._process, self.wire = await start_process(self._target, pinned=self._pinned)

    async def add(self, calls: int) -> None:
        """Place so many more calls, at a steady rate."""
        tasks = []
        for _ in range(calls):
            tasks.append(asyncio.create_task(self._dial()))
            await asyncio.sleep(1 / RATE_PER_S)
            self._placed += 1
            if self._placed % RATE_PER_S == 0:
                progress(f"{self._placed} calls placed")
        await asyncio.gather(*tasks)

    async def measure(self, seconds: int) -> Spent:
        """Watch for so long."""
        streams = self.streams()
        since_ms, lost_before = self._now_ms(), sum(arrivals.lost for arrivals in streams) + await self._lost_there()
        progress(f"measuring for {seconds} s")
        self.wire.send("measure", seconds)
        _, spent = await self.wire.receive()
        lost = sum(arrivals.lost for arrivals in streams) + await self._lost_there() - lost_before
        return Spent(spent, [gap for arrivals in streams for gap in arrivals.spacings_ms(since_ms)], lost)

    async def stop(self) -> None:
        """Hang up and end the process."""
        await self._hang_up()
        self.wire.close()
        self._process.join(10)
        if self._cores is not None:
            os.sched_setaffinity(0, self._cores)

    @abstractmethod
    def streams(self) -> list[Arrivals]:
        """Return what arrived, call by call."""

    @abstractmethod
    async def _dial(self) -> None: ...

    @abstractmethod
    async def _hang_up(self) -> None: ...

    @abstractmethod
    def _now_ms(self) -> float: ...

    async def _lost_there(self) -> int:
        self.wire.send("look")
        _, lost = await self.wire.receive()
        return int(lost)


class SipCallers(Callers):
    """Telephones with G.711."""

    def __init__(self, *, pinned: bool) -> None:
        """Call our gateway."""
        super().__init__(serve_sip, pinned=pinned)
        clock = SystemClock()
        self._factory = ProbeFactory(*_CALLER_PORTS, speechlike(31, 8000, speaker=1), clock)
        settings = SipSettings(listen="127.0.0.1:0", codecs=("PCMU", "PCMA"))
        self._gateway = SipGateway(settings, clock, self._factory, lambda call: call.reject(486, "Busy Here"))
        self._legs: list[SipLeg] = []
        self._tickers = [Ticker() for _ in range(_PHASES)]
        self._port = 0

    async def start(self) -> None:
        """Start the process and our own gateway, and begin to speak."""
        await super().start()
        _, self._port = await self.wire.receive()
        await self._gateway.start()
        for ticker in self._tickers:
            ticker.start()
            await asyncio.sleep(0.020 / _PHASES)

    def streams(self) -> list[Arrivals]:
        """Return what arrived, call by call."""
        return [probe.arrivals for probe in self._factory.legs]

    def _now_ms(self) -> float:
        return time.time() * 1000

    async def _dial(self) -> None:
        began = time.monotonic()
        try:
            leg = await self._gateway.place_call(f"sip:bench@127.0.0.1:{self._port}")
        except CallCentreError as error:
            progress(f"a call failed: {error}")
            return
        self.setups_ms.append((time.monotonic() - began) * 1000)
        probe = leg.media
        assert isinstance(probe, ProbeLeg)
        self._tickers[len(self._legs) % _PHASES].add(probe.send)
        self._legs.append(leg)

    async def _hang_up(self) -> None:
        for ticker in self._tickers:
            ticker.stop()
        for leg in self._legs:
            await leg.hang_up()
        await self._gateway.stop()


class BrowserCallers(Callers):
    """Browsers, to our gateway or to aiortc's own sender and receiver."""

    def __init__(self, *, pinned: bool, aiortc: bool = False, codec: str = "OPUS") -> None:
        """Speak with `codec`, as it was encoded beforehand."""
        super().__init__(serve_aiortc if aiortc else serve_webrtc, pinned=pinned)
        encoder = make_codec(codec)
        sound = speechlike(5, encoder.rate_hz, speaker=1)
        size = encoder.rate_hz // 50
        self._payloads = [encoder.encode(sound[at : at + size]) for at in range(0, len(sound), size)]
        self._codec = encoder
        self._probes: list[BrowserProbe] = []
        self._one_offer = asyncio.Lock()
        self._speaking: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start the process, and begin to speak."""
        await super().start()
        for phase in range(_PHASES):
            self._speaking.append(asyncio.create_task(self._speak(phase)))

    def streams(self) -> list[Arrivals]:
        """Return what arrived, call by call."""
        return [probe.arrivals for probe in self._probes]

    def _now_ms(self) -> float:
        return asyncio.get_running_loop().time() * 1000

    async def _dial(self) -> None:
        probe = BrowserProbe(self._payloads, self._codec)
        began = time.monotonic()
        sdp = await probe.offer()
        async with self._one_offer:
            self.wire.send("offer", sdp)
            _, answer = await self.wire.receive()
        await probe.accept(answer)
        try:
            await asyncio.wait_for(probe.connected.wait(), _CONNECT_S)
        except TimeoutError:
            progress("a browser did not connect")
            return
        self.setups_ms.append((time.monotonic() - began) * 1000)
        self._probes.append(probe)

    async def _speak(self, phase: int) -> None:
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + 0.020 * phase / _PHASES
        while True:
            await asyncio.sleep(max(0.0, deadline_s - loop.time()))
            for probe in self._probes[phase::_PHASES]:
                await probe.send()
            deadline_s += 0.020

    async def _hang_up(self) -> None:
        for speaking in self._speaking:
            speaking.cancel()
        await asyncio.gather(*(probe.close() for probe in self._probes))
