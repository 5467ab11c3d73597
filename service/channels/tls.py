"""TLS to mail servers and adapters: certificates are always held against issuers, and a failure says what to do."""

from __future__ import annotations

import ssl

from calls.errors import CallCentreError


def tls_context(ca_file: str) -> ssl.SSLContext:
    """Return a context that verifies by the issuers of a PEM file, by those of the system without one.

    Raises:
        CallCentreError: `channels.bad_ca` when the file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise CallCentreError(
            "channels.bad_ca",
            f"The issuers in ca_file = {ca_file!r} cannot be read. It must be a PEM file of certificates.",
            fault="operator",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def explained(error: BaseException, server: str) -> CallCentreError:
    """Return what a failure at a mail server means to whoever runs the service; names and passwords do not appear."""
    if isinstance(error, CallCentreError):
        return error
    if isinstance(error, ssl.SSLCertVerificationError):
        return CallCentreError(
            "mail.bad_certificate",
            f"The certificate of the mail server {server} does not hold: {error.verify_message}. Call it by a name of "
            "its certificate, or name its issuer in ca_file.",
            fault="operator",
            retryable=True,
        )
    if isinstance(error, ssl.SSLError):
        return CallCentreError(
            "mail.no_tls",
            f"The mail server {server} does not speak TLS ({error.reason or 'handshake failed'}). Look at its port "
            'and security: "tls", "starttls" or "none".',
            fault="operator",
            retryable=True,
        )
    if isinstance(error, TimeoutError):
        why = "it does not answer in time"
    elif isinstance(error, OSError):
        why = (error.strerror or type(error).__name__).lower()
    else:
        why = type(error).__name__
    return CallCentreError(
        "mail.unreachable",
        f"The mail server {server} cannot be used: {why}. What waits is tried again.",
        fault="peer",
        retryable=True,
    )
