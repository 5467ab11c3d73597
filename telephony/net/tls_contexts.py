"""TLS contexts: one for peers that connect to us, one for connections that we open, both with verification only."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from calls.errors import CallCentreError


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """Files and demands of TLS."""

    certificate: str = ""
    """PEM file with our certificate and those between it and the issuer that peers know."""
    key: str = ""
    """PEM file with its private key; empty: it stands in the certificate's file."""
    ca: str = ""
    """PEM file of issuers that peers' certificates are held against; empty: those of the system."""
    verify_clients: bool = False
    """True: who connects must show a certificate of such an issuer."""


def server_context(tls: TlsSettings) -> ssl.SSLContext:
    """Return the context of our listener.

    Raises:
        CallCentreError: `config.bad_tls`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_own(context, tls)
    if tls.verify_clients:
        _load_issuers(context, tls, ssl.Purpose.CLIENT_AUTH)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(tls: TlsSettings) -> ssl.SSLContext:
    """Return the context of connections that we open: chain and name of the peer are verified, always.

    Our own certificate, when there is one, is shown to peers that ask for it.

    Raises:
        CallCentreError: `config.bad_tls`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_issuers(context, tls, ssl.Purpose.SERVER_AUTH)
    if tls.certificate:
        load_own(context, tls)
    return context


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What an operator wants to know of a certificate."""

    names: tuple[str, ...]
    """Names and addresses that it is for."""
    expires_utc: datetime


def certificate_facts(certificate: str) -> CertificateFacts:
    """Read the first certificate of a PEM file.

    Raises:
        CallCentreError: `config.bad_tls` when there is none.
    """
    try:
        found = x509.load_pem_x509_certificate(Path(certificate).read_bytes())
    except (OSError, ValueError) as error:
        raise _bad(f"the file {certificate} of tls_certificate holds no certificate in PEM form") from error
    try:
        alternatives = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return CertificateFacts((), found.not_valid_after_utc)
    addresses = (str(address) for address in alternatives.get_values_for_type(x509.IPAddress))
    return CertificateFacts((*alternatives.get_values_for_type(x509.DNSName), *addresses), found.not_valid_after_utc)


def load_own(context: ssl.SSLContext, tls: TlsSettings) -> None:
    """Make connections use our certificate as it lies in the files now.

    Raises:
        CallCentreError: `config.bad_tls`; a certificate that is in use stays.
    """
    for setting, name in (("tls_certificate", tls.certificate), ("tls_key", tls.key)):
        if name and not Path(name).is_file():
            raise _bad(f"the file {name} of {setting} is not there")
    if not tls.certificate:
        raise _bad("tls_listen needs tls_certificate and tls_key")
    try:
        context.load_cert_chain(tls.certificate, tls.key or None, password="")  # nobody sits there to type one
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise _bad("tls_key does not belong to tls_certificate") from error
        raise _bad(
            "tls_certificate or tls_key is no PEM file of a certificate and its key without passphrase"
        ) from error
    except OSError as error:
        raise _bad(f"tls_certificate or tls_key cannot be read ({error.strerror})") from error


def _load_issuers(context: ssl.SSLContext, tls: TlsSettings, purpose: ssl.Purpose) -> None:
    if not tls.ca:
        context.load_default_certs(purpose)
        return
    try:
        context.load_verify_locations(tls.ca)
    except ssl.SSLError as error:
        raise _bad(f"the file {tls.ca} of tls_ca holds no certificate in PEM form") from error
    except OSError as error:
        raise _bad(f"the file {tls.ca} of tls_ca cannot be read ({error.strerror})") from error


def _bad(what: str) -> CallCentreError:
    return CallCentreError("config.bad_tls", f"TLS cannot be used: {what}; correct [telephony.sip].", fault="operator")
