"""Agents' pages as a process of their own: each has the desk's socket and the live feed of one call, and takes offers.

Started by `python -m bench desk`; reads one JSON line with what to watch, prints one with what was seen.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

SENT = "sent_s"
"""Key of a signal's data: when it was given to the feed, on the machine's wall clock."""


@dataclass
class Seen:
    """What all pages saw."""

    facts_ms: list[float] = field(default_factory=list)
    signals_ms: list[float] = field(default_factory=list)
    desk_ms: list[float] = field(default_factory=list)
    """Changes of agents' states."""
    missing: int = 0
    """Facts between two others that never came."""
    restarts: int = 0
    offers: int = 0


async def watch_call(url: str, headers: dict[str, str], seen: Seen) -> None:
    """Look at one call's live feed until the service closes it."""
    async with connect(url, additional_headers=headers, proxy=None, max_size=None) as socket:
        last = 0
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                now_s = time.time()
                message = json.loads(text)
                if message["kind"] == "snapshot":
                    seen.restarts += last > 0
                    last = message["seq"]
                elif message["kind"] == "event":
                    event = message["event"]
                    seen.missing += event["seq"] - last - 1
                    last = event["seq"]
                    seen.facts_ms.append((now_s - datetime.fromisoformat(event["at_utc"]).timestamp()) * 1000)
                else:
                    seen.signals_ms.append((now_s - message["data"][SENT]) * 1000)


async def work(url: str, headers: dict[str, str], seen: Seen) -> None:
    """Be an agent at work: ready, and take what is offered."""
    async with connect(url, additional_headers=headers, proxy=None, max_size=None) as socket:
        snapshots = 0
        for command in ("sign_in", "ready"):
            await socket.send(json.dumps({"do": command}))
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                now_s = time.time()
                message: dict[str, Any] = json.loads(text)
                match message["kind"]:
                    case "snapshot":
                        snapshots += 1
                    case "agent":
                        since = datetime.fromisoformat(message["agent"]["since_utc"])
                        seen.desk_ms.append((now_s - since.timestamp()) * 1000)
                    case "offer":
                        seen.offers += 1
                        reservation_id = message["offer"]["reservation_id"]
                        await socket.send(json.dumps({"do": "accept", "reservation_id": reservation_id}))
        seen.restarts += max(0, snapshots - 1)


async def watch_all(what: dict[str, Any]) -> Seen:
    """Open every page, say so, and look until the sockets close."""
    seen, headers = Seen(), {"authorization": f"Bearer {what['token']}"}
    began = asyncio.create_task(_begin(seen))
    base = what["url"].replace("http", "ws", 1)
    pages = [work(f"{base}/api/desk?agent=agent{n}", headers, seen) for n in range(what["agents"])]
    calls = what["calls"]
    pages += [watch_call(f"{base}/api/live?call_id={calls[n % len(calls)]}", headers, seen) for n in range(len(pages))]
    await asyncio.gather(*pages)
    began.cancel()
    return seen


async def _begin(seen: Seen) -> None:
    """Forget what was seen while the pages were opened, when the second line says that it begins."""
    await asyncio.to_thread(sys.stdin.readline)
    for times_ms in (seen.facts_ms, seen.signals_ms, seen.desk_ms):
        times_ms.clear()


def main() -> None:
    """Watch what the first line of standard input says."""
    seen = asyncio.run(watch_all(json.loads(sys.stdin.readline())))
    print(json.dumps(vars(seen)), flush=True)


if __name__ == "__main__":
    main()
