"""Offers and answers for one audio stream (RFC 3264): what we say, and what both sides then do.

Every function is pure; what a call has agreed so far, and whose turn it is, is kept by `telephony.sdp.negotiation`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field, replace
from typing import Literal

from telephony.rtp.dtls_terms import Fingerprint, Keying
from telephony.rtp.srtp import SrtpKeys
from telephony.sdp.choice import NotAcceptableError, Usable, choose, dtls_of, has_key, is_nowhere
from telephony.sdp.codecs import CODECS, EVENT_RANGE, OFFERED_EVENT_PAYLOADS
from telephony.sdp.crypto_attribute import (
    SECURE_PROTOCOLS,
    CryptoLine,
    RandomBytes,
    accept_crypto,
    answer_crypto,
    offer_crypto,
)
from telephony.sdp.dtls_attribute import (
    DTLS_PROTOCOLS,
    DtlsLines,
    accept_dtls,
    answer_dtls,
    offer_dtls,
)
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
_HEARING = ("sendrecv", "recvonly")

Security = tuple[CryptoLine, ...] | DtlsLines
"""Lines of an m-line that say how it is encrypted; the empty tuple for plain RTP."""


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
    random_bytes: RandomBytes | None = None
    """Makes keys for SRTP; None: keys may not stand in this call's descriptions, so that RTP/SAVP is refused."""
    fingerprint: Fingerprint | None = None
    """Of our certificate for DTLS-SRTP; None: there is none. Where keys may not stand, it may not either."""
    peer_host: str = ""
    """Where the peer's signalling comes from; empty: not known."""


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
    crypto: Keying | None = None
    """Keys of both sides when the stream is SRTP, or how they come about."""
    ptime_ms: int = 20
    """How much sound the peer wants in a packet."""
    fmtp: str = ""
    """What the peer wishes of the codec's encoder."""
    held_by_peer: bool = False
    """The peer does not want to hear us, whatever we want."""
    dtmf_clock_rate_hz: int | None = field(default=None, compare=False)
    """Clock of telephone-event, None when there is none."""


def answer_offer(
    offer: SessionDescription,
    local: LocalMedia,
    *,
    allow_removed: bool = False,
    wanted: Direction = "sendrecv",
    previous: MediaAgreement | None = None,
) -> tuple[SessionDescription, MediaAgreement]:
    """Answer: the first usable audio stream with the codec that we want most, every other stream refused.

    Args:
        offer: What the peer offers.
        local: Our side.
        allow_removed: True within a call, where an offer without a living audio stream puts it to rest.
        wanted: What we want to do at most: a peer that we hold stays held when it offers again (RFC 6337 section 5.3).
        previous: What holds until now, whose keys stay when the peer's stay.

    Raises:
        NotAcceptableError: When nothing can be used.
    """
    try:
        usable = _choose_local(offer, local)
    except NotAcceptableError:
        if not allow_removed or any(medium.port for medium in offer.media):
            raise
        media = tuple(_refused(medium) for medium in offer.media)
        removed = MediaAgreement(
            None, 0, local.codecs[0], CODECS[local.codecs[0]].payload_type, None, "inactive", held_by_peer=True
        )
        return _description(local, media), removed
    theirs = offer.media[usable.index]
    held = is_nowhere(theirs.connection)
    direction = _MIRRORED[theirs.direction(offer.direction)]
    if held:
        direction = "recvonly" if direction in ("sendrecv", "recvonly") else "inactive"
    direction = narrowed(direction, wanted)
    security, keys = _answer_security(offer, theirs, local, previous.crypto if previous else None)
    ours = _own_medium(local, (usable.codec,), direction, {usable.codec: usable.payload_type}, usable.events)
    ours = _secured(replace(ours, protocol=theirs.protocol), security)
    media = tuple(ours if index == usable.index else _refused(medium) for index, medium in enumerate(offer.media))
    return _description(local, media), _agreement(
        theirs, usable, direction, keys, held=theirs.direction(offer.direction) not in _HEARING
    )


