"""Keys for SRTP in session descriptions: `a=crypto` read, chosen, made. Source: RFC 4568.

An offer carries one line a suite with a key of the offerer; the answer repeats tag and suite of the line it chose, with
a key of its own:

    keys_offered = offer_crypto(random_bytes)              -> lines for our offer, to be kept
    accept_crypto(keys_offered, answer's lines)            -> SrtpKeys
    answer_crypto(offer's lines, random_bytes)             -> our line and SrtpKeys

Whether keys may stand in the description at all is `sdes_allowed`: whoever reads the signalling reads them.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from telephony.rtp.srtp import SRTP_PROFILES, SrtpKeys

RandomBytes = Callable[[int], bytes]
"""Gives that many unpredictable bytes."""

SECURE_PROTOCOLS = ("RTP/SAVP", "RTP/SAVPF")
"""Protocols of an m-line that must have keys. Source: RFC 4568 section 5."""

_LEAST_LIFETIME_PACKETS = 1 << 20
"""A key that wears out sooner is not taken: 2**20 packets are 5.8 hours of 20 ms, and we do not change keys within a
call."""

_HARMLESS_PARAMETER = re.compile(r"WSH=\d+|KDR=0|-.*", re.IGNORECASE)
"""Session parameters that change nothing for us; a line with any other one is not taken. Source: RFC 4568 section 6.3,
its 6.3.7 for those that begin with a hyphen."""


@dataclass(frozen=True, slots=True)
class CryptoLine:
    """One usable `a=crypto` line."""

    tag: int
    profile: str
    """A name of `telephony.rtp.srtp.SRTP_PROFILES`."""
    secret: bytes = field(repr=False)
    """Master key and salt of who wrote the line."""

    def __str__(self) -> str:
        """Return the value of the attribute, without `a=crypto:`."""
        return f"{self.tag} {self.profile} inline:{base64.b64encode(self.secret).decode()}"


def sdes_allowed(*, over_tls: bool, peer_host: str, trusted_trunk: bool = False) -> bool:
    """True when keys may stand in the signalling: it is encrypted, does not leave the machine, or the operator says so.

    Args:
        over_tls: The signalling hop is TLS.
        peer_host: IP address literal of the signalling peer.
        trusted_trunk: The trunk's configuration allows keys in the clear.
    """
    if over_tls or trusted_trunk:
        return True
    try:
        return ipaddress.ip_address(peer_host).is_loopback
    except ValueError:
        return False


def parse_crypto(value: str) -> CryptoLine | None:
    """Read the value of one attribute; None when it is malformed or asks for something that we do not do.

    Not done: other suites, several keys and key identifiers (MKI), derivation rates, unencrypted or unauthenticated
    streams.
    """
    words = value.split()
    if len(words) < 3 or not re.fullmatch(r"\d{1,9}", words[0], re.ASCII):
        return None
    profile = SRTP_PROFILES.get(words[1].upper())
    if profile is None or not all(_HARMLESS_PARAMETER.fullmatch(word) for word in words[3:]):
        return None
    method, _, key_info = words[2].partition(":")
    text, *further = key_info.split("|")
    if method.lower() != "inline" or len(further) > 1 or not all(_lives_long(part) for part in further):
        return None
    try:
        secret = base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return CryptoLine(int(words[0]), profile.name, secret) if len(secret) == profile.secret_bytes else None


def offer_crypto(random_bytes: RandomBytes, profiles: Sequence[str] = tuple(SRTP_PROFILES)) -> tuple[CryptoLine, ...]:
    """Return the lines of an offer, most wanted first, each with a key of its own."""
    return tuple(
        CryptoLine(number, name, random_bytes(SRTP_PROFILES[name].secret_bytes))
        for number, name in enumerate(profiles, start=1)
    )


def answer_crypto(
    offered: Sequence[str],
    random_bytes: RandomBytes,
    profiles: Sequence[str] = tuple(SRTP_PROFILES),
    *,
    previous: SrtpKeys | None = None,
) -> tuple[CryptoLine, SrtpKeys] | None:
    """Return our line and the keys for the first offered line that we can do; None when there is none.

    Args:
        offered: Values of the offer's `crypto` attributes, in order; the offerer's order is its preference.
        random_bytes: Makes our key.
        profiles: Suites that we take.
        previous: Keys in use. When the peer offers its key again, ours stays too, so that nothing starts afresh.
    """
    for value in offered:
        theirs = parse_crypto(value)
        if theirs is None or theirs.profile not in profiles:
            continue
        same = previous is not None and (previous.profile, previous.peer) == (theirs.profile, theirs.secret)
        own = previous.own if previous is not None and same else random_bytes(len(theirs.secret))
        keys = SrtpKeys(profile=theirs.profile, own=own, peer=theirs.secret)
        return CryptoLine(theirs.tag, theirs.profile, own), keys
    return None


def accept_crypto(offered: Sequence[CryptoLine], answered: Sequence[str]) -> SrtpKeys | None:
    """Return the keys that an answer settled; None when it has not exactly one line that was offered."""
    if len(answered) != 1:
        return None
    theirs = parse_crypto(answered[0])
    for ours in offered:
        if theirs is not None and (ours.tag, ours.profile) == (theirs.tag, theirs.profile):
            return SrtpKeys(profile=ours.profile, own=ours.secret, peer=theirs.secret)
    return None


def _lives_long(lifetime: str) -> bool:
    """True for `2^20` or `1048576` and more; false for less and for a key identifier (`1:4`)."""
    match = re.fullmatch(r"(2\^)?(\d{1,15})", lifetime, re.ASCII)
    if match is None:
        return False
    if match[1]:
        return int(match[2]) >= _LEAST_LIFETIME_PACKETS.bit_length() - 1
    return int(match[2]) >= _LEAST_LIFETIME_PACKETS
