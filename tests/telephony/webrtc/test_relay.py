"""A browser that can only send through a TURN relay: coturn carries the call, for as long as the credentials hold."""

from __future__ import annotations

import asyncio
import base64
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
import pytest

from telephony.conference import Conference
from telephony.net.ticker import Ticker
from telephony.webrtc.turn import turn_server
from tests.ports import free_port
from tests.telephony.media_fakes import FakeSource, lag_of, tone, usual_level_of
from tests.telephony.webrtc.test_chromium import CHROMIUM, Ear, Line, line

__all__ = ["line"]

TURNSERVER = which("turnserver")
SECRET = "a secret of the relay and ours"
pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(TURNSERVER is None, reason="coturn is not installed"),
]


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[str]:
    port = free_port()
    assert TURNSERVER is not None
    options = [
        "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}", "--realm=test",
        "--use-auth-secret", f"--static-auth-secret={SECRET}", "--allow-loopback-peers", "--no-tls", "--no-dtls",
        "--no-cli", "--min-port=49400", "--max-port=49900", f"--userdb={tmp_path / 'db'}",
        f"--pidfile={tmp_path / 'pid'}", f"--log-file={tmp_path / 'turn.log'}", "--simple-log",
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(TURNSERVER, *options, stdout=DEVNULL, stderr=DEVNULL)
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.1)
    writer.close()
    yield f"turn:127.0.0.1:{port}?transport=udp"
    process.terminate()
    await asyncio.wait_for(process.wait(), 5)


def relay_only(url: str, now_utc: datetime) -> dict[str, Any]:
    server = turn_server((url,), SECRET, now_utc, 600, "visitor")
    ice_server = {"urls": list(server.urls), "username": server.username, "credential": server.credential}
    return {"iceServers": [ice_server], "iceTransportPolicy": "relay"}


async def test_when_only_the_relay_is_allowed_then_both_hear_each_other_through_it(line: Line, relay: str) -> None:
    await line.page.evaluate("settings => call(settings, true)", relay_only(relay, datetime.now(UTC)))
    call = await asyncio.wait_for(line.calls.get(), 10)
    leg = await asyncio.wait_for(call.answer(), 15)
    ticker = Ticker()
    conference, ear = Conference(ticker), Ear()
    conference.add("caller", "caller", leg, leg, leg.rate_hz)
    conference.add("bot", "bot", FakeSource(tone(660, 300, 16_000), 16_000), None, 16_000)
    conference.tap(ear)
    ticker.start()
    await asyncio.sleep(4.5)
    ticker.stop()

    assert await line.page.evaluate("sendsFrom()") == "relay"
    trickled = await line.page.evaluate("window.candidates.filter(each => each)")
    assert trickled
    assert all(" typ relay " in candidate for candidate in trickled)
    heard = np.concatenate([frame.samples for frame in ear.frames])
    alike = []
    for at in (84_000, 120_000, 132_000):
        place = lag_of(line.microphone[at : at + 9600], heard)
        piece = heard[place : place + 9600]
        alike.append(float(np.corrcoef(piece, line.microphone[at : at + len(piece)])[0, 1]))
    assert max(alike) > 0.9, alike
    data = await line.page.evaluate(
        "(() => { const f = new Float32Array(window.heard.slice(-48000));"
        " let s = ''; for (const b of new Uint8Array(f.buffer)) s += String.fromCharCode(b); return btoa(s); })()"
    )
    there = np.frombuffer(base64.b64decode(data), dtype=np.float32) * 32768.0
    frames = there[: len(there) // 960 * 960].astype(np.int16).reshape(-1, 960)
    assert usual_level_of(660, list(frames)) == pytest.approx(8000, rel=0.15)


async def test_when_the_credentials_have_expired_then_the_relay_gives_nothing(line: Line, relay: str) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    await line.page.evaluate("settings => call(settings, true)", relay_only(relay, long_ago))
    await line.page.wait_for_function("connection.iceGatheringState === 'complete'", timeout=20_000)
    assert await line.page.evaluate("window.candidates.filter(each => each)") == []
