"""Why a connection could not be opened, in sentences that say what to do."""

from __future__ import annotations

import ssl

from calls.errors import CallCentreError
from telephony.sip.message import Flow

_NAME_MISMATCH = frozenset({62, 64})
"""`X509_V_ERR_HOSTNAME_MISMATCH`, `X509_V_ERR_IP_ADDRESS_MISMATCH`. Source: openssl/x509_vfy.h, the others too."""
_NOT_YET_VALID, _EXPIRED = 9, 10
_UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})


def explain_connect(error: Exception, flow: Flow, waited_ms: int) -> CallCentreError:
    """Return the error of a connection to `flow` that did not come about."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _untrusted(error, flow)
    where = f"{flow.transport.upper()} at {flow}"
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "no reason given").replace("_", " ").lower()
        sentence = f"The server at {flow} does not agree on TLS ({reason}). Check that its port is the one for TLS."
    elif isinstance(error, TimeoutError):
        sentence = (
            f"Nothing came back from {flow} over {flow.transport.upper()} within {waited_ms // 1000} s. "
            "Check the address, and that no firewall on the way drops it."
        )
    elif isinstance(error, ConnectionError):
        sentence = f"Nothing takes SIP calls over {where}. Check address and port, and that the program there runs."
    else:
        why = getattr(error, "strerror", None) or "no way there"
        sentence = f"There is no connection over {where} ({why}). Check the address and this computer's network."
    return CallCentreError("call.unreachable", sentence, fault="peer", retryable=True)


def _untrusted(error: ssl.SSLCertVerificationError, flow: Flow) -> CallCentreError:
    name = flow.server_name or flow.host
    code = error.verify_code
    if code in _NAME_MISMATCH:
        why = f"its certificate is not for {name}. Call it by a name that its certificate has"
    elif code in _UNKNOWN_ISSUER:
        why = "nobody that we trust signed its certificate. Set [telephony.sip] tls_ca to the issuer's certificate"
    elif code == _EXPIRED:
        why = "its certificate has expired. It must be renewed there"
    elif code == _NOT_YET_VALID:
        why = "its certificate is not valid yet. Check the clocks on both sides"
    else:
        why = f"its certificate cannot be verified ({error.verify_message})"
    return CallCentreError(
        "call.not_trusted", f"The server at {flow} was not called over TLS: {why}.", fault="peer", retryable=False
    )
