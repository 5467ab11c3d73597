"""DTLS-SRTP in session descriptions: `a=fingerprint`, `a=setup`, `a=tls-id`, `a=rtcp-mux` read, answered, offered.

    offer_dtls(fingerprint, random_bytes, agreed)           -> our lines
    accept_dtls(our lines, answer's lines)                  -> DtlsTerms
    answer_dtls(offer's lines, fingerprint, random_bytes)   -> our lines and DtlsTerms

Who answers `actpass` is active: its ClientHello then comes right behind the answer (RFC 5763 section 5). To a phone
behind a translator (NAT) no ClientHello of ours would come, so that it is let begin. Within a call the roles stay as
they are while the peer is the same (RFC 8842 section 5.3), and our later offers name ours instead of `actpass`, for
phones would choose anew.

Where a fingerprint may stand is decided as for keys (`crypto_attribute.sdes_allowed`). Who only reads the signalling
learns nothing of it; but who can change it puts a fingerprint of his own there and sits in the middle, unseen (RFC 5763
section 8), and a call that says it is encrypted must not be one that somebody on the way can open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from telephony.rtp.dtls_terms import HASHES, DtlsRole, DtlsTerms, Fingerprint, Keying
from telephony.sdp.crypto_attribute import RandomBytes
from telephony.sdp.session_description import MediaDescription, SessionDescription

DTLS_PROTOCOLS = ("UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF")
"""Protocols of an m-line that is secured by DTLS. Source: RFC 5764 section 8. Older peers write RTP/SAVP with a
fingerprint instead, which is taken too."""

_DIGEST_BYTES = {"sha-1": 20, "sha-224": 28, "sha-256": 32, "sha-384": 48, "sha-512": 64}
_SETUPS = ("actpass", "active", "passive")
"""`holdconn` would mean no connection at all (RFC 4145 section 4), and no sound."""
_ID = re.compile(r"[A-Za-z0-9+/_-]{20,255}", re.ASCII)
"""Source: RFC 8842 section 4."""
_ID_BYTES = 15
"""120 bits, as RFC 8842 section 4 asks for."""

_ANSWERS: dict[str, DtlsRole] = {"actpass": "active", "active": "passive", "passive": "active"}
"""Our role by the offer's."""
_ANSWERED: dict[tuple[str, str], DtlsRole] = {
    ("actpass", "active"): "passive",
    ("actpass", "passive"): "active",
    ("active", "passive"): "active",
    ("active", "actpass"): "active",
    ("passive", "active"): "passive",
    ("passive", "actpass"): "passive",
}
"""Our role by our offer and the answer. Source: RFC 4145 section 4.1; `actpass` is no answer there, but phones repeat
their own offer so within a call, and it leaves our role as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DtlsLines:
    """What one side says in its description."""

    fingerprints: tuple[Fingerprint, ...]
    """Of the strongest hash that was used; at least one."""
    setup: str
    """`actpass`, `active` or `passive`; empty when it was not said."""
    tls_id: str = ""
    rtcp_mux: bool = False

    def attributes(self) -> tuple[tuple[str, str | None], ...]:
        """Return the attributes of the m-line."""
        lines: list[tuple[str, str | None]] = [("fingerprint", str(item)) for item in self.fingerprints]
        lines.append(("setup", self.setup))
        if self.tls_id:
            lines.append(("tls-id", self.tls_id))
        if self.rtcp_mux:
            lines.append(("rtcp-mux", None))
        return tuple(lines)


def read_dtls(whole: SessionDescription, medium: MediaDescription) -> DtlsLines | None:
    """Read what a description says of one stream; None when DTLS cannot be done by it.

    Fingerprint and setup may stand above all streams (RFC 8122 section 5, RFC 4145 section 4). Of several fingerprints
    those of the strongest hash that we know count (RFC 8122 section 5.1).
    """
    found = [parse_fingerprint(value) for value in _all_of(whole, medium, "fingerprint")]
    known = [item for item in found if item is not None]
    setup = next(iter(_all_of(whole, medium, "setup")), "").strip().lower()
    if not known or (setup and setup not in _SETUPS):
        return None
    strongest = min((item.algorithm for item in known), key=HASHES.index)
    tls_id = (medium.attribute("tls-id") or "").strip()
    return DtlsLines(
        fingerprints=tuple(sorted({item for item in known if item.algorithm == strongest}, key=str)),
        setup=setup,
        tls_id=tls_id if _ID.fullmatch(tls_id) else "",
        rtcp_mux=medium.attribute("rtcp-mux") is not None,
    )


def parse_fingerprint(value: str) -> Fingerprint | None:
    """Read the value of one attribute; None when it is malformed or of a hash that we do not use."""
    algorithm, _, text = value.strip().partition(" ")
    algorithm, text = algorithm.lower(), text.strip()
    size = _DIGEST_BYTES.get(algorithm)
    if size is None or not re.fullmatch(rf"[0-9A-Fa-f]{{2}}(?::[0-9A-Fa-f]{{2}}){{{size - 1}}}", text, re.ASCII):
        return None
    return Fingerprint(algorithm, bytes.fromhex(text.replace(":", "")))


def offer_dtls(own: Fingerprint, random_bytes: RandomBytes, agreed: Keying | None = None) -> DtlsLines:
    """Return the lines of an offer.

    Args:
        own: Of our certificate.
        random_bytes: Makes the name of a new association.
        agreed: What holds. The offer keeps it: the same role, the same name.
    """
    if isinstance(agreed, DtlsTerms):
        return DtlsLines(fingerprints=(own,), setup=agreed.role, tls_id=agreed.own_id, rtcp_mux=agreed.rtcp_mux)
    return DtlsLines(fingerprints=(own,), setup="actpass", tls_id=random_bytes(_ID_BYTES).hex(), rtcp_mux=True)


def accept_dtls(offered: DtlsLines, answered: DtlsLines) -> DtlsTerms | None:
    """Return the terms that an answer settled; None when its role does not fit to our offer's.

    An answer without a role is passive (RFC 4145 section 4).
    """
    other = "active" if offered.setup == "passive" else "passive"
    role = _ANSWERED.get((offered.setup, answered.setup or other))
    if role is None:
        return None
    return DtlsTerms(
        role=role,
        fingerprints=answered.fingerprints,
        own_id=offered.tls_id,
        peer_id=answered.tls_id,
        rtcp_mux=offered.rtcp_mux and answered.rtcp_mux,
    )


def answer_dtls(
    offered: DtlsLines,
    own: Fingerprint,
    random_bytes: RandomBytes,
    previous: Keying | None = None,
    *,
    peer_is_hidden: bool = False,
) -> tuple[DtlsLines, DtlsTerms]:
    """Return our lines and the terms for an offer.

    Args:
        offered: The peer's lines; without a role it is active (RFC 4145 section 4).
        own: Of our certificate.
        random_bytes: Makes the name of a new association.
        previous: What holds. A peer that shows the same certificate and the same name goes on with it.
        peer_is_hidden: The address of its media cannot be reached from here.
    """
    setup = offered.setup or "active"
    role = "passive" if peer_is_hidden and setup == "actpass" else _ANSWERS[setup]
    own_id = ""
    if isinstance(previous, DtlsTerms) and _is_same(previous, offered):
        role = previous.role if setup == "actpass" else role
        own_id = previous.own_id if role == previous.role else ""
    own_id = own_id or (random_bytes(_ID_BYTES).hex() if offered.tls_id else "")
    terms = DtlsTerms(
        role=role,
        fingerprints=offered.fingerprints,
        own_id=own_id,
        peer_id=offered.tls_id,
        rtcp_mux=offered.rtcp_mux,
    )
    lines = DtlsLines(fingerprints=(own,), setup=role, tls_id=own_id, rtcp_mux=offered.rtcp_mux)
    return (lines if offered.tls_id else replace(lines, tls_id="")), terms


def _is_same(previous: DtlsTerms, offered: DtlsLines) -> bool:
    return (previous.fingerprints, previous.peer_id) == (offered.fingerprints, offered.tls_id)


def _all_of(whole: SessionDescription, medium: MediaDescription, name: str) -> tuple[str, ...]:
    """Return an attribute's values of the stream, else those that stand above all streams."""
    own = medium.all_of(name)
    return own or tuple(value or "" for key, value in whole.attributes if key == name)
