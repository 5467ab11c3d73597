"""Offers and answers of RFC 3264 for one audio stream."""

from __future__ import annotations

import pytest

from telephony.sdp.choice import NotAcceptableError, choose
from telephony.sdp.offer_answer import LocalMedia, MediaAgreement, accept_answer, answer_offer, make_offer, with_version
from telephony.sdp.session_description import SessionDescription, parse_sdp

LOCAL = LocalMedia("192.0.2.1", 20_000, ("PCMU", "PCMA"), "77")


def offer(*media: str, session: str = "c=IN IP4 192.0.2.7") -> SessionDescription:
    return parse_sdp("\n".join(["v=0", "o=- 1 1 IN IP4 192.0.2.7", "s=-", session, "t=0 0", *media]).encode())


@pytest.mark.parametrize(
    ("media", "codec", "payload_type", "event"),
    [
        (["m=audio 4000 RTP/AVP 0 8"], "PCMU", 0, None),
        (["m=audio 4000 RTP/AVP 8 0"], "PCMA", 8, None),
        (["m=audio 4000 RTP/AVP 18 3 8"], "PCMA", 8, None),
        (["m=audio 4000 RTP/AVP 0 97", "a=rtpmap:97 telephone-event/8000"], "PCMU", 0, 97),
        (["m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 TELEPHONE-EVENT/8000"], "PCMU", 0, 101),
        (
            [
                "m=audio 4000 RTP/AVP 0 100 101",
                "a=rtpmap:100 telephone-event/48000",
                "a=rtpmap:101 telephone-event/8000",
            ],
            "PCMU",
            0,
            101,
        ),
        (["m=audio 4000 RTP/AVP 96", "a=rtpmap:96 pcmu/8000"], "PCMU", 96, None),
        (["m=audio 4000 RTP/AVPF 8"], "PCMA", 8, None),
    ],
)
def test_when_codecs_are_offered_then_the_first_that_we_can_do_is_answered(
    media: list[str], codec: str, payload_type: int, event: int | None
) -> None:
    answer, agreement = answer_offer(offer(*media), LOCAL)
    assert agreement == MediaAgreement("192.0.2.7", 4000, codec, payload_type, event, "sendrecv")
    formats = [str(payload_type)] + ([str(event)] if event else [])
    assert answer.media[0].formats == tuple(formats)
    assert answer.media[0].protocol == offer(*media).media[0].protocol
    assert answer.media[0].attribute("ptime") == "20"


def test_when_several_streams_are_offered_then_the_others_are_refused_in_their_places() -> None:
    answer, agreement = answer_offer(
        offer(
            "m=video 5000 RTP/AVP 31",
            "m=audio 4000 RTP/SAVP 0",
            "m=audio 4002 RTP/AVP 8",
            "m=audio 4004 RTP/AVP 0",
            "m=image 4006 udptl t38",
        ),
        LOCAL,
    )
    assert [(medium.kind, medium.port) for medium in answer.media] == [
        ("video", 0),
        ("audio", 0),
        ("audio", 20_000),
        ("audio", 0),
        ("image", 0),
    ]
    assert answer.media[4].formats == ("t38",)
    assert agreement.remote_port == 4002


