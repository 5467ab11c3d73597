"""Which server is tried next when one fails, and which ones failed a short while ago (RFC 3263 section 4.3).

A hunt begins anew with each request of ours::

    TRYING --503, nothing heard, no way there--> TRYING the next one
      |                                             '--none left--> GIVEN_UP
      |--any other refusal, nobody answers the phone--> GIVEN_UP
      '--answered--> REACHED
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from telephony.sip.message import Flow, Transport
from telephony.sip.signals import EndCause

AVOIDED_MS = 60_000
"""How long a server that failed is tried last. Source: with 4 s a try, one caller a minute pays for a dead server; RFC
3263 section 4.3 leaves it open."""
MAX_AVOIDED = 256
"""Remembered failures; the oldest is forgotten first."""
_STATUS_UNAVAILABLE = 503

_Server = tuple[str, int, Transport]


class HuntState(Enum):
    """See the drawing."""

    TRYING = auto()
    REACHED = auto()
    GIVEN_UP = auto()


class TargetHunt:
    """One request's way through the servers that may serve it."""

    def __init__(self, targets: Sequence[Flow]) -> None:
        """Begin with the first of at least one target."""
        self._targets = list(targets)
        self._index = 0
        self.state = HuntState.TRYING

    @property
    def target(self) -> Flow:
        """Where to try now."""
        return self._targets[self._index]

    @property
    def has_next(self) -> bool:
        """True when another server is left after this one."""
        return self._index + 1 < len(self._targets)

    def succeeded(self) -> None:
        """The server took the request."""
        self.state = HuntState.REACHED

    def failed(self, cause: EndCause, status: int = 0) -> bool:
        """Take a failure; True when it was the server's, so that it is better avoided for a while."""
        is_servers = cause in ("no_response", "transport_error") or (
            cause == "refused" and status == _STATUS_UNAVAILABLE
        )
        if is_servers and self.has_next:
            self._index += 1
        else:
            self.state = HuntState.GIVEN_UP
        return is_servers


class AvoidedServers:
    """Servers that failed lately; they are tried after all others."""

    def __init__(self) -> None:
        """Begin with none."""
        self._until_ms: dict[_Server, int] = {}

    def note(self, flow: Flow, now_ms: int) -> None:
        """Avoid this server from now on."""
        self._until_ms.pop(_server(flow), None)
        if len(self._until_ms) >= MAX_AVOIDED:
            del self._until_ms[next(iter(self._until_ms))]
        self._until_ms[_server(flow)] = now_ms + AVOIDED_MS

    def forgive(self, flow: Flow) -> None:
        """The server works."""
        self._until_ms.pop(_server(flow), None)

    def order(self, targets: Sequence[Flow], now_ms: int) -> list[Flow]:
        """Return the targets with those that failed lately at the end."""
        return sorted(targets, key=lambda flow: self._until_ms.get(_server(flow), 0) > now_ms)


def _server(flow: Flow) -> _Server:
    return (flow.host, flow.port, flow.transport)
