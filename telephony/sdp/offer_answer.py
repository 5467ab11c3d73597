"""Offers and answers for one audio stream (RFC 3264): what we say, and what both sides then do."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from typing import Literal

from telephony.sdp.codecs import CODECS, EVENT_RANGE, OFFERED_EVENT_PAYLOAD, STATIC_PAYLOADS, TELEPHONE_EVENT
from telephony.sdp.session_description import MediaDescription, SessionDescription

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

_PTIME_MS = 20
"""What we send and ask for. Source: RFC 3551 section 4.5."""
_MIRRORED: dict[str, Direction] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}
"""The other side's direction seen from here. Source: RFC 3264 section 6.1."""
_PROTOCOLS = ("RTP/AVP", "RTP/AVPF")


class NotAcceptableError(ValueError):
    """No medium of the other side can be used: 488 with this warning (RFC 3261 section 20.43)."""

    def __init__(self, warning_code: int, text: str) -> None:
        """Keep the code, 300 to 399, and its text."""
        super().__init__(text)
        self.warning_code = warning_code


@dataclass(frozen=True, slots=True)
class LocalMedia:
    """Our side of the stream: where we listen and what we can do."""

    host: str
    """IP address literal that the peer shall send to."""
    port: int
    codecs: tuple[str, ...]
    """Names from `CODECS`, most wanted first."""
    session_id: str
    """Digits; the same for the whole call."""


@dataclass(frozen=True, slots=True)
class MediaAgreement:
    """What an offer and its answer settled, seen from us."""

    remote_host: str | None
    """None while the peer does not want any sound (address 0.0.0.0 or port 0)."""
    remote_port: int
    codec: str
    payload_type: int
    dtmf_payload_type: int | None
    direction: Direction


@dataclass(frozen=True, slots=True)
class _Usable:
    """An m-line of the other side that we can use, and with what."""

    index: int
    codec: str
    payload_type: int
    event_payload_type: int | None


def check_offer(offer: SessionDescription, codecs: tuple[str, ...], ip_version: int) -> None:
    """See whether an offer can be answered, before anything is opened for it.

    Raises:
        NotAcceptableError: When no audio stream has an address, a protocol and a codec that we can use.
    """
    _choose(offer, codecs, ip_version)


def answer_offer(
    offer: SessionDescription, local: LocalMedia, *, allow_removed: bool = False
) -> tuple[SessionDescription, MediaAgreement]:
    """Answer: the first usable audio stream with its first codec that we can do, every other stream refused.

    Args:
        offer: What the peer offers.
        local: Our side.
        allow_removed: True within a call, where an offer without a living audio stream puts it to rest.

    Raises:
        NotAcceptableError: When nothing can be used.
    """
    try:
        usable = _choose(offer, local.codecs, ipaddress.ip_address(local.host).version)
    except NotAcceptableError:
        if not allow_removed or any(medium.port for medium in offer.media):
            raise
        media = tuple(_refused(medium) for medium in offer.media)
        removed = MediaAgreement(None, 0, local.codecs[0], CODECS[local.codecs[0]].payload_type, None, "inactive")
        return _description(local, media), removed
    theirs = offer.media[usable.index]
    held = _is_nowhere(theirs.connection)
    direction = _MIRRORED[theirs.direction(offer.direction)]
    if held:
        direction = "recvonly" if direction in ("sendrecv", "recvonly") else "inactive"
    ours = _own_medium(
        local, (usable.codec,), direction, {usable.codec: usable.payload_type}, usable.event_payload_type
    )
    ours = replace(ours, protocol=theirs.protocol)
    media = tuple(ours if index == usable.index else _refused(medium) for index, medium in enumerate(offer.media))
    return _description(local, media), _agreement(theirs, usable, direction)


def make_offer(local: LocalMedia, direction: Direction = "sendrecv") -> SessionDescription:
    """Offer every codec of ours with telephone-event."""
    payload_types = {name: CODECS[name].payload_type for name in local.codecs}
    return _description(local, (_own_medium(local, local.codecs, direction, payload_types, OFFERED_EVENT_PAYLOAD),))


def accept_answer(answer: SessionDescription, local: LocalMedia, direction: Direction = "sendrecv") -> MediaAgreement:
    """Read the answer to an offer of ours that was made with `direction`.

    Raises:
        NotAcceptableError: When the answer refuses the stream or chose nothing of what was offered.
    """
    usable = _choose(answer, local.codecs, ipaddress.ip_address(local.host).version)
    if usable.index != 0:
        raise NotAcceptableError(304, "Media type not available")
    theirs = answer.media[0]
    allowed = _MIRRORED[theirs.direction(answer.direction)]
    sends = "send" in direction and "send" in allowed and not _is_nowhere(theirs.connection)
    hears = "recv" in direction and "recv" in allowed
    agreed: Direction = "inactive"
    if sends or hears:
        agreed = "sendrecv" if sends and hears else "sendonly" if sends else "recvonly"
    return _agreement(theirs, usable, agreed)


