"""Where keys of SRTP may stand in a session description: TLS, loopback, and lines that the operator calls private."""

from __future__ import annotations

import base64

import pytest

from telephony.rtp.dtls_terms import SrtpWish, fingerprint_of
from telephony.sip.message import Flow, SipRequest
from telephony.sip.signals import CallArrived, CallOver, MediaAgreed, PlaceCall
from telephony.sip.uri import SipUri
from tests.telephony.sip.test_outgoing_calls import reply
from tests.telephony.sip.ua_bench import OFFER, PEER, Bench, request

KEY = base64.b64encode(bytes(30)).decode()
SECURE = OFFER.replace("RTP/AVP", "RTP/SAVP") + f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\n"
PRINT = fingerprint_of(b"certificate")
BY_DTLS = OFFER.replace("RTP/AVP", "UDP/TLS/RTP/SAVP") + f"a=fingerprint:{PRINT}\na=setup:actpass\n"
TLS = Flow("192.0.2.7", 5061, "tls", 1)
LOOPBACK = Flow("127.0.0.1", 5062)


@pytest.mark.parametrize("offer", [SECURE, BY_DTLS], ids=["sdes", "dtls"])
@pytest.mark.parametrize(
    ("source", "trunk_allows", "taken"),
    [(PEER, False, False), (PEER, True, True), (TLS, False, True), (LOOPBACK, False, True)],
)
def test_when_srtp_is_offered_then_it_is_taken_only_where_nobody_else_reads_the_keys(
    source: Flow, trunk_allows: bool, taken: bool, offer: str
) -> None:
    bench = Bench(random_bytes=bytes, may_carry_keys=lambda flow: trunk_allows, fingerprint=PRINT)
    sent = bench.receive(request("INVITE", body=offer, transport=source.transport.upper()), source)
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


def test_when_a_call_shall_be_encrypted_by_dtls_then_our_offer_has_a_fingerprint_and_no_key() -> None:
    bench = Bench(random_bytes=bytes, fingerprint=PRINT)
    target = SipUri("sip", "b", "192.0.2.7")
    (invite,) = bench.give(PlaceCall("s", target, TLS, "192.0.2.1", 30_000, "a", secure="dtls"))
    assert isinstance(invite, SipRequest)
    assert b"UDP/TLS/RTP/SAVP " in invite.body
    assert f"a=fingerprint:{PRINT}".encode() in invite.body
    assert b"a=setup:actpass" in invite.body
    assert b"a=crypto" not in invite.body


@pytest.mark.parametrize("wish", [True, "dtls"])
def test_when_an_encrypted_call_is_answered_in_plain_rtp_then_it_is_ended_instead_of_talked_in_the_clear(
    wish: SrtpWish,
) -> None:
    bench = Bench(random_bytes=bytes, fingerprint=PRINT)
    target = SipUri("sip", "b", "192.0.2.7")
    (invite,) = bench.give(PlaceCall("s", target, TLS, "192.0.2.1", 30_000, "a", secure=wish))
    assert isinstance(invite, SipRequest)
    sent = bench.receive(reply(invite, 200, body=OFFER.replace("0 8 101", "0")), TLS)
    assert [getattr(message, "method", "") for message in sent] == ["ACK", "BYE"]
    assert [(news.cause, news.session_id) for news in bench.news if isinstance(news, CallOver)] == [("bad_answer", "s")]
    assert not any(isinstance(news, MediaAgreed) for news in bench.news)
