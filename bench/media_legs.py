"""The drift of real legs: packets over real sockets from a clock that is fast or slow, read by the real ticker."""

from __future__ import annotations

import asyncio

import numpy as np

from bench.report import Result, progress
from calls.audio import FRAME_MS, Samples
from service.clock import SystemClock
from telephony.codecs.g711 import G711
from telephony.media_settings import MediaSettings
from telephony.net.rtp_leg import RtpLeg, RtpMediaFactory
from telephony.net.ticker import Ticker
from telephony.rtp.sender import RtpSender

_LOOPBACK = "127.0.0.1"
_PORTS = (41_000, 41_099)
_FRAME = 160

_FASTER = 10
"""The clocks differ by so many times `--ppm`: a minute then brings the skew of ten."""

_WARM_S = 12.0
"""Not counted: the jitter buffer remembers the network for 10 s."""


def drift_of_real_legs(result: Result, talk: Samples, ppm: float, seconds: float) -> None:
    """Add `real_skew_ms`, how far the clocks ran apart, and `real_drift_ms`, how much the delay changed meanwhile."""
    both = (ppm * _FASTER, -ppm * _FASTER)
    delays = asyncio.run(_play(talk, both, seconds))
    changes = []
    for one_ppm, seen in zip(both, delays, strict=True):
        third = len(seen) // 3
        changes.append(float(np.median(seen[-third:]) - np.median(seen[:third])))
        progress(f"{one_ppm:g} ppm on a real leg for {seconds:g} s: the delay changed by {changes[-1]:.1f} ms")
    result.put("real_skew_ms", seconds * ppm * _FASTER / 1000)
    result.put("real_drift_ms", max(changes, key=abs))


async def _play(talk: Samples, ppms: tuple[float, ...], seconds: float) -> list[list[float]]:
    """Return the delay of each leg, tick by tick, without the warm-up."""
    settings = MediaSettings(bind_host=_LOOPBACK, port_min=_PORTS[0], port_max=_PORTS[1], echo_guard=False)
    factory = RtpMediaFactory(settings, SystemClock())
    ticker = Ticker()
    far, near = [await factory.open() for _ in ppms], [await factory.open() for _ in ppms]
    delays: list[list[float]] = [[] for _ in ppms]
    counted_after = asyncio.get_running_loop().time() + _WARM_S
    for sender, leg in zip(far, near, strict=True):
        leg.connect(_LOOPBACK, sender.local_port, "PCMU", 0, None)

    def tick() -> None:
        for leg, seen in zip(near, delays, strict=True):
            leg.read(0)
            if asyncio.get_running_loop().time() > counted_after:
                seen.append(leg.quality().delay_ms)

    ticker.add(tick)
    ticker.start()
    speaking = [_speak(leg.local_port, talk, ppm, _WARM_S + seconds) for leg, ppm in zip(near, ppms, strict=True)]
    await asyncio.gather(*speaking)
    ticker.stop()
    _close([*far, *near])
    return delays


async def _speak(port: int, talk: Samples, ppm: float, seconds: float) -> None:
    """Send frames at the pace of a clock that is `ppm` faster."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(_LOOPBACK, port))
    sender = RtpSender(ssrc=7, sequence=0, timestamp=0)
    sender.use(G711("PCMU"), 0, None)
    pace_s = FRAME_MS / 1000 * (1.0 - ppm * 1e-6)
    began_s = loop.time()
    for n in range(int(seconds / pace_s)):
        at = n * _FRAME % (len(talk) - _FRAME)
        for datagram in sender.frame(talk[at : at + _FRAME]):
            transport.sendto(datagram)
        await asyncio.sleep(max(0.0, began_s + (n + 1) * pace_s - loop.time()))
    transport.close()


def _close(legs: list[RtpLeg]) -> None:
    for leg in legs:
        leg.close()
