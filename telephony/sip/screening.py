"""What a request must be before anybody serves it (RFC 3261 section 8.2), and whether its offer can be answered."""

from __future__ import annotations

import ipaddress

from telephony.sdp.choice import NotAcceptableError, choose
from telephony.sdp.session_description import SdpError, parse_sdp
from telephony.sip.bodies import SDP_TYPE, accepts_sdp, find_sdp
from telephony.sip.checked_request import KNOWN_METHODS, CheckedRequest
from telephony.sip.refusal import Refusal
from telephony.sip.session import warning_field
from telephony.sip.session_timer import SessionTimer
from telephony.sip.uri import SipUri
from telephony.sip.wire import ALLOW, SUPPORTED, UserAgentSettings

_SUPPORTED_BY_REGISTRAR = ("outbound",)
"""Source: RFC 5626 section 6."""


def allowed_methods(*, takes_phones: bool) -> tuple[str, ...]:
    """Return the methods that we serve."""
    return (*ALLOW, "REGISTER") if takes_phones else ALLOW


def screen(checked: CheckedRequest, *, takes_phones: bool = False, from_proxy: bool = False) -> Refusal | None:
    """Return why nobody here serves the request, None when it may go on.

    In the order of section 8.2: method, scheme of the Request-URI, required extensions, encoding of the body.

    Args:
        checked: The request.
        takes_phones: There are phones that may register.
        from_proxy: A proxy of ours sent it, so that its Path is read (RFC 3327); from others it may not be required.
    """
    allowed = allowed_methods(takes_phones=takes_phones)
    if checked.method not in allowed:
        return Refusal(405 if checked.method in KNOWN_METHODS else 501, (("Allow", ", ".join(allowed)),))
    if not isinstance(checked.uri, SipUri) and checked.uri.scheme != "tel":
        return Refusal(416)
    if checked.method != "CANCEL":
        known = SUPPORTED
        if checked.method == "REGISTER":
            known = (*_SUPPORTED_BY_REGISTRAR, "path") if from_proxy else _SUPPORTED_BY_REGISTRAR
        missing = [tag for tag in checked.required if tag.lower() not in known]
        if missing:
            return Refusal(420, (("Unsupported", ", ".join(missing)),))
    encodings = checked.headers.tokens("Content-Encoding") - {"identity"}
    if encodings and checked.body:
        return Refusal(415, (("Accept-Encoding", "identity"), ("Accept", SDP_TYPE)))
    return None


def screen_invite(
    checked: CheckedRequest, settings: UserAgentSettings, local_host: str, *, keys_allowed: bool = False
) -> Refusal | None:
    """Return why an INVITE that begins a call cannot be answered, None when it can."""
    if not accepts_sdp(checked.headers):
        return Refusal(406)
    timer = SessionTimer(settings.session_timer)
    if timer.is_too_small(checked.headers):
        return Refusal(422, (timer.min_se_field,))
    if not checked.body:
        return None
    body = find_sdp(checked.headers, checked.body)
    if body is None:
        return Refusal(415, (("Accept", SDP_TYPE),))
    try:
        choose(
            parse_sdp(body),
            settings.codecs,
            ipaddress.ip_address(local_host).version,
            keys_allowed=keys_allowed,
            dtls_allowed=settings.fingerprint is not None,
        )
    except SdpError:
        return Refusal(400, reason="Bad Session Description")
    except NotAcceptableError as error:
        return Refusal(488, (warning_field(error, local_host),))
    return None
