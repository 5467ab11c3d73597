"""The pages over our own TLS: plain requests, and the sockets by which staff and callers see calls live."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.service_process import LIGHT, ServiceProcess
from tests.telephony.certificates import Authority

pytestmark = pytest.mark.realtime


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    folder = tmp_path_factory.mktemp("tls")
    process = ServiceProcess(folder, tls=Authority(folder).issue("localhost"), whisper=LIGHT)
    process.start()
    yield process
    process.stop()


def test_when_the_service_has_a_certificate_then_pages_come_over_https_and_links_say_so(
    service: ServiceProcess,
) -> None:
    with httpx.Client(base_url=service.base_url, verify=service.trust, trust_env=False) as browser:
        assert browser.get("/healthz").json() == {"status": "ok"}
        assert browser.get("/call").status_code == 200
        opened = browser.get(service.staff_link())
        assert opened.status_code == 303
        assert "; secure" in opened.headers["set-cookie"].lower()
    port = service.base_url.rpartition(":")[2]
    assert f"https://pages.example:{port}/desk?token=" in service.printed()[0]
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(service.base_url.replace("https", "http"), trust_env=False)
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{service.base_url}/healthz", trust_env=False, verify=ssl.create_default_context())


async def test_when_staff_watch_calls_over_tls_then_the_live_feed_opens(service: ServiceProcess) -> None:
    url = service.base_url.replace("https", "wss", 1) + "/api/live"
    headers = {"authorization": f"Bearer {service.staff_token}"}
    async with connect(url, additional_headers=headers, ssl=service.trust, proxy=None) as socket:
        first: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 5))
    assert first["kind"] == "snapshot"
