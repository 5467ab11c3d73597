"""What a call costs and how evenly its packets leave: n calls at once, everything on.

Two processes: one takes the calls (only its CPU is counted) with jitter buffer, concealment, RTCP, conference and
recorder; this one makes them, over real SIP and RTP or over ICE, DTLS and SRTP, and watches what arrives. With --peer
the same browsers call a process where aiortc's own sender and receiver answer.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from bench.call_probes import BrowserProbe, ProbeFactory, ProbeLeg
from bench.call_server import serve_aiortc, serve_sip, serve_webrtc, speechlike
from bench.call_wire import Wire, start_process
from bench.report import Result, progress
from calls.errors import CallCentreError
from service.clock import SystemClock
from telephony.codecs import make_codec
from telephony.gateway import SipGateway
from telephony.net.ticker import Ticker
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings

_CALLER_PORTS = (42_000, 45_999)
_RATE_PER_S = 20
"""Calls set up in a second, as in the sipp recipe of peers/README.md."""

_SETTLE_S = 2.0
"""Not measured after the last call is up."""

_MOST_PEER_CALLS = 10
"""aiortc's own sender and receiver take more than a core beyond some 30 calls; its cost a call is asked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--n", type=int, default=40, help="calls at once")
    parser.add_argument("--seconds", type=int, default=30, help="measured after all calls are up")
    parser.add_argument("--leg", choices=("sip", "webrtc"), default="sip", help="how the callers come in")
    parser.add_argument("--peer", action="store_true", help="measure aiortc's sender and receiver too")


def run(args: argparse.Namespace) -> Result:
    """Make the calls and measure."""
    result = Result(n=args.n)
    result.put("leg", args.leg)
    if args.leg == "sip":
        asyncio.run(_sip(args.n, args.seconds, result))
    else:
        asyncio.run(_webrtc(args.n, args.seconds, result, serve_webrtc, ""))
    if args.peer:
        asyncio.run(_webrtc(min(args.n, _MOST_PEER_CALLS), args.seconds, result, serve_aiortc, "peer_"))
    return result


async def _sip(calls: int, seconds: int, result: Result) -> None:
    clock, ticker = SystemClock(), Ticker()
    process, wire = await start_process(serve_sip)
    _, port = await wire.receive()
    factory = ProbeFactory(*_CALLER_PORTS, speechlike(31, 8000, speaker=1), clock)
    settings = SipSettings(listen="127.0.0.1:0", codecs=("PCMU", "PCMA"))
    gateway = SipGateway(settings, clock, factory, lambda call: call.reject(486, "Busy Here"))
    await gateway.start()
    legs: list[SipLeg] = []
    setups_ms: list[float] = []

    async def dial() -> None:
        began = time.monotonic()
        try:
            leg = await gateway.place_call(f"sip:bench@127.0.0.1:{port}")
        except CallCentreError as error:
            progress(f"a call failed: {error}")
            return
        setups_ms.append((time.monotonic() - began) * 1000)
        legs.append(leg)
        probe = leg.media
        assert isinstance(probe, ProbeLeg)
        ticker.add(probe.send)

    ticker.start()
    await _ramp(calls, dial)
    await asyncio.sleep(_SETTLE_S)
    since_ms = time.time() * 1000
    spent = await _measured(wire, seconds)
    arrived = [(probe.arrivals.spacings_ms(since_ms), probe.arrivals) for probe in factory.legs]
    await _report(wire, result, len(legs), setups_ms, spent, arrived)
    ticker.stop()
    for leg in legs:
        await leg.hang_up()
    await gateway.stop()
    wire.close()
    process.join(10)


