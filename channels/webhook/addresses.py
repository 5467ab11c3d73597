"""Which addresses webhooks may go to: https where it is public, http on this machine, others where allowed. Pure.

A name is judged by what it resolves to at the moment of the request, and the connection goes to that very address: a
name that was public at the start and turns to the inside later is caught.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

_METADATA = frozenset({"169.254.169.254", "fd00:ec2::254", "100.100.100.200"})
"""Where clouds tell machines their secrets; never called. Source: documentation of AWS, Azure, GCP, Alibaba."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookUrl:
    """An address that a webhook is posted to."""

    scheme: str
    host: str
    port: int
    path: str


def parse_url(text: str) -> WebhookUrl:
    """Return the parts of an address.

    Raises:
        ValueError: it is none, or one that nothing is posted to; the sentence says why.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{text!r} is no address: {error}") from error
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError('must be an address such as "https://adapter.example.com/messages"')
    if parts.username or parts.password:
        raise ValueError("must hold no user and password; the signature proves who we are")
    if parts.fragment or any(char.isspace() or not char.isprintable() for char in text):
        raise ValueError("must hold no # and no spaces")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return WebhookUrl(
        scheme=parts.scheme, host=parts.hostname, port=port or {"https": 443, "http": 80}[parts.scheme], path=path
    )


def why_denied(url: WebhookUrl, address: str, *, allow_private: bool) -> str:
    """Return why nothing is posted to an IP address that the host resolved to; empty when it may be.

    Args:
        url: The configured address.
        address: What the host resolved to.
        allow_private: The operator allows addresses within the own network, and http to them.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "no_address"
    plain = getattr(found, "ipv4_mapped", None) or found
    if str(plain) in _METADATA or plain.is_multicast or plain.is_unspecified or plain.is_link_local:
        return "denied_address"
    if plain.is_loopback:
        return ""
    if not plain.is_global:
        return "" if allow_private else "private_address"
    return "" if url.scheme == "https" else "not_encrypted"