def with_version(description: SessionDescription, previous: SessionDescription | None) -> SessionDescription:
    """Number a description of ours: as the previous one when nothing changed, one higher when something did."""
    if previous is None:
        return replace(description, version="1")
    same = replace(description, version=previous.version)
    return same if same == previous else replace(description, version=str(int(previous.version) + 1))


def _choose(theirs: SessionDescription, codecs: tuple[str, ...], ip_version: int) -> _Usable:
    problem = NotAcceptableError(304, "Media type not available")
    for index, medium in enumerate(theirs.media):
        if medium.kind != "audio" or medium.port == 0:
            continue
        if medium.protocol not in _PROTOCOLS:
            problem = NotAcceptableError(302, "Incompatible transport protocol")
            continue
        if not _is_reachable(medium.connection, ip_version):
            problem = NotAcceptableError(301, "Incompatible network address formats")
            continue
        codec = _first_codec(medium, codecs)
        if codec is None:
            problem = NotAcceptableError(305, "Incompatible media format")
            continue
        name, payload_type = codec
        return _Usable(index, name, payload_type, _event_payload(medium, CODECS[name].clock_rate_hz))
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


def _first_codec(medium: MediaDescription, codecs: tuple[str, ...]) -> tuple[str, int] | None:
    for payload_type, encoding, clock_rate_hz in _payloads(medium):
        if encoding in codecs and CODECS[encoding].clock_rate_hz == clock_rate_hz:
            return encoding, payload_type
    return None


def _event_payload(medium: MediaDescription, clock_rate_hz: int) -> int | None:
    for payload_type, encoding, rate_hz in _payloads(medium):
        if encoding == TELEPHONE_EVENT and rate_hz == clock_rate_hz:
            return payload_type
    return None


def _is_nowhere(connection: str | None) -> bool:
    """True for the address of an old-style hold (RFC 3264 section 8.4)."""
    return connection in ("0.0.0.0", "::")  # noqa: S104 - a word of the protocol, nothing is bound


def _is_reachable(connection: str | None, ip_version: int) -> bool:
    try:
        address = ipaddress.ip_address(connection or "")
    except ValueError:
        return False
    return address.version == ip_version and not address.is_multicast


def _own_medium(
    local: LocalMedia,
    names: tuple[str, ...],
    direction: Direction,
    payload_types: dict[str, int],
    event_payload_type: int | None,
) -> MediaDescription:
    formats: list[str] = []
    attributes: list[tuple[str, str | None]] = []
    for name in names:
        codec, payload_type = CODECS[name], payload_types[name]
        formats.append(str(payload_type))
        channels = f"/{codec.channels}" if codec.channels > 1 else ""
        spelling = "opus" if name == "OPUS" else name
        attributes.append(("rtpmap", f"{payload_type} {spelling}/{codec.clock_rate_hz}{channels}"))
        if codec.fmtp:
            attributes.append(("fmtp", f"{payload_type} {codec.fmtp}"))
    if event_payload_type is not None:
        formats.append(str(event_payload_type))
        attributes.append(("rtpmap", f"{event_payload_type} telephone-event/{CODECS[names[0]].clock_rate_hz}"))
        attributes.append(("fmtp", f"{event_payload_type} {EVENT_RANGE}"))
    attributes += [("ptime", str(_PTIME_MS)), (direction, None)]
    return MediaDescription("audio", local.port, "RTP/AVP", tuple(formats), local.host, tuple(attributes))


def _refused(medium: MediaDescription) -> MediaDescription:
    """The same stream with port 0 (RFC 3264 section 6)."""
    return MediaDescription(medium.kind, 0, medium.protocol, medium.formats, None)


def _description(local: LocalMedia, media: tuple[MediaDescription, ...]) -> SessionDescription:
    return SessionDescription(
        origin_host=local.host, session_id=local.session_id, version="1", media=media, connection=local.host
    )


def _agreement(theirs: MediaDescription, usable: _Usable, direction: Direction) -> MediaAgreement:
    host = None if _is_nowhere(theirs.connection) else theirs.connection
    return MediaAgreement(
        remote_host=host,
        remote_port=theirs.port,
        codec=usable.codec,
        payload_type=usable.payload_type,
        dtmf_payload_type=usable.event_payload_type,
        direction=direction,
    )
