"""What a call costs and how evenly its packets leave: n calls at once, everything on.

Two processes: one takes the calls, on a core of its own unless --no-pin (only its CPU is counted), with jitter buffer,
concealment, RTCP, conference and recorder; this one makes them on the other cores, over real SIP and RTP or over ICE,
DTLS and SRTP, and watches what arrives. With --peer browsers call a process where aiortc answers alone, with the
codec of the run. With --break more calls come, ten at a time, until packets are lost or late.
"""

from __future__ import annotations

import argparse
import asyncio

import numpy as np

from bench.callers import BrowserCallers, Callers, SipCallers, Spent
from bench.report import Result, progress

_SETTLE_S = 2.0
"""Not measured after the last call is up."""

_MOST_PEER_CALLS = 10
"""aiortc's own sender and receiver take more than a core beyond some 30 calls; its cost a call is asked for."""

_STEP_CALLS = 10
_STEP_S = 5
"""Added and measured for so long, until it breaks."""

_MOST_SPACING_MS = 25.0
"""p99 at the receiver. Source: our own limit, a quarter of a packet over its time."""

_MOST_CALLS = 600
"""Ports of the callers."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--n", type=int, default=40, help="calls at once")
    parser.add_argument("--seconds", type=int, default=30, help="measured after all calls are up")
    parser.add_argument("--leg", choices=("sip", "webrtc"), default="sip", help="how the callers come in")
    parser.add_argument("--peer", action="store_true", help="measure aiortc's sender and receiver too")
    parser.add_argument("--pin", action=argparse.BooleanOptionalAction, default=True, help="one core for the calls")
    parser.add_argument("--break", dest="to_break", action="store_true", help="then add calls until it breaks")


def run(args: argparse.Namespace) -> Result:
    """Make the calls and measure."""
    result = Result(n=args.n)
    result.put("leg", args.leg)
    asyncio.run(_ours(args, result))
    if args.peer:
        asyncio.run(_peers(args, result))
    return result


async def _ours(args: argparse.Namespace, result: Result) -> None:
    callers: Callers = SipCallers(pinned=args.pin) if args.leg == "sip" else BrowserCallers(pinned=args.pin)
    await callers.start()
    await callers.add(args.n)
    await asyncio.sleep(_SETTLE_S)
    spent = await callers.measure(args.seconds)
    heard = sum(bool(arrivals.times_ms) for arrivals in callers.streams())
    spacings = np.asarray(spent.spacings_ms)
    result.put("calls", heard)
    result.put("lost", spent.lost)
    _put_cores(result, "cores_per_call", spent, len(callers.setups_ms))
    result.put("spacing_p50_ms", np.percentile(spacings, 50) if spacings.size else None)
    result.put("spacing_p99_ms", np.percentile(spacings, 99) if spacings.size else None)
    result.put("spacing_max_ms", spacings.max() if spacings.size else None)
    result.put("setup_p99_ms", np.percentile(callers.setups_ms, 99) if callers.setups_ms else None)
    if args.to_break:
        await _break(callers, result)
    callers.wire.send("finish")
    _, qualities, ticks = await callers.wire.receive()
    result.put("concealed_share", np.mean([quality.concealed_share for quality in qualities]) if qualities else None)
    result.put("jitter_delay_p50_ms", np.median([quality.delay_ms for quality in qualities]) if qualities else None)
    result.put("tick_lag_p99_ms", ticks.lag_p99_ms)
    result.put("tick_lag_max_ms", ticks.lag_max_ms)
    result.put("tick_busy_share", ticks.busy_share)
    await callers.stop()


async def _break(callers: Callers, result: Result) -> None:
    """Add `break_calls`, how many were carried without loss or lateness, and `broke_by`, what the next ones met."""
    carried, broke_by = 0, "nothing"
    while len(callers.setups_ms) < _MOST_CALLS:
        spent = await callers.measure(_STEP_S)
        calls = len(callers.setups_ms)
        spacing_ms = float(np.percentile(spent.spacings_ms, 99))
        progress(f"{calls} calls: {spent.lost} lost, spacing p99 {spacing_ms:.1f} ms, {_cores(spent):.2f} cores")
        if spent.lost or spacing_ms >= _MOST_SPACING_MS:
            broke_by = f"{spent.lost} packets lost" if spent.lost else f"spacing p99 {spacing_ms:.1f} ms"
            break
        carried = calls
        await callers.add(_STEP_CALLS)
        if len(callers.setups_ms) < calls + _STEP_CALLS:
            broke_by = "a call failed"
            break
        await asyncio.sleep(_SETTLE_S)
    result.put("break_calls", carried)
    result.put("broke_by", broke_by)


async def _peers(args: argparse.Namespace, result: Result) -> None:
    callers = BrowserCallers(pinned=args.pin, aiortc=True, codec="PCMU" if args.leg == "sip" else "OPUS")
    await callers.start()
    await callers.add(min(args.n, _MOST_PEER_CALLS))
    await asyncio.sleep(_SETTLE_S)
    spent = await callers.measure(args.seconds)
    calls = len(callers.setups_ms)
    _put_cores(result, "peer_cores_per_call", spent, calls)
    result.put("peer_calls", calls)
    ours = result.figures["cores_per_call"]
    if isinstance(ours, float) and calls:
        result.put("peer_ratio", _cores(spent) / calls / ours)
    callers.wire.send("finish")
    await callers.wire.receive()
    await callers.stop()


def _cores(spent: Spent) -> float:
    return sum(cpu for cpu, _ in spent.seconds) / sum(wall for _, wall in spent.seconds)


def _put_cores(result: Result, key: str, spent: Spent, calls: int) -> None:
    result.ratio(key, [(cpu, wall * calls) for cpu, wall in spent.seconds])
