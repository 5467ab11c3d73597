"""The real service as a process of its own, shared by the tests of one session that look at it from outside."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from service.staff_door import StaffLinks
from telephony.net.tls_contexts import TlsSettings
from tests.ports import free_port, free_ports

ROOT = Path(__file__).parents[1]
ARTICLES = ("bill-explained", "power-outage-status")
"""The articles it knows: few, because embedding all of them is most of a first start."""
START_S = 150.0
"""A start takes 15 s on two idle cores."""
LIGHT = "whisper-tiny-en"
"""The recogniser of a service in whose tests nobody has to be understood: its start takes 5 s on two idle cores."""


def articles_of_tests(folder: Path) -> None:
    """Copy `ARTICLES` into a folder that is not there yet."""
    for language in ("es", "en"):
        (folder / language).mkdir(parents=True)
        for name in ARTICLES:
            shutil.copy(ROOT / "knowledge" / "lumina" / language / f"{name}.md", folder / language)


class ServiceProcess:
    """`warmline serve` on free ports, with voices that need no model and few articles."""

    def __init__(self, folder: Path, *, tls: TlsSettings | None = None, whisper: str = "") -> None:
        """Write the configuration; with `tls` the pages are served by it, and only its issuer is trusted.

        `whisper` names another recogniser than that of the configuration's default.
        """
        self.data_dir = folder / "data"
        self.staff_token = "token-of-the-tests"
        web_port, self.sip_host, self.sip_port = free_port(), "127.0.0.1", free_port()
        self.base_url = f"{'https' if tls else 'http'}://127.0.0.1:{web_port}"
        self.trust = ssl.create_default_context(cafile=tls.ca if tls else None)
        self._errors, self._printed = folder / "stderr.txt", folder / "stdout.txt"
        self._config = folder / "warmline.toml"
        self._process: subprocess.Popen[bytes] | None = None
        articles_of_tests(folder / "articles")
        rtp_from = free_ports(100)
        self._config.write_text(
            f'data_dir = "{self.data_dir}"\n'
            f'[service]\nlisten = "127.0.0.1:{web_port}"\nstaff_token = "{self.staff_token}"\n'
            f'allowed_origins = ["https://shop.example"]\nhosts = ["pages.example"]\n'
            + (f'tls_certificate = "{tls.certificate}"\ntls_key = "{tls.key}"\n' if tls else "")
            + f'[telephony.sip]\nlisten = "127.0.0.1:{self.sip_port}"\nrtp_ports = [{rtp_from}, {rtp_from + 99}]\n'
            f'[speech]\nvoice_en = "espeak"\nvoice_es = "espeak"\nrender_ahead = false\n'
            + (f'[models]\nwhisper = "{whisper}"\n' if whisper else "")
            + f'[dial_plan]\nlanguage = "en"\n'
            f'[knowledge]\ndir = "{folder / "articles"}"\n'
        )

    def start(self) -> None:
        """Start it and return when calls can be answered.

        Raises:
            RuntimeError: it ended or took too long; the text is what it printed.
        """
        command = (sys.executable, "-m", "service.cli", "serve", "--config", str(self._config))
        with self._errors.open("wb") as errors, self._printed.open("wb") as printed:
            self._process = subprocess.Popen(command, cwd=ROOT, env={**os.environ}, stdout=printed, stderr=errors)
        until = time.monotonic() + START_S
        while time.monotonic() < until and self._process.poll() is None:
            if self._answers():
                return
            time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"the service did not start:\n{self._errors.read_text(errors='replace')[-3000:]}")

    def printed(self) -> tuple[str, str]:
        """Return what it wrote to standard output and to standard error."""
        return self._printed.read_text(), self._errors.read_text()

    def settle(self, most_s: float = 20.0) -> None:
        """Return when no call is on.

        Raises:
            RuntimeError: calls were still on.
        """
        until = time.monotonic() + most_s
        while time.monotonic() < until:
            if httpx.get(f"{self.base_url}/readyz", trust_env=False).json()["calls"] == 0:
                return
            time.sleep(0.1)
        raise RuntimeError(f"calls were still on after {most_s:.0f} s")

    def get(self, path: str) -> Any:
        """Return the JSON that staff get at `path`."""
        headers = {"authorization": f"Bearer {self.staff_token}"}
        return httpx.get(self.base_url + path, headers=headers, trust_env=False).raise_for_status().json()

    def staff_link(self, path: str = "/desk") -> str:
        """Return a new link to a page of staff, as `warmline staff-link` makes it."""
        return f"{self.base_url}{path}?token={StaffLinks(self.data_dir).new(time.time())}"

    def stop(self) -> None:
        """End it politely, then for good."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        try:
            url = f"{self.base_url}/readyz"
            return httpx.get(url, trust_env=False, verify=self.trust).status_code == 200
        except httpx.TransportError:
            return False
