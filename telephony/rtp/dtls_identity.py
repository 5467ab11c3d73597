"""Our side of every DTLS handshake: one certificate for the life of the process, and OpenSSL set up with it.

The certificate names nobody and is signed by itself; a peer knows it by the fingerprint in our session description
(RFC 5763 section 3). Making one takes a few milliseconds, so it is made once, before calls come.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL, crypto

from telephony.rtp.dtls_terms import Fingerprint, fingerprint_of

_DTLS_1_2 = 0xFEFD
"""Source: RFC 6347 section 4.1. Older ones are not spoken (RFC 8996), newer ones not yet: OpenSSL's is young."""
_VALID_BEFORE, _VALID_FOR = timedelta(days=1), timedelta(days=3650)
"""Longer than a process lives and clocks differ; what counts is the fingerprint."""
_CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA"
"""Forward secrecy always; RSA for peers with such certificates; the last two for older phones. Source: RFC 8827 section
6.5 for what everybody can do."""
_SRTP_PROFILES = b"SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"
"""The strongest first, as with keys in the signalling. Source: RFC 5764 section 4.1.2, RFC 7714 section 14.2."""

MTU_BYTES = 1200
"""The longest datagram of a handshake: it passes wherever media does. Source: RFC 8831 section 5."""

Verdict = Callable[[bytes], bool]
"""Says whether a peer's certificate (DER) is the right one."""


class DtlsIdentity:
    """A certificate with its key, and the context that all handshakes of this process share."""

    def __init__(self, now_utc: datetime) -> None:
        """Make a certificate that is valid now.

        Args:
            now_utc: The time.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "DTLS-SRTP")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now_utc - _VALID_BEFORE)
            .not_valid_after(now_utc + _VALID_FOR)
            .sign(key, hashes.SHA256())
        )
        self.fingerprint: Fingerprint = fingerprint_of(certificate.public_bytes(Encoding.DER))
        """What peers know us by."""
        self._context = SSL.Context(SSL.DTLS_METHOD)
        self._context.set_min_proto_version(_DTLS_1_2)
        self._context.set_max_proto_version(_DTLS_1_2)
        self._context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_QUERY_MTU)
        self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        self._context.set_cipher_list(_CIPHERS)
        self._context.set_tlsext_use_srtp(_SRTP_PROFILES)
        self._context.use_certificate(certificate)
        self._context.use_privatekey(key)
        self._context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _is_expected)

    def connection(self, verdict: Verdict, *, is_client: bool) -> SSL.Connection:
        """Return a new end of a handshake, between memory and memory.

        Args:
            verdict: Asked for the peer's own certificate; False ends the handshake with an alert.
            is_client: True for the side that begins.
        """
        made = SSL.Connection(self._context, None)
        made.set_ciphertext_mtu(MTU_BYTES)
        made.set_app_data(verdict)
        if is_client:
            made.set_connect_state()
        else:
            made.set_accept_state()
        return made


def _is_expected(connection: SSL.Connection, certificate: crypto.X509, error: int, depth: int, ok: int) -> bool:
    """Ask the verdict about the peer's own certificate; who signed it, and until when it holds, counts nothing."""
    del error, ok
    if depth:
        return True
    verdict: Verdict = connection.get_app_data()
    return verdict(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate))
