"""The web side of the real service, whose lines and workers stay closed: what staff do before and between calls."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from calls.errors import CallCentreError
from service.config import Config
from service.serve import Service
from service.staff.member import Profile
from tests.ports import free_port

PASSWORD = "correct horse battery"
OURS = {"x-warmline": "1"}
PEOPLE = {"ada": "admin", "sue": "supervisor", "quinn": "qa", "ben": "agent"}


class Office:
    """The web side of the real service over HTTP, in a thread; its lines and workers are not started."""

    def __init__(self, folder: Path, **more: Any) -> None:
        """Take the configuration's further sections as `more`."""
        config = {
            "data_dir": str(folder / "data"),
            "service": {"listen": f"127.0.0.1:{free_port()}", "staff_token": "programs", "hosts": ["pages.example"]},
            **more,
        }
        self.service = Service(Config.model_validate(config))
        accounts = self.service.gate.accounts
        assert accounts is not None
        self.accounts = accounts
        self.base_url = self.service.base_url
        self._up, self._loop = threading.Event(), asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    def start(self) -> None:
        self._thread.start()
        assert self._up.wait(30)

    def add_everybody(self) -> None:
        """Give an account to ada (admin), sue (supervisor), quinn (qa) and ben (agent)."""
        for name, role in PEOPLE.items():
            self.accounts.add(name, role, Profile(display_name=name.capitalize(), languages=("es",)), PASSWORD, "x")

    def send_home(self) -> None:
        """Let all who wait or are served hang up, and all who work go home."""

        def over() -> None:
            desk = self.service.house.desk
            for contact_id, guest in list(desk._guests.items()):
                desk.gone(contact_id, "abandoned")
                if guest.agent:
                    desk.wrap_up_done(guest.agent, contact_id, guest.contact.kind, disposition="solved")
            for name in PEOPLE:
                if desk.is_working(name):
                    desk.sign_out(name)

        self.run(over)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        await self.service.house.desk.start()
        await self.service._open_pages()
        self._up.set()
        await self._end.wait()
        await self.service.stop()

    def run(self, work: Callable[[], None]) -> None:
        """Do something on the service's own loop, and return when it is done."""
        done = threading.Event()

        def do() -> None:
            work()
            done.set()

        self._loop.call_soon_threadsafe(do)
        assert done.wait(10)

    def browser(self) -> httpx.Client:
        """Return one without cookies, whose requests are those of our pages."""
        return httpx.Client(base_url=self.base_url, headers=OURS, trust_env=False, timeout=30, verify=False)

    def signed_in(self, name: str) -> httpx.Client:
        """Return a browser with a session of its own."""
        browser = self.browser()
        browser.cookies.set("warmline_staff", self.accounts._open(name, "").session, domain="127.0.0.1")
        return browser


@contextlib.contextmanager
def opened_office(folder: Path, **more: Any) -> Iterator[Office]:
    """Open an office in which everybody has an account; without models its tests are left out, not in CI."""
    try:
        opened = Office(folder, **more)
    except CallCentreError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"the service cannot run here: {error.message}")
    opened.add_everybody()
    opened.start()
    yield opened
    opened.stop()
