"""The real service as a process of its own, and what an operator and the pages see of it."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import httpx

from tests.ports import free_port, free_ports
from tests.waiting import eventually

WARMLINE = (sys.executable, "-m", "service.cli")

ROOT = Path(__file__).parents[2]
TOKEN = "acceptance"
START_S = 200.0
"""A first start embeds every article: 30 s of one core when nobody else wants it."""

SPOKEN = Path("~/.cache/warmline/spoken-in-tests").expanduser()
"""What services under test have said, for the next ones and the next run: making the sentences that each prepares takes
a minute of one core."""

Body = dict[str, Any]
"""The body of an event as the API gives it, with `t_ms` of the event beside it."""


class NotSeenError(AssertionError):
    """Something did not happen in time; the text lists what did."""


class RunningService:
    """`warmline serve` on free ports. `start` again after `kill` goes on with the same data."""

    def __init__(self, folder: Path, settings: str = "") -> None:
        """Write the configuration; `settings` is TOML of further tables."""
        self.folder = folder
        self.data_dir = folder / "data"
        self.config = folder / "warmline.toml"
        self.web_port = free_port()
        self.sip_port = free_port()
        self.rtp_ports = range(rtp_from := free_ports(100), rtp_from + 100, 2)
        self.base_url = f"http://127.0.0.1:{self.web_port}"
        self.stderr = folder / "stderr.txt"
        SPOKEN.mkdir(parents=True, exist_ok=True)
        spoken = self.data_dir / "cache" / "speech"
        spoken.parent.mkdir(parents=True, exist_ok=True)
        if not spoken.is_symlink():
            spoken.symlink_to(SPOKEN)
        self.config.write_text(
            f'data_dir = "{self.data_dir}"\n'
            f'[service]\nlisten = "127.0.0.1:{self.web_port}"\nstaff_token = "{TOKEN}"\n'
            f'[telephony.sip]\nlisten = "127.0.0.1:{self.sip_port}"\n'
            f"rtp_ports = [{self.rtp_ports.start}, {self.rtp_ports.stop - 1}]\n{settings}"
        )
        self.process: asyncio.subprocess.Process | None = None
        self.seen_while_starting: list[tuple[str, bool]] = []
        """(what HTTP did, whether SIP answered), each 0.2 s until HTTP answered."""
        self._client: httpx.AsyncClient | None = None

    @property
    def running(self) -> asyncio.subprocess.Process:
        """The process."""
        assert self.process is not None, "not started"
        return self.process

    def uri(self, user: str = "bot") -> str:
        """Whom to call."""
        return f"sip:{user}@127.0.0.1:{self.sip_port}"

    async def start(self) -> None:
        """Start it and return when its pages answer.

        Raises:
            NotSeenError: it ended or did not answer.
        """
        with self.stderr.open("ab") as errors:
            self.process = await asyncio.create_subprocess_exec(
                *(*WARMLINE, "serve", "--config", str(self.config)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                cwd=ROOT,
            )
        self._client = httpx.AsyncClient(
            base_url=self.base_url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=30.0, trust_env=False
        )
        self.seen_while_starting = []
        until = time.monotonic() + START_S
        while time.monotonic() < until and self.running.returncode is None:
            try:
                status = (await self._client.get("/readyz")).status_code
            except httpx.ConnectError:
                self.seen_while_starting.append(("refused", False))
            else:
                answers = await ask_options(self.sip_port)
                self.seen_while_starting.append((str(status), answers.startswith("SIP/2.0 200")))
                return
            await asyncio.sleep(0.2)
        raise NotSeenError(f"the service did not start:\n{self.errors()[-3000:]}")

    async def kill(self) -> None:
        """`kill -9`, its workers see it and go too."""
        self.running.kill()
        await self.running.wait()
        await self._close_client()

    async def stop(self) -> int:
        """SIGTERM; return the exit code."""
        if self.running.returncode is None:
            self.running.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(60):
                code = await self.running.wait()
        except TimeoutError:
            self.running.kill()
            raise NotSeenError("the service did not end within 60 s of SIGTERM") from None
        await self._close_client()
        return code

    async def _close_client(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def errors(self) -> str:
        """Everything it printed: logs on standard error."""
        return self.stderr.read_text(errors="replace")

    async def get(self, path: str) -> httpx.Response:
        """Ask its pages."""
        assert self._client is not None
        return await self._client.get(path)

    async def events(self, caller: str) -> list[Body]:
        """Return what is in the log of the newest call of `caller`."""
        call_id = await self.call_id(caller)
        return [] if call_id is None else await self.events_of(call_id)

    async def call_id(self, caller: str) -> str | None:
        """Return the newest call of `caller`."""
        for row in (await self.get("/api/calls?limit=100")).json():
            if row["live"]["caller"] == caller:
                return str(row["call_id"])
        return None

    async def events_of(self, call_id: str) -> list[Body]:
        """Return the facts of a call, each with its `t_ms`."""
        found = (await self.get(f"/api/calls/{call_id}")).json()
        return [{**event["body"], "t_ms": event["t_ms"]} for event in found["events"]]

    async def until_logged(self, text: str, since: int, most_s: float = 90.0) -> None:
        """Return when its log holds `text` behind the `since` characters that were there before what causes it."""
        await eventually(lambda: text in self.errors()[since:], f"{text!r} in the service's log", most_s)


class SipSocket(asyncio.DatagramProtocol):
    """A socket that sends SIP written by hand: no stack of ours has a part in it."""

    def __init__(self) -> None:
        """Open it by `open_sip`."""
        self.replies: list[str] = []
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learn the port."""
        self._transport = cast("asyncio.DatagramTransport", transport)  # asyncio's own class does not inherit from it
        self.port = int(transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Keep a reply."""
        self.replies.append(data.decode(errors="replace"))

    def send(self, data: str | bytes, port: int) -> None:
        """Send one datagram."""
        assert self._transport is not None
        self._transport.sendto(data.encode() if isinstance(data, str) else data, ("127.0.0.1", port))

    def request(
        self, method: str, port: int, user: str, call: str, *, sdp: str = "", branch: str = "b1", to_tag: str = ""
    ) -> None:
        """Send a request of the call `call` to `user`."""
        lines = [
            f"{method} sip:{user}@127.0.0.1:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{call}{branch};rport",
            f"From: <sip:probe@127.0.0.1:{self.port}>;tag=probe{call}",
            f"To: <sip:{user}@127.0.0.1:{port}>{';tag=' + to_tag if to_tag else ''}",
            f"Call-ID: {call}@127.0.0.1",
            f"CSeq: 1 {method}",
            f"Contact: <sip:probe@127.0.0.1:{self.port}>",
            "Max-Forwards: 70",
            *(["Content-Type: application/sdp"] if sdp else []),
            f"Content-Length: {len(sdp)}",
        ]
        self.send("\r\n".join(lines) + "\r\n\r\n" + sdp, port)

    def acknowledge(self, port: int, user: str, call: str, reply: str) -> None:
        """Send the ACK of a final reply that is no success."""
        to_tag = reply.partition("\r\nTo:")[2].partition("\r\n")[0].partition(";tag=")[2]
        self.request("ACK", port, user, call, to_tag=to_tag)

    async def reply(self, begins: str, method: str, most_s: float = 10.0) -> str:
        """Wait for a reply to `method` whose status line goes on with `begins`."""

        def matching() -> list[str]:
            return [r for r in self.replies if r.startswith(f"SIP/2.0 {begins}") and f" {method}\r\n" in r]

        await eventually(lambda: bool(matching()), f"{begins} to {method} (got {self.replies})", most_s)
        return matching()[0]

    def close(self) -> None:
        """Close it."""
        if self._transport is not None:
            self._transport.close()


async def open_sip() -> SipSocket:
    """Open a socket for hand-written SIP."""
    _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(SipSocket, ("127.0.0.1", 0))
    return protocol


async def ask_options(port: int) -> str:
    """Return the reply to OPTIONS, or what happened instead."""
    sip = await open_sip()
    try:
        sip.request("OPTIONS", port, "bot", f"o{time.monotonic_ns()}")
        return await sip.reply("2", "OPTIONS", 10.0)
    except AssertionError as error:
        return str(error)
    finally:
        sip.close()


def sdp(port: int, *formats: str) -> str:
    """Return an offer of one audio stream with the formats given as `0 PCMU/8000`."""
    numbers = [entry.split()[0] for entry in formats]
    lines = [
        *("v=0", "o=probe 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"),
        f"m=audio {port} RTP/AVP {' '.join(numbers)}",
        *(f"a=rtpmap:{entry}" for entry in formats),
    ]
    return "\r\n".join(lines) + "\r\n"


def programs_missing(names: Sequence[str]) -> list[str]:
    """Return those programs that are not installed."""
    return [name for name in names if shutil.which(name) is None]
