"""DTLS-SRTP in offers and answers: fingerprints, roles, names of associations, and what is refused."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from telephony.rtp.dtls_terms import HASHES, DtlsTerms, Fingerprint, fingerprint_of
from telephony.sdp.choice import NotAcceptableError
from telephony.sdp.dtls_attribute import parse_fingerprint, read_dtls
from telephony.sdp.negotiation import MediaNegotiation
from telephony.sdp.offer_answer import LocalMedia
from telephony.sdp.session_description import SessionDescription, parse_sdp

OWN, PEER, OTHER = (fingerprint_of(name) for name in (b"ours", b"theirs", b"another one"))
NAME = "a=tls-id:abc3de65cddef001be82"


def negotiation() -> MediaNegotiation:
    serial = itertools.count(1)
    return MediaNegotiation(
        LocalMedia("192.0.2.1", 20_000, ("PCMU",), "77", lambda n: bytes([next(serial)] * n), fingerprint=OWN)
    )


def theirs(
    *lines: str, protocol: str = "UDP/TLS/RTP/SAVP", port: int = 4000, session: str = "", host: str = "192.0.2.7"
) -> SessionDescription:
    head = ["v=0", "o=- 1 1 IN IP4 192.0.2.7", "s=-", f"c=IN IP4 {host}", "t=0 0", *([session] if session else [])]
    return parse_sdp("\n".join([*head, f"m=audio {port} {protocol} 0", *lines]).encode())


def dtls(setup: str = "actpass", *more: str, print_: Fingerprint = PEER, **how: str) -> SessionDescription:
    lines = [f"a=fingerprint:{print_}", *([f"a=setup:{setup}"] if setup else []), *more]
    return theirs(*lines, protocol=how.get("protocol", "UDP/TLS/RTP/SAVP"), host=how.get("host", "192.0.2.7"))


def answered(call: MediaNegotiation, offer: SessionDescription) -> tuple[dict[str, str], DtlsTerms]:
    """Answer and return our attributes and the terms."""
    call.take_offer()
    terms = call.answer(offer).crypto
    assert isinstance(terms, DtlsTerms)
    assert call.description is not None
    medium = call.description.media[0]
    assert medium.protocol == offer.media[0].protocol
    return {key: value or "" for key, value in medium.attributes}, terms


@pytest.mark.parametrize("protocol", ["UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF", "RTP/SAVP", "RTP/SAVPF"])
@pytest.mark.parametrize(
    ("offered", "ours"), [("actpass", "active"), ("active", "passive"), ("passive", "active"), ("", "passive")]
)
def test_when_dtls_is_offered_then_the_answer_has_the_other_role_our_fingerprint_and_the_same_profile(
    offered: str, ours: str, protocol: str
) -> None:
    said, terms = answered(negotiation(), dtls(offered, protocol=protocol))
    assert (said["setup"], said["fingerprint"], terms.role) == (ours, str(OWN), ours)
    assert terms.fingerprints == (PEER,)
    assert not {"crypto", "tls-id", "rtcp-mux"} & set(said)


@pytest.mark.parametrize(
    "offer",
    [
        dtls("holdconn"),
        dtls("sideways"),
        theirs("a=setup:actpass"),
        theirs("a=setup:actpass", "a=fingerprint:md5 " + ":".join(["AA"] * 16)),
        theirs("a=setup:actpass", "a=fingerprint:sha-256 AA:BB"),
        theirs("a=setup:actpass", "a=fingerprint:sha-256 " + "A" * 95),
        dtls(protocol="TCP/TLS/RTP/SAVP"),
    ],
)
def test_when_an_offer_of_dtls_makes_no_sense_then_it_is_refused_with_302(offer: SessionDescription) -> None:
    call = negotiation()
    call.take_offer()
    with pytest.raises(NotAcceptableError) as error:
        call.answer(offer)
    assert error.value.warning_code == 302


@pytest.mark.parametrize("missing", ["random_bytes", "fingerprint"])
def test_when_keys_may_not_stand_in_the_signalling_or_there_is_no_certificate_then_dtls_is_refused(
    missing: str,
) -> None:
    call = negotiation()
    call.local = (
        replace(call.local, random_bytes=None) if missing == "random_bytes" else replace(call.local, fingerprint=None)
    )
    call.take_offer()
    with pytest.raises(NotAcceptableError):
        call.answer(dtls())


@pytest.mark.parametrize(
    ("media", "signalling", "ours"),
    [
        ("192.168.1.20", "203.0.113.9", "passive"),
        ("10.0.0.7", "192.168.1.1", "passive"),
        ("192.168.1.20", "192.168.1.20", "active"),
        ("8.8.8.8", "8.8.4.4", "active"),
        ("192.168.1.20", "", "active"),
        ("127.0.0.1", "192.168.1.20", "active"),
        ("0.0.0.0", "192.168.1.20", "active"),
    ],
)
def test_when_a_phone_is_behind_a_translator_then_it_is_let_begin_for_our_hello_would_not_come_there(
    media: str, signalling: str, ours: str
) -> None:
    call = negotiation()
    call.local = replace(call.local, peer_host=signalling)
    assert answered(call, dtls("actpass", host=media))[1].role == ours
    assert answered(call, dtls("passive", host=media, print_=OTHER))[1].role == "active"


def test_when_fingerprint_and_role_stand_above_the_streams_then_they_hold_for_ours_too() -> None:
    session = f"a=fingerprint:{PEER}\na=setup:active"
    said, terms = answered(negotiation(), theirs(session=session))
    assert (said["setup"], terms.fingerprints) == ("passive", (PEER,))
    _, terms = answered(negotiation(), theirs(f"a=fingerprint:{OTHER}", session=session))
    assert terms.fingerprints == (OTHER,), "what the stream says itself comes first"


def test_when_there_are_several_fingerprints_then_those_of_the_strongest_hash_count() -> None:
    prints = [fingerprint_of(b"theirs", name) for name in ("sha-1", "sha-256", "sha-512")]
    lines = [f"a=fingerprint:{item}" for item in [*prints, fingerprint_of(b"second", "sha-512")]]
    _, terms = answered(negotiation(), theirs("a=setup:actpass", "a=fingerprint:md5 AA", *lines))
    assert {item.algorithm for item in terms.fingerprints} == {"sha-512"}
    assert len(terms.fingerprints) == 2


@pytest.mark.parametrize("algorithm", HASHES)
def test_when_a_fingerprint_is_written_then_it_is_read_again_in_any_case(algorithm: str) -> None:
    own = fingerprint_of(b"certificate", algorithm)
    assert parse_fingerprint(str(own)) == parse_fingerprint(str(own).lower()) == own
    assert parse_fingerprint(str(own).replace("sha", "SHA")) == own
    assert parse_fingerprint(str(own)[:-1]) is None


def test_when_sdes_and_dtls_are_both_offered_then_the_keys_of_the_signalling_are_taken_as_ever() -> None:
    call = negotiation()
    call.take_offer()
    key = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "A" * 40
    agreement = call.answer(dtls("actpass", key, protocol="RTP/SAVP"))
    assert not isinstance(agreement.crypto, DtlsTerms)
    assert call.description is not None
    assert "fingerprint" not in dict(call.description.media[0].attributes)


def test_when_rtcp_shall_share_the_port_then_the_answer_says_so_too() -> None:
    said, terms = answered(negotiation(), dtls("actpass", "a=rtcp-mux"))
    assert "rtcp-mux" in said
    assert terms.rtcp_mux


def test_when_an_association_has_a_name_then_ours_has_one_and_both_stay_while_nothing_changes() -> None:
    call = negotiation()
    said, terms = answered(call, dtls("actpass", NAME))
    assert said["tls-id"] == terms.own_id
    assert len(terms.own_id) >= 20
    again, same = answered(call, dtls("actpass", NAME, "a=sendonly"))
    assert same == terms
    assert again["tls-id"] == said["tls-id"]
    _, renamed = answered(call, dtls("actpass", NAME + "x"))
    assert renamed.peer_id != terms.peer_id
    assert renamed.own_id != terms.own_id, "a new association on both sides"


def test_when_the_peer_holds_and_resumes_then_the_terms_stay_and_another_fingerprint_or_role_changes_them() -> None:
    call = negotiation()
    _, terms = answered(call, dtls("active"))
    for offer in (dtls("actpass", "a=sendonly"), dtls("active"), dtls("actpass")):
        said, kept = answered(call, offer)
        assert (kept, said["setup"]) == (terms, "passive")
    _, other = answered(call, dtls("actpass", print_=OTHER))
    assert other != terms
    _, turned = answered(call, dtls("passive", print_=OTHER))
    assert (turned.role, other.role) == ("active", "active")
    assert answered(call, dtls("active", print_=OTHER))[1] != turned


def offered(call: MediaNegotiation) -> dict[str, str]:
    medium = call.offer(srtp="dtls").media[0]
    assert medium.protocol == "UDP/TLS/RTP/SAVP"
    return {key: value or "" for key, value in medium.attributes}


@pytest.mark.parametrize(
    ("setup", "ours"), [("active", "passive"), ("passive", "active"), ("", "active")], ids=["active", "passive", "none"]
)
def test_when_we_offer_dtls_then_either_role_is_taken_and_the_peer_chooses(setup: str, ours: str) -> None:
    call = negotiation()
    said = offered(call)
    assert (said["setup"], said["fingerprint"]) == ("actpass", str(OWN))
    assert {"tls-id", "rtcp-mux"} < set(said)
    assert "crypto" not in said
    terms = call.take_answer(dtls(setup)).crypto
    assert isinstance(terms, DtlsTerms)
    assert (terms.role, terms.fingerprints, terms.rtcp_mux) == (ours, (PEER,), False)


@pytest.mark.parametrize(
    "answer",
    [
        dtls("actpass"),
        dtls("holdconn"),
        theirs(protocol="RTP/AVP"),
        theirs("a=setup:active"),
        theirs("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "A" * 40, protocol="RTP/SAVP"),
    ],
    ids=["undecided", "no connection", "in the clear", "no fingerprint", "keys"],
)
def test_when_our_offer_of_dtls_is_answered_with_anything_else_then_the_answer_is_not_taken(
    answer: SessionDescription,
) -> None:
    call = negotiation()
    offered(call)
    with pytest.raises(NotAcceptableError):
        call.take_answer(answer)
    assert call.agreement is None


@pytest.mark.parametrize("setup", ["active", "passive"])
def test_when_we_hold_within_a_call_then_our_offer_names_our_role_and_a_repeated_actpass_leaves_it(setup: str) -> None:
    call = negotiation()
    first = offered(call)
    terms = call.take_answer(dtls(setup, "a=rtcp-mux")).crypto
    assert isinstance(terms, DtlsTerms)
    call.wanted = "sendonly"
    again = {key: value or "" for key, value in call.offer().media[0].attributes}
    assert again["setup"] == terms.role
    assert (again["tls-id"], again["fingerprint"]) == (first["tls-id"], first["fingerprint"])
    assert "rtcp-mux" in again
    assert call.take_answer(dtls("actpass", "a=rtcp-mux", "a=recvonly")).crypto == terms


def test_when_the_peer_began_with_another_profile_then_our_offers_within_the_call_keep_it() -> None:
    call = negotiation()
    answered(call, dtls(protocol="UDP/TLS/RTP/SAVPF"))
    assert call.offer().media[0].protocol == "UDP/TLS/RTP/SAVPF"


def test_when_roles_collide_within_a_call_then_the_answer_is_not_taken() -> None:
    call = negotiation()
    answered(call, dtls("actpass"))
    call.offer()
    with pytest.raises(NotAcceptableError):
        call.take_answer(dtls("active"))


def test_when_an_early_answer_is_previewed_then_the_final_one_has_the_same_terms() -> None:
    call = negotiation()
    call.take_offer()
    early = call.preview(dtls("actpass", NAME)).crypto
    assert call.answer(dtls("actpass", NAME)).crypto == early


def test_when_a_tls_id_is_no_name_then_it_is_as_if_it_was_not_there() -> None:
    offer = dtls("actpass", "a=tls-id:too short")
    lines = read_dtls(offer, offer.media[0])
    assert lines is not None
    assert lines.tls_id == ""


def test_when_two_of_our_own_ends_negotiate_then_their_terms_mirror_each_other() -> None:
    near = negotiation()
    far = MediaNegotiation(replace(near.local, host="192.0.2.7", fingerprint=PEER))
    far.take_offer()
    far.answer(near.offer(srtp="dtls"))
    assert far.description is not None
    one = near.take_answer(far.description).crypto
    other = far.agreement.crypto if far.agreement is not None else None
    assert isinstance(one, DtlsTerms)
    assert isinstance(other, DtlsTerms)
    assert (one.role, other.role) == ("passive", "active")
    assert (one.own_id, one.peer_id) == (other.peer_id, other.own_id)
    assert one.rtcp_mux
    assert other.rtcp_mux
