"""The Via header: the way back of a response (RFC 3261 section 20.42, RFC 3581)."""

from __future__ import annotations

from dataclasses import dataclass

from telephony.sip.grammar import (
    Params,
    SipSyntaxError,
    format_host,
    format_params,
    is_token,
    param,
    parse_host_port,
    parse_params,
    split_outside,
)
from telephony.sip.message import DEFAULT_PORTS

MAGIC_COOKIE = "z9hG4bK"
"""Start of a branch that names a transaction on its own. Source: RFC 3261 section 8.1.1.7."""


@dataclass(frozen=True, slots=True)
class Via:
    """One hop."""

    transport: str
    """Upper case: `UDP`, `TCP`, `TLS` …"""
    host: str
    port: int | None
    params: Params

    @property
    def branch(self) -> str:
        """The branch parameter, empty when missing."""
        return param(self.params, "branch") or ""

    @property
    def names_transaction(self) -> bool:
        """True when the branch alone names the transaction: the cookie is there and something follows it."""
        return self.branch.lower().startswith(MAGIC_COOKIE.lower()) and len(self.branch) > len(MAGIC_COOKIE)

    @property
    def sent_by(self) -> str:
        """`host:port` as a key; the default port is filled in."""
        return f"{self.host.lower()}:{self.port or self.default_port}"

    @property
    def default_port(self) -> int:
        """The port of a hop that names none."""
        return DEFAULT_PORTS["tls" if self.transport == "TLS" else "udp"]

    def with_source(self, host: str, port: int) -> Via:
        """Return the hop with `received` and, if the peer asked for it, `rport` set to where the packet came from."""
        kept = [item for item in self.params if item[0] not in ("received", "rport")]
        if param(self.params, "rport") is not None:
            kept += [("rport", str(port)), ("received", host)]
        elif self.host != host:
            kept.append(("received", host))
        return Via(self.transport, self.host, self.port, tuple(kept))

    def __str__(self) -> str:
        port = f":{self.port}" if self.port is not None else ""
        return f"SIP/2.0/{self.transport} {format_host(self.host)}{port}{format_params(self.params)}"


def parse_via(text: str) -> Via:
    """Parse one hop; blanks around the slashes are allowed.

    Raises:
        SipSyntaxError: When the protocol, the host or a parameter is malformed.
    """
    pieces = split_outside(text, ";")
    head = pieces[0].split("/", 2)
    if len(head) != 3 or head[0].strip().upper() != "SIP" or head[1].strip() != "2.0":
        raise SipSyntaxError("a Via does not name SIP/2.0")
    words = head[2].split(None, 1)
    if len(words) != 2 or not is_token(words[0]):
        raise SipSyntaxError("a Via has no transport or no host")
    host, port = parse_host_port(words[1], "a Via")
    return Via(words[0].upper(), host, port, parse_params(pieces[1:], "a Via"))