@pytest.mark.parametrize(
    ("media", "session", "code"),
    [
        (["m=audio 4000 RTP/AVP 18"], "c=IN IP4 192.0.2.7", 305),
        (["m=audio 4000 RTP/AVP 96"], "c=IN IP4 192.0.2.7", 305),
        (["m=audio 4000 RTP/AVP 0", "a=rtpmap:0 PCMU/16000"], "c=IN IP4 192.0.2.7", 305),
        (["m=audio 4000 RTP/SAVP 0"], "c=IN IP4 192.0.2.7", 302),
        (["m=audio 4000 RTP/AVP 0"], "c=IN IP6 2001:db8::7", 301),
        (["m=audio 4000 RTP/AVP 0"], "c=IN IP4 224.2.1.1/127", 301),
        (["m=audio 4000 RTP/AVP 0"], "a=no-address", 301),
        (["m=audio 0 RTP/AVP 0"], "c=IN IP4 192.0.2.7", 304),
        (["m=video 4000 RTP/AVP 31"], "c=IN IP4 192.0.2.7", 304),
        ([], "c=IN IP4 192.0.2.7", 304),
    ],
)
def test_when_nothing_can_be_used_then_the_warning_says_why(media: list[str], session: str, code: int) -> None:
    with pytest.raises(NotAcceptableError) as error:
        answer_offer(offer(*media, session=session), LOCAL)
    assert error.value.warning_code == code
    with pytest.raises(NotAcceptableError):
        choose(offer(*media, session=session), LOCAL.codecs, 4)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("sendrecv", "sendrecv"), ("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")],
)
@pytest.mark.parametrize("at_session_level", [True, False])
def test_when_a_direction_is_offered_then_it_is_mirrored(theirs: str, ours: str, at_session_level: bool) -> None:
    session = f"c=IN IP4 192.0.2.7\na={theirs}" if at_session_level else "c=IN IP4 192.0.2.7"
    media = ["m=audio 4000 RTP/AVP 0"] + ([] if at_session_level else [f"a={theirs}"])
    answer, agreement = answer_offer(offer(*media, session=session), LOCAL)
    assert answer.media[0].direction("") == agreement.direction == ours


def test_when_the_peer_holds_in_the_old_way_then_we_listen_only_and_keep_its_address() -> None:
    answer, agreement = answer_offer(offer("m=audio 4000 RTP/AVP 0", session="c=IN IP4 0.0.0.0"), LOCAL)
    assert answer.media[0].direction("") == "recvonly"
    assert agreement.remote_host is None


def test_when_a_call_loses_its_stream_then_it_rests_instead_of_being_refused() -> None:
    answer, agreement = answer_offer(offer("m=audio 0 RTP/AVP 0"), LOCAL, allow_removed=True)
    assert answer.media[0].port == 0
    assert (agreement.direction, agreement.remote_host) == ("inactive", None)
    with pytest.raises(NotAcceptableError):
        answer_offer(offer("m=audio 4000 RTP/AVP 18"), LOCAL, allow_removed=True)


def test_when_we_offer_then_both_codecs_and_events_are_there_and_the_answer_decides() -> None:
    ours = make_offer(LOCAL)
    assert ours.media[0].formats == ("0", "8", "101")
    agreement = accept_answer(offer("m=audio 4000 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000"), LOCAL)
    assert agreement == MediaAgreement("192.0.2.7", 4000, "PCMA", 8, 101, "sendrecv")


@pytest.mark.parametrize(
    ("ours", "theirs", "agreed"),
    [
        ("sendrecv", "recvonly", "sendonly"),
        ("sendrecv", "sendonly", "recvonly"),
        ("sendrecv", "inactive", "inactive"),
        ("sendonly", "recvonly", "sendonly"),
        ("sendonly", "sendrecv", "sendonly"),
        ("recvonly", "sendonly", "recvonly"),
        ("inactive", "sendrecv", "inactive"),
    ],
)
def test_when_our_offer_has_a_direction_then_the_answer_can_only_narrow_it(ours: str, theirs: str, agreed: str) -> None:
    answer = offer("m=audio 4000 RTP/AVP 0", f"a={theirs}")
    assert accept_answer(answer, LOCAL, ours).direction == agreed  # type: ignore[arg-type]


@pytest.mark.parametrize("media", [["m=audio 0 RTP/AVP 0"], ["m=audio 4000 RTP/AVP 18"], []])
def test_when_the_answer_refuses_then_it_is_an_error(media: list[str]) -> None:
    with pytest.raises(NotAcceptableError):
        accept_answer(offer(*media), LOCAL)


def test_when_our_description_changes_then_its_version_grows_by_one() -> None:
    first = with_version(make_offer(LOCAL), None)
    same = with_version(make_offer(LOCAL), first)
    held = with_version(make_offer(LOCAL, "inactive"), same)
    assert (first.version, same.version, held.version) == ("1", "1", "2")


