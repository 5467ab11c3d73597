"""SIP and SIPS URIs, and the opaque ones of other schemes (RFC 3261 section 19.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote as percent_decode

from telephony.sip.grammar import Params, SipSyntaxError, format_host, param, parse_host_port
from telephony.sip.message import Transport

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_BAD_IN_URI = re.compile(r"[\x00-\x20\x7f<>\"]")
_USER_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()&=+$,;?/%")
DEFAULT_PORT = 5060
_TRANSPORTS: dict[str, Transport] = {"udp": "udp", "tcp": "tcp", "tls": "tls"}


@dataclass(frozen=True, slots=True)
class SipUri:
    """A `sip:` or `sips:` URI. The user part stays escaped as it came; `user_text` is readable."""

    scheme: str
    user: str
    host: str
    """Name or address; IPv6 without brackets."""
    port: int | None = None
    params: Params = ()
    headers: str = ""
    """What followed `?`, as it came."""

    @property
    def user_text(self) -> str:
        """The user part with its escapes resolved and its password removed."""
        return percent_decode(self.user.partition(":")[0])

    @property
    def is_loose_router(self) -> bool:
        """True when the `lr` parameter is there (RFC 3261 section 16.12.1)."""
        return param(self.params, "lr") is not None

    @property
    def transport(self) -> Transport | None:
        """What the URI asks for: TLS with `sips`, else its `transport` parameter; None when it names none of ours."""
        if self.scheme == "sips":
            return "tls"
        return _TRANSPORTS.get((param(self.params, "transport") or "").lower())

    def without(self, *names: str) -> SipUri:
        """Return the URI without the parameters of these names and without headers."""
        kept = tuple(item for item in self.params if item[0] not in names)
        return SipUri(self.scheme, self.user, self.host, self.port, kept)

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port is not None else ""
        params = "".join(f";{name}" + (f"={value}" if value is not None else "") for name, value in self.params)
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{format_host(self.host)}{port}{params}{headers}"


@dataclass(frozen=True, slots=True)
class OtherUri:
    """A URI of a scheme that we cannot call, kept as it came (`tel:`, `http:` …)."""

    scheme: str
    rest: str

    @property
    def user_text(self) -> str:
        """The number of a `tel:` URI, else nothing."""
        return self.rest.partition(";")[0] if self.scheme == "tel" else ""

    def __str__(self) -> str:
        return f"{self.scheme}:{self.rest}"


Uri = SipUri | OtherUri


def parse_uri(text: str) -> Uri:
    """Parse a URI; blanks, control characters and angle brackets are not allowed inside.

    Raises:
        SipSyntaxError: When it is not a URI, or a SIP URI with a bad host, port or parameter.
    """
    if _BAD_IN_URI.search(text):
        raise SipSyntaxError("a URI contains blanks or brackets")
    scheme, colon, rest = text.partition(":")
    if not colon or not rest or not _SCHEME.match(scheme):
        raise SipSyntaxError("a URI has no scheme")
    scheme = scheme.lower()
    if scheme not in ("sip", "sips"):
        return OtherUri(scheme, rest)
    user, at, after = _split_user(rest)
    if at and not user:
        raise SipSyntaxError("the user part of a URI is empty")
    if user and not _USER_SAFE.union(":").issuperset(char for char in user if char.isascii()):
        raise SipSyntaxError("the user part of a URI has characters that must be escaped")
    address, _, headers = after.partition("?")
    pieces = address.split(";")
    host, port = parse_host_port(pieces[0], "a URI")
    params = []
    for piece in pieces[1:]:
        name, equals, value = piece.partition("=")
        if not name:
            raise SipSyntaxError("a parameter of a URI has no name")
        params.append((percent_decode(name).lower(), value if equals else None))
    return SipUri(scheme, user, host, port, tuple(params), headers)


def _split_user(rest: str) -> tuple[str, str, str]:
    """Split at the last `@` that is not inside parameters' or headers' values: the user part may hold `;` and `?`."""
    user, at, after = rest.rpartition("@")
    return user, at, after
