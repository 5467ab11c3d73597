"""Which stream of the other side we can use, and with which codec and events (RFC 3264 section 6.1).

The same choice is made of an offer, where our wish decides, and of an answer, where the peer has decided.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from telephony.sdp.codecs import CODECS, EQUAL_CODECS, OFFERED_EVENT_PAYLOADS, STATIC_PAYLOADS, TELEPHONE_EVENT
from telephony.sdp.crypto_attribute import SECURE_PROTOCOLS, parse_crypto
from telephony.sdp.dtls_attribute import DTLS_PROTOCOLS, DtlsLines, read_dtls
from telephony.sdp.session_description import MediaDescription, SessionDescription

_PROTOCOLS = ("RTP/AVP", "RTP/AVPF")


class NotAcceptableError(ValueError):
    """No medium of the other side can be used: 488 with this warning (RFC 3261 section 20.43)."""

    def __init__(self, warning_code: int, text: str) -> None:
        """Keep the code, 300 to 399, and its text."""
        super().__init__(text)
        self.warning_code = warning_code


@dataclass(frozen=True, slots=True)
class Usable:
    """An m-line of the other side that we can use, and with what."""

    index: int
    codec: str
    payload_type: int
    events: dict[int, int]
    """Payload type of telephone-event by its clock: the one to use, or none."""


def choose(
    theirs: SessionDescription,
    codecs: tuple[str, ...],
    ip_version: int,
    *,
    keys_allowed: bool = False,
    dtls_allowed: bool = False,
    answered: bool = False,
) -> Usable:
    """Return the first audio stream that can be used.

    Args:
        theirs: An offer, or an answer to ours.
        codecs: Ours, most wanted first.
        ip_version: 4 or 6: what we can send to.
        keys_allowed: Streams of SRTP may be used.
        dtls_allowed: So may those whose keys come from DTLS; only with `keys_allowed`.
        answered: It is an answer: its first codec is the one that was chosen.

    Raises:
        NotAcceptableError: When there is none.
    """
    problem = NotAcceptableError(304, "Media type not available")
    for index, medium in enumerate(theirs.media):
        if medium.kind != "audio" or medium.port == 0:
            continue
        if medium.protocol not in _PROTOCOLS and not (
            keys_allowed and (has_key(medium) or (dtls_allowed and dtls_of(theirs, medium) is not None))
        ):
            problem = NotAcceptableError(302, "Incompatible transport protocol")
            continue
        if not _is_reachable(medium.connection, ip_version):
            problem = NotAcceptableError(301, "Incompatible network address formats")
            continue
        codec = _first_codec(medium, codecs, answered=answered)
        if codec is None:
            problem = NotAcceptableError(305, "Incompatible media format")
            continue
        name, payload_type = codec
        return Usable(index, name, payload_type, _event_payload(medium, CODECS[name].clock_rate_hz))
    raise problem


def _payloads(medium: MediaDescription) -> list[tuple[int, str, int]]:
    """Return (payload type, encoding, clock rate) of every format that says what it is."""
    payloads = []
    for text in medium.formats:
        if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 127):
            continue
        payload_type = int(text)
        mapping = medium.rtpmap(payload_type)
        if mapping is not None:
            payloads.append((payload_type, mapping.encoding, mapping.clock_rate_hz))
        elif payload_type in STATIC_PAYLOADS:
            payloads.append((payload_type, *STATIC_PAYLOADS[payload_type]))
    return payloads


def _first_codec(
    medium: MediaDescription, codecs: tuple[str, ...], *, answered: bool = False
) -> tuple[str, int] | None:
    """Return the codec that we want most of an offer, the first of an answer; the peer's order decides among equals."""
    found = [
        (encoding, payload_type)
        for payload_type, encoding, clock_rate_hz in _payloads(medium)
        if encoding in codecs and CODECS[encoding].clock_rate_hz == clock_rate_hz
    ]
    if not found or answered:
        return found[0] if found else None
    equals = min((codecs.index(name) for name in EQUAL_CODECS if name in codecs), default=0)
    return min(found, key=lambda codec: equals if codec[0] in EQUAL_CODECS else codecs.index(codec[0]))


def _event_payload(medium: MediaDescription, clock_rate_hz: int) -> dict[int, int]:
    """Return clock and payload type of telephone-event: at the codec's clock, else at any that we know, or nothing.

    Phones that offer Opus with events at 8000 Hz only are many, though RFC 7587 section 4.1 leaves 48000 alone.
    """
    found = [(rate_hz, number) for number, encoding, rate_hz in _payloads(medium) if encoding == TELEPHONE_EVENT]
    fitting = [event for event in found if event[0] == clock_rate_hz]
    others = [event for event in found if event[0] in OFFERED_EVENT_PAYLOADS]
    return dict((fitting or others)[:1])


def has_key(medium: MediaDescription) -> bool:
    """True for a stream of SRTP with a key that we can use."""
    return medium.protocol in SECURE_PROTOCOLS and any(map(parse_crypto, medium.all_of("crypto")))


def dtls_of(theirs: SessionDescription, medium: MediaDescription) -> DtlsLines | None:
    """Return what is said of a stream whose keys come from DTLS; None when they do not, or cannot."""
    is_dtls = medium.protocol in DTLS_PROTOCOLS or (medium.protocol in SECURE_PROTOCOLS and not has_key(medium))
    return read_dtls(theirs, medium) if is_dtls else None


def is_nowhere(connection: str | None) -> bool:
    """True for the address of an old-style hold (RFC 3264 section 8.4)."""
    return connection in ("0.0.0.0", "::")  # noqa: S104 - a word of the protocol, nothing is bound


def _is_reachable(connection: str | None, ip_version: int) -> bool:
    try:
        address = ipaddress.ip_address(connection or "")
    except ValueError:
        return False
    return address.version == ip_version and not address.is_multicast