def make_offer(
    local: LocalMedia,
    direction: Direction = "sendrecv",
    *,
    previous: SessionDescription | None = None,
    agreed: MediaAgreement | None = None,
    security: Security = (),
) -> SessionDescription:
    """Offer every codec of ours with telephone-event.

    Args:
        local: Our side.
        direction: What we want to do.
        previous: Our latest description. Its streams keep their places: one that was refused stays refused, and none
            is ever left out (RFC 3264 section 8).
        agreed: What holds: its codec stands first, and payload types keep their meaning (section 8.3.2).
        security: Lines of ours when the stream is SRTP.
    """
    payload_types = {name: CODECS[name].payload_type for name in local.codecs}
    names = local.codecs
    events = {clock: OFFERED_EVENT_PAYLOADS[clock] for clock in _clocks(names)}
    if agreed is not None:
        names = (agreed.codec, *(name for name in local.codecs if name != agreed.codec))
        payload_types[agreed.codec] = agreed.payload_type
        if agreed.dtmf_payload_type is not None and agreed.dtmf_clock_rate_hz is not None:
            kept = {agreed.dtmf_clock_rate_hz: agreed.dtmf_payload_type}
            free = {clock: number for clock, number in events.items() if number != agreed.dtmf_payload_type}
            events = {**free, **kept}
        taken = {agreed.payload_type, *events.values()}
        names = tuple(name for name in names if name == agreed.codec or payload_types[name] not in taken)
    events = {clock: number for clock, number in events.items() if number != payload_types[names[0]]}
    ours = _own_medium(local, names, direction, payload_types, events)
    if security:
        protocol = SECURE_PROTOCOLS[0] if isinstance(security, tuple) else DTLS_PROTOCOLS[0]
        ours = _secured(replace(ours, protocol=protocol), security)
    if previous is None:
        return _description(local, (ours,))
    place = audio_place(previous)
    if isinstance(security, DtlsLines) and previous.media[place].protocol != ours.protocol:
        ours = replace(ours, protocol=previous.media[place].protocol)  # UDP/TLS/RTP/SAVPF, or RTP/SAVP of older peers
    media = tuple(ours if index == place else _refused(medium) for index, medium in enumerate(previous.media))
    return _description(local, media)


def new_keys(local: LocalMedia) -> tuple[CryptoLine, ...]:
    """Return lines for an offer with SRTP, each with a fresh key; none when keys are not allowed."""
    return offer_crypto(local.random_bytes) if local.random_bytes is not None else ()


def new_dtls(local: LocalMedia, agreed: Keying | None = None) -> DtlsLines | None:
    """Return lines for an offer with DTLS-SRTP that keeps what is agreed; None when it cannot be done here."""
    if local.random_bytes is None or local.fingerprint is None:
        return None
    return offer_dtls(local.fingerprint, local.random_bytes, agreed)


def audio_place(description: SessionDescription) -> int:
    """Return which m-line of a description of ours is the living audio stream, else the first of that kind."""
    places = [index for index, medium in enumerate(description.media) if medium.kind == "audio"]
    return next((index for index in places if description.media[index].port), places[0] if places else 0)


def accept_answer(
    answer: SessionDescription,
    local: LocalMedia,
    direction: Direction = "sendrecv",
    *,
    place: int = 0,
    security: Security = (),
) -> MediaAgreement:
    """Read the answer to an offer of ours that was made with `direction`.

    Args:
        answer: What the peer answers.
        local: Our side.
        direction: What our offer said.
        place: Which m-line of the offer the audio stream is.
        security: The lines of our offer.

    Raises:
        NotAcceptableError: When the answer refuses the stream or chose nothing of what was offered.
    """
    usable = _choose_local(answer, local, answered=True)
    if usable.index != place:
        raise NotAcceptableError(304, "Media type not available")
    theirs = answer.media[place]
    settled = _accept_security(answer, theirs, security)
    is_secure = theirs.protocol in (*SECURE_PROTOCOLS, *DTLS_PROTOCOLS)
    # No way back to plain RTP (RFC 3264 section 6).
    if is_secure != bool(security) or is_secure != (settled is not None):
        raise NotAcceptableError(302, "Incompatible transport protocol")
    agreed = narrowed(direction, _MIRRORED[theirs.direction(answer.direction)])
    if is_nowhere(theirs.connection):
        agreed = narrowed(agreed, "recvonly")
    held = "send" in direction and theirs.direction(answer.direction) not in _HEARING
    return _agreement(theirs, usable, agreed, settled, held=held)


def narrowed(one: Direction, other: Direction) -> Direction:
    """Return what both directions allow."""
    sends = "send" in one and "send" in other
    hears = one in _HEARING and other in _HEARING
    if sends and hears:
        return "sendrecv"
    return "sendonly" if sends else "recvonly" if hears else "inactive"


def with_version(description: SessionDescription, previous: SessionDescription | None) -> SessionDescription:
    """Number a description of ours: as the previous one when nothing changed, one higher when something did."""
    if previous is None:
        return replace(description, version="1")
    same = replace(description, version=previous.version)
    return same if same == previous else replace(description, version=str(int(previous.version) + 1))


