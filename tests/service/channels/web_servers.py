"""Real HTTP servers in the process of the test: an adapter's, whose answers a test chooses, and any application's."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response

from telephony.net.tls_contexts import TlsSettings
from tests.ports import free_port


@dataclass
class Adapter:
    """Somebody who is posted to."""

    port: int
    scheme: str = "http"
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    """What is answered next, in order; then 200 with nothing."""
    waits_s: float = 0.0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    """Headers and body of each request."""

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{self.scheme}://localhost:{self.port}/in?x=1"

    def app(self) -> FastAPI:
        """Return the application."""
        app = FastAPI()

        @app.post("/in")
        async def take(request: Request) -> Response:
            self.got.append((dict(request.headers), await request.body()))
            await asyncio.sleep(self.waits_s)
            status, body = self.answers.pop(0) if self.answers else (200, b"")
            headers = {"location": "http://127.0.0.1:1/"} if status in (301, 302, 307) else None
            return Response(body, status, headers)

        return app


@contextlib.asynccontextmanager
async def served(app: Any, port: int, tls: TlsSettings | None = None) -> AsyncIterator[str]:
    """Serve an application until the block ends; yield its address."""
    options: dict[str, Any] = {"ssl_certfile": tls.certificate, "ssl_keyfile": tls.key} if tls else {}
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off", ws="none", **options)
    )
    running = asyncio.create_task(server.serve())
    while not server.started:
        assert not running.done()
        await asyncio.sleep(0.01)
    try:
        yield f"{'https' if tls else 'http'}://localhost:{port}"
    finally:
        server.should_exit = True
        await running


@contextlib.asynccontextmanager
async def adapter(tls: TlsSettings | None = None) -> AsyncIterator[Adapter]:
    """Run an adapter until the block ends."""
    made = Adapter(free_port(), "https" if tls else "http")
    async with served(made.app(), made.port, tls):
        yield made


def trusts(ca: str) -> ssl.SSLContext:
    """Return a context that trusts a test's issuer."""
    return ssl.create_default_context(cafile=ca)
