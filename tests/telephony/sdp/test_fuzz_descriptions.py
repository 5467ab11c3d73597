"""No description, however spoilt, raises anything but the two errors, and each answer fits its offer (RFC 3264)."""

from __future__ import annotations

from types import NoneType

from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.rtp.dtls_terms import DtlsTerms, SrtpWish, fingerprint_of
from telephony.rtp.srtp import SrtpKeys
from telephony.sdp.choice import NotAcceptableError
from telephony.sdp.negotiation import MediaNegotiation
from telephony.sdp.offer_answer import LocalMedia
from telephony.sdp.session_description import SdpError, parse_sdp, serialise_sdp

PRINT = fingerprint_of(b"theirs")
HEADS = ["v=0", "v=0\no=- 1 1 IN IP4 192.0.2.7", "v=0\no=- 1 1 IN IP6 ::1", "v=0\no=x y z", "v=1", "s=-", ""]
SESSION = [
    "s=-",
    "c=IN IP4 192.0.2.7",
    "c=IN IP4 0.0.0.0",
    "c=IN IP4 224.1.1.1/3",
    "c=IN IP6 ::1",
    "c=IN IP4 host.example",
    "c=IN IP4",
    "t=0 0",
    "a=inactive",
    "a=sendonly",
    "b=AS:64",
    "k=clear:x",
    f"a=fingerprint:{PRINT}",
    "a=setup:actpass",
    "a=",
    "z",
]
KEY = "A" * 40
MEDIA = [
    "m=audio 40000 RTP/AVP 0 8 101",
    "m=audio 65535 RTP/AVP 0",
    "m=audio 0 RTP/AVP 0",
    "m=audio 4000/2 RTP/AVP 9 96 97",
    "m=audio 4000 RTP/SAVP 0 8",
    "m=audio 4000 RTP/SAVPF 96",
    "m=audio 4000 UDP/TLS/RTP/SAVPF 0",
    "m=audio 99999 RTP/AVP 0",
    "m=audio 4000 RTP/AVP",
    "m=audio 4000 RTP/AVP * x 300 -1",
    "m=video 5000 RTP/AVP 99",
    "m=image 6000 udptl t38",
    "m=message 7000 TCP/MSRP *",
]
ATTRIBUTES = [
    "a=rtpmap:0 PCMU/8000",
    "a=rtpmap:96 opus/48000/2",
    "a=rtpmap:97 G722/8000",
    "a=rtpmap:101 telephone-event/8000",
    "a=rtpmap:101 telephone-event/48000",
    "a=rtpmap:0 telephone-event/8000",
    "a=rtpmap:x",
    "a=rtpmap:96",
    "a=fmtp:96 maxplaybackrate=abc;useinbandfec=9;;",
    "a=fmtp:101",
    "a=ptime:0",
    "a=ptime:30",
    "a=recvonly",
    "a=sendonly",
    "a=inactive",
    f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}",
    f"a=crypto:2 AEAD_AES_256_GCM inline:{KEY}|2^20|1:4",
    "a=crypto:x",
    "c=IN IP4 192.0.2.8",
    "c=IN IP4 0.0.0.0",
    "c=IN IP6 2001:db8::1",
    "a=rtcp:9 IN IP4 192.0.2.9",
    "a=rtcp-mux",
    f"a=fingerprint:{PRINT}",
    f"a=fingerprint:{fingerprint_of(b'theirs', 'sha-1')}",
    "a=fingerprint:sha-256 AA:BB",
    "a=setup:actpass",
    "a=setup:active",
    "a=setup:passive",
    "a=setup:holdconn",
    "a=tls-id:abc3de65cddef001be82",
    "a=tls-id:",
]
media = st.builds(
    lambda line, attributes: "\n".join([line, *attributes]),
    st.sampled_from(MEDIA),
    st.lists(st.sampled_from(ATTRIBUTES), max_size=4),
)
descriptions = st.builds(
    lambda head, session, streams: "\n".join([head, *session, *streams]).encode(),
    st.sampled_from(HEADS + HEADS[:2] * 3),
    st.lists(st.sampled_from(SESSION), max_size=4),
    st.lists(media, max_size=4),
)


def negotiation() -> MediaNegotiation:
    own = fingerprint_of(b"ours")
    return MediaNegotiation(
        LocalMedia("192.0.2.1", 20_000, ("OPUS", "G722", "PCMU", "PCMA"), "1", bytes, own, "198.51.100.7")
    )


@settings(max_examples=400, deadline=None)
@given(st.lists(descriptions, min_size=1, max_size=4))
def test_when_any_offers_come_one_after_the_other_then_each_answer_fits_and_refused_ones_change_nothing(
    offers: list[bytes],
) -> None:
    ours = negotiation()
    for text in offers:
        before = (ours.agreement, ours.state)
        try:
            offer = parse_sdp(text)
        except SdpError:
            continue
        ours.take_offer()
        try:
            agreement = ours.answer(offer)
        except NotAcceptableError:
            assert (ours.agreement, ours.state) == before
            continue
        answer = parse_sdp(ours.body)
        assert [medium.kind for medium in answer.media] == [medium.kind for medium in offer.media]
        living = [index for index, medium in enumerate(answer.media) if medium.port]
        assert len(living) <= 1
        for index in living:
            assert offer.media[index].port
            assert set(answer.media[index].formats) <= set(offer.media[index].formats)
            assert answer.media[index].protocol == offer.media[index].protocol
            assert (agreement.crypto is not None) == ("SAVP" in answer.media[index].protocol)
        again = ours.offer()
        assert len(again.media) >= len(offer.media), "no stream is ever left out of a later offer"
        ours.withdraw()
        read = [(medium.kind, medium.port, medium.attributes) for medium in parse_sdp(serialise_sdp(again)).media]
        assert read == [(medium.kind, medium.port, medium.attributes) for medium in again.media]


@settings(max_examples=300, deadline=None)
@given(descriptions, st.sampled_from([False, True, "dtls"]))
def test_when_any_answer_comes_to_our_offer_then_it_is_taken_or_refused_and_the_turn_is_over(
    text: bytes, srtp: SrtpWish
) -> None:
    ours = negotiation()
    ours.offer(srtp=srtp)
    try:
        agreement = ours.take_answer(parse_sdp(text))
    except SdpError:
        ours.withdraw()
    except NotAcceptableError:
        assert ours.agreement is None
    else:
        assert agreement.codec in ("OPUS", "G722", "PCMU", "PCMA")
        assert isinstance(agreement.crypto, {False: NoneType, True: SrtpKeys, "dtls": DtlsTerms}[srtp])
    assert ours.state.name == "SETTLED"
