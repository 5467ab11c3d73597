"""Where a request really comes from when a proxy of our own passed it on.

Behind a proxy every request comes from the proxy's address: neither a stranger nor the trunk of a carrier could be told
by it. The proxy therefore writes the address that it saw into a field of its own, after it took away what the caller
wrote there. Nobody but a proxy of ours is believed: from any other peer the field is not read.

Via tells it too (`received`, RFC 3261 section 18.2.1), but a caller may write that parameter itself, and proxies add
theirs behind it.
"""

from __future__ import annotations

from telephony.sip.checked_request import CheckedRequest
from telephony.sip.grammar import SipSyntaxError, is_ip_address
from telephony.sip.message import DEFAULT_PORTS, Flow
from telephony.sip.parse_message import MalformedRequestError
from telephony.sip.uri import SipUri, parse_uri

SOURCE_FIELD = "X-Warmline-Source"
"""A `sip:` URI of the address, port and transport that the proxy saw, e.g. `sip:192.0.2.7:5060;transport=udp`.
Source: the pseudo-variable `$sut` of Kamailio."""


def read_origin(checked: CheckedRequest, proxy: Flow) -> Flow:
    """Return where a request of a proxy of ours comes from: the proxy itself when it says nothing (its pings).

    Raises:
        MalformedRequestError: With status 400 when the field is there twice or names no address: such a proxy does not
            take away what callers write.
    """
    values = checked.headers.all(SOURCE_FIELD)
    if not values:
        return proxy
    try:
        uri = parse_uri(values[0])
    except SipSyntaxError:
        uri = None
    if len(values) > 1 or not isinstance(uri, SipUri) or not is_ip_address(uri.host):
        raise MalformedRequestError(400, f"Bad Request: {SOURCE_FIELD}", checked.request)
    transport = uri.transport or "udp"
    return Flow(uri.host, uri.port or DEFAULT_PORTS[transport], transport)