def _choose_local(theirs: SessionDescription, local: LocalMedia, *, answered: bool = False) -> Usable:
    version = ipaddress.ip_address(local.host).version
    return choose(
        theirs,
        local.codecs,
        version,
        keys_allowed=local.random_bytes is not None,
        dtls_allowed=local.fingerprint is not None,
        answered=answered,
    )


def _answer_security(
    offer: SessionDescription, theirs: MediaDescription, local: LocalMedia, previous: Keying | None
) -> tuple[Security, Keying | None]:
    """Return our lines for a stream that `choose` took, and what is agreed by them; nothing for plain RTP."""
    if theirs.protocol not in (*SECURE_PROTOCOLS, *DTLS_PROTOCOLS):
        return (), None
    assert local.random_bytes is not None, "choose takes no such stream where keys may not stand"
    if has_key(theirs):
        known = previous if isinstance(previous, SrtpKeys) else None
        chosen = answer_crypto(theirs.all_of("crypto"), local.random_bytes, previous=known)
        assert chosen is not None, "choose takes only streams with a key that can be answered"
        return (chosen[0],), chosen[1]
    lines = dtls_of(offer, theirs)
    assert lines is not None, "choose takes only streams that can be secured"
    assert local.fingerprint is not None, "choose takes no DTLS where it is not done"
    hidden = _is_hidden(theirs.connection, local.peer_host)
    return answer_dtls(lines, local.fingerprint, local.random_bytes, previous, peer_is_hidden=hidden)


def _is_hidden(connection: str | None, peer_host: str) -> bool:
    """True for media at a private address whose signalling comes from another one: there is a translator between."""
    if connection is None or is_nowhere(connection) or not peer_host or connection == peer_host:
        return False
    address = ipaddress.ip_address(connection)
    return address.is_private and not address.is_loopback


def _accept_security(answer: SessionDescription, theirs: MediaDescription, offered: Security) -> Keying | None:
    """Return what an answer to our lines settled; None for plain RTP, and for what was not offered."""
    if isinstance(offered, DtlsLines):
        lines = dtls_of(answer, theirs)
        return accept_dtls(offered, lines) if lines is not None else None
    return accept_crypto(offered, theirs.all_of("crypto")) if offered else None


def _clocks(names: tuple[str, ...]) -> list[int]:
    """Return the clocks of codecs, each once, in their order."""
    return list(dict.fromkeys(CODECS[name].clock_rate_hz for name in names))


def _secured(medium: MediaDescription, security: Security) -> MediaDescription:
    if isinstance(security, DtlsLines):
        return replace(medium, attributes=(*security.attributes(), *medium.attributes))
    lines = tuple(("crypto", str(line)) for line in security)
    return replace(medium, attributes=(*lines, *medium.attributes))


def _own_medium(
    local: LocalMedia,
    names: tuple[str, ...],
    direction: Direction,
    payload_types: dict[str, int],
    events: dict[int, int],
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
    for clock_rate_hz, payload_type in events.items():
        formats.append(str(payload_type))
        attributes.append(("rtpmap", f"{payload_type} telephone-event/{clock_rate_hz}"))
        attributes.append(("fmtp", f"{payload_type} {EVENT_RANGE}"))
    attributes += [("ptime", str(_PTIME_MS)), (direction, None)]
    return MediaDescription("audio", local.port, "RTP/AVP", tuple(formats), local.host, tuple(attributes))


def _refused(medium: MediaDescription) -> MediaDescription:
    """The same stream with port 0 (RFC 3264 section 6)."""
    return MediaDescription(medium.kind, 0, medium.protocol, medium.formats, None)


def _description(local: LocalMedia, media: tuple[MediaDescription, ...]) -> SessionDescription:
    return SessionDescription(
        origin_host=local.host, session_id=local.session_id, version="1", media=media, connection=local.host
    )


def _agreement(
    theirs: MediaDescription, usable: Usable, direction: Direction, keys: Keying | None, *, held: bool
) -> MediaAgreement:
    host = None if is_nowhere(theirs.connection) else theirs.connection
    ptime = (theirs.attribute("ptime") or "").strip()
    clock_rate_hz, event = next(iter(usable.events.items()), (None, None))
    return MediaAgreement(
        remote_host=host,
        remote_port=theirs.port,
        codec=usable.codec,
        payload_type=usable.payload_type,
        dtmf_payload_type=event,
        dtmf_clock_rate_hz=clock_rate_hz,
        direction=direction,
        crypto=keys,
        fmtp=theirs.fmtp(usable.payload_type),
        held_by_peer=host is None or held,
        ptime_ms=int(ptime) if re.fullmatch(r"[1-9]\d{1,2}", ptime, re.ASCII) else _PTIME_MS,
    )