def test_when_g722_and_opus_are_wanted_then_their_odd_clocks_are_written() -> None:
    wide = LocalMedia("192.0.2.1", 20_000, ("OPUS", "G722", "PCMU"), "77")
    maps = [value for key, value in make_offer(wide).media[0].attributes if key == "rtpmap"]
    assert maps[:3] == ["96 opus/48000/2", "9 G722/8000", "0 PCMU/8000"]
    _, agreement = answer_offer(offer("m=audio 4000 RTP/AVP 111 9", "a=rtpmap:111 opus/48000/2"), wide)
    assert (agreement.codec, agreement.payload_type) == ("OPUS", 111)


def test_when_we_listen_on_ipv6_then_ipv6_offers_are_answered() -> None:
    local = LocalMedia("2001:db8::1", 20_000, ("PCMU",), "77")
    answer, agreement = answer_offer(offer("m=audio 4000 RTP/AVP 0", session="c=IN IP6 2001:db8::7"), local)
    assert agreement.remote_host == "2001:db8::7"
    assert answer.connection == "2001:db8::1"


WIDE = LocalMedia("192.0.2.1", 20_000, ("OPUS", "G722", "PCMU", "PCMA"), "77")


@pytest.mark.parametrize(
    ("formats", "codec", "payload_type"),
    [
        ("0 8 9 111", "OPUS", 111),
        ("0 8 9", "G722", 9),
        ("8 0 9", "G722", 9),
        ("0 8", "PCMU", 0),
        ("8 0", "PCMA", 8),
        ("18 8", "PCMA", 8),
    ],
)
def test_when_several_codecs_are_offered_then_our_order_decides_but_of_both_laws_the_peers(
    formats: str, codec: str, payload_type: int
) -> None:
    _, agreement = answer_offer(offer(f"m=audio 4000 RTP/AVP {formats}", "a=rtpmap:111 opus/48000/2"), WIDE)
    assert (agreement.codec, agreement.payload_type) == (codec, payload_type)


def test_when_an_answer_names_several_codecs_then_its_first_is_in_use() -> None:
    assert accept_answer(offer("m=audio 4000 RTP/AVP 0 9 8"), WIDE).codec == "PCMU"


def test_when_codecs_of_two_clocks_are_offered_then_each_clock_has_its_events_and_the_answer_decides() -> None:
    ours = make_offer(WIDE).media[0]
    maps = [value for key, value in ours.attributes if key == "rtpmap" and "telephone-event" in (value or "")]
    assert maps == ["102 telephone-event/48000", "101 telephone-event/8000"]
    for formats, expected in (("0 101 102", 101), ("96 101 102", 102), ("96 101", 101), ("96", None)):
        lines = (f"a=rtpmap:{number} {name}" for number, name in ((96, "opus/48000/2"), *EVENTS))
        agreement = accept_answer(offer(f"m=audio 4000 RTP/AVP {formats}", *lines), WIDE)
        assert agreement.dtmf_payload_type == expected


EVENTS = ((101, "telephone-event/8000"), (102, "telephone-event/48000"))


def test_when_opus_comes_with_events_at_8000_hz_only_then_they_are_taken_and_repeated_as_they_were() -> None:
    lines = ("a=rtpmap:111 opus/48000/2", "a=fmtp:111 useinbandfec=1", "a=rtpmap:97 telephone-event/8000")
    answer, agreement = answer_offer(offer("m=audio 4000 RTP/AVP 111 97", *lines), WIDE)
    assert (agreement.codec, agreement.dtmf_payload_type, agreement.dtmf_clock_rate_hz) == ("OPUS", 97, 8000)
    assert agreement.fmtp == "useinbandfec=1"
    assert answer.media[0].rtpmap(97) is not None
    assert ("rtpmap", "97 telephone-event/8000") in answer.media[0].attributes


def test_when_we_offer_again_then_payload_types_keep_their_meaning() -> None:
    lines = ("a=rtpmap:101 opus/48000/2", "a=rtpmap:9 G722/8000", "a=rtpmap:102 telephone-event/48000")
    answer, agreement = answer_offer(offer("m=audio 4000 RTP/AVP 101 9 102", *lines), WIDE)
    again = make_offer(WIDE, previous=answer, agreed=agreement).media[0]
    maps = [value for key, value in again.attributes if key == "rtpmap"]
    assert maps[0] == "101 opus/48000/2"
    assert "102 telephone-event/48000" in maps
    assert len({value.split()[0] for value in maps if value}) == len(maps)
