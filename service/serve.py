"""`warmline serve`: the house with its web side, until a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from calls.errors import CallCentreError
from records.private import private_from_now_on
from service.app import make_app
from service.certificate import check_certificate
from service.config import Config, load_config
from service.config_values import split_address
from service.house import House
from service.staff.accounts import StaffAccounts
from service.staff_door import Gate, StaffLinks
from service.telemetry import set_up_logging

logger = logging.getLogger(__name__)


def serve(config_file: Path | None) -> int:
    """Answer calls until SIGINT or SIGTERM; SIGHUP reads the dial plan and the articles again. Return the exit code.

    Raises:
        CallCentreError: something that the service needs is not there.
    """
    config = load_config(config_file).config
    set_up_logging(config.service.log_level)
    private_from_now_on()
    asyncio.run(_serve(config))
    return 0


class Service:
    """A house and its web server on one event loop."""

    def __init__(self, config: Config) -> None:
        """Prepare; nothing is opened but the web port, which is the first thing to find taken."""
        self.config = config
        check_certificate(config)
        self._socket = bind(config.service.listen)
        try:
            self.house = House(config)
        except BaseException:
            self._socket.close()
            raise
        section = config.service
        links = StaffLinks(config.data_path)
        accounts = StaffAccounts(self.house.store, self.house.clock)
        token = section.staff_token.get_secret_value()
        self.gate = Gate(token, links, self.house.clock, section.staff_from, accounts)
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def base_url(self) -> str:
        """Where the pages are."""
        scheme = "https" if self.config.service.tls_certificate else "http"
        host, port = self._socket.getsockname()[:2]
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 -- only shown
        return f"{scheme}://[{shown}]:{port}" if ":" in shown else f"{scheme}://{shown}:{port}"

    @property
    def public_url(self) -> str:
        """Where browsers elsewhere find the pages: by the first of our names, through the proxy or by our TLS."""
        section = self.config.service
        if not section.hosts:
            return self.base_url
        port = f":{self._socket.getsockname()[1]}" if section.tls_certificate else ""
        return f"https://{section.hosts[0]}{port}"

    def staff_url(self) -> str:
        """Return where staff get in: to sign in, or by a link that works once as long as nobody has an account."""
        if self.gate.accounts is not None and self.gate.accounts.any_account():
            return f"{self.public_url}/desk"
        return f"{self.public_url}/desk?token={self.gate.new_link()}"

    @property
    def sip_address(self) -> tuple[str, int]:
        """Host and port of the SIP line."""
        if self.house.sip is None:
            raise CallCentreError("sip.off", "The SIP line is switched off (telephony.sip.enabled).", fault="operator")
        return self.house.sip.listen_address

    async def start(self) -> None:
        """Open the lines, then the pages: HTTP answers only when calls can be answered."""
        try:
            await self.house.start()
            await self._open_pages()
            self.gate.links.serve_at(self.public_url)
        except BaseException:
            await self.stop()
            raise

    async def _open_pages(self) -> None:
        section = self.config.service
        settings = uvicorn.Config(
            make_app(self.house, self.gate),
            log_config=None,
            proxy_headers=False,
            access_log=False,
            lifespan="off",
            ssl_certfile=section.tls_certificate or None,
            ssl_keyfile=section.tls_key or None,
            timeout_graceful_shutdown=2,
            ws="websockets-sansio",
        )
        self._server = _Server(settings)
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]), name="http")
        up = asyncio.create_task(self._server.up.wait(), name="http-up")
        await asyncio.wait({up, self._task}, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if self._task.done():
            await self._task

    async def drain(self, hurry: asyncio.Event) -> None:
        """Take no new calls and wait until the running ones ended, patience is over or somebody hurries.

        The pages stay open meanwhile: callers of web pages read their captions, staff look at their calls.
        """
        patience_s = self.config.service.drain_s
        if not patience_s:
            return
        draining = asyncio.create_task(self.house.drain(patience_s), name="drain")
        hurried = asyncio.create_task(hurry.wait(), name="hurry")
        await asyncio.wait({draining, hurried}, return_when=asyncio.FIRST_COMPLETED)
        for task in (draining, hurried):
            task.cancel()
        await asyncio.wait({draining, hurried})
        if not draining.cancelled():
            draining.result()

    async def stop(self) -> None:
        """Take no more calls, close the pages, then the lines."""
        self.house.ready = False
        self.gate.links.closed()
        await self.close_pages()
        await self.house.stop()
        self._socket.close()

    async def close_pages(self) -> None:
        """Close the pages' connections; idempotent."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await asyncio.wait({self._task})


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: stopping is decided in one place, and calls come before pages."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.up.set()


def bind(listen: str) -> socket.socket:
    """Bind the web port without listening yet.

    Raises:
        CallCentreError: `service.port_taken` or `service.bad_address`.
    """
    host, port = split_address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise CallCentreError(
            "service.port_taken",
            f"The web address {listen} cannot be used: {error.strerror}. "
            "Stop the program that has it, or set [service] listen to another port.",
            fault="operator",
        ) from error
    return sock


async def _serve(config: Config) -> None:
    service = Service(config)
    stop, hurry = asyncio.Event(), asyncio.Event()

    def told() -> None:
        (hurry if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told)
    loop.add_signal_handler(signal.SIGHUP, service.house.reload_now)
    await service.start()
    if config.telephony.sip.enabled:
        host, port = service.sip_address
        print(f"Calls are answered at sip:{host}:{port}")
    print(f"A caller's page:    {service.public_url}/call")
    url = service.staff_url()
    how = "once; `warmline staff-link` prints another" if "token=" in url else "sign in"
    print(f"The staff's pages:  {url}  ({how})", flush=True)
    await stop.wait()
    await service.drain(hurry)
    logger.info("stopping: running calls hear a goodbye")
    await service.stop()
