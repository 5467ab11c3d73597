"""Who gets to the staff pages: links that work once, sessions that end, and the networks that are served at all."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from calls.ids import CallId
from calls.ports import Clock
from calls.staff_events import LookedAt
from records.private import private_folder
from service.front_door import plain_address
from service.staff.accounts import DEVICE_S, SESSION_S, Opened, StaffAccounts
from service.staff.member import EVERYBODY, PROGRAM, Profile, Role, StaffMember

COOKIE = "warmline_staff"
DEVICE_COOKIE = "warmline_device"
"""Tells a browser that signed in before from guessers (`service/staff/attempts.py`)."""
OUR_HEADER = "x-warmline"
"""What our pages send with everything that changes something; any value."""
MEMBER = "warmline.member"
"""Key of the ASGI scope under which a route finds who was let in."""
SESSION = "warmline.sessions"
"""Key of the ASGI scope under which sockets find the sessions that opened them."""
LINK_S = 3600
"""How long a link waits for being opened. Source: our choice, time enough to walk to another machine."""
NO_STAFF = "Sign in first. `warmline staff add NAME --role admin` makes the first account, and so does a staff link."
CHANGE_FIRST = "Somebody else made your password: change it first."
OTHER_SITE = "Another site sent this; nothing was done."
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


class NotAdmittedError(HTTPException):
    """Who asks may not; a socket is opened and closed with 4401 or 4403, so that a page learns the reason."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        """Keep the parts."""
        super().__init__(status, sentence)
        self.code = code
        """Stable, e.g. `staff.sign_in`."""


class Needs:
    """What a route asks of who comes: one of some roles.

    `check` and `name` are the dependencies; a test looks for one of them on every route.
    """

    def __init__(self, gate: Gate, roles: frozenset[Role], *, even_with_old_password: bool = False) -> None:
        """Let these in."""
        self.roles = roles
        self._gate = gate
        self._even_with_old_password = even_with_old_password

    def check(self, connection: HTTPConnection) -> StaffMember:
        """Return who asks, and write down whose data it is about.

        Raises:
            NotAdmittedError: 403 from elsewhere or without the role, 401 without a session.
        """
        member = self._gate.who(connection)
        if member.must_change and not self._even_with_old_password:
            raise NotAdmittedError(403, "staff.change_password", CHANGE_FIRST)
        if member.role not in self.roles:
            raise NotAdmittedError(403, "staff.role", f"This needs the role {' or '.join(sorted(self.roles))}.")
        if (seen := looked_at(connection)) is not None and self._gate.accounts is not None:
            self._gate.accounts.audit.looked(member.name, *seen)
        connection.scope[MEMBER] = member
        return member

    def name(self, connection: HTTPConnection) -> str:
        """Return the name of who asks, as `check`.

        Raises:
            NotAdmittedError: as `check`.
        """
        return self.check(connection).name


class Gate:
    """Who may see what: staff by session, programs by their token, and one token a web call for its captions."""

    def __init__(
        self,
        token: str,
        links: StaffLinks,
        clock: Clock,
        staff_from: Iterable[str] = (),
        accounts: StaffAccounts | None = None,
    ) -> None:
        """Nobody is in yet.

        Args:
            token: Lets programs in as a bearer; empty: none.
            links: Open a session each, as long as nobody has an account.
            clock: Ends links.
            staff_from: Networks that are served; none: connections from this machine, a proxy on it included.
            accounts: Know people and their sessions; None: programs alone get in.
        """
        self._token = token
        self.links = links
        self._clock = clock
        self._networks = tuple(ipaddress.ip_network(network) for network in staff_from)
        self.accounts = accounts
        self.callers: dict[str, CallId] = {}
        self.staff = self.needs(*EVERYBODY)
        """Lets everybody in who works here."""

    def needs(self, *roles: Role, even_with_old_password: bool = False) -> Callable[[HTTPConnection], StaffMember]:
        """Return the dependency of a route, page or socket, that lets some roles in and returns who asks."""
        return Needs(self, frozenset(roles), even_with_old_password=even_with_old_password).check

    def new_link(self) -> str:
        """Return the token of a new link."""
        return self.links.new(self._clock.now_utc().timestamp())

    def open_by_link(self, link: str, connection: HTTPConnection) -> Opened | None:
        """Exchange a link for a session; None when it is none, none any more, or somebody has an account."""
        if self.accounts is None or not self.links.use(link, self._clock.now_utc().timestamp()):
            return None
        return self.accounts.open_by_link(address_of(connection), session_of(connection))

    def from_here(self, connection: HTTPConnection) -> None:
        """Let an address in.

        Raises:
            NotAdmittedError: 403 for one that is not served.
        """
        if not self.is_served(connection):
            raise NotAdmittedError(403, "staff.not_here", NOT_HERE)

    def staff_or_this_machine(self, connection: HTTPConnection) -> None:
        """Let staff in, and programs on this machine, e.g. one that gathers metrics. What a proxy forwards is neither.

        Raises:
            NotAdmittedError: as `who`.
        """
        if not _is_loopback(connection.client.host if connection.client else ""):
            self.who(connection)

    def is_served(self, connection: HTTPConnection) -> bool:
        """Tell whether staff may come from there at all."""
        if not self._networks:
            return _is_loopback(str(connection.scope.get("warmline.peer", "")))
        address = plain_address(connection.client.host if connection.client else "")
        return address is not None and any(address in network for network in self._networks)

    def is_staff(self, connection: HTTPConnection) -> bool:
        """Tell whether a session or the token of programs comes along."""
        try:
            self.who(connection)
        except NotAdmittedError:
            return False
        return True

    def who(self, connection: HTTPConnection) -> StaffMember:
        """Return who asks; blocks, so that dependencies run it in a thread.

        Raises:
            NotAdmittedError: 401 when nobody of ours does, 403 when they come from elsewhere or another site sent them.
        """
        self.from_here(connection)
        token = bearer(connection.headers.get("authorization", ""))
        if self._token and token and hmac.compare_digest(token.encode(), self._token.encode()):
            return StaffMember(name=PROGRAM, role="program", profile=Profile(display_name=PROGRAM))
        member = self.accounts.who(session_of(connection)) if self.accounts is not None else None
        if member is None:
            raise NotAdmittedError(401, "staff.sign_in", NO_STAFF)
        must_be_our_page(connection)
        connection.scope.setdefault(SESSION, []).append(member.session)
        return member

    def caller(self, connection: HTTPConnection, call_id: str) -> None:
        """Let the page in that started this call.

        Raises:
            HTTPException: 401 without the token that the page got when it called.
        """
        if self.callers.get(bearer(connection.headers.get("authorization", ""))) != call_id:
            raise HTTPException(401, "This page did not start that call, or the call is long over.")


def must_be_our_page(connection: HTTPConnection) -> None:
    """Refuse what a page of another site makes a browser do: cookies alone prove nothing.

    What changes something carries a header that other sites cannot set without asking (CORS, which is never granted),
    and an Origin of ours if any; a socket always has its Origin. Source: OWASP Cross-Site Request Forgery Cheat Sheet.

    Raises:
        NotAdmittedError: 403 for such a page.
    """
    headers = connection.headers
    is_socket = connection.scope["type"] == "websocket"
    if not is_socket and str(connection.scope.get("method", "")) in ("GET", "HEAD", "OPTIONS"):
        return
    origin, host = headers.get("origin", ""), headers.get("host", "")
    is_ours = urlsplit(origin).netloc == host if origin else not is_socket
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        is_ours = False
    if not is_ours or not (is_socket or headers.get(OUR_HEADER)):
        raise NotAdmittedError(403, "staff.other_site", OTHER_SITE)


LOOKS: dict[str, LookedAt] = {
    "call_id": "call",
    "customer_id": "customer",
    "case_id": "case",
    "conversation_id": "conversation",
}
"""Parameters of paths and sockets, and whose data they name."""
CONTACTS: dict[str, LookedAt] = {"/api/calls/": "call", "/api/conversations/": "conversation"}
"""Where `contact_id` is what."""


def member_of(connection: HTTPConnection) -> StaffMember:
    """Return who was let in by the route's dependency, without asking again.

    Raises:
        NotAdmittedError: 401 when the route has none.
    """
    member = connection.scope.get(MEMBER)
    if not isinstance(member, StaffMember):
        raise NotAdmittedError(401, "staff.sign_in", NO_STAFF)
    return member


def looked_at(connection: HTTPConnection) -> tuple[LookedAt, str] | None:
    """Return what a request is about, if it is somebody's data."""
    path = str(connection.scope.get("path", ""))
    for stem, what in CONTACTS.items():
        if path.startswith(stem) and "contact_id" in connection.path_params:
            return what, str(connection.path_params["contact_id"])[:64]
    for parameter, what in LOOKS.items():
        found = connection.path_params.get(parameter) or connection.query_params.get(parameter)
        if found:
            kind: LookedAt = "recording" if path.endswith("/recording") else what
            return ("export" if path.endswith("/export") else kind), str(found)[:64]
    return None


