"""Whose turn it is in offer and answer: each row, and what a refused offer leaves."""

from __future__ import annotations

import itertools

import pytest

from telephony.rtp.srtp import SrtpKeys
from telephony.sdp.choice import NotAcceptableError
from telephony.sdp.negotiation import NEGOTIATION, MediaNegotiation, NotYourTurnError, OfferEvent, OfferState
from telephony.sdp.offer_answer import Direction, LocalMedia, narrowed
from telephony.sdp.session_description import SessionDescription, parse_sdp

LOCAL = LocalMedia("192.0.2.1", 20_000, ("PCMU", "PCMA"), "77")

ROWS = """
    SETTLED --SEND_OFFER--> OFFERED
    SETTLED --GET_OFFER--> ASKED
    OFFERED --GET_ANSWER--> SETTLED
    OFFERED --WITHDRAWN--> SETTLED
    ASKED --SEND_ANSWER--> SETTLED
    ASKED --REFUSE--> SETTLED
"""


def theirs(*media: str) -> SessionDescription:
    lines = ["v=0", "o=- 1 1 IN IP4 192.0.2.7", "s=-", "c=IN IP4 192.0.2.7", "t=0 0", *media]
    return parse_sdp("\n".join(lines).encode())


def settled(*media: str, local: LocalMedia = LOCAL) -> MediaNegotiation:
    negotiation = MediaNegotiation(local)
    negotiation.take_offer()
    negotiation.answer(theirs(*media))
    return negotiation


def test_when_the_table_is_read_then_it_is_row_for_row_the_one_written_here() -> None:
    expected = {}
    for line in filter(None, map(str.strip, ROWS.splitlines())):
        start, event, end = (word.strip() for word in line.replace("-->", "--").split("--"))
        expected[OfferState[start], OfferEvent[event]] = OfferState[end]
    assert expected == NEGOTIATION


def test_when_a_step_is_not_in_the_table_then_it_is_out_of_turn_and_changes_nothing() -> None:
    for state, event in itertools.product(OfferState, OfferEvent):
        if (state, event) not in NEGOTIATION:
            negotiation = MediaNegotiation(LOCAL)
            negotiation.state = state
            with pytest.raises(NotYourTurnError):
                negotiation.step(event)
            assert negotiation.state is state


def test_when_we_offer_again_then_every_stream_keeps_its_place_and_refused_ones_stay_refused() -> None:
    call = settled("m=video 5000 RTP/AVP 31", "m=audio 4000 RTP/AVP 8 0 97", "a=rtpmap:97 telephone-event/8000")
    call.wanted = "sendonly"
    offer = call.offer()
    assert [(medium.kind, medium.port) for medium in offer.media] == [("video", 0), ("audio", 20_000)]
    assert offer.media[1].formats == ("8", "0", "97")
    assert offer.media[1].direction("") == "sendonly"
    assert offer.version == "2"
    agreement = call.take_answer(theirs("m=video 0 RTP/AVP 31", "m=audio 4000 RTP/AVP 8", "a=recvonly"))
    assert (agreement.direction, agreement.codec) == ("sendonly", "PCMA")


def test_when_our_offer_is_refused_then_what_was_agreed_holds_and_the_next_version_is_higher_still() -> None:
    call = settled("m=audio 4000 RTP/AVP 0")
    before = call.agreement
    call.wanted = "inactive"
    assert call.offer().version == "2"
    call.withdraw()
    call.wanted = "sendrecv"
    assert (call.state, call.agreement) == (OfferState.SETTLED, before)
    assert call.offer_unchanged().version == "3"


def test_when_a_refresh_offers_what_holds_then_not_a_letter_differs() -> None:
    call = settled("m=audio 4000 RTP/AVP 0 8")
    answered = call.description
    assert call.offer_unchanged() == answered
    call.take_answer(theirs("m=audio 4000 RTP/AVP 0"))
    assert call.offer().version == "2"


def test_when_the_peers_offer_cannot_be_answered_then_everything_is_as_it_was() -> None:
    call = settled("m=audio 4000 RTP/AVP 0")
    before, described = call.agreement, call.description
    call.take_offer()
    with pytest.raises(NotAcceptableError):
        call.answer(theirs("m=audio 4000 RTP/AVP 18"))
    assert (call.state, call.agreement, call.description) == (OfferState.SETTLED, before, described)


