"""The certificate of the pages: read before anything is opened, so that a wrong one is told in a sentence."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from calls.errors import CallCentreError
from service.config import Config


def check_certificate(config: Config) -> None:
    """Read the certificate and its key, if there are any.

    Raises:
        CallCentreError: `service.bad_certificate`.
    """
    certificate, key = config.service.tls_certificate, config.service.tls_key
    if not certificate and not key:
        return
    if not certificate:
        raise _bad("[service] tls_key is given without tls_certificate. Give both, or neither.")
    for name, path in (("tls_certificate", certificate), ("tls_key", key)):
        if path and not Path(path).is_file():
            raise _bad(f"[service] {name} = {path!r} does not exist. Correct the path, or leave the setting out.")
        if path and not os.access(path, os.R_OK):
            raise _bad(f"[service] {name} = {path!r} cannot be read by this user. Mend the file's rights or its group.")
    try:
        # A key with a passphrase is refused instead of asked for: nobody sits at a service's terminal.
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key or None, password="")
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise _bad(
            f"The certificate [service] tls_certificate = {certificate!r} with tls_key = {key!r} cannot be used: "
            f"{why}. They must be PEM files of one pair, the key without a passphrase."
        ) from error


def _bad(sentence: str) -> CallCentreError:
    return CallCentreError("service.bad_certificate", sentence, fault="operator")
