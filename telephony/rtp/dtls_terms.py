"""What offer and answer settle for DTLS-SRTP: who begins, and by which fingerprint the peer's certificate is known.

Source: RFC 5763, RFC 8122, RFC 8842.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal

from telephony.rtp.srtp import SrtpKeys

DtlsRole = Literal["active", "passive"]
"""`active` sends the ClientHello, `passive` waits for it. Source: RFC 5763 section 5, words of RFC 4145."""

SrtpWish = bool | Literal["dtls"]
"""How a call that we place is encrypted: False not at all, True with keys in the signalling (SDES), or by DTLS-SRTP."""

HASHES = ("sha-512", "sha-384", "sha-256", "sha-224", "sha-1")
"""What certificates are held against, the strongest first. MD5 and MD2 must not be used (RFC 8122 section 5); SHA-1 is
for old phones: nobody can make a second certificate for a fingerprint that is there already."""

OWN_HASH = "sha-256"
"""Of our own fingerprint. Source: RFC 8122 section 5."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The hash of a certificate."""

    algorithm: str
    """One of `HASHES`."""
    digest: bytes

    def __str__(self) -> str:
        """Return the value of the attribute, without `a=fingerprint:`."""
        return f"{self.algorithm} {self.digest.hex(':').upper()}"

    def fits(self, certificate: bytes) -> bool:
        """True when a certificate (DER) has this fingerprint."""
        return hmac.compare_digest(self.digest, fingerprint_of(certificate, self.algorithm).digest)


def fingerprint_of(certificate: bytes, algorithm: str = OWN_HASH) -> Fingerprint:
    """Return the fingerprint of a certificate (DER)."""
    return Fingerprint(algorithm, hashlib.new(algorithm.replace("-", ""), certificate).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class DtlsTerms:
    """One association as it was agreed; other terms mean another association (RFC 8842 section 3.1)."""

    role: DtlsRole
    """Ours."""
    fingerprints: tuple[Fingerprint, ...]
    """The peer's certificate has one of them."""
    own_id: str = ""
    """Our `a=tls-id`; empty when the peer does not know it."""
    peer_id: str = ""
    """The peer's; empty: a change of its address means a new association (RFC 5763 section 6.6)."""
    rtcp_mux: bool = False
    """RTCP shares the port and the keys of RTP (RFC 5761); else it has an association of its own (RFC 5764 section
    3)."""


Keying = SrtpKeys | DtlsTerms
"""Where the keys of an SRTP stream come from: out of the signalling, or out of a handshake on the media's own way."""
