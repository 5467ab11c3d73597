"""Keys in session descriptions."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.rtp.srtp import SRTP_PROFILES, SrtpContext
from telephony.sdp.crypto_attribute import accept_crypto, answer_crypto, offer_crypto, parse_crypto, sdes_allowed

KEY_30 = base64.b64encode(bytes(range(30))).decode()
KEY_44 = base64.b64encode(bytes(range(44))).decode()


class Dice:
    """Bytes that count up."""

    def __init__(self, start: int = 0) -> None:
        self.next = start

    def __call__(self, count: int) -> bytes:
        self.next += 1
        return bytes([self.next]) * count


@pytest.mark.parametrize(
    ("value", "profile"),
    [
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}", "AES_CM_128_HMAC_SHA1_80"),
        (f"2 aes_cm_128_hmac_sha1_32 INLINE:{KEY_30}|2^20", "AES_CM_128_HMAC_SHA1_32"),
        (f"3 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}|1048576 WSH=128 KDR=0 -vendor=3", "AES_CM_128_HMAC_SHA1_80"),
        (f"4 AEAD_AES_256_GCM inline:{KEY_44}", "AEAD_AES_256_GCM"),
        (f"5 AEAD_AES_256_GCM inline:{KEY_44.rstrip('=')}|2^48", "AEAD_AES_256_GCM"),
    ],
)
def test_when_a_line_is_proper_then_it_is_read(value: str, profile: str) -> None:
    line = parse_crypto(value)
    assert line is not None
    assert (line.tag, line.profile) == (int(value[0]), profile)
    assert parse_crypto(str(line)) == line
    assert repr(line.secret) not in repr(line)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1",
        f"x AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}",
        f"1 F8_128_HMAC_SHA1_80 inline:{KEY_30}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_44}",
        "1 AES_CM_128_HMAC_SHA1_80 inline:*&^%",
        f"1 AES_CM_128_HMAC_SHA1_80 uri:{KEY_30}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}|2^20|1:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}|1:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}|2^10",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30} UNENCRYPTED_SRTP",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30} KDR=3",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30};inline:{KEY_30}",
    ],
)
def test_when_a_line_is_malformed_or_asks_for_what_we_do_not_do_then_it_is_left(value: str) -> None:
    assert parse_crypto(value) is None


def test_when_we_answer_an_offer_of_ours_then_both_sides_understand_each_other() -> None:
    lines = offer_crypto(Dice())
    assert [line.profile for line in lines] == list(SRTP_PROFILES)
    assert len({line.secret for line in lines}) == len(lines)
    answered = answer_crypto([str(line) for line in lines], Dice(50))
    assert answered is not None
    line, far = answered
    near = accept_crypto(lines, [str(line)])
    assert near is not None
    assert (near.own, near.peer) == (far.peer, far.own)
    packet = bytes.fromhex("800000010000000000000007") + b"sound"
    assert SrtpContext(far).unprotect(SrtpContext(near).protect(packet)) == packet


def test_when_the_first_lines_cannot_be_used_then_the_next_is_answered_with_its_tag() -> None:
    offered = [f"1 F8_128_HMAC_SHA1_80 inline:{KEY_30}", f"7 AES_CM_128_HMAC_SHA1_32 inline:{KEY_30}"]
    answered = answer_crypto(offered, Dice())
    assert answered is not None
    assert str(answered[0]).startswith("7 AES_CM_128_HMAC_SHA1_32 inline:")
    assert answer_crypto(offered[:1], Dice()) is None
    assert answer_crypto(offered, Dice(), profiles=("AEAD_AES_128_GCM",)) is None


def test_when_a_peer_offers_its_key_again_then_ours_stays_and_a_new_one_brings_a_new_one() -> None:
    dice = Dice()
    first = answer_crypto([f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}"], dice)
    assert first is not None
    again = answer_crypto([f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}"], dice, previous=first[1])
    assert again is not None
    assert again[1] == first[1]
    other = base64.b64encode(bytes(range(1, 31))).decode()
    changed = answer_crypto([f"1 AES_CM_128_HMAC_SHA1_80 inline:{other}"], dice, previous=first[1])
    assert changed is not None
    assert changed[1].own != first[1].own


def test_when_an_answer_has_no_line_two_lines_or_another_tag_then_it_is_not_accepted() -> None:
    lines = offer_crypto(Dice())
    good = f"{lines[2].tag} {lines[2].profile} inline:{KEY_30}"
    assert accept_crypto(lines, [good]) is not None
    for bad in ([], [good, good], [good.replace("3 ", "9 ", 1)], [good.replace("_80", "_32")]):
        assert accept_crypto(lines, bad) is None


@pytest.mark.parametrize(
    ("over_tls", "host", "trunk", "allowed"),
    [
        (True, "203.0.113.5", False, True),
        (False, "203.0.113.5", False, False),
        (False, "203.0.113.5", True, True),
        (False, "127.0.0.1", False, True),
        (False, "::1", False, True),
        (False, "127.0.0.1.example.org", False, False),
        (False, "", False, False),
    ],
)
def test_when_signalling_can_be_read_by_others_then_keys_may_not_stand_in_it(
    over_tls: bool, host: str, trunk: bool, allowed: bool
) -> None:
    assert sdes_allowed(over_tls=over_tls, peer_host=host, trusted_trunk=trunk) is allowed


@given(st.text(max_size=200))
def test_when_a_line_is_wild_then_reading_it_never_raises(value: str) -> None:
    parse_crypto(value)
    parse_crypto("1 AES_CM_128_HMAC_SHA1_80 inline:" + value)
