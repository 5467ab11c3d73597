"""Where keys of SRTP may stand in a session description: TLS, loopback, and lines that the operator calls private."""

from __future__ import annotations

import base64

import pytest

from telephony.sip.message import Flow, SipRequest
from telephony.sip.signals import CallArrived, PlaceCall
from telephony.sip.uri import SipUri
from tests.telephony.sip.ua_bench import OFFER, PEER, Bench, request

KEY = base64.b64encode(bytes(30)).decode()
SECURE = OFFER.replace("RTP/AVP", "RTP/SAVP") + f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\n"
TLS = Flow("192.0.2.7", 5061, "tls", 1)
LOOPBACK = Flow("127.0.0.1", 5062)


@pytest.mark.parametrize(
    ("source", "trunk_allows", "taken"),
    [(PEER, False, False), (PEER, True, True), (TLS, False, True), (LOOPBACK, False, True)],
)
def test_when_srtp_is_offered_then_it_is_taken_only_where_nobody_else_reads_the_keys(
    source: Flow, trunk_allows: bool, taken: bool
) -> None:
    bench = Bench(random_bytes=bytes, may_carry_keys=lambda flow: trunk_allows)
    sent = bench.receive(request("INVITE", body=SECURE, transport=source.transport.upper()), source)
    assert any(isinstance(news, CallArrived) for news in bench.news) is taken
    assert [getattr(message, "status", 0) for message in sent] == [100 if taken else 488]


@pytest.mark.parametrize("secure", [False, True])
def test_when_a_call_shall_be_encrypted_then_our_offer_is_srtp_alone(secure: bool) -> None:
    bench = Bench(random_bytes=bytes)
    target = SipUri("sip", "b", "192.0.2.7")
    (invite,) = bench.give(PlaceCall("s", target, TLS, "192.0.2.1", 30_000, "a", secure=secure))
    assert isinstance(invite, SipRequest)
    assert (b"RTP/SAVP" in invite.body, b"RTP/AVP" in invite.body) == (secure, not secure)
    assert invite.body.count(b"a=crypto:") >= (2 if secure else 0)