def test_when_the_answer_cannot_be_used_then_what_was_agreed_holds() -> None:
    call = settled("m=audio 4000 RTP/AVP 0")
    before = call.agreement
    call.offer()
    with pytest.raises(NotAcceptableError):
        call.take_answer(theirs("m=audio 4000 RTP/AVP 18"))
    assert (call.state, call.agreement) == (OfferState.SETTLED, before)


@pytest.mark.parametrize(
    ("held", "offered", "answered"),
    [
        ("sendonly", "sendrecv", "sendonly"),
        ("sendonly", "sendonly", "inactive"),
        ("sendonly", "recvonly", "sendonly"),
        ("inactive", "sendrecv", "inactive"),
        ("recvonly", "sendrecv", "recvonly"),
        ("recvonly", "recvonly", "inactive"),
        ("sendrecv", "sendonly", "recvonly"),
    ],
)
def test_when_a_peer_that_we_hold_offers_then_it_stays_held(held: Direction, offered: str, answered: str) -> None:
    call = settled("m=audio 4000 RTP/AVP 0")
    call.wanted = held
    call.take_offer()
    call.answer(theirs("m=audio 4000 RTP/AVP 0", f"a={offered}"))
    assert call.description is not None
    assert call.description.media[0].direction("") == answered


def test_when_the_peer_changes_codec_and_address_then_both_are_agreed() -> None:
    call = settled("m=audio 4000 RTP/AVP 0 8")
    call.take_offer()
    before = call.agreement
    agreed = call.answer(theirs("m=audio 4002 RTP/AVP 8 0", "a=ptime:30"))
    assert agreed == call.agreement != before
    assert (agreed.codec, agreed.remote_port, agreed.ptime_ms) == ("PCMA", 4002, 30)
    assert call.description is not None
    assert (call.description.version, call.description.media[0].formats) == ("2", ("8",))


def test_when_several_phones_answer_one_offer_then_each_settles_for_itself() -> None:
    first = MediaNegotiation(LOCAL)
    first.offer()
    second = first.fork()
    first.take_answer(theirs("m=audio 4000 RTP/AVP 0"))
    assert second.state is OfferState.OFFERED
    assert second.take_answer(theirs("m=audio 4002 RTP/AVP 8")).codec == "PCMA"
    assert first.agreement is not None
    assert first.agreement.codec == "PCMU"


def test_when_keys_are_allowed_then_they_go_through_offer_and_answer_and_stay() -> None:
    serial = itertools.count(1)
    near = MediaNegotiation(LocalMedia("192.0.2.1", 20_000, ("PCMU",), "77", lambda n: bytes([next(serial)] * n)))
    far = MediaNegotiation(LocalMedia("192.0.2.7", 30_000, ("PCMU",), "78", lambda n: bytes([next(serial)] * n)))
    offer = near.offer(srtp=True)
    far.take_offer()
    far.answer(offer)
    answer = far.description
    assert answer is not None
    agreed = near.take_answer(answer).crypto
    assert isinstance(agreed, SrtpKeys)
    assert far.agreement is not None
    assert isinstance(far.agreement.crypto, SrtpKeys)
    assert (agreed.own, agreed.peer) == (far.agreement.crypto.peer, far.agreement.crypto.own)
    assert answer.media[0].protocol == "RTP/SAVP"
    for one, other in ((near, far), (far, near)):
        one.wanted = "sendonly"
        other.take_offer()
        other.answer(one.offer())
        answer = other.description
        assert answer is not None
        assert one.take_answer(answer).crypto == agreed if one is near else True
        one.wanted = "sendrecv"
    assert isinstance(far.agreement.crypto, SrtpKeys)
    assert (far.agreement.crypto.own, far.agreement.crypto.peer) == (agreed.peer, agreed.own)


def test_when_keys_are_offered_in_the_clear_then_they_are_refused() -> None:
    call = MediaNegotiation(LOCAL)
    call.take_offer()
    with pytest.raises(NotAcceptableError) as error:
        call.answer(theirs("m=audio 4000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "A" * 40))
    assert error.value.warning_code == 302


def test_when_two_directions_meet_then_only_what_both_allow_flows() -> None:
    words: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")
    met = {(one, other): narrowed(one, other) for one, other in itertools.product(words, words)}
    assert all(met[one, "sendrecv"] == one and met[one, "inactive"] == "inactive" for one in words)
    assert met["sendonly", "recvonly"] == "inactive"
    assert all(met[one, other] == met[other, one] for one, other in met)