def is_secure(connection: HTTPConnection) -> bool:
    """Tell whether the browser speaks TLS with us, or with a proxy of ours."""
    return connection.scope.get("scheme") in ("https", "wss")


def cookie_name(connection: HTTPConnection) -> str:
    """Return the name of the session's cookie; over TLS one that no other host can plant (RFC 6265bis)."""
    return f"__Host-{COOKIE}" if is_secure(connection) else COOKIE


def session_of(connection: HTTPConnection) -> str:
    """Return the secret of the session that comes along; empty for none."""
    return connection.cookies.get(cookie_name(connection), "")[:128]


def address_of(connection: HTTPConnection) -> str:
    """Return where a request comes from."""
    return connection.client.host if connection.client else ""


def give_session(answer: Response, opened: Opened, connection: HTTPConnection) -> None:
    """Let the browser keep a session that was just opened, and that it is no guesser."""
    secure = is_secure(connection)
    answer.set_cookie(
        cookie_name(connection), opened.session, max_age=SESSION_S, httponly=True, samesite="strict", secure=secure
    )
    if opened.device:
        answer.set_cookie(
            DEVICE_COOKIE, opened.device, max_age=DEVICE_S, httponly=True, samesite="strict", secure=secure
        )


def bearer(header: str) -> str:
    """Return the token of an `Authorization` header, empty without one."""
    kind, _, token = header.partition(" ")
    return token if kind.lower() == "bearer" else ""


def _is_loopback(host: str) -> bool:
    address = plain_address(host)
    return address is not None and address.is_loopback
