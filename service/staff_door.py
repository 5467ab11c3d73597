"""Who gets to the staff pages: links that work once, sessions that end, and the networks that are served at all."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from fastapi import HTTPException
from starlette.requests import HTTPConnection

from calls.ids import CallId
from calls.ports import Clock
from records.private import private_folder
from service.front_door import plain_address

COOKIE = "warmline_staff"
SESSION_S = 12 * 3600
"""How long a session lasts. Source: our choice, a long working day."""
LINK_S = 3600
"""How long a link waits for being opened. Source: our choice, time enough to walk to another machine."""
NO_STAFF = "Open a staff link; `warmline staff-link` prints a new one on the machine of the service."
NOT_HERE = "The staff pages are not served to this address; [service] staff_from says to which ones."


def staff_folder(data_path: Path) -> Path:
    """Return where links and the pages' address are kept."""
    return data_path / "staff"


class StaffLinks:
    """Links to the staff pages, each a file that only the operator's user may make; who removes it has used it.

    A file and not a secret of the process, so that a command beside the running service makes one, without a signal and
    without asking it over the network.
    """

    def __init__(self, data_path: Path) -> None:
        """Links lie in the data folder."""
        self._folder = staff_folder(data_path) / "links"
        self._address = staff_folder(data_path) / "address"
        self._own = ""

    def new(self, now_s: float) -> str:
        """Return the token of a new link; `now_s` is the wall clock."""
        private_folder(self._folder)
        for path in self._folder.iterdir():
            if now_s - path.stat().st_mtime > LINK_S:
                path.unlink(missing_ok=True)
        token = secrets.token_urlsafe(24)
        os.close(os.open(self._file(token), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.utime(self._file(token), (now_s, now_s))
        return token

    def use(self, token: str, now_s: float) -> bool:
        """Use a link up; False when it was used, is too old or never was."""
        path = self._file(token)
        try:
            made_s = path.stat().st_mtime
            path.unlink()  # of two at the same time, one finds it gone
        except FileNotFoundError:
            return False
        return now_s - made_s <= LINK_S

    def serve_at(self, base_url: str) -> None:
        """Write down where the pages are, for the command that prints links."""
        self._own = base_url
        private_folder(self._address.parent)
        handle = os.open(self._address, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(base_url)

    def served_at(self) -> str:
        """Return where the pages of the running service are; empty when none runs."""
        try:
            return self._address.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def closed(self) -> None:
        """Forget where the pages were, unless another process on the same folder serves them elsewhere by now."""
        if self.served_at() == self._own:
            self._address.unlink(missing_ok=True)

    def _file(self, token: str) -> Path:
        return self._folder / hashlib.sha256(token.encode()).hexdigest()


class Gate:
    """Who may see what: staff by session or by the token of programs, and one token a web call for its captions."""

    def __init__(self, token: str, links: StaffLinks, clock: Clock, staff_from: Iterable[str] = ()) -> None:
        """Nobody is in yet.

        Args:
            token: Lets programs in as a bearer; empty: none.
            links: Open a session each.
            clock: Ends sessions and links.
            staff_from: Networks that are served; none: connections from this machine, a proxy on it included.
        """
        self._token = token
        self.links = links
        self._clock = clock
        self._networks = tuple(ipaddress.ip_network(network) for network in staff_from)
        self._sessions: dict[str, int] = {}
        """Hash of the session's id -> when it ends, on the monotonic clock."""
        self.callers: dict[str, CallId] = {}

    def new_link(self) -> str:
        """Return the token of a new link."""
        return self.links.new(self._clock.now_utc().timestamp())

    def open_session(self, link: str) -> str | None:
        """Exchange a link for the id of a session; None when the link is none, or none any more."""
        if not self.links.use(link, self._clock.now_utc().timestamp()):
            return None
        now_ms = self._clock.now_ms()
        self._sessions = {name: end_ms for name, end_ms in self._sessions.items() if end_ms > now_ms}
        session = secrets.token_urlsafe(32)
        self._sessions[_hash(session)] = now_ms + SESSION_S * 1000
        return session

    def from_here(self, connection: HTTPConnection) -> None:
        """Let an address in.

        Raises:
            HTTPException: 403 for one that is not served.
        """
        if not self.is_served(connection):
            raise HTTPException(403, NOT_HERE)

    def staff(self, connection: HTTPConnection) -> None:
        """Let staff in.

        Raises:
            HTTPException: 403 from elsewhere, 401 without a session or the token of programs.
        """
        self.from_here(connection)
        if not self.is_staff(connection):
            raise HTTPException(401, NO_STAFF)

    def staff_or_this_machine(self, connection: HTTPConnection) -> None:
        """Let staff in, and programs on this machine, e.g. one that gathers metrics. What a proxy forwards is neither.

        Raises:
            HTTPException: as `staff`.
        """
        if not _is_loopback(connection.client.host if connection.client else ""):
            self.staff(connection)

    def is_served(self, connection: HTTPConnection) -> bool:
        """Tell whether staff may come from there at all."""
        if not self._networks:
            return _is_loopback(str(connection.scope.get("warmline.peer", "")))
        address = plain_address(connection.client.host if connection.client else "")
        return address is not None and any(address in network for network in self._networks)

    def is_staff(self, connection: HTTPConnection) -> bool:
        """Tell whether a session or the token of programs comes along."""
        token = bearer(connection.headers.get("authorization", ""))
        if self._token and token and hmac.compare_digest(token.encode(), self._token.encode()):
            return True
        session = connection.cookies.get(COOKIE, "")
        return bool(session) and self._sessions.get(_hash(session), 0) > self._clock.now_ms()

    def caller(self, connection: HTTPConnection, call_id: str) -> None:
        """Let the page in that started this call.

        Raises:
            HTTPException: 401 without the token that the page got when it called.
        """
        if self.callers.get(bearer(connection.headers.get("authorization", ""))) != call_id:
            raise HTTPException(401, "This page did not start that call, or the call is long over.")


def bearer(header: str) -> str:
    """Return the token of an `Authorization` header, empty without one."""
    kind, _, token = header.partition(" ")
    return token if kind.lower() == "bearer" else ""


def _hash(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


def _is_loopback(host: str) -> bool:
    address = plain_address(host)
    return address is not None and address.is_loopback
