"""Values that several settings have: addresses, networks, names of machines, and names that must be known ones."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, SecretStr

from calls.errors import CallCentreError
from telephony.outbound import PHONE_PREFIX
from telephony.sip.grammar import SipSyntaxError, is_ip_address
from telephony.sip.uri import SipUri, parse_uri
from telephony.trunks import Network

_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")


def _srtp(value: Any) -> bool | Literal["dtls"]:
    if value is True or value is False or value == "dtls":
        return value  # type: ignore[no-any-return]
    raise ValueError('must be true, false or "dtls"')


SrtpValue = Annotated[bool | Literal["dtls"], BeforeValidator(_srtp)]
"""How calls out are encrypted: true with keys in the signalling (SDES), "dtls" by DTLS-SRTP, false not at all."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return the end of a sentence about a name that is none: the nearest one, or all of them."""
    names = sorted(valid)
    near = difflib.get_close_matches(name, names, 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names) or 'none'}"


def split_address(value: str) -> tuple[str, int]:
    """Split `host:port` or `[v6]:port`."""
    host, _, port = value.rpartition(":")
    return host.strip("[]"), int(port)


def checked_address(value: str) -> str:
    """Return `host:port` as it is written.

    Raises:
        ValueError: it is none; the sentence shows how one looks.
    """
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError('must be "host:port", for example "127.0.0.1:5060"')
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise ValueError('an IPv6 address stands in brackets, for example "[::1]:5060"')
    bare = host.strip("[]")
    if ":" in bare or re.fullmatch(r"[0-9.]+", bare):
        if not is_ip_address(bare):
            raise ValueError(f"{bare} is no IP address")
    elif not is_host_name(bare):
        raise ValueError(f"{bare!r} is no name of a machine")
    return value


def check_target(value: str) -> str:
    """Return whom to connect callers to, as it is written: a number, a `sip:` address, `phone:NAME`, "none", nothing.

    Raises:
        ValueError: it is none of them; the sentence shows how one looks.
    """
    if value in ("", "none") or re.fullmatch(rf"{PHONE_PREFIX}[A-Za-z0-9_.+-]{{1,64}}", value):
        return value
    if value.partition(":")[0].lower() in ("sip", "sips"):
        try:
            uri = parse_uri(value)
        except SipSyntaxError as error:
            raise ValueError(f"{value!r} is no address: {error}") from error
        if isinstance(uri, SipUri) and uri.host and not uri.headers:
            return value
    elif re.fullmatch(r"\+?[0-9][0-9 ().-]{2,24}", value):
        return value
    raise ValueError(
        f'{value!r} is neither a number like "+34910000000" nor like "sip:people@192.0.2.5" or "phone:alice"'
    )


def secret_of(given: SecretStr, file: str, whose: str) -> str:
    """Return a secret that stands in the configuration or in a file of its own.

    Raises:
        CallCentreError: `config.unreadable` when the file cannot be read.
    """
    if not file:
        return given.get_secret_value()
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CallCentreError(
            "config.unreadable", f"The password of {whose} cannot be read from {file}.", fault="operator"
        ) from error


def is_host_name(value: str) -> bool:
    """Tell whether this may be the name of a machine."""
    return _NAME.fullmatch(value) is not None


def network(value: str) -> Network:
    """Return an address or a network.

    Raises:
        ValueError: it is neither; the sentence shows how one looks.
    """
    try:
        return ipaddress.ip_network(value)
    except ValueError:
        raise ValueError(f'{value!r} is no address or network, for example "192.0.2.0/28" or "::/0"') from None


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone.

    Raises:
        ValueError: with a sentence.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"the time zone {name!r} is not known; use a name like Europe/Madrid") from None