async def _webrtc(calls: int, seconds: int, result: Result, target: Callable[[Connection], None], prefix: str) -> None:
    process, wire = await start_process(target)
    opus = make_codec("OPUS")
    sound = speechlike(5, 48_000, speaker=1)
    payloads = [opus.encode(sound[at : at + 960]) for at in range(0, len(sound), 960)]
    probes: list[BrowserProbe] = []
    setups_ms: list[float] = []
    one_offer = asyncio.Lock()

    async def dial() -> None:
        probe = BrowserProbe(payloads)
        began = time.monotonic()
        sdp = await probe.offer()
        async with one_offer:
            wire.send("offer", sdp)
            _, answer = await wire.receive()
        await probe.accept(answer)
        try:
            await asyncio.wait_for(probe.connected.wait(), 20)
        except TimeoutError:
            progress("a browser did not connect")
            return
        setups_ms.append((time.monotonic() - began) * 1000)
        probes.append(probe)

    sending = asyncio.create_task(_send_all(probes))
    await _ramp(calls, dial)
    await asyncio.sleep(_SETTLE_S)
    since_ms = asyncio.get_running_loop().time() * 1000
    spent = await _measured(wire, seconds)
    arrived = [(probe.arrivals.spacings_ms(since_ms), probe.arrivals) for probe in probes]
    if prefix:
        wire.send("finish")
        await wire.receive()
        _put_cores(result, f"{prefix}cores_per_call", spent, len(probes))
        result.put(f"{prefix}calls", len(probes))
    else:
        await _report(wire, result, len(probes), setups_ms, spent, arrived)
    sending.cancel()
    await asyncio.gather(*(probe.close() for probe in probes))
    wire.close()
    process.join(10)


async def _send_all(probes: list[BrowserProbe]) -> None:
    loop = asyncio.get_running_loop()
    deadline_s = loop.time()
    while True:
        deadline_s += 0.020
        for probe in list(probes):
            await probe.send()
        await asyncio.sleep(max(0.0, deadline_s - loop.time()))


async def _ramp(calls: int, dial: Any) -> None:
    tasks = []
    for index in range(calls):
        tasks.append(asyncio.create_task(dial()))
        await asyncio.sleep(1 / _RATE_PER_S)
        if (index + 1) % _RATE_PER_S == 0:
            progress(f"{index + 1} calls placed")
    await asyncio.gather(*tasks)


async def _measured(wire: Wire, seconds: int) -> list[tuple[float, float]]:
    """Return CPU and wall seconds of the other process, second by second."""
    progress(f"measuring for {seconds} s")
    wire.send("measure", seconds)
    _, spent = await wire.receive()
    slices: list[tuple[float, float]] = spent
    return slices


def _put_cores(result: Result, key: str, spent: list[tuple[float, float]], calls: int) -> None:
    result.ratio(key, [(cpu, wall * calls) for cpu, wall in spent])


async def _report(
    wire: Wire,
    result: Result,
    calls: int,
    setups_ms: list[float],
    spent: list[tuple[float, float]],
    arrived: list[tuple[list[float], Any]],
) -> None:
    wire.send("finish")
    _, qualities, lag_p99_ms, lag_max_ms, busy_share = await wire.receive()
    spacings = np.asarray([gap for gaps, _ in arrived for gap in gaps])
    heard = sum(1 for gaps, _ in arrived if len(gaps) > 0)
    result.put("calls", min(calls, heard))
    result.put("lost", sum(arrivals.lost for _, arrivals in arrived) + sum(quality.lost for quality in qualities))
    _put_cores(result, "cores_per_call", spent, calls)
    result.put("spacing_p50_ms", np.percentile(spacings, 50) if spacings.size else None)
    result.put("spacing_p99_ms", np.percentile(spacings, 99) if spacings.size else None)
    result.put("spacing_max_ms", spacings.max() if spacings.size else None)
    result.put("setup_p99_ms", np.percentile(setups_ms, 99) if setups_ms else None)
    result.put("concealed_share", np.mean([quality.concealed_share for quality in qualities]) if qualities else None)
    result.put("jitter_delay_p50_ms", np.median([quality.delay_ms for quality in qualities]) if qualities else None)
    result.put("tick_lag_p99_ms", lag_p99_ms)
    result.put("tick_lag_max_ms", lag_max_ms)
    result.put("tick_busy_share", busy_share)
