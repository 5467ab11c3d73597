"""The nginx recipe in front of a real service: TLS, sockets, who is asked for, and what stays closed."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.ports import free_port
from tests.service_process import ServiceProcess
from tests.telephony.certificates import Authority
from tests.waiting import eventually

pytestmark = pytest.mark.peer

RECIPE = Path(__file__).parents[2] / "deploy" / "nginx.conf"
NAME = "pages.example"


@dataclass(frozen=True)
class Proxy:
    """A running nginx."""

    port: int
    trust: ssl.SSLContext
    log: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def proxy(running_service: ServiceProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Run the recipe with our own name, port and certificate."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed (apt-get install nginx)")
    folder = tmp_path_factory.mktemp("nginx")
    tls, port = Authority(folder).issue(NAME), free_port()
    recipe = RECIPE.read_text()
    for written, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("support.example.com;", f"{NAME};"),
        ("/etc/letsencrypt/live/support.example.com/fullchain.pem", tls.certificate),
        ("/etc/letsencrypt/live/support.example.com/privkey.pem", tls.key),
        ("http://127.0.0.1:8080", running_service.base_url),
        ("/var/log/nginx/warmline.log", str(folder / "access.log")),
    ):
        assert written in recipe
        recipe = recipe.replace(written, here)
    folders = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "site.conf").write_text(recipe)
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\n{folders}include {folder}/site.conf;\n}}\n"
    )
    command = [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    tried = subprocess.run([*command, "-t"], check=False, capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr
    with subprocess.Popen(command) as process:
        try:
            yield Proxy(port, ssl.create_default_context(cafile=tls.ca), folder / "access.log")
        finally:
            process.terminate()


def ask(proxy: Proxy, path: str, host: str = NAME) -> httpx.Response:
    transport = httpx.HTTPTransport(verify=proxy.trust, retries=5)  # the first one may come before nginx listens
    with httpx.Client(transport=transport, trust_env=False) as browser:
        return browser.get(proxy.url + path, headers={"host": host}, extensions={"sni_hostname": NAME})


def test_when_browsers_come_through_nginx_then_pages_are_served_and_sessions_are_for_https(
    proxy: Proxy, running_service: ServiceProcess
) -> None:
    assert ask(proxy, "/healthz").json() == {"status": "ok"}
    assert ask(proxy, "/call").status_code == 200
    link = running_service.staff_link().removeprefix(running_service.base_url)
    opened = ask(proxy, link)
    assert opened.status_code == 303
    assert "; secure" in opened.headers["set-cookie"].lower()


def test_when_figures_are_asked_for_through_nginx_then_they_stay_here(proxy: Proxy) -> None:
    assert ask(proxy, "/metrics").status_code == 403


def test_when_another_name_is_asked_for_through_nginx_then_nothing_is_answered(proxy: Proxy) -> None:
    assert ask(proxy, "/call", host="evil.example").status_code == 421


async def test_when_a_socket_comes_through_nginx_then_it_is_one_to_the_service(proxy: Proxy) -> None:
    url = f"wss://{NAME}/api/captions?token=wrong"
    async with connect(url, host="127.0.0.1", port=proxy.port, ssl=proxy.trust, proxy=None) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
    await eventually(lambda: "/api/captions" in proxy.log.read_text())
    assert "token" not in proxy.log.read_text()
